"""Texts, logs, sources and outputs: identifiers, secrets, and small counts said in words."""

import re
from collections.abc import Iterator

from output_review.checks.findings import Finding, Rule, Severity
from output_review.checks.identities import KINDS
from output_review.checks.parts import Form, Part
from output_review.checks.registry import Check, Context

IDENTIFIER = Rule(
    "identifier-in-text",
    "a text has something in the form of an identifier, with right check digits where it has any",
    "GDPR art. 4(1); NIR: 97 − (n mod 97); NHS number: modulus 11; IBAN: ISO 7064 mod 97-10",
    "Remove it.",
    Severity.BLOCK,
)
SECRET = Rule(
    "secret",
    "a text has a private key, a token of a known make, or a password given by name",
    "detect-secrets' and the makers' own formats",
    "Remove it, and have the secret changed: it has been read.",
    Severity.BLOCK,
)
SAID = Rule(
    "count-in-words",
    "“n = k”, “k patients” with 1 ≤ k < t",
    "As minimum-count; OpenSAFELY: counts in a text are outputs too",
    "Say “fewer than the threshold”, or nothing.",
)
LEAF = Rule(
    "small-leaf-in-text",
    "leaf_count = …, min over the leaves < t",
    "SACRO-ML rules.json: min_samples_leaf at least 5; its equivalence classes at least 10; arXiv 2502.09396",
    "Fit the trees with min_child_samples (min_data_in_leaf) of at least the threshold.",
    Severity.BLOCK,
)
# LightGBM's own form; what is printed of scikit-learn's trees says `samples = 3`.
_LEAVES = re.compile(r"\bleaf_count\s{0,3}=\s{0,3}([\d ]{1,4000})|(?:\b|\\n)samples = (\d{1,9})\b")
# A leaf of scikit-learn's `export_text`, of rpart (n, loss, value), of XGBoost (a sum of weights: at most n).
_WEIGHTS = re.compile(r"--- weights: \[([\d., ]{1,2000})\]")
_RPART = re.compile(r"(?<= )(\d{1,9}) [\d.eE+-]{1,20} \S{1,40} (?:\([^()\n]{1,400}\) )?\*$")
_COVER = re.compile(r"\bleaf=[^,\s]{1,30},cover=(\d{1,9})\b")
_SECRETS = re.compile(
    r"-----BEGIN (?:[A-Z]{2,10} ){0,2}PRIVATE KEY-----|\bAKIA[0-9A-Z]{16}\b|\bgh[pousr]_[A-Za-z0-9]{36}\b|"
    r"\bxox[abpr]-[A-Za-z0-9-]{10,60}|\bglpat-[\w-]{20}\b|\beyJ[\w-]{10,500}\.eyJ[\w-]{10,2000}\.|"
    r"\b(?:password|passwd|pwd|secret|api_?key|token)\b['\"]?\s{0,3}[:=]\s{0,3}['\"][^'\"\s]{6,100}['\"]|"
    r"://[^/\s:@]{1,60}:[^/\s:@]{3,100}@",
    re.IGNORECASE,
)
_EQUALS = re.compile(r"(?<![\w.])[nN]\s?=\s?(\d{1,4})(?![\d.,%]\d|\d)")
_WHO = (
    r"(?:patients?|persons?|people|participants?|subjects?|individuals?|women|men|children|cases|deaths|patientes?|"
    r"personnes|cas|décès|femmes|hommes|enfants|bénéficiaires|Patienten)\b"
)
_PEOPLE = re.compile(r"(?<![\d.,/-])(\d{1,4})\s(?:of the\s)?" + _WHO, re.IGNORECASE)
_NUMERALS = {
    word: count
    for line in (
        "one two three four five six seven eight nine ten",
        "une deux trois quatre cinq six sept huit neuf dix",
        "ein zwei drei vier fünf sechs sieben acht neun zehn",
    )
    for count, word in enumerate(line.split(), start=1)
}
_IN_WORDS = re.compile(rf"\b({'|'.join(sorted(_NUMERALS))})\s(?:of the\s)?{_WHO}", re.IGNORECASE)
_LINE = 5000
_LINES = 200_000


class Texts(Check):
    name = "texts"
    title = "Identifiers, secrets and small counts in a text"
    reads = frozenset({Form.TEXT})
    cannot_see = "names of people; identifiers beyond 5,000 characters of a line"
    rules = (IDENTIFIER, SECRET, SAID, LEAF)

    def look(self, part: Part, context: Context) -> Iterator[Finding]:
        threshold = context.thresholds.min_count
        for number, line in enumerate(part.text.split("\n")[:_LINES], start=1):
            place, line = part.at(row=number), line[:_LINE]
            for kind, _ in KINDS.all_in(line):
                yield IDENTIFIER.finding(place, f"{part.name}: this has the form of {kind}.", kind)
            if _SECRETS.search(line):
                yield SECRET.finding(place, f"{part.name}: this looks like a secret.")
            if part.told("source"):
                continue  # `n = 5` in a programme counts nobody
            least = min(_leaves(line), default=threshold)
            if least < threshold:
                sure = None if not _COVER.search(line) else Severity.REVIEW
                yield LEAF.finding(place, f"{part.name}: a leaf holds {least} people.", least, threshold, sure)
            for match in (*_EQUALS.finditer(line), *_PEOPLE.finditer(line), *_IN_WORDS.finditer(line)):
                said = match.group(1).lower()
                count = _NUMERALS[said] if said in _NUMERALS else int(said)
                if 0 < count < threshold:
                    yield SAID.finding(place, f"{part.name}: “{match.group(0)}”.", count, threshold)

    def example(self) -> Part:
        return Part(Form.TEXT, "notes.txt", text="Of these, 3 patients died.\nAsk jean.dupont@example.org.")


def _leaves(line: str) -> Iterator[int]:
    """The people in each leaf of a tree that a line prints."""
    for match in _LEAVES.finditer(line):
        yield from map(int, "".join(match.groups("")).split())
    for match in _WEIGHTS.finditer(line):
        yield round(sum(float(one) for one in match.group(1).split(",") if one.strip(" .")))
    yield from (int(match.group(1)) for pattern in (_RPART, _COVER) for match in pattern.finditer(line))


CHECK = Texts()
