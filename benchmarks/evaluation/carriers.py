"""Ways in which one table leaves: text, workbook, Parquet, JSON, page, notebook, log, archive."""

import gzip
import io
import json
import pickle
import zipfile
from collections.abc import Callable

import nbformat
import pandas as pd

Carrier = Callable[[pd.DataFrame], bytes]


def _workbook(frame: pd.DataFrame) -> bytes:
    out = io.BytesIO()
    frame.to_excel(out, index=False)
    return out.getvalue()


def _hidden(frame: pd.DataFrame) -> bytes:
    """On a sheet that is hidden, behind one that shows nothing."""
    out = io.BytesIO()
    with pd.ExcelWriter(out, engine="openpyxl") as writer:
        pd.DataFrame({"note": ["see the report"]}).to_excel(writer, sheet_name="note", index=False)
        frame.to_excel(writer, sheet_name="raw", index=False)
        writer.book["raw"].sheet_state = "veryHidden"
    return out.getvalue()


def _plain(frame: pd.DataFrame) -> pd.DataFrame:
    """With names and mixed columns as text, as Arrow wants them."""
    named = frame.rename(columns=str).reset_index(drop=True)
    return named.astype({name: str for name in named.columns if named[name].dtype == object})


def _columnar(frame: pd.DataFrame) -> bytes:
    out = io.BytesIO()
    _plain(frame).to_parquet(out)
    return out.getvalue()


def _feather(frame: pd.DataFrame) -> bytes:
    out = io.BytesIO()
    _plain(frame).to_feather(out)
    return out.getvalue()


def _notebook(mime: str, text: str) -> bytes:
    cell = nbformat.v4.new_code_cell("table")
    cell.outputs = [nbformat.v4.new_output("execute_result", {mime: text}, execution_count=1)]
    return nbformat.writes(
        nbformat.v4.new_notebook(cells=[nbformat.v4.new_markdown_cell("# Results"), cell])
    ).encode()


def _zip(frame: pd.DataFrame) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr("results/table.csv", frame.to_csv(index=False))
    return out.getvalue()


CARRIERS: dict[str, Carrier] = {
    "csv": lambda frame: frame.to_csv(index=False).encode(),
    "tsv": lambda frame: frame.to_csv(index=False, sep="\t").encode(),
    "semicolon.csv": lambda frame: frame.to_csv(index=False, sep=";", decimal=",").encode(),
    "xlsx": _workbook,
    "hidden.xlsx": _hidden,
    "parquet": _columnar,
    "feather": _feather,
    "records.json": lambda frame: frame.rename(columns=str).to_json(orient="records").encode(),
    "columns.json": lambda frame: frame.rename(columns=str).to_json().encode(),
    "html": lambda frame: f"<html><body><p>Results</p>{frame.to_html(index=False)}</body></html>".encode(),
    "table.ipynb": lambda frame: _notebook("text/html", frame.to_html(index=False)),
    "printed.ipynb": lambda frame: _notebook("text/plain", frame.to_string()),
    "log": lambda frame: f"INFO start\n\n{frame.to_string()}\n\nINFO end\n".encode(),
    "md": lambda frame: _markdown(frame).encode(),
    "zip": _zip,
    "csv.gz": lambda frame: gzip.compress(frame.to_csv(index=False).encode()),
    "pkl": pickle.dumps,
}
# A hidden sheet is a finding of its own, a pickle a file that nobody loads: neither is a way for a safe table.
SAFE_CARRIERS = tuple(name for name in CARRIERS if name not in ("hidden.xlsx", "pkl"))


def _markdown(frame: pd.DataFrame) -> str:
    lines = [[str(c) for c in frame.columns], ["---"] * len(frame.columns)]
    lines += [[str(c) for c in row] for row in frame.itertuples(index=False)]
    return "# Results\n\n" + "\n".join("| " + " | ".join(line) + " |" for line in lines) + "\n"


def as_json(value: object) -> bytes:
    return json.dumps(value).encode()
