/** A sentence that the researcher confirms. */
import * as React from 'react';

interface ITickProps {
  isTicked: boolean;
  isLocked: boolean;
  problem?: string;
  change: (isTicked: boolean) => void;
  children: React.ReactNode;
}

export function Tick({ isTicked, isLocked, problem, change, children }: ITickProps): JSX.Element {
  return (
    <div className="enclave-Tick">
      <label className="enclave-Statement">
        <input type="checkbox" checked={isTicked} disabled={isLocked} onChange={event => change(event.target.checked)} />
        <span>{children}</span>
      </label>
      {problem && <span className="enclave-Error">{problem}</span>}
    </div>
  );
}
