"""What an image carries beside its pixels: texts, EXIF, further frames, bytes behind its end."""

import io
from collections.abc import Iterator

from PIL import ExifTags, Image

from output_review.checks.measures import of
from output_review.checks.parts import Form, Part
from output_review.checks.unpack.gaps import Gap

_END = {"PNG": b"IEND\xaeB`\x82", "JPEG": b"\xff\xd9", "GIF": b"\x00;"}
_MOST_PIXELS = 100_000_000
# Written by libraries about themselves, about colours and about print.
_USUAL = of(
    "dpi Software jfif jfif_version jfif_unit jfif_density gamma aspect icc_profile srgb interlace "
    "transparency progressive progression adobe adobe_transform version loop background compression "
    "resolution chromaticity duration extension"
)


def parts(part: Part) -> Iterator[Part | Gap]:
    yield Gap("what is drawn as pixels is not read")
    with Image.open(io.BytesIO(part.data)) as image:
        if image.width * image.height > _MOST_PIXELS:
            yield Gap(f"it has {image.width:,} × {image.height:,} pixels: not opened")
            return
        if image.format == "PNG":
            image.load()  # texts may stand behind the pixels
        frames = getattr(image, "n_frames", 1)
        if frames > 1:
            yield Gap(f"it has {frames} frames, of which a page shows one")
        told = [f"{name}: {_text(value)}" for name, value in image.info.items() if name not in _USUAL]
        told += [
            f"{ExifTags.TAGS.get(tag, tag)}: {_text(value)}"
            for tag, value in image.getexif().items()
            if tag > 0x132
        ]
        if told:
            facts = (("metadata", "; ".join(told)[:400]),)
            yield Part(Form.TEXT, f"{part.name}, metadata", part.place, text="\n".join(told), facts=facts)
        yield from _behind(part, image.format or "")


def _behind(part: Part, form: str) -> Iterator[Part]:
    end = _END.get(form, b"")
    at = part.data.rfind(end) if form == "JPEG" else part.data.find(end)
    behind = part.data[at + len(end) :] if end and at >= 0 else b""
    if behind.strip(b"\x00\r\n "):
        facts = (("behind", f"{len(behind):,}"),)
        yield Part(Form.UNKNOWN, f"{part.name}, behind its end", part.place, data=behind, facts=facts)


def _text(value: object) -> str:
    return value.decode("utf-8", errors="replace") if isinstance(value, bytes) else str(value)
