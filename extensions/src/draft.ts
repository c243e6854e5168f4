/**
 * What a researcher is about to ask for, and what stands in the way. Pure: no DOM, no network.
 *
 * A courtesy so that mistakes show before anything is sent: the desk decides again by itself.
 */
import { IPolicy, ITexts } from './desk';
import { count, length, size } from './words';

export interface IChosenFile {
  path: string;
  name: string;
  /** Bytes; null when the file browser does not know. */
  size: number | null;
  isFolder: boolean;
  /** Open in an editor with changes that are not on disk yet. */
  isUnsaved: boolean;
}

export type Field = keyof ITexts;

export interface IProblems {
  texts: Partial<Record<Field, string>>;
  /** About one file, by path. */
  file: Record<string, string>;
  /** About the list as a whole. */
  files: string;
}

export const noTexts: ITexts = { what: '', how: '', controls: '' };

const missing: ITexts = {
  what: 'Please say what these files contain.',
  how: 'Please say how they were made.',
  controls: 'Please say which disclosure controls you applied.'
};

/** Empty texts are pointed out only when `isComplete` is asked for: not while somebody is about to write them. */
export function problems(
  texts: ITexts,
  files: IChosenFile[],
  policy: IPolicy,
  isComplete: boolean = true
): IProblems {
  const found: IProblems = { texts: {}, file: {}, files: '' };
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
  return found;
}

function aboutTheList(files: IChosenFile[], policy: IPolicy): string {
  const total = totalSize(files);
  if (!files.length) {
    return 'Please choose at least one file.';
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
  return !found.files && !Object.keys(found.texts).length && !Object.keys(found.file).length;
}
