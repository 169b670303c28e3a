"""Small crops of results, kept on the disk for a page that shows them side by side."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image as PillowImage
from scipy.ndimage import uniform_filter

from unblur.evaluation.case import PSF, Case, CaseSet
from unblur.evaluation.methods import INPUT
from unblur.images.color import to_dtype
from unblur.origin import fingerprint

__all__ = ["PSF_NAME", "SHARP_NAME", "Gallery"]

Image = NDArray[np.float32]

SHARP_NAME = "sharp"
PSF_NAME = "psf"
_SIDE = 128


@dataclass(frozen=True)
class Gallery:
    """Keeps one crop for each set, kind of blur and method: of the set's first picture.

    Attributes
    ----------
    folder : path
        Where the PNG files go.
    """

    folder: Path

    def keep(self, pictures: CaseSet, case: Case, method: str, output: Image) -> None:
        """Write the crop of a result, unless another picture of its kind has one.

        Parameters
        ----------
        pictures : PictureSet or PairSet
            The set that the case is from.
        case : Case
            The case. With the input's crop that of the sharp picture and the PSF are written.
        method : str
            Name of the method.
        output : ndarray of float32, shape (H, W, C)
            What the method returned.
        """
        place = (pictures.name, pictures.protocol_name, case.kind)
        owner = self.path(*place, "owner").with_suffix(".txt")
        if owner.exists() and owner.read_text(encoding="utf-8") != case.picture:
            return
        self.folder.mkdir(parents=True, exist_ok=True)
        owner.write_text(case.picture, encoding="utf-8")
        window = _window(case.sharp)
        _write(output[window], self.path(*place, method))
        if method == INPUT.name:
            _write(case.sharp[window], self.path(*place, SHARP_NAME))
            if case.psf is not None:
                _write(_drawn(case.psf), self.path(*place, PSF_NAME))

    def path(self, pictures: str, protocol: str, kind: str, method: str) -> Path:
        """Name the file of a crop; it need not exist.

        Parameters
        ----------
        pictures, protocol, kind, method : str
            As in a `Row`; for `method` also `SHARP_NAME` and `PSF_NAME`.

        Returns
        -------
        path
            A PNG file.
        """
        return self.folder / f"{fingerprint([pictures, protocol, kind, method])}.png"


def _window(sharp: Image) -> tuple[slice, slice]:
    """Return the square of most detail, away from the border where there is room."""
    grey = sharp.mean(axis=2)
    side = min(_SIDE, *grey.shape)
    down, right = np.gradient(grey)
    energy = uniform_filter(np.sqrt(np.hypot(down, right)), side, mode="constant")
    inner = energy[side // 2 : grey.shape[0] - side + side // 2 + 1]
    inner = inner[:, side // 2 : grey.shape[1] - side + side // 2 + 1]
    top, left = np.unravel_index(np.argmax(inner), inner.shape)
    return slice(int(top), int(top) + side), slice(int(left), int(left) + side)


def _drawn(psf: PSF) -> Image:
    """PSF (K, K, 1) as light on black, faint tails lifted."""
    shown: Image = np.sqrt(psf / psf.max())[:, :, None]
    return shown


def _write(image: Image, path: Path) -> None:
    pixels = to_dtype(image, np.uint8)
    PillowImage.fromarray(pixels[:, :, 0] if pixels.shape[2] == 1 else pixels).save(path)
