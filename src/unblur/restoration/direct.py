"""Restoration of one tile whose blur no PSF describes: by a network that sees the picture alone."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from unblur.runtime.session import NetworkSession

__all__ = ["DirectRestorer"]

FloatArray = npt.NDArray[np.float32]


class DirectRestorer:
    """Restores tiles of scenes that moved, each part of them in its own way.

    Parameters
    ----------
    network : NetworkSession
        Blurred RGB (B, 3, H, W), encoded, in [0, 1] -> restored RGB.
    """

    def __init__(self, network: NetworkSession) -> None:
        self._network = network

    def restore(self, image: FloatArray) -> FloatArray:
        """Restore an encoded image.

        Parameters
        ----------
        image
            (H, W, C) with C 1 or 3, encoded, in [0, 1].

        Returns
        -------
        ndarray of float32
            Restored image, same shape, in [0, 1].
        """
        height, width, channels = image.shape
        multiple = self._network.card.size_multiple
        padding = ((0, -height % multiple), (0, -width % multiple), (0, 0))
        planes = np.pad(image, padding, mode="edge").transpose(2, 0, 1)
        batch = np.ascontiguousarray(np.broadcast_to(planes, (3, *planes.shape[1:])))[None]
        result = np.clip(self._network.run(batch)[0, :, :height, :width], 0, 1).transpose(1, 2, 0)
        return result if channels == 3 else result.mean(2, keepdims=True)
