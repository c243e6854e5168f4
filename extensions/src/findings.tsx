/** What the checks found in one file: what is wrong, where, what to do about it; and what they could not look at. */
import * as React from 'react';

import { IFinding, IReport } from './checks';
import { IPlace } from './desk';
import { count, where } from './words';

/** So many are shown at once; the others on demand. */
const FEW = 3;

interface IFindingsProps {
  report: IReport;
  /** Show the place in the file, where the page can. */
  open?: (place: IPlace) => void;
}

export function Findings({ report, open }: IFindingsProps): JSX.Element {
  const first = report.findings.slice(0, FEW);
  const others = report.findings.slice(FEW);
  return (
    <div className="enclave-Findings">
      <p className={`enclave-Verdict enclave-mod-${report.verdict}`}>{verdict(report)}</p>
      <List findings={first} open={open} />
      {!!others.length && (
        <details>
          <summary>{count(others.length + report.more_findings, 'more finding')}</summary>
          <List findings={others} open={open} />
          {!!report.more_findings && <p>{report.more_findings} of them are not listed here.</p>}
        </details>
      )}
      {!!report.not_checked.length && (
        <details>
          <summary>Not checked ({report.not_checked.length + report.more_not_checked})</summary>
          <ul>
            {report.not_checked.map(({ check, why }, at) => (
              <li key={at}>
                {words(check)}: {why}
              </li>
            ))}
          </ul>
        </details>
      )}
    </div>
  );
}

function List({ findings, open }: { findings: IFinding[]; open?: (place: IPlace) => void }): JSX.Element {
  return (
    <ul>
      {findings.map((finding, at) => (
        <li key={at} className={`enclave-Finding enclave-mod-${finding.severity}`}>
          <p title={`${finding.formula} (${finding.source})`}>
            <strong>{words(finding.rule)}</strong>
            <Where place={finding.place} open={open} /> {finding.message}
            {finding.threshold && ` Threshold: ${finding.threshold}.`}
          </p>
          <p className="enclave-Finding-advice">{finding.advice}</p>
        </li>
      ))}
    </ul>
  );
}

function Where({ place, open }: { place: IPlace; open?: (place: IPlace) => void }): JSX.Element {
  const text = where(place);
  if (!text) {
    return <>:</>;
  }
  return (
    <>
      {', '}
      {open ? (
        <button type="button" className="enclave-Link" onClick={() => open(place)}>
          {text}
        </button>
      ) : (
        text
      )}
      :
    </>
  );
}

function verdict({ verdict, findings, more_findings, not_checked, kind }: IReport): string {
  const found = count(findings.length + more_findings, 'finding');
  const broken = findings.filter(finding => finding.severity === 'block').length;
  if (verdict === 'block') {
    const which = broken === 1 ? (found === '1 finding' ? 'and it' : 'one of them') : `${broken} of them`;
    return `${found}, ${which} ${broken === 1 ? 'breaks' : 'break'} a rule. As it is, it will hardly be released.`;
  }
  if (kind === 'unknown') {
    return 'Nobody can look into a file of this kind: choose a table, a picture, a PDF or a text.';
  }
  if (findings.length) {
    return `${found}: may be harmless, a checker will ask. Say why in the request.`;
  }
  return not_checked.length ? 'Nothing found in what could be checked.' : 'Nothing found.';
}

/** The name of a check or rule as words: "minimum-count" -> "Minimum count". */
function words(name: string): string {
  const plain = name.replace(/-/g, ' ');
  return plain.charAt(0).toUpperCase() + plain.slice(1);
}
