/** The chosen files: size, what is wrong, what each is for, what wrote it, which group it is in, and a way to leave it out. */
import { closeIcon, fileIcon, folderIcon } from '@jupyterlab/ui-components';
import * as React from 'react';

import { IReport } from './checks';
import { IGroup, Role } from './desk';
import { IChosenFile, IProblems, totalSize } from './draft';
import { Findings } from './findings';
import { count, size } from './words';

interface IFileListProps {
  files: IChosenFile[];
  groups: IGroup[];
  problems: IProblems;
  /** What the checks found, by path. */
  reports: ReadonlyMap<string, IReport>;
  isLocked: boolean;
  change: (path: string, about: Partial<IChosenFile>) => void;
  remove: (path: string) => void;
  /** Put a copy without outputs in the place of a notebook. */
  strip: (path: string) => void;
  choose: () => void;
}

export function FileList(props: IFileListProps): JSX.Element {
  const { files, problems, isLocked, choose } = props;
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
          <Line key={file.path} file={file} {...props} />
        ))}
      </ul>
      {problems.files && <p className="enclave-Error">{problems.files}</p>}
    </section>
  );
}

function Line({ file, problems, reports, isLocked, remove, strip, ...about }: IFileListProps & { file: IChosenFile }): JSX.Element {
  const Icon = file.isFolder ? folderIcon : fileIcon;
  const problem = problems.file[file.path];
  const report = reports.get(file.path);
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
      {!file.isFolder && <About file={file} isLocked={isLocked} {...about} />}
      {problem && <p className="enclave-Error">{problem}</p>}
      {report && <Findings report={report} />}
      {report?.kind === 'notebook' && !!report.findings.length && (
        <button type="button" className="enclave-Link enclave-Files-strip" disabled={isLocked} onClick={() => strip(file.path)}>
          Take a copy without outputs instead
        </button>
      )}
      {file.isUnsaved && (
        <p className="enclave-Warning">It has unsaved changes: the version last saved would be sent.</p>
      )}
    </li>
  );
}

type IAboutProps = Pick<IFileListProps, 'groups' | 'isLocked' | 'change'> & { file: IChosenFile };

function About({ file, groups, isLocked, change }: IAboutProps): JSX.Element {
  const choice = (label: string, value: string, options: [string, string][], set: (value: string) => void): JSX.Element => (
    <label>
      {label}{' '}
      <select
        className="jp-mod-styled"
        aria-label={`${label} (${file.name})`}
        value={value}
        disabled={isLocked}
        onChange={event => set(event.target.value)}
      >
        {options.map(([key, words]) => (
          <option key={key} value={key}>
            {words}
          </option>
        ))}
      </select>
    </label>
  );
  const numbered = groups.map((group, index): [string, string] => [`${index + 1}`, group.title || `group ${index + 1}`]);
  const written = (file.candidates ?? []).map((path): [string, string] => [path, path]);
  return (
    <div className="enclave-Files-about">
      {choice(
        'It is',
        file.role ?? 'output',
        [
          ['output', 'to be released'],
          ['supporting', 'supporting, never released']
        ],
        role => change(file.path, { role: role as Role })
      )}
      {!!written.length &&
        choice('Written by', file.code ?? '', [['', 'not said'], ...written], code => change(file.path, { code }))}
      {!!groups.length &&
        choice('Group', `${file.group ?? 0}`, [['0', 'none'], ...numbered], group => change(file.path, { group: +group }))}
    </div>
  );
}
