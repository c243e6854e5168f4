"""What the API takes and answers, as shapes. The answers' values are made by `output_review.shown`."""

from output_review.causes import Cause
from output_review.checks.findings import Severity, Verdict
from output_review.evidence import RunState
from output_review.limits import LIMITS
from output_review.places import FARTHEST, LONGEST_MEMBER, NUMBERS
from output_review.policy import BOUNDS, Downloader, Releaser
from output_review.provenance import FileRole
from output_review.queue import Whose
from output_review.shown import PERSONS
from output_review.vocabulary import (
    Audience,
    FileVerdict,
    Status,
)
from output_review.web.api.shapes import (
    ANYTHING,
    SCALAR,
    Flag,
    Many,
    Maybe,
    Moment,
    Number,
    OneOf,
    Shape,
    Text,
    Thing,
    Whole,
    words,
)

_MOST_FILES = BOUNDS["max_files"][1]
_NUMBER, _COUNT = Whole(1), Whole(0)
TYPED = Text(LIMITS.max_text)
STATUSES = words(Status)

SAID = Thing(
    {"reviewer": Text(), "round": _NUMBER, "verdict": words(FileVerdict), "reason": Text(), "time": Moment()},
    name="Said",
)
_PLACES: dict[str, Shape] = {word: Whole(1, FARTHEST) for word in NUMBERS} | {"member": Text(LONGEST_MEMBER, 1)}
PLACE = Thing(_PLACES, optional=frozenset(_PLACES), name="Place")
COMMENT = Thing(
    {
        "author": Text(),
        "round": _NUMBER,
        "audience": words(Audience),
        "place": PLACE,
        "text": Text(),
        "time": Moment(),
    },
    name="Comment",
)
VOTE = Thing(
    {"reviewer": Text(), "round": _NUMBER, "comment": Text(), "time": Moment(), "counts": Flag()}, name="Vote"
)
_DIGEST = Text(pattern="^[0-9a-f]{64}$")
CODE = Thing({"name": Text(), "size": _COUNT, "sha256": _DIGEST}, name="Code")
GROUP = Thing({"number": _NUMBER, "title": Text(), "context": Text(), "controls": Text()}, name="Group")
ORIGIN = Thing({"image": Text(), "datasets": Many(Text()), "started": Maybe(Moment())}, name="Origin")
_SAID_OF_IT = ("formula", "message", "source", "advice")
FINDING = Thing(
    {"check": Text(), "rule": Text(), "severity": words(Severity), "place": ANYTHING}
    | {"value": SCALAR, "threshold": SCALAR}
    | {name: Text() for name in _SAID_OF_IT},
    name="Finding",
)
CHECKS = Thing(
    {
        "state": words(RunState),
        "why": Text(),
        "progress": Text(),
        "ended": Maybe(Moment()),
        "verdict": Maybe(words(Verdict)),
        "findings": Many(FINDING),
        "not_checked": Many(Thing({"check": Text(), "why": Text()}, name="Gap")),
        "ran": Many(Text()),
    },
    name="Checks",
)
FILE = Thing(
    {
        "number": _NUMBER,
        "name": Text(),
        "size": _COUNT,
        "sha256": _DIGEST,
        "role": words(FileRole),
        "group": Maybe(_NUMBER),
        "path": Text(),
        "code": Maybe(CODE),
        "decision": Maybe(words(FileVerdict)),
        "released": Flag(),
        "downloads": _COUNT,
        "downloads_allowed": _COUNT,
        "downloads_until": Maybe(Moment()),
        "unchanged_since": Maybe(_NUMBER),
        "said": Many(SAID),
        "before": Many(SAID),
        "comments": Many(COMMENT),
        "checks": Maybe(CHECKS),
    },
    name="File",
)
_LINE: dict[str, Shape] = {
    "id": _NUMBER,
    "project": Text(),
    "author": Text(),
    "status": STATUSES,
    "state": Text(),
    "next": Text(),
    "round": _NUMBER,
    "version": _NUMBER,
    "what": Text(),
    "files": _COUNT,
    "bytes": _COUNT,
    "created": Moment(),
    "updated": Moment(),
    "waiting_since": Moment(),
    "due": Moment(),
    "reviewers": _NUMBER,
    "voted": _COUNT,
    "handling": Many(Text()),
}
LINE = Thing(_LINE, name="Line")
PAGE = Thing({"requests": Many(LINE), "next": Maybe(_NUMBER)}, name="Page")
EVENT = Thing({"time": Moment(), "actor": Text(), "event": Text(), "file": Text(), "comment": Text()}, name="Event")
TAKEN = Thing({"person": Text(), "name": Text(), "time": Moment()}, name="Taken")
REQUEST = Thing(
    _LINE
    | {
        "files": Many(FILE),
        "how": Text(),
        "controls": Text(),
        "comment": Text(),
        "commented_by": Text(),
        "release_at": Maybe(Moment()),
        "policy_version": _NUMBER,
        "policy": Many(Text()),
        "statements": Many(Text()),
        "groups": Many(GROUP),
        "origin": Maybe(ORIGIN),
        "blind": Flag(),
        "lacking": _COUNT,
        "votes": Many(VOTE),
        "hidden_votes": _COUNT,
        "comments": Many(COMMENT),
        "may": Thing({str(action): Text() for action in PERSONS}, name="May"),
        "history": Many(EVENT),
        "downloaded": Many(TAKEN),
    },
    name="Request",
)

DECIDED = Thing(
    {"number": Whole(1, 9999), "verdict": words(FileVerdict), "reason": TYPED},
    optional=frozenset({"reason"}),
    name="Decided",
)
BALLOT = Thing({"round": _NUMBER, "comment": TYPED, "files": Many(DECIDED, _MOST_FILES)}, name="Ballot")
ENDING = Thing(
    {"version": _NUMBER, "comment": TYPED, "files": Many(DECIDED, _MOST_FILES), "cause": words(Cause)},
    optional=frozenset({"files", "cause"}),
    name="Ending",
)
SEEN = Thing({"version": _NUMBER}, name="Seen")
_SPREAD = Thing({"count": _COUNT, "median": Maybe(Number()), "p90": Maybe(Number())}, name="Spread")
FIGURES = Thing(
    {
        "waiting_hours": _SPREAD,
        "answer_hours": _SPREAD,
        "weeks": Many(Thing({"monday": Text(), "answer_hours": _SPREAD}, name="Week")),
        "rounds": Many(Thing({"rounds": _NUMBER, "requests": _COUNT}, name="Rounds")),
        "causes": Many(Thing({"cause": words(Cause), "times": _COUNT}, name="CauseCount")),
        "load": Many(
            Thing({"checker": Text(), "votes": _COUNT, "returns": _COUNT, "rejections": _COUNT}, name="Load")
        ),
    },
    name="Figures",
)
DAYS = Whole(1, 3650)
NOTICE = Thing(
    {
        "id": _NUMBER,
        "request": _NUMBER,
        "project": Text(),
        "event": Text(),
        "text": Text(),
        "time": Moment(),
        "read": Flag(),
        "state": Text(),
        "next": Text(),
    },
    name="Notice",
)
NOTICES = Thing({"unread": _COUNT, "notices": Many(NOTICE)}, name="Notices")
UPTO = Thing({"upto": Whole(1, 10**9 - 1)}, name="Upto")
RETURNS = Thing(
    {
        "comment": TYPED,
        "cause": words(Cause),
        "requests": Many(Thing({"id": Whole(1, 10**9 - 1), "version": _NUMBER}, name="Picked"), 50),
    },
    optional=frozenset({"cause"}),
    name="Returns",
)
RETURNED = Thing({"results": Many(Thing({"id": _NUMBER, "refused": Text()}, name="Result"))}, name="Results")
RECALL = Thing({"version": _NUMBER, "comment": TYPED}, name="Recall")
REMARK = Thing(
    {"round": _NUMBER, "file": Whole(1, 9999), "place": PLACE, "audience": words(Audience), "text": TYPED},
    optional=frozenset({"file", "place", "audience"}),
    name="Remark",
)

_POLICY: dict[str, Shape] = {
    "blind": Flag(),
    "release_by": words(Releaser),
    "download_by": words(Downloader),
    "statements": Many(Text(300), 10),
    **{name: Whole(least, most) for name, (least, most, _) in BOUNDS.items()},
}
POLICY = Thing(_POLICY, name="Policy")
POLICY_VERSION = Thing(
    {
        "project": Text(),
        "version": _NUMBER,
        "set_by": Text(),
        "reason": Text(),
        "time": Maybe(Moment()),
        "policy": POLICY,
    },
    name="PolicyVersion",
)
POLICIES = Thing({"policies": Many(POLICY_VERSION)}, name="Policies")
POLICY_CHANGE = Thing(
    {
        "version": _NUMBER,
        "reason": Text(500, 1),
        "change": Thing(_POLICY, optional=frozenset(_POLICY), name="PolicyValues"),
    },
    name="PolicyChange",
)
PROBLEM = Thing(
    {"type": Text(), "title": Text(), "status": Whole(400, 599), "detail": Text(least=1)}, name="Problem"
)
WHOSE_QUEUE = words(Whose)
NAME = Text(30, 1)
SEARCH = Text(100, 1)
YES = OneOf(("yes", "no"))
WHOSE_REQUESTS = OneOf(("all", "own"))
SLUG = Text(30, 1)
LIMIT = Whole(1, 200)
AFTER = Whole(1, 10**9 - 1)
