/** The dialog "Check": what the chosen files could reveal, before anybody is asked. */
import { Dialog } from '@jupyterlab/apputils';
import { fileIcon, ReactWidget } from '@jupyterlab/ui-components';
import * as React from 'react';

import { Checking } from './checks';
import { IPlace } from './desk';
import { IChosenFile } from './draft';
import { Findings } from './findings';
import { CheckProgress } from './progress';

/** The person wants to ask for these files, or to see a place in one; null when they just close it. */
export type After = { ask: true } | { path: string; place: IPlace } | null;

class CheckBody extends ReactWidget {
  constructor(
    private readonly checking: Checking,
    private readonly files: IChosenFile[],
    private readonly open: (path: string, place: IPlace) => void
  ) {
    super();
    this.addClass('enclave-Form');
    checking.changed.connect(this.update, this);
  }

  render(): JSX.Element {
    return (
      <>
        <CheckProgress checking={this.checking} />
        <ul className="enclave-Checked">
          {this.files.map(file => (
            <li key={file.path}>
              <div className="enclave-Files-line">
                <fileIcon.react tag="span" className="enclave-Files-icon" />
                <span className="enclave-Files-name" title={file.path}>
                  {file.name}
                </span>
              </div>
              {file.isUnsaved && <p className="enclave-Warning">It has unsaved changes: the version last saved is checked.</p>}
              {this.found(file)}
            </li>
          ))}
        </ul>
      </>
    );
  }

  private found(file: IChosenFile): JSX.Element | null {
    const report = this.checking.reports.get(file.path);
    if (file.isFolder) {
      return <p className="enclave-Error">This is a folder. Please choose the files inside it.</p>;
    }
    return report ? <Findings report={report} open={place => this.open(file.path, place)} /> : null;
  }
}

export async function showCheck(checking: Checking, files: IChosenFile[]): Promise<After> {
  let after: After = null;
  const body = new CheckBody(checking, files, (path, place) => {
    after = { path, place };
    dialog.reject();
  });
  const buttons = [Dialog.cancelButton({ label: 'Close' }), Dialog.okButton({ label: 'Request release…' })];
  const dialog = new Dialog({ title: 'Check before asking', body, buttons, defaultButton: 0 });
  dialog.addClass('enclave-Dialog');
  void checking.check(files.filter(file => !file.isFolder).map(file => file.path));
  const answer = await dialog.launch();
  void checking.cancel();
  return answer.button.accept ? { ask: true } : after;
}
