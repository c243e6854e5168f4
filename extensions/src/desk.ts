/**
 * What the server half (`enclave_review/handlers.py`) offers to this page, in types.
 *
 * It passes the review desk's answers on; a refusal arrives as `{"error": sentence}`.
 */
import { URLExt } from '@jupyterlab/coreutils';
import { ServerConnection } from '@jupyterlab/services';

import { ICheckState, IReport } from './checks';

export interface IPolicy {
  max_files: number;
  max_file_bytes: number;
  max_total_bytes: number;
  /** Characters (code points) in each typed text. */
  max_text: number;
  /** Bytes of one notebook or script that goes along. */
  max_code_bytes?: number;
  /** Sentences that the author has to confirm. */
  statements?: string[];
  project: { slug: string; title: string };
}

/** A place in a file, counted from 1: `cell` of a notebook, `row` of a table or line of a text, and others. */
export type IPlace = Record<string, number | string>;

export interface IComment {
  author: string;
  text: string;
  place?: IPlace;
  /** The place in words, empty for the file as a whole. */
  where?: string;
}

export type Role = 'output' | 'supporting' | 'withdrawn';

/** Files that share what they are and the disclosure controls applied. */
export interface IGroup {
  title: string;
  context: string;
  controls: string;
}

export interface IReviewedFile {
  /** Its number in the request. */
  number?: number;
  name: string;
  size: number;
  sha256: string;
  decision: '' | 'approved' | 'rejected';
  reason: string;
  comments?: IComment[];
  /** The earlier round that already held the same bytes. */
  unchanged_since?: number | null;
  role?: Role;
  /** Number of its group, from 1; 0 for none. */
  group?: number;
  /** Where it lay in this workspace when it was sent. */
  path?: string;
  /** Name of the notebook or script that wrote it. */
  code?: string;
  released?: boolean;
  downloads?: number;
  allowed?: number;
  /** ISO time. */
  until?: string | null;
}

/** A file to send: where it lies, what it is for, and what wrote it. */
export interface ISent {
  path: string;
  role: Role;
  group: number;
  code: string;
}

export interface IWrittenBy {
  guess: string;
  candidates: string[];
}

export interface IRequest {
  id: number;
  project: string;
  author: string;
  status: string;
  status_text: string;
  /** Who acts next, in one sentence. */
  next_text?: string;
  /** ISO time by which the checkers should have answered, while they work on it. */
  expected?: string | null;
  round?: number;
  what: string;
  how: string;
  controls: string;
  created: string;
  updated: string;
  comment: string;
  can_withdraw: boolean;
  can_resubmit?: boolean;
  /** Whether single files can be taken out of it. */
  can_withdraw_files?: boolean;
  comments?: IComment[];
  groups?: (IGroup & { number: number })[];
  url: string;
  files: IReviewedFile[];
}

/** The three things an output checker has to know. */
export interface ITexts {
  what: string;
  how: string;
  controls: string;
}

/** Bytes on their way to the desk. */
export interface ISending {
  sent: number;
  total: number;
}

/** The desk, or the way to it, said no. The message is written for the researcher. */
export class DeskError extends Error {}

export class Desk {
  constructor(private readonly settings: ServerConnection.ISettings) {}

  policy(): Promise<IPolicy> {
    return this.ask('policy');
  }

  async requests(): Promise<IRequest[]> {
    return (await this.ask<{ requests: IRequest[] }>('requests')).requests;
  }

  /** A new request, or with `id` the next round of one that was returned. */
  submit(texts: ITexts, files: ISent[], groups: IGroup[], statements: string[], id?: number): Promise<IRequest> {
    const target = id === undefined ? 'requests' : `requests/${id}/resubmit`;
    return this.ask(target, { ...texts, files, groups, statements });
  }

  /** A guess at what wrote each file, by its path. */
  async writtenBy(paths: string[]): Promise<Record<string, IWrittenBy>> {
    return (await this.ask<{ written: Record<string, IWrittenBy> }>('written-by', { paths })).written;
  }

  withdraw(id: number): Promise<IRequest> {
    return this.ask(`requests/${id}/withdraw`, {});
  }

  withdrawFile(id: number, file: number): Promise<IRequest> {
    return this.ask(`requests/${id}/files/${file}/withdraw`, {});
  }

  /** How far the request being sent has come; null when none is. */
  async sending(): Promise<ISending | null> {
    return (await this.ask<{ sending: ISending | null }>('sending')).sending;
  }

  /** Begin the automatic checks of these files. */
  async check(paths: string[]): Promise<ICheckState> {
    return (await this.ask<{ check: ICheckState }>('checks', { paths })).check;
  }

  async checkState(): Promise<ICheckState | null> {
    return (await this.ask<{ check: ICheckState | null }>('checks')).check;
  }

  /** What was found in the n-th file of that run, from 1. */
  async report(run: number, n: number): Promise<IReport> {
    return (await this.ask<{ report: IReport }>(`checks/${run}/${n}`)).report;
  }

  async endCheck(): Promise<ICheckState | null> {
    return (await this.ask<{ check: ICheckState | null }>('checks', undefined, 'DELETE')).check;
  }

  /** Write a notebook's copy without outputs beside it; its path. */
  async strippedCopy(path: string): Promise<string> {
    return (await this.ask<{ path: string }>('stripped-copy', { path })).path;
  }

  /** GET, or POST when there is a body. Throws DeskError with a sentence, never anything else. */
  private async ask<T>(path: string, body?: object, method = body ? 'POST' : 'GET'): Promise<T> {
    const url = URLExt.join(this.settings.baseUrl, 'enclave', path);
    const init = body === undefined ? { method } : { method, body: JSON.stringify(body) };
    let response: Response;
    try {
      response = await ServerConnection.makeRequest(url, init, this.settings);
    } catch {
      throw new DeskError('This workspace does not answer. If it was stopped, start it again; your files are kept.');
    }
    const answer = await response.json().catch(() => null);
    if (!response.ok || answer === null) {
      throw new DeskError(answer?.error || `The review desk could not answer (code ${response.status}). Please try again in a minute.`);
    }
    return answer as T;
  }
}
