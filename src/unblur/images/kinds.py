"""Kinds of files that are often taken for pictures that can be read."""

from __future__ import annotations

__all__ = ["unsupported_kind"]

_UNSUPPORTED = (
    # offset, bytes there, what it is
    (0, b"GIF8", "a GIF"),
    (0, b"%PDF", "a PDF"),
    (0, b"8BPS", "a Photoshop document"),
    (0, b"gimp xcf", "a GIMP document"),
    (0, b"\0\0\0\x0cjP  ", "a JPEG 2000"),
    (0, b"\xff\x4f\xff\x51", "a JPEG 2000"),
    (0, b"\xff\x0a", "a JPEG XL"),
    (0, b"\0\0\0\x0cJXL ", "a JPEG XL"),
    (0, b"v/1\x01", "an OpenEXR"),
    (0, b"FUJIFILM", "a camera raw"),
    (0, b"IIRO", "a camera raw"),
    (0, b"IIU\0", "a camera raw"),
    (4, b"ftypavif", "an AVIF"),
    (4, b"ftypavis", "an AVIF"),
    (4, b"ftypcrx", "a camera raw"),
    (4, b"ftyphei", "a HEIC"),
    (4, b"ftyphev", "a HEIC"),
    (4, b"ftypmif1", "a HEIC"),
    (4, b"ftyp", "a video"),
    (0, b"<svg", "a drawing (SVG)"),
)


def unsupported_kind(start: bytes) -> str | None:
    """Name the kind of a file that is no picture for us, by its first bytes; None if unknown.

    Examples
    --------
    >>> unsupported_kind(b"GIF89a")
    'a GIF'
    """
    for offset, signature, kind in _UNSUPPORTED:
        if start[offset:].startswith(signature):
            return kind
    return None
