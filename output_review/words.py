"""How a request stands and who acts next, in plain words for everybody. Pure.

Said to the author too: how many have voted, never what.
"""

from collections.abc import Iterable
from datetime import datetime

from output_review.lifecycle import expires
from output_review.policy import Downloader, Policy, Releaser
from output_review.tally import counting, lacking
from output_review.vocabulary import Request, Status

_CLOSED = "Nobody: this request is closed, and nothing of it leaves."
_STATE = {
    Status.SUBMITTED: "Waiting for an output checker",
    Status.RESUBMITTED: "Waiting again for an output checker",
    Status.IN_REVIEW: "In review",
    Status.REVIEWED: "Reviewed, not agreed yet",
    Status.RETURNED: "Returned with a comment",
    Status.APPROVED: "Approved, about to be released",
    Status.RELEASED: "Released",
    Status.REJECTED: "Rejected",
    Status.WITHDRAWN: "Withdrawn by its author",
    Status.RECALLED: "Recalled after its release",
    Status.EXPIRED: "Expired",
}
WHO_DOWNLOADS = {
    Downloader.MEMBERS: "Members of the project",
    Downloader.LEAD: "The lead of the project",
    Downloader.AUTHOR: "The author of the request",
}


def state_in_words(request: Request) -> tuple[str, str]:
    """(how it stands, who acts next)."""
    return _STATE[request.status], _next(request)


def _next(request: Request) -> str:
    match request.status:
        case Status.SUBMITTED | Status.RESUBMITTED:
            return f"{_looking(request.policy.reviewers)} at it next."
        case Status.IN_REVIEW:
            voted, more = len(counting(request)), lacking(request)
            looks = "looks" if more == 1 else "look"
            return f"{voted} of {request.policy.reviewers} checkers voted; {more} more {looks} at it next."
        case Status.REVIEWED:
            return "The output checkers compare their votes: they come to agree, or return it to its author."
        case Status.RETURNED:
            last = expires(request.updated, request.policy)
            return f"Its author changes the files and resubmits, before {last.day} {last:%b %Y}."
        case Status.APPROVED if request.policy.release_by is Releaser.CHECKER:
            return "An output checker releases it when the grace period is over."
        case Status.APPROVED:
            return "The desk releases it when the grace period is over."
        case Status.RELEASED:
            return f"{WHO_DOWNLOADS[request.policy.download_by]} can download the released files."
        case Status.RECALLED:
            return "Nobody: nothing of it can be downloaded any more."
        case Status.EXPIRED:
            return "Nobody: it was returned, and not resubmitted in time."
    return _CLOSED


def expected(request: Request, now: datetime) -> str:
    """By when an answer is expected, by the project's target; nothing while no checker is asked."""
    if not request.open:
        return ""
    late, target = now > request.due, f"this project's target is {request.policy.response_hours} h"
    if late:
        return f"An answer was expected by {_moment(request.due)}: it is late ({target})."
    return f"Expect an answer by {_moment(request.due)} ({target})."


def in_brief(requests: Iterable[Request], now: datetime) -> str:
    """What an author waits for and what waits for them, in one line; empty when it is nothing."""
    asked = list(requests)
    returned = [one.id for one in asked if one.status is Status.RETURNED]
    waiting = sorted((one for one in asked if one.open), key=lambda one: one.due)
    parts = [f"{_named(returned)} returned to you"] if returned else []
    if waiting:
        by = waiting[0].due
        when = f"answer was expected by {_moment(by)}" if now > by else f"answer expected by {_moment(by)}"
        first = "" if len(waiting) == 1 else "first "
        parts.append(f"{_named([one.id for one in waiting])} in review, {first}{when}")
    return "; ".join(parts)


def _named(numbers: list[int]) -> str:
    return f"Request {numbers[0]}" if len(numbers) == 1 else f"{len(numbers)} requests"


def _moment(value: datetime) -> str:
    return f"{value.day} {value:%b %Y, %H:%M} UTC"


def _looking(count: int) -> str:
    return {1: "An output checker looks", 2: "Two output checkers look", 3: "Three output checkers look"}[count]


def _times(count: int) -> str:
    return "once" if count == 1 else f"{count} times"


def in_words(policy: Policy) -> tuple[str, ...]:
    """What a policy asks for, a sentence each."""
    eyes = {1: "One checker decides.", 2: "Two checkers have to approve each file.",
            3: "Three checkers have to approve each file."}[policy.reviewers]  # fmt: skip
    hidden, open_ = "Nobody sees another checker's vote before all have voted.", "Checkers see each other's votes."
    by_desk = policy.release_by is Releaser.DESK
    return (
        eyes,
        *((hidden if policy.blind else open_,) if policy.reviewers > 1 else ()),
        f"{'The desk' if by_desk else 'A checker'} releases what was approved.",
        f"{WHO_DOWNLOADS[policy.download_by]} may download it, {_times(policy.max_downloads)} each file, within"
        f" {policy.download_days} {'day' if policy.download_days == 1 else 'days'}.",
        f"A round should be answered within {policy.response_hours} hours.",
    )
