"""The reusable restorer: finds the blur of a picture and removes it tile by tile."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, replace
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
from unblur.images.tiling import Tile, even_size, plan_tiles
from unblur.restoration.field import BlurField, find_blur
from unblur.restoration.guard import is_sharp, trust, unexplained
from unblur.restoration.image_to_image import find_picture_network, restore_directly
from unblur.restoration.model import Model
from unblur.restoration.octaves import restore_at
from unblur.restoration.quality import Quality, effort_of
from unblur.restoration.report import RestorationReport, TileReport
from unblur.restoration.tiled import FADE, restore_tiles
from unblur.runtime.checks import default_threads
from unblur.runtime.devices import Device, check_device

__all__ = ["Device", "RestorationReport", "Restorer"]

FloatArray = npt.NDArray[np.float32]
TILE = 528  # largest side of a tile; memory grows with its square
CONTEXT = 40  # pixels inside a tile's border that are dropped where it has a neighbour: a guess
MULTIPLE = 8  # of a tile's sides, as the networks want it


@dataclass(frozen=True)
class _Task:
    """What all tiles of one picture share."""

    pixels: npt.NDArray[Any]
    model: Model
    field: BlurField
    blind: bool
    strength: float
    noise: float
    linear: bool
    passes: int

    def restore(self, tile: Tile) -> tuple[FloatArray, TileReport]:
        """Return one restored tile, and what was done."""
        blurred = to_float(self.pixels[tile.slices])
        psf, octave = self.field.psf, self.field.octave
        weight = self.strength * self.field.trust
        if weight == 0:
            return blurred, TileReport(tile, 0.0, psf, octave)
        psf = self.field.psf_of(blurred, self.model.estimator)
        if self.blind and is_sharp(psf):
            return blurred, TileReport(tile, 0.0, psf, octave)
        encoded = np.clip(blurred, 0, 1)
        restored = restore_at(
            self.model.restorer,
            encoded,
            psf,
            octave,
            known=not self.blind,
            linear=self.linear,
            passes=self.passes,
        )
        if self.blind:
            share = unexplained(encoded, restored, psf, self.noise, octave, linear=self.linear)
            weight *= trust(share)
        values = blurred + np.float32(weight) * (restored - encoded)
        return values, TileReport(tile, weight, psf, octave)


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
            task = _Task(
                pixels, self._shared, field, given is None, strength, noise, linear, passes
            )
            result, tiles = self._run(task, tell)
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
            tiles_kept=sum(each.weight == 0 for each in tiles),
            strength=strength,
            field=tiles,
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
        self, image: FloatArray, psf: FloatArray | None = None, *, search: bool = True
    ) -> tuple[BlurField, float] | None:
        """Find blur and noise of a picture; None if the model restores without.

        Parameters
        ----------
        image : ndarray of float32
            (H, W, C) in [0, 1].
        psf : ndarray of float32, optional
            PSF (K, K), if known.
        search : bool
            Whether to look further where the PSF is doubtful, which takes several times as long.
        """
        return None if self._network else self._find(image, psf, search=search)

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
        if self._network is not None or field is None:
            assert self._network is not None
            return restore_directly(image, self._network, 1.0, _quiet)[0]
        passes = self._effort.passes
        task = _Task(image, self._shared, field, not known, 1.0, noise, linear, passes)
        return self._run(task, _quiet)[0]

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
        return field, estimate_noise(_sample(pixels))

    def _run(
        self, task: _Task, tell: Callable[[int, int], None]
    ) -> tuple[npt.NDArray[Any], tuple[TileReport, ...]]:
        height, width = task.pixels.shape[:2]
        field = task.field
        overlap, fade = _overlap_of(field), FADE << field.octave
        sides = [_side(extent, overlap, field.octave) for extent in (height, width)]
        tiles = plan_tiles(height, width, size=(sides[0], sides[1]), overlap=overlap)
        alone = len(tiles) == 1
        model = self._shared if alone else self._shared.side_by_side
        inside, beside = (self._threads, 1) if alone else (1, self._threads)
        task = replace(task, model=model, field=field.for_tiles(len(tiles)))
        with fft.set_workers(inside):
            return restore_tiles(
                task.pixels,
                tiles,
                task.restore,
                overlap=overlap,
                fade=fade,
                threads=beside,
                tell=tell,
            )


def _quiet(done: int, tiles: int) -> None:
    """Tell nobody."""


def _overlap_of(field: BlurField) -> int:
    """Pixels that neighbours share: the context of both, and the fade between them."""
    context = max(CONTEXT, int(field.psf.shape[0]) // 2 + 24)
    return (2 * context + FADE) << field.octave


def _side(extent: int, overlap: int, octave: int) -> int:
    """Side of the tiles along an axis; larger where the networks see them at half the size."""
    largest = max(TILE << min(octave, 1), 2 * overlap)
    return even_size(extent, largest=largest, overlap=overlap, multiple=MULTIPLE << octave)


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
