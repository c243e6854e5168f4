"""A place in a file: where a preview begins. Pure; from an address's query, and into the child that looks.

Numbers are counted from 1, as people count: `sheet`, `row` (of a table, without its header; a line of a text),
`column` (of a table; a character of a text's lines), `page`, `cell`. `member` names one in an archive. Nothing
given means the beginning; a place beyond the end is no error, since only the child knows where the end is.
"""

import re
from collections.abc import Mapping

from enclave.errors import BadInput

Place = Mapping[str, int | str]
NUMBERS = ("sheet", "row", "column", "page", "cell")
FARTHEST = 10**12
LONGEST_MEMBER = 1000


def place_of(query: Mapping[str, str]) -> dict[str, int | str]:
    """Raise `BadInput` for what is no place: an unknown word, one given twice, 0, no number, one beyond 10^12."""
    if len(set(query)) != len(query):
        raise BadInput("A place in a file names each of its words once.")
    return {word: _read(word, value) for word, value in query.items()}


def _read(word: str, value: str) -> int | str:
    if word == "member" and 0 < len(value) <= LONGEST_MEMBER:
        return value
    if word not in NUMBERS:
        raise BadInput(f"“{word[:40]}” names no place in a file. Known: {', '.join(NUMBERS)} and member.")
    if not re.fullmatch(r"[0-9]{1,13}", value) or not 1 <= int(value) <= FARTHEST:
        raise BadInput(f"“{value[:40]}” is no {word}: a whole number from 1 to {FARTHEST:,} is expected.")
    return int(value)


def number(place: Place, word: str) -> int:
    """The number under `word`, 1 if none is given."""
    return int(place.get(word, 1))


def block(place: Place, word: str, size: int) -> int:
    """The number, from 1, with which the block of `size` begins that holds the number under `word`."""
    return (number(place, word) - 1) // size * size + 1


def typed(text: str) -> dict[str, int | str]:
    """A place as a person types it: `cell 3`, `row 12, column 2`, `line 7`; nothing is the file as a whole."""
    words = text.replace(",", " ").split()
    if len(words) % 2:
        raise BadInput("Where in the file is said by a word and a number, such as cell 3 or row 12, column 2.")
    named = [("row" if word == "line" else word, value) for word, value in zip(*[iter(words)] * 2, strict=True)]
    if len(dict(named)) != len(named):
        raise BadInput("A place in a file names each of its words once.")
    return place_of(dict(named))


def in_words(place: Place) -> str:
    """`sheet 2, row 12`: as `typed` reads it."""
    return ", ".join(f"{word} {place[word]}" for word in (*NUMBERS, "member") if word in place)
