"""Endless, seeded stream of small crops with Gaussian blur and the noises of the literature."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
from PIL import Image

from unblur.degradation.convolution import FloatImage, convolve, crop_valid
from unblur.degradation.noise import add_noise
from unblur.degradation.shapes import delta_psf, gaussian_psf
from unblur.degradation.textbook_noise import add_impulses, add_poisson, add_speckle
from unblur.training.data import CropStream, Sample, as_tensor
from unblur.training.pictures import Pixels
from unblur.training.settings import NoiseSettings, side_at

__all__ = ["NoisyCrops", "psf_size"]


def psf_size(settings: NoiseSettings) -> int:
    """Return the side of the support of all PSFs.

    Parameters
    ----------
    settings : NoiseSettings
        Its largest sigma.

    Returns
    -------
    int
        Odd, three standard deviations to each side.

    Examples
    --------
    >>> psf_size(NoiseSettings(sigma=(0.5, 2.0)))
    13
    """
    return 2 * int(np.ceil(3 * settings.sigma[1])) + 1


class NoisyCrops(CropStream):
    """Stream of ``{"sharp", "clean", "blurred", "psf", "kind"}``.

    The pictures are tensors (3, S, S) in [0, 1]; "clean" is blurred but has no noise, "blurred"
    has both; "psf" is (K, K) with the sum 1; "kind" is the name of the noise.

    Parameters
    ----------
    pictures : sequence of ndarray of uint8
        Sharp pictures (H, W, 3), none smaller than a crop and its margin. Not modified.
    settings : NoiseSettings
        Crop size, blur and noise.
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
        settings: NoiseSettings,
        *,
        seed: int,
        start: int = 0,
        count: int | None = None,
        steps: int | None = None,
    ) -> None:
        super().__init__(pictures, seed=seed, start=start, count=count, steps=steps)
        self.settings = settings

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
        size = psf_size(settings)
        side = side_at(settings, index // settings.batch_size, self.steps)
        sharp = self._crop(rng, side + size - 1)
        blurs = rng.random() < settings.blur_share
        psf = gaussian_psf(rng.uniform(*settings.sigma), size=size) if blurs else delta_psf(size)
        clean = np.clip(convolve(sharp, psf, boundary="valid"), 0, 1)
        kind = list(settings.noises)[rng.integers(len(settings.noises))]
        noisy = _with_noise(clean, kind, rng.uniform(*settings.noises[kind]), rng)
        return {
            "sharp": as_tensor(crop_valid(sharp, psf)),
            "clean": as_tensor(clean),
            "blurred": as_tensor(np.clip(noisy, 0, 1)),
            "psf": torch.from_numpy(psf),
            "kind": kind,
        }

    def _crop(self, rng: np.random.Generator, side: int) -> FloatImage:
        picture = self.pictures[int(rng.integers(len(self.pictures)))]
        height, width = picture.shape[:2]
        scale = max(rng.uniform(*self.settings.scale), side / min(height, width))
        taken = min(round(side / scale), height, width)
        top, left = rng.integers(height - taken + 1), rng.integers(width - taken + 1)
        image = Image.fromarray(picture[top : top + taken, left : left + taken])
        crop = np.asarray(image.resize((side, side), Image.Resampling.LANCZOS))
        if rng.random() < 0.5:
            crop = crop[:, ::-1]
        return np.ascontiguousarray(crop, dtype=np.float32) / np.float32(255)


def _with_noise(
    image: FloatImage, kind: str, strength: float, rng: np.random.Generator
) -> FloatImage:
    if kind == "gaussian":
        return add_noise(image, read=strength, rng=rng)
    if kind == "poisson":
        return add_poisson(image, peak=strength, rng=rng)
    if kind == "speckle":
        return add_speckle(image, level=strength, rng=rng)
    return add_impulses(image, share=strength, rng=rng) if kind == "impulse" else image
