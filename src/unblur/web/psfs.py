"""A PSF that a client gives, without ever taking its words for the name of a file."""

from __future__ import annotations

import re

import numpy as np
from numpy.typing import NDArray

from unblur import decode_photo, parse_psf, psf_from_picture
from unblur.errors import ImageReadError, PSFError

__all__ = ["LARGEST", "SPEC", "given_psf"]

LARGEST = 257  # px: tiles, and so time and memory, grow with the PSF
SPEC = r"(gaussian|disk|motion|box):[-+0-9.eE]+(,[-+0-9.eE]+)*"
"""How a PSF is written; nothing else reaches `parse_psf`, which would look for a file."""


def given_psf(psf: str | bytes) -> NDArray[np.float32]:
    """Make the PSF that a client means.

    Parameters
    ----------
    psf : str or bytes
        Words such as ``motion:15,30``, or the file of a picture of it.

    Returns
    -------
    ndarray of float32
        (K, K), K at most `LARGEST`.

    Raises
    ------
    PSFError
        When it is neither, or too large.

    Examples
    --------
    >>> given_psf("box:3").shape
    (3, 3)
    >>> given_psf("/etc/passwd")
    Traceback (most recent call last):
    ...
    unblur.errors.PSFError: the psf is none of gaussian:SIGMA, disk:RADIUS, motion:LENGTH,ANGLE, \
box:WIDTH: send a picture of it as a file
    """
    if isinstance(psf, bytes):
        kernel = _from_file(psf)
    elif re.fullmatch(SPEC, psf):
        kernel = parse_psf(psf)
    else:
        raise PSFError(
            "the psf is none of gaussian:SIGMA, disk:RADIUS, motion:LENGTH,ANGLE, box:WIDTH: "
            "send a picture of it as a file"
        )
    if kernel.shape[0] > LARGEST:
        raise PSFError(f"the psf is {kernel.shape[0]} px wide: this server takes {LARGEST}")
    return kernel


def _from_file(data: bytes) -> NDArray[np.float32]:
    try:
        photo = decode_photo(data, max_pixels=1_100_000)
    except ImageReadError as error:
        raise PSFError(f"the psf {error}") from error
    return psf_from_picture(photo.pixels)
