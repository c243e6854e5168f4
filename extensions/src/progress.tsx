/** How far a check of the chosen files is, what it was measured by, and what it cannot know. */
import * as React from 'react';

import { Checking } from './checks';
import { count } from './words';

export function CheckProgress({ checking }: { checking: Checking }): JSX.Element {
  return (
    <div className="enclave-Check" role="status" aria-live="polite">
      <Outcome checking={checking} />
    </div>
  );
}

function Outcome({ checking }: { checking: Checking }): JSX.Element | null {
  const { state, problem } = checking;
  if (problem) {
    return <p className="enclave-Warning">Not checked here: {problem}</p>;
  }
  if (!state) {
    return null;
  }
  if (state.state === 'running') {
    const what = state.done ? `Checking ${state.now}` : `Making the data ready, then checking ${state.now}`;
    return (
      <div className="enclave-Check-line">
        <label className="enclave-Progress">
          {what} ({state.done + 1} of {state.total})…
          <progress max={state.total} value={state.done || undefined} />
        </label>
        <button type="button" className="enclave-Link" onClick={() => void checking.cancel()}>
          Stop
        </button>
      </div>
    );
  }
  if (state.state === 'cancelled') {
    return <p>The check was stopped: {state.done} of {count(state.total, 'file')} checked.</p>;
  }
  const data = state.datasets.length ? `Compared with ${state.datasets.join(', ')}` : 'Compared with no data: none is granted';
  return (
    <p>
      {data}{state.own_numbers ? '' : '; measured by the usual numbers, because the review desk did not name the project’s'}. The
      review desk checks again, also against what was released before, and a person decides.
    </p>
  );
}
