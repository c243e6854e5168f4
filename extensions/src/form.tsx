/** The body of the dialog: which files, and the three texts an output checker needs. */
import { Dialog } from '@jupyterlab/apputils';
import { ReactWidget } from '@jupyterlab/ui-components';
import { Signal } from '@lumino/signaling';
import * as React from 'react';

import { Desk, IGroup, IPolicy, IRequest, ISending, ISent } from './desk';
import { Field, IChosenFile, IDraft, IProblems, isSendable, problems, totalSize, withRoles } from './draft';
import { FileList } from './files';
import { Groups } from './groups';
import { length, size } from './words';

const questions: { field: Field; label: string; hint: string }[] = [
  {
    field: 'what',
    label: 'What is it?',
    hint: 'For example: accuracy of the model for each tumour grade, 569 biopsies'
  },
  {
    field: 'how',
    label: 'How was it made?',
    hint: 'For example: train.ipynb, logistic regression, 5-fold cross-validation, dataset wdbc version 1'
  },
  {
    field: 'controls',
    label: 'Which disclosure controls did you apply?',
    hint: 'For example: counts below 10 suppressed, totals rounded to 5, no row describes one person'
  }
];

const progressInterval = 300;

const sent = ({ path, role, group, code }: IChosenFile): ISent => ({
  path,
  role: role ?? 'output',
  group: group ?? 0,
  code: code ?? ''
});

export class ReleaseForm extends ReactWidget implements Dialog.IBodyWidget<IRequest | null> {
  /** The researcher wants other files: the dialog closes, the texts are kept. */
  readonly chooseFiles = new Signal<this, void>(this);
  private accepted: IRequest | null = null;
  /** Mistakes are pointed out once the researcher has tried to send. */
  private hasTried = false;
  private refusal = '';
  private sending: ISending | null = null;
  /** The statements of the project's policy that are ticked. */
  private readonly made = new Set<string>();

  constructor(
    private readonly desk: Desk,
    private readonly policy: IPolicy,
    private draft: IDraft,
    public files: IChosenFile[],
    private readonly resubmits: number | undefined,
    private readonly keep: (draft: IDraft) => void
  ) {
    super();
    this.addClass('enclave-Form');
    this.files = withRoles(files);
    void this.askWhatWroteThem();
  }

  getValue(): IRequest | null {
    return this.accepted;
  }

  /** True when the desk has accepted the request. */
  async send(): Promise<boolean> {
    this.hasTried = true;
    this.refusal = '';
    this.update();
    if (!isSendable(this.found())) {
      this.focusFirstProblem();
      return false;
    }
    this.sending = { sent: 0, total: totalSize(this.files) };
    this.update();
    const timer = window.setInterval(() => void this.progress(), progressInterval);
    try {
      const { texts, groups } = this.draft;
      this.accepted = await this.desk.submit(texts, this.files.map(sent), groups, [...this.made], this.resubmits);
      return true;
    } catch (reason) {
      this.refusal = (reason as Error).message;
      return false;
    } finally {
      window.clearInterval(timer);
      this.sending = null;
      this.update();
    }
  }

  render(): JSX.Element {
    const shown = this.found(this.hasTried);
    return (
      <>
        <p className="enclave-Form-intro">
          {this.resubmits !== undefined && `This is the next round of request ${this.resubmits}. `}
          Output checkers look at every file before anything leaves the project{' '}
          <strong>{this.policy.project.title}</strong>.
        </p>
        <FileList
          files={this.files}
          groups={this.draft.groups}
          problems={shown}
          change={(path, about) => this.about(path, about)}
          isLocked={this.sending !== null}
          remove={path => this.remove(path)}
          choose={() => this.chooseFiles.emit()}
        />
        <Groups
          groups={this.draft.groups}
          problem={shown.groups}
          isLocked={this.sending !== null}
          change={groups => this.group(groups)}
        />
        {questions.map(question => this.question(question, shown.texts[question.field] ?? ''))}
        {(this.policy.statements ?? []).map(statement => this.statement(statement))}
        <div className="enclave-Form-outcome" role="status" aria-live="polite">
          {this.sending && this.progressBar(this.sending)}
          {this.refusal && <p className="enclave-Error">{this.refusal}</p>}
        </div>
      </>
    );
  }

  private question({ field, label, hint }: (typeof questions)[number], problem: string): JSX.Element {
    const used = length(this.draft.texts[field]);
    const id = `enclave-${field}`;
    return (
      <div className="enclave-Field" key={field}>
        <label htmlFor={id}>{label}</label>
        <textarea
          id={id}
          rows={3}
          className={problem ? 'jp-mod-styled enclave-mod-wrong' : 'jp-mod-styled'}
          placeholder={hint}
          value={this.draft.texts[field]}
          disabled={this.sending !== null}
          aria-invalid={problem !== ''}
          aria-describedby={`${id}-note`}
          onChange={event => this.write(field, event.target.value)}
        />
        <div id={`${id}-note`} className="enclave-Field-note">
          <span className="enclave-Error">{problem}</span>
          <span className={used > this.policy.max_text ? 'enclave-Counter enclave-mod-wrong' : 'enclave-Counter'}>
            {used} / {this.policy.max_text}
          </span>
        </div>
      </div>
    );
  }

  private statement(statement: string): JSX.Element {
    return (
      <label className="enclave-Statement" key={statement}>
        <input
          type="checkbox"
          checked={this.made.has(statement)}
          disabled={this.sending !== null}
          onChange={event => {
            this.made[event.target.checked ? 'add' : 'delete'](statement);
            this.update();
          }}
        />{' '}
        {statement}
      </label>
    );
  }

  private progressBar({ sent, total }: ISending): JSX.Element {
    const isDone = total > 0 && sent >= total;
    return (
      <label className="enclave-Progress">
        {isDone ? 'Handing over to the review desk…' : `Sending ${size(sent)} of ${size(total)}…`}
        <progress max={total || 1} value={isDone ? undefined : sent} />
      </label>
    );
  }

  private found(isComplete: boolean = true): IProblems {
    return problems(this.draft, this.files, this.policy, isComplete);
  }

  private write(field: Field, text: string): void {
    this.draft = { ...this.draft, texts: { ...this.draft.texts, [field]: text } };
    this.keep(this.draft);
    this.update();
  }

  private about(path: string, about: Partial<IChosenFile>): void {
    this.files = this.files.map(file => (file.path === path ? { ...file, ...about } : file));
    this.update();
  }

  private group(groups: IGroup[]): void {
    this.draft = { ...this.draft, groups };
    this.files = this.files.map(file => ((file.group ?? 0) > groups.length ? { ...file, group: 0 } : file));
    this.keep(this.draft);
    this.update();
  }

  /** The workspace looks which notebook or script names each file; without an answer nothing is said. */
  private async askWhatWroteThem(): Promise<void> {
    const paths = this.files.filter(file => !file.isFolder).map(file => file.path);
    const written = await this.desk.writtenBy(paths).catch(() => ({}) as Record<string, never>);
    for (const [path, { guess, candidates }] of Object.entries(written)) {
      const code = this.files.find(file => file.path === path)?.code;
      this.about(path, { candidates, code: code ?? guess });
    }
  }

  private remove(path: string): void {
    this.files = this.files.filter(file => file.path !== path);
    this.update();
  }

  private async progress(): Promise<void> {
    const sending = await this.desk.sending().catch(() => null);
    if (sending && this.sending) {
      this.sending = sending;
      this.update();
    }
  }

  private focusFirstProblem(): void {
    const first = questions.find(({ field }) => this.found().texts[field]);
    const selector = first ? `#enclave-${first.field}` : '.enclave-Files';
    const node = this.node.querySelector<HTMLElement>(selector);
    node?.focus();
    node?.scrollIntoView({ block: 'nearest' });
  }
}
