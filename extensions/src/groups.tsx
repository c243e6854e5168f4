/** Groups of files that share what they are and the controls applied: written down once instead of for each file. */
import * as React from 'react';

import { IGroup } from './desk';

interface IGroupsProps {
  groups: IGroup[];
  problem: string;
  isLocked: boolean;
  change: (groups: IGroup[]) => void;
}

const fields: { field: keyof IGroup; label: string; hint: string }[] = [
  { field: 'title', label: 'Title', hint: 'For example: Table 2, by grade' },
  { field: 'context', label: 'What they are', hint: 'What the rows and figures count, and over whom' },
  { field: 'controls', label: 'Disclosure controls', hint: 'What was applied to these files; none if none' }
];

export function Groups({ groups, problem, isLocked, change }: IGroupsProps): JSX.Element {
  const write = (at: number, field: keyof IGroup, text: string): void =>
    change(groups.map((group, index) => (index === at ? { ...group, [field]: text } : group)));
  return (
    <section className="enclave-Groups" aria-label="Groups of files">
      {groups.map((group, at) => (
        <fieldset key={at} disabled={isLocked}>
          <legend>Group {at + 1}</legend>
          {fields.map(({ field, label, hint }) => (
            <label key={field}>
              {label}
              <textarea
                className="jp-mod-styled"
                rows={field === 'title' ? 1 : 2}
                placeholder={hint}
                value={group[field]}
                onChange={event => write(at, field, event.target.value)}
              />
            </label>
          ))}
          {at === groups.length - 1 && (
            <button type="button" className="enclave-Link" onClick={() => change(groups.slice(0, -1))}>
              Remove this group
            </button>
          )}
        </fieldset>
      ))}
      {problem && <p className="enclave-Error">{problem}</p>}
      <button
        type="button"
        className="enclave-Link"
        disabled={isLocked}
        onClick={() => change([...groups, { title: '', context: '', controls: '' }])}
      >
        {groups.length ? 'Add another group' : 'Describe some of the files together, as a group…'}
      </button>
    </section>
  );
}
