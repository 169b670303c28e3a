"""DICOM files of greyscale pictures of 8 to 16 bits, of one frame or many.

A picture goes in and out in the numbers that the file stores: rescale and window stay as they are,
and so does every tag that the new pixels do not make untrue (`unblur.images.dicom_record`).
"""

from __future__ import annotations

import io
from typing import TYPE_CHECKING, Any, BinaryIO

import numpy as np
from numpy.typing import NDArray

from unblur.errors import ImageReadError, ImageWriteError, MissingExtraError, UnblurError
from unblur.images.dicom_record import derive, pixel_spacing
from unblur.images.modes import check_size
from unblur.images.photo import DicomSettings, Metadata, Photo

if TYPE_CHECKING:
    from pydicom import Dataset, FileDataset

__all__ = ["read_dicom", "write_dicom"]

_MM_PER_INCH = 25.4


def read_dicom(file: BinaryIO, max_pixels: int | None) -> Photo:
    """Read a DICOM: pixels float32 (H, W, 1), brighter is larger, padding black.

    Values of 9 bits and more are scaled so that the smallest in the file becomes 0 and the largest
    1, for no file uses all of its 16 bits, and a network would see next to no contrast. `black` and
    `white` of the settings undo it exactly.
    """
    data = file.read()
    record = _parse(data)
    _check_kind(record)
    number = int(record.get("NumberOfFrames") or 1)
    check_size(int(record.Columns), int(record.Rows) * max(number, 1), max_pixels)
    values = _decode(record, number)
    padded = _padding(record, values)
    black, white = _range(record, values[~padded])
    pixels = ((values.astype(np.float32) - black) / (white - black)).astype(np.float32)
    pixels[padded] = 0
    first, *rest = pixels[..., np.newaxis]
    spacing = pixel_spacing(record)
    dpi = None if spacing is None else (_MM_PER_INCH / spacing[1], _MM_PER_INCH / spacing[0])
    return Photo(
        pixels=first,
        metadata=Metadata(dpi=dpi),
        format="DICOM",
        mode=str(record.PhotometricInterpretation),
        encoding=DicomSettings(data, black, white, spacing),
        further=tuple(rest),
    )


def write_dicom(photo: Photo, file: BinaryIO) -> None:
    """Write a DICOM derived from the one that the photo came from.

    Raises
    ------
    ImageWriteError
        When the photo came from another kind of file.
    """
    settings = photo.encoding
    if not isinstance(settings, DicomSettings):
        raise ImageWriteError(
            "a DICOM is made only from a DICOM, whose patient and study it takes over: "
            "write PNG or TIFF"
        )
    record = _parse(settings.data)
    frames = np.stack([frame[:, :, 0] for frame in photo.frames]).astype(np.float64)
    stored = np.rint(settings.black + frames * (settings.white - settings.black))
    low, high = _limits(record)
    values = np.clip(stored, low, high).astype(_dtype(record))
    if {"PixelPaddingValue", "PixelPaddingRangeLimit"} & set(record.dir()):
        before = _decode(record, len(values))
        padded = _padding(record, before)
        values[padded] = before[padded]
    try:
        derive(record, photo.derivation, values)
        _set_pixels(record, values)
        record.save_as(file, enforce_file_format=True)
    except UnblurError:
        raise
    except Exception as error:  # as for reading: the errors of codecs have no common base
        raise ImageWriteError(f"as DICOM: {error}") from error


def _parse(data: bytes) -> FileDataset:
    try:
        from pydicom import dcmread
    except ImportError:
        raise MissingExtraError("pydicom", "dicom") from None
    try:
        return dcmread(io.BytesIO(data))
    except Exception as error:  # whatever a damaged file makes the parser stumble over
        raise ImageReadError(f"it is truncated or damaged ({error})") from error


def _check_kind(record: Dataset) -> None:
    if "PixelData" not in record:
        kind = record.get("Modality") or "no modality"
        raise ImageReadError(f"it holds no picture of whole numbers ({kind}): nothing to restore")
    for name in ("Rows", "Columns", "BitsAllocated", "BitsStored", "PhotometricInterpretation"):
        if record.get(name) in (None, ""):
            raise ImageReadError(f"it is damaged: its {name} is missing")
    colours = str(record.PhotometricInterpretation)
    if int(record.get("SamplesPerPixel") or 1) != 1 or not colours.startswith("MONOCHROME"):
        raise ImageReadError(f"its colours ({colours}) are not supported: only greyscale is")
    allocated, stored = int(record.BitsAllocated), int(record.BitsStored)
    if allocated not in (8, 16) or not 1 < stored <= allocated:
        raise ImageReadError(f"{stored} bits in {allocated} are not supported: only 8 to 16 are")
    if record.get("Modality") == "SEG":
        raise ImageReadError("it is a segmentation: its numbers are labels, not brightness")
    overlays = [(group, 0x0100) for group in range(0x6000, 0x6020, 2)]  # bits of each
    shared = any(tag in record and record[tag].value != 1 for tag in overlays)
    if shared or int(record.get("HighBit", stored - 1)) != stored - 1:
        raise ImageReadError("other data share the bits of its pixels, which is not supported")


def _decode(record: FileDataset, number: int) -> NDArray[Any]:
    """Stored values (frames, H, W)."""
    from pydicom.pixels.utils import pixel_array

    try:
        values: NDArray[Any] = pixel_array(record, raw=True)
    except Exception as error:  # every codec has errors of its own
        reason = " ".join(str(error).split())
        raise ImageReadError(f"its pixels are truncated or damaged ({reason})") from error
    shape = (max(number, 1), int(record.Rows), int(record.Columns))
    if values.size != np.prod(shape):
        raise ImageReadError("its pixels are truncated or damaged: their number is wrong")
    return values.reshape(shape)


def _dtype(record: Dataset) -> np.dtype[Any]:
    kind = "i" if int(record.get("PixelRepresentation") or 0) else "u"
    return np.dtype(f"{kind}{int(record.BitsAllocated) // 8}")


def _limits(record: Dataset) -> tuple[int, int]:
    """Smallest and largest number that the stored bits hold."""
    bits = int(record.BitsStored)
    signed = int(record.get("PixelRepresentation") or 0)
    return (-(1 << bits - 1), (1 << bits - 1) - 1) if signed else (0, (1 << bits) - 1)


def _range(record: Dataset, values: NDArray[Any]) -> tuple[float, float]:
    """Stored values of black and white."""
    low, high = _limits(record)
    if int(record.BitsStored) > 8 and values.size:
        low, high = int(values.min()), int(values.max())
    high = max(high, low + 1)
    inverted = str(record.PhotometricInterpretation) == "MONOCHROME1"
    return (float(high), float(low)) if inverted else (float(low), float(high))


def _padding(record: Dataset, values: NDArray[Any]) -> NDArray[np.bool_]:
    """Where the picture was only filled up to a rectangle."""
    ends = [record.get(name) for name in ("PixelPaddingValue", "PixelPaddingRangeLimit")]
    numbers = [end for end in ends if isinstance(end, int)]
    if not isinstance(ends[0], int):
        return np.zeros(values.shape, bool)
    padded: NDArray[np.bool_] = (values >= min(numbers)) & (values <= max(numbers))
    return padded


def _set_pixels(record: FileDataset, values: NDArray[Any]) -> None:
    """Store the values without loss, compressed as before where that is possible."""
    from pydicom import uid

    syntax = uid.UID(record.file_meta.TransferSyntaxUID)
    big = syntax == uid.ExplicitVRBigEndian
    encoded = values.astype(values.dtype.newbyteorder(">" if big else "<")).tobytes()
    for name in ("ExtendedOffsetTable", "ExtendedOffsetTableLengths"):
        if name in record:
            delattr(record, name)
    record.PixelData = encoded + b"\0" * (len(encoded) % 2)
    wide = values.dtype.itemsize > 1 or syntax.is_implicit_VR
    record["PixelData"].VR = "OW" if wide else "OB"
    record["PixelData"].is_undefined_length = False
    if not syntax.is_compressed or syntax.is_deflated:
        return
    record.file_meta.TransferSyntaxUID = uid.ExplicitVRLittleEndian
    lossless = {
        uid.RLELossless: uid.RLELossless,
        uid.JPEGLSLossless: uid.JPEGLSLossless,
        uid.JPEGLSNearLossless: uid.JPEGLSLossless,
        uid.JPEG2000Lossless: uid.JPEG2000Lossless,
        uid.JPEG2000: uid.JPEG2000Lossless,
    }
    if syntax in lossless:
        record.compress(lossless[syntax], generate_instance_uid=False)
