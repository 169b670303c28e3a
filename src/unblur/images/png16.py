"""PNG with 16 bits a colour, which Pillow reads as 8 bits and cannot write.

Reading uses Pillow's decoder twice: its raw modes ``RGB;16B`` and ``RGB;16L`` take the first and
the second byte of each number, which together are the number. Grey with alpha has four bytes a
pixel like RGBA of 8 bits, filters included, so it is read under that name. Writing needs only
zlib and the Paeth filter, the best single filter for photographs.

References
----------
https://www.w3.org/TR/png-3/, sections 7 (scanlines), 9 (filtering), 11.2 (IHDR)
"""

from __future__ import annotations

import io
import struct
import zlib
from collections.abc import Iterable
from typing import Any, BinaryIO

import numpy as np
from numpy.typing import NDArray
from PIL.PngImagePlugin import PngImageFile

from unblur.errors import ImageReadError
from unblur.images.modes import Decoded
from unblur.images.photo import Photo

__all__ = ["decode_png16", "encode_png16"]

SIGNATURE = b"\x89PNG\r\n\x1a\n"
_RGB, _GREY_ALPHA, _RGBA = 2, 4, 6
_ROWS = 64  # filtered and compressed at a time


def decode_png16(file: BinaryIO, image: PngImageFile, kind: int) -> Decoded:
    """Read the pixels of a colour PNG, or one of grey with alpha, of 16 bits.

    Parameters
    ----------
    file : binary file
        The whole PNG.
    image : PIL.PngImagePlugin.PngImageFile
        The same, opened but not loaded.
    kind : int
        Colour type in its IHDR chunk: 2, 4 or 6.

    Returns
    -------
    Decoded
        Pixels and alpha of uint16.
    """
    if kind == _GREY_ALPHA:
        image.load()  # before the file is read again from another place
        pairs = _load(PngImageFile(_as_rgba8(file))).view(">u2").astype(np.uint16)
        return Decoded(pairs[:, :, :1], pairs[:, :, 1], "LA")
    mode = {_RGB: "RGB", _RGBA: "RGBA"}.get(kind)
    if mode is None:
        raise ImageReadError(f"it is damaged: colour type {kind} with 16 bits does not exist")
    pixels = _load(image, f"{mode};16B").astype(np.uint16)
    pixels <<= 8
    file.seek(0)
    pixels |= _load(PngImageFile(file), f"{mode};16L")
    clear = image.info.get("transparency")
    if kind == _RGBA:
        return Decoded(pixels[:, :, :3], pixels[:, :, 3], mode)
    if clear is None:
        return Decoded(pixels, None, mode)
    alpha = np.where((pixels == np.array(clear, np.uint16)).all(axis=2), 0, 65535)
    return Decoded(pixels, alpha.astype(np.uint16), mode)


def encode_png16(photo: Photo, file: BinaryIO, chunks: Iterable[tuple[bytes, bytes]]) -> None:
    """Write a PNG of 16 bits.

    Parameters
    ----------
    photo : Photo
        Pixels and alpha of uint16.
    file : binary file
        To write to.
    chunks : iterable of (name, data)
        Metadata, to stand before the pixels.
    """
    samples = photo.pixels
    if photo.alpha is not None:
        samples = np.dstack([samples, photo.alpha])
    kind = {1: 0, 2: _GREY_ALPHA, 3: _RGB, 4: _RGBA}[samples.shape[2]]
    file.write(SIGNATURE)
    _write_chunk(
        file, b"IHDR", struct.pack(">IIBBBBB", photo.width, photo.height, 16, kind, 0, 0, 0)
    )
    for name, data in chunks:
        _write_chunk(file, name, data)
    # a photograph gets no smaller by a longer search, it takes three times the time
    compressor = zlib.compressobj(3, strategy=zlib.Z_FILTERED)
    above = np.zeros((1, *samples.shape[1:]), np.uint16)
    for top in range(0, photo.height, _ROWS):
        rows = np.concatenate([above, samples[top : top + _ROWS]])
        _write_chunk(file, b"IDAT", compressor.compress(_filter_paeth(rows)))
        above = rows[-1:]
    _write_chunk(file, b"IDAT", compressor.flush())
    _write_chunk(file, b"IEND", b"")


def _load(image: PngImageFile, rawmode: str | None = None) -> NDArray[np.uint8]:
    if rawmode is not None:
        image.tile = [tile._replace(args=rawmode) for tile in image.tile]
    image.load()
    return np.ascontiguousarray(image)


def _as_rgba8(file: BinaryIO) -> BinaryIO:
    file.seek(0)
    data = bytearray(file.read())
    data[24:26] = bytes([8, _RGBA])  # bit depth and colour type in IHDR
    data[29:33] = struct.pack(">I", zlib.crc32(data[12:29]))
    return io.BytesIO(data)


def _filter_paeth(rows: NDArray[np.uint16]) -> bytes:
    """Filter all rows but the first, which only is the one above."""
    count, pixel = len(rows), 2 * rows.shape[2]
    raw = rows.astype(">u2").view(np.uint8).reshape(count, -1).astype(np.int16)
    here, up = raw[1:], raw[:-1]
    left, corner = _shift(here, pixel), _shift(up, pixel)
    # distances of the guess left + up - corner to its three parts
    to_left, to_up = np.abs(up - corner), np.abs(left - corner)
    to_corner = np.abs(left + up - 2 * corner)
    nearest = np.where(to_up <= to_corner, up, corner)
    nearest = np.where((to_left <= to_up) & (to_left <= to_corner), left, nearest)
    filtered = np.empty((count - 1, raw.shape[1] + 1), np.uint8)
    filtered[:, 0] = 4
    filtered[:, 1:] = (here - nearest).astype(np.uint8)
    return filtered.tobytes()


def _shift(rows: NDArray[Any], pixel: int) -> NDArray[Any]:
    shifted = np.zeros_like(rows)
    shifted[:, pixel:] = rows[:, :-pixel]
    return shifted


def _write_chunk(file: BinaryIO, name: bytes, data: bytes) -> None:
    checksum = zlib.crc32(data, zlib.crc32(name))
    file.write(struct.pack(">I", len(data)) + name + data + struct.pack(">I", checksum))
