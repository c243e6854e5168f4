"""Files that are too long to be results."""

from collections.abc import Iterator

from output_review.checks.findings import Finding, Rule
from output_review.checks.parts import Form, Origin, Part, table
from output_review.checks.registry import Check, Context

LONG = Rule(
    "too-many-rows",
    "rows > 5,000",
    "OpenSAFELY: files of at most 5,000 rows and 16 MB can be checked by a person",
    "Release a summary; what nobody can read nobody can check.",
)
_MOST = 5000


class FileLimits(Check):
    name = "file-limits"
    title = "Tables that are too long to be checked"
    reads = frozenset({Form.TABLE})
    cannot_see = "whether a short table is one of records: other checks do"
    rules = (LONG,)

    def look(self, part: Part, context: Context) -> Iterator[Finding]:
        count = part.sheet.count() if part.sheet else 0
        if count > _MOST and part.origin is not Origin.ARRAY:
            yield LONG.finding(part.place, f"{part.name} has {count:,} rows.", count, _MOST)

    def example(self) -> Part:
        return table(("x",), [(k / 7,) for k in range(_MOST + 1)])


CHECK = FileLimits()
