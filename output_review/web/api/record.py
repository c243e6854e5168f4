"""The shape of a release's record (`output_review.release_record`), from which its JSON Schema is published."""

from output_review.checks.findings import Severity, Verdict
from output_review.evidence import RunState
from output_review.policy import BOUNDS, Downloader, Policy, Releaser, Thresholds
from output_review.release_record import FORMAT, VERSION
from output_review.vocabulary import FileVerdict
from output_review.web.api.shapes import Flag, Many, Maybe, Moment, OneOf, Schema, Shape, Text, Thing, Whole, words

_NAME = Text(most=80, pattern="^[a-z0-9-]+$")  # of a rule or a check
_NUMBER, _COUNT, _DIGEST = Whole(1), Whole(0), Text(pattern="^[0-9a-f]{64}$")
_CODE = Thing({"name": Text(), "size": _COUNT, "sha256": _DIGEST})
_DECISION = Thing(
    {
        "reviewer": Text(least=1),
        "verdict": words(FileVerdict),
        "reason": Text(),
        "against": Many(_NAME),
        "time": Moment(),
        "policy_version": _NUMBER,
    }
)
_CHECKS = Thing(
    {
        "state": words(RunState),
        "verdict": Maybe(words(Verdict)),
        "ended": Maybe(Moment()),
        "ran": Many(_NAME),
        "compared_with": Thing({"datasets": Many(Text()), "earlier_releases": _COUNT}),
    }
)
_FINDING = Thing({"file": _NUMBER, "rule": _NAME, "severity": words(Severity), "places": _NUMBER})
_GAP = Thing({"file": _NUMBER, "check": Maybe(_NAME), "in_words": Text(least=1)})
_FILE = Thing(
    {
        "number": _NUMBER,
        "name": Text(least=1),
        "size": _NUMBER,
        "sha256": _DIGEST,
        "group": Maybe(_NUMBER),
        "as_the_workspace_told": Thing({"path": Text(), "code": Maybe(_CODE)}),
        "unchanged_since_round": Maybe(_NUMBER),
        "checks": _CHECKS,
        "decisions": Many(_DECISION),
    }
)
_REQUEST = Thing(
    {
        "id": _NUMBER,
        "project": Text(least=1),
        "author": Text(least=1),
        "round": _NUMBER,
        "created": Moment(),
        "round_began": Moment(),
        "what": Text(),
        "how": Text(),
        "controls": Text(),
        "statements": Many(Text()),
    }
)


def _whole(names: object) -> dict[str, Shape]:
    return {name: Whole(*BOUNDS[name][:2]) for name in vars(names) if name in BOUNDS}


_POLICY = Thing(
    _whole(Policy())
    | {
        "blind": Flag(),
        "release_by": words(Releaser),
        "download_by": words(Downloader),
        "statements": Many(Text()),
        "thresholds": Thing(_whole(Thresholds())),
    }
)
RECORD = Thing(
    {
        "format": OneOf((FORMAT,)),
        "version": Whole(VERSION, VERSION),
        "request": _REQUEST,
        "origin": Maybe(Thing({"image": Text(), "datasets": Many(Text()), "started": Maybe(Moment())})),
        "groups": Many(Thing({"number": _NUMBER, "title": Text(), "context": Text(), "controls": Text()})),
        "files": Many(_FILE),
        "stayed": _COUNT,
        "criteria": Thing({"policy_version": _NUMBER, "policy": _POLICY, "in_words": Many(Text())}),
        "findings": Many(_FINDING),
        "not_checked": Many(_GAP),
        "checks": Thing({"rules_sha256": _DIGEST}),
        "approvals": Many(Thing({"reviewer": Text(least=1), "reason": Text(), "time": Moment()})),
        "released": Thing({"time": Moment(), "by": Text(least=1)}),
        "downloads": Thing({"each": _NUMBER, "until": Moment()}),
    },
    name="ReleaseRecord",
)


def schema() -> Schema:
    """The JSON Schema (2020-12) of a record, for whoever reads one outside the enclave."""
    head = {"$schema": "https://json-schema.org/draft/2020-12/schema", "title": f"{FORMAT}, version {VERSION}"}
    return head | RECORD.definition()
