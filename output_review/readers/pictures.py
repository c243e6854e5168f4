"""A raster image drawn anew: its size is known before it is decoded, and only pixels pass, without their low bits.

What the file carries beside the pixels is named, not shown as an image. Numbers can hide in the lowest bits of each
colour, and survive any re-encoding that keeps them: of the eight, the upper four pass (0 to 15 become 0 to 255).
"""

import io
from collections.abc import Iterator
from dataclasses import dataclass

from PIL import ExifTags, Image, UnidentifiedImageError

from output_review.readers.unreadable import Unreadable

FORMATS = ("PNG", "JPEG", "GIF", "WEBP", "TIFF", "BMP")
MOST_PIXELS = 50_000_000
LARGEST_SIDE = 1600  # pixels of what is shown
_KEEP_HIGH_BITS = [(value >> 4) * 17 for value in range(256)]
_MOST_FIELDS, _LONGEST = 100, 500
_PNG_CHUNKS = {
    b"IHDR", b"PLTE", b"IDAT", b"IEND", b"tRNS", b"gAMA", b"cHRM", b"sRGB", b"iCCP", b"sBIT", b"bKGD", b"pHYs",
    b"hIST", b"tEXt", b"zTXt", b"iTXt", b"tIME", b"eXIf", b"acTL", b"fcTL", b"fdAT", b"sPLT",
}  # fmt: skip
Image.MAX_IMAGE_PIXELS = None  # our own bound stands before any decoding
_DAMAGED = (UnidentifiedImageError, OSError, ValueError, SyntaxError, EOFError, OverflowError, KeyError, TypeError)


@dataclass(frozen=True)
class Picture:
    """`width` and `height` of the file's image, pixels; `png`: what is shown, smaller if it was larger than
    `LARGEST_SIDE`; `fields`: (name, text) of what it carries beside its pixels."""

    form: str
    width: int
    height: int
    png: bytes
    fields: tuple[tuple[str, str], ...]
    notes: tuple[str, ...]


def picture(data: bytes) -> Picture:
    """Raise `Unreadable` for what is no image in one of `FORMATS`, damaged, or larger than `MOST_PIXELS`."""
    try:
        with Image.open(io.BytesIO(data), formats=FORMATS) as image:
            if image.width * image.height > MOST_PIXELS:
                size = f"{image.width:,} × {image.height:,} pixels"
                raise Unreadable(f"The image claims {size}: more than {MOST_PIXELS:,} are not decoded.")
            return _drawn(image, data)
    except _DAMAGED as error:
        raise Unreadable(f"The image is damaged: {type(error).__name__}.") from error
    except MemoryError as error:
        raise Unreadable("Decoding the image takes too much memory.") from error


def encoded(image: Image.Image) -> bytes:
    """Pixels as a PNG of ours: at most `LARGEST_SIDE` on a side, without low bits, without anything else."""
    plain = image.convert("RGBA" if "A" in image.getbands() or "transparency" in image.info else "RGB")
    plain.thumbnail((LARGEST_SIDE, LARGEST_SIDE))
    fresh = Image.new(plain.mode, plain.size)
    fresh.paste(plain)
    out = io.BytesIO()
    fresh.point(_KEEP_HIGH_BITS * len(fresh.getbands())).save(out, "PNG", compress_level=6)
    return out.getvalue()


def _drawn(image: Image.Image, data: bytes) -> Picture:
    form, width, height = str(image.format), image.width, image.height
    frames = getattr(image, "n_frames", 1)
    image.seek(0)
    image.load()
    png = encoded(image)
    notes = [f"It holds {frames:,} pictures: only the first is shown."] if frames > 1 else []
    if max(width, height) > LARGEST_SIDE:
        notes.append(f"Shown smaller than its {width:,} × {height:,} pixels.")
    notes += _strange(form, data)
    return Picture(form, width, height, png, tuple(_fields(image))[:_MOST_FIELDS], tuple(notes))


def _fields(image: Image.Image) -> Iterator[tuple[str, str]]:
    """Texts, EXIF fields and whatever else stands beside the pixels."""
    texts = getattr(image, "text", None)
    known = set(texts or ())
    yield from ((f"text “{key}”", _short(value)) for key, value in (texts or {}).items())
    for key in ("comment", "xmp", "XML:com.adobe.xmp", "icc_profile", "photoshop"):
        if key in image.info and key not in known:
            yield key, _short(image.info[key])
    exif = image.getexif()
    for tag, value in exif.items():
        yield f"EXIF {ExifTags.TAGS.get(tag, tag)}", _short(value)
    for directory in (ExifTags.IFD.Exif, ExifTags.IFD.GPSInfo):
        names = ExifTags.GPSTAGS if directory is ExifTags.IFD.GPSInfo else ExifTags.TAGS
        for tag, value in exif.get_ifd(directory).items():
            yield f"EXIF {names.get(tag, tag)}", _short(value)


def _short(value: object) -> str:
    if isinstance(value, bytes):
        return f"{len(value):,} bytes"
    text = str(value)
    return text if len(text) <= _LONGEST else f"{text[:_LONGEST]}… (+{len(text) - _LONGEST:,} characters)"


def _strange(form: str, data: bytes) -> list[str]:
    """Words on bytes that belong to no picture."""
    if form == "PNG":
        end, private = _png_end(data)
        notes = [f"{private:,} bytes stand in chunks that no viewer shows."] if private else []
    elif form == "JPEG":
        end, notes = _jpeg_end(data), []
    elif form == "WEBP":
        end, notes = 8 + int.from_bytes(data[4:8], "little"), []
    else:
        return [f"Bytes after the end are not looked for in a {form} image."]
    if end < len(data):
        notes.append(f"{len(data) - end:,} bytes follow the end of the image: they belong to something else.")
    return notes


def _png_end(data: bytes) -> tuple[int, int]:
    """Where the image ends, and the bytes in chunks of no known kind (PNG, third edition, 5.3)."""
    at, private = 8, 0
    while at + 12 <= len(data):
        size, kind = int.from_bytes(data[at : at + 4]), data[at + 4 : at + 8]
        private += size if kind not in _PNG_CHUNKS else 0
        at += 12 + size
        if kind == b"IEND":
            break
    return at, private


def _jpeg_end(data: bytes) -> int:
    """Behind the first EOI that no segment contains (ITU T.81, B.1)."""
    at = 2
    while 0 <= (at := data.find(b"\xff", at)) < len(data) - 1:
        marker = data[at + 1]
        if marker == 0xD9:
            return at + 2
        if marker in (0x00, 0x01, 0xFF) or 0xD0 <= marker <= 0xD8:
            at += 1 if marker == 0xFF else 2
        else:
            at += 2 + int.from_bytes(data[at + 2 : at + 4])
    return len(data)
