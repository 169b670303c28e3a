"""A PSF as a picture that ``--psf`` reads back."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from unblur.errors import ImageWriteError

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["save_psf"]

_SUFFIXES = (".png", ".tif", ".tiff")


def save_psf(psf: NDArray[Any], path: Path, *, overwrite: bool) -> None:
    """Write a PSF as a grey picture of 16 bits, its largest value white.

    Parameters
    ----------
    psf : ndarray of float32
        (K, K), non-negative.
    path : Path
        A PNG or TIFF file; both keep 16 bits.
    overwrite : bool
        Replace the file if it exists.

    Raises
    ------
    ImageWriteError
        When the suffix is another one, the file exists, or it cannot be written.

    Examples
    --------
    >>> import tempfile, unblur
    >>> from pathlib import Path
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = Path(folder) / "psf.png"
    ...     save_psf(unblur.box_psf(3), path, overwrite=False)
    ...     unblur.parse_psf(str(path)).shape
    (3, 3)
    """
    import numpy as np

    from unblur import Photo, write_photo

    if path.suffix.lower() not in _SUFFIXES:
        raise ImageWriteError(f"{path}: a PSF needs a file of 16 bits: use .png or .tif")
    levels = np.rint(psf / psf.max() * np.iinfo(np.uint16).max).astype(np.uint16)
    write_photo(Photo(levels[:, :, None], mode="I;16"), path, overwrite=overwrite)
