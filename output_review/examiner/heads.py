"""The beginning that every report has."""

from typing import Any

from output_review.kinds import Kind


def head_of(kind: Kind) -> dict[str, Any]:
    """`family`, `kind` (words for a person) and a new list of `notes`, begun with what the kind has to say."""
    return {"family": kind.family.value, "kind": kind.words, "notes": [kind.note] if kind.note else []}
