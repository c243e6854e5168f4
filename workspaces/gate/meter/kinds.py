"""What becomes of each type of kernel message that is too long, or comes when the budget is spent: a table.

Every byte counts, whatever the type says: a notebook can put data under any name. The type decides only what
JupyterLab needs in its place, so that no cell waits for ever.
"""

from dataclasses import dataclass
from enum import StrEnum


class Instead(StrEnum):
    """What is sent instead of a message that may not pass."""

    WORDS = "words"  # a placeholder that says why; one for each request
    REPLY = "reply"  # the shortest valid reply
    SAME = "same"  # the message itself while it is short: it carries no output
    NOTHING = "nothing"


@dataclass(frozen=True)
class Line:
    """One type of message, what is sent instead, and why."""

    kind: str
    instead: Instead
    why: str


LINES: tuple[Line, ...] = (
    Line("stream", Instead.WORDS, "what a cell prints"),
    Line("display_data", Instead.WORDS, "what a cell shows; `transient` is kept"),
    Line("update_display_data", Instead.WORDS, "the same, shown anew; `transient` is kept"),
    Line("execute_result", Instead.WORDS, "a cell's value; `execution_count` is kept"),
    Line("error", Instead.WORDS, "a traceback shows values"),
    Line("execute_reply", Instead.REPLY, "ends a cell; `status` and `execution_count` are kept"),
    Line("inspect_reply", Instead.REPLY, "help on a name: found nothing"),
    Line("complete_reply", Instead.REPLY, "completion: no match"),
    Line("history_reply", Instead.REPLY, "earlier inputs: none"),
    Line("is_complete_reply", Instead.REPLY, "consoles ask whether a line is whole: unknown"),
    Line("comm_info_reply", Instead.REPLY, "widgets that exist: none"),
    Line("kernel_info_reply", Instead.SAME, "JupyterLab waits for it before a kernel counts as connected"),
    Line("interrupt_reply", Instead.SAME, "stopping a computation always works"),
    Line("shutdown_reply", Instead.SAME, "restarting too"),
    Line("status", Instead.SAME, "busy or idle"),
    Line("execute_input", Instead.SAME, "the code that the person sent"),
    Line("input_request", Instead.SAME, "the kernel waits for an answer; without the question it would for ever"),
    Line("clear_output", Instead.SAME, "makes outputs fewer"),
    Line("comm_open", Instead.NOTHING, "widgets' data"),
    Line("comm_msg", Instead.NOTHING, "the same"),
    Line("comm_close", Instead.NOTHING, "the same"),
    Line("debug_event", Instead.NOTHING, "values of variables"),
)
INSTEAD = {line.kind.encode(): line.instead for line in LINES}
SHORT = 4 * 1024  # bytes of a message that may pass as it is when the budget is spent
SHORT_INFO = 16 * 1024  # of a kernel's description of itself, with its banner


def instead_of(kind: bytes) -> Instead:
    """What is sent instead; a reply of a type that is not on the list is answered as failed, the rest dropped."""
    return INSTEAD.get(kind, Instead.REPLY if kind.endswith(b"_reply") else Instead.NOTHING)
