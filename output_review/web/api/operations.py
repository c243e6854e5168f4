"""The table of the API: from it the desk routes and reads, and the OpenAPI document and the docs are written."""

from collections.abc import Mapping

from output_review.web.api import doing, looking
from output_review.web.api import schemas as s
from output_review.web.api.operation import Handle, Operation
from output_review.web.api.record import RECORD
from output_review.web.api.shapes import ANYTHING, Many, Shape, Thing

_ONE = "/requests/{id}"
_LIST: Mapping[str, Shape] = {
    "status": Many(s.STATUSES, len(s.STATUSES.words)),
    "project": s.SLUG,
    "after": s.AFTER,
    "limit": s.LIMIT,
}
_CHECKER, _AUTHOR = "a checker who may judge it", "its author"


def _verb(name: str, summary: str, who: str, handle: Handle, body: Thing | None = None) -> Operation:
    path = f"{_ONE}/{name}"
    return Operation(name, "POST", path, summary, who, s.REQUEST, handle, body=body)


OPERATIONS: tuple[Operation, ...] = (
    Operation(
        "queue", "GET", "/queue",
        "Requests to be checked; the open ones if no status is named, by the end of their response time, otherwise"
        " the newest first. `free` are those that you could claim, `mine` those that you handle, `unclaimed` those"
        " that nobody does; `by` handles it, `text` is in what it is, in a file's name, its number or author.",
        "checkers and auditors", s.PAGE, looking.queue,
        {**_LIST, "whose": s.WHOSE_QUEUE, "by": s.NAME, "overdue": s.YES, "text": s.SEARCH},
    ),
    Operation(
        "requests", "GET", "/requests",
        "Your own requests and those of your projects' other members, newest first.",
        "everybody", s.PAGE, looking.requests, {**_LIST, "whose": s.WHOSE_REQUESTS},
    ),
    Operation(
        "figures", "GET", "/figures",
        "How the review went in the last `days` days, 90 if none are given: times, rounds, causes, load.",
        "checkers, admins, auditors", s.FIGURES, looking.figures, {"days": s.DAYS},
    ),
    Operation(
        "notices", "GET", "/notices",
        "What you are told, the newest 100 first; of each request how it stands now and who acts next.",
        "everybody", s.NOTICES, looking.notices,
    ),
    Operation(
        "read-notices", "POST", "/notices/read", "You have read them, up to this one.", "everybody", s.NOTICES,
        doing.read_notices, body=s.UPTO,
    ),
    Operation(
        "request", "GET", _ONE,
        "A request with its files, votes and comments as far as you may see them, and what you may do to it: `may`"
        " names for each verb an empty text, or the reason why not.",
        "members of its project, checkers, auditors", s.REQUEST, looking.show,
    ),
    _verb("claim", "Handle it.", _CHECKER, doing.claim),
    _verb("unclaim", "Give it back to the queue.", "who has claimed it", doing.unclaim),
    _verb(
        "vote",
        "Say of every file whether it may leave, and why. The desk counts at once; in a blind round nobody sees"
        " another's vote before all have voted.",
        _CHECKER, doing.vote, s.BALLOT,
    ),
    _verb("return", "Return it to its author with what should be changed.", _CHECKER, doing.send_back, s.ENDING),
    Operation(
        "return-many", "POST", "/returns",
        "Return several with one comment, each a step of its own: `refused` is empty, or says why it stays as it"
        " is. Nothing can be approved in this way.",
        _CHECKER, s.RETURNED, doing.send_back_many, body=s.RETURNS,
    ),
    _verb("reject", "Close it for good, once the required checkers have voted.", _CHECKER, doing.reject, s.ENDING),
    _verb(
        "comment",
        "Say something about a file, or without `file` about the request. A checker's word is for `checkers` unless"
        " `audience` says otherwise, an author's for everybody.",
        f"{_CHECKER}, or {_AUTHOR}", doing.comment, s.REMARK,
    ),
    _verb("withdraw", "Take it back for good.", _AUTHOR, doing.withdraw, s.SEEN),
    Operation(
        "withdraw-file", "POST", _ONE + "/files/{number}/withdraw",
        "Take one file of a round under way out of it. If the checkers agree on the others, those are approved.",
        _AUTHOR, s.REQUEST, doing.withdraw_file, body=s.SEEN,
    ),
    _verb("take-back", "Take an approval back before it is released.", _CHECKER, doing.take_back, s.SEEN),
    _verb(
        "release", "Release what was approved, where the policy has a checker do it.", _CHECKER, doing.release,
        s.SEEN,
    ),
    _verb("recall", "Recall what was released.", _CHECKER, doing.recall, s.RECALL),
    Operation(
        "download", "GET", _ONE + "/files/{number}/download",
        "The bytes of a released file. Counted, and recorded; as often and as long as the policy said.",
        "present members of its project whom the policy names", None, looking.file, refusals=(409,),
    ),
    Operation(
        "bundle", "GET", _ONE + "/bundle",
        "All released files and the release's record in one ZIP archive, the same bytes each time. Counts as a"
        " download of each file.",
        "present members of its project whom the policy names", None, looking.bundle, refusals=(409,),
    ),
    Operation(
        "record", "GET", _ONE + "/record",
        "The record of a release: what left, its digests and origin, under which policy, who approved it and why."
        " It validates against `/record-schema`.",
        "members of its project, checkers, auditors", RECORD, looking.record,
    ),
    Operation(
        "record-schema", "GET", "/record-schema", "The JSON Schema of a release's record.", "everybody", ANYTHING,
        looking.record_schema,
    ),
    Operation(
        "policies", "GET", "/policies", "The review policy in force of every project.", "admins", s.POLICIES,
        looking.policies,
    ),
    Operation(
        "policy", "GET", "/policies/{project}",
        "Every version of a project's review policy, newest first.", "admins", s.POLICIES, looking.policy,
    ),
    Operation(
        "set-policy", "POST", "/policies/{project}",
        "Set another version: what `change` names changes, the rest stays. It holds for the rounds that begin from"
        " then on.",
        "admins", s.POLICY_VERSION, doing.change_policy, body=s.POLICY_CHANGE,
    ),
)  # fmt: skip
