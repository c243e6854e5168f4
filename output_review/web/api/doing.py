"""Doing something to a request: what is done and refused is `acts`, as on the pages."""

from collections.abc import Awaitable, Callable
from typing import Any

from enclave.clock import now
from enclave.errors import BadInput
from enclave.web.rooms import Desk
from output_review.causes import Cause
from output_review.policies import set_policy
from output_review.post import mark_read
from output_review.vocabulary import Audience, FileDecision, FileVerdict, Request
from output_review.web import acts
from output_review.web.api.looking import must_be_admin, notices, version, whole
from output_review.web.api.operation import Call
from output_review.web.queue import must_read_queue
from output_review.web.subject import subject_of


async def _done(desk: Desk, call: Call, act: Callable[..., Awaitable[Request]], *given: Any) -> dict[str, Any]:
    """Do it to a request that this person may know of; the request as it is then."""
    await subject_of(desk, call.request)
    await act(desk, call.person.name, call.id, *given)
    return await desk.read(whole, call.person, call.id)


def _judged(call: Call) -> list[FileDecision]:
    return [
        FileDecision(one["number"], FileVerdict(one["verdict"]), one.get("reason", ""))
        for one in call.body.get("files", [])
    ]


def _cause(call: Call) -> Cause:
    return Cause(call.body.get("cause", Cause.UNSAID))


async def vote(desk: Desk, call: Call) -> dict[str, Any]:
    """Vote on every file."""
    return await _done(desk, call, acts.vote, call.body["round"], call.body["comment"], _judged(call))


async def _end(desk: Desk, call: Call, act: Callable[..., Awaitable[Request]]) -> dict[str, Any]:
    return await _done(desk, call, act, call.body["version"], call.body["comment"], _judged(call), _cause(call))


async def send_back(desk: Desk, call: Call) -> dict[str, Any]:
    """Return it to its author."""
    return await _end(desk, call, acts.send_back)


async def send_back_many(desk: Desk, call: Call) -> dict[str, Any]:
    """Return several with one comment."""
    must_read_queue(call.person)
    if not call.body["comment"].strip():
        raise BadInput("Say what the authors should change.")
    chosen = [(one["id"], one["version"]) for one in call.body["requests"]]
    refused = await acts.send_back_many(desk, call.person.name, chosen, call.body["comment"], _cause(call))
    return {"results": [{"id": number, "refused": refused.get(number, "")} for number, _ in chosen]}


async def read_notices(desk: Desk, call: Call) -> dict[str, Any]:
    """They have read what they were shown."""
    await desk.write(mark_read, call.person.name, call.body["upto"])
    return await notices(desk, call)


async def reject(desk: Desk, call: Call) -> dict[str, Any]:
    """Close it for good."""
    return await _end(desk, call, acts.reject)


async def claim(desk: Desk, call: Call) -> dict[str, Any]:
    """Handle it."""
    return await _done(desk, call, acts.claim)


async def unclaim(desk: Desk, call: Call) -> dict[str, Any]:
    """Give it back to the queue."""
    return await _done(desk, call, acts.unclaim)


async def comment(desk: Desk, call: Call) -> dict[str, Any]:
    """Say something."""
    body = call.body
    audience = Audience(body.get("audience", Audience.CHECKERS))
    return await _done(
        desk, call, acts.comment_on, body["round"], body.get("file"), audience, body["text"], body.get("place")
    )


async def withdraw(desk: Desk, call: Call) -> dict[str, Any]:
    """The author takes it back."""
    return await _done(desk, call, acts.withdraw, call.body["version"])


async def withdraw_file(desk: Desk, call: Call) -> dict[str, Any]:
    """The author takes one file out of the round."""
    return await _done(desk, call, acts.withdraw_file, call.body["version"], int(call.request.match_info["number"]))


async def take_back(desk: Desk, call: Call) -> dict[str, Any]:
    """Take the approval back."""
    return await _done(desk, call, acts.take_back, call.body["version"])


async def release(desk: Desk, call: Call) -> dict[str, Any]:
    """Release what was approved."""
    return await _done(desk, call, acts.release, call.body["version"])


async def recall(desk: Desk, call: Call) -> dict[str, Any]:
    """Recall what was released."""
    return await _done(desk, call, acts.recall, call.body["version"], call.body["comment"])


async def change_policy(desk: Desk, call: Call) -> dict[str, Any]:
    """Set another version of a project's policy."""
    must_be_admin(call)
    project, body = call.request.match_info["project"], call.body
    made = await desk.write(
        set_policy, call.person.name, project, body["change"], body["reason"], body["version"], now()
    )
    return version(made)
