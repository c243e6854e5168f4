"""The words for what a file is. Pure."""

from dataclasses import dataclass
from enum import StrEnum


class Form(StrEnum):
    """How a table is written."""

    DELIMITED = "delimited"
    EXCEL = "excel"
    ODS = "ods"
    PARQUET = "parquet"
    FEATHER = "feather"


class Family(StrEnum):
    """How a file can be shown."""

    TABLE = "table"
    TEXT = "text"
    JSON = "json"
    MARKUP = "markup"
    IMAGE = "image"
    PAGES = "pages"
    NOTEBOOK = "notebook"
    MODEL = "model"
    ARCHIVE = "archive"
    OTHER = "other"


# What is of each family, what a checker sees of it, and what is said beside it: the output checker's page has it.
SHOWN: dict[Family, tuple[str, str, str]] = {
    Family.TABLE: (
        "CSV, TSV, Excel, ODS, Parquet, Feather",
        "rows and columns, sheet by sheet, hidden ones too",
        "macros, comments, caches and whatever else the file carries",
    ),
    Family.TEXT: ("plain text", "numbered lines", "characters that cannot be seen"),
    Family.JSON: ("JSON", "the same values, one on a line", "names given twice"),
    Family.MARKUP: (
        "HTML, SVG, XML, Markdown",
        "its source, never the page or drawing that it makes",
        "scripts, links, embedded data, and how many marks a drawing has",
    ),
    Family.IMAGE: (
        "PNG, JPEG, GIF, WebP, TIFF, BMP",
        "a copy that we draw anew, without the lowest four bits of each colour",
        "text and EXIF fields, further pictures, bytes after the end",
    ),
    Family.PAGES: (
        "PDF",
        "a picture of each of the first pages",
        "attachments, scripts, links, form fields, metadata, earlier versions",
    ),
    Family.NOTEBOOK: (
        "Jupyter notebook",
        "cell by cell: source, and each output as the kind that it is",
        "every MIME type of an output, attachments, widgets, metadata",
    ),
    Family.MODEL: (
        "pickle, joblib, NumPy, skops, ONNX, PyTorch",
        "what it would make and every array in it, read without running anything",
        "what loading it would import and call",
    ),
    Family.ARCHIVE: (
        "ZIP, tar, gzip, bz2, xz",
        "the list of its members with their kinds",
        "links, names that lead out, bytes of no member",
    ),
    Family.OTHER: ("everything else", "name, size and digest only", "that nobody has looked into it"),
}


@dataclass(frozen=True)
class Kind:
    """`words` say it to a person; `form` is set for tables, `delimiter` for those in text; `note` says when name
    and content disagree."""

    family: Family
    words: str
    delimiter: str = ""
    note: str = ""
    form: Form | None = None
