"""Figures of an evaluation: panels of pictures, curves of a training, spread of the scores.

matplotlib is loaded when the first figure is drawn; it comes with the extra ``figures``.
"""

from __future__ import annotations

import csv
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from unblur.errors import ConfigurationError, MissingExtraError
from unblur.evaluation.methods import INPUT
from unblur.evaluation.paired.scoring import CONSTANT, PairedRow, Shown
from unblur.images.atomic import atomic_file

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

__all__ = [
    "Showcase",
    "draw_distribution",
    "draw_history",
    "draw_panels",
    "read_history",
    "require_matplotlib",
]

_COLUMNS = ("input", "ground truth", "prediction")
_CURVES = (("loss", "val_loss"), ("accuracy", "val_accuracy"))


class Showcase:
    """Keeps the pictures that are drawn: the first ones, the worst and the best of a method.

    Parameters
    ----------
    each : int
        How many of each sort.
    """

    def __init__(self, each: int = 2) -> None:
        self._each = each
        self._kept: dict[str, tuple[list[Shown], list[Shown], list[Shown]]] = {}

    def add(self, shown: Shown) -> None:
        """Look at one more result."""
        first, worst, best = self._kept.setdefault(shown.row.method, ([], [], []))
        if len(first) < self._each:
            first.append(shown)
            return
        worst.append(shown)
        worst.sort(key=lambda each: each.row.psnr)
        best.append(shown)
        best.sort(key=lambda each: -each.row.psnr)
        del worst[self._each :], best[self._each :]

    def of(self, method: str) -> list[Shown]:
        """Return what is kept of a method, each picture once."""
        groups = self._kept.get(method, ([], [], []))
        return list({id(shown): shown for group in groups for shown in group}.values())

    @property
    def methods(self) -> tuple[str, ...]:
        """The methods seen, in order."""
        return tuple(self._kept)


def draw_panels(shown: Sequence[Shown], path: Path) -> None:
    """Draw input, ground truth and prediction side by side, a row a picture.

    Parameters
    ----------
    shown : sequence of Shown
        Results of one method, at least one.
    path : path
        The PNG to write; replaced if it exists.

    Raises
    ------
    MissingExtraError
        If matplotlib is not installed.
    ImageWriteError
        If the file cannot be written.
    """
    figure = _figure(9, 3.1 * len(shown))
    axes = figure.subplots(len(shown), 3, squeeze=False)
    for row, each in zip(axes, shown, strict=True):
        scores = each.row
        titles = (*_COLUMNS[:2], f"{_COLUMNS[2]}: {scores.psnr:.2f} dB, SSIM {scores.ssim:.3f}")
        for place, title, image in zip(
            row, titles, (each.blurred, each.sharp, each.output), strict=True
        ):
            shape = (*image.shape[:2], 3)
            place.imshow(np.broadcast_to(np.clip(image, 0, 1), shape), interpolation="nearest")
            place.set_title(title, fontsize=9)
            place.set_axis_off()
        row[0].set_title(f"{_COLUMNS[0]}: {scores.name} ({scores.kind})", fontsize=9)
    figure.suptitle(shown[0].row.method)
    _save(figure, path)


def draw_distribution(rows: Sequence[PairedRow], path: Path) -> None:
    """Draw how the pictures' PSNRs are spread, a line a method.

    Parameters
    ----------
    rows : sequence of PairedRow
        From `score_pairs`.
    path : path
        The PNG to write; replaced if it exists.

    Raises
    ------
    MissingExtraError
        If matplotlib is not installed.
    ImageWriteError
        If the file cannot be written.
    """
    figure = _figure(7, 4)
    axes = figure.subplots()
    edges = np.histogram_bin_edges([row.psnr for row in rows], bins=30).tolist()
    for method in dict.fromkeys(row.method for row in rows):
        scores = [row.psnr for row in rows if row.method == method]
        dashed = "--" if method in (INPUT.name, CONSTANT) else "-"
        label = f"{method}: mean {np.mean(scores):.2f} dB"
        axes.hist(scores, edges, histtype="step", linestyle=dashed, label=label)
    axes.set_xlabel("PSNR in dB")
    axes.set_ylabel("pictures")
    axes.legend(fontsize=8)
    _save(figure, path)


def draw_history(history: dict[str, list[float]], path: Path) -> None:
    """Draw loss and accuracy of every epoch, on the training data and on the validation.

    Parameters
    ----------
    history : dict of str to list of float
        From `read_history`.
    path : path
        The PNG to write; replaced if it exists.

    Raises
    ------
    MissingExtraError
        If matplotlib is not installed.
    ImageWriteError
        If the file cannot be written.
    """
    drawn = [names for names in _CURVES if any(name in history for name in names)]
    figure = _figure(5 * len(drawn), 3.6)
    for axes, names in zip(figure.subplots(1, len(drawn), squeeze=False)[0], drawn, strict=True):
        _draw_curves(axes, history, names)
    _save(figure, path)


def read_history(path: Path) -> dict[str, list[float]]:
    """Read what a training wrote after every epoch.

    Parameters
    ----------
    path : path
        A CSV file with the columns epoch, loss, and any of accuracy, val_loss, val_accuracy, lr.

    Returns
    -------
    dict
        From column to its numbers, NaN where a cell is empty; columns without numbers left out.

    Raises
    ------
    ConfigurationError
        If the file cannot be read or has no epochs.
    """
    try:
        with path.open(newline="", encoding="utf-8") as file:
            rows = list(csv.DictReader(file))
        columns = {
            name: [float(row[name] or "nan") for row in rows] for name in (rows[0] if rows else ())
        }
    except (OSError, ValueError, TypeError, csv.Error) as error:
        raise ConfigurationError(f"{path}: is no history of a training ({error})") from error
    known = {name: values for name, values in columns.items() if not np.isnan(values).all()}
    if not {"epoch", "loss"} <= known.keys():
        raise ConfigurationError(f"{path}: is no history of a training: it has no epochs or loss")
    return known


def require_matplotlib() -> None:
    """Raise `MissingExtraError` unless figures can be drawn: better before the work than after."""
    try:
        import matplotlib  # noqa: F401
    except ModuleNotFoundError as error:
        raise MissingExtraError("matplotlib", "figures") from error


def _draw_curves(axes: Axes, history: dict[str, list[float]], names: Sequence[str]) -> None:
    for name, label in zip(names, ("training", "validation"), strict=True):
        if name in history:
            axes.plot(history["epoch"], history[name], label=label)
    axes.set_xlabel("epoch")
    axes.set_ylabel(names[0])
    if names[0] == "loss":
        axes.set_yscale("log")
    axes.legend(fontsize=8)


def _figure(width: float, height: float) -> Figure:
    require_matplotlib()
    from matplotlib.figure import Figure  # not pyplot: no window system, no global state

    return Figure(figsize=(width, height), layout="constrained")


def _save(figure: Figure, path: Path) -> None:
    with atomic_file(path, overwrite=True) as file:
        figure.savefig(file, format="png", dpi=110)
