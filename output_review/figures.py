"""How the review goes, from what the audit log says of requests: times, rounds, causes, load. Pure.

Times are in hours. Median and p90 are nearest-rank: the smallest value that at least half, or nine tenths, do not
exceed (inverse of the empirical distribution, Hyndman and Fan's type 1). A round counts in the week it began, and
in no time at all if it began before the period.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta

from enclave import audit
from output_review.causes import Cause
from output_review.vocabulary import RequestEvent

BEGINS = (RequestEvent.SUBMITTED, RequestEvent.RESUBMITTED, RequestEvent.TAKEN_BACK)
JUDGES = (RequestEvent.VOTED, RequestEvent.RETURNED, RequestEvent.REJECTED)
ENDS = (RequestEvent.RETURNED, RequestEvent.REJECTED, RequestEvent.APPROVED)
KINDS = frozenset({*BEGINS, *JUDGES, *ENDS})


@dataclass(frozen=True)
class Spread:
    """How many there are, and what half and nine tenths of them do not exceed, in hours; None of none."""

    count: int
    median: float | None
    p90: float | None


@dataclass(frozen=True)
class Load:
    """What one checker did."""

    votes: int = 0
    returns: int = 0
    rejections: int = 0

    @property
    def all(self) -> int:
        return self.votes + self.returns + self.rejections


@dataclass(frozen=True)
class Figures:
    """`waiting`: from a round's beginning to the first word on it; `answer`: to its end. `weeks` are the answers by
    the Monday of the week in which the round began; `rounds` says how many decided requests took how many."""

    waiting: Spread
    answer: Spread
    weeks: Mapping[date, Spread]
    rounds: Mapping[int, int]
    causes: Mapping[Cause, int]
    load: Mapping[str, Load]


@dataclass
class _Tally:
    waiting: list[float] = field(default_factory=list)
    answer: list[tuple[date, float]] = field(default_factory=list)
    rounds: Counter[int] = field(default_factory=Counter)
    causes: Counter[Cause] = field(default_factory=Counter)
    acts: Counter[tuple[str, str]] = field(default_factory=Counter)


def figures(events: Iterable[audit.Event]) -> Figures:
    """From events of `KINDS`, oldest first."""
    tally, began, waits = _Tally(), dict[str, datetime](), dict[str, datetime]()
    for event in events:
        if event.event in BEGINS:
            began[event.subject] = waits[event.subject] = event.time
        if event.event in JUDGES:
            tally.acts[event.actor, event.event] += 1
            if event.subject in waits:
                tally.waiting.append(_hours(waits.pop(event.subject), event.time))
        if event.event in ENDS:
            _ended(tally, event, began.pop(event.subject, None))
            waits.pop(event.subject, None)
    return _figures(tally)


def _ended(tally: _Tally, event: audit.Event, began: datetime | None) -> None:
    if began is not None:
        tally.answer.append((_monday(began), _hours(began, event.time)))
    if event.event == RequestEvent.RETURNED:
        tally.causes[_cause(event)] += 1
        return
    tally.rounds[int(event.details.get("round", 1))] += 1
    if event.event == RequestEvent.REJECTED:
        tally.causes[_cause(event)] += 1


def _figures(tally: _Tally) -> Figures:
    weeks = sorted({week for week, _ in tally.answer})
    people = sorted({who for who, _ in tally.acts})
    return Figures(
        waiting=spread(tally.waiting),
        answer=spread([hours for _, hours in tally.answer]),
        weeks={week: spread([hours for other, hours in tally.answer if other == week]) for week in weeks},
        rounds=dict(sorted(tally.rounds.items())),
        causes={cause: tally.causes[cause] for cause in Cause if tally.causes[cause]},
        load={who: Load(*(tally.acts[who, event] for event in JUDGES)) for who in people},
    )


def spread(values: Sequence[float]) -> Spread:
    """Median and p90 of these."""
    return Spread(len(values), _rank(values, 50), _rank(values, 90))


def _rank(values: Sequence[float], percent: int) -> float | None:
    return sorted(values)[-(-len(values) * percent // 100) - 1] if values else None


def _hours(start: datetime, end: datetime) -> float:
    return (end - start).total_seconds() / 3600


def _monday(moment: datetime) -> date:
    return moment.date() - timedelta(days=moment.weekday())


def _cause(event: audit.Event) -> Cause:
    value = event.details.get("cause", "")
    return Cause(value) if value in set(Cause) else Cause.UNSAID
