/** The list of my requests as last seen, and the verbs on it. Views listen to `changed`. */
import { Signal } from '@lumino/signaling';

import { Desk, IPolicy, IRequest } from './desk';

export class Requests {
  readonly changed = new Signal<this, void>(this);
  /** Newest first; null until the desk has answered once. */
  list: IRequest[] | null = null;
  policy: IPolicy | null = null;
  /** Why the list may be out of date; empty when it is not. */
  error = '';
  private pending: Promise<void> | null = null;
  /** Grows with every answer to a verb: a list asked for before that is old news. */
  private edition = 0;

  constructor(private readonly desk: Desk) {}

  /** Ask the desk again; calls while an answer is on its way share that answer. */
  refresh(): Promise<void> {
    this.pending ??= this.load().finally(() => {
      this.pending = null;
      this.changed.emit();
    });
    return this.pending;
  }

  /** Throws DeskError when the desk refuses. */
  async withdraw(id: number): Promise<void> {
    this.put(await this.desk.withdraw(id));
  }

  /** Take one file out of a request. Throws DeskError when the desk refuses. */
  async withdrawFile(id: number, file: number): Promise<void> {
    this.put(await this.desk.withdrawFile(id, file));
  }

  /** Show what the desk has just answered, without waiting for the next round. */
  put(request: IRequest): void {
    this.edition += 1;
    if (this.list !== null) {
      const others = this.list.filter(other => other.id !== request.id);
      this.list = [...others, request].sort((a, b) => b.id - a.id);
      this.changed.emit();
    }
  }

  private async load(): Promise<void> {
    try {
      this.policy ??= await this.desk.policy();
      const edition = this.edition;
      const list = await this.desk.requests();
      if (edition === this.edition) {
        this.list = list;
      }
      this.error = '';
    } catch (reason) {
      this.error = (reason as Error).message;
    }
  }
}
