"""The page that tells how methods scored on pairs."""

from __future__ import annotations

from collections.abc import Sequence
from statistics import median

from unblur.evaluation.methods import INPUT
from unblur.evaluation.paired.alignment import Alignment
from unblur.evaluation.paired.scoring import CONSTANT, PairedRow, mean_scores
from unblur.evaluation.tables import Table

__all__ = ["alignment_in_words", "report", "summary"]

_HEADER = ("method", "PSNR", "gain", "SSIM", "MSE", "accuracy", "PSNR, best shift", "s/picture")
_EXTREMES = 3


def report(rows: Sequence[PairedRow], title: str, aligned: str) -> str:
    """Write all scores as a page in Markdown, a table for each kind of blur.

    Parameters
    ----------
    rows : sequence of PairedRow
        From `score_pairs`.
    title : str
        What was scored on.
    aligned : str
        From `alignment_in_words`.

    Returns
    -------
    str
        Markdown, ending with a newline.

    Examples
    --------
    >>> print(report([], "none", "Not aligned."))
    ## none
    <BLANKLINE>
    Not aligned.
    <BLANKLINE>
    """
    parts = [f"## {title}", aligned]
    for kind, group in _by_kind(rows).items():
        parts += [f"### {kind}: {len({row.name for row in group})} pictures"]
        parts += [_table(group).to_markdown()]
        parts += ["\n".join(_extremes(group))]
    return "\n\n".join(part for part in parts if part) + "\n"


def summary(rows: Sequence[PairedRow]) -> dict[str, dict[str, dict[str, float | None]]]:
    """Average all scores.

    Parameters
    ----------
    rows : sequence of PairedRow
        From `score_pairs`.

    Returns
    -------
    dict
        From kind of blur to method to score to mean.

    Examples
    --------
    >>> summary([])
    {}
    """
    return {kind: mean_scores(group) for kind, group in _by_kind(rows).items()}


def alignment_in_words(rows: Sequence[PairedRow], alignment: Alignment) -> str:
    """Say what was done to pictures before they were compared.

    Parameters
    ----------
    rows : sequence of PairedRow
        From `score_pairs`.
    alignment : {"none", "shift", "homography"}
        What was undone.

    Returns
    -------
    str
        One sentence or two.

    Examples
    --------
    >>> alignment_in_words([], "none")
    'Pictures are compared as they are, without alignment.'
    """
    if alignment == "none":
        return "Pictures are compared as they are, without alignment."
    reached = [row.correlation for row in rows if row.correlation is not None]
    text = (
        f"Each sharp picture was moved onto its blurred one by a {alignment} (ECC), matched in "
        "exposure, and both were cut to what they share"
    )
    if not reached:
        return f"{text}."
    return f"{text}; correlation: median {median(reached):.3f}, lowest {min(reached):.3f}."


def _by_kind(rows: Sequence[PairedRow]) -> dict[str, list[PairedRow]]:
    groups: dict[str, list[PairedRow]] = {}
    for row in rows:
        groups.setdefault(row.kind, []).append(row)
    return groups


def _table(rows: list[PairedRow]) -> Table:
    means = mean_scores(rows)
    own = means[INPUT.name]["psnr"]
    body = []
    for method, mean in means.items():
        baseline = method in (INPUT.name, CONSTANT)
        gain = None if baseline or own is None or mean["psnr"] is None else mean["psnr"] - own
        body.append(
            (
                method,
                _number(mean["psnr"], ".2f"),
                _number(gain, "+.2f"),
                _number(mean["ssim"], ".4f"),
                _number(mean["mse"], ".6f"),
                _number(mean["accuracy"], ".2%"),
                _number(mean["shifted_psnr"], ".2f"),
                "" if baseline else _number(mean["seconds"], ".3f"),
            )
        )
    return Table("", _HEADER, tuple(body))


def _number(value: float | None, form: str) -> str:
    return "" if value is None else format(value, form)


def _extremes(rows: list[PairedRow]) -> list[str]:
    """Name the pictures that each method restores worst and best."""
    lines = []
    for method in dict.fromkeys(row.method for row in rows):
        if method in (INPUT.name, CONSTANT):
            continue
        ranked = sorted((row for row in rows if row.method == method), key=lambda row: row.psnr)
        count = min(_EXTREMES, len(ranked) // 2)
        for word, some in (("worst", ranked[:count]), ("best", ranked[::-1][:count])):
            if some:
                names = ", ".join(f"{row.name} {row.psnr:.2f} dB" for row in some)
                lines.append(f"- {method}, {word}: {names}")
    return lines
