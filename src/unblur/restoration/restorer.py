"""The reusable restorer: finds the blur of a picture and removes it tile by tile."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy import fft

from unblur.degradation.noise_level import estimate_noise
from unblur.degradation.psf import as_psf
from unblur.errors import ArgumentError
from unblur.estimation.report import BlurReport, report_blur
from unblur.images.arrays import Picture, as_image
from unblur.images.color import to_float
from unblur.images.tiling import plan_tiles
from unblur.restoration.certainty import certainty_left
from unblur.restoration.field import BlurField, find_blur
from unblur.restoration.image_to_image import find_picture_network, restore_directly
from unblur.restoration.model import Model
from unblur.restoration.picture_task import PictureTask
from unblur.restoration.quality import Quality, effort_of
from unblur.restoration.report import RestorationReport, TileReport
from unblur.runtime.checks import default_threads
from unblur.runtime.devices import Device, check_device
from unblur.runtime.memory import reuse_memory

__all__ = ["Device", "RestorationReport", "Restorer"]

FloatArray = npt.NDArray[np.float32]


class Restorer:
    """Restores pictures with one model, loaded once.

    Parameters
    ----------
    model : str or Path
        Name of a shipped model, a folder made by ``unblur export``, or a file of an image-to-image
        network: ONNX, its card beside it, or a checkpoint that spandrel knows.
    threads : int, optional
        Processor threads; all that the process may use if not given.
    quality : {"fast", "balanced", "best"}
        How much time to spend; means nothing to an image-to-image network.
    device : {"auto", "cpu", "cuda", "directml", "coreml", "openvino"}
        What runs the networks; "auto" takes the best that is installed.

    Raises
    ------
    ModelError
        If the model cannot be loaded.
    ArgumentError
        If `threads` is less than 1, or there is no such quality or device.

    Warns
    -----
    DeviceWarning
        If the device is missing or fails; the CPU takes its place.

    Examples
    --------
    >>> import numpy as np
    >>> from unblur import Restorer
    >>> restorer = Restorer(threads=1)
    >>> restorer.restore(np.full((40, 50, 3), 128, np.uint8)).shape
    (40, 50, 3)
    """

    def __init__(
        self,
        model: str | Path = "default",
        *,
        threads: int | None = None,
        quality: Quality = "balanced",
        device: Device = "auto",
    ) -> None:
        if threads is not None and threads < 1:
            raise ArgumentError(f"threads must be at least 1, not {threads}")
        self._name = model
        self._threads = threads or default_threads()
        check_device(device)
        reuse_memory()  # before anything has a heap of its own
        self._network = find_picture_network(model, self._threads, device)
        self._model = None if self._network else Model.load(model, self._threads, device)
        self._effort = effort_of(quality, self._model.restorer.passes if self._model else 1)
        self.quality = quality

    def __repr__(self) -> str:
        return f"Restorer({str(self._name)!r}, quality={self.quality!r})"

    @property
    def threads(self) -> int:
        """Processor threads."""
        return self._threads

    @property
    def _shared(self) -> Model:
        if self._model is None:
            raise ArgumentError(f"{self._name}: finds no blur; leave out the model")
        return self._model

    def restore(
        self,
        image: Picture,
        psf: npt.ArrayLike | None = None,
        *,
        strength: float = 1.0,
        linear: bool = True,
        progress: Callable[[int, int], None] | None = None,
    ) -> Any:
        """Return the picture with its blur removed.

        Parameters
        ----------
        image : ndarray or PIL.Image.Image
            Array (H, W) or (H, W, C), uint8, uint16 or float in [0, 1], or a PIL image; alpha is
            left untouched.
        psf : array_like, optional
            PSF (K, K) of the blur; estimated if not given.
        strength : float
            0 gives the picture back as it is, 1 restores fully.
        linear : bool
            Whether the blur happened in linear light, as in a camera, or on the encoded values.
        progress : callable, optional
            Called with the number of tiles done and that of all, from 0 on, in this thread.

        Returns
        -------
        ndarray or PIL.Image.Image
            The same kind as `image`.

        Raises
        ------
        ArrayError, PSFError, ArgumentError
            If an argument cannot be used.
        """
        return self.restore_with_report(
            image, psf, strength=strength, linear=linear, progress=progress
        )[0]

    def restore_with_report(
        self,
        image: Picture,
        psf: npt.ArrayLike | None = None,
        *,
        strength: float = 1.0,
        linear: bool = True,
        progress: Callable[[int, int], None] | None = None,
    ) -> tuple[Any, RestorationReport]:
        """Return the restored picture and what was found and done.

        Parameters
        ----------
        image : ndarray or PIL.Image.Image
            As for `restore`.
        psf : array_like, optional
            As for `restore`.
        strength : float
            As for `restore`.
        linear : bool
            As for `restore`.
        progress : callable, optional
            As for `restore`.

        Returns
        -------
        picture : ndarray or PIL.Image.Image
            The same kind as `image`.
        report : RestorationReport
            Blur, seconds, and how many tiles were left alone.
        """
        if not 0 <= strength <= 1:
            raise ArgumentError(f"strength must lie between 0 and 1, not {strength}")
        start = time.perf_counter()
        pixels, back = _pixels_of(image)
        given = None if psf is None else as_psf(psf)
        tell = progress or _quiet
        blur = None
        if self._network is None:
            field, noise = self._find(pixels, given, linear=linear)
            passes = self._effort.passes
            task = PictureTask(
                pixels, self._shared, field, given is None, strength, noise, linear, passes
            )
            result, tiles = task.run(self._threads, tell)
            blur = report_blur(field.psf, noise, octave=field.octave)
        elif given is None:
            result, tiles = restore_directly(pixels, self._network, strength, tell)
        else:
            raise ArgumentError(f"{self._name}: takes no PSF; leave out the PSF, or the model")
        report = RestorationReport(
            blur=blur,
            blind=given is None,
            megapixels=pixels.shape[0] * pixels.shape[1] / 1e6,
            seconds=time.perf_counter() - start,
            tiles=len(tiles),
            tiles_kept=sum(each.kept for each in tiles),
            strength=strength,
            field=tiles,
            tiles_direct=sum(each.direct > each.weight for each in tiles),
        )
        return back(result), report

    def inspect(self, image: Picture) -> BlurReport:
        """Return how the picture as a whole is blurred, without restoring it.

        Parameters
        ----------
        image : ndarray or PIL.Image.Image
            As for `restore`.

        Returns
        -------
        BlurReport
            Kind, extent, angle, noise, confidence and PSF.
        """
        field, noise = self._find(_pixels_of(image)[0], None)
        return report_blur(field.psf, noise, octave=field.octave)

    def psf_field(self, image: Picture, *, side: int = 256) -> tuple[TileReport, ...]:
        """Return how each part of the picture is blurred, without restoring it.

        Parameters
        ----------
        image : ndarray or PIL.Image.Image
            As for `restore`.
        side : int
            Of a part, in px; neighbours overlap by a quarter.

        Returns
        -------
        tuple of TileReport
            Row by row; each weight is how far the PSF is believed. Where a part has little detail,
            its PSF is mostly that of the picture.
        """
        pixels, _ = _pixels_of(image)
        field, _ = self._find(pixels, None)
        tiles = plan_tiles(*pixels.shape[:2], size=side << field.octave, overlap=side // 4)
        field = field.for_tiles(len(tiles))
        estimator = self._shared.estimator
        with fft.set_workers(self._threads):
            psfs = [field.psf_of(to_float(pixels[tile.slices]), estimator) for tile in tiles]
        return tuple(
            TileReport(tile, field.trust, psf, field.octave)
            for tile, psf in zip(tiles, psfs, strict=True)
        )

    def find_field(
        self,
        image: FloatArray,
        psf: FloatArray | None = None,
        *,
        linear: bool = True,
        search: bool = True,
    ) -> tuple[BlurField, float] | None:
        """Find blur and noise of a picture; None if the model restores without.

        Parameters
        ----------
        image : ndarray of float32
            (H, W, C) in [0, 1].
        psf : ndarray of float32, optional
            PSF (K, K), if known.
        linear : bool
            As for `restore`.
        search : bool
            Whether to look for other PSFs too, which takes several times as long.
        """
        return None if self._network else self._find(image, psf, linear=linear, search=search)

    def restore_field(
        self,
        image: FloatArray,
        field: BlurField | None,
        noise: float,
        *,
        known: bool,
        linear: bool = True,
    ) -> FloatArray:
        """Restore a picture by what `find_field` found, or something like it.

        Parameters
        ----------
        image : ndarray of float32
            (H, W, C) in [0, 1].
        field : BlurField or None
            Its blur.
        noise : float
            Standard deviation of its noise.
        known : bool
            Whether the PSF was given.
        linear : bool
            As for `restore`.
        """
        if self._network is not None:
            return restore_directly(image, self._network, 1.0, _quiet)[0]
        if field is None:
            raise ArgumentError("a field is needed: this model finds the blur; see find_field")
        passes = self._effort.passes
        task = PictureTask(image, self._shared, field, not known, 1.0, noise, linear, passes)
        return task.run(self._threads, _quiet)[0]

    def _find(
        self,
        pixels: npt.NDArray[Any],
        psf: FloatArray | None,
        *,
        linear: bool = True,
        search: bool = True,
    ) -> tuple[BlurField, float]:
        """Blur and noise of a picture."""
        searches = self._effort.searches if search else 0
        with fft.set_workers(self._threads):
            field = find_blur(pixels, psf, self._shared, searches=searches, linear=linear)
        sample = _sample(pixels)
        if field.octave == 0:  # halving a picture takes away what compression did
            field = replace(field, certainty=field.certainty * certainty_left(sample))
        return field, estimate_noise(sample)


def _quiet(done: int, tiles: int) -> None:
    """Tell nobody."""


def _pixels_of(image: Picture) -> tuple[npt.NDArray[Any], Callable[[npt.NDArray[Any]], Any]]:
    """Pixels (H, W, C) in their storage type where that is possible, and the way back.

    Large pictures stay in their own integers: only tiles are ever turned into floats.
    """
    if isinstance(image, np.ndarray) and image.dtype in (np.uint8, np.uint16) and image.size:
        shape = image.shape
        if len(shape) == 2 or (len(shape) == 3 and shape[2] in (1, 3)):
            return image.reshape(*shape[:2], -1), lambda result: result.reshape(shape)
    return as_image(image)


def _sample(pixels: npt.NDArray[Any]) -> FloatArray:
    """The middle of a picture, at most 1024 x 1024, as float: enough to measure its noise."""
    height, width = pixels.shape[:2]
    side = 1024
    top, left = max(0, (height - side) // 2), max(0, (width - side) // 2)
    return to_float(pixels[top : top + side, left : left + side])
