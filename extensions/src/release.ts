/** The conversation "Request release": files, dialog, desk, and the good news at the end. */
import { Notification, showErrorMessage } from '@jupyterlab/apputils';

import { Chooser } from './chosen';
import { Desk, IPolicy, IRequest, ITexts } from './desk';
import { ReleaseDialog } from './dialog';
import { IChosenFile, noTexts } from './draft';
import { ReleaseForm } from './form';
import { Requests } from './requests';
import { count } from './words';

/** A request that is sent once more, with its words as they are being changed. */
interface IAgain {
  id: number;
  texts: ITexts;
}

/** The desk knows names and bytes, not where a file lies: this browser remembers it, for the next round. */
const place = (id: number): string => `enclave-review:paths:${id}`;

function remember(id: number, files: IChosenFile[]): void {
  try {
    window.localStorage.setItem(place(id), JSON.stringify(files.map(file => file.path)));
  } catch {
    // Without it the person picks the files again.
  }
}

function pathsOf(id: number): string[] {
  try {
    const kept: unknown = JSON.parse(window.localStorage.getItem(place(id)) ?? '[]');
    return Array.isArray(kept) ? kept.filter(path => typeof path === 'string') : [];
  } catch {
    return [];
  }
}

export class Release {
  /** Texts written but not sent: a cancelled dialog loses nobody's words. */
  private kept: ITexts = noTexts;

  constructor(
    private readonly desk: Desk,
    private readonly chooser: Chooser,
    private readonly requests: Requests,
    private readonly showRequests: () => void
  ) {}

  /** The next round of a request that was returned: its words, and its files as they are now. */
  async again(request: IRequest): Promise<void> {
    const files = await this.chooser.at(pathsOf(request.id));
    const { what, how, controls } = request;
    await this.ask(files, { id: request.id, texts: { what, how, controls } });
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
    const form = new ReleaseForm(this.desk, policy, again?.texts ?? this.kept, files, again?.id, texts => {
      if (again) {
        again.texts = texts;
      } else {
        this.kept = texts;
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
      remember(answer.value.id, form.files);
      this.kept = again ? this.kept : noTexts;
      this.requests.put(answer.value);
      Notification.success(
        `Request ${answer.value.id} was sent${again ? ' again' : ''} with ${count(answer.value.files.length, 'file')}. Output checkers will look at it.`,
        { autoClose: 10_000, actions: [{ label: 'Show my requests', callback: this.showRequests }] }
      );
    }
    return null;
  }
}
