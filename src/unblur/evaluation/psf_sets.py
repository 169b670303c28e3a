"""Protocols made of measured or published PSFs."""

from __future__ import annotations

import re
from functools import partial
from pathlib import Path
from types import MappingProxyType
from zipfile import BadZipFile

import numpy as np

from unblur.degradation import PSF, as_psf
from unblur.errors import PSFError
from unblur.evaluation.protocol import Protocol
from unblur.evaluation.protocols import VALIDATION

__all__ = ["psf_set"]


def psf_set(path: Path | str, *, seed: int = 0, noise: float = 0.005) -> Protocol:
    """Make a protocol of the PSFs in an .npz file, one kind of blur each.

    Parameters
    ----------
    path : path
        File of named square arrays; the file's stem becomes the protocol's name.
    seed : int
        Of the noise.
    noise : float
        Standard deviation of the noise on the encoded values.

    Returns
    -------
    Protocol
        As the validation, with these PSFs, in natural order of their names (k2 before k10).

    Raises
    ------
    PSFError
        If the file cannot be read, is empty or holds something else than PSFs.

    Examples
    --------
    >>> import tempfile
    >>> import numpy as np
    >>> path = Path(tempfile.mkdtemp()) / "boxes.npz"
    >>> np.savez(path, k10=np.ones((3, 3)), k2=np.ones((5, 5)))
    >>> psf_set(path).kinds
    ('k2', 'k10')
    """
    path = Path(path)
    try:
        with np.load(path, allow_pickle=False) as archive:
            psfs = {name: as_psf(archive[name]) for name in sorted(archive, key=_natural)}
    except (OSError, EOFError, ValueError, AttributeError, TypeError, BadZipFile) as error:
        raise PSFError(f"{path} holds no set of PSFs ({error}): give an .npz file") from error
    if not psfs:
        raise PSFError(f"{path} is empty: give an .npz file of square arrays")
    support = max(VALIDATION.support, *(psf.shape[0] for psf in psfs.values()))
    draws = {name: partial(_constant, psf) for name, psf in psfs.items()}
    return Protocol(path.stem, MappingProxyType(draws), seed=seed, support=support, noise=noise)


def _constant(psf: PSF, rng: np.random.Generator, support: int) -> PSF:
    del rng, support
    return psf


def _natural(name: str) -> list[tuple[str, int]]:
    return [(text, int(digits or 0)) for text, digits in re.findall(r"(\D*)(\d*)", name)]
