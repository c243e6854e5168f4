"""Reading a checker's form, and asking back what they are about to do, in words that name file and consequence."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from enclave.errors import BadInput
from output_review.causes import Cause
from output_review.completeness import flaw
from output_review.evidence import FileChecks
from output_review.tally import counting
from output_review.vocabulary import Action, File, FileDecision, FileVerdict, Request
from output_review.web.acts import plain

DECISIONS = (Action.VOTE, Action.RETURN, Action.REJECT)


@dataclass(frozen=True)
class Filled:
    """A decision form as it arrived; `action` is None when the checker goes back to change something."""

    action: Action | None
    version: int
    round: int
    comment: str
    judged: tuple[FileDecision, ...]
    confirmed: str
    cause: Cause = Cause.UNSAID

    def fingerprint(self, checks: Mapping[int, FileChecks]) -> str:
        """What exactly is being confirmed: also what automatic checks said of what leaves. A vote is about the
        round, whatever others did in it meanwhile."""
        judged = [(one.number, one.verdict, one.reason) for one in self.judged]
        seen = self.round if self.action is Action.VOTE else self.version
        found = [(number, one.state, one.verdict, one.blocking) for number, one in sorted(checks.items())]
        told = json.dumps([self.action, seen, self.comment, judged, self.cause, found])
        return hashlib.sha256(told.encode(errors="surrogatepass")).hexdigest()


@dataclass(frozen=True)
class Confirmation:
    """What the checker is asked before it happens. `others` more votes are needed after this one; `checks` are what
    automatic checks said of the files that leave, by number."""

    action: Action
    fingerprint: str
    leaving: tuple[File, ...]
    staying: tuple[File, ...]
    others: int
    checks: Mapping[int, FileChecks]


@dataclass(frozen=True)
class Form:
    """What a checker has filled in so far, kept when something is missing or has to be confirmed; `leaving` asks at
    once whether they give the request back."""

    comment: str = ""
    verdicts: Mapping[int, str] = field(default_factory=dict)
    reasons: Mapping[int, str] = field(default_factory=dict)
    error: str = ""
    confirm: Confirmation | None = None
    leaving: bool = False
    cause: str = ""


def read(form: Mapping[str, Any], request: Request) -> Filled:
    """The form, parsed; raise `BadInput`."""
    judged = []
    for file in request.outputs:
        verdict = typed(form, f"verdict-{file.number}")
        if verdict in set(FileVerdict):
            reason = typed(form, f"reason-{file.number}")
            judged.append(FileDecision(file.number, FileVerdict(verdict), reason))
    wanted = typed(form, "action")
    if wanted not in (*DECISIONS, "edit"):
        raise BadInput("A decision is one of vote, return and reject.")
    return Filled(
        action=None if wanted == "edit" else Action(wanted),
        version=number(form, "version"),
        round=number(form, "round"),
        comment=typed(form, "comment"),
        judged=tuple(judged),
        confirmed=typed(form, "confirmed"),
        cause=cause_of(form),
    )


def wrong(filled: Filled, request: Request, checks: Mapping[int, FileChecks]) -> str:
    """What is missing or unreadable in the form, in words; empty if nothing is."""
    try:
        plain(filled.comment, "why")
        for one in filled.judged:
            plain(one.reason, "why this file")
    except BadInput as refused:
        return str(refused)
    if filled.action is None:
        return ""
    blocking = {number: found.blocking for number, found in checks.items()}
    missing = flaw(filled.action, filled.comment, filled.judged, request.files, blocking)
    return "" if missing is None else missing.text


def confirmation(
    filled: Filled, action: Action, request: Request, reviewer: str, checks: Mapping[int, FileChecks]
) -> Confirmation:
    """What is asked back."""
    approved = {one.number for one in filled.judged if one.verdict is FileVerdict.APPROVED}
    leaving = tuple(f for f in request.outputs if action is Action.VOTE and f.number in approved)
    staying = tuple(f for f in request.outputs if f not in leaving)
    others = max(0, request.policy.reviewers - len(set(counting(request)) | {reviewer}))
    told = {file.number: checks.get(file.number, FileChecks()) for file in leaving}
    return Confirmation(action, filled.fingerprint(told), leaving, staying, others, told)


def again(filled: Filled, error: str = "", confirm: Confirmation | None = None) -> Form:
    """The form again, as it was filled in."""
    return Form(
        comment=filled.comment,
        verdicts={one.number: str(one.verdict) for one in filled.judged},
        reasons={one.number: one.reason for one in filled.judged},
        error=error,
        confirm=confirm,
        cause=filled.cause,
    )


def cause_of(form: Mapping[str, Any]) -> Cause:
    """The cause that was chosen, if one was."""
    value = typed(form, "cause")
    return Cause(value) if value in set(Cause) else Cause.UNSAID


def typed(form: Mapping[str, Any], name: str) -> str:
    """One text field, empty if it is missing or no text."""
    value = form.get(name, "")
    return value.replace("\r\n", "\n").strip() if isinstance(value, str) else ""


def number(form: Mapping[str, Any], name: str) -> int:
    """One small whole number; raise `BadInput`."""
    found = number_or_none(form, name)
    if found is None:
        raise BadInput("The page that you used is incomplete: open the request again.")
    return found


def number_or_none(form: Mapping[str, Any], name: str) -> int | None:
    """One small whole number, None if there is none."""
    value = typed(form, name)
    return int(value) if value.isascii() and value.isdigit() and len(value) < 10 else None
