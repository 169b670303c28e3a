"""Methods scored on pairs, beside the blurred input itself and the best picture of one colour."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass
from statistics import fmean
from typing import Any

import numpy as np
from numpy.typing import NDArray

from unblur.degradation import quantise
from unblur.errors import ArgumentError, ArrayError
from unblur.evaluation.alignment import MAX_SHIFT, best_shift_psnr
from unblur.evaluation.case import Case
from unblur.evaluation.methods import INPUT, Method
from unblur.evaluation.metrics import channel_argmax_accuracy, mse, psnr, ssim
from unblur.evaluation.paired.cases import PairedCases

__all__ = ["CONSTANT", "Constant", "PairedRow", "Shown", "mean_scores", "score_pairs"]

CONSTANT = "constant"
"""Name of the baseline that returns one and the same colour everywhere."""

Image = NDArray[np.float32]
_BEST = 100.0  # dB: stands for "equal", which JSON and averages cannot hold as infinity


@dataclass(frozen=True)
class PairedRow:
    """What a method scored on one pair.

    Attributes
    ----------
    name, kind, method : str
        Scene, kind of blur, and method.
    height, width : int
        Of what was scored.
    psnr, ssim, mse : float
        Against the sharp picture; PSNR in dB, at most 100.
    accuracy : float or None
        Channel-argmax accuracy; None for a grey picture.
    shifted_psnr : float or None
        PSNR at the best shift of up to 5 pixels; None for a method that knows the PSF, for the
        constant, and for pictures too small to shift.
    correlation : float or None
        What the alignment of the pair reached; None where there was none.
    seconds : float
        Time the method took.
    """

    name: str
    kind: str
    method: str
    height: int
    width: int
    psnr: float
    ssim: float
    mse: float
    accuracy: float | None
    shifted_psnr: float | None
    correlation: float | None
    seconds: float

    def to_dict(self) -> dict[str, Any]:
        """Return the row as a dictionary that JSON can hold."""
        return asdict(self)


@dataclass(frozen=True)
class Shown:
    """A finished row with its pictures, for who wants to draw them.

    Attributes
    ----------
    row : PairedRow
        The scores.
    blurred, sharp, output : ndarray of float32, shape (H, W, C)
        Input, ground truth, and what the method returned, rounded to 8 bits.
    """

    row: PairedRow
    blurred: Image
    sharp: Image
    output: Image


@dataclass(frozen=True)
class Constant:
    """The best that an output of one colour, the same for all pictures, can do.

    Attributes
    ----------
    colour : tuple of float
        Mean colour of all sharp pictures, which has the least squared error.
    channel : int
        The channel that is the largest most often.
    """

    colour: tuple[float, ...]
    channel: int

    @classmethod
    def of(cls, cases: PairedCases) -> Constant:
        """Read all sharp pictures, each of which counts the same.

        Parameters
        ----------
        cases : PairedCases
            The pairs.

        Returns
        -------
        Constant
            Of these pictures.
        """
        colours, counts = [], np.zeros(3)
        for sharp in cases.sharp():
            image = np.broadcast_to(sharp, (*sharp.shape[:2], 3))
            colours.append(image.mean(axis=(0, 1), dtype=np.float64))
            counts += np.bincount(image.argmax(axis=2).ravel(), minlength=3) / image[..., 0].size
        return cls(tuple(np.mean(colours, axis=0).tolist()), int(counts.argmax()))

    def accuracy(self, sharp: Image) -> float | None:
        """Return the channel-argmax accuracy of naming `channel` everywhere."""
        if sharp.shape[2] == 1:
            return None
        return float(np.mean(sharp.argmax(axis=2) == self.channel))

    def like(self, sharp: Image) -> Image:
        """Return a picture of the constant colour, of the shape of another one."""
        colour = np.asarray(self.colour, np.float32)
        if sharp.shape[2] == 1:
            colour = colour.mean(keepdims=True)
        return np.broadcast_to(colour, sharp.shape)


def score_pairs(
    cases: PairedCases,
    methods: Sequence[Method],
    *,
    show: Callable[[Shown], None] | None = None,
) -> Iterator[PairedRow]:
    """Score the constant, the blurred input and some methods on every pair.

    Parameters
    ----------
    cases : PairedCases
        The pairs.
    methods : sequence of Method
        What to run; the input need not be among them.
    show : callable, optional
        Given the pictures of every row of `methods`.

    Yields
    ------
    PairedRow
        For each pair: the constant, the input, the methods.

    Raises
    ------
    ArgumentError
        If a method needs a PSF that nobody knows.
    ArrayError
        If a method returns a picture of another shape, or the pictures of a pair do not fit.
    """
    others = [method for method in methods if method is not INPUT]
    constant = Constant.of(cases)
    for aligned in cases:
        case, correlation = aligned.case, aligned.correlation
        flat = constant.like(case.sharp)
        accuracy = constant.accuracy(case.sharp)
        yield _row(CONSTANT, case, flat, correlation, 0.0, accuracy=accuracy, shift=False)
        for method in (INPUT, *others):
            output, seconds = _run(method, case)
            row = _row(method.name, case, output, correlation, seconds, shift=method.blind)
            if show is not None and method is not INPUT:
                show(Shown(row, case.blurred, case.sharp, output))
            yield row


def mean_scores(rows: Sequence[PairedRow]) -> dict[str, dict[str, float | None]]:
    """Average the scores over pictures, for each method.

    Parameters
    ----------
    rows : sequence of PairedRow
        From `score_pairs`.

    Returns
    -------
    dict
        From method to score to mean, in the order of the rows; PSNR is the mean of the pictures'
        PSNRs. None where a picture has none.

    Examples
    --------
    >>> mean_scores([])
    {}
    """
    names = ("psnr", "ssim", "mse", "accuracy", "shifted_psnr", "seconds")
    groups: dict[str, list[PairedRow]] = {}
    for row in rows:
        groups.setdefault(row.method, []).append(row)
    return {
        method: {name: _mean([getattr(row, name) for row in group]) for name in names}
        for method, group in groups.items()
    }


def _mean(values: Sequence[float | None]) -> float | None:
    known = [value for value in values if value is not None]
    return fmean(known) if known and len(known) == len(values) else None


def _run(method: Method, case: Case) -> tuple[Image, float]:
    if case.psf is None and not method.blind:
        raise ArgumentError(
            f"{method.name} needs the PSF, which nobody knows for {case.picture}: use a blind "
            "method, or a data set of unblur dataset make, not resized"
        )
    seen = case.observed(blind=method.blind)
    start = time.perf_counter()
    output = method.run(seen)
    seconds = time.perf_counter() - start
    if output.shape != case.sharp.shape or not np.isfinite(output).all():
        raise ArrayError(
            f"{method.name} on {case.picture} returned the shape {output.shape} instead of "
            f"{case.sharp.shape}, or numbers that are not finite: mend the method"
        )
    return quantise(output, bits=8), seconds


def _row(
    method: str,
    case: Case,
    output: Image,
    correlation: float | None,
    seconds: float,
    *,
    shift: bool,
    accuracy: float | None = None,
) -> PairedRow:
    height, width, channels = case.sharp.shape
    if accuracy is None and channels > 1:
        accuracy = channel_argmax_accuracy(output, case.sharp)
    room = shift and min(height, width) > 4 * MAX_SHIFT
    return PairedRow(
        name=case.picture,
        kind=case.kind,
        method=method,
        height=height,
        width=width,
        psnr=min(psnr(output, case.sharp), _BEST),
        ssim=ssim(output, case.sharp),
        mse=mse(output, case.sharp),
        accuracy=accuracy,
        shifted_psnr=min(best_shift_psnr(output, case.sharp), _BEST) if room else None,
        correlation=correlation,
        seconds=seconds,
    )
