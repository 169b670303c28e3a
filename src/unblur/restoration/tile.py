"""Non-blind restoration of one tile: Wiener layer, autoencoder, then data step and autoencoder."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import chain

import numpy as np
import numpy.typing as npt

from unblur.images.color import linear_to_srgb, srgb_to_linear
from unblur.runtime.session import NetworkSession, quicker
from unblur.runtime.spectral import Deconvolution, FloatArray

__all__ = ["TileRestorer"]


class TileRestorer:
    """Restores tiles with a known PSF; `passes` says how many the networks were trained for.

    Parameters
    ----------
    first, second
        Networks that make one RGB picture from four RGB candidates and a plane that says how
        certain the PSF is: (B, 13, H, W) -> (B, 3, H, W).
    """

    def __init__(self, first: NetworkSession, second: NetworkSession) -> None:
        self._first, self._second = first, second
        self._multiple = max(first.card.size_multiple, second.card.size_multiple)
        self._levels = [float(level) for level in first.card.settings["levels"]]
        self._data_levels = tuple(float(level) for level in second.card.settings["data_levels"])
        self.passes = int(second.card.settings["passes"])

    def quicker(self) -> TileRestorer:
        """Return one whose networks run in 8-bit integers where those are faster, or this one.

        What they make differs by what nobody sees, but a search for a PSF goes by less than that.
        """
        return TileRestorer(quicker(self._first), quicker(self._second))

    def restore(
        self,
        image: FloatArray,
        psf: npt.NDArray[np.float32],
        *,
        certainty: float,
        linear: bool = True,
        passes: int = 1,
    ) -> FloatArray:
        """Restore an encoded image.

        Parameters
        ----------
        image
            (H, W, C) with C 1 or 3, encoded, in [0, 1].
        psf
            (K, K), odd, sum 1.
        certainty
            How closely the PSF may be followed: 1 if it is the true one, 0 if it is a guess.
        linear
            Whether the blur happened in linear light, or on the encoded values.
        passes
            How often the estimate goes through data step and second network.

        Returns
        -------
        ndarray of float32
            Restored image, same shape, in [0, 1].
        """
        blurred = np.ascontiguousarray(image.transpose(2, 0, 1))
        decode, encode = (srgb_to_linear, linear_to_srgb) if linear else (_same, _same)
        problem = Deconvolution(decode(blurred), psf)
        # candidates are made one by one, so that no more than one lies beside the stack of them
        wiener = (encode(_clipped(problem.wiener(level))) for level in self._levels)
        estimate = self._mix(self._first, blurred, wiener, certainty)
        for _ in range(passes):
            steps = problem.data_steps(decode(np.clip(estimate, 0, 1)), self._data_levels)
            solved = (encode(_clipped(step)) for step in steps)
            estimate = self._mix(self._second, blurred, chain([estimate], solved), certainty)
        return np.clip(estimate, 0, 1).transpose(1, 2, 0)

    def _mix(
        self,
        network: NetworkSession,
        blurred: FloatArray,
        others: Iterable[FloatArray],
        certainty: float,
    ) -> FloatArray:
        """Run a network on candidates (C, H, W); grey ones become RGB for it and grey again."""
        channels, height, width = blurred.shape
        tall, wide = (-(-extent // self._multiple) * self._multiple for extent in (height, width))
        stack = np.empty((1, network.card.in_channels, tall, wide), np.float32)
        for number, candidate in enumerate(chain([blurred], others)):
            stack[0, 3 * number : 3 * number + 3, :height, :width] = candidate
        stack[0, -1] = certainty
        stack[..., height:, :width] = stack[..., height - 1 : height, :width]
        stack[..., width:] = stack[..., width - 1 : width]
        result = network.run(stack)[0, :, :height, :width]
        return result if channels == 3 else result.mean(0, keepdims=True)


def _clipped(image: FloatArray) -> FloatArray:
    """Bring an image into [0, 1], in its place."""
    return np.clip(image, 0, 1, out=image)


def _same(image: FloatArray) -> FloatArray:
    return image
