"""Point spread functions under one name: made by formula, from an array, or from a text."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from pathlib import Path

import numpy as np
from numpy.typing import ArrayLike, NDArray
from PIL import Image

from unblur.degradation.shapes import box_psf, delta_psf, disk_psf, gaussian_psf, motion_psf
from unblur.degradation.support import (
    MAX_SIZE,
    PSF,
    as_psf,
    centre_psf,
    centroid,
    resize_psf,
    trim_psf,
)
from unblur.errors import PSFError

__all__ = [
    "PSF",
    "as_psf",
    "box_psf",
    "centre_psf",
    "centroid",
    "delta_psf",
    "disk_psf",
    "gaussian_psf",
    "motion_psf",
    "parse_psf",
    "psf_from_picture",
    "resize_psf",
]

_WAYS = "write gaussian:SIGMA, disk:RADIUS, motion:LENGTH,ANGLE, box:WIDTH or the path of an image"


def _gaussian(sigma: float, sigma_minor: float | None = None, angle: float = 0.0) -> PSF:
    return gaussian_psf(sigma, sigma_minor=sigma_minor, angle=angle)


def _disk(radius: float, blades: float = 0, rotation: float = 0.0) -> PSF:
    # a broken number of blades is handed on, so that it is refused and not rounded
    whole = int(blades) if blades % 1 == 0 else blades
    return disk_psf(radius, blades=whole, rotation=rotation)  # type: ignore[arg-type]


def _motion(length: float, angle: float, curvature: float = 0.0) -> PSF:
    return motion_psf(length, angle, curvature=curvature)


# kind: (function, fewest and most numbers, how it is written)
_KINDS: dict[str, tuple[Callable[..., PSF], int, int, str]] = {
    "gaussian": (_gaussian, 1, 3, "gaussian:SIGMA[,SIGMA_MINOR[,ANGLE]]"),
    "disk": (_disk, 1, 3, "disk:RADIUS[,BLADES[,ROTATION]]"),
    "motion": (_motion, 2, 3, "motion:LENGTH,ANGLE[,CURVATURE]"),
    "box": (box_psf, 1, 1, "box:WIDTH"),
}


def parse_psf(text: str) -> PSF:
    """Make the PSF that a text names.

    Parameters
    ----------
    text : str
        ``gaussian:SIGMA[,SIGMA_MINOR[,ANGLE]]``, ``disk:RADIUS[,BLADES[,ROTATION]]``,
        ``motion:LENGTH,ANGLE[,CURVATURE]`` or ``box:WIDTH``, in pixels and degrees; or the path
        of an image file or NumPy file (.npy) that shows the PSF, brighter where more light falls.

    Returns
    -------
    ndarray of float32
        (K, K), sum 1. A PSF from a file is centred, and cut down to the part that is not zero.

    Raises
    ------
    PSFError
        When the text names no known kind and no file, a number is wrong or missing, or the file
        is no picture of a PSF.

    Examples
    --------
    >>> parse_psf("box:3").shape
    (3, 3)
    >>> parse_psf("gausian:2")
    Traceback (most recent call last):
    ...
    unblur.errors.PSFError: 'gausian:2' names no PSF and no file: write gaussian:SIGMA, \
disk:RADIUS, motion:LENGTH,ANGLE, box:WIDTH or the path of an image
    """
    kind, colon, rest = text.strip().partition(":")
    if colon and kind.lower() in _KINDS:
        return _from_numbers(text, kind.lower(), rest)
    path = Path(text).expanduser()
    if not text.strip() or not path.exists():
        raise PSFError(f"{text!r} names no PSF and no file: {_WAYS}")
    try:
        return psf_from_picture(_read_numbers(path))
    except PSFError as error:
        raise PSFError(f"{path}: {error}") from None


def psf_from_picture(values: ArrayLike) -> PSF:
    """Make a PSF from the values of a picture of it, brighter where more light falls.

    Parameters
    ----------
    values : array_like
        (H, W) or (H, W, C), any number type, at most 1025 px a side; colours are averaged.

    Returns
    -------
    ndarray of float32
        (K, K), sum 1, centred, and cut down to the part that is not zero.

    Raises
    ------
    PSFError
        When it is too large or no PSF, see `as_psf`.

    Examples
    --------
    >>> psf_from_picture([[0, 0, 0], [0, 0, 9], [0, 0, 0]])[1].tolist()
    [0.0, 1.0, 0.0]
    """
    picture = np.asarray(values)
    if max(picture.shape[:2], default=0) > MAX_SIZE:
        raise PSFError(f"the picture is too large for a PSF: cut it to at most {MAX_SIZE} px")
    return centre_psf(trim_psf(as_psf(picture.mean(axis=2) if picture.ndim == 3 else picture)))


def _from_numbers(text: str, kind: str, rest: str) -> PSF:
    make, fewest, most, form = _KINDS[kind]
    try:
        numbers = [float(part) for part in rest.split(",")]
    except ValueError:
        raise PSFError(f"{text!r} holds something that is not a number: write {form}") from None
    if not fewest <= len(numbers) <= most:
        raise PSFError(f"{text!r} has too many or too few numbers: write {form}")
    try:
        return make(*numbers)
    except PSFError as error:
        raise PSFError(f"{text!r}: {error}") from None


def _read_numbers(path: Path) -> NDArray[np.generic]:
    """Values of the file at `path`, (H, W) or (H, W, C)."""
    try:
        values = np.load(path) if path.suffix.lower() == ".npy" else _read_picture(path)
    except (EOFError, OSError, SyntaxError, ValueError, Image.DecompressionBombError) as error:
        raise PSFError(f"{path} cannot be read as a PSF: give an image or .npy file") from error
    return np.asarray(values)


def _read_picture(path: Path) -> NDArray[np.generic]:
    with warnings.catch_warnings():
        warnings.simplefilter("error", Image.DecompressionBombWarning)
        try:
            with Image.open(path) as picture:
                if picture.mode in ("RGBA", "LA", "P", "PA", "1", "CMYK"):
                    return np.asarray(picture.convert("RGB"))  # without the alpha channel
                return np.asarray(picture)
        except Image.DecompressionBombWarning as error:
            raise ValueError(str(error)) from error
