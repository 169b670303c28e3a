"""How close a picture or a PSF is to the true one.

Every function is pure: arrays in, one number out. Pictures are floats, (H, W) or (H, W, C), and
never rounded, clipped or rescaled here; a score over several pictures is the mean of the scores
of each, as deblurring papers report it (not the score of the pooled squared error).
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import correlate1d

from unblur.degradation.support import similarity
from unblur.errors import ArrayError

__all__ = [
    "channel_argmax_accuracy",
    "channel_argmax_baseline",
    "mse",
    "psf_similarity",
    "psnr",
    "ssim",
]

FloatArray = NDArray[np.floating[Any]]

_SSIM_RADIUS = 5
_SSIM_SIGMA = 1.5


def mse(image: FloatArray, reference: FloatArray) -> float:
    """Mean squared error over all pixels and channels.

    Parameters
    ----------
    image, reference : ndarray of float, shape (H, W) or (H, W, C)
        The picture to judge and the true one.

    Returns
    -------
    float
        In squared units of the pixels, 0 when the pictures are equal.

    Raises
    ------
    ArrayError
        If the shapes differ, an array is empty or it holds integers.

    Examples
    --------
    >>> import numpy as np
    >>> mse(np.full((4, 4), 0.5), np.full((4, 4), 0.25))
    0.0625
    """
    first, second = _pair(image, reference)
    return float(np.mean(np.square(first - second)))


def psnr(image: FloatArray, reference: FloatArray, *, data_range: float = 1.0) -> float:
    """Peak signal-to-noise ratio, ``10 log10(data_range^2 / mse)``, in decibels.

    Parameters
    ----------
    image, reference : ndarray of float, shape (H, W) or (H, W, C)
        The picture to judge and the true one.
    data_range : float
        Distance from black to white; stated, never guessed from the pixels.

    Returns
    -------
    float
        In dB; infinite when the pictures are equal.

    Raises
    ------
    ArrayError
        If the shapes differ, an array is empty or it holds integers.

    Examples
    --------
    >>> import numpy as np
    >>> round(psnr(np.full((4, 4), 0.5), np.full((4, 4), 0.4)), 6)
    20.0
    """
    error = mse(image, reference)
    if error == 0:
        return float("inf")
    return float(10 * np.log10(data_range**2 / error))


def ssim(image: FloatArray, reference: FloatArray, *, data_range: float = 1.0) -> float:
    """Structural similarity, Gaussian window of 11 x 11 and sigma 1.5, mean over the channels.

    Means, variances and covariance are weighted by the window (no sample correction), and only
    windows that lie wholly inside the picture count, as in the authors' code.

    Parameters
    ----------
    image, reference : ndarray of float, shape (H, W) or (H, W, C)
        The picture to judge and the true one, at least 11 x 11 pixels.
    data_range : float
        Distance from black to white; stated, never guessed from the pixels.

    Returns
    -------
    float
        1 when the pictures are equal, about 0 when they have nothing in common.

    Raises
    ------
    ArrayError
        If the shapes differ, a side is under 11 pixels or an array holds integers.

    References
    ----------
    Wang, Bovik, Sheikh, Simoncelli: Image quality assessment: from error visibility to structural
    similarity. IEEE Transactions on Image Processing, 2004.

    Examples
    --------
    >>> import numpy as np
    >>> ramp = np.linspace(0, 1, 400).reshape(20, 20)
    >>> round(ssim(ramp, ramp), 6)
    1.0
    >>> round(ssim(1 - ramp, ramp), 3)
    -0.729
    """
    first, second = _pair(image, reference)
    if min(first.shape[:2]) < 2 * _SSIM_RADIUS + 1:
        height, width = first.shape[:2]
        raise ArrayError(f"a picture of {height}x{width} is too small for SSIM: give 11x11 or more")
    small, large = (0.01 * data_range) ** 2, (0.03 * data_range) ** 2
    mean_1, mean_2 = _window(first), _window(second)
    variance_1 = _window(first * first) - mean_1 * mean_1
    variance_2 = _window(second * second) - mean_2 * mean_2
    covariance = _window(first * second) - mean_1 * mean_2
    luminance = (2 * mean_1 * mean_2 + small) / (mean_1**2 + mean_2**2 + small)
    structure = (2 * covariance + large) / (variance_1 + variance_2 + large)
    return float(np.mean(luminance * structure))


def channel_argmax_accuracy(image: FloatArray, reference: FloatArray) -> float:
    """Share of the pixels whose largest channel is the same in both pictures.

    This is what Keras calls "accuracy" for an image-to-image network; ties go to the lower
    channel. It says little about sharpness: print `channel_argmax_baseline` and the blurred
    input's own score beside it.

    Parameters
    ----------
    image, reference : ndarray of float, shape (H, W, C)
        The picture to judge and the true one, C of 2 or more.

    Returns
    -------
    float
        From 0 to 1.

    Raises
    ------
    ArrayError
        If the shapes differ, there is one channel only or an array holds integers.

    Examples
    --------
    >>> import numpy as np
    >>> reddish = np.full((2, 2, 3), [0.9, 0.1, 0.2])
    >>> channel_argmax_accuracy(reddish, np.full((2, 2, 3), [0.4, 0.3, 0.2]))
    1.0
    """
    first, second = _pair(image, reference)
    _require_colour(first)
    return float(np.mean(np.argmax(first, axis=-1) == np.argmax(second, axis=-1)))


def channel_argmax_baseline(reference: FloatArray) -> float:
    """Channel-argmax accuracy of the best picture of one single colour.

    Parameters
    ----------
    reference : ndarray of float, shape (H, W, C)
        The true picture, C of 2 or more.

    Returns
    -------
    float
        From 1 / C to 1.

    Raises
    ------
    ArrayError
        If there is one channel only or the array holds integers.

    Examples
    --------
    >>> import numpy as np
    >>> channel_argmax_baseline(np.eye(4)[np.newaxis, [0, 0, 0, 1]])
    0.75
    """
    array, _ = _pair(reference, reference)
    _require_colour(array)
    largest = np.argmax(array, axis=-1)
    return float(np.bincount(largest.ravel()).max() / largest.size)


def psf_similarity(psf: FloatArray, reference: FloatArray) -> float:
    """Largest normalised cross-correlation of two PSFs over all whole-pixel shifts.

    A blind method finds a PSF only up to a shift, hence the maximum. The sizes may differ.

    Parameters
    ----------
    psf, reference : ndarray of float, shape (K, K) and (L, L)
        The PSF to judge and the true one.

    Returns
    -------
    float
        From 0 to 1 for non-negative PSFs; 1 when one is the other, shifted or scaled.

    Raises
    ------
    ArrayError
        If an array is not two-dimensional, is empty, zero everywhere or holds integers.

    References
    ----------
    Hu, Yang: Good regions to deblur. ECCV 2012.

    Examples
    --------
    >>> import numpy as np
    >>> line = np.zeros((5, 5))
    >>> line[2, :3] = 1 / 3
    >>> round(psf_similarity(np.roll(line, (1, 2), (0, 1)), line), 6)
    1.0
    """
    first, second = _floats(psf), _floats(reference)
    norm = float(np.linalg.norm(first) * np.linalg.norm(second))
    if first.ndim != 2 or second.ndim != 2 or norm == 0:
        raise ArrayError(
            f"PSFs of shapes {first.shape} and {second.shape} cannot be compared: "
            "give two-dimensional arrays that are not zero everywhere"
        )
    return similarity(first, second)


def _window(array: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the Gaussian-weighted mean around each pixel whose window lies inside."""
    offsets = np.arange(-_SSIM_RADIUS, _SSIM_RADIUS + 1)
    weights = np.exp(-0.5 * (offsets / _SSIM_SIGMA) ** 2)
    weights /= weights.sum()
    for axis in (0, 1):
        array = correlate1d(array, weights, axis=axis)
    return array[_SSIM_RADIUS:-_SSIM_RADIUS, _SSIM_RADIUS:-_SSIM_RADIUS]


def _pair(
    image: FloatArray, reference: FloatArray
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return both pictures in double precision, or raise if they cannot be compared."""
    first, second = _floats(image), _floats(reference)
    if first.shape != second.shape:
        raise ArrayError(
            f"pictures of shapes {first.shape} and {second.shape} cannot be compared: "
            "crop or resize one of them first"
        )
    if first.ndim not in (2, 3):
        raise ArrayError(
            f"an array of shape {first.shape} is no picture: give (height, width[, channels])"
        )
    return first, second


def _floats(array: FloatArray) -> NDArray[np.float64]:
    """Return an array in double precision; refuse integers, whose range would be a guess."""
    array = np.asarray(array)
    if not np.issubdtype(array.dtype, np.floating):
        raise ArrayError(
            f"an array of {array.dtype} has no agreed range: convert it to float in [0, 1] first"
        )
    if array.size == 0:
        raise ArrayError(f"an array of shape {array.shape} is empty: nothing to compare")
    return array.astype(np.float64, copy=False)


def _require_colour(array: FloatArray) -> None:
    if array.ndim != 3 or array.shape[-1] < 2:
        raise ArrayError(
            f"a picture of shape {array.shape} has no channels to compare: give (H, W, C), C >= 2"
        )
