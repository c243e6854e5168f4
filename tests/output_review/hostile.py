"""Files that attack the checker who looks at them: active, oversized, two-faced, or lying about their names.

Those in `ACTIVE` run script or load from `beacon` when a browser is given them as they are, under the type beside
their name: the control that the attack is one. Bytes are made at each call.
"""

import io
import json
import pickle
import struct
import zipfile
import zlib
from pathlib import Path

import joblib
import openpyxl
import pypdf
from PIL import Image
from pypdf.generic import (
    ArrayObject,
    DictionaryObject,
    NameObject,
    NumberObject,
    TextStringObject,
)

from tests.output_review.readers.hostile import Canary, a_tar, a_zip, encrypted_zip

# The files that reach the beacon when a browser is given them raw, under this type, with nobody in between.
ACTIVE = {
    "active.svg": "image/svg+xml", "animated.svg": "image/svg+xml", "loading.svg": "image/svg+xml",
    "page.html": "text/html", "refresh.html": "text/html", "frames.html": "text/html", "styled.html": "text/html",
    "focus.html": "text/html", "fragment.html": "text/html", "form.html": "text/html", "styled.xml": "text/xml",
    "xhtml.xml": "application/xhtml+xml", "polyglot.png": "text/html", "polyglot.gif": "text/html",
    "polyglot.csv": "text/html", "plain.pdf": "text/html", "readme.md": "text/html", "data.json": "text/html",
    "outputs.ipynb": "text/html", "comment.jpg": "text/html",
}  # fmt: skip


def hostile(beacon: str, touched: Path) -> dict[str, bytes]:
    """Each file by its name. Nothing may reach the address `beacon`; nothing may make the file `touched`."""
    script = f"<script>new Image().src='{beacon}script'</script>"
    return {
        **_drawings(beacon, script),
        **_pages(beacon, script),
        **_texts(beacon, script),
        **_images(beacon, script),
        **_documents(beacon, script),
        **_notebooks(beacon, script),
        **_archives(),
        **_models(touched),
    }


def _drawings(beacon: str, script: str) -> dict[str, bytes]:
    head = "<svg xmlns='http://www.w3.org/2000/svg' width='9' height='9'"
    marks = "<circle r='1'/>" * 500
    moved = f"<animate attributeName='x' dur='1s' onbegin='fetch(`{beacon}begin`)'/>"
    loaded = f"<style>@import '{beacon}css';</style><image href='{beacon}image' width='9' height='9'/>"
    entity = f"<!DOCTYPE svg [<!ENTITY x SYSTEM '{beacon}entity'>]>"
    drawings = {
        "active.svg": f"{head} onload='fetch(`{beacon}onload`)'>{script}{marks}</svg>",
        "animated.svg": f"{head}><rect width='1'>{moved}</rect></svg>",
        "loading.svg": f"{head}>{loaded}</svg>",
        "entities.svg": f"<?xml version='1.0'?>{entity}{head}>&x;</svg>",
    }
    return {name: text.encode() for name, text in drawings.items()}


def _pages(beacon: str, script: str) -> dict[str, bytes]:
    frames = f"<iframe src='{beacon}frame'></iframe><object data='{beacon}object'></object>"
    styles = f"<style>@import '{beacon}css'; body {{ background: url('{beacon}bg') }}</style>"
    focus = f"onfocus=\"new Image().src='{beacon}focus'\""
    pages = {
        "page.html": f"<!doctype html><title>x</title>{script}<img src='{beacon}img'>",
        "refresh.html": f"<html><meta http-equiv=refresh content='0;url={beacon}refresh'>",
        "frames.html": f"<html>{frames}<embed src='{beacon}embed'>",
        "styled.html": f"<html>{styles}<link rel=stylesheet href='{beacon}link'>",
        "focus.html": f"<html><input autofocus {focus}><details open ontoggle=\"fetch('{beacon}t')\">",
        "fragment.html": f"<img src=x onerror=\"new Image().src='{beacon}onerror'\"><base href='{beacon}'>",
        "form.html": f"<html><form action='{beacon}form'></form><script>document.forms[0].submit()</script>",
        "styled.xml": f"<?xml version='1.0'?><?xml-stylesheet type='text/css' href='{beacon}sheet'?><a>text</a>",
        "xhtml.xml": f"<?xml version='1.0'?><html xmlns='http://www.w3.org/1999/xhtml'>{script}</html>",
        "readme.md": f"# Title\n\n{script}\n[x](javascript:alert(1)) ![x]({beacon}picture)\n",
    }
    return {name: text.encode() for name, text in pages.items()}


def _texts(beacon: str, script: str) -> dict[str, bytes]:
    return {
        "formulas.csv": f"a,b\n=HYPERLINK(\"{beacon}\"),=cmd|' /C calc'!A0\n@SUM(1),+1\n".encode(),
        "polyglot.csv": f"a,b\n{script},1\n\"</td></table><iframe src='{beacon}'></iframe>\",2\n".encode(),
        "cells.csv": (b"1," * 999 + b"1\n") * 10_000,
        "lines.txt": (b"x" * 10_000 + b"\n") * 1000,
        "turned.txt": "name\u202efdp.exe \u2066x\u2069 \u200b\ufeff\x1b[2J\x07\x9b31m \U000e0041 end\n".encode()
        * 50,
        "data.json": (json.dumps({"</style>": script, "a\u202e": [1e308, "\u0000"]}) + "\n").encode(),
        "deep.json": b"[" * 200_000 + b"]" * 200_000,
        "not-utf8.txt": b"latin \xe9\xff and more\n" * 100,
    }


def _images(beacon: str, script: str) -> dict[str, bytes]:
    plain = io.BytesIO()
    Image.new("RGB", (40, 30), (200, 30, 30)).save(plain, "PNG")
    png = plain.getvalue()
    photo, exif = io.BytesIO(), Image.Exif()
    exif[0x010E] = script
    exif.get_ifd(0x8825)[2] = (48.0, 51.0, 30.0)
    Image.new("RGB", (40, 30), "blue").save(photo, "JPEG", exif=exif, comment=script.encode())
    drawn = io.BytesIO()
    Image.new("P", (4, 4)).save(drawn, "GIF", comment=script.encode())
    private = _chunk(b"prVt", b"name,age\n" * 100) + _chunk(b"tEXt", b"Comment\0Ann, 41")
    return {
        "polyglot.png": png + script.encode() + a_zip({"rows.csv": b"1,2\n"}),
        "claims.png": _png(60_000, 60_000),
        "bomb.png": _png(7000, 7000),
        "text-bomb.png": png[:33] + _chunk(b"zTXt", b"k\0\0" + zlib.compress(bytes(80 << 20), 9)) + png[33:],
        "private.png": png[:33] + private + png[33:],
        "damaged.png": png[:60],
        "comment.jpg": photo.getvalue(),
        "polyglot.gif": drawn.getvalue(),
        "not-a.png": f"<html>{script}".encode(),
    }  # fmt: skip


def _png(width: int, height: int) -> bytes:
    """A one-bit image of zeros: small as a file, large when it is decoded."""
    head = struct.pack(">IIBBBBB", width, height, 1, 0, 0, 0, 0)
    rows = zlib.compress(bytes((width // 8 + 1) * min(height, 8000)), 9)
    return b"\x89PNG\r\n\x1a\n" + _chunk(b"IHDR", head) + _chunk(b"IDAT", rows) + _chunk(b"IEND", b"")


def _chunk(kind: bytes, data: bytes) -> bytes:
    return len(data).to_bytes(4) + kind + data + zlib.crc32(kind + data).to_bytes(4)


def _documents(beacon: str, script: str) -> dict[str, bytes]:
    active = pypdf.PdfWriter()
    page = active.add_blank_page(300, 200)
    active.root_object[NameObject("/OpenAction")] = _action(
        "/JavaScript", "/JS", f"app.launchURL('{beacon}js', true);"
    )
    active.add_attachment("rows.csv", b"name,age\nAnn,41\n")
    active.add_metadata({"/Author": script, "/Title": "\u202etitle"})
    link = DictionaryObject(
        {NameObject("/Type"): NameObject("/Annot"), NameObject("/Subtype"): NameObject("/Link")}
    )
    link[NameObject("/Rect")] = ArrayObject([NumberObject(n) for n in (0, 0, 300, 200)])
    link[NameObject("/A")] = _action("/URI", "/URI", f"{beacon}uri")
    page[NameObject("/Annots")] = ArrayObject([active._add_object(link)])
    locked = pypdf.PdfWriter()
    locked.add_blank_page(100, 100)
    locked.encrypt("secret", algorithm="RC4-128")
    huge = pypdf.PdfWriter()
    for _ in range(60):
        huge.add_blank_page(14_400, 14_400)
    book = openpyxl.Workbook()
    book.active.append(['=HYPERLINK("' + beacon + '")', "x" * 30_000])
    hidden = book.create_sheet("rows")
    hidden.append(["Ann", 41])
    hidden.sheet_state = "veryHidden"
    return {
        "active.pdf": _written(active),
        "twice.pdf": _written(active) + b"\n1 0 obj\n<<>>\nendobj\n%%EOF\n" + script.encode(),
        "locked.pdf": _written(locked),
        "huge.pdf": _written(huge),
        "plain.pdf": b"%PDF-1.4\n" + script.encode(),
        "hidden.xlsx": _written(book, "save"),
        "macros.xlsm": _with_member(_written(book, "save"), "xl/vbaProject.bin", b"macros"),
    }  # fmt: skip


def _action(sort: str, key: str, text: str) -> DictionaryObject:
    return DictionaryObject({NameObject("/S"): NameObject(sort), NameObject(key): TextStringObject(text)})


def _written(document: object, how: str = "write") -> bytes:
    out = io.BytesIO()
    getattr(document, how)(out)
    return out.getvalue()


def _with_member(archive: bytes, name: str, content: bytes) -> bytes:
    out = io.BytesIO(archive)
    with zipfile.ZipFile(out, "a") as opened:
        opened.writestr(name, content)
    return out.getvalue()


def _notebooks(beacon: str, script: str) -> dict[str, bytes]:
    mimes = [
        "text/html", "text/markdown", "image/svg+xml", "application/javascript", "text/latex", "application/json",
        "application/vnd.plotly.v1+json", "application/vnd.bokehjs_exec.v0+json", "application/vnd.vega.v5+json",
        "application/vnd.jupyter.widget-view+json", "image/png", "image/jpeg", "application/pdf", "text/plain",
        "application/xhtml+xml", "video/mp4", "application/geo+json",
    ]  # fmt: skip
    outputs = [{"output_type": "display_data", "metadata": {}, "data": {mime: script}} for mime in mimes]
    outputs.append({"output_type": "error", "ename": script, "evalue": "x", "traceback": [f"\x1b[31m{script}"]})
    outputs.append({"output_type": "stream", "name": "stdout", "text": script})
    cells = [
        {"cell_type": "code", "id": "a", "metadata": {}, "source": script, "outputs": outputs},
        {"cell_type": "markdown", "id": "b", "metadata": {"rows": [script]}, "source": f"{script} ![x]({beacon}i)",
         "attachments": {"x.svg": {"image/svg+xml": f"<svg onload=\"fetch('{beacon}s')\"/>"}}},
        {"cell_type": "raw", "id": "c", "metadata": {"format": "text/html"}, "source": script},
    ]  # fmt: skip
    state = {"one": {"model_name": "HTMLModel", "state": {"value": script}}}
    widgets = {"application/vnd.jupyter.widget-state+json": {"state": state}}
    return {
        "outputs.ipynb": _notebook(cells, {}),
        "widgets.ipynb": _notebook(cells[2:], {"widgets": widgets}),
        "many.ipynb": _notebook([cells[2]] * 20_000, {}),
    }


def _notebook(cells: list, metadata: dict) -> bytes:
    return json.dumps({"nbformat": 4, "nbformat_minor": 5, "metadata": metadata, "cells": cells}).encode()


def _archives() -> dict[str, bytes]:
    names = {
        "../../up.csv": b"1",
        "/etc/cron.d/x": b"2",
        "a\u202efdp.exe": b"3",
        "b\x1b[2J\x07": b"4",
        "<img src=x>": b"5",
    }
    links = {"passwd": "/etc/passwd", "out": "../../../root"}
    return {
        "names.zip": a_zip(names, links),
        "names.tar": a_tar(names, links),
        "names.tar.gz": a_tar(names, links, "w:gz"),
        "bomb.zip": a_zip({f"{n}.csv": bytes(20 << 20) for n in range(4)}),
        "bomb.gz": zlib.compress(bytes(270 << 20), 1, 31),
        "locked.zip": encrypted_zip(),
        "many.zip": a_zip(dict.fromkeys(map(str, range(30_000)), b"")),
    }


def _models(touched: Path) -> dict[str, bytes]:
    packed, claim = io.BytesIO(), b"{'descr': '<f8', 'fortran_order': False, 'shape': (99999999999,), }"
    joblib.dump({"model": Canary(touched)}, packed, compress=("xz", 3))
    return {
        "canary.pkl": pickle.dumps(Canary(touched)),
        "canary-0.pkl": pickle.dumps(Canary(touched), 0),
        "canary.joblib": packed.getvalue(),
        "deep.pkl": b"\x80\x04" + b"]" * 300_000 + b"a" * 299_999 + b".",
        "steps.pkl": b"\x80\x02" + b"N0" * 2_000_000 + b"N.",
        "claims.npy": b"\x93NUMPY\x01\x00v\x00" + claim.ljust(117) + b"\n",
    }  # fmt: skip
