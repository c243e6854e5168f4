/**
 * The automatic checks of chosen files, run in the workspace before anybody is asked. No DOM.
 *
 * A courtesy: the review desk runs the same checks again, with what was released before, and a person decides.
 */
import { ISignal, Signal } from '@lumino/signaling';

import { Desk, IPlace } from './desk';

export interface IFinding {
  check: string;
  rule: string;
  /** `block`: the rule is broken as it is written; `review`: it may be. */
  severity: 'review' | 'block';
  place: IPlace;
  message: string;
  advice: string;
  /** Empty if nothing was compared. */
  threshold: string;
  formula: string;
  source: string;
}

/** What was found in one file. */
export interface IReport {
  kind: string;
  verdict: 'pass' | 'review' | 'block';
  findings: IFinding[];
  more_findings: number;
  not_checked: { check: string; why: string }[];
  more_not_checked: number;
}

export interface ICheckState {
  run: number;
  state: 'running' | 'done' | 'cancelled' | 'failed';
  why: string;
  done: number;
  total: number;
  /** Name of the file that is being looked at. */
  now: string;
  /** Granted datasets that the files are compared with. */
  datasets: string[];
  /** Measured by the project's thresholds; otherwise by the usual ones, because the desk did not answer. */
  own_numbers: boolean;
}

const interval = 500;
const wait = (): Promise<void> => new Promise(resolve => window.setTimeout(resolve, interval));

export class Checking {
  /** By path. */
  readonly reports = new Map<string, IReport>();
  state: ICheckState | null = null;
  /** Why nothing is known. */
  problem = '';
  private readonly _changed = new Signal<this, void>(this);
  private paths: string[] = [];

  constructor(private readonly desk: Desk) {}

  get changed(): ISignal<this, void> {
    return this._changed;
  }

  get isRunning(): boolean {
    return this.state?.state === 'running';
  }

  /** Check these files, in place of any that are still being checked; resolves when all is known. */
  async check(paths: string[]): Promise<void> {
    const waiting = this.isRunning ? this.paths.filter(path => !this.reports.has(path)) : [];
    this.paths = [...new Set([...waiting, ...paths])];
    if (!this.paths.length) {
      return;
    }
    try {
      await this.follow(await this.desk.check(this.paths), this.paths);
    } catch (reason) {
      this.state = null;
      this.problem = (reason as Error).message;
      this._changed.emit();
    }
  }

  async cancel(): Promise<void> {
    if (this.isRunning) {
      this.state = await this.desk.endCheck().catch(() => null);
      this._changed.emit();
    }
  }

  private async follow(begun: ICheckState, paths: string[]): Promise<void> {
    let known = 0;
    for (let state: ICheckState | null = begun; ; state = await this.desk.checkState()) {
      if (paths !== this.paths || this.state?.state === 'cancelled') {
        return; // others took the place of these
      }
      if (state?.run !== begun.run) {
        throw new Error('Another check was begun in this workspace, so this one has ended.');
      }
      for (; known < state.done; known++) {
        this.reports.set(paths[known], await this.desk.report(begun.run, known + 1));
      }
      this.state = state;
      this.problem = state.why;
      this._changed.emit();
      if (state.state !== 'running') {
        return;
      }
      await wait();
    }
  }
}
