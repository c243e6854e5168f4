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
_LEAVES = re.compile(r"\bleaf_count\s{0,3}=\s{0,3}([\d ]{1,4000})|\bsamples = (\d{1,9})\b")
_SECRETS = re.compile(
    r"-----BEGIN (?:[A-Z]{2,10} ){0,2}PRIVATE KEY-----|\bAKIA[0-9A-Z]{16}\b|\bgh[pousr]_[A-Za-z0-9]{36}\b|"
    r"\bxox[abpr]-[A-Za-z0-9-]{10,60}|\bglpat-[\w-]{20}\b|\beyJ[\w-]{10,500}\.eyJ[\w-]{10,2000}\.|"
    r"\b(?:password|passwd|pwd|secret|api_?key|token)\b['\"]?\s{0,3}[:=]\s{0,3}['\"][^'\"\s]{6,100}['\"]|"
    r"://[^/\s:@]{1,60}:[^/\s:@]{3,100}@",
    re.IGNORECASE,
)
_EQUALS = re.compile(r"(?<![\w.])[nN]\s?=\s?(\d{1,4})(?![\d.,%]\d|\d)")
_PEOPLE = re.compile(
    r"(?<![\d.,/-])(\d{1,4})\s(?:of the\s)?(?:patients?|persons?|people|participants?|subjects?|individuals?|women|"
    r"men|children|cases|deaths|patientes?|personnes|cas|décès|femmes|hommes|enfants|bénéficiaires|Patienten)\b",
    re.IGNORECASE,
)
_LINE = 5000
_LINES = 200_000


class Texts(Check):
    name = "texts"
    title = "Identifiers, secrets and small counts in a text"
    reads = frozenset({Form.TEXT})
    cannot_see = "names of people; numbers written as words; identifiers beyond 5,000 characters of a line"
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
            leaves = [int(one) for match in _LEAVES.finditer(line) for one in "".join(match.groups("")).split()]
            if leaves and min(leaves) < threshold:
                yield LEAF.finding(
                    place, f"{part.name}: a leaf holds {min(leaves)} people.", min(leaves), threshold
                )
            for match in (*_EQUALS.finditer(line), *_PEOPLE.finditer(line)):
                count = int(match.group(1))
                if 0 < count < threshold:
                    yield SAID.finding(place, f"{part.name}: “{match.group(0)}”.", count, threshold)

    def example(self) -> Part:
        return Part(Form.TEXT, "notes.txt", text="Of these, 3 patients died.\nAsk jean.dupont@example.org.")


CHECK = Texts()
