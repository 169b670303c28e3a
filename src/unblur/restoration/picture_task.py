"""One picture cut into tiles, each restored by its own PSF."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy import fft

from unblur.images.color import to_float
from unblur.images.tiling import Tile, even_size, plan_tiles
from unblur.restoration.context import context_of
from unblur.restoration.field import BlurField
from unblur.restoration.guard import is_sharp, trust, unexplained
from unblur.restoration.model import Model
from unblur.restoration.octaves import restore_at
from unblur.restoration.report import TileReport
from unblur.restoration.tiled import FADE, restore_tiles

__all__ = ["PictureTask"]

FloatArray = npt.NDArray[np.float32]
TILE = 560  # largest side of a tile; memory grows with its square
MULTIPLE = 8  # of a tile's sides, as the networks want it


@dataclass(frozen=True)
class PictureTask:
    """What all tiles of one picture share.

    Parameters
    ----------
    pixels : ndarray
        (H, W, C) of any storage type.
    model : Model
        Estimates and restores.
    field : BlurField
        Its blur.
    blind : bool
        Whether the blur was estimated.
    strength : float
        0 gives the picture back as it is, 1 restores fully.
    noise : float
        Standard deviation on the encoded values.
    linear : bool
        Whether the blur happened in linear light, or on the encoded values.
    passes : int
        How often an estimate goes through data step and second network.
    """

    pixels: npt.NDArray[Any]
    model: Model
    field: BlurField
    blind: bool
    strength: float
    noise: float
    linear: bool
    passes: int

    def run(
        self, threads: int, tell: Callable[[int, int], None]
    ) -> tuple[npt.NDArray[Any], tuple[TileReport, ...]]:
        """Restore the whole picture; several tiles at a time, if it has more than one."""
        height, width = self.pixels.shape[:2]
        field = self.field
        overlap, fade = _overlap_of(field), FADE << field.octave
        size = (
            _side(height, overlap[0], field.octave),
            _side(width, overlap[1], field.octave),
        )
        tiles = plan_tiles(height, width, size=size, overlap=overlap)
        alone = len(tiles) == 1
        model = self.model if alone else self.model.side_by_side
        inside, beside = (threads, 1) if alone else (1, threads)
        task = replace(self, model=model, field=field.for_tiles(len(tiles)))
        with fft.set_workers(inside):
            return restore_tiles(
                self.pixels,
                tiles,
                task.restore,
                overlap=overlap,
                fade=fade,
                threads=beside,
                tell=tell,
            )

    def restore(self, tile: Tile) -> tuple[FloatArray, TileReport]:
        """Return one restored tile, and what was done."""
        blurred = to_float(self.pixels[tile.slices])
        psf, octave = self.field.psf, self.field.octave
        weight = self.strength * self.field.trust
        if weight == 0:
            return blurred, TileReport(tile, 0.0, psf, octave)
        psf = self.field.psf_of(blurred, self.model.estimator)
        if self.blind and is_sharp(psf):
            return blurred, TileReport(tile, 0.0, psf, octave)
        encoded = np.clip(blurred, 0, 1)
        restored = restore_at(
            self.model.restorer,
            encoded,
            psf,
            octave,
            certainty=self.field.certainty,
            linear=self.linear,
            passes=self.passes,
        )
        if self.blind:
            share = unexplained(encoded, restored, psf, self.noise, octave, linear=self.linear)
            weight *= trust(share, self.field.certainty)
        values = blurred + np.float32(weight) * (restored - encoded)
        return values, TileReport(tile, weight, psf, octave)


def _overlap_of(field: BlurField) -> tuple[int, int]:
    """Pixels that neighbours share along each axis: the context of both, the fade between them."""
    down, across = context_of(field.psf)
    return (2 * down + FADE) << field.octave, (2 * across + FADE) << field.octave


def _side(extent: int, overlap: int, octave: int) -> int:
    """Side of the tiles along an axis; larger where the networks see them at half the size."""
    largest = max(TILE << min(octave, 1), 2 * overlap)
    return even_size(extent, largest=largest, overlap=overlap, multiple=MULTIPLE << octave)
