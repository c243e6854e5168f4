"""What checkers change: claims, votes, returns. Each is one step with its audit event, in the caller's transaction.

A vote is recorded, and in the same transaction the desk counts: an approval is the desk's step after the last vote
that was needed, under the policy of the round. While a round is blind the audit log says that somebody voted; what
they said is in the event that ends the blind phase.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import delete, func, insert, select, update
from sqlalchemy.engine import Connection

from enclave.errors import BadInput, Broken
from output_review.behalf import signature
from output_review.causes import Cause
from output_review.checked import checks_of, examine_again
from output_review.completeness import flaw
from output_review.lifecycle import TABLE
from output_review.places import Place
from output_review.policies import in_force
from output_review.sight import blind
from output_review.steps import allowed, begin_round, step
from output_review.tables import claims, comments, reviews, votes
from output_review.tally import counting, settled
from output_review.vocabulary import (
    SYSTEM,
    Action,
    Actor,
    Arrived,
    Audience,
    FileDecision,
    FileVerdict,
    Request,
    Submission,
    Vote,
)


def claim(connection: Connection, actor: Actor, number: int, now: datetime) -> Request:
    """A checker handles the request until they vote, give it back, or the claim lapses."""
    request = allowed(connection, actor, Action.CLAIM, number, now)
    until = now + timedelta(hours=request.policy.claim_hours)
    _drop_claim(connection, actor, number)  # one that has lapsed
    connection.execute(insert(claims).values(request_id=number, person=actor.name, since=now, until=until))
    return step(connection, actor, Action.CLAIM, request, now, {"round": request.round, "until": until.isoformat()})


def unclaim(connection: Connection, actor: Actor, number: int, now: datetime) -> Request:
    """A checker gives the request back to the queue."""
    request = allowed(connection, actor, Action.UNCLAIM, number, now)
    _drop_claim(connection, actor, number)
    return step(connection, actor, Action.UNCLAIM, request, now, {"round": request.round})


def _drop_claim(connection: Connection, actor: Actor, number: int) -> None:
    connection.execute(delete(claims).where(claims.c.request_id == number, claims.c.person == actor.name))


def vote(
    connection: Connection,
    actor: Actor,
    number: int,
    round_: int,
    comment: str,
    judged: Sequence[FileDecision],
    grace: timedelta,
    now: datetime,
) -> Request:
    """A checker's word on every file of the round; the desk counts at once.

    Raise `Refused` by the lifecycle, `Stale` if the round is over, `BadInput` for what is missing.
    """
    request = allowed(connection, actor, Action.VOTE, number, now, round_=round_)
    _complete(connection, Action.VOTE, comment, judged, request)
    recorded = _record(connection, actor, request, comment, judged, now)
    _drop_claim(connection, actor, number)
    details: dict[str, Any] = {"round": round_, "policy_version": request.policy_version, "number": recorded}
    if not blind(request):
        details |= {"comment": comment, "files": _judged(request, judged)}
    voted = step(connection, actor, Action.VOTE, request, now, details)
    return count(connection, actor, voted, grace, now)


def count(connection: Connection, actor: Actor, request: Request, grace: timedelta, now: datetime) -> Request:
    """What the votes have come to, after something changed about them: the desk's own step, or none yet."""
    action = settled(request)
    if action is None or (request.status, action) not in TABLE:
        return request
    details = {"round": request.round, "policy_version": request.policy_version, "votes": _told(request)}
    values: dict[str, Any] = {"reviewer": actor.name}
    if action is Action.APPROVE:
        _mark_counted(connection, request)
        values["release_at"] = now + grace
    after = step(connection, SYSTEM, action, request, now, details, **values)
    if action is Action.APPROVE:
        examine_again(connection, after)
    return after


def _mark_counted(connection: Connection, request: Request) -> None:
    for reviewer in counting(request):
        own = (reviews.c.request_id == request.id, reviews.c.round == request.round, reviews.c.reviewer == reviewer)
        newest = select(func.max(reviews.c.number)).where(*own).scalar_subquery()
        connection.execute(update(reviews).where(*own, reviews.c.number == newest).values(counted=True))


def send_back(
    connection: Connection,
    actor: Actor,
    number: int,
    version: int,
    comment: str,
    judged: Sequence[FileDecision],
    now: datetime,
    cause: Cause = Cause.UNSAID,
) -> Request:
    """A checker returns the request to its author with a comment and perhaps a word on single files."""
    request = allowed(connection, actor, Action.RETURN, number, now, version)
    _complete(connection, Action.RETURN, comment, judged, request)
    words = _with_earlier(actor, request, judged)
    return _end(connection, actor, Action.RETURN, request, comment, words, now, cause)


def _with_earlier(actor: Actor, request: Request, judged: Sequence[FileDecision]) -> list[FileDecision]:
    """What this checker said of the round's files, now or, where nothing is said now, in their vote."""
    earlier = next((vote.words for vote in request.votes if vote.reviewer == actor.name), {})
    said = {decision.number: decision for decision in judged}
    for file in request.files:
        if file.sha256 in earlier:
            word = earlier[file.sha256]
            said.setdefault(file.number, FileDecision(file.number, word.verdict, word.reason))
    return [said[number] for number in sorted(said)]


def reject(
    connection: Connection,
    actor: Actor,
    number: int,
    version: int,
    comment: str,
    judged: Sequence[FileDecision],
    now: datetime,
    cause: Cause = Cause.UNSAID,
) -> Request:
    """A checker closes the request for good. Nothing of it is approved, whatever was ticked before."""
    request = allowed(connection, actor, Action.REJECT, number, now, version)
    _complete(connection, Action.REJECT, comment, judged, request)
    reasons = {decision.number: decision.reason for decision in judged}
    against = [FileDecision(f.number, FileVerdict.REJECTED, reasons.get(f.number, "")) for f in request.files]
    return _end(connection, actor, Action.REJECT, request, comment, against, now, cause)


def _end(
    connection: Connection,
    actor: Actor,
    action: Action,
    request: Request,
    comment: str,
    judged: Sequence[FileDecision],
    now: datetime,
    cause: Cause,
) -> Request:
    told = _told(request)
    if judged:
        _record(connection, actor, request, comment, judged, now)
    details = {
        "comment": comment,
        "cause": cause,
        "round": request.round,
        "policy_version": request.policy_version,
        "votes": told,
        "files": _judged(request, judged),
    }
    return step(connection, actor, action, request, now, details, comment=comment, reviewer=signature(actor))


def take_back(connection: Connection, actor: Actor, number: int, version: int, now: datetime) -> Request:
    """A checker takes the approval back: the same files wait again, in a new round without any vote."""
    request = allowed(connection, actor, Action.TAKE_BACK, number, now, version)
    policy, round_ = in_force(connection, request.project), request.round + 1
    begin_round(connection, number, round_, policy.version, _as_asked(request), request.origin, now)
    details = {"round": round_, "policy_version": policy.version}
    waiting = {"waiting_since": now, "due": policy.policy.due(now)}
    values = {"release_at": None, "comment": "", "reviewer": ""} | waiting | details
    return step(connection, actor, Action.TAKE_BACK, request, now, details, **values)


def _as_asked(request: Request) -> Submission:
    files = tuple(
        Arrived(one.name, one.size, one.sha256, one.role, one.group, one.path, one.code) for one in request.files
    )
    return Submission(
        request.project,
        request.author,
        request.what,
        request.how,
        request.controls,
        files,
        request.policy.statements,
        request.groups,
    )


def comment_on(
    connection: Connection,
    actor: Actor,
    number: int,
    round_: int,
    file: int | None,
    audience: Audience,
    text: str,
    now: datetime,
    place: Place | None = None,
) -> Request:
    """Say something about one file, perhaps a place in it, or without a file's number about the request. An author
    speaks to everybody."""
    request = allowed(connection, actor, Action.COMMENT, number, now, round_=round_)
    about = next((one for one in request.files if one.number == file), None)
    if file is not None and about is None:
        raise BadInput("The comment names a file that is not in this request.")
    if place and about is None:
        raise BadInput("The comment names a place, but no file that it is in: choose one.")
    heard = Audience.EVERYBODY if actor.name == request.author else audience
    connection.execute(
        insert(comments).values(
            request_id=number,
            round=round_,
            author=actor.name,
            sha256=about.sha256 if about else "",
            audience=heard,
            place=dict(place) if place else None,
            text=text,
            time=now,
        )
    )
    details = {"round": round_, "audience": heard, "file": about.name if about else ""}
    return step(connection, actor, Action.COMMENT, request, now, details)


def _complete(
    connection: Connection, action: Action, comment: str, judged: Sequence[FileDecision], request: Request
) -> None:
    blocking = {number: found.blocking for number, found in checks_of(connection, request.id).items()}
    missing = flaw(action, comment, judged, request.files, blocking)
    if missing:
        raise BadInput(missing.text)
    if len({decision.number for decision in judged}) != len(judged):
        raise BadInput("A file is decided about twice: say one word on each.")


def _record(
    connection: Connection,
    actor: Actor,
    request: Request,
    comment: str,
    judged: Sequence[FileDecision],
    now: datetime,
) -> int:
    """Write a checker's word down; the number of times that they have voted in this round."""
    if actor.system:
        raise Broken("an automatic check does not vote")
    key: dict[str, Any] = {"request_id": request.id, "round": request.round, "reviewer": actor.name}
    where = [reviews.c[name] == value for name, value in key.items()]
    last = connection.execute(select(func.max(reviews.c.number)).where(*where)).scalar_one()
    number = int(last or 0) + 1
    key["number"] = number
    files = {file.number: file.sha256 for file in request.files}
    row = key | {"policy_version": request.policy_version, "comment": comment, "counted": False, "time": now}
    connection.execute(insert(reviews).values(**row))
    words = [key | {"sha256": files[d.number], "verdict": d.verdict, "reason": d.reason} for d in judged]
    if words:
        connection.execute(insert(votes), words)
    return number


def _judged(request: Request, judged: Sequence[FileDecision]) -> list[dict[str, Any]]:
    files = {file.number: file for file in request.files}
    return [
        {"name": files[d.number].name, "sha256": files[d.number].sha256, "decision": d.verdict, "reason": d.reason}
        for d in judged
    ]


def _told(request: Request) -> list[dict[str, Any]]:
    """The votes of the round as the audit log keeps them once they are open."""
    return [_vote(vote) for vote in request.votes]


def _vote(vote: Vote) -> dict[str, Any]:
    words = {digest: {"verdict": word.verdict, "reason": word.reason} for digest, word in vote.words.items()}
    return {"reviewer": vote.reviewer, "comment": vote.comment, "files": words, "counts": vote.counts}
