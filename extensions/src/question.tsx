/** One of the three things an output checker has to know, in the researcher's words. */
import * as React from 'react';

import { Field } from './draft';
import { length } from './words';

export const questions: { field: Field; label: string; hint: string }[] = [
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

/** Characters in which hardly anything can be said to somebody who does not know the work. */
const TERSE = 25;
const SHORT = 'Short: would somebody who does not know your work understand it?';

interface IQuestionProps {
  question: (typeof questions)[number];
  text: string;
  /** Characters. */
  most: number;
  problem: string;
  isLocked: boolean;
  write: (text: string) => void;
}

export function Question({ question, text, most, problem, isLocked, write }: IQuestionProps): JSX.Element {
  const [isLeft, leave] = React.useState(false);
  const used = length(text);
  const isTerse = isLeft && used > 0 && used < TERSE;
  const id = `enclave-${question.field}`;
  return (
    <div className="enclave-Field">
      <label htmlFor={id}>{question.label}</label>
      <textarea
        id={id}
        rows={3}
        className={problem ? 'jp-mod-styled enclave-mod-wrong' : 'jp-mod-styled'}
        placeholder={question.hint}
        value={text}
        disabled={isLocked}
        aria-invalid={problem !== ''}
        aria-describedby={`${id}-note`}
        onChange={event => write(event.target.value)}
        onBlur={() => leave(true)}
      />
      <div id={`${id}-note`} className="enclave-Field-note">
        <span className={problem ? 'enclave-Error' : 'enclave-Warning'}>{problem || (isTerse && SHORT)}</span>
        <span className={used > most ? 'enclave-Counter enclave-mod-wrong' : 'enclave-Counter'}>
          {used} / {most}
        </span>
      </div>
    </div>
  );
}
