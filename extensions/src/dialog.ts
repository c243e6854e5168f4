/** The dialog "Request release": it stays open until the desk has accepted, or the researcher gives up. */
import { Dialog } from '@jupyterlab/apputils';

import { IRequest } from './desk';
import { ReleaseForm } from './form';

const buttons = [
  Dialog.cancelButton({ label: 'Cancel' }),
  Dialog.okButton({ label: 'Send request' })
];

export class ReleaseDialog extends Dialog<IRequest | null> {
  private isSending = false;

  constructor(private readonly form: ReleaseForm) {
    super({ title: 'Request release', body: form, buttons, defaultButton: 1, focusNodeSelector: 'textarea' });
    this.addClass('enclave-Dialog');
    form.chooseFiles.connect(() => super.reject());
  }

  resolve(index = 1): void {
    if (buttons[index].accept) {
      void this.send();
    } else {
      this.reject();
    }
  }

  /** Cancel, Escape and a click beside the dialog: not while bytes are on their way. */
  reject(): void {
    if (!this.isSending) {
      super.reject();
    }
  }

  private async send(): Promise<void> {
    if (this.isSending) {
      return;
    }
    this.setSending(true);
    const accepted = await this.form.send();
    this.setSending(false);
    if (accepted) {
      super.resolve(1);
    }
  }

  private setSending(isSending: boolean): void {
    this.isSending = isSending;
    for (const button of this.node.querySelectorAll<HTMLButtonElement>('.jp-Dialog-footer button')) {
      button.disabled = isSending;
    }
  }
}
