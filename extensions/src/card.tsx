/** One request in the side panel. */
import * as React from 'react';

import { IComment, IRequest, IReviewedFile } from './desk';
import { canOpenDesk, openDesk } from './parent';
import { age, count, size } from './words';

/** How a status looks; the words for it come from the desk. */
const tones: Record<string, string> = {
  submitted: 'waiting',
  returned: 'attention',
  approved: 'good',
  resubmitted: 'waiting',
  'in-review': 'waiting',
  reviewed: 'waiting',
  released: 'good',
  recalled: 'bad',
  rejected: 'bad',
  withdrawn: 'quiet'
};

interface ICardProps {
  request: IRequest;
  withdraw: () => void;
  resubmit: () => void;
}

export function Card({ request, withdraw, resubmit }: ICardProps): JSX.Element {
  return (
    <li className="enclave-Card" data-status={request.status}>
      <header>
        <span className={`enclave-Status enclave-mod-${tones[request.status] ?? 'quiet'}`}>{request.status_text}</span>
        <span className="enclave-Card-age" title={`Asked ${localTime(request.created)}, last change ${localTime(request.updated)}`}>
          #{request.id}
          {(request.round ?? 1) > 1 && `, round ${request.round}`} · {age(request.created)}
        </span>
      </header>
      <p className="enclave-Card-what">{request.what}</p>
      {request.comment && (
        <blockquote className="enclave-Card-comment">
          <strong>Output checker</strong>
          {request.comment}
        </blockquote>
      )}
      <ul className="enclave-Card-files" aria-label={count(request.files.length, 'file')}>
        {request.files.map((file, index) => (
          <File key={index} file={file} />
        ))}
      </ul>
      <details>
        <summary>Details</summary>
        <h4>How it was made</h4>
        <p>{request.how}</p>
        <h4>Disclosure controls applied</h4>
        <p>{request.controls}</p>
      </details>
      <Next request={request} />
      <Said comments={request.comments} />
      {request.can_resubmit && (
        <button type="button" className="jp-mod-styled jp-mod-accept" onClick={resubmit}>
          Resubmit…
        </button>
      )}
      {request.can_withdraw && (
        <button type="button" className="enclave-Link enclave-mod-warn" onClick={withdraw}>
          Withdraw
        </button>
      )}
    </li>
  );
}

function localTime(iso: string): string {
  return new Date(iso).toLocaleString();
}

/** What the researcher can do now, in one sentence. */
function Next({ request }: { request: IRequest }): JSX.Element | null {
  if (request.status === 'released') {
    return (
      <p className="enclave-Card-next">
        The approved files can be downloaded from the review desk, on the page around this workspace.
        {canOpenDesk && (
          <button type="button" className="enclave-Link" onClick={() => openDesk(request.url)}>
            Go to the download
          </button>
        )}
      </p>
    );
  }
  if (request.can_resubmit) {
    return (
      <p className="enclave-Card-next">
        Change the files, then resubmit them: checkers look at each file anew. {request.next_text}
      </p>
    );
  }
  if (request.status === 'rejected') {
    return <p className="enclave-Card-next">You can change the files and request release again.</p>;
  }
  return request.next_text ? <p className="enclave-Card-next">{request.next_text}</p> : null;
}

function Said({ comments }: { comments?: IComment[] }): JSX.Element | null {
  return comments?.length ? (
    <ul className="enclave-Card-said">
      {comments.map((comment, index) => (
        <li key={index}>
          <strong>{comment.author}</strong> {comment.text}
        </li>
      ))}
    </ul>
  ) : null;
}

function File({ file }: { file: IReviewedFile }): JSX.Element {
  return (
    <li className={`enclave-Card-file enclave-mod-${file.decision || 'undecided'}`}>
      <div>
        <span className="enclave-Card-mark" aria-hidden="true">
          {file.decision === 'approved' ? '✓' : file.decision === 'rejected' ? '✕' : ''}
        </span>
        <span className="enclave-Card-fileName" title={`SHA-256 ${file.sha256}`}>
          {file.name}
          {!!file.unchanged_since && <small> unchanged since round {file.unchanged_since}</small>}
        </span>
        <span className="enclave-Card-fileSize">{size(file.size)}</span>
      </div>
      {(file.decision || file.reason) && (
        <p>
          {file.decision && <strong>{file.decision === 'approved' ? 'Approved' : 'Rejected'}</strong>}
          {file.reason && `${file.decision ? ': ' : ''}${file.reason}`}
        </p>
      )}
      <Said comments={file.comments} />
    </li>
  );
}
