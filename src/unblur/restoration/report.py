"""What a restorer tells of one picture."""

from __future__ import annotations

from dataclasses import dataclass

from unblur.estimation.report import BlurReport

__all__ = ["RestorationReport"]


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
        How many of them were left as they were, being sharp already or not explained by the PSF.
    strength : float
        The strength asked for, 0 to 1.
    """

    blur: BlurReport | None
    blind: bool
    megapixels: float
    seconds: float
    tiles: int
    tiles_kept: int
    strength: float

    def to_dict(self) -> dict[str, object]:
        """Only what JSON can hold."""
        return {
            "blur": self.blur.to_dict() if self.blur else None,
            "blind": self.blind,
            "megapixels": round(self.megapixels, 3),
            "seconds": round(self.seconds, 3),
            "tiles": self.tiles,
            "tiles_kept": self.tiles_kept,
            "strength": self.strength,
        }
