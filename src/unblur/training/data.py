"""Endless, seeded stream of blurred and sharp crops: crop number i is the same in every run."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from PIL import Image
from torch.utils.data import IterableDataset

from unblur.degradation.convolution import crop_valid
from unblur.degradation.pipeline import Degradation
from unblur.degradation.sampling import PSFSampler
from unblur.degradation.shapes import delta_psf
from unblur.images.color import linear_to_srgb, srgb_to_linear
from unblur.training.ahead import Ahead
from unblur.training.exposure import MARGIN, expose
from unblur.training.moving import random_scene
from unblur.training.pictures import Pixels, shapes_of
from unblur.training.settings import DataSettings, side_at
from unblur.training.sharing import numbers

__all__ = ["MOVING", "BlurredCrops", "CropStream", "as_tensor"]

MOVING = "moving"
"""Kind of blur of the crops that no PSF blurred."""

Sample = dict[str, Any]
FloatImage = npt.NDArray[np.float32]
SQUEEZED = 0.25  # pictures are squeezed to no less than this


class CropStream(IterableDataset[Sample]):
    """Seeded stream of crops, of which a subclass makes number i in `sample`.

    Parameters
    ----------
    pictures : sequence of ndarray of uint8
        Sharp pictures (H, W, 3). Not modified.
    seed : int
        Together with a crop's number it decides everything about that crop.
    start : int
        Number of the first crop: a resumed run goes on where it stopped.
    count : int, optional
        Crops in all; endless when left out.
    steps : int, optional
        Steps of the whole run, for crops that grow with it.
    """

    def __init__(
        self,
        pictures: Sequence[Pixels],
        *,
        seed: int,
        start: int = 0,
        count: int | None = None,
        steps: int | None = None,
    ) -> None:
        super().__init__()
        self.pictures = pictures
        self.seed = seed
        self.start = start
        self.count = count
        self.steps = steps
        self.ahead = Ahead()

    def __iter__(self) -> Iterator[Sample]:
        return self.ahead.make(self.sample, numbers(self.start, self.count))

    def sample(self, index: int) -> Sample:
        """Make one crop.

        Parameters
        ----------
        index : int
            Its number.

        Returns
        -------
        dict
            The same one for the same number, in every run with this seed.
        """
        raise NotImplementedError


class BlurredCrops(CropStream):
    """Stream of ``{"sharp", "blurred", "psf", "linear", "kind"}``.

    ``sharp`` and ``blurred`` are tensors (3, H, W), encoded, in [0, 1]; ``psf`` is (K, K) with the
    sum 1; ``linear`` says whether it blurred linear light; ``kind`` is its name. Where some scenes
    move, no PSF tells how they are blurred, and ``psf`` and ``linear`` are left out.

    Parameters
    ----------
    pictures : sequence of ndarray of uint8
        Sharp pictures (H, W, 3). Not modified.
    settings : DataSettings
        Crop size and shares.
    seed : int
        Together with a crop's number it decides everything about that crop.
    start : int
        Number of the first crop: a resumed run goes on where it stopped.
    count : int, optional
        Crops in all; endless when left out.
    steps : int, optional
        Steps of the whole run, for crops that grow with it.
    """

    def __init__(
        self,
        pictures: Sequence[Pixels],
        settings: DataSettings,
        *,
        seed: int,
        start: int = 0,
        count: int | None = None,
        steps: int | None = None,
    ) -> None:
        super().__init__(pictures, seed=seed, start=start, count=count, steps=steps)
        self.settings = settings
        self.sampler = PSFSampler()
        areas = np.prod(np.array(shapes_of(pictures), dtype=np.float64), axis=1)
        self._chances = np.sqrt(areas) / np.sqrt(areas).sum()

    def sample(self, index: int) -> Sample:
        """Make one crop.

        Parameters
        ----------
        index : int
            Its number.

        Returns
        -------
        dict
            The same one for the same number, in every run with this seed.
        """
        rng, settings = np.random.default_rng([self.seed, index]), self.settings
        side = side_at(settings, index // settings.batch_size, self.steps)
        if settings.moving_share and rng.random() < settings.moving_share:
            return self._moving(rng, side)
        sample = self._still(rng, side)
        return {name: sample[name] for name in (*settings.gives, "kind")}

    def _still(self, rng: np.random.Generator, side: int) -> Sample:
        """Blur a crop by one PSF."""
        names = list(self.settings.kinds)
        shares = np.array([self.settings.kinds[name] for name in names])
        kind = names[rng.choice(len(names), p=shares / shares.sum())]
        psf, _ = self.sampler.sample(rng, kind)
        margin = psf.shape[0] // 2
        sharp = self._crop(rng, side + 2 * margin)
        degradation = self._degradation(rng, psf)
        blurred = degradation.apply(sharp, int(rng.integers(2**31)))
        return {
            "sharp": as_tensor(crop_valid(degradation.exposed(sharp), degradation.psf)),
            "blurred": as_tensor(blurred),
            "psf": torch.from_numpy(psf),
            "linear": torch.tensor(degradation.linear),
            "kind": kind,
        }

    def _moving(self, rng: np.random.Generator, side: int) -> Sample:
        """Expose a scene that moves, with up to two objects of other pictures in it."""
        camera = self._degradation(rng, delta_psf(1))
        side += 2 * MARGIN
        crops = [self._crop(rng, side)]
        crops += [self._random_crop(rng, side) for _ in range(rng.integers(3))]
        scene = [srgb_to_linear(crop) if camera.linear else crop for crop in crops]
        pair = expose(random_scene(scene[0], scene[1:], rng))
        blurred, sharp = (linear_to_srgb(light) if camera.linear else light for light in pair)
        return {
            "sharp": as_tensor(camera.exposed(sharp)),
            "blurred": as_tensor(camera.apply(blurred, int(rng.integers(2**31)))),
            "kind": MOVING,
        }

    def _crop(self, rng: np.random.Generator, side: int) -> FloatImage:
        crops = [self._random_crop(rng, side) for _ in range(self.settings.choices)]
        return max(crops, key=_detail) if len(crops) > 1 else crops[0]

    def _random_crop(self, rng: np.random.Generator, side: int) -> FloatImage:
        picture = self.pictures[int(rng.choice(len(self.pictures), p=self._chances))]
        height, width = picture.shape[:2]
        smallest = max(self.settings.min_scale, side / min(height, width))
        scale = rng.uniform(smallest, 1.0) if smallest < 1 else 1.0
        method = Image.Resampling.LANCZOS
        if self.settings.squeezed_share and rng.random() < self.settings.squeezed_share:
            scale, method = max(side / min(height, width), SQUEEZED), Image.Resampling.NEAREST
        taken = min(round(side / scale), height, width)
        top, left = rng.integers(height - taken + 1), rng.integers(width - taken + 1)
        crop = picture[top : top + taken, left : left + taken]
        if taken != side:
            crop = np.asarray(Image.fromarray(crop).resize((side, side), method))
        if rng.random() < 0.5:
            crop = crop[:, ::-1]
        if rng.random() < 0.3:
            crop = np.rot90(crop, int(rng.integers(1, 4)))
        return np.ascontiguousarray(crop, dtype=np.float32) / np.float32(255)

    def _degradation(self, rng: np.random.Generator, psf: FloatImage) -> Degradation:
        settings = self.settings
        strong = rng.random() < 0.1
        noise = settings.noise * (
            rng.uniform(0.5, settings.strong_noise) if strong else rng.random() ** 2
        )
        jpeg = int(rng.integers(70, 99)) if rng.random() < settings.jpeg_share else None
        clipped = rng.random() < settings.saturation_share
        return Degradation(
            psf=psf,
            linear=bool(rng.random() < settings.linear_share),
            boundary="valid",
            saturation=float(rng.uniform(1.0, 2.5)) if clipped else 1.0,
            read_noise=float(noise),
            shot_noise=float(noise**2) if rng.random() < 0.3 else 0.0,
            jpeg_quality=jpeg,
        )


def _detail(crop: FloatImage) -> float:
    """Mean absolute difference of neighbours: how much a crop says about its blur."""
    green = crop[..., 1]
    return float(np.abs(np.diff(green, axis=0)).mean() + np.abs(np.diff(green, axis=1)).mean())


def as_tensor(image: npt.NDArray[Any]) -> torch.Tensor:
    """Turn a picture (H, W, C) into a tensor (C, H, W) of its own.

    Parameters
    ----------
    image : ndarray
        (H, W, C).

    Returns
    -------
    torch.Tensor
        (C, H, W), float32.
    """
    return torch.from_numpy(np.ascontiguousarray(image.transpose(2, 0, 1), dtype=np.float32))
