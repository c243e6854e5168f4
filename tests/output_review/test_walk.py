"""The whole product on real rows: status × action × who × own request × claim × round × time, on both databases.

A request is brought into each status by the steps themselves, in a first and in a second round; then everybody
tries everything, each attempt to a savepoint that is rolled back. What is allowed, and what it leads to, is told
again in `retold`.
"""

import itertools
from datetime import timedelta

import pytest
from sqlalchemy import delete, insert, select

from enclave import audit
from enclave.clock import now
from enclave.errors import Refused
from output_review import records, steps, store, voting, withdrawing
from output_review.tables import claims, requests
from output_review.vocabulary import OPEN, SYSTEM, Action, Audience, Status, Submission
from tests.output_review.kit import (
    NOTES,
    ROLES,
    TABLE,
    acting,
    approved,
    judged_all,
    rejected,
    resubmitted,
    returned,
    stored,
    submitted,
    voted,
)  # fmt: skip
from tests.output_review.retold import BECOMES, Case, may

HOUR = timedelta(hours=1)
LATER = timedelta(days=100)
JUDGES = {"carol", "chen", "cleo"}
TWO = {"table.csv": TABLE, "notes.txt": NOTES}
VOTED = {Status.IN_REVIEW: {"chen"}, Status.REVIEWED: {"chen", "carol"}}
CLAIMS = ("nobody's", "mine", "others'")


def released(desk, request):
    agreed = approved(desk, request)
    with desk.database.write() as connection:
        return records.release(connection, SYSTEM, agreed.id, agreed.version, now())


def done(desk, request, name, step, *given):
    with desk.database.write() as connection:
        actor = SYSTEM if name == "desk" else acting(connection, name, request.project)
        return step(connection, actor, request.id, *given)


def judges_of(author):
    return sorted(JUDGES - {author}, reverse=True)  # cleo and chen first


# From a round that has just begun into each status.
INTO = {
    Status.SUBMITTED: lambda desk, r: r,
    Status.RESUBMITTED: lambda desk, r: r,
    Status.IN_REVIEW: lambda desk, r: voted(desk, r, "chen"),
    Status.REVIEWED: lambda desk, r: voted(desk, voted(desk, r, "chen"), "carol", rejected=(1,)),
    Status.RETURNED: lambda desk, r: returned(desk, r, by="chen"),
    Status.APPROVED: lambda desk, r: approved(desk, r, grace=HOUR, by=("chen", "cleo")),
    Status.RELEASED: lambda desk, r: released(desk, r),
    Status.REJECTED: lambda desk, r: rejected(desk, r),
    Status.WITHDRAWN: lambda desk, r: done(desk, r, r.author, store.withdraw, None, now()),
    Status.RECALLED: lambda desk, r: recalled(desk, released(desk, r)),
    Status.EXPIRED: lambda desk, r: expired(desk, returned(desk, r, by="chen")),
}


def recalled(desk, request):
    return done(desk, request, "chen", records.recall, request.version, "why", now())


def expired(desk, request):
    with desk.database.write() as connection:
        return records.expire(connection, request.id, now() + LATER)


def brought_to(desk, status, round_):
    """A request of alice's in this status, in its first or second round; None where that cannot be."""
    first = submitted(desk, TWO)
    if round_ == 1:
        return None if status is Status.RESUBMITTED else INTO[status](desk, first)
    if status is Status.SUBMITTED:  # a second round that nobody resubmitted: an approval was taken back
        agreed = approved(desk, first, grace=HOUR)
        return done(desk, agreed, "chen", voting.take_back, agreed.version, now())
    return INTO[status](desk, resubmitted(desk, returned(desk, first, by="chen"), {"table.csv": b"x", **TWO}))


# Each action by the very function that pages and desk use. What only the desk does goes through the step of all.
DOING = {
    Action.CLAIM: lambda c, actor, r, files, at: voting.claim(c, actor, r.id, at),
    Action.UNCLAIM: lambda c, actor, r, files, at: voting.unclaim(c, actor, r.id, at),
    Action.VOTE: lambda c, actor, r, files, at: voting.vote(
        c, actor, r.id, r.round, "fine", judged_all(r), HOUR, at
    ),
    Action.COMMENT: lambda c, actor, r, files, at: voting.comment_on(
        c, actor, r.id, r.round, 1, Audience.CHECKERS, "hm", at
    ),
    Action.RETURN: lambda c, actor, r, files, at: voting.send_back(c, actor, r.id, r.version, "change it", [], at),
    Action.REJECT: lambda c, actor, r, files, at: voting.reject(c, actor, r.id, r.version, "no", [], at),
    Action.RESUBMIT: lambda c, actor, r, files, at: store.resubmit(
        c, actor, r.id, r.version, Submission(r.project, r.author, "a", "b", "c", files), at
    ),
    Action.WITHDRAW: lambda c, actor, r, files, at: store.withdraw(c, actor, r.id, r.version, at),
    Action.WITHDRAW_FILE: lambda c, actor, r, files, at: withdrawing.withdraw_file(
        c, actor, r.id, r.version, 2, HOUR, at
    ),
    Action.TAKE_BACK: lambda c, actor, r, files, at: voting.take_back(c, actor, r.id, r.version, at),
    Action.RELEASE: lambda c, actor, r, files, at: records.release(c, actor, r.id, r.version, at),
    Action.RECALL: lambda c, actor, r, files, at: records.recall(c, actor, r.id, r.version, "why", at),
}


def attempt(connection, actor, action, request, files, moment):
    """Do it, or raise the refusal."""
    if action in DOING:
        return DOING[action](connection, actor, request, files, moment)
    found = steps.allowed(connection, actor, action, request.id, moment, request.version)
    return steps.step(connection, actor, action, found, moment, {})


def hold_claims(connection, request, name, claim, moment):
    """Nobody's, the actor's own, or enough of others' to fill every place; who claims."""
    connection.execute(delete(claims).where(claims.c.request_id == request.id))
    wanted = {"nobody's": set(), "mine": {name}, "others'": JUDGES - {name}}[claim]
    for person in sorted(wanted):
        row = {"request_id": request.id, "person": person, "since": moment, "until": moment + HOUR}
        connection.execute(insert(claims).values(**row))
    return wanted & (JUDGES - {request.author})


def led_to(status, action, name):
    """Where an allowed action leads; a vote approves all, and chen's vote before it did so too."""
    if action is Action.VOTE:
        agrees = name != "chen" if status is Status.IN_REVIEW else name == "carol"
        waits = Status.REVIEWED if status is Status.REVIEWED else Status.IN_REVIEW
        return Status.APPROVED if status in VOTED and agrees else waits
    return BECOMES.get(action, status)


def try_it(connection, request, actor, action, claim, files, later):
    """One attempt, taken back; whether it was allowed, as the rules told again say it must be."""
    moment = now() + (LATER if later else timedelta(0))
    attempted = connection.begin_nested()
    claimed = hold_claims(connection, request, actor.name, claim, moment) if request.open else set()
    case = Case(
        status=request.status, system=actor.system, author=actor.name == "alice",
        member=actor.name in ("alice", "bob", "insider"), judge=actor.name in JUDGES, name=actor.name,
        voted=frozenset(VOTED.get(request.status, ())), claimed=frozenset(claimed), reviewers=2,
        by_checker=False, grace_over=later, expired=later,
        settles=Action.REVEAL if request.status is Status.REVIEWED else None,
    )  # fmt: skip
    try:
        after = attempt(connection, actor, action, request, files, moment)
    except Refused:
        assert not may(action, case), (case, action)
        kept = select(requests.c.version).where(requests.c.id == request.id)
        assert connection.execute(kept).scalar_one() == request.version
        return False
    else:
        assert may(action, case), (case, action)
        assert after.status is led_to(request.status, action, actor.name), (case, action)
        newest = audit.events(connection, f"request:{request.id}", 2)
        assert actor.name in {event.actor for event in newest}
        return True
    finally:
        attempted.rollback()


@pytest.mark.parametrize("round_", [1, 2])
def test_everybody_tries_everything_on_every_request(desks, round_):
    again = tuple(stored(desks.settings.layout, name, content) for name, content in TWO.items())
    found = [brought_to(desks, status, round_) for status in Status]
    found = [request for request in found if request is not None]
    assert {request.round for request in found} == {round_}
    assert {request.status for request in found} == set(Status) - ({Status.RESUBMITTED} if round_ == 1 else set())
    outcomes = []
    for request in found:
        with desks.database.write() as connection:
            people = [SYSTEM, *(acting(connection, name, request.project) for name in ROLES)]
            claiming = CLAIMS if request.open else ("nobody's",)  # a claim ends with its round
            for action, actor, claim, later in itertools.product(Action, people, claiming, (False, True)):
                outcomes.append(try_it(connection, request, actor, action, claim, again, later))
    closed = sum(not request.open for request in found)
    states = len(CLAIMS) * (len(found) - closed) + closed
    assert len(outcomes) == states * len(Action) * (len(ROLES) + 1) * 2
    assert outcomes.count(True) > 200, "the control: much is allowed"


@pytest.mark.parametrize("status", [*OPEN, Status.APPROVED, Status.RELEASED])
def test_a_checkers_own_request_is_not_theirs_to_judge_in_any_status(desk, status):
    request = submitted(desk, TWO, author="cleo")
    if status is Status.RESUBMITTED:
        from tests.data_mounts.builders import add

        with desk.database.write() as connection:
            add(connection, "tumour-ml", "cleo")
        request = resubmitted(desk, returned(desk, request, by="chen"), TWO)
    else:
        both = {Status.APPROVED: lambda: approved(desk, request, grace=HOUR), Status.RELEASED: None}
        request = (both.get(status) or (lambda: INTO[status](desk, request)))()
    assert request.status is status
    for action in (Action.CLAIM, Action.VOTE, Action.RETURN, Action.REJECT, Action.TAKE_BACK, Action.RECALL):
        with desk.database.write() as connection, pytest.raises(Refused, match="your own request"):
            attempt(connection, acting(connection, "cleo", "tumour-ml"), action, request, (), now())
