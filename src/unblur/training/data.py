"""Endless, seeded stream of blurred and sharp crops: crop number i is the same in every run."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import torch
from PIL import Image
from torch.utils.data import IterableDataset, get_worker_info

from unblur.degradation.convolution import crop_valid
from unblur.degradation.pipeline import Degradation
from unblur.degradation.sampling import PSFSampler
from unblur.errors import ConfigurationError
from unblur.training.recipe import DataSettings

__all__ = ["BlurredCrops", "load_pictures"]

PSF_SIZE = 33
Sample = dict[str, Any]


def load_pictures(folder: str | Path, smallest: int) -> list[np.ndarray]:
    """Decode every picture of a folder as uint8 (H, W, 3), leaving out those too small for a crop."""
    pictures = []
    for path in sorted(Path(folder).iterdir()):
        if path.suffix.lower() not in {".jpg", ".jpeg", ".png", ".tif", ".tiff", ".webp", ".bmp"}:
            continue
        with Image.open(path) as file:
            pixels = np.asarray(file.convert("RGB"))
        if min(pixels.shape[:2]) >= smallest:
            pictures.append(pixels)
    if not pictures:
        raise ConfigurationError(
            f"{folder}: no picture of at least {smallest} x {smallest} pixels; give a folder of sharp pictures"
        )
    return pictures


class BlurredCrops(IterableDataset[Sample]):
    """Stream of ``{"sharp", "blurred", "psf", "kind"}`` tensors.

    Parameters
    ----------
    pictures
        Sharp pictures, uint8 (H, W, 3).
    settings
        Crop size and shares.
    seed
        Together with a crop's number it decides everything about that crop.
    start
        Number of the first crop: a resumed run goes on where it stopped.
    count
        Crops in all; endless if not given.
    """

    def __init__(
        self,
        pictures: list[np.ndarray],
        settings: DataSettings,
        *,
        seed: int,
        start: int = 0,
        count: int | None = None,
    ) -> None:
        super().__init__()
        self.pictures = pictures
        self.settings = settings
        self.seed = seed
        self.start = start
        self.count = count
        self.sampler = PSFSampler()
        areas = np.array([p.shape[0] * p.shape[1] for p in pictures], dtype=np.float64)
        self._chances = np.sqrt(areas) / np.sqrt(areas).sum()

    def __iter__(self) -> Iterator[Sample]:
        worker = get_worker_info()
        step = worker.num_workers if worker else 1
        index = self.start + (worker.id if worker else 0)
        while self.count is None or index < self.start + self.count:
            yield self.sample(index)
            index += step

    def sample(self, index: int) -> Sample:
        """Crop number `index`."""
        rng = np.random.default_rng([self.seed, index])
        settings = self.settings
        names = list(settings.kinds)
        shares = np.array([settings.kinds[name] for name in names])
        kind = names[rng.choice(len(names), p=shares / shares.sum())]
        psf, _ = self.sampler.sample(rng, kind)
        margin = psf.shape[0] // 2
        sharp = self._crop(rng, settings.crop + 2 * margin)
        degradation = self._degradation(rng, psf)
        blurred = degradation.apply(sharp, int(rng.integers(2**31)))
        return {
            "sharp": _tensor(crop_valid(degradation.exposed(sharp), degradation.psf)),
            "blurred": _tensor(blurred),
            "psf": torch.from_numpy(psf),
            "kind": kind,
        }

    def _crop(self, rng: np.random.Generator, side: int) -> np.ndarray:
        crops = [self._random_crop(rng, side) for _ in range(self.settings.choices)]
        return max(crops, key=_detail) if len(crops) > 1 else crops[0]

    def _random_crop(self, rng: np.random.Generator, side: int) -> np.ndarray:
        picture = self.pictures[rng.choice(len(self.pictures), p=self._chances)]
        height, width = picture.shape[:2]
        smallest = max(self.settings.min_scale, side / min(height, width))
        scale = rng.uniform(smallest, 1.0) if smallest < 1 else 1.0
        taken = min(int(round(side / scale)), height, width)
        top, left = rng.integers(height - taken + 1), rng.integers(width - taken + 1)
        crop = picture[top : top + taken, left : left + taken]
        if taken != side:
            crop = np.asarray(
                Image.fromarray(crop).resize((side, side), Image.Resampling.LANCZOS)
            )
        if rng.random() < 0.5:
            crop = crop[:, ::-1]
        if rng.random() < 0.3:
            crop = np.rot90(crop, rng.integers(1, 4))
        return np.ascontiguousarray(crop, dtype=np.float32) / 255

    def _degradation(self, rng: np.random.Generator, psf: np.ndarray) -> Degradation:
        settings = self.settings
        strong = rng.random() < 0.1
        noise = settings.noise * (rng.uniform(0.5, 2.0) if strong else rng.random() ** 2)
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


def _detail(crop: np.ndarray) -> float:
    """Mean absolute difference of neighbours: how much a crop says about its blur."""
    green = crop[..., 1]
    return float(np.abs(np.diff(green, axis=0)).mean() + np.abs(np.diff(green, axis=1)).mean())


def _tensor(image: np.ndarray) -> torch.Tensor:
    return torch.from_numpy(np.ascontiguousarray(image.transpose(2, 0, 1), dtype=np.float32))

