"""Noise models of the literature, for comparisons with it; `add_noise` is that of a camera."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import ArrayLike

from unblur.degradation.convolution import FloatImage, check_image
from unblur.errors import ArgumentError

__all__ = ["add_impulses", "add_poisson", "add_speckle"]


def add_poisson(image: ArrayLike, *, peak: float, rng: np.random.Generator) -> FloatImage:
    """Count photons: every value becomes a Poisson count of mean ``peak * value``, over `peak`.

    Parameters
    ----------
    image : array_like of float
        (H, W) or (H, W, C), usually in [0, 1]; what is below zero counts as zero. Not modified.
    peak : float
        Photons at the value 1, above 0.
    rng : numpy.random.Generator
        Source of the randomness.

    Returns
    -------
    ndarray of float32
        Same shape, 0 or more, not clipped above.

    Raises
    ------
    ArrayError
        When the image is not float or has another number of axes.
    ArgumentError
        When `peak` is not a positive number.

    Examples
    --------
    >>> import numpy as np
    >>> grey = np.full((100, 100), 0.5, np.float32)
    >>> noisy = add_poisson(grey, peak=50, rng=np.random.default_rng(0))
    >>> f"{noisy.std():.2f}"
    '0.10'
    """
    values = check_image(image)
    if not 0 < peak < math.inf:
        raise ArgumentError(f"the peak must be a positive number of photons, not {peak}")
    return (rng.poisson(np.maximum(values, 0) * peak) / peak).astype(np.float32)


def add_speckle(image: ArrayLike, *, level: float, rng: np.random.Generator) -> FloatImage:
    """Multiply every value by ``1 + level * n``, n standard normal.

    Parameters
    ----------
    image : array_like of float
        (H, W) or (H, W, C), any range. Not modified.
    level : float
        Standard deviation relative to the value, zero or more.
    rng : numpy.random.Generator
        Source of the randomness.

    Returns
    -------
    ndarray of float32
        Same shape, not clipped.

    Raises
    ------
    ArrayError
        When the image is not float or has another number of axes.
    ArgumentError
        When `level` is negative or not finite.

    Examples
    --------
    >>> import numpy as np
    >>> grey = np.full((100, 100), 0.5, np.float32)
    >>> f"{add_speckle(grey, level=0.2, rng=np.random.default_rng(0)).std():.2f}"
    '0.10'
    """
    values = check_image(image)
    if not 0 <= level < math.inf:
        raise ArgumentError(f"the speckle must be zero or more, not {level}")
    noise = rng.standard_normal(values.shape, dtype=np.float32)
    return values * (1 + np.float32(level) * noise)


def add_impulses(image: ArrayLike, *, share: float, rng: np.random.Generator) -> FloatImage:
    """Replace a share of the pixels, in all their channels, by black or white: salt and pepper.

    Parameters
    ----------
    image : array_like of float
        (H, W) or (H, W, C), in [0, 1]. Not modified.
    share : float
        Chance of each pixel, 0 to 1; black and white are equally likely.
    rng : numpy.random.Generator
        Source of the randomness.

    Returns
    -------
    ndarray of float32
        Same shape.

    Raises
    ------
    ArrayError
        When the image is not float or has another number of axes.
    ArgumentError
        When `share` is not between 0 and 1.

    Examples
    --------
    >>> import numpy as np
    >>> grey = np.full((100, 100), 0.5, np.float32)
    >>> noisy = add_impulses(grey, share=0.1, rng=np.random.default_rng(0))
    >>> f"{(noisy != 0.5).mean():.2f}"
    '0.10'
    """
    values = check_image(image).copy()
    if not 0 <= share <= 1:
        raise ArgumentError(f"the share of impulses must be between 0 and 1, not {share}")
    drawn = rng.random(values.shape[:2])
    values[drawn < share / 2] = 0
    values[(drawn >= share / 2) & (drawn < share)] = 1
    return values
