"""A table of what was measured, with the machine and the day, for the scripts beside this one."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from unblur.evaluation.provenance import Provenance
from unblur.evaluation.tables import Table

Row = tuple[str, str, str]
"""What, measured, limit."""


def report(heading: str, rows: Iterable[Row], *, threads: int, output: Path | None) -> None:
    """Print a table in Markdown and, if there is a place for it, write it there."""
    here = Provenance.here(threads=threads)
    facts = f"unblur {here.version}, {here.machine}, Python {here.python}, {here.date}"
    table = Table(facts, ("what", "measured", "limit"), tuple(rows))
    text = f"# {heading}\n\n{facts}.\n\n{table.to_markdown()}\n"
    print(text, end="")
    if output is not None:
        output.parent.mkdir(parents=True, exist_ok=True)
        output.write_text(text, encoding="utf-8")
