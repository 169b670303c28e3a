"""Pillow's pixel modes as arrays of colour and alpha, and back."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from unblur.errors import ImageReadError, ImageSizeError
from unblur.images.exif import find_orientation, settle_exif, settle_xmp, turn_upright
from unblur.images.photo import Encoding, Metadata, Photo
from unblur.images.profiles import to_srgb

__all__ = ["Decoded", "check_size", "decode_pillow", "encode_pillow", "finish"]


@dataclass(frozen=True)
class Decoded:
    """Pixels as they are stored, before they are turned upright: the raw side of a `Photo`."""

    pixels: NDArray[Any]
    alpha: NDArray[Any] | None
    mode: str
    notes: tuple[str, ...] = ()
    icc: bytes | None = None
    """A profile in place of the file's own, after a conversion of colours."""
    replaces_icc: bool = False


def check_size(width: int, height: int, max_pixels: int | None) -> None:
    """Refuse pictures that would fill the memory, before any pixel is decoded.

    Raises
    ------
    ImageReadError
        When there are no pixels.
    ImageSizeError
        When there are more than `max_pixels`.
    """
    if width < 1 or height < 1:
        raise ImageReadError(f"it has no pixels: its size is {width} x {height}")
    if max_pixels is not None and width * height > max_pixels:
        raise ImageSizeError(
            f"its {width} x {height} pixels are more than the limit of {max_pixels / 1e6:g} "
            "megapixels: raise max_pixels if the file can be trusted"
        )


def decode_pillow(image: Image.Image) -> Decoded:
    """Take the pixels out of a Pillow image of 8 bits or 16-bit grey.

    Parameters
    ----------
    image : PIL.Image.Image
        Palettes are expanded, bilevel becomes grey, a transparent colour becomes alpha, CMYK is
        converted to sRGB.

    Returns
    -------
    Decoded
        Pixels (H, W, 1) or (H, W, 3) and alpha (H, W).

    Raises
    ------
    ImageReadError
        For modes without an agreed meaning here (LAB, 32-bit integers, ...).
    """
    mode, icc, converted = image.mode, None, False
    notes: tuple[str, ...] = ()
    if mode == "CMYK":
        image, icc, note = to_srgb(image, image.info.get("icc_profile"))
        notes, converted = (note,), True
    elif mode == "I;16":
        return _decode_grey16(image)
    else:
        image = image.convert(_plain_mode(image))
    pixels = np.asarray(image)
    pixels = pixels[:, :, np.newaxis] if pixels.ndim == 2 else pixels
    colours = 1 if pixels.shape[2] < 3 else 3
    alpha = pixels[:, :, colours].copy() if pixels.shape[2] > colours else None
    return Decoded(pixels[:, :, :colours], alpha, mode, notes, icc, converted)


def encode_pillow(photo: Photo) -> Image.Image:
    """Make a Pillow image of a photo with 8 bits: mode L, LA, RGB or RGBA."""
    if photo.alpha is not None:
        return Image.fromarray(np.dstack([photo.pixels, photo.alpha]))
    return Image.fromarray(photo.pixels[:, :, 0] if photo.pixels.shape[2] == 1 else photo.pixels)


def finish(
    decoded: Decoded,
    metadata: Metadata,
    *,
    format: str,
    encoding: Encoding | None = None,
    orientation: int | None = None,
    notes: tuple[str, ...] = (),
) -> Photo:
    """Turn decoded pixels upright and put them together with what else the file says.

    Parameters
    ----------
    decoded : Decoded
        As stored.
    metadata : Metadata
        As stored: EXIF and XMP may still demand a turn.
    format : str
        Name of the file format.
    encoding : JpegSettings, WebPSettings, TiffSettings or None, optional
        How it was compressed.
    orientation : int, optional
        1 to 8; found in EXIF or XMP by default.
    notes : tuple of str, optional
        Further notes.
    """
    if orientation is None:
        orientation = find_orientation(metadata.exif, metadata.xmp)
    exif = settle_exif(metadata.exif)
    if metadata.exif and exif is None:
        notes = (*notes, "its EXIF block is damaged and was left out")
    dpi = metadata.dpi if metadata.dpi and min(metadata.dpi) > 0 else None
    if dpi and orientation > 4:
        dpi = (dpi[1], dpi[0])
    metadata = replace(
        metadata,
        exif=exif,
        xmp=settle_xmp(metadata.xmp),
        icc=decoded.icc if decoded.replaces_icc else metadata.icc,
        dpi=dpi,
    )
    alpha = None if decoded.alpha is None else turn_upright(decoded.alpha, orientation)
    return Photo(
        pixels=turn_upright(decoded.pixels, orientation),
        alpha=alpha,
        metadata=metadata,
        format=format,
        mode=decoded.mode,
        encoding=encoding,
        notes=(*decoded.notes, *notes),
    )


def _plain_mode(image: Image.Image) -> str:
    transparent = "transparency" in image.info
    if image.mode in ("1", "L"):
        return "LA" if transparent else "L"
    if image.mode in ("P", "RGB"):
        return "RGBA" if transparent else "RGB"
    plain = {"LA": "LA", "PA": "RGBA", "RGBA": "RGBA", "RGBX": "RGB", "YCbCr": "RGB"}
    if image.mode not in plain:
        raise ImageReadError(f"pixels of mode {image.mode} are not supported: convert it to RGB")
    return plain[image.mode]


def _decode_grey16(image: Image.Image) -> Decoded:
    pixels = np.array(image, dtype=np.uint16)
    clear = image.info.get("transparency")
    alpha = None if clear is None else np.where(pixels == clear, 0, 65535).astype(np.uint16)
    return Decoded(pixels[:, :, np.newaxis], alpha, image.mode)
