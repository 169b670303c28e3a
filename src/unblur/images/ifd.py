"""TIFF directories (IFD): the tag tables inside TIFF files and EXIF blocks.

Values stay raw bytes in the byte order of their file, so what is not understood is copied
unchanged. Reference: TIFF Revision 6.0 (1992); EXIF 2.32; BigTIFF for 64-bit offsets.
"""

from __future__ import annotations

import struct
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import BinaryIO

from unblur.errors import ImageReadError

__all__ = [
    "Directory",
    "Entry",
    "Header",
    "encode_header",
    "entry",
    "read_directory",
    "read_header",
]

SUB_DIRECTORIES = (0x8769, 0x8825, 0xA005)
"""Tags that point to a directory of their own: EXIF, GPS, interoperability."""

_SIZES = {1: 1, 2: 1, 3: 2, 4: 4, 5: 8, 6: 1, 7: 1, 8: 2, 9: 4, 10: 8, 11: 4, 12: 8, 13: 4}
_SIZES |= {16: 8, 17: 8, 18: 8}
_CODES = {1: "B", 3: "H", 4: "I", 6: "b", 8: "h", 9: "i", 11: "f", 12: "d", 13: "I"}
_CODES |= {16: "Q", 17: "q", 18: "Q"}


@dataclass(frozen=True)
class Header:
    """The first bytes of a TIFF: byte order ``"<"`` or ``">"``, BigTIFF or not, first directory."""

    order: str
    big: bool
    first: int


@dataclass(frozen=True)
class Entry:
    """One tag.

    Attributes
    ----------
    tag, type, count : int
        Number, field type and number of values.
    data : bytes
        The values in the byte order of the file.
    order : str
        That byte order.
    position : int
        Where the values lie in the file.
    children : tuple of Entry
        The tags of the directory that this tag points to.
    """

    tag: int
    type: int
    count: int
    data: bytes
    order: str = "<"
    position: int = 0
    children: tuple[Entry, ...] = ()

    @property
    def values(self) -> tuple[float, ...]:
        """The values as numbers, rationals divided; empty for text and unknown types."""
        if self.type in (5, 10):
            code = "I" if self.type == 5 else "i"
            parts = struct.unpack(f"{self.order}{2 * self.count}{code}", self.data)
            pairs = zip(parts[::2], parts[1::2], strict=True)
            return tuple(over / under if under else 0.0 for over, under in pairs)
        if self.type not in _CODES:
            return ()
        return struct.unpack(f"{self.order}{self.count}{_CODES[self.type]}", self.data)

    @property
    def integers(self) -> tuple[int, ...]:
        """The values as integers."""
        return tuple(int(value) for value in self.values)


@dataclass(frozen=True)
class Directory:
    """The entries of one directory and the offset of the next, 0 for none."""

    entries: dict[int, Entry]
    next: int
    link: int
    """Where the offset of the next directory is stored."""


def read_header(file: BinaryIO) -> Header:
    """Read the header at the current position.

    Raises
    ------
    ImageReadError
        When these bytes begin no TIFF.
    """
    start = _read(file, 8)
    order = {b"II": "<", b"MM": ">"}.get(start[:2])
    if order is None:
        raise ImageReadError("not a TIFF structure")
    (magic,) = struct.unpack(order + "H", start[2:4])
    if magic == 43:
        return Header(order, True, int(struct.unpack(order + "Q", _read(file, 8))[0]))
    if magic != 42:
        raise ImageReadError("not a TIFF structure")
    return Header(order, False, int(struct.unpack(order + "I", start[4:])[0]))


def read_directory(file: BinaryIO, offset: int, header: Header, *, depth: int = 2) -> Directory:
    """Read one directory with the EXIF and GPS directories below it.

    Parameters
    ----------
    file : binary file
        Offsets count from its beginning.
    offset : int
        Where the directory begins.
    header : Header
        Of the file.
    depth : int, optional
        How many levels of directories below this one to read.

    Returns
    -------
    Directory
        Entries of unknown type, or whose values lie outside the file, are left out.

    Raises
    ------
    ImageReadError
        When the directory itself is cut off.
    """
    end = file.seek(0, 2)
    file.seek(offset)
    count_code, row_code, inline = ("Q", "HHQ8s", 8) if header.big else ("H", "HHI4s", 4)
    link_code = "Q" if header.big else "I"
    (count,) = _unpack(file, header.order + count_code)
    row = struct.Struct(header.order + row_code)
    if offset + count * row.size > end:
        raise ImageReadError("a directory of tags is cut off")
    start = file.tell()
    table = _read(file, count * row.size)
    link = file.tell()
    (following,) = _unpack(file, header.order + link_code)
    entries: dict[int, Entry] = {}
    room = end  # values of an honest file do not overlap: together no longer than the file
    for index, (tag, kind, number, value) in enumerate(row.iter_unpack(table)):
        size = _SIZES.get(kind, 0) * number
        position = start + index * row.size + row.size - inline
        if size > inline:
            (position,) = struct.unpack(header.order + link_code, value)
        if not 0 < size <= room or position + size > end or tag in entries:
            continue
        room -= size
        file.seek(position)
        data = file.read(size)
        children: tuple[Entry, ...] = ()
        found = Entry(tag, kind, number, data, header.order, position)
        if tag in SUB_DIRECTORIES and depth > 0 and found.integers:
            children = _read_children(file, found.integers[0], header, depth - 1)
        entries[tag] = Entry(tag, kind, number, data, header.order, position, children)
    return Directory(entries, int(following), link)


def entry(tag: int, kind: int, values: Sequence[int | float] | bytes, order: str) -> Entry:
    """Make an entry.

    Parameters
    ----------
    tag : int
        Its number.
    kind : int
        Field type: 1 byte, 2 text, 3 short, 4 long, 5 rational (numerator, denominator, ...),
        7 bytes.
    values : sequence of number or bytes
        The values; bytes for types 1, 2 and 7.
    order : str
        Byte order to store them in.
    """
    if isinstance(values, bytes):
        return Entry(tag, kind, len(values), values, order)
    code = "I" if kind == 5 else _CODES[kind]
    data = struct.pack(f"{order}{len(values)}{code}", *values)
    return Entry(tag, kind, len(values) // 2 if kind == 5 else len(values), data, order)


def encode_header(entries: Iterable[Entry], order: str) -> bytes:
    """Lay out a classic TIFF header, one directory and those below it.

    Parameters
    ----------
    entries : iterable of Entry
        All in the byte order `order`; children are laid out after their parents.
    order : str
        Byte order.

    Returns
    -------
    bytes
        From the header on, of even length.
    """
    head = struct.pack(order + "2sHI", b"II" if order == "<" else b"MM", 42, 8)
    return head + _encode_directory(sorted(entries, key=lambda item: item.tag), order, 8)


def _encode_directory(entries: Sequence[Entry], order: str, offset: int) -> bytes:
    body = b""
    table = struct.pack(order + "H", len(entries))
    free = offset + 2 + 12 * len(entries) + 4
    for item in entries:
        data, kind, count = item.data, item.type, item.count
        if item.children:
            children = _encode_directory(item.children, order, free + len(body))
            data, kind, count = struct.pack(order + "I", free + len(body)), 4, 1
            body += children
        elif len(data) > 4:
            value = struct.pack(order + "I", free + len(body))
            body += data + b"\0" * (len(data) % 2)
            data = value
        table += struct.pack(order + "HHI", item.tag, kind, count) + data.ljust(4, b"\0")
    return table + struct.pack(order + "I", 0) + body


def _read_children(file: BinaryIO, offset: int, header: Header, depth: int) -> tuple[Entry, ...]:
    try:
        return tuple(read_directory(file, offset, header, depth=depth).entries.values())
    except ImageReadError:
        return ()  # a damaged directory of details does not spoil the picture


def _unpack(file: BinaryIO, code: str) -> tuple[int, ...]:
    return struct.unpack(code, _read(file, struct.calcsize(code)))


def _read(file: BinaryIO, size: int) -> bytes:
    data = file.read(size)
    if len(data) < size:
        raise ImageReadError("it is cut off")
    return data
