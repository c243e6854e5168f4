/** The chosen files, each with its size, what is wrong with it, and a way to leave it out. */
import { closeIcon, fileIcon, folderIcon } from '@jupyterlab/ui-components';
import * as React from 'react';

import { IChosenFile, IProblems, totalSize } from './draft';
import { count, size } from './words';

interface IFileListProps {
  files: IChosenFile[];
  problems: IProblems;
  isLocked: boolean;
  remove: (path: string) => void;
  choose: () => void;
}

export function FileList({ files, problems, isLocked, remove, choose }: IFileListProps): JSX.Element {
  const real = files.filter(file => !file.isFolder);
  return (
    <section className="enclave-Files" tabIndex={-1} aria-label="Files to release">
      <header>
        <span className="enclave-Files-title">
          {real.length ? `${count(real.length, 'file')}, ${size(totalSize(real))}` : 'No file chosen'}
        </span>
        <button type="button" className="enclave-Link" disabled={isLocked} onClick={choose}>
          Choose other files…
        </button>
      </header>
      <ul>
        {files.map(file => (
          <Line key={file.path} file={file} problem={problems.file[file.path]} isLocked={isLocked} remove={remove} />
        ))}
      </ul>
      {problems.files && <p className="enclave-Error">{problems.files}</p>}
    </section>
  );
}

interface ILineProps {
  file: IChosenFile;
  problem?: string;
  isLocked: boolean;
  remove: (path: string) => void;
}

function Line({ file, problem, isLocked, remove }: ILineProps): JSX.Element {
  const Icon = file.isFolder ? folderIcon : fileIcon;
  return (
    <li>
      <div className="enclave-Files-line">
        <Icon.react tag="span" className="enclave-Files-icon" />
        <span className="enclave-Files-name" title={file.path}>
          {file.name}
        </span>
        <span className="enclave-Files-size">{file.isFolder ? 'folder' : size(file.size)}</span>
        <button
          type="button"
          className="enclave-Files-remove"
          title={`Leave ${file.name} out`}
          aria-label={`Leave ${file.name} out`}
          disabled={isLocked}
          onClick={() => remove(file.path)}
        >
          <closeIcon.react tag="span" />
        </button>
      </div>
      {problem && <p className="enclave-Error">{problem}</p>}
      {file.isUnsaved && (
        <p className="enclave-Warning">It has unsaved changes: the version last saved would be sent.</p>
      )}
    </li>
  );
}
