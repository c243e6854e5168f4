"""Names, numbers and addresses of people: columns that are called so, and contents that are so."""

from collections.abc import Iterator

from output_review.checks.findings import Finding, Rule, Severity
from output_review.checks.identities import KINDS, direct_words
from output_review.checks.parts import Cell, Form, Origin, Part, Sheet, table
from output_review.checks.registry import Check, Context

NAMED = Rule(
    "identifier-by-name",
    "a column of more than one distinct value is called after a direct identifier",
    "GDPR art. 4(1); HandbookSDC §3: direct identifiers are removed first; SNDS: no professional identifiers, even"
    " encrypted",
    "Leave the column out. A result never needs to say who.",
    Severity.BLOCK,
)
CONTENT = Rule(
    "identifier-by-content",
    "a value has the form of an identifier, and its check digits are right where it has any",
    "NIR: 97 − (n mod 97); NHS number: modulus 11; RPPS, cards: Luhn; IBAN: ISO 7064 mod 97-10; e-mail: RFC 5322",
    "Remove the value. If it is none of a person, say in the request what it is.",
    Severity.BLOCK,
)
CODES = Rule(
    "one-code-a-row",
    "at least 20 rows, each with another value of one pattern of letters and digits",
    "Pseudonyms are personal data: GDPR recital 26",
    "Leave the codes out; a table of results has none that is different in every row.",
)
WORDS = Rule(
    "free-text",
    "at least 5 rows, nearly all with another text of at least 5 words",
    "OpenSAFELY, ADRF: free text about people is not released; it names them, and what happened to them",
    "Leave the texts out, or release counts of what they were coded to.",
)
_TEXTS, _LENGTH = 5, 5  # rows, and words of each
_ROWS = 20_000  # looked at; a file with more rows is said to be too long by `file-limits`
_CELL = 400


class Identifiers(Check):
    name = "identifiers"
    title = "Identifiers of people"
    reads = frozenset({Form.TABLE})
    cannot_see = (
        "names of people in free text or in columns called otherwise; identifiers beyond the first 20,000 rows"
    )
    rules = (NAMED, CONTENT, CODES, WORDS)

    def look(self, part: Part, context: Context) -> Iterator[Finding]:
        sheet = part.sheet
        if sheet is None:
            return
        rows = sheet.rows(0, _ROWS)
        for column, name in enumerate(sheet.columns):
            cells = [row[column] for row in rows if column < len(row)]
            yield from _column(part, column, name, cells)
        if part.origin is not Origin.ARRAY:
            yield from _header(part, sheet)

    def example(self) -> Part:
        return table(("patient_id", "cost"), [("P-0001", 12.5), ("P-0002", 210.0)])


def _column(part: Part, column: int, name: str, cells: list[Cell]) -> Iterator[Finding]:
    filled = [c for c in cells if c is not None and str(c).strip()]
    distinct = len({str(c) for c in filled[:1000]})
    word = direct_words(name)
    if word and distinct > 1:
        yield NAMED.finding(
            part.at(row=1, column=column + 1), f"“{name[:60]}” is called after an identifier.", name[:60]
        )
    for row, cell in enumerate(cells):
        kind = KINDS.found(cell) if cell is not None else None
        if kind:
            message = f"This has the form of {kind}."
            yield CONTENT.finding(part.at(row=row + 1, column=column + 1), message, kind)
    told = {c for c in filled[:1000] if isinstance(c, str) and len(c[:_CELL].split()) >= _LENGTH}
    if len(told) >= max(_TEXTS, 0.8 * len(filled[:1000])) and part.origin is not Origin.BLOCK:
        message = f"“{name[:60]}” holds a text of its own in each of {len(filled):,} rows."
        yield WORDS.finding(part.at(row=1, column=column + 1), message, len(told), _TEXTS)
    if not word and KINDS.codes(filled):
        message = f"“{name[:60]}” holds another code in each of {len(filled):,} rows."
        yield CODES.finding(part.at(row=1, column=column + 1), message, len(filled), 20)


def _header(part: Part, sheet: Sheet) -> Iterator[Finding]:
    """A pivot over people has them as its columns."""
    for column, name in enumerate(sheet.columns):
        kind = KINDS.found(name[:_CELL])
        if kind:
            yield CONTENT.finding(part.at(column=column + 1), f"A column's name has the form of {kind}.", kind)


CHECK = Identifiers()
