"""What a notebook holds: cells, and each thing that a cell shows or carries, by MIME type, as bytes.

Format: nbformat 4 (nbformat.readthedocs.io, "The notebook file format"); older ones are brought up to it by
nbformat. Everything in the file is either in `cells` and `widgets` or counted in `notes`.
"""

import base64
import binascii
import json
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from importlib import import_module
from typing import Any, BinaryIO, Literal

from output_review.readers.unreadable import Unreadable

Sort = Literal["output", "stream", "traceback", "attachment"]
_LARGEST = 64 * 1024**2
_MOST_CELLS = 10_000
_BINARY = re.compile(r"(image|audio|video|font)/(?!svg)|application/(pdf|octet-stream|zip|vnd\.openxml|vnd\.ms-)")
_CELL_KEYS = {"id", "cell_type", "source", "metadata", "outputs", "execution_count", "attachments"}
_OUTPUT_KEYS = {
    "output_type", "data", "metadata", "execution_count", "name", "text", "ename", "evalue", "traceback"
}  # fmt: skip
_USUAL_METADATA, _USUAL_LENGTH = ("kernelspec", "language_info"), 1000
_COLOURS = re.compile(r"\x1b\[[0-9;]{0,20}m")


@dataclass(frozen=True)
class Part:
    """One thing at one place of a cell. `where`: `output 2`, `attachment plot.png`; `data`: text as UTF-8."""

    sort: Sort
    where: str
    mime: str
    data: bytes


@dataclass(frozen=True)
class Cell:
    """`number` counts from 1; `sort` is code, markdown or raw; `notes`: what it carries beside `parts`."""

    number: int
    sort: str
    source: str
    parts: tuple[Part, ...]
    notes: tuple[str, ...] = ()


@dataclass(frozen=True)
class Notebook:
    """`language` as the notebook says; `widgets`: (model name, its state as JSON) for each saved widget."""

    language: str
    cells: tuple[Cell, ...]
    widgets: tuple[tuple[str, str], ...]
    notes: tuple[str, ...]

    @property
    def parts(self) -> Iterator[tuple[int, Part]]:
        """Every part with its cell's number."""
        return ((cell.number, part) for cell in self.cells for part in cell.parts)


def read(file: BinaryIO) -> Notebook:
    """A seekable notebook file; raise `Unreadable` for what is none."""
    try:
        return _read(file)
    except RecursionError as error:
        raise Unreadable("Its JSON is nested too deep: not read.") from error


def _read(file: BinaryIO) -> Notebook:
    notes: list[str] = []
    found = _upgraded(_parsed(file, notes), notes)
    cells, metadata = found.get("cells"), found.get("metadata")
    if not isinstance(cells, list) or not isinstance(metadata, dict):
        raise Unreadable("It is no notebook: it has no cells.")
    if len(cells) > _MOST_CELLS:
        raise Unreadable(f"More than {_MOST_CELLS:,} cells are in it: not read.")
    widgets = tuple(_widgets(metadata.get("widgets")))
    usual = {key for key in _USUAL_METADATA if len(_text(metadata.get(key))) <= _USUAL_LENGTH}
    notes += _unknown("The notebook", metadata, usual | ({"widgets"} if widgets else set()), "metadata")
    notes += _unknown("The notebook", found, {"cells", "metadata", "nbformat", "nbformat_minor"}, "part")
    language = _under(metadata.get("language_info"), "name") or _under(metadata.get("kernelspec"), "language")
    shown = tuple(_cell(number, cell) for number, cell in enumerate(cells, 1))
    return Notebook(str(language or ""), shown, widgets, tuple(notes))


def _parsed(file: BinaryIO, notes: list[str]) -> dict[str, Any]:
    file.seek(0)
    data = file.read(_LARGEST + 1)
    if len(data) > _LARGEST:
        raise Unreadable(f"It is larger than {_LARGEST:,} bytes: not read.")
    twice = 0

    def once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        nonlocal twice
        twice += len(pairs) - len(dict(pairs))
        return dict(pairs)

    try:
        found = json.loads(data.decode("utf-8-sig"), object_pairs_hook=once)
    except ValueError as error:
        raise Unreadable(f"It is no notebook: its JSON is damaged ({type(error).__name__}).") from error
    if not isinstance(found, dict) or not isinstance(found.get("nbformat"), int):
        raise Unreadable("It is no notebook: its JSON says no format.")
    if twice:
        notes.append(f"{twice:,} names are given twice in its JSON: only the last of each is shown.")
    return found


def _upgraded(found: dict[str, Any], notes: list[str]) -> dict[str, Any]:
    if found["nbformat"] == 4:
        return found
    nbformat = import_module("nbformat")  # heavy, and needed for old notebooks alone
    try:
        upgraded: dict[str, Any] = nbformat.convert(nbformat.from_dict(found), 4)
    except Exception as error:  # nbformat raises whatever a damaged part makes it stumble over
        raise Unreadable(f"It is a notebook of format {found['nbformat']!r:.20}, which cannot be read.") from error
    notes.append(f"It is a notebook of the old format {found['nbformat']}, shown as nbformat brings it up to date.")
    return upgraded


def _cell(number: int, cell: Any) -> Cell:
    if not isinstance(cell, dict):
        return Cell(number, "damaged", _text(cell), ())
    notes = _unknown("The cell", cell, _CELL_KEYS, "part")
    metadata = cell.get("metadata")
    if metadata:
        notes += _unknown("The cell", metadata, set(), "metadata")
    outputs = cell.get("outputs") or []
    parts = [] if isinstance(outputs, list) else [Part("output", "outputs", "application/json", _bytes(outputs))]
    for count, output in enumerate(outputs if isinstance(outputs, list) else (), 1):
        parts += _output(f"output {count}", output, notes)
    attachments = cell.get("attachments") or {}
    for name, bundle in attachments.items() if isinstance(attachments, dict) else [("", attachments)]:
        parts += _bundle("attachment", f"attachment {name}", bundle)
    return Cell(number, str(cell.get("cell_type", "")), _text(cell.get("source", "")), tuple(parts), tuple(notes))


def _output(where: str, output: Any, notes: list[str]) -> Iterable[Part]:
    if not isinstance(output, dict):
        return [Part("output", where, "application/json", _bytes(output))]
    notes += _unknown(where.capitalize(), output, _OUTPUT_KEYS, "part")
    if output.get("metadata"):
        notes += _unknown(where.capitalize(), output["metadata"], set(), "metadata")
    found: list[Part] = []
    if "data" in output:
        found += _bundle("output", where, output["data"])
    if "text" in output:
        name = f"{where}, {_text(output.get('name', ''))}"
        found.append(Part("stream", name, "text/plain", _bytes(output["text"])))
    if output.keys() & {"ename", "evalue", "traceback"}:
        trace = output.get("traceback") or []
        lines = [_text(output.get("ename", "")) + ": " + _text(output.get("evalue", ""))]
        lines += [_text(line) for line in trace] if isinstance(trace, list) else [_text(trace)]
        found.append(Part("traceback", where, "text/plain", _bytes("\n".join(lines))))
    return found


def _bundle(sort: Sort, where: str, bundle: Any) -> Iterator[Part]:
    """A part for each MIME type: they are alternatives of one thing, and may as well not be."""
    if not isinstance(bundle, dict):
        yield Part(sort, where, "application/json", _bytes(bundle))
        return
    for mime, value in bundle.items():
        yield Part(sort, where, mime, _decoded(mime, value))


def _decoded(mime: str, value: Any) -> bytes:
    if _BINARY.match(mime.lower()):
        try:
            return base64.b64decode(re.sub(r"\s", "", _text(value)), validate=True)
        except (binascii.Error, ValueError):
            pass  # then it is text, whatever it is called
    return _bytes(value)


def _text(value: Any) -> str:
    """Texts are kept as one string or as a list of lines; anything else is shown as the JSON that it is."""
    if isinstance(value, str):
        return value
    if isinstance(value, list) and all(isinstance(line, str) for line in value):
        return "".join(value)
    return json.dumps(value, ensure_ascii=False, indent=1)


def _bytes(value: Any) -> bytes:
    return _text(value).encode(errors="surrogatepass")


def without_colours(text: str) -> str:
    """A terminal's text without the codes that colour it, as consoles and tracebacks have them."""
    return _COLOURS.sub("", text)


def _widgets(value: Any) -> Iterator[tuple[str, str]]:
    """Saved widgets survive “clear outputs”."""
    states = _under(_under(value, "application/vnd.jupyter.widget-state+json"), "state")
    if isinstance(states, dict):
        for key, one in states.items():
            yield str(_under(one, "model_name") or key), _text(_under(one, "state"))
    elif value:
        yield "widgets", _text(value)


def _under(value: Any, key: str) -> Any:
    return value.get(key) if isinstance(value, dict) else None


def _unknown(whose: str, value: Any, known: set[str], what: str) -> list[str]:
    """A word on each part that is not shown."""
    if not isinstance(value, dict):
        return [f"{whose} has {what} that makes no sense: {len(_text(value)):,} characters, not shown."]
    return [
        f"{whose} has {what} “{key[:60]}” of {len(_text(inner)):,} characters: not shown."
        for key, inner in value.items()
        if key not in known
    ]
