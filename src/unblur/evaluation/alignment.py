"""Scores up to a shift, for blind deblurring.

Nothing in a blurred picture tells where a PSF is centred, so a blind method may return the sharp
picture a few pixels aside. The literature therefore looks for the best shift before it scores.
The same window of the true picture is used whatever the shift, so that the blurred input, scored
in the same way, is comparable.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import correlate1d
from scipy.signal import correlate

from unblur.errors import ArgumentError, ArrayError
from unblur.evaluation.metrics import FloatArray, mse, psnr

__all__ = ["MAX_SHIFT", "Alignment", "align", "best_shift_psnr", "error_ratio"]

MAX_SHIFT = 5
"""Largest shift looked for, in pixels: what Levin et al. use for blurs of up to 27 pixels."""

_LOBES = 8
_STEPS = (0.5, 0.25)


class Alignment(NamedTuple):
    """A picture moved onto the true one, and the same window of both.

    Attributes
    ----------
    image, reference : ndarray of float
        The windows to compare, of one shape whatever the shift.
    shift : tuple of float
        How far the picture's content was off, in pixels down and right.
    """

    image: FloatArray
    reference: FloatArray
    shift: tuple[float, float]


def align(image: FloatArray, reference: FloatArray, *, max_shift: int = MAX_SHIFT) -> Alignment:
    """Undo the shift between two pictures, to a quarter of a pixel.

    Whole-pixel shifts are searched exhaustively; the best is refined in steps of a half and a
    quarter pixel, read by a windowed sinc: linear interpolation would smooth the noise and
    flatter the score.

    Parameters
    ----------
    image, reference : ndarray of float, shape (H, W) or (H, W, C)
        The picture to judge and the true one.
    max_shift : int
        Largest shift in each direction, in pixels; as much is cut off each border.

    Returns
    -------
    Alignment
        The aligned windows and the shift that was undone.

    Raises
    ------
    ArgumentError
        If `max_shift` is negative.
    ArrayError
        If the shapes differ or the pictures are too small for `max_shift`.

    References
    ----------
    Levin, Weiss, Durand, Freeman: Understanding and evaluating blind deconvolution algorithms.
    CVPR 2009 (shifts of up to 5 pixels in quarter-pixel steps).

    Examples
    --------
    >>> import numpy as np
    >>> sharp = np.random.default_rng(0).random((40, 40))
    >>> align(np.roll(sharp, (2, -1), (0, 1)), sharp).shift
    (2.0, -1.0)
    """
    mse(image, reference)  # raises if the two cannot be compared
    _check_size(reference.shape, max_shift)
    window = _crop(reference, max_shift)
    shift = _refine(image, window, _best_whole_shift(image, window), max_shift)
    return Alignment(_moved(image, shift, max_shift), window, shift)


def best_shift_psnr(
    image: FloatArray,
    reference: FloatArray,
    *,
    max_shift: int = MAX_SHIFT,
    data_range: float = 1.0,
) -> float:
    """PSNR at the best shift, in decibels; see `align`.

    Parameters
    ----------
    image, reference : ndarray of float, shape (H, W) or (H, W, C)
        The picture to judge and the true one.
    max_shift : int
        Largest shift in each direction, in pixels; as much is cut off each border.
    data_range : float
        Distance from black to white.

    Returns
    -------
    float
        In dB; infinite when the windows are equal.

    Raises
    ------
    ArgumentError
        If `max_shift` is negative.
    ArrayError
        If the shapes differ or the pictures are too small for `max_shift`.

    Examples
    --------
    >>> import numpy as np
    >>> sharp = np.random.default_rng(0).random((40, 40))
    >>> best_shift_psnr(np.roll(sharp, 3, axis=1), sharp)
    inf
    """
    aligned = align(image, reference, max_shift=max_shift)
    return psnr(aligned.image, aligned.reference, data_range=data_range)


def error_ratio(
    estimated: FloatArray,
    known: FloatArray,
    reference: FloatArray,
    *,
    max_shift: int = MAX_SHIFT,
) -> float:
    """Squared error with the estimated PSF over that with the true PSF, at the best shifts.

    Parameters
    ----------
    estimated, known : ndarray of float, shape (H, W) or (H, W, C)
        The pictures restored by one and the same method, with the estimated and the true PSF.
    reference : ndarray of float
        The true picture, of the same shape.
    max_shift : int
        Largest shift in each direction, in pixels.

    Returns
    -------
    float
        1 when the estimated PSF serves as well as the true one; up to about 3 (Levin et al.) a
        result looks good. Infinite if the true PSF restores the picture without any error.

    Raises
    ------
    ArgumentError
        If `max_shift` is negative.
    ArrayError
        If the shapes differ or the pictures are too small for `max_shift`.

    References
    ----------
    Levin, Weiss, Durand, Freeman: Understanding and evaluating blind deconvolution algorithms.
    CVPR 2009.

    Examples
    --------
    >>> import numpy as np
    >>> sharp = np.random.default_rng(0).random((40, 40))
    >>> round(error_ratio(sharp + 0.2, sharp + 0.1, sharp), 6)
    4.0
    """
    errors = [
        mse(aligned.image, aligned.reference)
        for aligned in (
            align(estimated, reference, max_shift=max_shift),
            align(known, reference, max_shift=max_shift),
        )
    ]
    if errors[1] == 0:
        return 1.0 if errors[0] == 0 else float("inf")
    return errors[0] / errors[1]


def _best_whole_shift(image: FloatArray, window: FloatArray) -> tuple[float, float]:
    """Return the whole-pixel shift of least squared error, over every shift that fits."""
    image, window = _channels(image), _channels(window)
    box = np.ones(window.shape[:2])
    size = [a - b + 1 for a, b in zip(image.shape[:2], window.shape[:2], strict=True)]
    error: NDArray[np.float64] = np.zeros(size)
    for channel in range(image.shape[2]):
        pixels = image[..., channel].astype(np.float64)
        product = correlate(pixels, window[..., channel], mode="valid", method="fft")
        error += correlate(pixels**2, box, mode="valid", method="fft") - 2 * product
    row, column = np.unravel_index(np.argmin(error), error.shape)
    return float(row - error.shape[0] // 2), float(column - error.shape[1] // 2)


def _refine(
    image: FloatArray, window: FloatArray, shift: tuple[float, float], max_shift: int
) -> tuple[float, float]:
    """Walk from a whole-pixel shift to the best quarter-pixel one within `max_shift`."""
    grey, target = _channels(image).mean(axis=2), _channels(window).mean(axis=2)

    def error(candidate: tuple[float, float]) -> float:
        return mse(_moved(grey, candidate, max_shift), target)

    for step in _STEPS:
        around = [
            (shift[0] + down * step, shift[1] + right * step)
            for down in (0, -1, 1)
            for right in (0, -1, 1)
        ]
        # The present shift comes first, and wins ties: no interpolation without a reason.
        shift = min((s for s in around if max(map(abs, s)) <= max_shift), key=error)
    return shift


def _moved(image: FloatArray, shift: tuple[float, float], margin: int) -> FloatArray:
    """Return the window `margin` inside the picture after its content moved back by `shift`."""
    for axis, amount in enumerate(shift):
        if amount % 1.0:
            image = correlate1d(image, _lanczos(amount % 1.0), axis=axis, mode="mirror")
    top, left = (margin + int(np.floor(amount)) for amount in shift)
    height, width = (extent - 2 * margin for extent in image.shape[:2])
    return image[top : top + height, left : left + width]


def _lanczos(fraction: float) -> NDArray[np.float64]:
    """Return the weights of the pixels around that read the picture `fraction` further on."""
    distance = np.arange(-_LOBES, _LOBES + 1) - fraction
    weights = np.sinc(distance) * np.sinc(distance / _LOBES) * (np.abs(distance) < _LOBES)
    return np.asarray(weights / weights.sum())


def _channels(image: FloatArray) -> FloatArray:
    return image[..., np.newaxis] if image.ndim == 2 else image


def _crop(image: FloatArray, margin: int) -> FloatArray:
    return image[margin : image.shape[0] - margin, margin : image.shape[1] - margin]


def _check_size(shape: tuple[int, ...], max_shift: int) -> None:
    if max_shift < 0:
        raise ArgumentError(f"max_shift is {max_shift}: give 0 or more pixels")
    if min(shape[:2]) <= 2 * max_shift:
        raise ArrayError(
            f"a picture of {shape[0]}x{shape[1]} is too small for shifts of {max_shift} pixels: "
            "give a larger picture or a smaller max_shift"
        )
