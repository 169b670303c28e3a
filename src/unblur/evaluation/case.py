"""One blurred picture with all that is known about it, and what of that a method gets to see."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from unblur.origin import fingerprint

__all__ = ["Case", "CaseSet", "Observation"]

Image = NDArray[np.float32]
PSF = NDArray[np.float32]


@dataclass(frozen=True, eq=False)
class Observation:
    """What a method gets to see: the picture, and how the protocol made it.

    Attributes
    ----------
    image : ndarray of float32, shape (H, W, C)
        The blurred picture in [0, 1], read-only.
    psf : ndarray of float32, shape (K, K), or None
        The true PSF; None if the method is blind or nobody knows it.
    linear : bool
        Whether the blur acted on linear light; else on the encoded values.
    circular : bool
        Whether the blur went on from one border at the opposite one.
    noise : float or None
        Standard deviation of the noise on the encoded values; None if nobody knows it.
    """

    image: Image
    psf: PSF | None = None
    linear: bool = True
    circular: bool = False
    noise: float | None = None


@dataclass(frozen=True, eq=False)
class Case:
    """One blurred picture with all that is known about it.

    Attributes
    ----------
    picture : str
        File name of the sharp picture.
    kind : str
        Kind of blur.
    sharp, blurred : ndarray of float32, shape (H, W, C)
        In [0, 1], of the same area of the scene.
    psf : ndarray of float32, shape (K, K), or None
        The true PSF; None for a photograph that was blurred by life.
    linear, circular, noise
        As for `Observation`.
    """

    picture: str
    kind: str
    sharp: Image
    blurred: Image
    psf: PSF | None
    linear: bool = True
    circular: bool = False
    noise: float | None = None

    @property
    def fingerprint(self) -> str:
        """16 hexadecimal digits that change with any pixel of the case."""
        arrays = (self.sharp, self.blurred, *([] if self.psf is None else [self.psf]))
        return fingerprint(np.ascontiguousarray(array).tobytes() for array in arrays)

    @property
    def extent(self) -> float | None:
        """Length in px of the straight motion that spreads light as far as this PSF does.

        That is the square root of 12 times the largest variance of the PSF in any direction; None
        where nobody knows the PSF.
        """
        if self.psf is None:
            return None
        offsets = np.arange(self.psf.shape[0]) - self.psf.shape[0] // 2
        places = np.stack(np.meshgrid(offsets, offsets, indexing="ij")).reshape(2, -1)
        covariance = np.cov(places, aweights=self.psf.ravel().astype(np.float64), ddof=0)
        return float(np.sqrt(12 * max(np.linalg.eigvalsh(covariance)[-1], 0)))

    def observed(self, *, blind: bool) -> Observation:
        """Return what a method gets to see, in arrays that it cannot change.

        Parameters
        ----------
        blind : bool
            Keep the PSF from it.

        Returns
        -------
        Observation
            Without the sharp picture.
        """
        image = self.blurred.copy()
        image.flags.writeable = False
        psf = None if blind else self.psf
        return Observation(image, psf, self.linear, self.circular, self.noise)


class CaseSet(Protocol):
    """Some cases under one name: made by a protocol, or found on the disk."""

    @property
    def name(self) -> str:
        """Name of the pictures."""

    @property
    def protocol_name(self) -> str:
        """How the cases came about."""

    @property
    def seed(self) -> int:
        """All draws derive from it; 0 where nothing is drawn."""

    @property
    def knows_psf(self) -> bool:
        """Whether there is a true PSF to tell a method."""

    @property
    def count(self) -> int:
        """Number of cases."""

    def cases(self) -> Iterator[Case]:
        """Yield the cases, one at a time.

        Yields
        ------
        Case
            All of one picture, then those of the next.
        """
