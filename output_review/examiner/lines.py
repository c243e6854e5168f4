"""A text's lines, cut and counted; a value's JSON in lines."""

import re
from collections.abc import Iterator
from typing import Any

from output_review.examiner.visible import cut

MAX_LINES = 400
MAX_LINE = 400
_WORD = re.compile(r'"(?:[^"\\]|\\.)*"?|[{}\[\],:]|[^\s{}\[\],:"]+')


def cut_lines(text: str, most: int = MAX_LINES) -> dict[str, Any]:
    """`lines`: the first `most`, and how many there are: `total_lines`."""
    lines = text.split("\n")
    if lines[-1] == "":
        lines.pop()
    return {"lines": [cut(line.removesuffix("\r"), MAX_LINE) for line in lines[:most]], "total_lines": len(lines)}


def laid_out(text: str) -> str:
    """JSON text with each value on a line of its own, every one as it was written: no digit is rounded away."""
    return "".join(_laid_out(text))


def _laid_out(text: str) -> Iterator[str]:
    depth, before = 0, ""
    for found in _WORD.finditer(text):
        word = found[0]
        if word in "}]":
            depth -= 1
            yield word if before in ("{", "[") else _line(depth) + word
        elif before in ("{", "[", ","):
            yield _line(depth) + word
        else:
            yield " " + word if before == ":" else word
        depth += word in ("{", "[")
        before = word


def _line(depth: int) -> str:
    return "\n" + "  " * min(max(depth, 0), 40)
