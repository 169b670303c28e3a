"""The functions that most people need: restore, inspect, degrade."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from unblur.degradation.convolution import Boundary
from unblur.degradation.physical import PhysicalPSF
from unblur.degradation.pipeline import Degradation
from unblur.estimation.report import BlurReport
from unblur.images.arrays import Picture, as_image
from unblur.restoration.batch import restore_photo
from unblur.restoration.faithful import FaithfulRestorer
from unblur.restoration.quality import Quality
from unblur.restoration.restorer import Device, RestorationReport, Restorer

__all__ = ["degrade", "estimate_psf", "inspect", "restore", "restore_file"]


@lru_cache(maxsize=1)
def _restorer(
    model: str | Path,
    threads: int | None,
    quality: Quality = "balanced",
    device: Device = "auto",
) -> Restorer:
    """Keep the last restorer, so that repeated one-shot calls do not load the model again."""
    return Restorer(model, threads=threads, quality=quality, device=device)


def restore(
    image: Picture,
    psf: npt.ArrayLike | None = None,
    *,
    strength: float = 1.0,
    linear: bool = True,
    faithful: bool = False,
    quality: Quality = "balanced",
    model: str | Path = "default",
    threads: int | None = None,
    device: Device = "auto",
) -> Any:
    """Return a picture with its blur removed.

    Parameters
    ----------
    image : ndarray or PIL.Image.Image
        (H, W) or (H, W, C): uint8, uint16, or float in [0, 1]; or a PIL image. Alpha is kept.
    psf : array_like, optional
        PSF (K, K) of the blur, see `parse_psf`; estimated from the picture if not given.
    strength : float
        0 gives the picture back as it is, 1 restores fully.
    linear : bool
        Whether the blur happened in linear light, as in a camera, or on the encoded values, as in
        most programs and published test sets.
    faithful : bool
        Use one linear filter, `bounded_wiener`, and no network: nothing is invented. It needs the
        PSF.
    quality : {"fast", "balanced", "best"}
        How much time to spend.
    model : str or Path
        Name of a shipped model, or a folder made by ``unblur export``.
    threads : int, optional
        Processor threads; all that the process may use if not given.
    device : {"auto", "cpu", "cuda", "directml", "coreml", "openvino"}
        What runs the networks; "auto" takes the best that is installed.

    Returns
    -------
    ndarray or PIL.Image.Image
        The same kind as `image`, of the same size and type.

    Raises
    ------
    ArrayError, PSFError, ArgumentError, ModelError
        If an argument cannot be used; the message says why and what would do.

    Examples
    --------
    >>> import numpy as np
    >>> import unblur
    >>> picture = np.random.default_rng(0).random((64, 64), np.float32)
    >>> sharp = unblur.restore(picture, unblur.gaussian_psf(1.5), threads=1)
    >>> sharp.shape, sharp.dtype
    ((64, 64), dtype('float32'))
    """
    if faithful:
        exact = FaithfulRestorer(threads=threads)
        return exact.restore_with_report(image, psf, strength=strength, linear=linear)[0]
    restorer = _restorer(model, threads, quality, device)
    return restorer.restore(image, psf, strength=strength, linear=linear)


def restore_file(
    source: str | Path,
    target: str | Path,
    *,
    psf: npt.ArrayLike | PhysicalPSF | None = None,
    strength: float = 1.0,
    linear: bool = True,
    faithful: bool = False,
    overwrite: bool = False,
    strip: bool = False,
    restorer: Restorer | None = None,
) -> RestorationReport:
    """Restore one file into another, which keeps depth, alpha, EXIF, ICC profile and DPI.

    Parameters
    ----------
    source, target : str or Path
        The picture and its result; the suffix of `target` gives its format.
    psf : array_like or PhysicalPSF, optional
        As for `restore`, or in millimetres where the file tells the size of its pixels (DICOM).
    strength : float
        As for `restore`.
    linear : bool
        As for `restore`; the numbers of a DICOM are never taken for encoded light.
    faithful : bool
        As for `restore`.
    overwrite : bool
        Replace `target` if it exists.
    strip : bool
        Leave metadata out.
    restorer : Restorer, optional
        Used instead of the default one; means nothing with `faithful`.

    Returns
    -------
    RestorationReport
        What was found and done.

    Raises
    ------
    ImageReadError, ImageWriteError
        If a file cannot be read or written; nothing is left half written.

    Examples
    --------
    >>> import unblur
    >>> unblur.restore_file("no-such-photo.jpg", "out.jpg")
    Traceback (most recent call last):
    ...
    unblur.errors.ImageReadError: no-such-photo.jpg: ...
    """
    exact = FaithfulRestorer() if faithful else None
    kernel = psf
    if kernel is not None and not isinstance(kernel, PhysicalPSF):
        kernel = np.asarray(kernel, dtype=np.float32)
    report, _ = restore_photo(
        source,
        target,
        exact or restorer or _restorer("default", None),
        psf=kernel,
        strength=strength,
        linear=linear,
        overwrite=overwrite,
        strip=strip,
    )
    assert isinstance(report, RestorationReport)
    return report


def inspect(
    image: Picture, *, model: str | Path = "default", threads: int | None = None
) -> BlurReport:
    """Return how a picture is blurred: kind, extent, angle, noise and PSF.

    Parameters
    ----------
    image : ndarray or PIL.Image.Image
        As for `restore`.
    model : str or Path
        As for `restore`.
    threads : int, optional
        As for `restore`.

    Returns
    -------
    BlurReport
        The blur of the picture as a whole.

    Examples
    --------
    >>> import numpy as np
    >>> import unblur
    >>> picture = np.random.default_rng(0).random((96, 96), np.float32)
    >>> report = unblur.inspect(picture, threads=1)
    >>> report.psf.shape
    (33, 33)
    """
    return _restorer(model, threads).inspect(image)


def estimate_psf(
    image: Picture, *, model: str | Path = "default", threads: int | None = None
) -> npt.NDArray[np.float32]:
    """Return the PSF of a picture as a whole.

    Parameters
    ----------
    image : ndarray or PIL.Image.Image
        As for `restore`.
    model : str or Path
        As for `restore`.
    threads : int, optional
        As for `restore`.

    Returns
    -------
    ndarray of float32
        PSF (K, K), non-negative, sum 1, centre of mass in the middle.

    Examples
    --------
    >>> import numpy as np
    >>> import unblur
    >>> picture = np.random.default_rng(0).random((96, 96), np.float32)
    >>> float(unblur.estimate_psf(picture, threads=1).sum().round(3))
    1.0
    """
    return inspect(image, model=model, threads=threads).psf


def degrade(
    image: Picture,
    psf: npt.ArrayLike,
    *,
    noise: float = 0.0,
    jpeg_quality: int | None = None,
    linear: bool = True,
    boundary: Boundary = "reflect",
    saturation: float = 1.0,
    seed: int | None = None,
) -> Any:
    """Return a picture blurred by a known PSF, as a camera would have recorded it.

    Parameters
    ----------
    image : ndarray or PIL.Image.Image
        Sharp picture, as for `restore`.
    psf : array_like
        PSF (K, K).
    noise : float
        Standard deviation of the read noise, in encoded units of [0, 1].
    jpeg_quality : int, optional
        Compress with this quality, 1 to 100.
    linear : bool
        Blur in linear light, as optics do, or in the encoded values.
    boundary : str
        What lies beyond the border, see `unblur.degradation.convolve`; "valid" is refused for
        pictures with alpha.
    saturation : float
        Exposure gain in linear light; above 1 highlights are clipped.
    seed : int, optional
        Seed of the noise; a new one each time if not given.

    Returns
    -------
    ndarray or PIL.Image.Image
        The same kind as `image`.

    Examples
    --------
    >>> import numpy as np
    >>> import unblur
    >>> picture = np.zeros((32, 32, 3), np.uint8)
    >>> unblur.degrade(picture, unblur.box_psf(3), noise=0.01, seed=0).dtype
    dtype('uint8')
    """
    pixels, back = as_image(image)
    bits = 16 if getattr(image, "dtype", None) == np.uint16 else 8
    degradation = Degradation(
        psf=np.asarray(psf, dtype=np.float32),
        linear=linear,
        boundary=boundary,
        saturation=saturation,
        read_noise=noise,
        jpeg_quality=jpeg_quality,
        bits=bits,
    )
    return back(degradation.apply(pixels, seed))
