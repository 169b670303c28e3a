"""One frame after the other: helped by its neighbours, by PSFs and decisions that do not jump."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import islice
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from unblur.classical.neighbours import fuse_neighbours
from unblur.degradation.noise_level import estimate_noise
from unblur.images.arrays import as_image
from unblur.images.color import to_dtype, to_float
from unblur.restoration.field import BlurField
from unblur.restoration.restorer import Restorer
from unblur.restoration.video.caution import belief_in, ramp, sharpening

__all__ = ["CONTEXT", "FrameSettings", "mean_field", "restore_frames"]

FloatArray = NDArray[np.float32]
Pixels = NDArray[Any]

REACH = 2  # neighbours on each side that help a frame
MEMORY = 2  # frames on each side whose PSFs and decisions count
CONTEXT = REACH + MEMORY
"""Frames on each side that the result of one depends on."""

_ALIKE = (0.6, 0.9)  # correlation of two PSFs from which on they are taken for one, more and more
_SHARPER = (1.0, 1.02)  # times the mean slope of a frame at which neighbours replace it
_BLURRED = 1.0  # px by which PSFs are blurred for the comparison: a shift is no other shape


@dataclass(frozen=True)
class FrameSettings:
    """How frames are restored.

    Parameters
    ----------
    psf : ndarray of float32 or None
        PSF (K, K) of all frames, if known.
    strength : float
        0 gives the frames back as they are, 1 restores fully.
    linear : bool
        Whether the blur happened in linear light.
    neighbours : bool
        Whether frames help each other; else each is restored alone.
    search : bool
        Whether to look for other PSFs too, which takes several times as long.
    """

    psf: FloatArray | None = None
    strength: float = 1.0
    linear: bool = True
    neighbours: bool = True
    search: bool = False


@dataclass(eq=False)
class _Look:
    """A frame on its way.

    Parameters
    ----------
    pixels
        As it came, (H, W) or (H, W, C).
    fused
        With what its neighbours gave, (H, W, C) of 16 bits, to save memory.
    linked
        Numbers of the frames that show the same scene.
    field, noise
        Blur and noise of `fused`.
    share
        How much of the result to use.
    belief
        How much of the restoration is in it; the rest is `fused`.
    """

    pixels: Pixels
    fused: NDArray[np.generic]
    linked: frozenset[int]
    field: BlurField | None
    noise: float
    share: float
    belief: float


def restore_frames(
    frames: Iterable[Pixels], restorer: Restorer, settings: FrameSettings, *, skip: int = 0
) -> Iterator[Pixels]:
    """Restore the frames of one clip in order; only a few are held at a time.

    Parameters
    ----------
    frames : iterable of ndarray
        (H, W) or (H, W, C), uint8 or uint16, all of one shape. Not modified.
    restorer : Restorer
        Finds the blur and removes it.
    settings : FrameSettings
        How.
    skip : int
        So many frames at the beginning only help the others.

    Yields
    ------
    ndarray
        Of the same shape and type: the frame itself, not a copy, where nothing was to be done.
    """
    if settings.strength == 0:
        yield from islice(frames, skip, None)
        return
    reach, memory = (REACH, MEMORY) if settings.neighbours else (0, 0)
    looks = _looks(frames, restorer, settings, reach, max(0, skip - memory))
    first = max(0, skip - memory)
    for number, around in _windows(looks, memory):
        if number + first >= skip:
            yield _restored(number + first, around, first, restorer, settings)


def mean_field(fields: Sequence[tuple[BlurField, float]], own: BlurField) -> BlurField:
    """Mean of the PSFs that are one and the same but for errors, and of the trust in all.

    Parameters
    ----------
    fields : sequence of (BlurField, float)
        Of frames around, its own among them, with weights.
    own : BlurField
        Of the frame itself; a PSF of another shape is not mixed into it.

    Returns
    -------
    BlurField
        With the octave of `own`.
    """
    total, mass, trust = np.zeros_like(own.psf), 0.0, 0.0
    for field, weight in fields:
        alike = weight * _alike(field, own)
        total += np.float32(alike) * (field.psf if alike else 0)
        mass += alike
        trust += weight * field.trust
    whole = sum(weight for _, weight in fields)
    psf = total / np.float32(mass) if mass else own.psf
    return replace(own, psf=psf, trust=trust / whole if whole else own.trust)


def _looks(
    frames: Iterable[Pixels], restorer: Restorer, settings: FrameSettings, reach: int, first: int
) -> Iterator[_Look]:
    """Fuse each frame from number `first` on with those around, and find its blur."""
    images = ((pixels, as_image(pixels)[0]) for pixels in frames)
    for number, around in _windows(images, reach):
        if number < first:
            continue
        begin = max(0, number - reach)
        pixels, image = around[number - begin]
        others = [each for at, (_, each) in enumerate(around, begin) if at != number]
        names = [at for at in range(begin, begin + len(around)) if at != number]
        noise = estimate_noise(image)
        fused, same = fuse_neighbours(image, others, noise=noise, threads=restorer.threads)
        linked = frozenset(at for at, is_same in zip(names, same, strict=True) if is_same)
        found = restorer.find_field(
            fused, settings.psf, linear=settings.linear, search=settings.search
        )
        field, left = found if found is not None else (None, noise)
        share = belief = 1.0
        if field is not None and settings.psf is None:
            sharpened = sharpening(fused, image)
            share = ramp(sharpened, _SHARPER)
            belief = belief_in(field, noise, sharpened) if settings.neighbours else 1.0
        yield _Look(pixels, to_dtype(fused, np.uint16), linked, field, left, share, belief)


def _restored(
    number: int,
    around: list[_Look],
    offset: int,
    restorer: Restorer,
    settings: FrameSettings,
) -> Pixels:
    """Restore the frame of a number, in the middle of the looks around."""
    begin = max(offset, number - (MEMORY if settings.neighbours else 0))
    look = around[number - begin]
    near = [
        (each, 1.0 / (1 + abs(at - number)))
        for at, each in enumerate(around, begin)
        if at == number or at in look.linked
    ]
    whole = sum(weight for _, weight in near)
    share = sum(weight * each.share for each, weight in near) / whole
    belief = sum(weight * each.belief for each, weight in near) / whole
    field = look.field
    if field is not None and settings.psf is None:
        fields = [(each.field, weight) for each, weight in near if each.field is not None]
        field = mean_field(fields, field)
        share = max(share, min(1.0, 2 * field.trust))
    share *= settings.strength
    if share == 0:
        return look.pixels
    image, back = as_image(look.pixels)
    result: FloatArray = to_float(look.fused)
    if belief:
        known = settings.psf is not None
        sharp = restorer.restore_field(
            result, field, look.noise, known=known, linear=settings.linear
        )
        result = result + np.float32(belief) * (sharp - result)
    restored: Pixels = back(image + np.float32(share) * (result - image))
    return restored


def _windows(items: Iterable[Any], reach: int) -> Iterator[tuple[int, list[Any]]]:
    """Yield each item's number with it and up to `reach` items before and after it."""
    held: deque[Any] = deque()
    number = count = 0
    for item in items:
        held.append(item)
        count += 1
        if count > reach:
            yield number, list(held)
            number += 1
        if number > reach:
            held.popleft()
    while number < count:
        yield number, list(held)
        number += 1
        if number > reach:
            held.popleft()


def _alike(one: BlurField, other: BlurField) -> float:
    """Whether two PSFs are one but for errors: 0 to 1."""
    if one.octave != other.octave or one.psf.shape != other.psf.shape:
        return 0.0
    a, b = (ndimage.gaussian_filter(each.psf, _BLURRED).ravel() for each in (one, other))
    correlation = float(a @ b) / max(float(np.linalg.norm(a) * np.linalg.norm(b)), 1e-12)
    return ramp(correlation, _ALIKE)
