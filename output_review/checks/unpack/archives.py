"""The members of a ZIP or tar archive, or what is in one compressed file."""

import io
from collections.abc import Iterator

from output_review.checks.parts import Form, Part
from output_review.checks.unpack.gaps import Gap
from output_review.readers import archives
from output_review.readers.unreadable import Unreadable


def parts(part: Part) -> Iterator[Part | Gap]:
    file = io.BytesIO(part.data)
    try:
        yield from map(Gap, archives.members(file).notes)
        for one, data in archives.files(file):
            where: dict[str, int | str] = {**part.place, "member": one.name or part.name}
            if one.leads_out or one.sort in ("link", "other"):
                yield Gap(
                    f"“{one.name[:100]}” is a {one.sort}, or leads out of the folder it would be unpacked into"
                )
            if data:
                yield Part(Form.UNKNOWN, one.name or part.name, where, data=data)
    except Unreadable as reason:
        yield Gap(str(reason))
