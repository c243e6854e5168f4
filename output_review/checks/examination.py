"""Every check that reads a part's form, over every part of one file: a stream of events.

An event is one JSON value, written as soon as it is known, so that a run that is ended from outside has still told
what it did: {"kind"}, {"begun": check}, {"finding": {...}}, {"gap": {"check", "why"}}, {"done": check}, and
{"end": true}.
"""

from collections import Counter
from collections.abc import Iterable, Iterator
from typing import Any

from output_review.checks.findings import Finding, NotChecked, Severity
from output_review.checks.parts import Part, Skipped
from output_review.checks.registry import Check, Context, Need, registered
from output_review.checks.unpack import Unpacked, unpack

Event = dict[str, Any]
# A table with a thousand small cells needs to be said once, not a thousand times.
MOST_OF_A_RULE = 25


def examine(name: str, data: bytes, context: Context, checks: Iterable[Check] | None = None) -> Iterator[Event]:
    """The events of one file's examination."""
    unpacked = unpack(name, data)
    yield {"kind": unpacked.parts[0].form.value}
    yield from (_gap(NotChecked("file", why)) for why in unpacked.gaps)
    ran = False
    for check in registered() if checks is None else checks:
        for event in _run(check, unpacked, context):
            ran = ran or "done" in event
            yield event
    if not ran:
        yield _gap(NotChecked("file", "no check reads it"))
    yield {"end": True}


def _run(check: Check, unpacked: Unpacked, context: Context) -> Iterator[Event]:
    """One check over the parts that it reads; nothing at all if there is none."""
    parts = [part for part in unpacked.parts if part.form in check.reads]
    if not parts:
        return
    for need in sorted(check.needs):
        if not context.offers(need):
            # Where nothing was released before there is nothing to differ from; without the data nobody can tell.
            if need is Need.MICRODATA:
                yield _gap(NotChecked(check.name, "it needs the granted data, and none was given"))
            return
    yield {"begun": check.name}
    yield from _findings(check, parts, context)
    yield {"done": check.name}


def _findings(check: Check, parts: Iterable[Part], context: Context) -> Iterator[Event]:
    told: Counter[tuple[str, str]] = Counter()
    more: dict[tuple[str, str], Finding] = {}
    for part in parts:
        try:
            for finding in check.look(part, context):
                key = (finding.rule.name, finding.severity.value)
                told[key] += 1
                if told[key] <= MOST_OF_A_RULE:
                    yield {"finding": finding.to_json(check.name)}
                else:
                    more[key] = finding
        except Skipped as reason:
            yield _gap(NotChecked(check.name, f"{part.name}: {reason}"))
        except MemoryError:
            yield _gap(NotChecked(check.name, f"{part.name}: it took too much memory"))
        except Exception as error:  # whatever it was, the other checks go on and a person looks
            yield _gap(NotChecked(check.name, f"{part.name}: the check failed ({type(error).__name__})"))
    for (name, severity), last in more.items():
        count = told[(name, severity)] - MOST_OF_A_RULE
        again = last.rule.finding({}, f"The same in {count:,} more places.", count, None, Severity(severity))
        yield {"finding": again.to_json(check.name)}


def _gap(gap: NotChecked) -> Event:
    return {"gap": gap.to_json()}
