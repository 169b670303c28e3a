"""All that the page tells of one picture."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from unblur.degradation.noise_level import estimate_noise
from unblur.estimation.report import BlurReport
from unblur.images.color import to_float
from unblur.images.photo import Photo
from unblur.inspection.blur_map import blur_map
from unblur.inspection.noise import flattest_window, noise_by_brightness
from unblur.inspection.spectrum import Spectrum, measure_spectrum
from unblur.restoration.report import RestorationReport, TileReport
from unblur.restoration.restorer import Restorer

__all__ = ["Findings", "Window", "look_at"]

FloatArray = NDArray[np.float32]
Window = tuple[slice, slice]
PARTS = 6  # of the PSF field along the longer side of the picture
SMALLEST_PART, LARGEST_PART = 144, 512  # px; a PSF needs edges
BLOCKS = 32  # of the blur map along the longer side
CROP, CROPS = 224, 3
SPECTRUM = 512  # px; side of the part whose spectrum is shown
STRIP = 768  # rows that the blur map is measured of at a time
PATCH = 96
REC_601 = np.array([0.299, 0.587, 0.114], np.float32)


@dataclass(frozen=True, eq=False)
class Findings:
    """What was found in one picture.

    Parameters
    ----------
    name : str
        Of the picture.
    before, after : ndarray
        (H, W, C), the picture and its restoration.
    report : RestorationReport
        What the restorer said.
    blur : BlurReport
        The blur of the picture as a whole.
    field : tuple of TileReport
        The PSF of each part.
    widths : ndarray of float32
        Width of edges in px in each block, NaN where there are none.
    block : int
        Side of such a block in px.
    spectrum : Spectrum
        Of the part with the most detail.
    brightness, noise : ndarray of float32
        Noise of the flat parts of each brightness.
    crops : tuple of (slice, slice)
        Windows to compare, where the restoration changed most.
    flat : (slice, slice)
        The flattest window.
    notes : tuple of str
        What had to change on the way in.
    """

    name: str
    before: NDArray[Any]
    after: NDArray[Any]
    report: RestorationReport
    blur: BlurReport
    field: tuple[TileReport, ...]
    widths: FloatArray
    block: int
    spectrum: Spectrum
    brightness: FloatArray
    noise: FloatArray
    crops: tuple[Window, ...]
    flat: Window
    notes: tuple[str, ...] = ()


def look_at(
    photo: Photo,
    name: str,
    restorer: Restorer,
    progress: Callable[[int, int], None] | None = None,
) -> Findings:
    """Find all that the page tells of one picture.

    Parameters
    ----------
    photo : Photo
        The picture.
    name : str
        What to call it.
    restorer : Restorer
        Finds its blur and removes it.
    progress : callable, optional
        As for `Restorer.restore`.

    Returns
    -------
    Findings
        For `draw_section`.
    """
    before = photo.pixels
    after, report = restorer.restore_with_report(before, progress=progress)
    assert report.blur is not None
    longer = max(before.shape[:2])
    side = int(np.clip(longer // PARTS, SMALLEST_PART, LARGEST_PART))
    luma = np.clip(_luma(before), 0, 1)
    crops = _crops(luma, np.clip(_luma(after), 0, 1))
    block = max(8, -(-longer // BLOCKS))
    middle = _detailed(luma, SPECTRUM)
    brightness, noise = noise_by_brightness(luma)
    return Findings(
        name=name,
        before=before,
        after=after,
        report=report,
        blur=report.blur,
        field=restorer.psf_field(before, side=side),
        widths=_widths(luma, block),
        block=block,
        spectrum=measure_spectrum(luma[middle], report.blur.noise),
        brightness=brightness,
        noise=noise,
        crops=crops,
        flat=flattest_window(luma, PATCH),
        notes=photo.notes,
    )


def _luma(pixels: NDArray[Any]) -> FloatArray:
    """(H, W), encoded; in strips, so that no copy of all channels is made."""
    luma = np.empty(pixels.shape[:2], np.float32)
    for top in range(0, len(pixels), STRIP):
        part = to_float(pixels[top : top + STRIP])
        luma[top : top + STRIP] = part[..., 0] if part.shape[2] == 1 else part @ REC_601
    return luma


def _widths(luma: FloatArray, block: int) -> FloatArray:
    """Return the blur map, measured strip by strip: its filters take ten times the memory."""
    rows = max(1, STRIP // block)
    strips = []
    for first in range(0, -(-len(luma) // block), rows):
        above = min(first, 1)
        strip = luma[(first - above) * block : (first + rows + 1) * block]
        found = blur_map(strip, noise=estimate_noise(strip), block=block)
        strips.append(found[above : above + rows])
    return np.concatenate(strips)


def _detailed(luma: FloatArray, side: int) -> Window:
    """Window with the steepest slopes."""
    slope = np.abs(np.diff(luma, axis=0, append=luma[-1:])) + np.abs(
        np.diff(luma, axis=1, append=luma[:, -1:])
    )
    return _window(ndimage.uniform_filter(slope, min(side, *luma.shape)), side)


def _window(score: FloatArray, side: int) -> Window:
    """Where a window of this side has the highest score in its middle."""
    height, width = score.shape
    tall, wide = min(side, height), min(side, width)
    inner = score[tall // 2 : height - (tall - tall // 2) + 1]
    inner = inner[:, wide // 2 : width - (wide - wide // 2) + 1]
    top, left = (int(part) for part in np.unravel_index(np.argmax(inner), inner.shape))
    return slice(top, top + tall), slice(left, left + wide)


def _crops(before: FloatArray, after: FloatArray) -> tuple[Window, ...]:
    """Windows apart from each other where most has changed, or where most is to be seen."""
    change = np.abs(after - before)
    if change.max() < 1 / 255:
        change = np.abs(ndimage.gaussian_laplace(before, 1.0))
    score = ndimage.uniform_filter(change, min(CROP, *before.shape))
    found: list[Window] = []
    for _ in range(CROPS):
        window = _window(score, CROP)
        rows, columns = window
        middle = score[(rows.start + rows.stop) // 2, (columns.start + columns.stop) // 2]
        if found and middle <= 0:
            break
        found.append(window)
        score[
            max(0, rows.start - CROP // 2) : rows.stop + CROP // 2,
            max(0, columns.start - CROP // 2) : columns.stop + CROP // 2,
        ] = 0
    return tuple(found)
