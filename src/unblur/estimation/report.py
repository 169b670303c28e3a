"""What is known of a picture's blur, for people and for machines."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

__all__ = ["BlurReport"]

BLOCKS = " ░▒▓█"


@dataclass(frozen=True, eq=False)
class BlurReport:
    """Blur of a picture as a whole.

    Parameters
    ----------
    kind : str
        "none", "gaussian", "defocus", "motion" or "shake".
    extent : float
        Full width in pixels of the picture, see `PSFDescription`.
    angle : float or None
        Direction of a motion in degrees, counter-clockwise from the right.
    noise : float
        Standard deviation of the noise, in encoded units of [0, 1].
    confidence : float
        How clearly the kind stands out, 0 to 1.
    psf : ndarray of float32
        PSF (K, K).
    """

    kind: str
    extent: float
    angle: float | None
    noise: float
    confidence: float
    psf: npt.NDArray[np.float32]

    def to_dict(self) -> dict[str, object]:
        """Only what JSON can hold."""
        return {
            "kind": self.kind,
            "extent": round(self.extent, 2),
            "angle": None if self.angle is None else round(self.angle, 1),
            "noise": round(self.noise, 5),
            "confidence": round(self.confidence, 3),
            "psf": [[round(float(value), 6) for value in row] for row in self.psf],
        }

    def to_text(self) -> str:
        """A few lines for people, the PSF drawn below."""
        angle = "" if self.angle is None else f", {self.angle:.0f} degrees"
        head = f"{self.kind}, {self.extent:.1f} px wide{angle}; noise {self.noise:.4f}"
        levels = np.clip(self.psf / max(float(self.psf.max()), 1e-12) * 4 + 0.5, 0, 4).astype(int)
        rows = ["".join(2 * BLOCKS[level] for level in row).rstrip() for row in levels]
        drawing = "\n".join(row for row in rows if row)
        return f"{head}; {self.confidence:.0%} sure\n{drawing}"
