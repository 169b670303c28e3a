"""Noise of the sensor."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import ArrayLike

from unblur.degradation.convolution import FloatImage, check_image
from unblur.errors import ArgumentError

__all__ = ["add_noise"]


def add_noise(
    image: ArrayLike, *, shot: float = 0.0, read: float = 0.0, rng: np.random.Generator
) -> FloatImage:
    """Add gaussian noise of variance ``shot * image + read**2``, independent in every value.

    Parameters
    ----------
    image : array_like of float
        (H, W) or (H, W, C), usually in [0, 1]. Not modified. The result is not clipped.
    shot : float
        Variance per unit of signal: photon noise, for which the image is in linear light. A pixel
        that is full at N electrons has ``shot = 1 / N``. The Poisson law is taken as gaussian,
        which holds from some ten photons on.
    read : float
        Standard deviation of the noise that does not depend on the signal.
    rng : numpy.random.Generator
        Source of the randomness.

    Returns
    -------
    ndarray of float32
        Same shape, a new array.

    Raises
    ------
    ArrayError
        When the image is not float or has another number of axes.
    ArgumentError
        When `shot` or `read` is negative or not finite.

    Examples
    --------
    >>> import numpy as np
    >>> grey = np.full((100, 100), 0.5, np.float32)
    >>> noisy = add_noise(grey, read=0.1, rng=np.random.default_rng(0))
    >>> f"{noisy.std():.2f}"
    '0.10'
    """
    values = check_image(image)
    for name, level in (("shot", shot), ("read", read)):
        if not 0 <= level < math.inf:
            raise ArgumentError(f"the {name} noise must be zero or more, not {level}")
    if shot == 0 and read == 0:
        return values.copy()
    noise = rng.standard_normal(values.shape, dtype=np.float32)
    if shot:
        variance = np.maximum(values, 0)
        variance *= np.float32(shot)
        variance += np.float32(read * read)
        noise *= np.sqrt(variance, out=variance)
    else:
        noise *= np.float32(read)
    noise += values
    return noise
