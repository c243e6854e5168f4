"""What the page around a workspace says of the person's budget, in sentences. Pure.

`meter` is the part of the page's status that the gate counts: window_bytes, soft_bytes, hard_bytes, level
(ok, soft, hard), text ("12 of 64 MB shown today"), again (when content goes on, an ISO time, or nothing).
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from enclave.sizes import about
from enclave.web.render import moment


def budget(meter: Mapping[str, Any] | None) -> str:
    """Why content is paused, until when and whom to ask; a warning before; an empty text below the soft limit."""
    level = meter["level"] if meter else "ok"
    if not meter or level == "ok":
        return ""
    hard = about(meter["hard_bytes"])
    if level == "soft":
        return (
            f"You were shown {about(meter['window_bytes'])} of this project in the last 24 hours. At {hard} outputs"
            " and files will pause. Show summaries instead of rows; an admin sees this too."
        )
    again = _moment(meter.get("again"))
    return (
        f"Outputs and files are paused: you were shown {hard} of this project in 24 hours, all that its budget"
        f" allows. They go on {f'at {again}' if again else 'as the 24 hours move on'}. Kernels compute meanwhile;"
        " nothing is lost. If your work needs more, ask an admin. Results leave by Request release as before."
    )


def _moment(again: object) -> str:
    try:
        return moment(datetime.fromisoformat(str(again))) if again else ""
    except ValueError:
        return ""
