"""What a DICOM says about its picture, and what it must say once the picture was restored.

DICOM PS3.3: General Image (C.7.6.1) for type, derivation and source; SOP Common (C.12.1) for the
instance; Contributing Equipment for the program.
"""

from __future__ import annotations

import hashlib
import uuid
from importlib.metadata import version
from typing import TYPE_CHECKING, Any

from numpy.typing import NDArray

if TYPE_CHECKING:
    from pydicom import Dataset, FileDataset

__all__ = ["derive", "pixel_spacing"]

_NAMESPACE = uuid.UUID("6f0d9a52-3c0b-5f53-9d1c-7b1f0f9f6a4e")  # of the names of our instances
_LONGEST_TEXT = 1024  # of a short text (ST)


def pixel_spacing(record: Dataset) -> tuple[float, float] | None:
    """Return the distance between rows and between columns in millimetres.

    In the patient where it is known, else on the detector or the scanned film.
    """
    places = [record]
    for shared in record.get("SharedFunctionalGroupsSequence") or ():
        places += shared.get("PixelMeasuresSequence") or ()
    for name in ("PixelSpacing", "ImagerPixelSpacing", "NominalScannedPixelSpacing"):
        for place in places:
            numbers = [float(number) for number in place.get(name) or []]
            if len(numbers) == 2 and min(numbers) > 0:
                return numbers[0], numbers[1]
    return None


def derive(record: FileDataset, description: str, values: NDArray[Any]) -> None:
    """Turn the record of the source into one of a picture derived from it.

    The identifiers follow from source, description and pixels, so that the same work gives the
    same file; the pictures of one series stay together, in a series of their own.

    Parameters
    ----------
    record : FileDataset
        Of the source; changed in place.
    description : str
        How the picture was made.
    values : ndarray
        (frames, H, W), the pixels as they will be stored.
    """
    from pydicom.sr.codedict import codes

    name = f"unblur {version('unblur')}"
    text = f"{description or 'Pixels changed'} ({name})"[:_LONGEST_TEXT]
    sop_class, source = str(record.get("SOPClassUID", "")), str(record.get("SOPInstanceUID", ""))
    content = hashlib.sha256(values.tobytes()).hexdigest()
    record.SOPInstanceUID = _identifier(source, text, content)
    record.file_meta.MediaStorageSOPInstanceUID = record.SOPInstanceUID
    if "SeriesInstanceUID" in record:
        record.SeriesInstanceUID = _identifier(str(record.SeriesInstanceUID), text)
    _set_type(record)
    earlier = str(record.get("DerivationDescription") or "")
    record.DerivationDescription = f"{earlier}; {text}"[-_LONGEST_TEXT:] if earlier else text
    _append(record, "DerivationCodeSequence", _code(codes.DCM.EdgeEnhancement))
    if sop_class and source:
        record.SourceImageSequence = [_reference(sop_class, source)]
    _append(record, "ContributingEquipmentSequence", _equipment(text))
    _correct_range(record, values)
    for keyword in ("DigitalSignaturesSequence", "MACParametersSequence"):
        if keyword in record:
            delattr(record, keyword)  # they signed other pixels


def _identifier(*parts: str) -> str:
    """Unique identifier of DICOM (PS3.5 B.2), the same for the same parts."""
    return f"2.25.{uuid.uuid5(_NAMESPACE, chr(10).join(parts)).int}"


def _set_type(record: Dataset) -> None:
    kinds = record.get("ImageType") or []
    rest = list(kinds)[2:] if not isinstance(kinds, str) else []
    record.ImageType = ["DERIVED", "SECONDARY", *rest]
    for name in ("SharedFunctionalGroupsSequence", "PerFrameFunctionalGroupsSequence"):
        for element in (each for group in record.get(name) or () for each in group):
            if element.keyword.endswith("FrameTypeSequence"):
                for item in element.value:
                    item.FrameType = ["DERIVED", *list(item.get("FrameType") or [])[1:]]


def _correct_range(record: Dataset, values: NDArray[Any]) -> None:
    """Correct the tags that tell the range of the pixels, where there are any."""
    ends = {"Smallest": int(values.min()), "Largest": int(values.max())}
    for end, number in ends.items():
        if f"{end}ImagePixelValue" in record:
            setattr(record, f"{end}ImagePixelValue", number)
        if f"{end}PixelValueInSeries" in record:
            delattr(record, f"{end}PixelValueInSeries")  # one picture does not tell


def _reference(sop_class: str, instance: str) -> Dataset:
    from pydicom import Dataset
    from pydicom.sr.codedict import codes

    item = Dataset()
    item.ReferencedSOPClassUID = sop_class
    item.ReferencedSOPInstanceUID = instance
    item.SpatialLocationsPreserved = "YES"
    purpose = _code(codes.DCM.SourceImageForImageProcessingOperation)
    item.PurposeOfReferenceCodeSequence = [purpose]
    return item


def _equipment(text: str) -> Dataset:
    from pydicom import Dataset
    from pydicom.sr.codedict import codes

    item = Dataset()
    item.Manufacturer = "The unblur developers"
    item.ManufacturerModelName = "unblur"
    item.SoftwareVersions = version("unblur")
    item.ContributionDescription = text
    item.PurposeOfReferenceCodeSequence = [_code(codes.DCM.ProcessingEquipment)]
    return item


def _code(code: Any) -> Dataset:
    from pydicom import Dataset

    item = Dataset()
    item.CodeValue = code.value
    item.CodingSchemeDesignator = code.scheme_designator
    item.CodeMeaning = code.meaning
    return item


def _append(record: Dataset, keyword: str, item: Dataset) -> None:
    setattr(record, keyword, [*(record.get(keyword) or ()), item])
