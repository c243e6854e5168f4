"""What must be true of every request whatever happened to it: told from its audit events, rows and stored bytes."""

import json
from hashlib import sha256

from sqlalchemy import select

from enclave import audit
from output_review import objects
from output_review.lifecycle import TABLE
from output_review.reading import all_votes, get_request
from output_review.steps import ASIDE, EVENT
from output_review.tables import release_records, released_files, request_files, requests, reviews, rounds, votes
from output_review.vocabulary import Action, FileVerdict, RequestEvent, Status

ACTION = {event: action for action, event in EVENT.items()}


def check(connection, layout):
    """Every invariant, of every request; the requests."""
    audit.verify(connection)
    numbers = list(connection.execute(select(requests.c.id)).scalars())
    every = audit.events(connection, limit=1_000_000)
    submitted = {event.subject for event in every if event.event == RequestEvent.SUBMITTED}
    assert submitted == {f"request:{number}" for number in numbers}, "a request without its event, or the reverse"
    found = []
    for number in numbers:
        events = [event for event in reversed(every) if event.subject == f"request:{number}"]
        request = get_request(connection, number)
        replayed(events, request)
        each_round_is_whole(connection, request)
        each_vote_has_its_event(connection, events, number)
        what_left_was_approved(connection, request)
        for row in connection.execute(select(request_files).where(request_files.c.request_id == number)):
            assert objects.is_intact(layout, row.sha256, row.size), (number, row.name)
        found.append(request)
    return found


def replayed(events, request):
    """The events one after the other, through the table, lead to where the request stands."""
    assert events[0].event == RequestEvent.SUBMITTED
    status, version, round_ = Status.SUBMITTED, 1, 1
    for event in events[1:]:
        if event.event == RequestEvent.DOWNLOADED:
            assert status is Status.RELEASED
            continue
        action = ACTION[RequestEvent(event.event)]
        assert (status, action) in TABLE, (request.id, status, action)
        status = TABLE[status, action]
        version += action not in ASIDE
        round_ += action in (Action.RESUBMIT, Action.TAKE_BACK)
    assert (status, version, round_) == (request.status, request.version, request.round), request.id


def each_round_is_whole(connection, request):
    """Each round has its row and files, all rounds up to the present one, and nothing of a later one."""
    for table in (rounds, request_files):
        query = select(table.c.round).where(table.c.request_id == request.id).distinct()
        assert set(connection.execute(query).scalars()) == set(range(1, request.round + 1)), (request.id, table)


def each_vote_has_its_event(connection, events, number):
    """As many votes as events say, and each with its words."""
    query = select(reviews).where(reviews.c.request_id == number)
    rows = connection.execute(query).all()
    told = sum(event.event == RequestEvent.VOTED for event in events)
    ended = sum(event.event in (RequestEvent.RETURNED, RequestEvent.REJECTED) for event in events)
    assert told <= len(rows) <= told + ended, (number, told, len(rows))
    said = connection.execute(select(votes).where(votes.c.request_id == number)).all()
    keys = {(row.round, row.reviewer, row.number) for row in said}
    assert keys == {(row.round, row.reviewer, row.number) for row in rows}, number


def each_release_has_its_record(connection, request, left):
    """One record for a release and none without, whose digest the log has, of these very files."""
    events = audit.events(connection, f"request:{request.id}", 1000)
    event = [one for one in events if one.event == RequestEvent.RELEASED]
    query = select(release_records).where(release_records.c.request_id == request.id)
    kept = connection.execute(query).one_or_none()
    assert bool(left) == (kept is not None) == bool(event), request.id
    if kept is not None:
        assert sha256(kept.record.encode()).hexdigest() == kept.sha256 == event[0].details["record"]
        assert {file["sha256"] for file in json.loads(kept.record)["files"]} == {row.sha256 for row in left}
        assert all(row.downloads <= row.allowed for row in left), request.id


def what_left_was_approved(connection, request):
    """Once, by as many distinct people as the round's policy requires, each for these very bytes, none against."""
    left = connection.execute(select(released_files).where(released_files.c.request_id == request.id)).all()
    assert bool(left) == (request.status in (Status.RELEASED, Status.RECALLED)), request.id
    here = {file.sha256 for file in request.outputs}
    given = [vote for vote in all_votes(connection, request) if vote.round == request.round and vote.counts]
    each_release_has_its_record(connection, request, left)
    for row in left:
        assert row.sha256 in here, "bytes of another round left"
        words = {vote.reviewer: vote.words[row.sha256].verdict for vote in given}
        assert set(words.values()) == {FileVerdict.APPROVED}, (request.id, words)
        assert len(words) >= request.policy.reviewers and request.author not in words
