"""What a checker's vote, return or rejection must hold before it is taken. Pure."""

from collections.abc import Iterable, Mapping, Sequence

from output_review.lifecycle import Because, Reason
from output_review.provenance import FileRole
from output_review.vocabulary import Action, File, FileDecision, FileVerdict


def flaw(
    action: Action,
    comment: str,
    decisions: Iterable[FileDecision],
    files: Iterable[File],
    blocking: Mapping[int, Sequence[str]],
) -> Reason | None:
    """What a checker's vote, return or rejection still lacks, or None if it is complete. `blocking` are the rules
    that automatic checks found broken, by a file's number."""
    by_number = {decision.number: decision for decision in decisions}
    files = tuple(files)
    if set(by_number) - {file.number for file in files}:
        return Reason(Because.UNKNOWN_FILE, "A decision names a file that is not in this request.")
    outputs = [file for file in files if file.role is FileRole.OUTPUT]
    if set(by_number) - {file.number for file in outputs}:
        return Reason(Because.SUPPORTING, "Only outputs are decided about: others, or one withdrawn, never leave.")
    if not comment.strip():
        return Reason(Because.NO_COMMENT, _NO_COMMENT.get(action, "Say why: the reason is kept with it."))
    for file in outputs if action is Action.VOTE else ():
        decision = by_number.get(file.number)
        if decision is None:
            return Reason(Because.UNDECIDED, f"Decide about {file.name} as well: release it, or keep it in.")
        if decision.verdict is FileVerdict.REJECTED and not decision.reason.strip():
            return Reason(Because.NO_REASON, f"Say why {file.name} is not released; its author will read it.")
        if decision.verdict is FileVerdict.APPROVED and blocking.get(file.number) and not decision.reason.strip():
            return Reason(Because.AGAINST_FINDING, _AGAINST.format(file.name, ", ".join(blocking[file.number])))
    return None


_AGAINST = "Automatic checks found that {} breaks a rule ({}): say why it may leave all the same, or keep it in."


_NO_COMMENT = {
    Action.VOTE: "Say why you vote so: the reason is kept with the vote.",
    Action.RETURN: "Say what the author should change.",
    Action.REJECT: "Say why nothing of this may leave; its author will read it.",
    Action.RECALL: "Say why it is recalled; its author will read it.",
}
