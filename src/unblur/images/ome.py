"""OME-XML: what it says of a stack, and the little that new pixels change in it.

The text is changed in place, not parsed and written again, so that annotations, other namespaces
and comments stay as some other program wrote them.
"""

from __future__ import annotations

import math
import re
import uuid
import xml.etree.ElementTree as ElementTree
from typing import TYPE_CHECKING, Any

from unblur.errors import ImageReadError
from unblur.images.stack import Channel

if TYPE_CHECKING:
    from unblur.images.stack import Stack

__all__ = ["ome_facts", "ome_for"]

_MICROMETRES = {"µm": 1.0, "μm": 1.0, "um": 1.0, "nm": 1e-3, "mm": 1e3, "cm": 1e4, "m": 1e6}
_NANOMETRES = {"nm": 1.0, "µm": 1e3, "μm": 1e3, "um": 1e3}
_TYPES = {"float32": "float", "float64": "double"}
_TIFF_DATA = re.compile(r"\s*<(\w+:)?TiffData\b[^>]*?(/>|>.*?</(\w+:)?TiffData>)", re.DOTALL)
_PIXELS = re.compile(r"<(?:\w+:)?Pixels\b[^>]*>")
_ROOT_UUID = re.compile(r"(<(?:\w+:)?OME\b[^>]*?\bUUID=)([\"'])[^\"']*[\"']", re.DOTALL)


def ome_facts(text: str) -> dict[str, Any]:
    """Return what OME-XML tells of optics: `voxel`, `channels`, `na` and `index` of a `Stack`.

    Raises
    ------
    ImageReadError
        When it is no XML.
    """
    try:
        root = ElementTree.fromstring(text)
    except ElementTree.ParseError as error:
        raise ImageReadError(f"its OME-XML is damaged ({error})") from error
    pixels = root.find(".//{*}Pixels")
    if pixels is None:
        raise ImageReadError("its OME-XML describes no pixels")
    sides = [_length(pixels, f"PhysicalSize{axis}", "µm", _MICROMETRES) for axis in "ZYX"]
    channels = tuple(
        Channel(each.get("Name", ""), _length(each, "EmissionWavelength", "nm", _NANOMETRES))
        for each in pixels.findall("{*}Channel")
    )
    objective, medium = root.find(".//{*}Objective"), root.find(".//{*}ObjectiveSettings")
    return {
        "voxel": tuple(sides),
        "channels": channels,
        "na": None if objective is None else _positive(objective.get("LensNA")),
        "index": None if medium is None else _positive(medium.get("RefractiveIndex")),
    }


def ome_for(stack: Stack) -> str:
    """Return the stack's OME-XML for a file that holds its planes one after the other."""
    text = stack.description
    kind = stack.values.dtype.name
    planes = math.prod(stack.extent(axis) for axis in stack.axes if axis not in "YXS")

    text = _PIXELS.sub(lambda pixels: _of_type(pixels[0], _TYPES.get(kind, kind)), text, count=1)
    first = _TIFF_DATA.search(text)
    if first is not None:
        prefix = first[1] or ""
        one = f'<{prefix}TiffData IFD="0" PlaneCount="{planes}"/>'
        text = text[: first.start()] + one + _TIFF_DATA.sub("", text[first.start() :])
    # a file of its own: by the same rule each time, so that the same work gives the same bytes
    name = uuid.uuid5(uuid.NAMESPACE_URL, f"unblur {text}")
    return _ROOT_UUID.sub(rf"\g<1>\g<2>urn:uuid:{name}\g<2>", text, count=1)


def _of_type(pixels: str, kind: str) -> str:
    """The element's tag with the type of the values; the bits that count go with another type."""
    typed = re.sub(r"(\bType=)([\"'])[^\"']*[\"']", rf"\g<1>\g<2>{kind}\g<2>", pixels)
    if typed != pixels:
        typed = re.sub(r"\s+SignificantBits=([\"'])[^\"']*\1", "", typed)
    return re.sub(r"(\bBigEndian=)([\"'])[^\"']*[\"']", r"\g<1>\g<2>false\g<2>", typed)


def _length(
    element: ElementTree.Element, name: str, usual: str, units: dict[str, float]
) -> float | None:
    number, scale = _positive(element.get(name)), units.get(element.get(f"{name}Unit", usual))
    return None if number is None or scale is None else number * scale


def _positive(text: str | None) -> float | None:
    try:
        number = float(text or "")
    except ValueError:
        return None
    return number if 0 < number < math.inf else None
