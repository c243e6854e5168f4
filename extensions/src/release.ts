/** The conversation "Request release": files, dialog, desk, and the good news at the end. */
import { Notification, showErrorMessage } from '@jupyterlab/apputils';

import { showCheck } from './check_dialog';
import { Checking } from './checks';
import { Chooser } from './chosen';
import { Desk, IPolicy, IRequest } from './desk';
import { ReleaseDialog } from './dialog';
import { IChosenFile, IDraft, noDraft } from './draft';
import { ReleaseForm } from './form';
import { Opener } from './open';
import { Requests } from './requests';
import { count } from './words';

/** A request that is sent once more, with its words as they are being changed. */
interface IAgain {
  id: number;
  draft: IDraft;
}

export class Release {
  /** Texts written but not sent: a cancelled dialog loses nobody's words. */
  private kept: IDraft = noDraft;

  constructor(
    private readonly desk: Desk,
    private readonly chooser: Chooser,
    private readonly requests: Requests,
    private readonly opener: Opener,
    private readonly showRequests: () => void
  ) {}

  /** The next round of a request that was returned: its words, and its files as they are now. */
  async again(request: IRequest): Promise<void> {
    const said = request.files.filter(file => file.path && file.role !== 'withdrawn');
    const files = await this.chooser.at(said.map(file => file.path ?? ''));
    const again = files.map(file => {
      const before = said.find(({ path }) => path === file.path);
      return { ...file, role: before?.role, group: before?.group };
    });
    const { what, how, controls } = request;
    const groups = (request.groups ?? []).map(({ title, context, controls }) => ({ title, context, controls }));
    await this.ask(again, { id: request.id, draft: { texts: { what, how, controls }, groups } });
  }

  /** Show what `files` could reveal; when there are none, let the person pick first. */
  async check(files: IChosenFile[]): Promise<void> {
    const chosen = files.length ? files : await this.chooser.pick();
    const after = chosen && (await showCheck(new Checking(this.desk), chosen));
    if (chosen && after && 'ask' in after) {
      await this.ask(chosen);
    } else if (after && 'place' in after) {
      await this.opener.open(after.path, after.place);
    }
  }

  /** Ask for `files`; when there are none, let the person pick first. */
  async ask(files: IChosenFile[], again?: IAgain): Promise<void> {
    let policy: IPolicy;
    try {
      policy = await this.desk.policy();
    } catch (reason) {
      await showErrorMessage('Release cannot be requested now', reason as Error);
      return;
    }
    let chosen: IChosenFile[] | null = files.length ? files : await this.chooser.pick();
    while (chosen) {
      chosen = await this.showDialog(policy, chosen, again);
    }
  }

  /** The files to go on with, if the person wants others; null when the conversation is over. */
  private async showDialog(policy: IPolicy, files: IChosenFile[], again?: IAgain): Promise<IChosenFile[] | null> {
    let wantsOthers = false;
    const form = new ReleaseForm(this.desk, this.chooser, policy, again?.draft ?? this.kept, files, again?.id, draft => {
      if (again) {
        again.draft = draft;
      } else {
        this.kept = draft;
      }
    });
    form.chooseFiles.connect(() => {
      wantsOthers = true;
    });
    const answer = await new ReleaseDialog(form).launch();
    if (wantsOthers) {
      return (await this.chooser.pick()) ?? form.files;
    }
    if (answer.button.accept && answer.value) {
      this.kept = again ? this.kept : noDraft;
      this.requests.put(answer.value);
      Notification.success(
        `Request ${answer.value.id} was sent${again ? ' again' : ''} with ${count(answer.value.files.length, 'file')}. Output checkers will look at it.`,
        { autoClose: 10_000, actions: [{ label: 'Show my requests', callback: this.showRequests }] }
      );
    }
    return null;
  }
}
