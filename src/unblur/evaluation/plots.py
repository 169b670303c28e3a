"""Plots of a benchmark: gain against time, against parameters and against the blur's extent."""

from __future__ import annotations

import io
from bisect import bisect_right
from collections import defaultdict
from collections.abc import Callable, Iterable
from statistics import fmean, median
from typing import TYPE_CHECKING

from unblur.errors import MissingExtraError
from unblur.evaluation.methods import INPUT
from unblur.evaluation.records import Row
from unblur.evaluation.summary import psnr_gains

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["draw_plots"]

_BINS = 8
_MARKS = "os^vDP*X<>hp"


def draw_plots(rows: Iterable[Row]) -> dict[str, bytes]:
    """Draw the plots of one set.

    Blind methods are drawn by their gain at the best shift, in outline.

    Parameters
    ----------
    rows : iterable of Row
        Rows of one set of pictures and one protocol, those of the input included.

    Returns
    -------
    dict of str to bytes
        PNG files by name: "time"; "parameters" where a method learned; "extent" where PSFs of
        different extents are known.

    Raises
    ------
    MissingExtraError
        If matplotlib is not installed.
    ArgumentError
        If the input's own row of a case is missing.
    """
    gains = psnr_gains(rows)
    by_method: dict[str, list[tuple[Row, float]]] = defaultdict(list)
    for row, gain in gains:
        if row.method != INPUT.name:
            by_method[row.method].append((row, gain))
    if not by_method:
        return {}
    plots = {"time": _draw(lambda axes: _against_time(axes, by_method))}
    if any(pairs[0][0].parameters for pairs in by_method.values()):
        plots["parameters"] = _draw(lambda axes: _against_parameters(axes, by_method))
    if len({row.extent for row, _ in gains if row.extent}) > 1:
        plots["extent"] = _draw(lambda axes: _against_extent(axes, by_method))
    return plots


Pairs = dict[str, list[tuple[Row, float]]]


def _against_time(axes: Axes, methods: Pairs) -> None:
    for number, (name, pairs) in enumerate(methods.items()):
        time = median(row.seconds_per_megapixel for row, _ in pairs)
        _point(axes, number, name, pairs, max(time, 1e-4))
    axes.set_xscale("log")
    axes.set_xlabel("seconds per megapixel")


def _against_parameters(axes: Axes, methods: Pairs) -> None:
    for number, (name, pairs) in enumerate(methods.items()):
        _point(axes, number, name, pairs, pairs[0][0].parameters)
    axes.set_xscale("symlog", linthresh=1e4)
    axes.set_xlabel("learned parameters")


def _point(axes: Axes, number: int, name: str, pairs: list[tuple[Row, float]], x: float) -> None:
    gain = fmean(gain for _, gain in pairs)
    face = "none" if pairs[0][0].blind else f"C{number % 10}"
    mark = _MARKS[number % len(_MARKS)]
    axes.plot([x], [gain], mark, color=f"C{number % 10}", markerfacecolor=face, label=name)


def _against_extent(axes: Axes, methods: Pairs) -> None:
    extents = [row.extent for pairs in methods.values() for row, _ in pairs if row.extent]
    for number, (name, pairs) in enumerate(methods.items()):
        known = [(row.extent, gain) for row, gain in pairs if row.extent]
        bins: dict[int, list[tuple[float, float]]] = defaultdict(list)
        for extent, gain in known:
            bins[_bin(extent, extents)].append((extent, gain))
        points = [
            [fmean(values) for values in zip(*bins[key], strict=True)] for key in sorted(bins)
        ]
        xs, ys = zip(*points, strict=True) if points else ((), ())
        style = "--" if pairs[0][0].blind else "-"
        mark = _MARKS[number % len(_MARKS)]
        axes.plot(xs, ys, style, marker=mark, color=f"C{number % 10}", markersize=4, label=name)
    axes.set_xlabel("extent of the blur in px")


def _bin(extent: float, extents: list[float]) -> int:
    """Number the bin of an extent: each distinct one its own, or as many cases in each."""
    places = sorted({round(each, 1) for each in extents})
    if len(places) > _BINS:
        places = [places[index * len(places) // _BINS] for index in range(_BINS)]
    return bisect_right(places, round(extent, 1))


def _draw(fill: Callable[[Axes], None]) -> bytes:
    try:
        from matplotlib.figure import Figure
    except ImportError:
        raise MissingExtraError("matplotlib", "figures") from None
    figure = Figure(figsize=(8, 4.5), dpi=110, layout="constrained")
    axes = figure.add_subplot()
    fill(axes)
    axes.axhline(0, color="grey", linewidth=0.8)
    axes.set_ylabel("gain in PSNR over the input, dB")
    axes.grid(alpha=0.3)
    figure.legend(loc="outside right upper", fontsize="small", frameon=False)
    file = io.BytesIO()
    figure.savefig(file, format="png", metadata={"Software": None})
    return file.getvalue()
