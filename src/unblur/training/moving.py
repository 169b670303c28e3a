"""Random scenes that move: a shaken camera, depth, and objects that go their own ways.

The camera shifts, rolls and zooms along paths of a hand. What is nearer shifts more, and objects
cut out of other pictures move in front.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import numpy.typing as npt
import torch
from torch.nn import functional

from unblur.degradation.convolution import FloatImage
from unblur.degradation.trajectory import camera_trajectory
from unblur.training.exposure import Layer, Motion, places

__all__ = ["random_scene"]

FRAMES = (7, 17)  # of an exposure
STEPS = (1.0, 4.0)  # pixels between frames; a fast camera leaves several
CAMERA_REACH = 36.0  # pixels; most shakes are far smaller
OBJECT_REACH = 40.0
DISTANCE = 600.0  # pixels that the middle of the whole picture may lie away from that of the crop
STRAY = 400.0  # pixels from that middle, at which rolls and zooms reach as far as shifts
NEARER = 0.6  # of a shift, by which the nearest parts shift more than the farthest

Path = npt.NDArray[np.complex128]
Field = npt.NDArray[np.float32]
Shape = tuple[int, int]


def random_scene(
    background: FloatImage, objects: Sequence[FloatImage], rng: np.random.Generator
) -> list[Layer]:
    """Let a picture move as before a shaken camera, and objects in front of it.

    Parameters
    ----------
    background : ndarray of float32
        (H, W, C), light that may be added. Not modified.
    objects : sequence of ndarray of float32
        Pictures of the same shape, out of each of which one object is cut.
    rng : numpy.random.Generator
        Source of the paths and outlines.

    Returns
    -------
    list of Layer
        For `unblur.training.exposure.expose`.

    Examples
    --------
    >>> light = np.ones((80, 90, 3), np.float32)
    >>> len(random_scene(light, [light], np.random.default_rng(0)))
    2
    """
    shape = (background.shape[0], background.shape[1])
    reach = _reach(rng, CAMERA_REACH)
    own = [_reach(rng, OBJECT_REACH) for _ in objects]
    frames = _frame_count(max([reach, *own]), rng)
    camera = _camera(reach, frames, rng)
    layers = [Layer(background, camera, nearness=_nearness(shape, rng))]
    for picture, far in zip(objects, own, strict=True):
        cover = _outline(shape, rng)
        motion = replace(camera, shift=camera.shift + _path(frames, far, rng))
        layers.append(Layer(picture, motion, cover))
    return layers


def _reach(rng: np.random.Generator, largest: float) -> float:
    """Pixels that something moves: mostly little, sometimes far."""
    return float(1 + (largest - 1) * rng.random() ** 1.5)


def _frame_count(reach: float, rng: np.random.Generator) -> int:
    """An odd number, so that one frame is the middle."""
    count = np.clip(reach / rng.uniform(*STEPS), *FRAMES)
    return 2 * int(count // 2) + 1


def _path(frames: int, reach: float, rng: np.random.Generator) -> Path:
    """Places at equal steps of time, the middle one at 0, the farthest two `reach` apart."""
    fine = camera_trajectory(
        rng,
        inertia=rng.uniform(0.3, 1.0),
        jitter=rng.uniform(0.0, 0.6),
        impulses=rng.uniform(0.0, 0.6),
        pull=rng.uniform(0.0, 0.4),
        steps=64,
    )
    path = np.interp(np.linspace(0, 63, frames), np.arange(64), fine)
    extent = float(np.abs(path[:, None] - path).max())
    return np.asarray((path - path[frames // 2]) * (reach / max(extent, 1e-9)))


def _camera(reach: float, frames: int, rng: np.random.Generator) -> Motion:
    turn = _path(frames, rng.random() ** 2 * reach / STRAY, rng)
    turn = turn.real * 0.3 + 1j * turn.imag  # hands roll a camera more than they move it forward
    centre = complex(*rng.uniform(-DISTANCE, DISTANCE, 2))
    return Motion(_path(frames, reach * rng.uniform(0.3, 1.0), rng), turn, centre)


def _nearness(shape: Shape, rng: np.random.Generator) -> Field | None:
    """How much each place shifts, 1 in the mean: a plane, hills, or steps between depths."""
    kind = rng.random()
    if kind < 0.4:
        return None
    hills = _slope(shape, rng) if kind < 0.6 else _hills(shape, rng)
    if kind > 0.8:  # things in front of others
        hills = np.tanh(12 * (hills - hills.mean()))
    hills = hills - hills.mean()
    return np.asarray(1 + NEARER * rng.random() * hills / max(np.abs(hills).max(), 1e-6))


def _slope(shape: Shape, rng: np.random.Generator) -> Field:
    """Ground that comes nearer in some direction."""
    angle = np.complex64(np.exp(2j * np.pi * rng.random()))
    return np.asarray((places(*shape) * angle).real / max(shape), np.float32)


def _hills(shape: Shape, rng: np.random.Generator) -> Field:
    """Random heights, a few to a side, joined smoothly."""
    cells = int(rng.integers(2, 5))
    few = torch.from_numpy(rng.standard_normal((1, 1, cells + 1, cells + 1), np.float32))
    heights = functional.interpolate(few, shape, mode="bicubic", align_corners=True)
    return np.asarray(heights[0, 0].numpy())


def _outline(shape: Shape, rng: np.random.Generator) -> FloatImage:
    """(H, W, 1), 1 inside a random outline, 0 outside, with an edge of a pixel or so."""
    middle = complex(*(rng.uniform(-0.5, 0.5, 2) * shape[::-1]))
    turned = np.complex64(np.exp(2j * np.pi * rng.random()))
    here = (places(*shape) - np.complex64(middle)) * turned
    slim = np.float32(rng.uniform(1, 3.5) ** 0.5)
    here = here.real * slim + 1j * here.imag / slim
    angle = np.angle(here)
    radius = np.full(shape, rng.uniform(0.06, 0.35) * min(shape), np.float32)
    for wave in range(2, 7):
        size, phase = rng.uniform(0, 0.5 / wave), rng.uniform(0, 2 * np.pi)
        radius *= 1 + np.float32(size) * np.cos(wave * angle + np.float32(phase))
    edge = rng.uniform(0.7, 1.5)
    return np.asarray(np.clip((radius - np.abs(here)) / edge + 0.5, 0, 1), np.float32)[..., None]
