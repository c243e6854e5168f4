"""What the audit log tells of one request, read from its first event on through the lifecycle's table. Pure.

Nothing here is taken from the code that keeps the records: a slip of the one shows in the other.
"""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from enclave.audit import Event
from output_review.lifecycle import NEW_ROUND, TABLE
from output_review.provenance import FileRole
from output_review.vocabulary import Action, RequestEvent, Status

Counted = tuple[str, dict[str, str]]  # the comment of a vote that counts, and its verdict on each digest
Named = tuple[str, int, str, str, str]  # a file's name, size in bytes, SHA-256, role, its code's SHA-256 or ""
_CLAIMS_STAY = (Status.IN_REVIEW, Status.REVIEWED)


@dataclass
class Story:
    """Where the events lead, and what they name on the way: files by round, words by (round, checker) and the
    number of the last event that tells of one, comments by (round, author), downloads by file, who claims, of
    each approved round the votes that count by checker, what was released, and its record's SHA-256. `flaw` says
    which event cannot have happened; nothing after it is read."""

    author: str
    project: str
    status: Status = Status.SUBMITTED
    version: int = 1
    round: int = 1
    files: dict[int, list[Named]] = field(default_factory=dict)
    words: Counter[tuple[int, str]] = field(default_factory=Counter)
    voted: dict[tuple[int, str], int] = field(default_factory=dict)
    comments: Counter[tuple[int, str]] = field(default_factory=Counter)
    downloads: Counter[int] = field(default_factory=Counter)
    claims: set[str] = field(default_factory=set)
    approvals: dict[int, dict[str, Counted]] = field(default_factory=dict)
    release: list[tuple[str, int, str]] = field(default_factory=list)
    record: str = ""
    flaw: str = ""


def told(events: Iterable[Event], actions: Mapping[str, Action], aside: frozenset[Action]) -> Story | None:
    """The story of a request, or None if it does not begin with its submission. `events` are oldest first;
    `actions` says which event reports which action, `aside` names those that take no version."""
    others = iter(events)
    first = next(others, None)
    if first is None or first.event != RequestEvent.SUBMITTED:
        return None
    story = Story(first.actor, first.details["project"], files={1: _files(first)})
    for event in others:
        action = actions.get(event.event)
        if action is Action.HOLD and story.status is not Status.APPROVED:
            action = None  # bytes that were found damaged after the release: an incident, and no step
        if not _possible(story, event, action):
            story.flaw = f"event {event.number} says {event.event}, which cannot be while it is {story.status}"
            return story
        _read(story, event)
        if action is not None:
            _step(story, action, action in aside)
    return story


def _possible(story: Story, event: Event, action: Action | None) -> bool:
    if event.event not in set(RequestEvent) or event.event == RequestEvent.SUBMITTED:
        return False
    if event.event == RequestEvent.DOWNLOADED:
        return story.status is Status.RELEASED
    return action is None or (story.status, action) in TABLE


def _step(story: Story, action: Action, aside: bool) -> None:
    before, story.status = story.status, TABLE[story.status, action]
    if aside:
        return
    story.version += 1
    story.round += action in NEW_ROUND
    if story.status not in (before, *_CLAIMS_STAY):
        story.claims.clear()


def _read(story: Story, event: Event) -> None:
    """What an event tells besides the step itself."""
    details = event.details
    if event.event in _OF_PEOPLE:
        _said(story, event)
        return
    match event.event:
        case RequestEvent.RESUBMITTED:
            story.files[story.round + 1] = _files(event)
        case RequestEvent.TAKEN_BACK:
            story.files[story.round + 1] = story.files[story.round]
        case RequestEvent.APPROVED:
            story.approvals[story.round] = {
                vote["reviewer"]: (
                    vote["comment"],
                    {sha256: word["verdict"] for sha256, word in vote["files"].items()},
                )
                for vote in details["votes"]
                if vote["counts"]
            }
        case RequestEvent.FILE_WITHDRAWN:
            story.files[story.round] = [
                (*one[:3], FileRole.WITHDRAWN, one[4]) if one[2] == details["sha256"] else one
                for one in story.files[story.round]
            ]
        case RequestEvent.RELEASED:
            story.record = details.get("record", "")
            story.release = [(file["name"], file["size"], file["sha256"]) for file in details["files"]]
        case RequestEvent.DOWNLOADED:
            story.downloads[details["file"]] += 1


_OF_PEOPLE = (
    RequestEvent.CLAIMED,
    RequestEvent.UNCLAIMED,
    RequestEvent.VOTED,
    RequestEvent.RETURNED,
    RequestEvent.REJECTED,
    RequestEvent.COMMENTED,
)


def _said(story: Story, event: Event) -> None:
    person = event.details.get("on_behalf_of", event.actor)  # for whom an operator did it
    who = (story.round, person)
    match event.event:
        case RequestEvent.CLAIMED:
            story.claims.add(person)
        case RequestEvent.UNCLAIMED:
            story.claims.discard(person)
        case RequestEvent.VOTED:
            story.claims.discard(person)
            story.words[who] += 1
            story.voted[who] = event.number
        case RequestEvent.COMMENTED:
            story.comments[who] += 1
        case _ if event.details["files"]:
            story.words[who] += 1


def _files(event: Event) -> list[Named]:
    return [
        (file["name"], file["size"], file["sha256"], file.get("role", FileRole.OUTPUT), file.get("code", ""))
        for file in event.details["files"]
    ]
