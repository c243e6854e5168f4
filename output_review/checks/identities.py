"""What identifiers of people look like: by the name of a column, by a value's form and check digits. Pure.

Patterns are linear in the length of a text (no nested repetition), and a cell is cut before it is looked at.
"""

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from output_review.checks.measures import STATISTICS, Meaning, meaning_of, of, words_of

_LONGEST = 400
# Alone, or beside a word for whose they are.
_ALONE = of(
    "ssn nir nss email mail phone telephone mobile surname lastname firstname forename fullname iban mrn "
    "passport ipp ine ins nhsnumber nino rpps adeli finess siret address adresse prenom telefon"
)
_PEOPLE = of(
    "patient person people subject participant individual beneficiary beneficiaire member assure client "
    "customer user employee doctor physician prescriber pupil student respondent household family case "
    "donor individu"
)
_MARKS = of("id ids identifier identifiant no num number numero code key name nom uuid guid pseudo hash ref")
_BIRTH = re.compile(r"\b(birth ?date|date of birth|dob|birthdate|date (de )?naiss\w*|geburtsdatum|birth ?day)\b")
_PHRASES = re.compile(
    r"\b(first|last|full|maiden|family|given|middle) ?name\b|\bnom (de )?(famille|patient|usage|naissance)\b|"
    r"\bsocial security( number| no)?\b|\bnhs (number|no|num)\b|\bnum(ero)? (secu|nir|ipp)\b|\bmedical record\b|"
    r"\bip address\b|\bzip ?code\b|\bpost ?code\b|\bcode postal\b"
)


def direct_words(name: str) -> str:
    """The words in a column's name that call it an identifier: `patient_id`, `Nom patient`, `NIR`; or empty.

    `n_patients`, `patients`, `code` alone, `mean patient age` do not.
    """
    words = words_of(name)
    if not words or len(words) > 5 or meaning_of(name) in STATISTICS - {Meaning.COUNT}:
        return ""
    said = " ".join(words)
    found = _PHRASES.search(said) or _BIRTH.search(said)
    if found:
        return found.group(0)
    if set(words) & _ALONE and not {"n", "count", "has", "with"} & set(words):
        return said
    if words[-1] in {"id", "ids", "uuid", "guid", "identifier", "identifiant"} and (
        len(words) > 1 or words[-1] != "ids"
    ):
        return said if set(words[:-1]) & _PEOPLE or len(words) == 1 else ""
    people = [word for word in words if word.removesuffix("s") in _PEOPLE or word in _PEOPLE]
    return said if people and _MARKS & set(words) and words[0] not in ("n", "nb", "number", "no", "num") else ""


def _luhn(digits: str) -> bool:
    total = 0
    for place, one in enumerate(reversed(digits)):
        value = int(one) * (1 + place % 2)
        total += value - 9 if value > 9 else value
    return total % 10 == 0


def _nir(text: str) -> bool:
    """Thirteen figures (2A, 2B for Corsica) and a key of two; month and department are looked at too."""
    body, key = text[:13], text[13:]
    body = body.replace("2A", "19").replace("2B", "18")
    return body.isdigit() and key.isdigit() and 97 - int(body) % 97 == int(key)


def _nhs(digits: str) -> bool:
    rest = 11 - sum(int(one) * weight for one, weight in zip(digits, range(10, 1, -1), strict=False)) % 11
    return rest % 11 == int(digits[9]) and rest != 10 and len(set(digits)) > 2


def _iban(text: str) -> bool:
    turned = text[4:] + text[:4]
    return int("".join(str(int(one, 36)) for one in turned)) % 97 == 1


@dataclass(frozen=True)
class Kind:
    """One form of identifier: what it is called, its pattern, and whether the compact text passes its check."""

    name: str
    pattern: re.Pattern[str]
    passes: Callable[[str], bool] = lambda text: True


_ALL = (
    Kind("an e-mail address", re.compile(
        r"(?<![\w.+-])[\w.+-]{1,64}@[A-Za-z0-9-]{1,63}(?:\.[A-Za-z0-9-]{1,63}){1,4}\b")),
    Kind("a French social security number (NIR)", re.compile(
        r"(?<![\w.])[12] ?\d\d ?(?:0[1-9]|1[0-2]|[2-9]\d) ?(?:\d\d|2[AB]) ?\d{3} ?\d{3} ?\d\d(?![\w.])"), _nir),
    Kind("a British NHS number", re.compile(r"(?<![\w.])\d{3}[ -]\d{3}[ -]\d{4}(?![\w.])"), _nhs),
    Kind("a US social security number", re.compile(
        r"(?<![\w.-])(?!000|666|9)\d{3}-(?!00)\d\d-(?!0000)\d{4}(?![\w.-])")),
    Kind("an IBAN", re.compile(r"(?<!\w)[A-Z]{2}\d\d(?: ?[A-Z0-9]{4}){2,7}(?: ?[A-Z0-9]{1,3})?(?!\w)"), _iban),
    Kind("an IP address", re.compile(
        r"(?<![\w.])(?:(?:25[0-5]|2[0-4]\d|1\d\d|[1-9]?\d)\.){3}(?:25[0-5]|2[0-4]\d|1\d\d|[1-9]?\d)(?![\w.])"),
        lambda text: not text.startswith(("127.", "0.", "255."))),
    Kind("a telephone number", re.compile(r"(?<![\w.,])(?:\+\d{1,3}[ .]?|0)[1-9](?:[ .-]\d\d){4}(?![\w.,-])")),
    Kind("a payment card number", re.compile(r"(?<![\w.])(?:\d{4}[ -]){3}\d{4}(?![\w.])"), _luhn),
)  # fmt: skip
_CODE = re.compile(r"^[A-Za-z]{0,6}[-_/#]?\d{3,}[-_/A-Za-z0-9]{0,20}$|^[0-9a-fA-F]{12,64}$")


_BEFORE, _BEHIND = (
    re.compile(r"(?:^|\D)\d{1,9} \d{1,9} \d{1,9} $"),
    re.compile(r"^ \d{1,9} \d{1,9} \d{1,9}(?:\D|$)"),
)


class Kinds:
    """All forms together."""

    def found(self, cell: object) -> str | None:
        """The name of the first form that is in a cell."""
        if not isinstance(cell, str) or not len(cell) >= 6:
            return None
        return next((name for name, _ in self.all_in(cell[:_LONGEST])), None)

    def all_in(self, text: str) -> Iterable[tuple[str, int]]:
        """(name, offset) of everything that has a form and passes its check."""
        for kind in _ALL:
            for match in kind.pattern.finditer(text):
                if kind.passes(re.sub(r"[ -]", "", match.group(0))) and not _listed(text, match):
                    yield kind.name, match.start()

    def codes(self, cells: Sequence[object]) -> bool:
        """Whether these are at least 20 different codes of one make, and no whole numbers in order."""
        texts = [one for one in cells if isinstance(one, str)]
        if len(texts) < 20 or len(texts) < len(cells) or len(set(texts)) < len(texts):
            return False
        return all((_CODE.match(one) and any(c.isalpha() for c in one)) or _hash(one) for one in texts[:500])


def _listed(text: str, match: re.Match[str]) -> bool:
    """Whether what was found stands within a list of numbers with a blank between each: its own are of them."""
    if " " not in match.group(0):
        return False
    before, behind = text[max(0, match.start() - 40) : match.start()], text[match.end() : match.end() + 40]
    return bool(_BEFORE.search(before) or _BEHIND.match(behind))


def _hash(text: str) -> bool:
    return bool(re.fullmatch(r"[0-9a-fA-F]{16,64}|[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}", text))


KINDS = Kinds()
