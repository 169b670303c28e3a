"""From rows to tables: mean scores per method and kind of blur, always beside the input's own."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from statistics import fmean, median
from typing import Literal

from unblur.errors import ArgumentError
from unblur.evaluation.methods import INPUT
from unblur.evaluation.records import Row
from unblur.evaluation.tables import Table

__all__ = [
    "SCORES",
    "Mean",
    "Score",
    "by_set",
    "psnr_gains",
    "summarise",
    "tabulate",
    "tabulate_long",
]

Score = Literal["psnr", "aligned_psnr", "ssim", "aligned_ssim", "kept", "accuracy", "mse"]


@dataclass(frozen=True)
class _Style:
    """How a score is printed: title, decimals, whether the gain over the input is shown."""

    title: str
    digits: int
    gain: bool


SCORES: dict[Score, _Style] = {
    "psnr": _Style("PSNR in dB (gain over the input)", 2, gain=True),
    "aligned_psnr": _Style("PSNR in dB at the best shift (gain), blind methods", 2, gain=True),
    "ssim": _Style("SSIM (gain)", 4, gain=True),
    "aligned_ssim": _Style("SSIM at the best shift (gain), blind methods", 4, gain=True),
    "kept": _Style("PSNR of the output against its own input in dB", 2, gain=False),
    "accuracy": _Style("Channel-argmax accuracy (gain)", 4, gain=True),
    "mse": _Style("Mean squared error", 6, gain=False),
}

_COSTS = (
    "seconds_per_megapixel",
    "peak_bytes",
    "parameters",
    "version",
    "python",
    "machine",
    "threads",
    "date",
)


@dataclass(frozen=True)
class Mean:
    """Mean of a score over pictures, for one method and one kind of blur.

    Attributes
    ----------
    count : int
        Pictures averaged over.
    score : float
        The mean of the pictures' scores.
    gain : float
        The mean of the differences from the blurred input, picture by picture.
    """

    count: int
    score: float
    gain: float


def summarise(rows: Iterable[Row], score: Score = "psnr") -> dict[tuple[str, str], Mean]:
    """Average a score over the pictures, for each method and kind of blur.

    Parameters
    ----------
    rows : iterable of Row
        Rows of one set of pictures and one protocol, those of the input included.
    score : str
        A key of `SCORES`.

    Returns
    -------
    dict
        From (method, kind) to `Mean`, in the order of the rows. Rows without this score (a blind
        score of a method that knows the PSF) are left out.

    Raises
    ------
    ArgumentError
        If rows of several sets are mixed, or the input's own row of a case is missing.

    Examples
    --------
    >>> summarise([])
    {}
    """
    rows = list(rows)
    _require_one_set(rows)
    own = {(row.picture, row.kind): row for row in rows if row.method == INPUT.name}
    groups: dict[tuple[str, str], list[tuple[float, float]]] = defaultdict(list)
    for row in rows:
        value = getattr(row, score)
        if value is not None:
            base = _input_score(own.get((row.picture, row.kind)), row, score)
            groups[row.method, row.kind].append((value, value - base))
    return {
        key: Mean(len(pairs), fmean(value for value, _ in pairs), fmean(gain for _, gain in pairs))
        for key, pairs in groups.items()
    }


def tabulate(rows: Iterable[Row], score: Score = "psnr") -> Table:
    """Lay out a score: one row a method, the input first, one column a kind of blur.

    Parameters
    ----------
    rows : iterable of Row
        Rows of one set of pictures and one protocol, those of the input included.
    score : str
        A key of `SCORES`.

    Returns
    -------
    Table
        Cells hold the mean score and, where that makes sense, the gain over the input; with it the
        median time per megapixel and the most memory, see `Row`.

    Raises
    ------
    ArgumentError
        As `summarise`.

    Examples
    --------
    >>> tabulate([]).header
    ('method', 's/MP', 'MB')
    """
    rows = list(rows)
    means = summarise(rows, score)
    methods = dict.fromkeys([INPUT.name, *(method for method, _ in means)] if means else [])
    kinds = dict.fromkeys(row.kind for row in rows)
    body = tuple(
        (
            _label(method, rows),
            *(_cell(means.get((method, kind)), method, SCORES[score]) for kind in kinds),
            _speed(method, rows),
            _memory(method, rows),
        )
        for method in methods
    )
    return Table(SCORES[score].title, ("method", *kinds, "s/MP", "MB"), body)


def tabulate_long(rows: Iterable[Row]) -> Table:
    """Lay out all scores for a spreadsheet: one row for each set, method and kind of blur.

    Parameters
    ----------
    rows : iterable of Row
        Rows of any sets, those of the input included.

    Returns
    -------
    Table
        Mean and gain of every score, empty where there is none, and what tabulate says of cost;
        numbers with seven digits, and where and with what they were taken.

    Raises
    ------
    ArgumentError
        If the input's own row of a case is missing.

    Examples
    --------
    >>> tabulate_long([]).header[:6]
    ('pictures', 'protocol', 'seed', 'method', 'blind', 'kind')
    """
    names = [name for score in SCORES for name in (score, f"{score}_gain")]
    header = ("pictures", "protocol", "seed", "method", "blind", "kind", "count", *names, *_COSTS)
    body = []
    for (pictures, protocol, seed), group in by_set(rows).items():
        means = {score: summarise(group, score) for score in SCORES}
        for key, mean in means["psnr"].items():
            method, kind = key
            mine = [row for row in group if row.method == method]
            cells = (cell for score in SCORES for cell in _numbers(means[score].get(key)))
            place = (pictures, protocol, str(seed), method, str(mine[0].blind), kind)
            body.append((*place, str(mean.count), *cells, *_costs(mine)))
    return Table("All scores", header, tuple(body))


def by_set(rows: Iterable[Row]) -> dict[tuple[str, str, int], list[Row]]:
    """Group rows by pictures, protocol and seed, in the order of the rows."""
    groups: dict[tuple[str, str, int], list[Row]] = defaultdict(list)
    for row in rows:
        groups[row.pictures, row.protocol, row.seed].append(row)
    return groups


def psnr_gains(rows: Iterable[Row]) -> list[tuple[Row, float]]:
    """Return each row with its gain in PSNR over the input, at the best shift for blind methods.

    Parameters
    ----------
    rows : iterable of Row
        Rows of one set, those of the input included.

    Returns
    -------
    list of (Row, float)
        In the order of the rows.

    Raises
    ------
    ArgumentError
        If rows of several sets are mixed, or the input's own row of a case is missing.
    """
    rows = list(rows)
    _require_one_set(rows)
    own = {(row.picture, row.kind): row for row in rows if row.method == INPUT.name}
    gains = []
    for row in rows:
        score: Score = "psnr" if row.aligned_psnr is None else "aligned_psnr"
        base = _input_score(own.get((row.picture, row.kind)), row, score)
        gains.append((row, float(getattr(row, score)) - base))
    return gains


def _numbers(mean: Mean | None) -> tuple[str, str]:
    return ("", "") if mean is None else (f"{mean.score:.7g}", f"{mean.gain:.7g}")


def _costs(rows: list[Row]) -> tuple[str, ...]:
    """Seconds a megapixel, memory, parameters and origin of one method's rows of one set."""
    speed = median(row.seconds_per_megapixel for row in rows)
    peak = max((row.peak_bytes or 0 for row in rows), default=0)
    last = max((row.provenance for row in rows), key=lambda each: each.date)
    threads = "" if last.threads is None else str(last.threads)
    origin = (last.version, last.python, last.machine, threads, last.date)
    return (f"{speed:.4g}", str(peak or ""), str(rows[0].parameters), *origin)


def _label(method: str, rows: list[Row]) -> str:
    blind = any(row.blind for row in rows if row.method == method)
    return f"{method} (blind)" if blind and method != INPUT.name else method


def _cell(mean: Mean | None, method: str, style: _Style) -> str:
    if mean is None:
        return ""
    text = f"{mean.score:.{style.digits}f}"
    return (
        f"{text} ({mean.gain:+.{style.digits}f})" if style.gain and method != INPUT.name else text
    )


def _speed(method: str, rows: list[Row]) -> str:
    if method == INPUT.name:
        return ""
    return f"{median(row.seconds_per_megapixel for row in rows if row.method == method):.2f}"


def _memory(method: str, rows: list[Row]) -> str:
    mine = (row for row in rows if row.method == method != INPUT.name)
    peaks = [row.peak_bytes for row in mine if row.peak_bytes]
    return f"{max(peaks) / 1e6:.0f}" if peaks else ""


def _input_score(own: Row | None, row: Row, score: Score) -> float:
    value = None if own is None else getattr(own, score)
    if value is None:
        raise ArgumentError(
            f"the input's own {score} on {row.picture} ({row.kind}) is missing: "
            "add the rows of the method 'input'"
        )
    return float(value)


def _require_one_set(rows: list[Row]) -> None:
    sets = sorted({f"{row.pictures}/{row.protocol}" for row in rows})
    if len(sets) > 1:
        raise ArgumentError(f"rows of {', '.join(sets)} cannot be averaged: give one set at a time")
