"""What a made data set looks like: kinds of blur, sizes, noise, and the draws that follow."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import asdict, dataclass
from typing import Any, Literal

import numpy as np

from unblur.degradation import PSF, Degradation, PSFSampler
from unblur.errors import ArgumentError
from unblur.evaluation.paired.finding import FOLDERS
from unblur.evaluation.provenance import derive_seed

__all__ = ["DatasetSettings", "Draw"]

Range = tuple[float, float]

_MIXED = {"gaussian": 0.25, "defocus": 0.25, "motion": 0.2, "shake": 0.25, "box": 0.05}
_REACHES: dict[
    str, Callable[[float], float]
] = {  # half the width of a PSF, in pixels, by its parameter
    "gaussian": lambda sigma: 3 * sigma,
    "defocus": lambda radius: radius + 2,
    "motion": lambda length: length / 2 + 1,
    "shake": lambda extent: 0.6 * extent + 1,
    "box": lambda width: width / 2 + 1,
}


@dataclass(frozen=True)
class Draw:
    """How one picture is blurred.

    Attributes
    ----------
    kind : str
        Kind of the PSF, also where the set is "mixed".
    camera : Degradation
        PSF, noise and compression.
    seed : int
        Of the noise.
    """

    kind: str
    camera: Degradation
    seed: int


@dataclass(frozen=True)
class DatasetSettings:
    """All that decides on the pictures of a made data set, besides the sharp ones.

    Attributes
    ----------
    kinds : tuple of str
        Keys of `unblur.evaluation.paired.finding.FOLDERS`; every scene is blurred once in each way.
    size : int
        Rows and columns of every picture.
    count : int or None
        Number of scenes; None takes each sharp picture once.
    framing : {"resize", "crop"}
        Whether whole pictures are resized, aspect not kept, or crops are cut at full resolution,
        several of one picture where there are fewer pictures than scenes.
    resample : {"nearest", "lanczos"}
        How pictures are resized; "nearest" aliases, as the paper's do.
    linear : bool
        Whether the blur acts in linear light, as in a camera.
    noise : tuple of float
        Smallest and largest standard deviation of the noise, on encoded values.
    jpeg : tuple of int or None
        Smallest and largest quality of the JPEG whose traces are left; None leaves none.
    seed : int
        All draws derive from it and the names of the sharp pictures.
    sigma, radius, length, extent, width : tuple of float
        Smallest and largest Gaussian sigma, defocus radius, motion length, shake extent and box
        width, in pixels of the pictures that are written.

    Raises
    ------
    ArgumentError
        If a value is out of range or a kind of blur unknown.
    """

    kinds: tuple[str, ...] = ("defocus",)
    size: int = 128
    count: int | None = 350
    framing: Literal["resize", "crop"] = "resize"
    resample: Literal["nearest", "lanczos"] = "nearest"
    linear: bool = True
    noise: Range = (0.0, 0.0)
    jpeg: tuple[int, int] | None = None
    seed: int = 0
    sigma: Range = (1.0, 3.0)
    radius: Range = (1.5, 6.0)
    length: Range = (5.0, 20.0)
    extent: Range = (8.0, 25.0)
    width: Range = (3.0, 15.0)

    def __post_init__(self) -> None:
        for kind in self.kinds:
            if kind not in FOLDERS:
                raise ArgumentError(f"{kind!r} is no kind of blur: choose of {', '.join(FOLDERS)}")
        if not self.kinds or len(set(self.kinds)) < len(self.kinds):
            raise ArgumentError(f"{self.kinds} are no kinds of blur: name one or more, each once")
        if self.size < 1 or (self.count is not None and self.count < 1):
            raise ArgumentError(f"size {self.size} and count {self.count}: give 1 or more")
        if not 0 <= self.noise[0] <= self.noise[1] <= 1:
            raise ArgumentError(f"the noise {self.noise} is out of range: give 0 to 1, rising")
        if self.jpeg is not None and not 1 <= self.jpeg[0] <= self.jpeg[1] <= 100:
            raise ArgumentError(f"the JPEG quality {self.jpeg} is no range: give 1 to 100, rising")
        self._sampler()  # refuses ranges that are none, before any work

    @property
    def margin(self) -> int:
        """Pixels of the scene that are used up at each border, for none is made up beyond it."""
        return self._support() // 2

    @property
    def source_size(self) -> int:
        """Rows and columns that a sharp picture needs at least."""
        return self.size + 2 * self.margin

    def draw(self, scene: str, kind: str) -> Draw:
        """Draw how a scene is blurred.

        Parameters
        ----------
        scene : str
            What tells it from the others; the same one always gives the same draw.
        kind : str
            One of `kinds`.

        Returns
        -------
        Draw
            PSF, noise and compression.

        Examples
        --------
        >>> DatasetSettings().draw("boat.png", "defocus").camera.psf.shape
        (17, 17)
        """
        rng = np.random.default_rng(derive_seed(self.seed, scene, kind, "blur"))
        psf, drawn = self._psf(rng, kind)
        camera = Degradation(
            psf,
            linear=self.linear,
            boundary="valid",
            read_noise=float(rng.uniform(*self.noise)),
            jpeg_quality=None
            if self.jpeg is None
            else int(rng.integers(*self.jpeg, endpoint=True)),
        )
        return Draw(drawn, camera, derive_seed(self.seed, scene, kind, "noise"))

    def to_dict(self) -> dict[str, Any]:
        """Return the settings as a dictionary that JSON can hold."""
        return {k: list(v) if isinstance(v, tuple) else v for k, v in asdict(self).items()}

    def _psf(self, rng: np.random.Generator, kind: str) -> tuple[PSF, str]:
        return self._sampler().sample(rng, None if kind == "mixed" else kind)

    def _sampler(self) -> PSFSampler:
        return PSFSampler(
            kinds=tuple(_MIXED),
            weights=tuple(_MIXED.values()),
            sigma=self.sigma,
            radius=self.radius,
            length=self.length,
            extent=self.extent,
            width=self.width,
            size=self._support(),
        )

    def _support(self) -> int:
        """Return the odd size that holds every PSF of these kinds."""
        largest = {
            "gaussian": self.sigma[1],
            "defocus": self.radius[1],
            "motion": self.length[1],
            "shake": self.extent[1],
            "box": self.width[1],
        }
        drawn = _MIXED if "mixed" in self.kinds else self.kinds
        return 2 * math.ceil(max(_REACHES[kind](largest[kind]) for kind in drawn)) + 1
