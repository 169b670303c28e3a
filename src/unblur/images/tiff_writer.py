"""Writing TIFF files of 8 and 16 bits and floats, with the compression that they came with."""

from __future__ import annotations

from dataclasses import replace
from typing import BinaryIO

import numpy as np

from unblur.errors import ImageWriteError
from unblur.images.ifd import Entry, encode_header, entry
from unblur.images.photo import Photo, TiffSettings
from unblur.images.tiff_codecs import DEFLATE, can_pack, has_predictor, pack, predict
from unblur.images.tiff_tags import exif_entries, metadata_entries

__all__ = ["write_tiff"]

_STRIP_BYTES = 1 << 18  # unpacked
_LIMIT = 1 << 32  # offsets have 32 bits


def write_tiff(photo: Photo, file: BinaryIO) -> None:
    """Write a TIFF of one page, at the depth of the photo.

    Compression is that of a TIFF source where it is lossless, else deflate.

    Raises
    ------
    ImageWriteError
        When it would be larger than 4 GB.
    """
    settings = _usable(photo)
    exif, exif_order = exif_entries(photo.metadata.exif)
    order = exif_order or settings.order
    strips, rows = _pack_strips(photo, settings, order)
    entries = [*exif, *metadata_entries(photo.metadata, order), *_copied(settings, order)]
    # the offsets take the same room whatever they are, so a first layout tells where pixels begin
    start = len(encode_header(entries + _structure(photo, settings, order, strips, rows, 0), order))
    if start + sum(map(len, strips)) >= _LIMIT:
        raise ImageWriteError("a TIFF holds at most 4 GB: write PNG or use compression")
    structure = _structure(photo, settings, order, strips, rows, start)
    file.write(encode_header(entries + structure, order))
    file.writelines(strips)


def _usable(photo: Photo) -> TiffSettings:
    is_float = photo.pixels.dtype.kind == "f"
    settings = photo.encoding
    if not isinstance(settings, TiffSettings):
        return TiffSettings(DEFLATE, 1 if is_float else 2)
    if not can_pack(settings.compression):
        settings = replace(settings, compression=DEFLATE, predictor=1 if is_float else 2)
    if not has_predictor(settings.compression) or (settings.predictor == 3) != is_float:
        settings = replace(settings, predictor=1)
    return settings


def _pack_strips(photo: Photo, settings: TiffSettings, order: str) -> tuple[list[bytes], int]:
    samples = photo.pixels
    if photo.alpha is not None:
        samples = np.dstack([samples, photo.alpha])
    rows = max(1, min(photo.height, _STRIP_BYTES // samples[0].nbytes))
    strips = []
    for top in range(0, photo.height, rows):
        block = samples[top : top + rows]
        strips.append(
            pack(predict(block, settings.predictor, order), settings.compression, len(block))
        )
    return strips, rows


def _structure(
    photo: Photo, settings: TiffSettings, order: str, strips: list[bytes], rows: int, start: int
) -> list[Entry]:
    colours, alpha = photo.pixels.shape[2], photo.alpha is not None
    samples = colours + alpha
    sizes = [len(strip) for strip in strips]
    offsets = [start + int(before) for before in np.cumsum([0, *sizes[:-1]])]
    shorts = {
        258: [8 * photo.pixels.itemsize] * samples,
        259: [settings.compression],
        262: [2 if colours == 3 else 1],
        274: [1],
        277: [samples],
        284: [1],
        317: [settings.predictor],
        339: [3 if photo.pixels.dtype.kind == "f" else 1] * samples,
    }
    if alpha:
        shorts[338] = [2]
    longs = {256: [photo.width], 257: [photo.height], 273: offsets, 278: [rows], 279: sizes}
    entries = [entry(tag, 3, values, order) for tag, values in shorts.items()]
    return entries + [entry(tag, 4, values, order) for tag, values in longs.items()]


def _copied(settings: TiffSettings, order: str) -> list[Entry]:
    if order != settings.order:
        return []  # their bytes would have to be swapped; only an EXIF block put in later does this
    return [Entry(tag, kind, count, data, order) for tag, kind, count, data in settings.tags]
