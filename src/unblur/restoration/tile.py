"""Non-blind restoration of one tile: Wiener layer, autoencoder, data step, autoencoder."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from unblur.images.color import linear_to_srgb, srgb_to_linear
from unblur.runtime.session import NetworkSession
from unblur.runtime.spectral import Deconvolution, FloatArray

__all__ = ["TileRestorer"]


class TileRestorer:
    """Restores tiles with a known PSF.

    Parameters
    ----------
    first, second
        Networks that make one RGB picture from four RGB candidates: (B, 12, H, W) -> (B, 3, H, W).
    """

    def __init__(self, first: NetworkSession, second: NetworkSession) -> None:
        self._first, self._second = first, second
        self._multiple = max(first.card.size_multiple, second.card.size_multiple)
        self._levels = [float(level) for level in first.card.settings["levels"]]
        self._weights = tuple(float(level) for level in second.card.settings["data_levels"])

    def restore(self, image: FloatArray, psf: npt.NDArray[np.float32]) -> FloatArray:
        """Restore an encoded image.

        Parameters
        ----------
        image
            (H, W, C) with C 1 or 3, encoded, in [0, 1].
        psf
            (K, K), odd, sum 1.

        Returns
        -------
        ndarray of float32
            Restored image, same shape, in [0, 1].
        """
        blurred = np.ascontiguousarray(image.transpose(2, 0, 1))
        problem = Deconvolution(srgb_to_linear(blurred), psf)
        wiener = [_encode(problem.wiener(level)) for level in self._levels]
        estimate = self._mix(self._first, [blurred, *wiener])
        solved = problem.data_steps(srgb_to_linear(np.clip(estimate, 0, 1)), self._weights)
        result = self._mix(self._second, [blurred, estimate, *map(_encode, solved)])
        return np.clip(result, 0, 1).transpose(1, 2, 0)

    def _mix(self, network: NetworkSession, candidates: list[FloatArray]) -> FloatArray:
        """Run a network on candidates (C, H, W); grey ones become RGB for it and grey again."""
        channels, height, width = candidates[0].shape
        after = [-extent % self._multiple for extent in (height, width)]
        stack = np.concatenate([np.broadcast_to(c, (3, height, width)) for c in candidates])
        padded = np.pad(stack, ((0, 0), (0, after[0]), (0, after[1])), mode="edge")
        result = network.run(padded[None])[0, :, :height, :width]
        return result if channels == 3 else result.mean(0, keepdims=True)


def _encode(linear: FloatArray) -> FloatArray:
    return linear_to_srgb(np.clip(linear, 0, 1))
