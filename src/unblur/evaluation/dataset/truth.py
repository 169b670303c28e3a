"""What a made data set knows about its blurred pictures, for methods that are told."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from unblur.degradation import PSF
from unblur.evaluation.dataset.files import read_psfs, read_settings
from unblur.evaluation.dataset.manifest import read_entries

__all__ = ["Truth", "read_truth"]


@dataclass(frozen=True, eq=False)
class Truth:
    """How one picture was blurred.

    Attributes
    ----------
    psf : ndarray of float32, shape (K, K)
        The PSF.
    noise : float
        Standard deviation of the noise, on encoded values.
    linear : bool
        Whether the blur acted in linear light.
    """

    psf: PSF
    noise: float
    linear: bool


def read_truth(folder: Path) -> dict[str, Truth]:
    """Read how the pictures of a data set were blurred.

    Parameters
    ----------
    folder : path
        A folder of pairs.

    Returns
    -------
    dict
        By the blurred picture's name without suffix; empty where `unblur dataset make` did not
        make the folder.

    Raises
    ------
    ConfigurationError, PSFError
        If a file of the data set is damaged.

    Examples
    --------
    >>> read_truth(Path("no-such-folder"))
    {}
    """
    settings, psfs = read_settings(folder), read_psfs(folder)
    if settings is None:
        return {}
    versions = (version for entry in read_entries(folder) for version in entry.blurred)
    return {
        name: Truth(psfs[name], version.noise, bool(settings["linear"]))
        for version in versions
        if (name := Path(version.file).stem) in psfs
    }
