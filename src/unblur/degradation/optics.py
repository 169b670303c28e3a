"""PSFs of a microscope, from its numerical aperture, wavelength and the size of its pixels."""

from __future__ import annotations

import math
from dataclasses import dataclass, fields, replace
from typing import Any, Literal, get_args

import numpy as np
from numpy.typing import NDArray
from scipy.special import j0

from unblur.degradation.shapes import gaussian_psf
from unblur.degradation.support import MAX_SIZE, enclosing_size
from unblur.errors import PSFError

__all__ = ["Optics", "OpticsModel", "microscope_psf"]

OpticsModel = Literal["airy", "gaussian"]

_WIDEST = 255  # pixels across a volume's PSF: far from focus it is all but even
_RINGS = 4.0  # wavelengths over NA within which the PSF lies: 97 % of the light in focus
_ZEROS = 2.0  # distances to the first dark point on the axis that a volume's PSF reaches


@dataclass(frozen=True)
class Optics:
    """What decides on the PSF of a wide-field microscope.

    All numbers may be None as long as something else, such as the file, tells them.

    Parameters
    ----------
    na : float
        Numerical aperture.
    wavelength : float
        Of the light that is seen, in nanometres.
    pixel : float
        Side of a pixel in the specimen, in micrometres.
    z : float
        Distance of the planes of a stack in micrometres; only for volumes.
    index : float
        Refractive index of the immersion: 1 air, 1.33 water, 1.515 oil; only for volumes.
    model : {"airy", "gaussian"}
        Diffraction by a round pupil, or the Gaussian of the same curvature at its peak.
    """

    na: float | None = None
    wavelength: float | None = None
    pixel: float | None = None
    z: float | None = None
    index: float | None = None
    model: OpticsModel = "airy"

    def __post_init__(self) -> None:
        for name in ("na", "wavelength", "pixel", "z", "index"):
            value = getattr(self, name)
            if value is not None and not 0 < value < math.inf:
                raise PSFError(f"{name} of the optics must be a positive number, not {value}")
        if self.model not in get_args(OpticsModel):
            names = " or ".join(get_args(OpticsModel))
            raise PSFError(f"there is no optics model {self.model!r}: use {names}")
        if self.na is not None and self.na > (self.index or 2):
            raise PSFError(f"a numerical aperture of {self.na:g} is above the refractive index")

    @classmethod
    def parse(cls, text: str) -> Optics:
        """Read a text such as ``na=1.4,wavelength=520,pixel=0.065``.

        Parameters
        ----------
        text : str
            Pairs of the names above and their values, in any order.

        Returns
        -------
        Optics
            None where the text says nothing.

        Raises
        ------
        PSFError
            When a name is unknown or given twice, or a value is wrong.

        Examples
        --------
        >>> Optics.parse("na=1.4,wavelength=520").na
        1.4
        """
        names = [field.name for field in fields(cls)]
        found: dict[str, Any] = {}
        for part in filter(None, (piece.strip() for piece in text.split(","))):
            name, equals, value = (piece.strip() for piece in part.partition("="))
            if name not in names or not equals or name in found:
                raise PSFError(f"{part!r}: write each of {', '.join(names)} once, as na=1.4")
            try:
                found[name] = value if name == "model" else float(value)
            except ValueError:
                raise PSFError(f"{part!r} in {text!r} holds no number") from None
        return cls(**found)

    def filled(self, other: Optics) -> Optics:
        """Take from another what is not said here.

        Parameters
        ----------
        other : Optics
            What a file says, for instance.

        Returns
        -------
        Optics
            With the model of this one.
        """
        names = (field.name for field in fields(self))
        missing = [name for name in names if getattr(self, name) is None]
        return replace(self, **{name: getattr(other, name) for name in missing})


def microscope_psf(optics: Optics, *, planes: int = 1) -> NDArray[np.float32]:
    """PSF of a wide-field microscope, in focus or through focus.

    Parameters
    ----------
    optics : Optics
        All numbers that are needed: `na`, `wavelength` and `pixel`, for a volume also `z` and
        `index`.
    planes : int
        1 for a picture; for a volume how many planes it has: the PSF reaches no further.

    Returns
    -------
    ndarray of float32
        (K, K), or (D, K, K) for more planes than one; sum 1. The light of a pixel is integrated
        over its area; planes are as thin as the stage's positions.

    Raises
    ------
    PSFError
        When a number is missing, or the PSF would be larger than can be made.

    References
    ----------
    Gaussian: B. Zhang, J. Zerubia, J.-C. Olivo-Marin, "Gaussian approximations of fluorescence
    microscope point-spread function models", Applied Optics 46 (10), 2007. Airy: G. B. Airy, 1835;
    through focus S. F. Gibson, F. Lanni, Journal of the Optical Society of America A 8 (10), 1991,
    without aberrations.

    Examples
    --------
    >>> optics = Optics(na=1.4, wavelength=520, pixel=0.065, z=0.2, index=1.515)
    >>> microscope_psf(optics).shape, microscope_psf(optics, planes=9).ndim
    ((47, 47), 3)
    """
    needed = ("na", "wavelength", "pixel", *(("z", "index") if planes > 1 else ()))
    missing = [name for name in needed if getattr(optics, name) is None]
    if missing:
        raise PSFError(f"the optics lack {' and '.join(missing)}: add {missing[0]}=NUMBER")
    na, wave, pixel = optics.na or 0, (optics.wavelength or 0) / 1000, optics.pixel or 0
    index, step = (optics.index or 0, optics.z or 0) if planes > 1 else (max(na, 1) * 1.01, 1.0)
    reach = 0 if planes == 1 else min(planes // 2, _axial_reach(na, wave, index, step))
    depths = step * np.arange(-reach, reach + 1, dtype=np.float64)
    if optics.model == "gaussian":
        psf = _gaussian(na, wave, pixel, index, depths)
    else:
        psf = _airy(na, wave, pixel, index, depths)
    return np.asarray((psf if planes > 1 else psf[0]) / psf.sum(), dtype=np.float32)


def _axial_reach(na: float, wave: float, index: float, step: float) -> int:
    return max(1, math.ceil(_ZEROS * 2 * index * wave / na**2 / step))


def _gaussian(
    na: float, wave: float, pixel: float, index: float, depths: NDArray[np.float64]
) -> NDArray[np.float64]:
    k = 2 * math.pi / wave
    lateral, axial = math.sqrt(2) / (k * na), 2 * math.sqrt(6) * index / (k * na**2)
    plane = gaussian_psf(lateral / pixel).astype(np.float64)
    along = np.exp(-0.5 * (depths / axial) ** 2)
    volume: NDArray[np.float64] = along[:, None, None] * plane
    return volume


def _airy(
    na: float, wave: float, pixel: float, index: float, depths: NDArray[np.float64]
) -> NDArray[np.float64]:
    slope = na / math.sqrt(index**2 - na**2) if index > na else 10.0  # of the cone of light
    cone = float(np.abs(depths).max()) * slope
    size = enclosing_size(max(_RINGS * wave / na, cone) / pixel)
    size = min(size, _WIDEST if depths.size > 1 else MAX_SIZE)
    fine = 2 * max(1, math.ceil(4 * pixel * na / wave)) + 1  # points across a pixel
    reach = pixel * size / math.sqrt(2) * 1.01
    radii = np.linspace(0, reach, max(64, math.ceil(64 * reach * na / wave)))
    profile = _through_focus(radii, depths, na, wave, index)
    offsets = (np.arange(size * fine) - (size * fine - 1) / 2) * pixel / fine
    distances = np.hypot(offsets[:, None], offsets)
    planes = [np.interp(distances, radii, line) for line in profile]
    areas = np.stack(planes).reshape(-1, size, fine, size, fine)
    return np.asarray(areas.mean(axis=(2, 4)))


def _through_focus(
    radii: NDArray[np.float64], depths: NDArray[np.float64], na: float, wave: float, index: float
) -> NDArray[np.float64]:
    """Brightness (depths, radii): the pupil's waves, summed up over rings of the pupil."""
    k = 2 * math.pi / wave
    turns = (na * radii.max() + index * np.abs(depths).max()) / wave
    nodes, weights = np.polynomial.legendre.leggauss(64 + 8 * math.ceil(turns))
    rho = (nodes + 1) / 2
    lateral = j0(k * na * radii[:, None] * rho) * (weights * rho)
    axial = np.exp(1j * k * depths * np.sqrt(np.maximum(index**2 - (na * rho[:, None]) ** 2, 0)))
    brightness: NDArray[np.float64] = np.abs(lateral @ axial).T ** 2
    return brightness
