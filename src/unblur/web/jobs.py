"""What the server hands to a worker, and what comes back."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

__all__ = ["FORMATS", "Answer", "Cancel", "Format", "Job", "Progress", "Quality", "Ready"]

Format = Literal["bmp", "jpeg", "png", "tiff", "webp"]
Quality = Literal["fast", "balanced", "best"]

FORMATS: dict[str, str] = {
    "BMP": "image/bmp",
    "JPEG": "image/jpeg",
    "PNG": "image/png",
    "TIFF": "image/tiff",
    "WEBP": "image/webp",
}
"""Formats that are read and written, and their media types."""


@dataclass(frozen=True)
class Job:
    """One picture, and what to do with it.

    Parameters
    ----------
    image : bytes
        Its file.
    restore : bool
        Restore it, or only say how it is blurred.
    psf : str or bytes, optional
        The blur in words such as ``motion:15,30``, or the file of a picture of it.
    mask : bytes, optional
        A picture that is white where the restored picture shall be taken and black elsewhere.
    strength : float
        0 to 1.
    encoded : bool
        The blur was made on the stored numbers, not in the light.
    format : str, optional
        Of the answer; that of the source when left out.
    strip : bool
        Leave the metadata out.
    quality : {"fast", "balanced", "best"}
        How much time to spend.
    preview : bool
        Make pictures of before and after, too, of a kind that browsers show.
    """

    image: bytes
    restore: bool = True
    psf: str | bytes | None = None
    mask: bytes | None = None
    strength: float = 1.0
    encoded: bool = False
    format: Format | None = None
    strip: bool = False
    quality: Quality = "balanced"
    preview: bool = False


@dataclass(frozen=True)
class Answer:
    """What came of a job.

    Parameters
    ----------
    report : str
        JSON: that of a restoration, or of a blur.
    megapixels : float
        Size of the picture.
    content : bytes
        The restored file; empty if none was asked for.
    media_type : str
        Of the content.
    before, after : bytes
        Files for browsers; empty if none were asked for.
    """

    report: str
    megapixels: float
    content: bytes = b""
    media_type: str = ""
    before: bytes = b""
    after: bytes = b""


@dataclass(frozen=True)
class Ready:
    """A worker has loaded its model."""


@dataclass(frozen=True)
class Progress:
    """How many of a picture's tiles are done."""

    done: int
    tiles: int


@dataclass(frozen=True)
class Cancel:
    """Nobody waits for the job any more."""
