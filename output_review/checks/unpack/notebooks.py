"""Everything a notebook carries: outputs by MIME type, tracebacks, attachments, the state of widgets, sources."""

import base64
import binascii
import json
from collections.abc import Iterator
from typing import Any

from output_review.checks.parts import Form, Part

_TEXTS = ("text/", "application/javascript", "application/xml")


def parts(part: Part) -> Iterator[Part]:
    notebook = json.loads(part.data)
    if not isinstance(notebook, dict):
        return
    for number, cell in enumerate(_list(notebook.get("cells")), start=1):
        if not isinstance(cell, dict):
            continue
        place = {**part.place, "cell": number}
        name = f"cell {number}"
        yield Part(Form.TEXT, f"{name}, source", place, text=_text(cell.get("source")), facts=(("source", "yes"),))
        for mimes in (cell.get("attachments") or {}).values() if isinstance(cell.get("attachments"), dict) else ():
            yield from _bundle(mimes, place, f"{name}, attachment")
        for output in _list(cell.get("outputs")):
            if isinstance(output, dict):
                yield from _output(output, place, f"{name}, output")
        yield from _metadata(cell.get("metadata"), place, f"{name}, metadata")
    yield from _metadata(notebook.get("metadata"), part.place, "metadata of the notebook")


def _output(output: dict[str, Any], place: dict[str, int | str], name: str) -> Iterator[Part]:
    if "text" in output:
        yield Part(Form.TEXT, name, place, text=_text(output["text"]))
    if "traceback" in output or "evalue" in output:
        lines = [_text(output.get("evalue")), *(_text(one) for one in _list(output.get("traceback")))]
        yield Part(Form.TEXT, f"{name}, error", place, text="\n".join(lines), facts=(("traceback", "yes"),))
    yield from _bundle(output.get("data"), place, name)
    yield from _metadata(output.get("metadata"), place, f"{name}, metadata")


def _bundle(mimes: Any, place: dict[str, int | str], name: str) -> Iterator[Part]:
    """Each form of one output, by its MIME type; what says that it is binary is base64."""
    for mime, value in mimes.items() if isinstance(mimes, dict) else ():
        where: dict[str, int | str] = {**place, "member": str(mime)[:100]}
        called = f"{name} ({str(mime)[:60]})"
        if isinstance(value, dict) or (isinstance(value, list) and not all(isinstance(one, str) for one in value)):
            form = Form.PLOT if "plotly" in mime or "vega" in mime or "bokeh" in mime else Form.JSON
            yield Part(form, called, where, text=json.dumps(value))
        elif mime == "text/plain" or mime == "text/markdown":
            yield Part(Form.TEXT, called, where, text=_text(value))
        elif "attachment" in name and not mime.startswith("image/svg"):
            yield Part(Form.UNKNOWN, called, where, data=_binary(_text(value)))  # always in base64, texts too
        elif mime.startswith(_TEXTS) or "json" in mime or "svg" in mime:
            yield Part(Form.UNKNOWN, called, where, data=_text(value).encode())
        else:
            yield Part(Form.UNKNOWN, called, where, data=_binary(_text(value)))


def _metadata(value: Any, place: Any, name: str) -> Iterator[Part]:
    """Widgets keep their state here, and with it what they showed, after outputs were cleared."""
    kept = {k: v for k, v in value.items() if k not in _USUAL} if isinstance(value, dict) else None
    if kept:
        yield Part(
            Form.JSON, name, place, text=json.dumps(kept), facts=(("kept", ", ".join(map(str, kept))[:200]),)
        )


_USUAL = {
    "kernelspec",
    "language_info",
    "tags",
    "collapsed",
    "scrolled",
    "trusted",
    "execution",
    "editable",
    "jupyter",
}


def _binary(text: str) -> bytes:
    try:
        return base64.b64decode(text, validate=False)
    except (binascii.Error, ValueError):
        return text.encode()


def _text(value: Any) -> str:
    return "".join(map(str, value)) if isinstance(value, list) else str(value or "")


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []
