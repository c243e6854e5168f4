"""What must be true of a request whatever happened to it: its rows against the story that its events tell. Pure.

Each invariant is one function that yields a sentence for each thing that is wrong; a fault that breaks two of them
is told twice.
"""

import json
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence, Set
from dataclasses import dataclass
from enum import StrEnum
from hashlib import sha256
from typing import Any

from output_review.policy import Policy
from output_review.provenance import FileRole
from output_review.tally import COUNTED
from output_review.verification.story import Story
from output_review.vocabulary import FileVerdict, Status

Row = Any  # as the database hands it out


class Invariant(StrEnum):
    """What has to hold."""

    LOG = "log"
    EVENTS = "events"
    LIFECYCLE = "lifecycle"
    ROUNDS = "rounds"
    FILES = "files"
    BYTES = "bytes"
    VOTES = "votes"
    REVIEWERS = "reviewers"
    APPROVAL = "approval"
    RELEASE = "release"
    RECORD = "record"
    CHECKS = "checks"
    DOWNLOADS = "downloads"
    COMMENTS = "comments"
    CLAIMS = "claims"
    POLICIES = "policies"


@dataclass(frozen=True)
class Reported:
    """What the log tells of reports of checks: the `newest` of this request (the event's number, digest) by (round,
    file); the `digests` of all requests."""

    newest: Mapping[tuple[int, int], tuple[int, str]]
    digests: Set[str]


@dataclass(frozen=True)
class Account:
    """All rows that are kept of one request, by table; `policies` are its project's, by version."""

    request: Row
    policies: Mapping[int, Policy]
    rounds: Sequence[Row]
    files: Sequence[Row]
    reviews: Sequence[Row]
    votes: Sequence[Row]
    comments: Sequence[Row]
    claims: Sequence[Row]
    released: Sequence[Row]
    records: Sequence[Row]
    checks: Sequence[Row]
    reported: Reported

    @property
    def newest(self) -> dict[tuple[int, str], Row]:
        """The word that holds of each checker, by (round, name): the one with the highest number."""
        return {(row.round, row.reviewer): row for row in sorted(self.reviews, key=lambda row: row.number)}

    def words(self, review: Row) -> dict[str, str]:
        """What one word says: a verdict for each digest."""
        return {row.sha256: row.verdict for row in self.said(review)}

    def said(self, review: Row) -> list[Row]:
        """The rows of one word, one for each digest."""
        key = (review.round, review.reviewer, review.number)
        return [row for row in self.votes if (row.round, row.reviewer, row.number) == key]


Wrong = Iterator[str]


def lifecycle(account: Account, story: Story) -> Wrong:
    """The events, one after the other through the table, lead to where the request stands and to whose it is."""
    row = account.request
    if story.flaw:
        yield story.flaw
        return
    for name in ("status", "version", "round", "author", "project"):
        kept, said = getattr(row, name), getattr(story, name)
        if kept != said:
            yield f"its {name} is {kept}, its events lead to {said}"


def rounds(account: Account, story: Story) -> Wrong:
    """Each round up to the present one is there, under a policy that is there; its texts are the request's."""
    if sorted(row.round for row in account.rounds) != list(range(1, story.round + 1)):
        yield f"it is in round {story.round}, and the rounds {sorted(row.round for row in account.rounds)} are kept"
    for row in account.rounds:
        if row.policy_version not in account.policies:
            yield f"round {row.round} names version {row.policy_version} of the policy, which is not there"
        names = ("what", "how", "controls", "policy_version")
        if row.round == story.round and any(getattr(row, n) != getattr(account.request, n) for n in names):
            yield "what its author says or its policy differ between the request and its present round"


def files(account: Account, story: Story) -> Wrong:
    """The files of each round are those that its event names, in that order."""
    kept: dict[int, list[Any]] = {}
    for row in sorted(account.files, key=lambda row: (row.round, row.number)):
        named = (row.number, row.name, row.size, row.sha256, row.role, row.code_sha256 or "")
        kept.setdefault(row.round, []).append(named)
    said = {round_: [(n, *file) for n, file in enumerate(given, 1)] for round_, given in story.files.items()}
    for round_ in sorted(kept.keys() | said.keys()):
        if kept.get(round_) != said.get(round_):
            yield f"the files of round {round_} are not those that were submitted"


def votes(account: Account, story: Story) -> Wrong:
    """Each word of a checker has its event and each such event its word, on bytes of its round."""
    kept = Counter((row.round, row.reviewer) for row in account.reviews)
    for round_, reviewer in sorted((kept - story.words) + (story.words - kept)):
        counted, said = kept[round_, reviewer], story.words[round_, reviewer]
        yield f"round {round_} keeps {counted} votes of {reviewer}, its events tell of {said}"
    digests = {(row.round, row.sha256) for row in account.files}
    known = {(row.round, row.reviewer, row.number) for row in account.reviews}
    for row in account.votes:
        if (row.round, row.sha256) not in digests:
            yield f"{row.reviewer} voted in round {row.round} on bytes that it does not hold"
        known.discard((row.round, row.reviewer, row.number))
    for round_, reviewer, _ in sorted(known):
        yield f"a vote of {reviewer} in round {round_} says nothing of any file"


def reviewers(account: Account, story: Story) -> Wrong:
    """Nobody judges what they asked for, and no automatic check judges at all."""
    for name in sorted({row.reviewer for row in account.reviews} | {row.person for row in account.claims}):
        if name in (account.request.author, story.author):
            yield f"{name} judges a request of their own"
        elif ":" in name:
            yield f"{name} is no person, and has a vote or a claim"


def approval(account: Account, story: Story) -> Wrong:
    """What was approved was approved by as many checkers as the policy asks, in the words that the log keeps."""
    stands = story.status in COUNTED
    if stands != (account.request.release_at is not None):
        yield f"it is {story.status}, and its release is {account.request.release_at or 'not'} due"
    marked = {(row.round, row.reviewer) for row in account.reviews if row.counted}
    for round_, counted in story.approvals.items():
        if {name for r, name in marked if r == round_} != set(counted):
            yield f"the votes that count in round {round_} are not those that its approval counted"
        for name, vote in counted.items():
            review = account.newest.get((round_, name))
            if review is None or (review.comment, account.words(review)) != vote:
                yield f"the vote of {name} in round {round_} is not the one that was counted"
        needed = next((account.policies.get(r.policy_version) for r in account.rounds if r.round == round_), None)
        if needed is None or len(set(counted) - {story.author}) < needed.reviewers:
            yield f"round {round_} was approved by {len(counted)} checkers, fewer than its policy asks"
    for round_ in sorted({r for r, _ in marked} - set(story.approvals)):
        yield f"votes of round {round_} are marked as counted, and it was never approved"


def release(account: Account, story: Story) -> Wrong:
    """What left is what the release names, and each file of it was approved by all whose votes counted."""
    out = story.status in (Status.RELEASED, Status.RECALLED)
    if bool(account.released) != out:
        yield f"it is {story.status}, and {len(account.released)} files are kept as released"
    if sorted((row.name, row.size, row.sha256) for row in account.released) != sorted(story.release):
        yield "the files kept as released are not those that its release names"
    approvers = [row.reviewer for row in account.reviews if row.round == story.round and row.counted]
    outputs = {(f.number, f.sha256) for f in account.files if f.round == story.round and f.role == FileRole.OUTPUT}
    for row in account.released:
        if (row.number, row.sha256) not in outputs:
            yield f"released file {row.number} holds bytes of no output of its round"
        if row.approved_by != ", ".join(sorted(approvers)):
            yield f"released file {row.number} names {row.approved_by} as approvers"
        words = [account.words(account.newest[story.round, name]).get(row.sha256) for name in approvers]
        if not words or set(words) != {FileVerdict.APPROVED}:
            yield f"released file {row.number} was not approved by all"


def record(account: Account, story: Story) -> Wrong:
    """A release has the one record whose digest its event names; one of before records were kept has none."""
    kept = [sha256(row.record.encode()).hexdigest() for row in account.records]
    if kept != ([story.record] if story.record else []):
        yield "its release's record is not the one that the release names"
    elif any(row.sha256 != story.record for row in account.records):
        yield "the digest kept of its release's record is not the record's"


def checks(account: Account, story: Story) -> Wrong:
    """A report is the one that came; who let out what it says to break a rule, after it came, said why."""
    for row in (one for one in account.checks if one.report):
        digest = sha256(json.dumps(row.report, sort_keys=True).encode()).hexdigest()
        kept = digest if digest in account.reported.digests else ""  # from an earlier round or request
        at, said = account.reported.newest.get((row.round, row.file), (0, kept))
        if digest != said or row.report["sha256"] != row.sha256:
            yield f"the report on file {row.file} of round {row.round} is not the one that came"
        elif any(one["severity"] == "block" for one in row.report["findings"]):
            for name in _without_a_reason(account, story, row, at):
                yield f"{name} let out file {row.file} of round {row.round} against a finding, and said not why"


def _without_a_reason(account: Account, story: Story, run: Row, at: int) -> Iterator[str]:
    for review in account.reviews:
        if review.counted and review.round == run.round and story.voted.get((run.round, review.reviewer), 0) > at:
            for word in account.said(review):
                if (word.sha256, word.verdict) == (run.sha256, FileVerdict.APPROVED) and not word.reason.strip():
                    yield review.reviewer


def downloads(account: Account, story: Story) -> Wrong:
    """Each download is counted and told, and none was one too many."""
    for row in account.released:
        if row.downloads > row.allowed:
            yield f"file {row.number} was downloaded {row.downloads} times, {row.allowed} are allowed"
    kept = Counter({row.number: row.downloads for row in account.released})
    for number in sorted((kept - story.downloads) + (story.downloads - kept)):
        yield f"file {number} was downloaded {kept[number]} times, its events tell of {story.downloads[number]}"


def comments(account: Account, story: Story) -> Wrong:
    """Each comment has its event and each such event its comment."""
    kept = Counter((row.round, row.author) for row in account.comments)
    for round_, name in sorted((kept - story.comments) + (story.comments - kept)):
        counted, said = kept[round_, name], story.comments[round_, name]
        yield f"round {round_} keeps {counted} comments of {name}, its events tell of {said}"


def claims(account: Account, story: Story) -> Wrong:
    """Who claims has said so, and has neither given it back nor voted; no claim outlives its round."""
    kept = {row.person for row in account.claims}
    for name in sorted(kept ^ story.claims):
        yield f"{name} claims it {'without having said so' if name in kept else 'by the log, and no claim is kept'}"


RULES: Mapping[Invariant, Callable[[Account, Story], Wrong]] = {
    Invariant.LIFECYCLE: lifecycle,
    Invariant.ROUNDS: rounds,
    Invariant.FILES: files,
    Invariant.VOTES: votes,
    Invariant.REVIEWERS: reviewers,
    Invariant.APPROVAL: approval,
    Invariant.RELEASE: release,
    Invariant.RECORD: record,
    Invariant.CHECKS: checks,
    Invariant.DOWNLOADS: downloads,
    Invariant.COMMENTS: comments,
    Invariant.CLAIMS: claims,
}
