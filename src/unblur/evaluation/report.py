"""All scores as a page in Markdown, and the parts that every kind of page is made of."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from unblur.evaluation.records import Row
from unblur.evaluation.summary import Score, by_set, tabulate
from unblur.evaluation.tables import Table

__all__ = ["origins", "report", "set_tables", "set_title"]

_USUAL: tuple[Score, ...] = ("psnr", "aligned_psnr", "ssim", "aligned_ssim", "kept")


def report(rows: Iterable[Row], scores: Sequence[Score] = ()) -> str:
    """Write all scores as a page in Markdown, a section for each set of pictures and protocol.

    Parameters
    ----------
    rows : iterable of Row
        Rows of any sets.
    scores : sequence of str
        Keys of `SCORES`, in the order wanted; empty for those that the rows have, without the
        channel-argmax accuracy and the mean squared error.

    Returns
    -------
    str
        Markdown, ending with a newline.

    Examples
    --------
    >>> report([])
    ''
    """
    return "\n".join(_section(group, scores) for group in by_set(rows).values())


def set_title(rows: Sequence[Row]) -> str:
    """Name the set that some rows are of."""
    count = len({row.picture for row in rows})
    plural = "" if count == 1 else "s"
    first = rows[0]
    return (
        f"{first.pictures}: {count} picture{plural}, protocol {first.protocol}, seed {first.seed}"
    )


def set_tables(rows: Sequence[Row], scores: Sequence[Score] = ()) -> list[Table]:
    """Lay out the scores of one set, without those that only the input has.

    Parameters
    ----------
    rows : sequence of Row
        Rows of one set, those of the input included.
    scores : sequence of str
        Keys of `SCORES`; empty for the usual ones.

    Returns
    -------
    list of Table
        One for each score.
    """
    tables = (tabulate(rows, score) for score in scores or _USUAL)
    return [table for table in tables if len(table.body) > 1]


def origins(rows: Iterable[Row]) -> list[str]:
    """Say with what and where rows were taken, a sentence for each way."""
    return sorted({_origin(row) for row in rows})


def _section(rows: list[Row], scores: Sequence[Score]) -> str:
    lines = [f"## {set_title(rows)}"]
    for table in set_tables(rows, scores):
        lines += ["", f"{table.title}:", "", table.to_markdown()]
    return "\n".join([*lines, "", *origins(rows)]) + "\n"


def _origin(row: Row) -> str:
    origin = row.provenance
    parts = [f"unblur {origin.version}", f"Python {origin.python}", origin.machine]
    threads = [] if origin.threads is None else [f"{origin.threads} threads"]
    return ", ".join([*parts, *threads, origin.date]) + "."
