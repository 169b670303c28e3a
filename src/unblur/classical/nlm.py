"""Non-local means: a denoiser, kept as a control beside the deconvolutions."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import ArrayLike

from unblur.degradation.convolution import FloatImage, check_image
from unblur.degradation.noise_level import estimate_noise
from unblur.errors import ArgumentError, MissingExtraError

__all__ = ["non_local_means"]


def non_local_means(
    image: ArrayLike,
    *,
    noise: float | None = None,
    patch_size: int = 7,
    patch_distance: int = 11,
) -> FloatImage:
    """Denoise by averaging pixels whose surroundings look alike. It removes no blur.

    Parameters
    ----------
    image : array_like of float
        (H, W) or (H, W, C), usually in [0, 1]. Not modified.
    noise : float, optional
        Standard deviation of the noise in the units of the image; `estimate_noise` finds it when
        left out.
    patch_size : int
        Side in px of the patches that are compared, odd.
    patch_distance : int
        Farthest distance in px along each axis at which patches are looked for.

    Returns
    -------
    ndarray of float32
        Same shape, within the range of the image.

    Raises
    ------
    ArrayError
        When `image` is no float image.
    ArgumentError
        When `noise` is negative, `patch_size` not odd or `patch_distance` below 1.
    MissingExtraError
        When scikit-image is not installed.

    References
    ----------
    A. Buades, B. Coll, J.-M. Morel, "A non-local algorithm for image denoising", CVPR 2005.

    Examples
    --------
    >>> import numpy as np
    >>> noisy = np.random.default_rng(0).normal(0.5, 0.05, (32, 32)).astype(np.float32)
    >>> bool(non_local_means(noisy).std() < 0.5 * noisy.std())
    True
    """
    values = check_image(image)
    if noise is not None and not 0 <= noise < math.inf:
        raise ArgumentError(f"the noise must be zero or more, not {noise}")
    if patch_size < 1 or patch_size % 2 == 0 or patch_distance < 1:
        raise ArgumentError(
            "non-local means needs an odd patch_size and a patch_distance of 1 or more, not "
            f"{patch_size} and {patch_distance}"
        )
    try:
        from skimage.restoration import denoise_nl_means
    except ImportError:
        raise MissingExtraError("scikit-image", "classical") from None
    level = estimate_noise(values) if noise is None else noise
    if level == 0:
        return values.copy()
    denoised = denoise_nl_means(
        values,
        patch_size=patch_size,
        patch_distance=patch_distance,
        h=0.8 * level,  # what scikit-image recommends when sigma is given
        sigma=level,
        fast_mode=True,
        channel_axis=-1 if values.ndim == 3 else None,
    )
    return np.asarray(denoised, dtype=np.float32).reshape(values.shape)
