"""PSFs given in millimetres, which become pixels by what a file says of its pixels' size."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass

from unblur.degradation.psf import parse_psf
from unblur.degradation.support import PSF
from unblur.errors import PSFError

__all__ = ["PhysicalPSF"]

_LENGTHS = {"gaussian": 2, "disk": 1, "motion": 1, "box": 1}
"""How many of the first numbers of each kind are lengths."""
_MILLIMETRES = {"mm": 1.0, "um": 1e-3, "µm": 1e-3}
_NUMBER = re.compile(r"([-+.\deE]+?)\s*(mm|um|µm)?")
_SQUARE = 1e-3  # relative difference of the sides of a pixel that makes none


@dataclass(frozen=True)
class PhysicalPSF:
    """A PSF by its lengths in the patient or on the detector, whatever the pixels are.

    Parameters
    ----------
    kind : str
        ``gaussian``, ``disk``, ``motion`` or ``box``, as for `parse_psf`.
    numbers : tuple of float
        As for `parse_psf`, lengths in millimetres, angles in degrees.

    Examples
    --------
    >>> psf = PhysicalPSF.parse("gaussian:0.4mm")
    >>> psf.in_pixels((0.2, 0.2)).shape  # a standard deviation of two pixels
    (15, 15)
    """

    kind: str
    numbers: tuple[float, ...]

    @classmethod
    def parse(cls, text: str) -> PhysicalPSF | None:
        """Read a text such as ``gaussian:0.4mm`` or ``motion:2mm,30``.

        Parameters
        ----------
        text : str
            As for `parse_psf`, the lengths followed by ``mm`` or ``um``.

        Returns
        -------
        PhysicalPSF or None
            None for a text in pixels, or one that names a file or no PSF at all.

        Raises
        ------
        PSFError
            When some lengths have a unit and some have none.
        """
        kind, _, rest = text.strip().partition(":")
        kind = kind.lower()
        parts = [_NUMBER.fullmatch(part.strip()) for part in rest.split(",")]
        if kind not in _LENGTHS or not all(parts):
            return None
        pairs = [(part[1], part[2]) for part in parts if part is not None]
        lengths = _LENGTHS[kind]
        if not any(unit for _, unit in pairs):
            return None
        if not all(unit for _, unit in pairs[:lengths]) or any(unit for _, unit in pairs[lengths:]):
            raise PSFError(f"{text!r}: give every length a unit and no angle, as in gaussian:0.4mm")
        try:
            numbers = tuple(float(number) * _MILLIMETRES.get(unit, 1.0) for number, unit in pairs)
        except ValueError:
            raise PSFError(f"{text!r} holds something that is not a number") from None
        psf = cls(kind, numbers)
        psf.in_pixels((1.0, 1.0))  # wrong numbers are said now, not for every picture
        return psf

    def in_pixels(self, spacing: tuple[float, float] | None) -> PSF:
        """Make the PSF for pixels of a known size.

        Parameters
        ----------
        spacing : tuple of float or None
            Distance between rows and between columns in millimetres.

        Returns
        -------
        ndarray of float32
            (K, K), as from `parse_psf`.

        Raises
        ------
        PSFError
            When the size of the pixels is not known; when they are not square and the kind of PSF
            has no form for that.
        """
        if spacing is None:
            raise PSFError(
                "the PSF is in millimetres, and the file does not say how large its pixels are: "
                "give the PSF in pixels"
            )
        rows, columns = spacing
        if abs(rows - columns) <= _SQUARE * columns:
            lengths = _LENGTHS[self.kind]
            scaled = [n / columns if i < lengths else n for i, n in enumerate(self.numbers)]
        else:
            scaled = self._oblong(rows, columns)
        return parse_psf(f"{self.kind}:{','.join(map(repr, scaled))}")

    def _oblong(self, rows: float, columns: float) -> list[float]:
        first = self.numbers[0]
        if self.kind == "gaussian" and len(self.numbers) == 1:
            return [first / columns, first / rows]
        if self.kind == "motion" and len(self.numbers) == 2:
            angle = math.radians(self.numbers[1])
            right, up = first * math.cos(angle) / columns, first * math.sin(angle) / rows
            return [math.hypot(right, up), math.degrees(math.atan2(up, right))]
        raise PSFError(
            f"the pixels are not square ({rows:g} x {columns:g} mm): for such, only gaussian:SIGMA "
            "and motion:LENGTH,ANGLE can be given in millimetres; give the PSF as a picture"
        )

    def __str__(self) -> str:
        lengths = _LENGTHS[self.kind]
        parts = [f"{n:g}mm" if i < lengths else f"{n:g}" for i, n in enumerate(self.numbers)]
        return f"{self.kind}:{','.join(parts)}"
