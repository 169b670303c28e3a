"""TIFF files of 8, 16 and 32 bits, integers and floats.

Grey and RGB without loss are decoded here, strip by strip, at every depth. What only 8-bit
pictures have (palettes, CMYK, JPEG and fax compression) is left to Pillow.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, BinaryIO

import numpy as np
from numpy.typing import NDArray
from PIL.TiffImagePlugin import TiffImageFile

from unblur.errors import ImageReadError
from unblur.images.ifd import Directory, Header, read_directory, read_header
from unblur.images.modes import Decoded, check_size, decode_pillow, finish
from unblur.images.photo import Photo
from unblur.images.tiff_codecs import NONE, can_unpack, has_predictor, unpack, unpredict
from unblur.images.tiff_tags import Tags, tiff_metadata, tiff_settings

__all__ = ["read_tiff"]

_GREY_INVERTED, _GREY, _RGB, _PALETTE, _CMYK, _YCBCR = 0, 1, 2, 3, 5, 6
_CAMERA_RAW = (32803, 34892)  # photometric interpretations of unprocessed sensors
_DNG_VERSION, _PHOTOSHOP_LAYERS = 50706, 37724
_REDUCED, _MASK = 1, 4  # kinds of page beside the picture itself
_PIECE = 1 << 24  # bytes read at a time of what is not packed
_TYPES = {(1, 8): "u1", (1, 16): "u2", (3, 16): "f2", (3, 32): "f4", (3, 64): "f8"}


def read_tiff(file: BinaryIO, max_pixels: int | None) -> Photo:
    """Read a TIFF of one page."""
    file.seek(0)
    header = read_header(file)
    directory = _read_page(file, header)
    tags = Tags(directory.entries)
    _check_kind(tags)
    check_size(tags.number(256, 0), tags.number(257, 0), max_pixels)
    notes: tuple[str, ...] = ()
    if _PHOTOSHOP_LAYERS in directory.entries:
        notes = ("Photoshop layers were left out: they hold the old picture",)
    orientation: int | None = tags.number(274, 1)
    if _is_plain(tags):
        decoded = _decode(file, header, tags)
    else:
        file.seek(0)
        image = TiffImageFile(file)
        image.load()
        # Pillow turns TIFFs upright by itself; what it has not done is left in the tag
        orientation = image.getexif().get(274, 1)
        decoded = decode_pillow(image)
    return finish(
        decoded,
        tiff_metadata(tags, header.order),
        format="TIFF",
        encoding=tiff_settings(tags, header.order),
        orientation=orientation if orientation in range(1, 9) else 1,
        notes=notes,
    )


def _read_page(file: BinaryIO, header: Header) -> Directory:
    """Read the directory of the one full page; thumbnails and masks beside it do not count."""
    pages: list[Directory] = []
    seen: set[int] = set()
    offset = header.first
    while offset and offset not in seen:
        seen.add(offset)
        try:
            directory = read_directory(file, offset, header)
        except (struct.error, ImageReadError) as error:
            raise ImageReadError(f"it is truncated or damaged ({error})") from error
        if not Tags(directory.entries).number(254, 0) & (_REDUCED | _MASK):
            pages.append(directory)
        offset = directory.next
    if len(pages) > 1:
        raise ImageReadError(f"it has {len(pages)} pages: split it into single pages first")
    if not pages:
        raise ImageReadError("it holds only a thumbnail (a camera raw?): develop it first")
    return pages[0]


def _check_kind(tags: Tags) -> None:
    kind, bits = tags.number(262, -1), tags.number(258, 1)
    if kind in _CAMERA_RAW or _DNG_VERSION in tags.entries:
        raise ImageReadError("it is a camera raw: develop it first")
    if kind not in (_GREY_INVERTED, _GREY, _RGB, _PALETTE, _CMYK, _YCBCR):
        raise ImageReadError(f"colours of kind {kind} (TIFF) are not supported: convert it to RGB")
    form = tags.number(339, 1)
    deep = bits > 8 and (kind not in (_GREY_INVERTED, _GREY, _RGB) or _dtype(tags) is None)
    if deep or (bits <= 8 and form in (2, 3)):
        name = {1: "unsigned", 2: "signed", 3: "float"}.get(form, "unknown")
        raise ImageReadError(
            f"{bits}-bit {name} samples of kind {kind} (TIFF) are not supported: convert it to "
            "8-bit, 16-bit or float grey or RGB"
        )


def _dtype(tags: Tags) -> np.dtype[Any] | None:
    name = _TYPES.get((tags.number(339, 1), tags.number(258, 1)))
    same = len(set(tags.numbers(258))) <= 1 and len(set(tags.numbers(339))) <= 1
    return np.dtype(name) if name is not None and same else None


def _is_plain(tags: Tags) -> bool:
    plain = tags.number(262, -1) in (_GREY_INVERTED, _GREY, _RGB)
    unpackable = can_unpack(tags.number(259, 1)) and tags.number(266, 1) == 1
    if tags.number(258, 1) > 8 and not unpackable:
        raise ImageReadError(
            f"compression {tags.number(259, 1)} (TIFF) of {tags.number(258, 1)}-bit samples is "
            "not supported: save it with LZW, deflate or no compression"
        )
    return plain and unpackable and _dtype(tags) is not None


def _decode(file: BinaryIO, header: Header, tags: Tags) -> Decoded:
    dtype = _dtype(tags)
    if dtype is None:
        raise ImageReadError("its samples are not supported")
    samples, colours = tags.number(277, 1), 3 if tags.number(262, 1) == _RGB else 1
    if not colours <= samples <= colours + 1:
        raise ImageReadError(
            f"it has {samples} channels where {colours} and perhaps alpha are expected: "
            "save it as grey or RGB"
        )
    cube = _read_samples(file, tags, dtype.newbyteorder(header.order))  # type: ignore[arg-type]
    notes: list[str] = []
    if dtype.kind == "f":
        cube = cube.astype(np.float32)
        if dtype.itemsize > 4:
            notes.append("64-bit floats were reduced to 32 bits")
    pixels = cube[:, :, :colours]
    if tags.number(262, 1) == _GREY_INVERTED:
        pixels = (1 if dtype.kind == "f" else np.iinfo(dtype).max) - pixels
    alpha, note = _split_alpha(cube, tags, colours)
    if alpha is not None and tags.numbers(338)[:1] == (1,):
        pixels = _unmultiply(pixels, alpha)
        note = "colours were stored multiplied by alpha and have been divided by it"
    mode = {"u1": "L", "u2": "I;16"}.get(dtype.str[1:], "F") if colours == 1 else "RGB"
    mode = f"{mode};{8 * dtype.itemsize}" if colours == 3 and dtype.itemsize > 1 else mode
    return Decoded(pixels, alpha, mode, (*notes, *([note] if note else [])))


def _split_alpha(
    cube: NDArray[Any], tags: Tags, colours: int
) -> tuple[NDArray[Any] | None, str | None]:
    if cube.shape[2] == colours:
        return None, None
    # many writers leave the meaning out and mean alpha
    if (tags.numbers(338) or (2,))[0] in (1, 2):
        return cube[:, :, colours].copy(), None
    return None, "an extra channel of unknown meaning was left out"


def _unmultiply(pixels: NDArray[Any], alpha: NDArray[Any]) -> NDArray[Any]:
    top = 1.0 if pixels.dtype.kind == "f" else float(np.iinfo(pixels.dtype).max)
    opacity = alpha[:, :, np.newaxis] / np.float32(top)
    colours = np.zeros(pixels.shape, np.float32)
    np.divide(pixels, opacity, where=opacity > 0, out=colours)
    if pixels.dtype.kind != "f":
        np.rint(np.minimum(colours, top), out=colours)
    return colours.astype(pixels.dtype)


@dataclass(frozen=True)
class _Layout:
    """How the samples are cut into strips or tiles."""

    across: int
    """Columns of a strip or tile."""
    down: int
    """Rows of a strip or tile."""
    tiled: bool
    offsets: tuple[int, ...]
    sizes: tuple[int, ...]


def _read_samples(file: BinaryIO, tags: Tags, dtype: np.dtype[Any]) -> NDArray[Any]:
    width, height, samples = tags.number(256, 0), tags.number(257, 0), tags.number(277, 1)
    planes = samples if tags.number(284, 1) == 2 else 1
    per_plane = samples // planes
    layout = _layout(tags, width, height)
    columns, rows = -(-width // layout.across), -(-height // layout.down)
    if not len(layout.offsets) == len(layout.sizes) == columns * rows * planes:
        raise ImageReadError("it is damaged: the number of its strips is wrong")
    end = file.seek(0, 2)
    if any(at + n > end for at, n in zip(layout.offsets, layout.sizes, strict=True)):
        raise ImageReadError("it is truncated: a part of the pixels is missing")
    cube = np.zeros((height, width, samples), dtype.newbyteorder("="))
    compression = tags.number(259, 1)
    predictor = tags.number(317, 1) if has_predictor(compression) else 1
    for index, (offset, size) in enumerate(zip(layout.offsets, layout.sizes, strict=True)):
        plane, place = divmod(index, columns * rows)
        top, left = place // columns * layout.down, place % columns * layout.across
        if size == 0:
            continue  # a sparse file leaves empty tiles out
        deep = layout.down if layout.tiled else min(layout.down, height - top)
        row_bytes = layout.across * per_plane * dtype.itemsize
        channels = slice(plane * per_plane, (plane + 1) * per_plane)
        for first, plain in _unpacked(file, offset, size, compression, deep, row_bytes):
            shape = (len(plain) // row_bytes, layout.across, per_plane)
            block = unpredict(plain, predictor, shape, dtype)
            start = top + first
            target = cube[start : start + len(block), left : left + layout.across]
            target[:, :, channels] = block[: target.shape[0], : target.shape[1]]
    return cube


def _unpacked(
    file: BinaryIO, offset: int, size: int, compression: int, deep: int, row_bytes: int
) -> Iterator[tuple[int, bytes]]:
    """Yield a first row and the bytes from there on; what is not packed comes piece by piece.

    A large picture is often one strip, which would lie in the memory several times.
    """
    step = deep if compression != NONE else max(1, _PIECE // row_bytes)
    for first in range(0, deep, step):
        rows, before = min(step, deep - first), first * row_bytes
        file.seek(offset + before)
        there = min(rows * row_bytes, size - before) if compression == NONE else size
        yield first, unpack(file.read(max(there, 0)), compression, rows, row_bytes)


def _layout(tags: Tags, width: int, height: int) -> _Layout:
    if 324 in tags.entries or 322 in tags.entries:
        across, down = tags.number(322, 0), tags.number(323, 0)
        layout = _Layout(across, down, True, tags.numbers(324), tags.numbers(325))
    else:
        down = min(tags.number(278, height), height)
        layout = _Layout(width, down, False, tags.numbers(273), tags.numbers(279))
    # tiles are padded, so an absurd one could ask for far more memory than the picture
    area = layout.across * layout.down
    if min(layout.across, layout.down) < 1 or area > max(4 * width * height, 1 << 22):
        raise ImageReadError("it is damaged: the size of its strips is wrong")
    return layout
