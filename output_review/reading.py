"""Requests from their rows: files, votes and claims of the present round, under the policy that the round names."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select
from sqlalchemy.engine import Connection

from data_mounts.answers import members_of
from data_mounts.members import MemberRole, members
from enclave.errors import NotFound
from enclave.names import Digest, PersonName, ProjectSlug
from enclave.people import Person, Role, everybody, people, person_named
from output_review.origin import from_json
from output_review.policies import of_rounds
from output_review.provenance import Before, Code, FileRole, Group, Origin
from output_review.tables import (
    claims,
    comments,
    file_groups,
    released_files,
    request_files,
    requests,
    reviews,
    rounds,
    votes,
)
from output_review.tally import COUNTED
from output_review.vocabulary import (
    Actor,
    Audience,
    Claim,
    Comment,
    File,
    FileVerdict,
    Request,
    Status,
    Vote,
    Word,
)


def actor_for(connection: Connection, person: Person, project: str) -> Actor:
    """What the rules need to know of a person beside one project's request."""
    belongs = [one for one in members(connection, project) if one.name == person.name]
    return Actor(
        name=person.name,
        checker=person.has(Role.OUTPUT_CHECKER),
        auditor=person.has(Role.AUDITOR),
        admin=person.has(Role.ADMIN),
        member=bool(belongs),
        lead=any(one.role is MemberRole.LEAD for one in belongs),
    )


def present_actor(connection: Connection, name: str, number: int) -> Actor:
    """Who this person is beside this request in this very transaction; raise `NotFound`."""
    row = connection.execute(select(requests.c.project).where(requests.c.id == number)).one_or_none()
    if row is None:
        raise no_such_request(number)
    return actor_for(connection, person_named(connection, name), row.project)


def find_request(connection: Connection, number: int, lock: bool = False) -> Request | None:
    """One request with its present round. With `lock` nobody else changes it before this transaction ends."""
    query = select(requests).where(requests.c.id == number)
    row = connection.execute(query.with_for_update() if lock else query).one_or_none()
    return None if row is None else filled(connection, [row])[0]


def get_request(connection: Connection, number: int, lock: bool = False) -> Request:
    """One request; raise `NotFound`."""
    found = find_request(connection, number, lock)
    if found is None:
        raise no_such_request(number)
    return found


def get_requests(connection: Connection, numbers: Collection[int]) -> list[Request]:
    """Those of these requests that are there, in no order."""
    return filled(connection, connection.execute(select(requests).where(requests.c.id.in_(numbers))).all())


def no_such_request(number: int) -> NotFound:
    """The one answer for a request that is not there and for one that this person may not know of."""
    return NotFound(f"There is no request {number}, or it is not yours to see.")


def able_checkers(connection: Connection, request: Request) -> list[PersonName]:
    """Everybody who may judge this request now, by name."""
    return sorted(_judges(connection, everybody(connection), request.project) - {request.author})


def all_votes(connection: Connection, request: Request) -> list[Vote]:
    """The votes of all rounds, oldest round first; those of earlier rounds count for nothing."""
    found = _votes(connection, [request.id])
    return [_vote(row, words, counts=False) for row, words in found if row.round < request.round] + list(
        request.votes
    )


def comments_of(connection: Connection, numbers: Collection[int]) -> dict[int, list[Comment]]:
    """What was said about these requests, oldest first, by the request's number."""
    query = select(comments).where(comments.c.request_id.in_(numbers)).order_by(comments.c.id)
    found: dict[int, list[Comment]] = {number: [] for number in numbers}
    for row in connection.execute(query):
        about = Digest(row.sha256) if row.sha256 else None
        audience = Audience(row.audience)
        found[row.request_id].append(
            Comment(PersonName(row.author), row.round, about, audience, row.text, row.time, row.place or {})
        )
    return found


def filled(connection: Connection, rows: Sequence[Any]) -> list[Request]:
    """Requests from their rows, a fixed number of queries for all of them together."""
    ids = [row.id for row in rows]
    given, held = _votes(connection, ids), _claims(connection, ids)
    around = _Around(
        files=_files(connection, rows),
        groups=_groups(connection, rows),
        origins=_origins(connection, rows),
        votes=given,
        claims=held,
        judges=_who_may_judge(connection, rows, given, held),
        policies=of_rounds(connection, ((row.project, row.policy_version) for row in rows)),
    )
    return [_request(row, around) for row in rows]


@dataclass(frozen=True)
class _Around:
    files: Mapping[int, tuple[File, ...]]
    groups: Mapping[tuple[int, int], tuple[Group, ...]]
    origins: Mapping[tuple[int, int], Origin | None]
    votes: Sequence[tuple[Any, dict[Digest, Word]]]
    claims: Sequence[Any]
    judges: Mapping[str, Collection[str]]
    policies: Mapping[tuple[str, int], Any]


def _who_may_judge(
    connection: Connection, rows: Sequence[Any], given: Iterable[tuple[Any, object]], held: Iterable[Any]
) -> dict[str, set[PersonName]]:
    """Of those who voted or claimed: who may judge a project's outputs now, by project."""
    names = {row.reviewer for row, _ in given} | {row.person for row in held}
    if not names:
        return {}
    found = connection.execute(select(people).where(people.c.name.in_(names))).all()
    known = [
        Person(r.id, PersonName(r.name), r.display_name, r.email, frozenset(map(Role, r.roles)), r.blocked)
        for r in found
    ]
    return {project: _judges(connection, known, project) for project in {row.project for row in rows}}


def checkers(candidates: Iterable[Person]) -> set[PersonName]:
    """Those who judge outputs at all, of projects that they are no member of."""
    return {one.name for one in candidates if one.has(Role.OUTPUT_CHECKER) and not one.has(Role.ADMIN)}


def _judges(connection: Connection, candidates: Iterable[Person], project: str) -> set[PersonName]:
    able = checkers(candidates)
    return able - set(members_of(connection, project)) if able else able


def _votes(connection: Connection, ids: Collection[int]) -> list[tuple[Any, dict[Digest, Word]]]:
    """Each checker's newest vote in each round, with its words."""
    words: dict[tuple[int, int, str, int], dict[Digest, Word]] = {}
    for row in connection.execute(select(votes).where(votes.c.request_id.in_(ids))):
        key = (row.request_id, row.round, row.reviewer, row.number)
        words.setdefault(key, {})[Digest(row.sha256)] = Word(FileVerdict(row.verdict), row.reason)
    query = select(reviews).where(reviews.c.request_id.in_(ids))
    order = (reviews.c.request_id, reviews.c.round, reviews.c.number, reviews.c.time)
    newest = {(row.request_id, row.round, row.reviewer): row for row in connection.execute(query.order_by(*order))}
    in_order = sorted(newest.items(), key=lambda item: (item[0][:2], item[1].time))
    return [(row, words.get((*key, row.number), {})) for key, row in in_order]


def _claims(connection: Connection, ids: Collection[int]) -> list[Any]:
    return list(connection.execute(select(claims).where(claims.c.request_id.in_(ids)).order_by(claims.c.since)))


def _files(connection: Connection, rows: Sequence[Any]) -> dict[int, tuple[File, ...]]:
    rounds = {row.id: row.round for row in rows}
    left = {
        (row.request_id, row.number): row
        for row in connection.execute(select(released_files).where(released_files.c.request_id.in_(rounds)))
    }
    query = select(request_files).where(request_files.c.request_id.in_(rounds))
    found = connection.execute(query.order_by(request_files.c.round, request_files.c.number)).all()
    seen: dict[tuple[int, str], list[int]] = {}
    for row in found:
        seen.setdefault((row.request_id, row.sha256), []).append(row.round)
    files: dict[int, list[File]] = {}
    before: dict[tuple[int, str], Before] = {}
    for row in found:
        if row.round != rounds[row.request_id]:
            before[row.request_id, row.name] = Before(row.round, row.size, Digest(row.sha256))
            continue
        out = left.get((row.request_id, row.number))
        file = File(
            number=row.number,
            name=row.name,
            size=row.size,
            sha256=Digest(row.sha256),
            released=out is not None,
            downloads=out.downloads if out else 0,
            allowed=out.allowed if out else 0,
            until=out.until if out else None,
            seen_in=tuple(earlier for earlier in seen[row.request_id, row.sha256] if earlier < row.round),
            role=FileRole(row.role),
            group=row.group_number,
            path=row.path or "",
            before=None if len(seen[row.request_id, row.sha256]) > 1 else before.get((row.request_id, row.name)),
            code=Code(row.code_name, row.code_size, Digest(row.code_sha256)) if row.code_sha256 else None,
        )
        files.setdefault(row.request_id, []).append(file)
    return {number: tuple(own) for number, own in files.items()}


def _groups(connection: Connection, rows: Sequence[Any]) -> dict[tuple[int, int], tuple[Group, ...]]:
    """Of every round of these requests, by (request, round)."""
    query = select(file_groups).where(file_groups.c.request_id.in_([row.id for row in rows]))
    found: dict[tuple[int, int], tuple[Group, ...]] = {}
    for row in connection.execute(query.order_by(file_groups.c.number)):
        key = (row.request_id, row.round)
        found[key] = (*found.get(key, ()), Group(row.number, row.title, row.context, row.controls))
    return found


def _origins(connection: Connection, rows: Sequence[Any]) -> dict[tuple[int, int], Origin | None]:
    columns = (rounds.c.request_id, rounds.c.round, rounds.c.origin)
    query = select(*columns).where(rounds.c.request_id.in_([row.id for row in rows]))
    return {(row.request_id, row.round): from_json(row.origin) for row in connection.execute(query)}


def _vote(row: Any, words: Mapping[Digest, Word], counts: bool) -> Vote:
    return Vote(PersonName(row.reviewer), row.round, row.policy_version, row.comment, row.time, words, counts)


def _request(row: Any, around: _Around) -> Request:
    status = Status(row.status)
    judges = set(around.judges.get(row.project, ())) - {row.author}
    return Request(
        id=row.id,
        project=ProjectSlug(row.project),
        author=PersonName(row.author),
        status=status,
        round=row.round,
        version=row.version,
        what=row.what,
        how=row.how,
        controls=row.controls,
        comment=row.comment,
        reviewer=row.reviewer,
        created=row.created,
        updated=row.updated,
        waiting_since=row.waiting_since or row.created,
        release_at=row.release_at,
        files=around.files.get(row.id, ()),
        votes=tuple(
            _vote(vote, words, vote.counted if status in COUNTED else vote.reviewer in judges)
            for vote, words in around.votes
            if vote.request_id == row.id and vote.round == row.round
        ),
        claims=tuple(
            Claim(PersonName(held.person), held.since, held.until)
            for held in around.claims
            if held.request_id == row.id and held.person in judges
        ),
        policy=around.policies[row.project, row.policy_version],
        policy_version=row.policy_version,
        groups=around.groups.get((row.id, row.round), ()),
        origin=around.origins.get((row.id, row.round)),
    )
