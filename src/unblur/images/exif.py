"""EXIF and XMP blocks: which way is up, and how to say that it has been set right.

Only the numbers that have become wrong are changed, in place: everything else, maker notes with
their absolute offsets included, stays byte for byte. The link to the embedded thumbnail is cut,
because it shows the old picture, perhaps turned.
"""

from __future__ import annotations

import io
import re
import struct
from typing import Any

import numpy as np
from numpy.typing import NDArray

from unblur.errors import ImageReadError
from unblur.images.ifd import Directory, Entry, Header, read_directory, read_header

__all__ = ["find_orientation", "settle_exif", "settle_xmp", "turn_upright"]

_ORIENTATION = 0x0112
_EXIF_DIRECTORY = 0x8769
_SIZE_TAGS = (0xA002, 0xA003)  # width and height, in the EXIF directory
_XMP_ORIENTATION = re.compile(rb"""(tiff:Orientation(?:\s*=\s*["']|>)\s*)([1-8])""")


def find_orientation(exif: bytes | None, xmp: bytes | None) -> int:
    """Tell how the stored pixels lie.

    Parameters
    ----------
    exif, xmp : bytes or None
        The blocks of the file; XMP counts where EXIF is silent.

    Returns
    -------
    int
        1 (upright) to 8, by the EXIF standard; 1 where nothing sensible is said.
    """
    parsed = _parse(exif)
    if parsed is not None and _ORIENTATION in parsed[1].entries:
        values = parsed[1].entries[_ORIENTATION].integers
        return values[0] if values and values[0] in range(1, 9) else 1
    match = _XMP_ORIENTATION.search(xmp or b"")
    return int(match.group(2)) if match else 1


def settle_exif(exif: bytes | None) -> bytes | None:
    r"""Mark an EXIF block as upright and cut its thumbnail off.

    Parameters
    ----------
    exif : bytes or None
        With or without the prefix ``Exif\0\0``.

    Returns
    -------
    bytes or None
        From the TIFF header on, same length; None for a block that cannot be read, since its
        orientation could turn the upright picture again.
    """
    parsed = _parse(exif)
    if parsed is None or exif is None:
        return None
    header, directory = parsed
    block = bytearray(exif.removeprefix(b"Exif\0\0"))
    orientation = directory.entries.get(_ORIENTATION)
    if orientation is not None and orientation.integers:
        if orientation.integers[0] in range(5, 9):
            _swap_size(block, directory)
        _overwrite(block, orientation, 1)
    if directory.link:
        width = 8 if header.big else 4
        block[directory.link : directory.link + width] = bytes(width)
    return bytes(block)


def settle_xmp(xmp: bytes | None) -> bytes | None:
    """Mark an XMP packet as upright; its length stays the same."""
    return None if xmp is None else _XMP_ORIENTATION.sub(rb"\g<1>1", xmp)


def turn_upright(pixels: NDArray[Any], orientation: int) -> NDArray[Any]:
    """Turn and mirror stored pixels as their orientation demands.

    Parameters
    ----------
    pixels : ndarray
        (H, W) or (H, W, C).
    orientation : int
        1 to 8.

    Returns
    -------
    ndarray
        Contiguous; a new array unless the orientation is 1.

    Examples
    --------
    >>> import numpy as np
    >>> turn_upright(np.array([[1, 2]]), 6).tolist()
    [[1], [2]]
    """
    if orientation in (5, 6, 7, 8):
        pixels = np.swapaxes(pixels, 0, 1)
    if orientation in (3, 4, 7, 8):
        pixels = pixels[::-1]
    if orientation in (2, 3, 6, 7):
        pixels = pixels[:, ::-1]
    return np.ascontiguousarray(pixels)


def _parse(exif: bytes | None) -> tuple[Header, Directory] | None:
    if not exif:
        return None
    file = io.BytesIO(exif.removeprefix(b"Exif\0\0"))
    try:
        header = read_header(file)
        return header, read_directory(file, header.first, header)
    except (ImageReadError, struct.error):
        return None


def _swap_size(block: bytearray, directory: Directory) -> None:
    parent = directory.entries.get(_EXIF_DIRECTORY)
    below = {item.tag: item for item in parent.children} if parent else {}
    sizes = [below[tag] for tag in _SIZE_TAGS if tag in below and below[tag].integers]
    if len(sizes) == 2:
        for item, other in zip(sizes, reversed(sizes), strict=True):
            _overwrite(block, item, other.integers[0])


def _overwrite(block: bytearray, item: Entry, value: int) -> None:
    code = {1: "B", 3: "H", 4: "I", 6: "b", 8: "h", 9: "i"}.get(item.type)
    if code is not None:
        struct.pack_into(item.order + code, block, item.position, value)
