"""Where two frames of one scene show the same: what moved within the scene must not be mixed."""

from __future__ import annotations

import numpy as np
from scipy import ndimage

from unblur.degradation.convolution import FloatImage

__all__ = ["agreement"]

_CELL = 4  # px of a side that are compared as one
_DETAIL, _COARSE = 2.0, 3.5  # cells: what lies between them, a difference in blur may change
_SHARE = 1.5  # of the detail that a difference in blur may change
_REACH = 7  # cells around a difference: an object's soft border belongs to it


def agreement(frame: FloatImage, reference: FloatImage, *, error: float) -> FloatImage:
    """How far two aligned frames show the same, whatever blurred them.

    Means of small cells are compared. Another blur changes them, too, but not by more than the
    detail that is there: a difference beyond that is another object.

    Parameters
    ----------
    frame, reference : ndarray of float32
        (H, W, C), encoded.
    error : float
        What exposure, compression and noise may change.

    Returns
    -------
    ndarray of float32
        (H, W): 1 where both show the same, 0 where not.
    """
    shape = frame.shape[:2]
    one, other = _cells(frame), _cells(reference)
    difference, allowed = np.zeros(one.shape[:2]), np.full(one.shape[:2], error)
    for channel in range(one.shape[2]):
        fine, coarse = (
            [ndimage.gaussian_filter(cells[..., channel], sigma) for cells in (one, other)]
            for sigma in (_DETAIL, _COARSE)
        )
        difference = np.maximum(difference, np.abs(fine[0] - fine[1]))
        detail = np.maximum(*(np.abs(a - b) for a, b in zip(fine, coarse, strict=True)))
        allowed = np.maximum(allowed, error + _SHARE * detail)
    other_thing = ndimage.maximum_filter((difference > allowed).astype(np.float32), _REACH)
    share = 1 - np.clip(ndimage.gaussian_filter(other_thing, 1.0), 0, 1)
    whole = np.kron(share, np.ones((_CELL, _CELL), np.float32))
    return np.asarray(ndimage.uniform_filter(whole, _CELL)[: shape[0], : shape[1]], np.float32)


def _cells(image: FloatImage) -> FloatImage:
    """Means (H / 4, W / 4, C) of cells; those at the border repeat it."""
    height, width, channels = image.shape
    even = np.pad(image, ((0, -height % _CELL), (0, -width % _CELL), (0, 0)), mode="edge")
    blocks = even.reshape(even.shape[0] // _CELL, _CELL, even.shape[1] // _CELL, _CELL, channels)
    return np.asarray(blocks.mean((1, 3)), np.float32)
