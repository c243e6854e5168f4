/** The side panel "Release requests": what I asked for in this project, and what became of it. */
import { Dialog, Notification, showDialog } from '@jupyterlab/apputils';
import { ReactWidget, refreshIcon } from '@jupyterlab/ui-components';
import { Message } from '@lumino/messaging';
import * as React from 'react';

import { Card } from './card';
import { IPlace, IRequest, IReviewedFile } from './desk';
import { releaseIcon } from './icons';
import { Requests } from './requests';

const refreshInterval = 10_000;

export class RequestsPanel extends ReactWidget {
  private timer = 0;

  constructor(
    private readonly requests: Requests,
    private readonly ask: () => void,
    private readonly resubmit: (request: IRequest) => void,
    private readonly open: (path: string, place?: IPlace) => void
  ) {
    super();
    this.id = 'enclave-requests';
    this.addClass('enclave-Panel');
    this.title.icon = releaseIcon;
    this.title.caption = 'Release requests';
    requests.changed.connect(() => this.update());
  }

  render(): JSX.Element {
    const { list, error, policy } = this.requests;
    return (
      <>
        <header className="enclave-Panel-header">
          <div>
            <h2>Release requests</h2>
            {policy && <p>{policy.project.title}</p>}
          </div>
          <button
            type="button"
            className="jp-Button jp-mod-minimal enclave-Panel-refresh"
            title="Look again now"
            aria-label="Look again now"
            onClick={() => void this.requests.refresh()}
          >
            <refreshIcon.react tag="span" />
          </button>
        </header>
        <div role="status" aria-live="polite">
          {error && (
            <p className="enclave-Panel-error">
              {error}
              {!!list?.length && ' What you see below may be out of date.'}
            </p>
          )}
        </div>
        {list === null && !error && <p className="enclave-Panel-quiet">Asking the review desk…</p>}
        {list?.length === 0 && !error && <Empty ask={this.ask} />}
        {!!list?.length && (
          <ol className="enclave-Panel-list">
            {list.map(request => (
              <Card
                key={request.id}
                request={request}
                withdraw={() => void this.withdraw(request)}
                withdrawFile={file => void this.withdrawFile(request, file)}
                resubmit={() => this.resubmit(request)}
                open={this.open}
              />
            ))}
          </ol>
        )}
      </>
    );
  }

  protected onAfterShow(msg: Message): void {
    super.onAfterShow(msg);
    this.start();
  }

  protected onAfterAttach(msg: Message): void {
    super.onAfterAttach(msg);
    window.addEventListener('focus', this.look);
    document.addEventListener('visibilitychange', this.look);
    this.node.addEventListener('focusin', this.lookOnEntry);
    this.start();
  }

  protected onBeforeDetach(msg: Message): void {
    window.removeEventListener('focus', this.look);
    document.removeEventListener('visibilitychange', this.look);
    this.node.removeEventListener('focusin', this.lookOnEntry);
    window.clearInterval(this.timer);
    super.onBeforeDetach(msg);
  }

  protected onAfterHide(msg: Message): void {
    window.clearInterval(this.timer);
    super.onAfterHide(msg);
  }

  private start(): void {
    window.clearInterval(this.timer);
    this.timer = window.setInterval(this.look, refreshInterval);
    this.look();
  }

  /** Ask only when somebody can see the answer: a hidden panel costs nothing. */
  private readonly look = (): void => {
    if (this.isVisible && document.visibilityState === 'visible') {
      void this.requests.refresh();
    }
  };

  private readonly lookOnEntry = (event: FocusEvent): void => {
    if (!this.node.contains(event.relatedTarget as Node | null)) {
      this.look();
    }
  };

  private withdraw(request: IRequest): Promise<void> {
    return this.afterAsking(
      `Withdraw request ${request.id}?`,
      'The output checkers will no longer work on it. Your files stay here, and you can ask again at any time.',
      () => this.requests.withdraw(request.id)
    );
  }

  private withdrawFile(request: IRequest, file: IReviewedFile): Promise<void> {
    return this.afterAsking(
      `Withdraw ${file.name} from request ${request.id}?`,
      'No output checker looks at it any more, and it does not leave. The other files stay in the request.',
      () => this.requests.withdrawFile(request.id, file.number ?? 0)
    );
  }

  private async afterAsking(title: string, body: string, act: () => Promise<void>): Promise<void> {
    const answer = await showDialog({
      title,
      body,
      buttons: [Dialog.cancelButton({ label: 'Keep it' }), Dialog.warnButton({ label: 'Withdraw' })],
      defaultButton: 0
    });
    if (!answer.button.accept) {
      return;
    }
    try {
      await act();
    } catch (reason) {
      Notification.error((reason as Error).message, { autoClose: false });
      void this.requests.refresh();
    }
  }
}

function Empty({ ask }: { ask: () => void }): JSX.Element {
  return (
    <div className="enclave-Panel-empty">
      <releaseIcon.react tag="span" className="enclave-Panel-emptyIcon" width="40px" height="40px" />
      <h3>Nothing asked for yet</h3>
      <p>Results leave this project only after an output checker has looked at them.</p>
      <ol>
        <li>Save your result to a file: a table, a figure, a model summary.</li>
        <li>
          Right-click it in the file browser and choose <strong>Request release…</strong>
        </li>
        <li>Follow the answer here.</li>
      </ol>
      <button type="button" className="jp-mod-styled jp-mod-accept" onClick={ask}>
        Request release…
      </button>
    </div>
  );
}
