"""What cannot be seen, or turns the direction of writing, becomes something visible; what is too long is cut."""

from typing import BinaryIO

_NAMED = {0x200B: "ZWSP", 0x200C: "ZWNJ", 0x200D: "ZWJ", 0x200E: "LRM", 0x200F: "RLM", 0xFEFF: "BOM"}


def visible(text: str) -> str:
    """Every character that cannot be seen as ⟨name⟩; tabs as they are."""
    return "".join(c if c.isprintable() or c == "\t" else _named(ord(c)) for c in text)


def cut(text: str, most: int) -> str:
    """The first `most` characters, made visible, and how many more there are."""
    kept = visible(text[:most])
    return kept if len(text) <= most else f"{kept}… (+{len(text) - most:,} characters)"


def hidden_in(text: str) -> int:
    """How many characters cannot be seen, apart from line ends and tabs."""
    return sum(1 for c in text if not c.isprintable() and c not in "\n\r\t")


def text_of(file: BinaryIO, notes: list[str]) -> str:
    """The whole file as UTF-8. Its kind was told from its beginning: `notes` gains a word on what is no text."""
    text = file.read().decode("utf-8-sig", errors="surrogateescape")
    wrong = sum(1 for c in text if "\udc80" <= c <= "\udcff")
    if wrong:
        notes.append(f"{wrong:,} bytes are no text (UTF-8) and are shown as ⟨DC80⟩ to ⟨DCFF⟩: what is this file?")
    if hidden := hidden_in(text) - wrong:
        notes.append(f"{hidden} characters that cannot be seen, or that turn the writing, are shown as ⟨…⟩.")
    return text


def _named(code: int) -> str:
    return f"⟨{_NAMED[code]}⟩" if code in _NAMED else f"⟨{code:04X}⟩"
