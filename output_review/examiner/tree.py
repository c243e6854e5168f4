"""JSON, a value on each line."""

import json
from typing import Any, BinaryIO

from output_review.examiner.heads import head_of
from output_review.examiner.lines import cut_lines, laid_out
from output_review.examiner.visible import text_of
from output_review.kinds import kind_of
from output_review.places import Place


def report(file: BinaryIO, name: str, place: Place) -> dict[str, Any]:
    """`lines`, and how many there are: `total_lines`. What is no JSON is shown as the text that it is."""
    found = head_of(kind_of(file, name))
    text = text_of(file, found["notes"])
    twice = 0

    def once(pairs: list[tuple[str, Any]]) -> None:
        nonlocal twice
        twice += len(pairs) - len(dict(pairs))

    try:
        json.loads(text, object_pairs_hook=once)
    except (ValueError, RecursionError) as error:
        found["notes"].append(f"It begins as JSON and is none ({type(error).__name__}): shown as text.")
        return found | {"family": "text"} | cut_lines(text)
    if twice:
        found["notes"].append(f"{twice:,} names are given twice: most programs take the last of each.")
    return found | {"family": "text"} | cut_lines(laid_out(text))
