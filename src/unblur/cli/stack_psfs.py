"""The PSFs that ``unblur deconvolve`` is told of: by words, files, beads or optics."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from unblur.errors import ArgumentError, PSFError

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from unblur import Stack

    PSF = NDArray[np.float32]

__all__ = ["box_of", "find_psfs", "save_psfs"]


def find_psfs(
    stack: Stack,
    *,
    psf: Sequence[str],
    bead: Sequence[Path],
    optics: Sequence[str],
    size: tuple[int, ...] | None,
    volume: bool,
) -> list[PSF]:
    """Make the PSFs, in the order of the channels.

    Parameters
    ----------
    stack : Stack
        Tells the size of pixels, and what its file knows of the optics.
    psf, bead, optics : sequence
        What was typed; exactly one of the three is not empty.
    size : tuple of int, optional
        Box around each bead.
    volume : bool
        Whether optics make a PSF through focus.

    Returns
    -------
    list of ndarray of float32
        One for all channels, or one for each.

    Raises
    ------
    ArgumentError
        When there are none, or two kinds of them.
    PSFError
        When one cannot be made.
    """
    from unblur import Optics, optics_psfs

    if sum(map(bool, (psf, bead, optics))) != 1:
        raise ArgumentError("the blur must be known: give one of --psf, --bead and --optics")
    if psf:
        return [_named(text, stack) for text in psf]
    if bead:
        return [_measured(path, size) for path in bead]
    if len(optics) == 1:
        return optics_psfs(stack, Optics.parse(optics[0]), volume=volume)
    return [
        optics_psfs(stack, Optics.parse(text), channel=channel, volume=volume)[0]
        for channel, text in enumerate(optics)
    ]


def box_of(text: str | None) -> tuple[int, ...] | None:
    """Read sizes such as ``31,31`` or ``15,31,31``."""
    if text is None:
        return None
    try:
        return tuple(int(part) for part in text.split(","))
    except ValueError:
        raise ArgumentError(f"--bead-size {text}: write odd numbers, as in 31,31") from None


def save_psfs(psfs: Sequence[PSF], path: Path, *, overwrite: bool) -> None:
    """Write one PSF as a TIFF of floats, which ``--psf`` reads back."""
    from unblur import Stack, write_stack

    if len(psfs) > 1:
        raise ArgumentError(f"{path}: takes one PSF, not the {len(psfs)} of all channels")
    axes = "ZYX"[3 - psfs[0].ndim :]
    write_stack(Stack(psfs[0], axes), path, overwrite=overwrite)


def _named(text: str, stack: Stack) -> PSF:
    from unblur import PhysicalPSF, parse_psf, read_stack

    physical = PhysicalPSF.parse(text)
    if physical is not None:
        _, down, across = stack.voxel
        if down is None or across is None:
            return physical.in_pixels(None)
        return physical.in_pixels((down / 1000, across / 1000))
    if Path(text).suffix.lower() in (".tif", ".tiff") and Path(text).is_file():
        values = read_stack(text).values.squeeze()
        if values.ndim == 3:
            return values  # deconvolve_stack checks it
    return parse_psf(text)


def _measured(path: Path, size: tuple[int, ...] | None) -> PSF:
    from unblur import psf_from_beads, read_stack

    try:
        return psf_from_beads(read_stack(path).values.squeeze(), size=size)
    except PSFError as error:
        raise PSFError(f"{path}: {error}") from None
