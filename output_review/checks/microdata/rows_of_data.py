"""Rows of the granted data in a file, whatever they were written as."""

from collections.abc import Iterator
from itertools import zip_longest

from output_review.checks.findings import Finding, Rule, Severity
from output_review.checks.microdata import held, records
from output_review.checks.microdata.fields import Field
from output_review.checks.microdata.index import Table
from output_review.checks.parts import Form, Part, table
from output_review.checks.registry import Check, Context, Need
from output_review.places import Place

_ROWS, _TOLD = 1000, 10  # looked at, said one by one
_TURNED = 40  # a table of at most so many rows may have its records in the columns
ROWS = Rule(
    "rows-of-data",
    "−log2 P(so many rows are found among the data's people | an honest aggregate) > 7 bits",
    "Exact data matching of data-loss prevention (Skyhigh, Purview), by the information of a match and Chernoff's"
    " bound instead of by identifiers. OpenSAFELY, ADRF: no record-level data is released",
    "Release an aggregate: counts, means or rates of groups of enough people. A figure that needs every point can"
    " be drawn from bins.",
    Severity.BLOCK,
)
ENDS = Rule(
    "endpoints-of-groups",
    "the value is the smallest or largest of its group, in nearly every row",
    "OpenSAFELY, ADRF, CBS: minimum and maximum are the values of one person, and are not released by default",
    "Give percentiles (5th and 95th) instead of minimum and maximum, or round them so that several people share"
    " each.",
    Severity.BLOCK,
)


class RowsOfData(Check):
    name = "rows-of-data"
    title = "Rows of the granted data"
    reads = frozenset({Form.TABLE})
    needs = frozenset({Need.MICRODATA})
    cannot_see = (
        "rows to which noise was added, or whose codes or dates were changed; rows of columns that many people"
        " share; a single column whose values lie close together"
    )
    rules = (ROWS, ENDS)

    def prepare(self, context: Context) -> None:
        held.prepare(context)

    def look(self, part: Part, context: Context) -> Iterator[Finding]:
        tables = held.tables(context)
        if part.sheet is None or not part.sheet.columns:
            return
        rows = held.some_rows(part.sheet, _ROWS)
        evidence = self._strongest(held.fields(part.sheet.columns, list(rows.values())), tables, context)
        if evidence is not None:
            yield from self._told(part, evidence, [list(rows)[one] for one in evidence.rows], context)
        elif len(rows) <= _TURNED:
            columns = [str(one) for one in range(len(rows) + 1)]
            turned = list(zip_longest(part.sheet.columns, *rows.values()))
            evidence = self._strongest(held.fields(columns, turned), tables, context)
            if evidence is not None:
                yield self._finding(part.at(column=int(evidence.rows[0]) + 1), evidence, "columns", context)

    def _strongest(
        self, fields: list[Field], tables: tuple[Table, ...], context: Context
    ) -> records.Evidence | None:
        if not fields[0].readings:
            return None
        least = context.thresholds.min_count
        found = [one for table in tables if (one := records.detect(fields, table, least)) is not None]
        return max(found, key=lambda one: one.bits, default=None)

    def _told(self, part: Part, evidence: records.Evidence, rows: list[int], context: Context) -> Iterator[Finding]:
        """The finding, and the rows themselves up to some."""
        yield self._finding(part.at(row=rows[0] + 1), evidence, "rows", context)
        for row, people in list(zip(rows, evidence.frequency, strict=True))[1:_TOLD]:
            said = f"{people} of the data has" if people == 1 else f"{people} of the data have"
            rule = ENDS if evidence.endpoint else ROWS
            message = f"Row {row + 1}: {said} all of these values."
            yield rule.finding(part.at(row=row + 1), message, int(people), context.thresholds.min_count)

    def _finding(self, where: Place, evidence: records.Evidence, what: str, context: Context) -> Finding:
        names = ", ".join(one.column.name for one in evidence.picks)
        count, s = len(evidence.rows), "s" if len(evidence.rows) == 1 else ""
        said = f"{count} {what.removesuffix('s') if s else what}"
        of = f"{evidence.table.dataset} ({evidence.table.name})"
        chance = f"an honest table would look so with a chance of 1 in 2^{evidence.bits:.0f}"
        if evidence.endpoint:
            message = f"{said} give{s} the smallest or largest {names} of groups of {of}; {chance}."
            return ENDS.finding(where, message, len(evidence.rows), 0)
        message = f"{said} agree{s} with rows of {of} in {names}; {chance}."
        return ROWS.finding(where, message, round(evidence.bits, 1), records.SURE)

    def example(self) -> Part:
        return table(("code", "age", "cost"), [("I21", 54, 1840.22), ("E11", 71, 310.5), ("C50", 39, 12950.75)])


CHECK = RowsOfData()
