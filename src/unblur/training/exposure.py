"""A scene seen while the shutter is open: layers that move, and the mean of all that is seen.

References
----------
S. Nah, T. H. Kim, K. M. Lee, "Deep multi-scale convolutional neural network for dynamic scene
deblurring", CVPR 2017, made pairs of the frames of a fast camera and their mean. O. Whyte, J.
Sivic, A. Zisserman, J. Ponce, "Non-uniform deblurring for shaken images", CVPR 2010, describe a
shake as a path of homographies.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import numpy.typing as npt
import torch
from torch.nn import functional

from unblur.degradation.convolution import FloatImage

__all__ = ["MARGIN", "Layer", "Motion", "expose", "places"]

MARGIN = 24  # pixels around what is seen, from which things move into it
_INNER = slice(MARGIN, -MARGIN)

Path = npt.NDArray[np.complex128]


@dataclass(frozen=True, eq=False)
class Motion:
    """Where each pixel of each frame comes from: x + i y in pixels, x right and y down.

    Parameters
    ----------
    shift : ndarray of complex
        (N,), N odd: what is added to every place; 0 in the middle of the exposure.
    turn : ndarray of complex
        (N,): what is added for each pixel of distance from `centre`, a zoom along the real axis
        and a roll along the imaginary one; 0 in the middle of the exposure.
    centre : complex
        Place around which it turns, from the middle of the layer.
    """

    shift: Path
    turn: Path
    centre: complex = 0j


@dataclass(frozen=True, eq=False)
class Layer:
    """One thing in a scene.

    Parameters
    ----------
    light : ndarray of float32
        (H, W, C), light that may be added: linear, or encoded.
    motion : Motion
        How it moves.
    cover : ndarray of float32, optional
        (H, W, 1) in [0, 1]: how far it hides what is behind; everywhere when left out.
    nearness : ndarray of float32, optional
        (H, W): what the shifts are multiplied by; 1 when left out.
    """

    light: FloatImage
    motion: Motion
    cover: FloatImage | None = None
    nearness: npt.NDArray[np.float32] | None = None


def expose(layers: Sequence[Layer]) -> tuple[FloatImage, FloatImage]:
    """Look at moving layers, one in front of the other.

    Parameters
    ----------
    layers : sequence of Layer
        The hindmost first, all of one shape and number of frames.

    Returns
    -------
    blurred, sharp : ndarray of float32
        (H - 2 `MARGIN`, W - 2 `MARGIN`, C): the mean of all frames, and the middle one.

    Examples
    --------
    >>> light = np.random.default_rng(0).random((80, 90, 3), np.float32)
    >>> still = Motion(np.zeros(3, complex), np.zeros(3, complex))
    >>> blurred, sharp = expose([Layer(light, still)])
    >>> np.array_equal(sharp, light[24:-24, 24:-24])
    True
    """
    planes = [_planes(layer) for layer in layers]
    frames = len(layers[0].motion.shift)
    seen = [_frame(layers, planes, number) for number in range(frames)]
    return _array(torch.stack(seen).mean(0)), _array(seen[frames // 2])


@lru_cache(maxsize=4)
def places(height: int, width: int) -> npt.NDArray[np.complex64]:
    """Place of each pixel as x + i y, from the middle; not to be written to.

    Parameters
    ----------
    height, width : int
        Rows and columns.

    Returns
    -------
    ndarray of complex64
        (H, W).

    Examples
    --------
    >>> print(places(1, 3))
    [[-1.+0.j  0.+0.j  1.+0.j]]
    """
    y, x = np.mgrid[:height, :width].astype(np.float32)
    found = np.asarray((x - (width - 1) / 2) + 1j * (y - (height - 1) / 2), np.complex64)
    found.flags.writeable = False
    return found


def _frame(layers: Sequence[Layer], planes: Sequence[torch.Tensor], number: int) -> torch.Tensor:
    light = _warp(layers[0], planes[0], number)
    for layer, plane in zip(layers[1:], planes[1:], strict=True):
        moved = _warp(layer, plane, number)
        color, cover = moved[:-1], moved[-1:]
        light += cover * (color - light)
    return light


def _warp(layer: Layer, planes: torch.Tensor, number: int) -> torch.Tensor:
    """Take each pixel, but for the margin, from where it was at one time."""
    motion, (height, width) = layer.motion, planes.shape[1:]
    if number == len(motion.shift) // 2:  # without the rounding of places
        return planes[:, _INNER, _INNER].clone()
    shift, turn = np.complex64(motion.shift[number]), np.complex64(motion.turn[number])
    here = places(height, width)[_INNER, _INNER]
    moved = shift if layer.nearness is None else shift * layer.nearness[_INNER, _INNER]
    came = here + moved + turn * (here - np.complex64(motion.centre))
    grid = np.stack([came.real * (2 / (width - 1)), came.imag * (2 / (height - 1))], -1)
    # a single picture at a time: torch would share several among threads, beside the trainer's
    return functional.grid_sample(
        planes[None],
        torch.from_numpy(grid.astype(np.float32, copy=False))[None],
        padding_mode="reflection",
        align_corners=True,
    )[0]


def _planes(layer: Layer) -> torch.Tensor:
    whole = layer.light if layer.cover is None else np.concatenate([layer.light, layer.cover], 2)
    return torch.from_numpy(np.ascontiguousarray(whole.transpose(2, 0, 1)))


def _array(light: torch.Tensor) -> FloatImage:
    return np.ascontiguousarray(light.numpy().transpose(1, 2, 0))
