"""The blur of a picture, told to people and to machines, with its PSF drawn."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from unblur.degradation import PSF, as_psf
from unblur.errors import ArgumentError
from unblur.estimation.describe import BlurKind, describe_psf

__all__ = ["BlurReport", "psf_picture", "report_blur"]

_SHADES = " ░▒▓█"
_HEADLINES = {
    "none": "no blur to speak of",
    "gaussian": "soft blur, {extent:.1f} px wide",
    "defocus": "out of focus, blur disks {extent:.1f} px across",
    "motion": "motion blur, {extent:.1f} px long at {angle:.0f} degrees",
    "shake": "camera shake, {extent:.1f} px from end to end",
}


@dataclass(frozen=True, eq=False)
class BlurReport:
    """How a picture is blurred.

    Parameters
    ----------
    kind : str
        "none", "gaussian", "defocus", "motion" or "shake", as `describe_psf` names it.
    extent : float
        Full width of the blur in px, see `PSFDescription`; 0 for "none".
    angle : float or None
        Direction of a motion in degrees counter-clockwise from the x axis, in [0, 180).
    noise : float
        Standard deviation of the noise, where the picture has the range [0, 1].
    confidence : float
        Between 0 and 1: how clearly the kind stands out from the others.
    psf : ndarray of float32
        (K, K), sum 1.

    Examples
    --------
    >>> from unblur.degradation import disk_psf
    >>> report = BlurReport("defocus", 6.0, None, 0.004, 0.95, disk_psf(3.0))
    >>> print(report.to_text())
    out of focus, blur disks 6.0 px across (95 % sure)
    noise 0.4 % of the full range
     ▄▄█▄▄
    ▓█████▓
    ▀█████▀
      ▀▀▀
    """

    kind: BlurKind
    extent: float
    angle: float | None
    noise: float
    confidence: float
    psf: PSF

    def to_dict(self) -> dict[str, object]:
        """Return all of it as plain numbers, texts and lists, ready for JSON.

        Returns
        -------
        dict
            The fields by their names; "psf" is a list of rows, to six digits.
        """
        return {
            "kind": self.kind,
            "extent": round(float(self.extent), 2),
            "angle": None if self.angle is None else round(float(self.angle), 1) % 180,
            "noise": round(float(self.noise), 5),
            "confidence": round(float(self.confidence), 3),
            "psf": [[float(f"{value:.6g}") for value in row] for row in self.psf.tolist()],
        }

    def to_text(self) -> str:
        """Return a few lines for a terminal, the PSF drawn in characters, two rows in a line.

        Returns
        -------
        str
            Without a line break at the end.
        """
        headline = _HEADLINES[self.kind].format(extent=self.extent, angle=self.angle or 0.0)
        lines = [
            f"{headline} ({self.confidence:.0%} sure)".replace("%", " %"),
            f"noise {100 * self.noise:.1f} % of the full range",
        ]
        return "\n".join(lines + _draw(self.psf))


def report_blur(psf: ArrayLike, noise: float, *, octave: int = 0) -> BlurReport:
    """Put together the report on a picture whose PSF is known or was estimated.

    Parameters
    ----------
    psf : array_like
        (K, K), as `as_psf` takes it.
    noise : float
        Standard deviation of the noise, where the picture has the range [0, 1].
    octave : int
        The PSF holds for the picture halved so many times; extents are told at full size.

    Returns
    -------
    BlurReport
        Everything in it follows from these.

    Raises
    ------
    PSFError
        When `psf` is no PSF.

    Examples
    --------
    >>> from unblur.degradation import motion_psf
    >>> report_blur(motion_psf(9, 45), 0.01).kind
    'motion'
    """
    found = describe_psf(psf)
    return BlurReport(
        kind=found.kind,
        extent=found.extent * 2**octave,
        angle=found.angle,
        noise=noise,
        confidence=found.confidence,
        psf=as_psf(psf),
    )


def psf_picture(psf: ArrayLike, scale: int = 8) -> NDArray[np.uint8]:
    """Draw a PSF: white where most of the light falls, black where none does.

    Parameters
    ----------
    psf : array_like
        (K, K), as `as_psf` takes it.
    scale : int
        Side in px of the square that shows one pixel of the PSF.

    Returns
    -------
    ndarray of uint8
        (K scale, K scale). Square roots are shown, so that faint tails can be seen.

    Raises
    ------
    PSFError
        When `psf` is no PSF.
    ArgumentError
        When `scale` is below 1.

    Examples
    --------
    >>> psf_picture([[0, 1, 0], [1, 4, 1], [0, 1, 0]], scale=1).tolist()
    [[0, 128, 0], [128, 255, 128], [0, 128, 0]]
    """
    if scale < 1:
        raise ArgumentError(f"the scale of a PSF's picture must be 1 or more, not {scale}")
    shades = np.rint(255 * _brightness(as_psf(psf))).astype(np.uint8)
    return np.repeat(np.repeat(shades, scale, axis=0), scale, axis=1)


def _brightness(psf: PSF) -> NDArray[np.float32]:
    shown: NDArray[np.float32] = np.sqrt(psf / psf.max())
    return shown


def _draw(psf: PSF) -> list[str]:
    """Lines of text, two rows of pixels in each, cut to the part that can be seen."""
    bright = _brightness(psf)
    rows, columns = np.nonzero(bright > 0.25)
    seen = bright[rows.min() : rows.max() + 1, columns.min() : columns.max() + 1]
    seen = np.pad(seen, ((0, seen.shape[0] % 2), (0, 0)))
    pairs = zip(seen[::2], seen[1::2], strict=True)
    return ["".join(map(_character, top, bottom)).rstrip() for top, bottom in pairs]


def _character(top: float, bottom: float) -> str:
    """Half a block where the two pixels differ much, else a shade of their mean."""
    if abs(top - bottom) > 0.4:
        return "▀" if top > bottom else "▄"
    return _SHADES[min(int((top + bottom) / 2 * len(_SHADES)), len(_SHADES) - 1)]
