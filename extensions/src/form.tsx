/** The body of the dialog: which files, and the three texts an output checker needs. */
import { Dialog } from '@jupyterlab/apputils';
import { ReactWidget } from '@jupyterlab/ui-components';
import { Signal } from '@lumino/signaling';
import * as React from 'react';

import { Checking } from './checks';
import { Chooser } from './chosen';
import { Desk, IGroup, IPolicy, IRequest, ISending, ISent } from './desk';
import { Field, IChosenFile, IDraft, IProblems, isSendable, problems, totalSize, withRoles } from './draft';
import { FileList } from './files';
import { Groups } from './groups';
import { CheckProgress } from './progress';
import { Question, questions } from './question';
import { Tick } from './tick';
import { size } from './words';

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
  private readonly checking: Checking;
  /** So many findings that break a rule the researcher says to have read; more of them are another matter. */
  private hasRead = 0;
  /** The researcher was told that the check is still running. */
  private isWarned = false;

  constructor(
    private readonly desk: Desk,
    private readonly chooser: Chooser,
    private readonly policy: IPolicy,
    private draft: IDraft,
    public files: IChosenFile[],
    private readonly resubmits: number | undefined,
    private readonly keep: (draft: IDraft) => void
  ) {
    super();
    this.addClass('enclave-Form');
    this.files = withRoles(files);
    this.checking = new Checking(desk);
    this.checking.changed.connect(this.update, this);
    void this.checking.check(this.files.filter(file => !file.isFolder).map(file => file.path));
    void this.askWhatWroteThem();
  }

  dispose(): void {
    void this.checking.cancel();
    super.dispose();
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
    if (this.checking.isRunning && !this.isWarned) {
      this.isWarned = true;
      this.refusal = 'The files are still being checked. Wait for it, or press “Send request” again to send them now.';
      this.update();
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
    const isLocked = this.sending !== null;
    const broken = this.broken();
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
          reports={this.checking.reports}
          change={(path, about) => this.about(path, about)}
          isLocked={isLocked}
          remove={path => this.remove(path)}
          strip={path => void this.strip(path)}
          choose={() => this.chooseFiles.emit()}
        />
        <CheckProgress checking={this.checking} />
        <Groups
          groups={this.draft.groups}
          problem={shown.groups}
          isLocked={isLocked}
          change={groups => this.group(groups)}
        />
        {questions.map(question => (
          <Question
            key={question.field}
            question={question}
            text={this.draft.texts[question.field]}
            most={this.policy.max_text}
            problem={shown.texts[question.field] ?? ''}
            isLocked={isLocked}
            write={text => this.write(question.field, text)}
          />
        ))}
        {!!broken && (
          <Tick
            isTicked={this.hasRead === broken}
            isLocked={isLocked}
            problem={shown.findings}
            change={is => this.read(is ? broken : 0)}
          >
            I have read {broken === 1 ? 'the finding that breaks a rule' : `the ${broken} findings that break a rule`}, and
            say above why it is safe all the same.
          </Tick>
        )}
        {(this.policy.statements ?? []).map(statement => (
          <Tick
            key={statement}
            isTicked={this.made.has(statement)}
            isLocked={isLocked}
            change={is => this.confirm(statement, is)}
          >
            {statement}
          </Tick>
        ))}
        <div className="enclave-Form-outcome" role="status" aria-live="polite">
          {this.sending && this.progressBar(this.sending)}
          {this.refusal && <p className="enclave-Error">{this.refusal}</p>}
        </div>
      </>
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
    const found = problems(this.draft, this.files, this.policy, isComplete);
    if (isComplete && this.hasRead !== this.broken()) {
      found.findings = 'Change the files, or tick this.';
    }
    return found;
  }

  /** Findings of broken rules in what is to be released. */
  private broken(): number {
    return this.files
      .filter(file => file.role !== 'supporting')
      .flatMap(file => this.checking.reports.get(file.path)?.findings ?? [])
      .filter(finding => finding.severity === 'block').length;
  }

  /** Put a copy without outputs in the place of a notebook, and check it. */
  private async strip(path: string): Promise<void> {
    try {
      const [copy] = await this.chooser.at([await this.desk.strippedCopy(path)]);
      this.files = this.files.map(file => (file.path === path ? { ...file, ...copy } : file));
      void this.checking.check([copy.path]);
    } catch (reason) {
      this.refusal = (reason as Error).message;
    }
    this.update();
  }

  private read(broken: number): void {
    this.hasRead = broken;
    this.update();
  }

  private confirm(statement: string, is: boolean): void {
    this.made[is ? 'add' : 'delete'](statement);
    this.update();
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
    const selector = first ? `#enclave-${first.field}` : this.found().findings ? '.enclave-Tick input' : '.enclave-Files';
    const node = this.node.querySelector<HTMLElement>(selector);
    node?.focus();
    node?.scrollIntoView({ block: 'nearest' });
  }
}
