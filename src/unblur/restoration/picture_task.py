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
from unblur.restoration.evidence import implausibility
from unblur.restoration.field import BlurField
from unblur.restoration.guard import is_sharp, trust, trust_without_psf, unexplained
from unblur.restoration.model import Model
from unblur.restoration.octaves import restore_at, shrink
from unblur.restoration.report import TileReport
from unblur.restoration.tile import TileRestorer
from unblur.restoration.tiled import FADE, restore_tiles

__all__ = ["PictureTask"]

FloatArray = npt.NDArray[np.float32]
SETTLED = 0.05  # unexplained share up to which a tile asks for no PSF of its own
DROWNED = 0.3  # noise over the change from which on it hides which PSF is the likelier
PLAINLY = 0.03  # of implausibility, by which a tile's own PSF must do better than the picture's
FOLLOWED = 0.8  # weight of a PSF from which on nothing is asked of the network without one
TILE = 560  # largest side of a tile; memory grows with its square
LARGE, SMALLER_TILE = 50_000_000, 448  # pixels whose own memory leaves less for tiles
MULTIPLE = 8  # of a tile's sides, as the networks want it


@dataclass(frozen=True, eq=False)
class _Attempt:
    """What a PSF makes of a tile: the change, how far it is trusted, and what speaks against it."""

    psf: FloatArray
    change: FloatArray
    weight: float
    share: float = 0.0
    implausibility: float = 0.0


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
    restorer : TileRestorer, optional
        Restores in the place of the model's, which tells PSFs apart.
    """

    pixels: npt.NDArray[Any]
    model: Model
    field: BlurField
    blind: bool
    strength: float
    noise: float
    linear: bool
    passes: int
    restorer: TileRestorer | None = None

    def run(
        self, threads: int, tell: Callable[[int, int], None]
    ) -> tuple[npt.NDArray[Any], tuple[TileReport, ...]]:
        """Restore the whole picture; several tiles at a time, if it has more than one."""
        height, width = self.pixels.shape[:2]
        field = self.field
        overlap, fade = _overlap_of(field), FADE << field.octave
        tile = TILE if height * width < LARGE else SMALLER_TILE
        size = (
            _side(height, overlap[0], field.octave, tile),
            _side(width, overlap[1], field.octave, tile),
        )
        tiles = plan_tiles(height, width, size=size, overlap=overlap)
        alone = len(tiles) == 1
        inside, beside = (threads, 1) if alone else (1, threads)
        task = replace(self, field=field.for_tiles(len(tiles)))
        if not alone:
            model = self.model.side_by_side
            task = replace(task, model=model, restorer=self.model.tile_restorer)
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
        encoded = np.clip(blurred, 0, 1)
        found, direct = self._by_psf(encoded), 0.0
        change = np.float32(found.weight) * found.change
        doubted = max(0.0, 1 - found.weight / FOLLOWED)
        if self.blind and doubted and self.strength > 0 and self.model.direct is not None:
            restored = self.model.direct.restore(encoded)
            direct = doubted * trust_without_psf(encoded, restored, found.psf)
            change += np.float32(direct) * (restored - encoded)
        weight, direct = self.strength * found.weight, self.strength * direct
        report = TileReport(tile, weight, found.psf, self.field.octave, direct)
        return blurred + np.float32(self.strength) * change, report

    def _by_psf(self, encoded: FloatArray) -> _Attempt:
        """Restore by the PSF of the picture, or by the tile's own where that is likelier."""
        field = self.field
        if self.strength == 0 or field.trust == 0 or (self.blind and is_sharp(field.psf)):
            return _Attempt(field.psf, np.zeros_like(encoded), 0.0)
        found = self._attempt(encoded, field.psf)
        change = float(np.sqrt(np.mean(found.change**2)))
        if not field.local or found.share < SETTLED or self.noise > DROWNED * change:
            return found
        for psf in field.own_psfs(encoded, self.model, self.noise, linear=self.linear):
            other = self._attempt(encoded, psf)
            plainly = PLAINLY if found.psf is field.psf else 0.0
            if other.implausibility > found.implausibility - plainly:
                break
            found = other
        return found

    def _attempt(self, encoded: FloatArray, psf: FloatArray) -> _Attempt:
        field = self.field
        restored = restore_at(
            self.restorer or self.model.restorer,
            encoded,
            psf,
            field.octave,
            certainty=field.certainty,
            linear=self.linear,
            passes=self.passes,
        )
        change = restored - encoded
        if not self.blind:
            return _Attempt(psf, change, field.trust)
        share = unexplained(encoded, restored, psf, self.noise, field.octave, linear=self.linear)
        doubt = implausibility(shrink(restored, field.octave).mean(2), share)
        confirmed = field.confirmed and psf is field.psf
        weight = field.trust * trust(share, psf, field.certainty, confirmed=confirmed)
        return _Attempt(psf, change, weight, share, doubt)


def _overlap_of(field: BlurField) -> tuple[int, int]:
    """Pixels that neighbours share along each axis: the context of both, the fade between them."""
    down, across = context_of(field.psf)
    return (2 * down + FADE) << field.octave, (2 * across + FADE) << field.octave


def _side(extent: int, overlap: int, octave: int, tile: int) -> int:
    """Side of the tiles along an axis; larger where the networks see them at half the size."""
    largest = max(tile << min(octave, 1), 2 * overlap)
    return even_size(extent, largest=largest, overlap=overlap, multiple=MULTIPLE << octave)
