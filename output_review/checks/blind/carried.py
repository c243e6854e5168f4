"""What a file carries and does not show: hidden sheets, comments, caches, metadata, bytes behind its end."""

from collections.abc import Iterator, Mapping

from output_review.checks.findings import Finding, Rule, Severity
from output_review.checks.parts import Form, Part
from output_review.checks.registry import Check, Context

_ADVICE = "Save it again without that, or write the values that are meant into a plain CSV file."


def _rule(name: str, formula: str, source: str, severity: Severity = Severity.REVIEW) -> Rule:
    return Rule(name, formula, source, _ADVICE, severity)


# The facts that unpacking notes, and the rule that each breaks.
RULES: Mapping[str, Rule] = {
    "visibility": _rule("hidden-sheet", "a sheet is hidden, or hidden from menus too", "ECMA-376 part 1, 18.18.68"),
    "note": _rule("unseen-in-sheet", "a sheet has hidden rows or columns, comments, formulas", "ECMA-376 part 1"),
    "cache": _rule(
        "cached-values",
        "values of a chart, a pivot table or another file are kept in it",
        "ECMA-376 part 1, 18.10 and 21.2",
    ),
    "carried": _rule(
        "carried-values",
        "a file has metadata of its own, comments, or levels that no row uses",
        "Apache Parquet and Arrow formats; pandas categoricals keep levels of rows that were left out",
    ),
    "behind": _rule(
        "bytes-behind-end",
        "bytes follow the end of an image",
        "PNG 3rd ed. §5: nothing follows IEND; a second file hides there",
        Severity.BLOCK,
    ),
    "metadata": _rule(
        "image-metadata", "an image carries texts or EXIF of its own", "PNG 3rd ed. §11.3; Exif 2.32"
    ),
    "kept": _rule(
        "notebook-metadata",
        "a notebook keeps the state of widgets, or other metadata",
        "nbformat 4: metadata.widgets survives “clear outputs”",
    ),
    "traceback": _rule("traceback", "an output is an error with its values", "nbformat 4, output_type error"),
    "attached": _rule("attachment", "a document has a file attached", "ISO 32000-1, 7.11.4"),
}


class Carried(Check):
    name = "carried"
    title = "What a file carries and does not show"
    reads = frozenset(Form)
    cannot_see = "numbers hidden in the low bits of pixels; white text on white; what an encrypted file holds"
    rules = tuple(RULES.values())

    def look(self, part: Part, context: Context) -> Iterator[Finding]:
        for name, value in part.facts:
            rule = RULES.get(name)
            if rule is not None:
                yield rule.finding(part.place, f"{part.name}: {_WORDS[name].format(value[:200])}.", value[:200])

    def example(self) -> Part:
        return Part(Form.TABLE, "results.xlsx, sheet “raw”", {"sheet": 2}, facts=(("visibility", "very hidden"),))


_WORDS = {
    "visibility": "this sheet is {}",
    "note": "{}",
    "cache": "it keeps {}",
    "carried": "it carries {}",
    "behind": "{} bytes follow the end of the image",
    "metadata": "{}",
    "kept": "{}",
    "traceback": "an error was kept with its values",
    "attached": "{} is attached",
}


CHECK = Carried()
