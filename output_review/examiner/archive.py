"""An archive's members, as a list: nothing is unpacked, a member's kind is told from its beginning."""

import io
from typing import Any, BinaryIO

from output_review.examiner.heads import head_of
from output_review.examiner.visible import cut, visible
from output_review.kinds import kind_of
from output_review.places import Place
from output_review.readers.archives import Member, members

MAX_MEMBERS = 1000
_LONGEST = 300


def report(file: BinaryIO, name: str, place: Place) -> dict[str, Any]:
    """`members` (`name`, `size`, `what`, `target`, `leads_out`), `total_members`, `total_size` (bytes, claimed)."""
    found = head_of(kind_of(file, name))
    archive = members(file)
    found["notes"] += archive.notes
    if leading := sum(one.leads_out for one in archive.members):
        found["notes"].append(f"{leading:,} members lead out of the folder that it would be unpacked into.")
    return found | {
        "members": [_told(one) for one in archive.members[:MAX_MEMBERS]],
        "total_members": len(archive.members),
        "total_size": sum(one.size for one in archive.members),
    }


def _told(member: Member) -> dict[str, Any]:
    what = member.sort if member.sort != "file" else kind_of(io.BytesIO(member.head), member.name).words
    return {
        "name": cut(member.name, _LONGEST) or "(its only content)",
        "size": member.size,
        "what": visible(what),
        "target": cut(member.target, _LONGEST),
        "leads_out": member.leads_out,
    }
