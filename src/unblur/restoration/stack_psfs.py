"""The PSFs of a stack's channels, from optics that the file knows in part."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from unblur.degradation.optics import Optics, microscope_psf
from unblur.errors import PSFError
from unblur.images.stack import Stack

__all__ = ["optics_psfs"]


def optics_psfs(
    stack: Stack, optics: Optics, *, channel: int | None = None, volume: bool = True
) -> list[NDArray[np.float32]]:
    """PSFs by the optics of each channel; what they leave open is taken from the stack.

    Parameters
    ----------
    stack : Stack
        Its pixels, planes, objective and wavelengths are used where its file tells them.
    optics : Optics
        What is known besides; it comes first.
    channel : int, optional
        Only of this one. When left out, of all that differ: one PSF if the wavelength is given.
    volume : bool
        Through focus, for stacks with more planes than one along Z.

    Returns
    -------
    list of ndarray of float32
        (K, K) or (D, K, K), for `deconvolve_stack`.

    Raises
    ------
    PSFError
        When a number is neither given nor in the file, or pixels are not square.

    Examples
    --------
    >>> stack = Stack(np.zeros((9, 32, 32), np.uint16), "ZYX", voxel=(0.2, 0.1, 0.1))
    >>> optics = Optics(na=1.2, wavelength=520, index=1.33)
    >>> [psf.ndim for psf in optics_psfs(stack, optics)]
    [3]
    """
    z, y, x = stack.voxel
    if optics.pixel is None and x is not None and y is not None and abs(x - y) > 1e-3 * x:
        raise PSFError(f"pixels of {y:g} x {x:g} µm are not square: measure the PSF on a bead")
    each = [channel] if channel is not None else list(range(max(1, len(stack.channels))))
    if channel is None and optics.wavelength is not None:
        each = each[:1]
    psfs = []
    for number in each:
        known = stack.channels[number].wavelength if number < len(stack.channels) else None
        file = Optics(na=stack.na, wavelength=known, pixel=x, z=z, index=stack.index)
        planes = stack.extent("Z") if volume else 1
        psfs.append(microscope_psf(optics.filled(file), planes=planes))
    return psfs
