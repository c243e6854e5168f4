/**
 * What a researcher is about to ask for, and what stands in the way. Pure: no DOM, no network.
 *
 * A courtesy so that mistakes show before anything is sent: the desk decides again by itself.
 */
import { IGroup, IPolicy, ITexts, Role } from './desk';
import { count, length, size } from './words';

export interface IChosenFile {
  path: string;
  name: string;
  /** Bytes; null when the file browser does not know. */
  size: number | null;
  isFolder: boolean;
  /** Open in an editor with changes that are not on disk yet. */
  isUnsaved: boolean;
  role?: Role;
  /** Number of its group, from 1; 0 or nothing for none. */
  group?: number;
  /** Path of the notebook or script that wrote it; empty for none. */
  code?: string;
  /** What may have written it. */
  candidates?: string[];
}

/** What is written before it is sent: nobody's words are lost by a dialog that closes. */
export interface IDraft {
  texts: ITexts;
  groups: IGroup[];
}

export type Field = keyof ITexts;

export interface IProblems {
  texts: Partial<Record<Field, string>>;
  /** About one file, by path. */
  file: Record<string, string>;
  /** About the list as a whole. */
  files: string;
  groups: string;
  /** Findings that break a rule, and that nobody has said to have read. */
  findings: string;
}

export const noDraft: IDraft = { texts: { what: '', how: '', controls: '' }, groups: [] };

const isCode = (name: string): boolean => /\.(ipynb|py|r|rmd|qmd|jl|sql|do|sas|log)$/i.test(name);

/** With the role that is usual: code among other files helps to judge them, everything else is to be released. */
export function withRoles(files: IChosenFile[]): IChosenFile[] {
  const hasOthers = files.some(file => !file.isFolder && !isCode(file.name));
  return files.map(file => ({ ...file, role: file.role ?? (hasOthers && isCode(file.name) ? 'supporting' : 'output') }));
}

const missing: ITexts = {
  what: 'Please say what these files contain.',
  how: 'Please say how they were made.',
  controls: 'Please say which disclosure controls you applied.'
};

/** Empty texts are pointed out only when `isComplete` is asked for: not while somebody is about to write them. */
export function problems(
  { texts, groups }: IDraft,
  files: IChosenFile[],
  policy: IPolicy,
  isComplete: boolean = true
): IProblems {
  const found: IProblems = { texts: {}, file: {}, files: '', groups: '', findings: '' };
  for (const field of Object.keys(missing) as Field[]) {
    const excess = length(texts[field]) - policy.max_text;
    if (isComplete && !texts[field].trim()) {
      found.texts[field] = missing[field];
    } else if (excess > 0) {
      found.texts[field] = `${count(excess, 'character')} too many: at most ${policy.max_text} are possible.`;
    }
  }
  for (const file of files) {
    if (file.isFolder) {
      found.file[file.path] = 'This is a folder. Only files can be released: please choose the files inside it.';
    } else if ((file.size ?? 0) > policy.max_file_bytes) {
      found.file[file.path] = `Too large: a file may have at most ${size(policy.max_file_bytes)}.`;
    }
  }
  found.files = aboutTheList(files, policy);
  found.groups = isComplete ? aboutTheGroups(groups, files, policy) : '';
  return found;
}

function aboutTheGroups(groups: IGroup[], files: IChosenFile[], policy: IPolicy): string {
  for (const [index, group] of groups.entries()) {
    const name = group.title.trim() || `number ${index + 1}`;
    if (!group.title.trim() || !group.context.trim() || !group.controls.trim()) {
      return `Please fill in the title, what the files are, and the controls of group ${name}.`;
    }
    if (length(group.title) > 120 || [group.context, group.controls].some(text => length(text) > policy.max_text)) {
      return `A text of group ${name} is too long.`;
    }
    if (!files.some(file => file.group === index + 1)) {
      return `No file is in group ${name}: choose some, or remove the group.`;
    }
  }
  return '';
}

function aboutTheList(files: IChosenFile[], policy: IPolicy): string {
  const total = totalSize(files);
  if (!files.length) {
    return 'Please choose at least one file.';
  }
  if (files.every(file => file.role === 'supporting')) {
    return 'All files are supporting, so there is nothing to release: mark at least one as an output.';
  }
  if (files.length > policy.max_files) {
    return `These are ${files.length} files; one request can carry at most ${policy.max_files}.`;
  }
  if (total > policy.max_total_bytes) {
    return `Together these files have ${size(total)}; one request can carry at most ${size(policy.max_total_bytes)}.`;
  }
  return '';
}

export function totalSize(files: IChosenFile[]): number {
  return files.reduce((sum, file) => sum + (file.size ?? 0), 0);
}

export function isSendable(found: IProblems): boolean {
  return !found.files && !found.groups && !found.findings && !Object.keys(found.texts).length && !Object.keys(found.file).length;
}
