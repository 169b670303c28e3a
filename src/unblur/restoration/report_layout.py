"""How the report on a batch is laid out: one line a picture, as HTML, CSV or JSON.

It tells what was found, what was done, how long it took, and any error.
"""

from __future__ import annotations

import csv
import html
import io
import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from unblur.restoration.job import FileResult

__all__ = ["COLUMNS", "LAYOUTS", "Layout", "report_row"]

COLUMNS = (
    "source",
    "target",
    "outcome",
    "blur",
    "extent",
    "angle",
    "noise",
    "confidence",
    "megapixels",
    "tiles",
    "tiles_kept",
    "seconds",
    "notes",
    "reason",
)
"""What is told of each picture: extents in pixels, the angle in degrees, noise of full range."""

Row = dict[str, Any]
Told = tuple[str, str]


def report_row(result: FileResult) -> Row:
    """Return what the report tells of one picture.

    Parameters
    ----------
    result : FileResult
        From `restore_batch`.

    Returns
    -------
    dict
        A value, or None, for each of `COLUMNS`.

    Examples
    --------
    >>> from pathlib import Path
    >>> report_row(FileResult(Path("a.jpg"), None, "failed"))["outcome"]
    'failed'
    """
    told = result.to_dict()
    report = told["report"] if isinstance(told["report"], Mapping) else {}
    blur = report.get("blur") or {}
    row = dict.fromkeys(COLUMNS) | {name: told[name] for name in COLUMNS if name in told}
    row |= {name: blur.get(name) for name in ("extent", "angle", "noise", "confidence")}
    row |= {name: report.get(name) for name in ("megapixels", "tiles", "tiles_kept")}
    return row | {"blur": blur.get("kind"), "notes": "; ".join(result.notes)}


@dataclass(frozen=True)
class Layout:
    """How one kind of file is written; its text is UTF-8.

    Parameters
    ----------
    begin : str
        What stands before the pictures.
    between : str
        What stands between two of them.
    line : callable
        Turns a row into a line, without any line break.
    read : callable
        Source and outcome of such a line, or None for another.
    end : callable
        What stands after the pictures, of which it is given the number of each outcome.
    """

    begin: str
    between: str
    line: Callable[[Row], str]
    read: Callable[[str], Told | None]
    end: Callable[[Mapping[str, int]], str]


def _csv_line(row: Row) -> str:
    text = io.StringIO()
    flat = (" ".join(str(value).split("\n")) if value is not None else "" for value in row.values())
    csv.writer(text).writerow(flat)  # with its own line end: only then is a "\r" in a name quoted
    return text.getvalue().removesuffix("\r\n")


def _csv_read(line: str) -> Told | None:
    cells = next(csv.reader([line]), [])
    return (cells[0], cells[2]) if len(cells) == len(COLUMNS) else None


def _json_read(line: str) -> Told | None:
    try:
        row = json.loads(line)
        return str(row["source"]), str(row["outcome"])
    except (ValueError, TypeError, KeyError):
        return None


_STYLE = """body{font:14px system-ui,sans-serif;margin:2em}table{border-collapse:collapse}
td,th{padding:.3em .6em;text-align:left;border-bottom:1px solid #ddd;vertical-align:top}
th{position:sticky;top:0;background:#fff}tr.failed td{background:#fde8e8}tr.skipped{color:#777}
td.n{text-align:right;font-variant-numeric:tabular-nums}"""
_NUMBERS = set(COLUMNS[4:12])
_ROW = re.compile(r'<tr class="(\w+)" data-source="([^"]*)">.*</tr>')


def _html_line(row: Row) -> str:
    def cell(name: str, value: Any) -> str:
        kind = ' class="n"' if name in _NUMBERS else ""
        text = "" if value is None else " ".join(str(value).splitlines())
        return f"<td{kind}>{html.escape(text)}</td>"

    cells = "".join(cell(name, value) for name, value in row.items())
    source = html.escape(json.dumps(row["source"]), quote=True)
    return f'<tr class="{row["outcome"]}" data-source="{source}">{cells}</tr>'


def _html_read(line: str) -> Told | None:
    found = _ROW.fullmatch(line)
    return (str(json.loads(html.unescape(found[2]))), found[1]) if found else None


def _html_begin() -> str:
    head = "".join(f"<th>{name.replace('_', ' ')}</th>" for name in COLUMNS)
    style = " ".join(_STYLE.splitlines())
    return (
        '<!doctype html><html lang="en"><head><meta charset="utf-8">'
        f"<title>unblur: report</title><style>{style}</style></head><body>"
        f"<h1>unblur restore</h1><table><thead><tr>{head}</tr></thead><tbody>\n"
    )


def _html_end(counts: Mapping[str, int]) -> str:
    words = ", ".join(f"{number} {outcome}" for outcome, number in counts.items())
    return f"\n</tbody></table><p>{words}.</p></body></html>\n"


LAYOUTS = {
    ".csv": Layout(",".join(COLUMNS) + "\n", "\n", _csv_line, _csv_read, lambda _: "\n"),
    ".html": Layout(_html_begin(), "\n", _html_line, _html_read, _html_end),
    ".json": Layout("[\n", ",\n", json.dumps, _json_read, lambda _: "\n]\n"),
}
"""By the suffix of the file."""
