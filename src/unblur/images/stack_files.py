"""Reading and writing stacks as TIFF: OME-TIFF, ImageJ's hyperstacks, and plain pages."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from unblur.errors import ArrayError, ImageReadError, ImageWriteError, MissingExtraError
from unblur.images.atomic import atomic_file
from unblur.images.ome import ome_facts, ome_for
from unblur.images.stack import Stack, StackKind

if TYPE_CHECKING:
    from tifffile import TiffFile, TiffPageSeries

__all__ = ["read_stack", "write_stack"]

_IN_MEMORY = 2**30  # bytes; larger stacks are read into a temporary file
_LOSSLESS = {5: "lzw", 8: "zlib", 32946: "zlib", 50000: "zstd"}
_MICROMETRES = {"micron": 1.0, "µm": 1.0, "um": 1.0, "\\u00b5m": 1.0, "nm": 1e-3, "mm": 1e3}
_SUFFIXES = (".tif", ".tiff", ".btf", ".tf8")
_CLASSIC_LIMIT = 2**32 - 2**25  # bytes of pixels that leave room for the rest of a classic TIFF
_IMAGEJ_TYPES = ("uint8", "uint16", "float32")
_COUNTED = ("ImageJ", "images", "channels", "slices", "frames", "hyperstack", "mode")


def read_stack(path: str | os.PathLike[str], *, axes: str | None = None) -> Stack:
    """Read a stack of pictures with what its file says of them.

    Parameters
    ----------
    path : path
        A TIFF of any number of pages: OME-TIFF, ImageJ, or plain.
    axes : str, optional
        A letter for each axis of more than one element, where the file is wrong or silent.

    Returns
    -------
    Stack
        Values as they are stored. Of stacks larger than 1 GB they lie in a temporary file.

    Raises
    ------
    ImageReadError
        When it is no TIFF, truncated or damaged, or holds several series of pictures.
    MissingExtraError
        When tifffile is not installed.

    Examples
    --------
    >>> import tempfile
    >>> path = Path(tempfile.mkdtemp()) / "stack.tif"
    >>> write_stack(Stack(np.zeros((3, 8, 9), np.uint16), "ZYX"), path)
    >>> read_stack(path).axes
    'ZYX'
    """
    try:
        import tifffile
    except ImportError:
        raise MissingExtraError("tifffile", "microscopy") from None
    if not Path(path).is_file():
        raise ImageReadError(f"{path}: is no file: name one TIFF")
    try:
        with tifffile.TiffFile(path) as file:
            return _read(file, axes)
    except (ImageReadError, ArrayError) as error:
        raise type(error)(f"{path}: {error}") from error
    except MemoryError as error:
        raise ImageReadError(f"{path}: is too large for the free memory") from error
    except Exception as error:  # tifffile has many, and its codecs more
        reason = " ".join(str(error).split()) or type(error).__name__
        raise ImageReadError(
            f"{path}: cannot be read as TIFF: it is none, truncated or damaged ({reason})"
        ) from error


def write_stack(stack: Stack, path: str | os.PathLike[str], *, overwrite: bool = False) -> None:
    """Write a stack as the kind of TIFF that it came from, whole or not at all.

    Parameters
    ----------
    stack : Stack
        Values are written as they are, without loss. OME-XML is kept but for what the new values
        make untrue: their type, and where in the file each plane is.
    path : path
        Ends in ``.tif`` or ``.tiff``.
    overwrite : bool, optional
        Whether an existing file may be replaced.

    Raises
    ------
    ImageWriteError
        When the suffix is another one, the file exists, or it cannot be written.

    Examples
    --------
    >>> import tempfile
    >>> path = Path(tempfile.mkdtemp()) / "stack.tif"
    >>> write_stack(Stack(np.ones((8, 9), np.float32), "YX"), path)
    >>> float(read_stack(path).values.sum())
    72.0
    """
    try:
        import tifffile
    except ImportError:
        raise MissingExtraError("tifffile", "microscopy") from None
    if Path(path).suffix.lower() not in _SUFFIXES:
        raise ImageWriteError(f"{path}: a stack is written as TIFF: use .tif")
    with atomic_file(path, overwrite=overwrite) as file:
        try:
            tifffile.imwrite(file, np.asarray(stack.values), **_settings(stack))
        except (ValueError, RuntimeError, KeyError, tifffile.TiffFileError) as error:
            raise ImageWriteError(f"{path}: cannot be written: {error}") from error


def _read(file: TiffFile, axes: str | None) -> Stack:
    if len(file.series) != 1:
        raise ImageReadError(
            f"it holds {len(file.series)} series of pictures: save the one to work on by itself"
        )
    series = file.series[0]
    names = {Path(page.parent.filename).name for page in series.pages if page is not None}
    if len(names) > 1:
        raise ImageReadError(f"it is spread over {len(names)} files: save it as one")
    values = series.asarray(out="memmap" if series.nbytes > _IN_MEMORY else None)
    letters = series.axes
    if axes is not None:
        values, letters = np.squeeze(values), axes.upper()
    notes = ("the smaller copies (pyramid) were left out",) if len(series.levels) > 1 else ()
    kind: StackKind = "ome" if file.is_ome else "imagej" if file.is_imagej else "plain"
    description = file.ome_metadata if kind == "ome" else _page_description(file)
    voxel = _voxel(file)
    facts: dict[str, Any] = {}
    if kind == "ome" and description:
        facts = ome_facts(description)
        voxel = facts.pop("voxel")
    return Stack(
        values=values,
        axes=letters,
        voxel=voxel,
        kind=kind,
        description=description or "",
        extras=_extras(file, series),
        notes=notes,
        **facts,
    )


def _page_description(file: TiffFile) -> str:
    tag = file.pages.first.tags.get(270)
    return tag.value if tag is not None and isinstance(tag.value, str) else ""


def _extras(file: TiffFile, series: TiffPageSeries) -> tuple[tuple[str, Any], ...]:
    page = series.keyframe
    extras: dict[str, Any] = {"photometric": "rgb" if page.photometric == 2 else "minisblack"}
    if compression := _LOSSLESS.get(int(page.compression)):
        extras["compression"] = compression
    if {282, 283, 296} <= set(page.tags.keys()):
        extras["resolution"] = (page.tags[282].value, page.tags[283].value)
        extras["resolutionunit"] = int(page.tags[296].value)
    for name, code in (("software", 305), ("datetime", 306)):
        if code in page.tags and isinstance(page.tags[code].value, str):
            extras[name] = page.tags[code].value
    if file.is_imagej and file.imagej_metadata:
        extras["imagej"] = {k: v for k, v in file.imagej_metadata.items() if k not in _COUNTED}
        extras["mode"] = file.imagej_metadata.get("mode")
    return tuple(extras.items())


def _voxel(file: TiffFile) -> tuple[float | None, float | None, float | None]:
    """Distances along Z, Y and X in micrometres, by ImageJ's metadata and the resolution tags."""
    words = file.imagej_metadata or {}
    scale = _MICROMETRES.get(str(words.get("unit", "")).strip())
    tags = file.pages.first.tags
    if scale is None or not {282, 283} <= set(tags.keys()):
        return None, None, None
    across, down = (tags[code].value for code in (282, 283))  # pixels per unit, as fractions
    plane = [scale * part[1] / part[0] if part[0] else None for part in (down, across)]
    depth = words.get("spacing")
    return (scale * float(depth) if depth else None), plane[0], plane[1]


def _settings(stack: Stack) -> dict[str, Any]:
    extras = dict(stack.extras)
    words, mode = extras.pop("imagej", None), extras.pop("mode", None)
    if not stack.axes.endswith("S"):
        extras["photometric"] = "minisblack"  # samples of colour lie beside each other, or nowhere
    extras["bigtiff"] = stack.values.nbytes > _CLASSIC_LIMIT
    if stack.kind == "imagej":
        if stack.values.dtype.name not in _IMAGEJ_TYPES:
            raise ValueError(f"ImageJ has no {stack.values.dtype}, only {', '.join(_IMAGEJ_TYPES)}")
        for name in ("compression", "software", "bigtiff", "datetime"):
            extras.pop(name, None)
        metadata = {**(words or {}), "axes": stack.axes, **({"mode": mode} if mode else {})}
        return {**extras, "imagej": True, "metadata": metadata}
    text = ome_for(stack) if stack.kind == "ome" else stack.description
    if not text:
        return {**extras, "metadata": {"axes": stack.axes}}
    return {**extras, "metadata": None, "description": text.encode()}
