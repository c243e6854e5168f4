"""Pieces of Markdown for the tables that are made from the code."""

from collections.abc import Iterable, Sequence


def table(head: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    """A table in Markdown; a bar inside a cell does not end it."""
    lines = [head, ["---"] * len(head), *rows]
    cells = [[str(cell).replace("\n", " ").replace("|", "\\|") for cell in line] for line in lines]
    return "\n".join(f"| {' | '.join(line)} |" for line in cells)


def code(value: object) -> str:
    """A value as code; an empty one as nothing."""
    return f"`{value}`" if str(value) else ""
