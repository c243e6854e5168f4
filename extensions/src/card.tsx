/** One request in the side panel. */
import * as React from 'react';

import { IComment, IPlace, IRequest, IReviewedFile } from './desk';
import { canOpenDesk, openDesk } from './parent';
import { age, count, size, when } from './words';

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

/** Opens a file of this workspace, at a place in it. */
type Open = (path: string, place?: IPlace) => void;

interface ICardProps {
  request: IRequest;
  withdraw: () => void;
  withdrawFile: (file: IReviewedFile) => void;
  resubmit: () => void;
  open: Open;
}

export function Card({ request, withdraw, withdrawFile, resubmit, open }: ICardProps): JSX.Element {
  const drop = request.can_withdraw_files ? withdrawFile : undefined;
  const groups = request.groups ?? [];
  const inGroup = (number: number): IReviewedFile[] => request.files.filter(file => (file.group ?? 0) === number);
  return (
    <li className="enclave-Card" data-status={request.status}>
      <header>
        <span className={`enclave-Status enclave-mod-${tones[request.status] ?? 'quiet'}`}>{request.status_text}</span>
        <span className="enclave-Card-age" title={`Asked ${when(request.created)}, last change ${when(request.updated)}`}>
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
      <Files files={inGroup(0)} label={count(request.files.length, 'file')} open={open} drop={drop} />
      {groups.map(group => (
        <section key={group.number} className="enclave-Card-group">
          <h4>{group.title}</h4>
          <Files files={inGroup(group.number)} label={group.title} open={open} drop={drop} />
        </section>
      ))}
      <Details request={request} />
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

function Details({ request }: { request: IRequest }): JSX.Element {
  return (
    <details>
      <summary>Details</summary>
      <h4>How it was made</h4>
      <p>{request.how}</p>
      <h4>Disclosure controls applied</h4>
      <p>{request.controls}</p>
      {(request.groups ?? []).map(group => (
        <React.Fragment key={group.number}>
          <h4>{group.title}</h4>
          <p>{group.context}</p>
          <p>{group.controls}</p>
        </React.Fragment>
      ))}
    </details>
  );
}

/** What the researcher can do now, or whom they wait for and until when. */
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
  const words = [request.next_text, request.expected && expectation(request.expected)].filter(Boolean).join(' ');
  return words ? <p className="enclave-Card-next">{words}</p> : null;
}

function expectation(iso: string): string {
  const isLate = Date.parse(iso) < Date.now();
  return isLate ? `An answer was expected by ${when(iso)}: it is late.` : `Expect an answer by ${when(iso)}.`;
}

interface ISaidProps {
  comments?: IComment[];
  open?: (place?: IPlace) => void;
}

function Said({ comments, open }: ISaidProps): JSX.Element | null {
  return comments?.length ? (
    <ul className="enclave-Card-said">
      {comments.map((comment, index) => (
        <li key={index}>
          <strong>{comment.author}</strong>{' '}
          {comment.where && open && (
            <button type="button" className="enclave-Link" onClick={() => open(comment.place)}>
              {comment.where}:
            </button>
          )}{' '}
          {comment.text}
        </li>
      ))}
    </ul>
  ) : null;
}

interface IFilesProps {
  files: IReviewedFile[];
  label: string;
  open: Open;
  drop?: (file: IReviewedFile) => void;
}

function Files({ files, label, open, drop }: IFilesProps): JSX.Element | null {
  return files.length ? (
    <ul className="enclave-Card-files" aria-label={label}>
      {files.map((file, index) => (
        <File key={index} file={file} open={open} drop={file.role === 'withdrawn' ? undefined : drop} />
      ))}
    </ul>
  ) : null;
}

/** What a file has come to, in words; nothing while it is not decided. */
function outcome(file: IReviewedFile): string {
  if (file.role === 'supporting') {
    return 'Supporting, never released';
  }
  if (file.role === 'withdrawn') {
    return 'Withdrawn by you';
  }
  return { approved: 'Approved', rejected: 'Rejected', '': '' }[file.decision];
}

function File({ file, open, drop }: Omit<IFilesProps, 'files' | 'label'> & { file: IReviewedFile }): JSX.Element {
  const path = file.path;
  const words = outcome(file);
  const openHere = path ? (place?: IPlace): void => open(path, place) : undefined;
  return (
    <li className={`enclave-Card-file enclave-mod-${file.decision || 'undecided'}`}>
      <div>
        <span className="enclave-Card-mark" aria-hidden="true">
          {file.decision === 'approved' ? '✓' : file.decision === 'rejected' ? '✕' : ''}
        </span>
        {openHere ? (
          <button
            type="button"
            className="enclave-Link enclave-Card-fileName"
            title={`Open ${path}`}
            onClick={() => openHere()}
          >
            {file.name}
          </button>
        ) : (
          <span className="enclave-Card-fileName">{file.name}</span>
        )}
        <span className="enclave-Card-fileSize">{size(file.size)}</span>
      </div>
      {!!file.unchanged_since && <small>unchanged since round {file.unchanged_since}</small>}
      {(words || file.reason) && (
        <p>
          {words && <strong>{words}</strong>}
          {file.reason && `${words ? ': ' : ''}${file.reason}`}
        </p>
      )}
      {file.released && (
        <p className="enclave-Card-receipt" title={`SHA-256 ${file.sha256}`}>
          SHA-256 {file.sha256.slice(0, 12)}… · downloaded {file.downloads} of {file.allowed} times
          {file.until && `, until ${when(file.until)}`}
        </p>
      )}
      <Said comments={file.comments} open={openHere} />
      {drop && (
        <button type="button" className="enclave-Link enclave-Card-drop" onClick={() => drop(file)}>
          Withdraw this file
        </button>
      )}
    </li>
  );
}
