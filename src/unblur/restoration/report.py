"""What a restorer tells of one picture."""

from __future__ import annotations

from dataclasses import asdict, dataclass

import numpy as np
from numpy.typing import NDArray

from unblur.estimation.report import BlurReport
from unblur.images.tiling import Tile

__all__ = ["ChangeBound", "RestorationReport", "TileReport"]


@dataclass(frozen=True, eq=False)
class TileReport:
    """What was found in one tile of a picture and what was done.

    Parameters
    ----------
    tile : Tile
        Its place: top, left, height and width in pixels.
    weight : float
        How much of its restoration by the PSF was used, at most the strength.
    psf : ndarray of float32, optional
        (K, K), sum 1, the blur there; None if the model restores without finding it.
    octave : int
        The PSF holds for the tile halved so many times.
    direct : float
        How much was used of what a network made that sees the picture alone: where the PSF was
        not believed.
    """

    tile: Tile
    weight: float
    psf: NDArray[np.float32] | None = None
    octave: int = 0
    direct: float = 0.0

    @property
    def kept(self) -> bool:
        """Whether the tile was left as it was."""
        return self.weight == 0 and self.direct == 0

    def to_dict(self) -> dict[str, object]:
        """Only what JSON can hold; the PSF as rows, to four digits."""
        psf = None if self.psf is None else self.psf.tolist()
        return {
            "top": self.tile.top,
            "left": self.tile.left,
            "height": self.tile.height,
            "width": self.tile.width,
            "weight": round(float(self.weight), 4),
            "direct": round(float(self.direct), 4),
            "octave": self.octave,
            "psf": psf and [[float(f"{value:.4g}") for value in row] for row in psf],
        }


@dataclass(frozen=True)
class ChangeBound:
    """How far a linear filter can have changed a picture.

    Parameters
    ----------
    gain : float
        Largest factor on the strength of any frequency.
    noise : float
        Factor on the standard deviation of noise that is the same at all frequencies.
    change : float
        No value can have changed by more, whatever the picture within its range; in the numbers
        that the filter worked on, 1 being the whole range.
    changed : float
        The largest change that there was.
    """

    gain: float
    noise: float
    change: float
    changed: float


@dataclass(frozen=True)
class RestorationReport:
    """What was found in one picture and what was done.

    Parameters
    ----------
    blur : BlurReport, optional
        The blur of the picture as a whole; None if the model restores without finding it.
    blind : bool
        Whether the blur was estimated rather than given.
    megapixels : float
        Size of the picture.
    seconds : float
        For finding and removing the blur.
    tiles : int
        How many tiles the picture was cut into.
    tiles_kept : int
        How many of them were left as they were, being sharp already or not explained by any blur.
    strength : float
        The strength asked for, 0 to 1.
    field : tuple of TileReport
        Each tile with its own PSF, row by row.
    bound : ChangeBound, optional
        On the change, for a faithful restoration.
    tiles_direct : int
        How many were restored more by the network that needs no PSF than by their PSF.
    """

    blur: BlurReport | None
    blind: bool
    megapixels: float
    seconds: float
    tiles: int
    tiles_kept: int
    strength: float
    field: tuple[TileReport, ...] = ()
    bound: ChangeBound | None = None
    tiles_direct: int = 0

    def to_sentence(self) -> str:
        """How the picture was made, for the record of a result."""
        if self.bound is not None:
            method = f"one linear filter (Wiener, no frequency raised above {self.bound.gain:g}x)"
        else:
            method = "a neural network, whose detail may be invented"
        part = f" at strength {self.strength:g}" if self.strength < 1 else ""
        return f"Deblurred by {method}{part}"

    def to_dict(self) -> dict[str, object]:
        """Only what JSON can hold, without the field."""
        return {
            "blur": self.blur.to_dict() if self.blur else None,
            "blind": self.blind,
            "megapixels": round(self.megapixels, 3),
            "seconds": round(self.seconds, 3),
            "tiles": self.tiles,
            "tiles_kept": self.tiles_kept,
            "tiles_direct": self.tiles_direct,
            "strength": self.strength,
            "bound": None if self.bound is None else asdict(self.bound),
        }

    def to_record(self) -> dict[str, object]:
        """All of it, as JSON can hold it."""
        return {**self.to_dict(), "field": [each.to_dict() for each in self.field]}
