"""What the attacks on the review share: a real desk with people and projects, and its rules taken away.

The control of each is the same deed on the same desk without the rule. Where two stand one behind the other, a test
takes the other away, so that each has to hold alone (as the walls of `tests/attacks/pages.py`).
"""

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from types import ModuleType
from typing import Any
from unittest import mock

import pytest

from enclave.errors import Refused
from enclave.web.rooms import Desk
from output_review import lifecycle, reading, tally, voting
from output_review.vocabulary import FileVerdict, Request, Status
from tests.attacks.claims import Stops
from tests.data_mounts.builders import add
from tests.output_review.kit import a_desk, leave, people_and_projects, reread, submitted, voted


@dataclass(frozen=True)
class Rule:
    """A rule of the desk, and what is asked instead of it where it is away."""

    module: ModuleType
    name: str
    instead: Callable[..., Any]


@contextmanager
def off(*rules: Rule) -> Iterator[None]:
    """The desk without them."""
    with ExitStack() as stack:
        for rule in rules:
            stack.enter_context(mock.patch.object(rule.module, rule.name, rule.instead))
        yield


def _with_all_votes(row: Any, around: Any) -> Request:
    given = [_vote(vote, words, True) for vote, words in around.votes if vote.request_id == row.id]
    return replace(_request(row, around), votes=tuple(given))


def _one_word_is_enough(request: Request, digest: str) -> FileVerdict | None:
    return next((v.words[digest].verdict for v in request.votes if v.counts and digest in v.words), None)


_vote, _request, _allowed, _flaw = reading._vote, reading._request, voting.allowed, voting.flaw
WHO_JUDGES = Rule(lifecycle, "reviewer_objection", lambda *_: None)
WHO_COUNTS = Rule(reading, "_vote", lambda row, words, counts: _vote(row, words, True))
WHICH_ROUND_IS_READ = Rule(reading, "_request", _with_all_votes)
WHICH_ROUND_COUNTS = Rule(tally, "counting", lambda request: {v.reviewer: v for v in request.votes if v.counts})
HOW_MANY_VOTE = Rule(tally, "lacking", lambda request: 0)
HOW_MANY_AGREE = Rule(tally, "agreed", _one_word_is_enough)
FREE_PLACES = Rule(lifecycle, "free_places", lambda *_, **__: 1)
WHAT_WAS_SEEN = Rule(voting, "allowed", lambda *given, **_: _allowed(*given[:5]))
AGAINST_FINDINGS = Rule(voting, "flaw", lambda *given: _flaw(*given[:4], {}))
AGAINST = Stops(
    "output_review/completeness.py",
    "if decision.verdict is FileVerdict.APPROVED and blocking.get(file.number) and not decision.reason.strip():",
    "if False:",
)
BLOCKING = Stops(
    "output_review/voting.py",
    "blocking = {number: found.blocking for number, found in checks_of(connection, request.id).items()}",
    "blocking: dict[int, tuple[str, ...]] = {}",
)
GRACE = Rule(lifecycle, "_grace", lambda *_: None)


def is_approved(review: Desk, request: Request) -> bool:
    return reread(review, request).status is Status.APPROVED


def passes_with(review: Desk, by: str, request: Request | None = None, honest: str = "chen") -> bool:
    """Whether this person's word, with that of one honest checker, makes a request approved."""
    request = request or submitted(review)
    try:
        voted(review, request, by)
        voted(review, request, honest)
    except Refused:
        return False
    return is_approved(review, request)


def own_request(review: Desk, checker: str) -> Request:
    """A request of somebody who was a member of the project, and is a checker now."""
    with review.database.write() as connection:
        add(connection, "tumour-ml", checker)
    request = submitted(review, author=checker)
    leave(review.database, "tumour-ml", checker)
    return request


@pytest.fixture
def review(database: Any, tmp_path: Any) -> Desk:
    """carol, chen and cleo are checkers, `boss` is one and an admin, `insider` is one and a member of tumour-ml."""
    people_and_projects(database)
    return a_desk(database, tmp_path)
