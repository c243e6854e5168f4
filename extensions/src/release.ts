/** The conversation "Request release": files, dialog, desk, and the good news at the end. */
import { Notification, showErrorMessage } from '@jupyterlab/apputils';

import { Chooser } from './chosen';
import { Desk, IPolicy, ITexts } from './desk';
import { ReleaseDialog } from './dialog';
import { IChosenFile, noTexts } from './draft';
import { ReleaseForm } from './form';
import { Requests } from './requests';
import { count } from './words';

export class Release {
  /** Texts written but not sent: a cancelled dialog loses nobody's words. */
  private kept: ITexts = noTexts;

  constructor(
    private readonly desk: Desk,
    private readonly chooser: Chooser,
    private readonly requests: Requests,
    private readonly showRequests: () => void
  ) {}

  /** Ask for `files`; when there are none, let the person pick first. */
  async ask(files: IChosenFile[]): Promise<void> {
    let policy: IPolicy;
    try {
      policy = await this.desk.policy();
    } catch (reason) {
      await showErrorMessage('Release cannot be requested now', reason as Error);
      return;
    }
    let chosen: IChosenFile[] | null = files.length ? files : await this.chooser.pick();
    while (chosen) {
      chosen = await this.showDialog(policy, chosen);
    }
  }

  /** The files to go on with, if the person wants others; null when the conversation is over. */
  private async showDialog(policy: IPolicy, files: IChosenFile[]): Promise<IChosenFile[] | null> {
    let wantsOthers = false;
    const form = new ReleaseForm(this.desk, policy, this.kept, files, texts => {
      this.kept = texts;
    });
    form.chooseFiles.connect(() => {
      wantsOthers = true;
    });
    const answer = await new ReleaseDialog(form).launch();
    if (wantsOthers) {
      return (await this.chooser.pick()) ?? form.files;
    }
    if (answer.button.accept && answer.value) {
      this.kept = noTexts;
      this.requests.put(answer.value);
      Notification.success(
        `Request ${answer.value.id} was sent with ${count(answer.value.files.length, 'file')}. An output checker will look at it.`,
        { autoClose: 10_000, actions: [{ label: 'Show my requests', callback: this.showRequests }] }
      );
    }
    return null;
  }
}
