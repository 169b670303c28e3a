"""PSFs given by a formula: gaussian, box, disk, motion, delta.

All are accurate below a pixel: the gaussian, the box and the disk are integrated over the area of
every pixel, the motion path is a dense row of points shared bilinearly by their four neighbours.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtr

from unblur.degradation.support import (
    MAX_SIZE,
    PSF,
    as_psf,
    centre_psf,
    check_finite,
    check_positive,
    enclosing_size,
    resize_psf,
    size_or,
    splat,
)
from unblur.errors import PSFError

__all__ = ["box_psf", "delta_psf", "disk_psf", "gaussian_psf", "motion_psf"]

_Floats = NDArray[np.float64]


def delta_psf(size: int = 1) -> PSF:
    """PSF of no blur at all: a single one in the middle.

    Parameters
    ----------
    size : int
        Number of rows and columns, odd.

    Returns
    -------
    ndarray of float32
        (size, size).

    Raises
    ------
    PSFError
        When `size` is not odd.

    Examples
    --------
    >>> delta_psf(3)[1].tolist()
    [0.0, 1.0, 0.0]
    """
    return resize_psf([[1.0]], size)


def gaussian_psf(
    sigma: float,
    *,
    sigma_minor: float | None = None,
    angle: float = 0.0,
    size: int | None = None,
) -> PSF:
    """Gaussian PSF, round or elliptic, integrated over the area of every pixel.

    Parameters
    ----------
    sigma : float
        Standard deviation in px (along `angle` when elliptic). The pixel area adds 1/12 px**2 to
        the variance along each axis.
    sigma_minor : float, optional
        Standard deviation across `angle`; the same as `sigma` when left out.
    angle : float
        Direction of `sigma`, degrees counter-clockwise from the x axis.
    size : int, optional
        Odd; by default the smallest that holds 99.9 % of the mass. A smaller one cuts it off.

    Returns
    -------
    ndarray of float32
        (K, K), sum 1.

    Raises
    ------
    PSFError
        When a sigma is not a positive number, or `size` is not odd.

    Examples
    --------
    >>> print(gaussian_psf(0.5, size=3).round(3)[1])
    [0.108 0.469 0.108]
    """
    check_positive("sigma", sigma)
    minor = sigma if sigma_minor is None else sigma_minor
    check_positive("sigma_minor", minor)
    check_finite("angle", angle)
    cosine, sine = math.cos(math.radians(angle)), math.sin(math.radians(angle))
    spread_x = math.hypot(sigma * cosine, minor * sine)
    spread_y = math.hypot(sigma * sine, minor * cosine)
    size = size_or(size, 3.6 * max(spread_x, spread_y) - 0.5)
    covariance = (sigma**2 - minor**2) * sine * cosine
    edges: _Floats = np.arange(size + 1, dtype=np.float64) - size / 2
    if abs(covariance) < 1e-9 * sigma * minor:
        rows, columns = (np.diff(ndtr(edges / spread)) for spread in (spread_y, spread_x))
        return as_psf(np.outer(rows, columns))
    if spread_x < spread_y:
        return as_psf(_oblique_gaussian(edges, spread_y, spread_x, covariance).T[::-1, ::-1])
    return as_psf(_oblique_gaussian(edges, spread_x, spread_y, covariance))


def box_psf(width: float) -> PSF:
    """Average over a square; an even or broken width covers its outer pixels in part.

    Parameters
    ----------
    width : float
        Side of the square in px.

    Returns
    -------
    ndarray of float32
        (K, K), sum 1.

    Raises
    ------
    PSFError
        When `width` is not a positive number.

    Examples
    --------
    >>> box_psf(2)[1].tolist()
    [0.125, 0.25, 0.125]
    """
    check_positive("width", width)
    size = enclosing_size((width - 1) / 2)
    offsets = np.abs(np.arange(size) - size // 2)
    coverage = np.clip(width / 2 + 0.5 - offsets, 0, min(width, 1))
    return as_psf(np.outer(coverage, coverage))


def disk_psf(
    radius: float,
    *,
    blades: int = 0,
    rotation: float = 0.0,
    softness: float = 0.0,
    size: int | None = None,
) -> PSF:
    """PSF of defocus: the image of the aperture, by the area that it covers of every pixel.

    Parameters
    ----------
    radius : float
        Radius of the disk in px. A polygonal aperture has the area of this disk.
    blades : int
        Number of blades of a polygonal aperture, 3 to 99; 0 is a round one.
    rotation : float
        Direction from the centre to a corner of the polygon, degrees counter-clockwise from x.
    softness : float
        Width in px of the edge, over which the brightness falls in a straight line to zero; at
        most ``2 * radius``, which gives a cone.
    size : int, optional
        Odd; by default the smallest that holds the whole disk.

    Returns
    -------
    ndarray of float32
        (K, K), sum 1.

    Raises
    ------
    PSFError
        When `radius` is not a positive number, `softness` or `blades` is out of range, or `size`
        is not odd.

    Examples
    --------
    >>> print(disk_psf(1.0).round(3)[1])
    [0.145 0.318 0.145]
    """
    check_positive("radius", radius)
    check_finite("rotation", rotation)
    if not 0 <= softness <= 2 * radius:
        raise PSFError(f"the softness of a disk must lie between 0 and 2 radii, not {softness}")
    if blades != 0 and blades not in range(3, 100):
        raise PSFError(f"an aperture has 0 (round) or 3 to 99 blades, not {blades}")
    # a soft edge is the mean of hard-edged apertures of many radii
    count = max(8, math.ceil(3 * softness)) if softness else 1
    scales = 1 + softness * ((np.arange(count) + 0.5) / count - 0.5) / radius
    corner = _circumradius(radius, blades) * float(scales.max())
    size = size_or(size, corner - 0.5)
    lines = 32 if size < 200 else 4  # across a row of pixels
    fine = (np.arange(size * lines) + 0.5) / lines - size / 2
    centres = np.arange(size) - size // 2
    total = np.zeros((size, size))
    for scale in scales:
        left, right = _chords(fine / scale, radius, blades, math.radians(rotation))
        covered = np.minimum(right[:, None] * scale, centres + 0.5)
        covered -= np.maximum(left[:, None] * scale, centres - 0.5)
        total += np.maximum(covered, 0).reshape(size, lines, size).sum(axis=1)
    psf = as_psf(total[::-1])  # lines run upwards, rows downwards
    # covered areas of a small odd polygon are off centre by up to 0.02 px
    return resize_psf(centre_psf(psf), size) if blades % 2 else psf


def motion_psf(
    length: float, angle: float, *, curvature: float = 0.0, size: int | None = None
) -> PSF:
    """PSF of a camera or object moving at a steady speed along a line or an arc.

    Parameters
    ----------
    length : float
        Length of the path in px.
    angle : float
        Direction of the path at its middle, degrees counter-clockwise from the x axis.
    curvature : float
        Turn of the direction from start to end in degrees, positive to the left, in [-360, 360].
    size : int, optional
        Odd; by default the smallest that holds the whole path.

    Returns
    -------
    ndarray of float32
        (K, K), sum 1, centre of mass in the middle.

    Raises
    ------
    PSFError
        When `length` is not a positive number, an angle is not finite, the turn exceeds a full
        circle, or `size` is not odd.

    Examples
    --------
    >>> motion_psf(2.0, 0.0)[1].tolist()
    [0.25, 0.5, 0.25]
    """
    check_positive("length", length)
    check_finite("angle", angle)
    check_finite("curvature", curvature)
    if abs(curvature) > 360:
        raise PSFError(f"the curvature must lie in -360..360 degrees, not {curvature}")
    if length > 4 * MAX_SIZE:
        raise PSFError(
            f"a motion of {length:.4g} px is too long: blurs up to {MAX_SIZE} px are supported"
        )
    count = max(64, math.ceil(32 * length))
    steps = (np.arange(count) + 0.5) / count - 0.5
    turn = math.radians(curvature)
    path = steps * length if abs(turn) < 1e-6 else (np.exp(1j * turn * steps) - 1) * length / turn
    if abs(turn) >= 1e-6:
        path = path / 1j
    path = path * np.exp(1j * math.radians(angle))
    path = path - path.mean()
    return splat(path, size_or(size, float(max(abs(path.real).max(), abs(path.imag).max()))))


def _oblique_gaussian(
    edges: _Floats, spread_x: float, spread_y: float, covariance: float
) -> _Floats:
    """Pixel masses of a slanted gaussian: y integrated by its conditional law, x by quadrature."""
    slope = covariance / spread_x**2
    rest = math.sqrt(max(spread_y**2 - covariance * slope, 1e-12))
    size = edges.size - 1
    nodes, weights = np.polynomial.legendre.leggauss(12)
    x = ((np.arange(size) - size // 2)[:, None] + nodes / 2).reshape(-1)
    density = np.exp(-0.5 * (x / spread_x) ** 2) * np.tile(weights, size)
    masses = np.diff(ndtr((edges[:, None] - slope * x) / rest), axis=0) * density
    pixels: _Floats = masses.reshape(size, size, 12).sum(axis=2)[::-1]
    return pixels


def _circumradius(radius: float, blades: int) -> float:
    if not blades:
        return radius
    return radius * math.sqrt(2 * math.pi / (blades * math.sin(2 * math.pi / blades)))


def _chords(y: _Floats, radius: float, blades: int, rotation: float) -> tuple[_Floats, _Floats]:
    """Left and right ends of the aperture on lines at heights `y`; left > right where it is not."""
    if not blades:
        half = np.sqrt(np.maximum(radius**2 - y**2, 0))
        return -half, half
    apothem = _circumradius(radius, blades) * math.cos(math.pi / blades)
    left, right = np.full(y.shape, -np.inf), np.full(y.shape, np.inf)
    for blade in range(blades):
        normal = rotation + (2 * blade + 1) * math.pi / blades
        nx, ny = math.cos(normal), math.sin(normal)
        if abs(nx) < 1e-9:
            right[ny * y > apothem] = -np.inf
        elif nx > 0:
            np.minimum(right, (apothem - ny * y) / nx, out=right)
        else:
            np.maximum(left, (apothem - ny * y) / nx, out=left)
    return left, right
