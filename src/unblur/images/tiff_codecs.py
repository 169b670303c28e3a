"""Compression inside TIFF files, for samples of any type.

Pillow's libtiff knows every common compression but no 16-bit colours. It is used here as a plain
packer of bytes: a strip is dressed up as a little grey picture of 8 bits, which libtiff then packs
or unpacks, whatever the bytes mean. Predictors are undone with NumPy.

References
----------
TIFF Revision 6.0 (1992), sections 9, 13, 14; Adobe Photoshop TIFF Technical Note 3 (2005) on
floating point predictors.
"""

from __future__ import annotations

import io
import zlib
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image, features
from PIL.TiffImagePlugin import TiffImageFile

from unblur.errors import ImageReadError
from unblur.images.ifd import encode_header, entry

__all__ = [
    "DEFLATE",
    "NONE",
    "can_pack",
    "can_unpack",
    "has_predictor",
    "pack",
    "predict",
    "unpack",
    "unpredict",
]

NONE, LZW, DEFLATE, OLD_DEFLATE, PACKBITS, LZMA, ZSTD = 1, 5, 8, 32946, 32773, 34925, 50000
_PILLOW_NAMES = {LZW: "tiff_lzw", PACKBITS: "packbits", LZMA: "lzma", ZSTD: "zstd"}


def can_unpack(compression: int) -> bool:
    """Tell whether `unpack` knows a compression."""
    return compression in (NONE, DEFLATE, OLD_DEFLATE) or (
        compression in _PILLOW_NAMES and bool(features.check("libtiff"))
    )


def can_pack(compression: int) -> bool:
    """Tell whether `pack` knows a compression and other programs read it without surprises."""
    return compression in (NONE, LZW, DEFLATE, PACKBITS, ZSTD) and can_unpack(compression)


def has_predictor(compression: int) -> bool:
    """Tell whether the predictor tag counts with a compression; libtiff ignores it elsewhere."""
    return compression in (LZW, DEFLATE, OLD_DEFLATE, LZMA, ZSTD)


def unpack(data: bytes, compression: int, rows: int, row_bytes: int) -> bytes:
    """Unpack one strip or tile.

    Parameters
    ----------
    data : bytes
        As stored.
    compression : int
        Code of the TIFF tag.
    rows, row_bytes : int
        How much it must give.

    Returns
    -------
    bytes
        ``rows * row_bytes`` of them.

    Raises
    ------
    ImageReadError
        When the data end too early or are damaged.
    """
    size = rows * row_bytes
    try:
        if compression == NONE:
            plain = data[:size]
        elif compression in (DEFLATE, OLD_DEFLATE):
            plain = zlib.decompressobj().decompress(data, size)
        else:
            plain = _unpack_by_libtiff(data, compression, rows, row_bytes)
    except (zlib.error, OSError, SyntaxError, ValueError) as error:
        raise ImageReadError(f"its compressed pixels are damaged ({error})") from error
    if len(plain) < size:
        raise ImageReadError("it is truncated: a part of the pixels is missing")
    return plain


def pack(data: bytes, compression: int, rows: int) -> bytes:
    """Pack one strip, the inverse of `unpack`."""
    if compression == NONE:
        return data
    if compression == DEFLATE:
        return zlib.compress(data)
    image = Image.frombytes("L", (len(data) // rows, rows), data)
    file = io.BytesIO()
    image.save(file, "TIFF", compression=_PILLOW_NAMES[compression], tiffinfo={278: rows})
    packed = file.getvalue()
    tags = TiffImageFile(io.BytesIO(packed)).tag_v2
    return b"".join(packed[at : at + n] for at, n in zip(tags[273], tags[279], strict=True))


def unpredict(
    data: bytes, predictor: int, shape: tuple[int, int, int], dtype: np.dtype[Any]
) -> NDArray[Any]:
    """Undo the differences that a strip or tile was stored as.

    Parameters
    ----------
    data : bytes
        Unpacked.
    predictor : int
        1 none, 2 horizontal differences, 3 those of floats.
    shape : tuple of int
        Rows, columns, samples.
    dtype : dtype
        Type of the samples, in the byte order of the file.

    Returns
    -------
    ndarray
        Of that shape, in the byte order of the machine.
    """
    native = dtype.newbyteorder("=")
    if predictor == 3:
        rows, columns, samples = shape
        differences = np.frombuffer(data, np.uint8).reshape(rows, -1, samples)
        shuffled = np.cumsum(differences, axis=1, dtype=np.uint8)
        planes = shuffled.reshape(rows, dtype.itemsize, columns * samples)
        swapped = np.ascontiguousarray(planes.transpose(0, 2, 1))
        return swapped.view(dtype.newbyteorder(">")).reshape(shape).astype(native)
    if predictor == 2:
        integers = np.dtype(f"u{dtype.itemsize}")
        stored = np.frombuffer(data, integers.newbyteorder(dtype.byteorder)).reshape(shape)
        sums: NDArray[Any] = np.cumsum(stored, axis=1, dtype=integers)
        return sums.view(native)
    return np.frombuffer(data, dtype).reshape(shape).astype(native, copy=False)


def predict(samples: NDArray[Any], predictor: int, order: str) -> bytes:
    """Store samples (rows, columns, samples) as differences, the inverse of `unpredict`."""
    if predictor == 3:
        rows, size = len(samples), samples.itemsize
        planes = samples.astype(samples.dtype.newbyteorder(">")).view(np.uint8)
        planes = planes.reshape(rows, -1, size).transpose(0, 2, 1)
        shuffled = planes.reshape(rows, -1, samples.shape[2])
        return np.diff(shuffled, axis=1, prepend=np.uint8(0)).tobytes()
    if predictor == 2:
        integers = np.dtype(f"u{samples.itemsize}")
        stored = np.ascontiguousarray(samples).view(integers)
        differences = np.diff(stored, axis=1, prepend=integers.type(0))
        return differences.astype(integers.newbyteorder(order)).tobytes()  # type: ignore[arg-type]
    return samples.astype(samples.dtype.newbyteorder(order)).tobytes()  # type: ignore[arg-type]


def _unpack_by_libtiff(data: bytes, compression: int, rows: int, row_bytes: int) -> bytes:
    values = {256: row_bytes, 257: rows, 258: 8, 259: compression, 262: 1, 273: 0, 277: 1}
    values |= {278: rows, 279: len(data)}
    size = len(encode_header((entry(tag, 4, [v], "<") for tag, v in values.items()), "<"))
    values[273] = size  # the strip follows the header
    header = encode_header((entry(tag, 4, [v], "<") for tag, v in values.items()), "<")
    return TiffImageFile(io.BytesIO(header + data)).tobytes()
