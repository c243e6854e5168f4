"""Records said value by value in a text: `age=54 cost=12.5` in a log, `- age: 54` in YAML, the `{'age': 54}` of a
dictionary. Pure.

The pattern is linear in the length of a text, and only so much of it is looked at.
"""

import re
from collections import Counter
from collections.abc import Iterator, Sequence

_PAIR = re.compile(
    r"(?<![\w.])['\"]?([A-Za-z_]\w{0,40})['\"]?[ \t]{0,3}[=:][ \t]{0,3}"
    r"(?:np\.\w{1,12}\()?('[^'\n]{0,80}'|\"[^\"\n]{0,80}\"|[^\s,;(){}\[\]'\"]{1,80})"
)
_NAMED = re.compile(
    r"(?<![\w.])['\"]?([A-Za-z_][\w -]{0,40})['\"]?\s{0,3}[=:]\s{0,3}(-?\d{1,12}(?:\.\d{1,12})?)"
    r"(?=\s{0,3}(?:,(?!\d)|[;}\])]|$)|\s{1,3}[A-Za-z'\"])"
)
_COUPLE = re.compile(r"\(\s?['\"]([^'\"\n]{1,40})['\"],\s?(-?\d{1,12}(?:\.\d{1,12})?)\)")  # ('North', 412)
_LONGEST = 20_000
_FEWEST, _FIELDS, _MOST = 5, 2, 200_000  # records, values of each, pairs that are looked at


def says_pairs(line: str) -> bool:
    """Whether a line names two values or more."""
    return len(_PAIR.findall(line)) >= _FIELDS


def records(text: str) -> Iterator[tuple[int, list[str], list[list[str]]]]:
    """(line of the first, names, rows) of the records of the commonest kind: a name that comes again begins one."""
    found: list[tuple[int, dict[str, str]]] = []
    one: dict[str, str] = {}
    line, at, begun = 1, 0, 1
    for number, match in enumerate(_PAIR.finditer(text)):
        if number == _MOST:
            break
        line, at = line + text.count("\n", at, match.start()), match.start()
        name = match.group(1)
        if name in one:
            found.append((begun, one))
            one = {}
        begun = begun if one else line
        one[name] = match.group(2).strip("'\"")
    found.append((begun, one))
    kinds = Counter(tuple(names) for _, names in found if len(names) >= _FIELDS)
    names, count = next(iter(kinds.most_common(1)), ((), 0))
    if count >= _FEWEST:
        same = [(begun, one) for begun, one in found if tuple(one) == names]
        yield same[0][0], list(names), [list(one.values()) for _, one in same]


def named(lines: Sequence[tuple[int, str]]) -> Iterator[tuple[int, list[str], list[list[str]]]]:
    """The numbers called by name in lines, each with its own number: `cases = 3`, `{'North': 412}`."""
    found = [
        (number, name, value)
        for number, line in lines[:_MOST]
        for name, value in (*_NAMED.findall(line[:_LONGEST]), *_COUPLE.findall(line[:_LONGEST]))
    ]
    if found:
        yield found[0][0], ["name", "value"], [[name, value] for _, name, value in found]
