"""Pictures for the measurements of batches: all sizes and formats by turns."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from PIL import Image

import unblur

Sides = tuple[tuple[int, int], ...]
SIDES: Sides = ((120, 160), (240, 320), (300, 400), (384, 512))
SMALL: Sides = ((24, 32), (30, 40))
KINDS = ("jpg", "png", "tif", "webp")


def make_pictures(folder: Path, count: int, sides: Sides = SIDES) -> None:
    """Blur parts of scikit-image's astronaut, 9 px at 30 degrees."""
    from skimage.data import astronaut

    psf = unblur.motion_psf(9, 30)
    photo = np.tile(astronaut(), (2, 2, 1))
    variants = {}
    for height, width in sides:
        part = np.ascontiguousarray(photo[80 : 80 + height, 100 : 100 + width])
        variants[height, width] = unblur.degrade(part, psf, noise=0.004, seed=height)
    for number in range(count):
        side, kind = sides[number % len(sides)], KINDS[number // len(sides) % len(KINDS)]
        target = folder / f"{number // 1000:03}" / f"{number:06}.{kind}"
        target.parent.mkdir(parents=True, exist_ok=True)
        pixels = np.roll(variants[side], 7 * number, axis=1)
        settings = {"quality": 92} if kind in ("jpg", "webp") else {}
        Image.fromarray(pixels).save(target, **settings)
