"""How noisy a picture is, from the picture alone."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from unblur.degradation.convolution import check_image

__all__ = ["estimate_noise"]

_BLOCK = 16
_SHARE = 0.1  # of the blocks, the quietest: texture only ever adds to the residual
_WHITE_NOISE = 0.894  # what that quantile gives for white noise of standard deviation 1


def estimate_noise(image: ArrayLike) -> float:
    """Estimate the standard deviation of white noise in an image.

    Immerkaer's operator, a second difference along both axes, removes whatever is locally flat or
    slanted. Its energy is measured in blocks of 16x16 px, and one of the quietest is believed:
    texture only adds energy. Blocks in which pixels are clipped to black or white are left out.

    Parameters
    ----------
    image : array_like of float
        (H, W) or (H, W, C), in [0, 1]. Not modified.

    Returns
    -------
    float
        Standard deviation in the units of the image, the root mean square over the channels;
        within some 5 % for blurred pictures. In sharp and finely textured ones it is an upper
        bound, and rounding to 8 bits counts as noise of 0.0011.

    Raises
    ------
    ArrayError
        When the image is not float or has another number of axes.

    References
    ----------
    J. Immerkaer, "Fast noise variance estimation", Computer Vision and Image Understanding 64 (2),
    1996, for the operator.

    Examples
    --------
    >>> import numpy as np
    >>> noise = np.random.default_rng(0).normal(0.5, 0.02, (128, 128)).astype(np.float32)
    >>> round(estimate_noise(noise), 3)
    0.02
    """
    values = check_image(image)
    planes = values[:, :, None] if values.ndim == 2 else values
    if min(planes.shape[:2]) < 3:
        return 0.0
    variances = [_plane_variance(planes[:, :, channel]) for channel in range(planes.shape[2])]
    return float(np.sqrt(np.mean(variances)))


def _plane_variance(plane: NDArray[np.float32]) -> float:
    down = plane[:-2] - 2 * plane[1:-1] + plane[2:]
    residual = (down[:, :-2] - 2 * down[:, 1:-1] + down[:, 2:]) / 6
    if min(residual.shape) < _BLOCK:
        return float(np.mean(residual * residual, dtype=np.float64))
    inside = plane[1:-1, 1:-1]
    energy = _block_means(residual * residual)
    clipped = _block_means(((inside <= 0) | (inside >= 1)).astype(np.float32)) > 0
    seen = energy[~clipped] if not clipped.all() else energy
    return float(np.quantile(seen, _SHARE)) / _WHITE_NOISE**2


def _block_means(plane: NDArray[np.float32]) -> NDArray[np.float32]:
    """Means (rows, columns) over whole blocks; what is left over at the ends is dropped."""
    rows, columns = (extent // _BLOCK for extent in plane.shape)
    kept = plane[: rows * _BLOCK, : columns * _BLOCK]
    means: NDArray[np.float32] = kept.reshape(rows, _BLOCK, columns, _BLOCK).mean(axis=(1, 3))
    return means
