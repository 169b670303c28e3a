"""A photograph: its pixels and everything else that its file says about it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from unblur.errors import ArrayError
from unblur.images.color import FloatArray, to_dtype, to_float

__all__ = [
    "DicomSettings",
    "Encoding",
    "JpegSettings",
    "Metadata",
    "Photo",
    "TiffSettings",
    "WebPSettings",
]


@dataclass(frozen=True)
class Metadata:
    """What a file says about its picture.

    Parameters
    ----------
    exif : bytes or None
        An EXIF block, from its TIFF header on; its orientation is 1, since the pixels are upright.
    icc : bytes or None
        The ICC profile, byte for byte.
    dpi : tuple of float or None
        Horizontal and vertical resolution in pixels per inch.
    xmp : bytes or None
        The XMP packet.
    extras : tuple of (name, bytes)
        Pieces that only the source's format has (PNG texts and colour chunks, JPEG comments and
        IPTC segments), copied only into the same format.
    """

    exif: bytes | None = None
    icc: bytes | None = None
    dpi: tuple[float, float] | None = None
    xmp: bytes | None = None
    extras: tuple[tuple[str, bytes], ...] = ()


@dataclass(frozen=True)
class JpegSettings:
    """How a JPEG was compressed.

    Parameters
    ----------
    tables : tuple of tuple of int
        Quantisation tables of 64 steps, in natural order.
    subsampling : int
        Of colour: 0 for 4:4:4, 1 for 4:2:2, 2 for 4:2:0.
    progressive : bool
        Whether it is stored in passes of growing detail.
    """

    tables: tuple[tuple[int, ...], ...]
    subsampling: int = 0
    progressive: bool = False


@dataclass(frozen=True)
class WebPSettings:
    """How a WebP was compressed.

    Parameters
    ----------
    lossless : bool
        Whether it is exact; a lossy WebP does not tell its quality.
    """

    lossless: bool


@dataclass(frozen=True)
class TiffSettings:
    """How a TIFF was compressed.

    Parameters
    ----------
    compression : int
        Its code in the TIFF tag: 1 none, 5 LZW, 8 deflate, ...
    predictor : int
        1 none, 2 horizontal differences, 3 the same for floats.
    tags : tuple of (tag, type, count, bytes)
        Further tags that are kept (IPTC, Photoshop, GeoTIFF), in the byte order `order`.
    order : str
        ``"<"`` or ``">"``.
    """

    compression: int = 8
    predictor: int = 2
    tags: tuple[tuple[int, int, int, bytes], ...] = ()
    order: str = "<"


@dataclass(frozen=True)
class DicomSettings:
    """The record that a medical picture came in.

    Parameters
    ----------
    data : bytes
        The whole source file.
    black, white : float
        Stored values that became 0 and 1; ``black > white`` for MONOCHROME1.
    spacing : tuple of float or None
        Distance between rows and between columns in millimetres.
    """

    data: bytes = field(repr=False)
    black: float
    white: float
    spacing: tuple[float, float] | None = None


Encoding = JpegSettings | WebPSettings | TiffSettings | DicomSettings


@dataclass(frozen=True, eq=False)
class Photo:
    """A photograph, upright, with all that is needed to write it as it was.

    Parameters
    ----------
    pixels : ndarray of uint8, uint16 or float32
        (H, W, C), C = 1 (grey) or 3 (RGB), already turned upright.
    alpha : ndarray or None
        (H, W), same type.
    metadata : Metadata
        EXIF, ICC profile, resolution, XMP.
    format : str
        Of the source: ``"JPEG"``, ``"PNG"``, ``"TIFF"``, ``"WEBP"``, ``"BMP"`` or ``"DICOM"``.
    mode : str
        Kind of pixels in the source, in Pillow's words: ``"L"``, ``"P"``, ``"CMYK"``, ``"I;16"``...
    encoding : JpegSettings, WebPSettings, TiffSettings, DicomSettings or None
        How the source was compressed, or what else its format has to say.
    notes : tuple of str
        What had to change on the way in, each in one sentence.
    further : tuple of ndarray
        The frames of a DICOM after the first, each as `pixels`.
    derivation : str
        How the pixels were made from those of the source, for formats that record it (DICOM).

    Raises
    ------
    ArrayError
        When pixels or alpha have another shape or type.

    Examples
    --------
    >>> import numpy as np
    >>> photo = Photo(np.full((4, 6, 3), 255, np.uint8))
    >>> photo.to_image().max()
    np.float32(1.0)
    >>> photo.with_pixels(photo.to_image() / 2).pixels[0, 0].tolist()
    [128, 128, 128]
    """

    pixels: NDArray[Any]
    alpha: NDArray[Any] | None = None
    metadata: Metadata = field(default_factory=Metadata)
    format: str = "PNG"
    mode: str = ""
    encoding: Encoding | None = None
    notes: tuple[str, ...] = ()
    further: tuple[NDArray[Any], ...] = ()
    derivation: str = ""

    def __post_init__(self) -> None:
        pixels, alpha = self.pixels, self.alpha
        if pixels.ndim != 3 or pixels.shape[2] not in (1, 3) or pixels.size == 0:
            raise ArrayError(f"pixels must be (H, W, 1) or (H, W, 3), not {pixels.shape}")
        if pixels.dtype not in (np.uint8, np.uint16, np.float32):
            raise ArrayError(f"pixels must be uint8, uint16 or float32, not {pixels.dtype}")
        if alpha is not None and (alpha.shape != pixels.shape[:2] or alpha.dtype != pixels.dtype):
            raise ArrayError(
                f"alpha {alpha.shape} {alpha.dtype} does not fit pixels "
                f"{pixels.shape} {pixels.dtype}"
            )

    @property
    def height(self) -> int:
        """Number of rows."""
        return int(self.pixels.shape[0])

    @property
    def width(self) -> int:
        """Number of columns."""
        return int(self.pixels.shape[1])

    @property
    def frames(self) -> tuple[NDArray[Any], ...]:
        """All frames, `pixels` first."""
        return (self.pixels, *self.further)

    @property
    def spacing(self) -> tuple[float, float] | None:
        """Distance between rows and between columns in millimetres, where the file says it."""
        return self.encoding.spacing if isinstance(self.encoding, DicomSettings) else None

    @property
    def has_gamma(self) -> bool:
        """Whether the numbers stand for light by the sRGB curve; those of a DICOM do not."""
        return not isinstance(self.encoding, DicomSettings)

    def to_image(self) -> FloatArray:
        """Scale the pixels to float32.

        Returns
        -------
        ndarray of float32
            (H, W, C), a new array; integers lie in [0, 1], float pixels pass as they are.
        """
        return to_float(self.pixels)

    def with_pixels(self, pixels: NDArray[Any]) -> Photo:
        """Put other pixels into the same frame.

        Parameters
        ----------
        pixels : ndarray
            (H, W, C) as the pixels of this photo: either of their type and taken over as they are,
            or float in [0, 1], rounded and clipped to their type.

        Returns
        -------
        Photo
            With alpha, metadata and settings of this one.

        Raises
        ------
        ArrayError
            When shape or type do not fit, or there are several frames.
        """
        return self.with_frames((pixels,))

    def with_frames(self, frames: Sequence[NDArray[Any]]) -> Photo:
        """Put other frames in the place of all of these.

        Parameters
        ----------
        frames : sequence of ndarray
            As many as `frames`, each as `with_pixels` takes it.

        Returns
        -------
        Photo
            With alpha, metadata and settings of this one.

        Raises
        ------
        ArrayError
            When number, shape or type do not fit.
        """
        if len(frames) != len(self.frames):
            raise ArrayError(f"the file has {len(self.frames)} frames, not {len(frames)}")
        for frame in frames:
            if frame.shape != self.pixels.shape:
                raise ArrayError(f"pixels must be {self.pixels.shape}, not {frame.shape}")
        dtype = self.pixels.dtype
        first, *rest = (f if f.dtype == dtype else to_dtype(f, dtype) for f in frames)
        return replace(self, pixels=first, further=tuple(rest))

    def as_dtype(self, dtype: type[np.generic]) -> Photo:
        """Change the number of bits of pixels and alpha.

        Parameters
        ----------
        dtype : type
            ``np.uint8``, ``np.uint16`` or ``np.float32``; integers are scaled range to range,
            rounded and clipped.

        Returns
        -------
        Photo
            This one where nothing changes.
        """
        if self.pixels.dtype == dtype:
            return self
        alpha = None if self.alpha is None else to_dtype(to_float(self.alpha), dtype)
        return replace(self, pixels=to_dtype(self.to_image(), dtype), alpha=alpha)
