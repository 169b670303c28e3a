"""A PSF measured on beads: small bright points in a picture or a volume."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import ndimage

from unblur.errors import PSFError

__all__ = ["psf_from_beads"]

_Floats = NDArray[np.float64]
_FAINTEST = 0.3  # of the brightest bead: a fainter one is left out
_CLEAR = 10.0  # times the noise that a bead must stand out
_LEAST = 3.0  # times the noise below which a value of the PSF is none


def psf_from_beads(values: ArrayLike, *, size: Sequence[int] | None = None) -> NDArray[np.float32]:
    """Make a PSF from a picture or volume of one bead, or of several.

    The background is taken off, each bead is centred to a fraction of a pixel, all are averaged,
    and what does not stand out of the noise around is set to zero. A bead wider than a third of
    the PSF adds its own width to it.

    Parameters
    ----------
    values : array_like
        (H, W) or (Z, H, W), any real type, proportional to light and not saturated. Not modified.
    size : sequence of int, optional
        Odd sizes of the PSF along each axis: all beads that stand alone in such a box are used.
        When left out, the brightest bead is the only one, in the largest box around it.

    Returns
    -------
    ndarray of float32
        As `values` many axes, of odd sizes, sum 1, its centre of mass in the middle.

    Raises
    ------
    PSFError
        When there is no bead, or none that stands alone; when `size` does not fit.

    Examples
    --------
    >>> import numpy as np
    >>> from unblur.degradation import convolve, gaussian_psf
    >>> beads = np.zeros((60, 60), np.float32)
    >>> beads[15, 15] = beads[40, 44] = 1000
    >>> seen = 10 + convolve(beads, gaussian_psf(1.5))
    >>> psf = psf_from_beads(seen, size=(11, 11))
    >>> bool(abs(psf - gaussian_psf(1.5, size=11)).sum() < 0.02)
    True
    """
    picture = np.asarray(values)
    if picture.ndim not in (2, 3) or picture.dtype.kind not in "biuf" or picture.size == 0:
        raise PSFError(f"beads are seen in (H, W) or (Z, H, W), not in {picture.shape}")
    picture = picture.astype(np.float64)
    if not np.isfinite(picture).all():
        raise PSFError("the picture of beads holds NaN or infinity: replace them first")
    centres, box = _one(picture) if size is None else _several(picture, size)
    beads = [_centred(picture, centre, box) for centre in centres]
    return _clean(np.sum(beads, axis=0))


def _one(picture: _Floats) -> tuple[list[tuple[int, ...]], tuple[int, ...]]:
    smooth = ndimage.gaussian_filter(picture, 1.0)
    centre = _whole(ndimage.maximum_position(smooth))
    reach = [min(at, extent - 1 - at) for at, extent in zip(centre, picture.shape, strict=True)]
    box = tuple(2 * each + 1 for each in reach)
    if min(box[-2:]) < 5:
        raise PSFError("the brightest bead touches the border: cut out a picture with it inside")
    return [centre], box


def _several(
    picture: _Floats, size: Sequence[int]
) -> tuple[list[tuple[int, ...]], tuple[int, ...]]:
    box = tuple(size)
    fits = len(box) == picture.ndim and all(
        1 <= each <= extent and each % 2 for each, extent in zip(box, picture.shape, strict=False)
    )
    if not fits:
        raise PSFError(f"the PSF's size must be odd and fit into {picture.shape}, not {box}")
    smooth = ndimage.gaussian_filter(picture, 1.0)
    ground = float(np.median(smooth))
    noise = 1.4826 * float(np.median(np.abs(smooth - ground)))
    least = ground + max(_FAINTEST * float(smooth.max() - ground), _CLEAR * noise)
    # a plateau of equal values is one bead
    tops = (smooth == ndimage.maximum_filter(smooth, size=3)) & (smooth > least)
    labels, count = ndimage.label(tops, np.ones((3,) * picture.ndim))
    found = ndimage.maximum_position(smooth, labels, range(1, count + 1)) if count else []
    peaks = [_whole(peak) for peak in list(found)]
    alone = [peak for peak in peaks if _stands_alone(peak, peaks, box, picture.shape)]
    if not alone:
        raise PSFError(f"none of {count} beads stands alone in a box of {box}: take a smaller one")
    return alone, box


def _whole(place: Any) -> tuple[int, ...]:
    return tuple(int(index) for index in place)


def _stands_alone(
    peak: tuple[int, ...],
    peaks: list[tuple[int, ...]],
    box: tuple[int, ...],
    shape: tuple[int, ...],
) -> bool:
    inside = all(
        b // 2 <= at < extent - b // 2 for at, b, extent in zip(peak, box, shape, strict=True)
    )
    near = (
        all(abs(a - b) < side for a, b, side in zip(peak, other, box, strict=True))
        for other in peaks
        if other != peak
    )
    return inside and not any(near)


def _centred(picture: _Floats, centre: tuple[int, ...], box: tuple[int, ...]) -> _Floats:
    """One bead without its background, its centre of mass in the middle of the box."""
    where = tuple(slice(at - b // 2, at + b // 2 + 1) for at, b in zip(centre, box, strict=True))
    bead = picture[where] - np.median(picture[where][_shell(box)])
    core = np.where(bead > 0.2 * bead.max(), bead, 0)
    if not core.sum() > 0:
        raise PSFError("there is no bead: nothing is brighter than its surroundings")
    middle = np.array(box) // 2
    offset = middle - np.array(ndimage.center_of_mass(core))
    return np.asarray(ndimage.shift(bead, offset, order=3, mode="nearest"))


def _shell(box: tuple[int, ...]) -> NDArray[np.bool_]:
    """Outermost pixels of a box along the axes of its plane."""
    inner = np.zeros(box, bool)
    inner[(..., slice(1, -1), slice(1, -1))] = True
    return ~inner


def _clean(bead: _Floats) -> NDArray[np.float32]:
    """Cut what is noise, and everything that does not hang together with the bead."""
    shell = bead[_shell(bead.shape)]
    noise = 1.4826 * float(np.median(np.abs(shell - np.median(shell))))
    if bead.max() < _CLEAR * noise:
        raise PSFError("the bead does not stand out of the noise: average more, or expose longer")
    kept = bead > max(_LEAST * noise, 0.0)
    labels, _ = ndimage.label(ndimage.binary_dilation(kept))
    middle = tuple(extent // 2 for extent in bead.shape)
    psf = np.where(labels == labels[middle], np.maximum(bead, 0), 0)
    return np.asarray(psf / psf.sum(), dtype=np.float32)
