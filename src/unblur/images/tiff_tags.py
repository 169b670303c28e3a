"""Metadata in the tags of a TIFF file: EXIF, ICC, XMP, resolution, and what is copied as it is."""

from __future__ import annotations

import io
from collections.abc import Mapping
from dataclasses import dataclass

from unblur.errors import ImageReadError
from unblur.images.ifd import Entry, encode_header, entry, read_directory, read_header
from unblur.images.photo import Metadata, TiffSettings

__all__ = ["Tags", "exif_entries", "metadata_entries", "tiff_metadata", "tiff_settings"]

_XMP, _ICC, _EXIF, _GPS = 700, 34675, 34665, 34853
_EXIF_TAGS = (270, 271, 272, 305, 306, 315, 316, 33432, _EXIF, _GPS)
"""Tags of the first directory that EXIF has in common with TIFF: description, camera, author..."""

_COPIED_TAGS = (269, 285, 33550, 33723, 33922, 34264, 34377, 34735, 34736, 34737, 42112, 42113)
"""Document and page name, IPTC, Photoshop's resources, GeoTIFF, GDAL."""


@dataclass(frozen=True)
class Tags:
    """Entries of a directory, looked up by number."""

    entries: Mapping[int, Entry]

    def numbers(self, tag: int) -> tuple[int, ...]:
        """Give all values of a tag, none when it is missing."""
        return self.entries[tag].integers if tag in self.entries else ()

    def number(self, tag: int, default: int) -> int:
        """Give the first value of a tag."""
        return (self.numbers(tag) or (default,))[0]

    def data(self, tag: int) -> bytes | None:
        """Give the raw bytes of a tag."""
        return self.entries[tag].data if tag in self.entries else None


def tiff_metadata(tags: Tags, order: str) -> Metadata:
    """Collect what a TIFF says about its picture; EXIF becomes a block as in other formats."""
    shared = [tags.entries[tag] for tag in _EXIF_TAGS if tag in tags.entries]
    return Metadata(
        exif=encode_header(shared, order) if shared else None,
        icc=tags.data(_ICC),
        dpi=_resolution(tags),
        xmp=tags.data(_XMP),
    )


def tiff_settings(tags: Tags, order: str) -> TiffSettings:
    """Remember how a TIFF was compressed and the tags that are copied as they are."""
    kept = [tags.entries[tag] for tag in _COPIED_TAGS if tag in tags.entries]
    copied = tuple((item.tag, item.type, item.count, item.data) for item in kept)
    return TiffSettings(tags.number(259, 1), tags.number(317, 1), copied, order)


def exif_entries(exif: bytes | None) -> tuple[list[Entry], str | None]:
    """Take an EXIF block apart.

    Parameters
    ----------
    exif : bytes or None
        From its TIFF header on.

    Returns
    -------
    entries : list of Entry
        Those that TIFF has in common with EXIF.
    order : str or None
        Their byte order, None without EXIF.
    """
    if not exif:
        return [], None
    file = io.BytesIO(exif)
    try:
        header = read_header(file)
        found = read_directory(file, header.first, header).entries
    except ImageReadError:
        return [], None
    return [found[tag] for tag in _EXIF_TAGS if tag in found], header.order


def metadata_entries(metadata: Metadata, order: str) -> list[Entry]:
    """Make the tags for ICC, XMP and resolution."""
    entries = []
    if metadata.icc:
        entries.append(entry(_ICC, 7, metadata.icc, order))
    if metadata.xmp:
        entries.append(entry(_XMP, 1, metadata.xmp, order))
    if metadata.dpi:
        for tag, value in zip((282, 283), metadata.dpi, strict=True):
            entries.append(entry(tag, 5, [round(value * 10000), 10000], order))
        entries.append(entry(296, 3, [2], order))
    return entries


def _resolution(tags: Tags) -> tuple[float, float] | None:
    scale = {2: 1.0, 3: 2.54}.get(tags.number(296, 2))  # per inch, per centimetre
    if scale is None or 282 not in tags.entries or 283 not in tags.entries:
        return None
    across, down = tags.entries[282].values, tags.entries[283].values
    return (across[0] * scale, down[0] * scale) if across and down else None
