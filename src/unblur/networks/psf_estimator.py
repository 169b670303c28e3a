"""The learned PSF estimator: predicted sharp edges, PSF in closed form, a small network to clean it.

One pair of networks is used at every octave of an image pyramid, from coarse to fine: it sees the
blurred picture and what the present PSF makes of it, and returns a better PSF. It starts from no
blur at all (a delta), so first guess and refinement are the same step.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import torch
from torch import nn
from torch.nn import functional

from unblur.networks.autoencoder import Autoencoder, AutoencoderConfig, ResidualBlock
from unblur.networks.spectral import (
    WIENER_PAD,
    autocorrelation,
    gradients,
    otf,
    psf_from_edges,
    spectrum_prior,
    tapered_spectrum,
    wiener_step,
)

__all__ = ["PSFCleaner", "PSFEstimator", "PSFEstimatorConfig", "halve_psf", "upsample_psf"]

PSF_GAIN = 20.0  # brings the taps of a PSF to the order of one for the networks


@dataclass(frozen=True)
class PSFEstimatorConfig:
    """Shape of a `PSFEstimator`.

    Parameters
    ----------
    size
        Side of the PSF's support in pixels, odd, the same at every octave.
    octaves
        Octave of each pass, 0 is full resolution; a number may repeat.
    edges
        The edge predictor: luma and two Wiener results in, two edge maps and two masks out.
    cleaner_width, cleaner_blocks
        The network on the PSF's support.
    levels
        Wiener regularisations shown to the edge predictor.
    """

    size: int = 33
    octaves: tuple[int, ...] = (2, 1, 1, 0)
    edges: AutoencoderConfig = field(
        default_factory=lambda: AutoencoderConfig(3, 4, (48, 72, 96), (1, 1, 2), unshuffle=4)
    )
    cleaner_width: int = 48
    cleaner_blocks: int = 3
    levels: tuple[float, ...] = (0.1, 0.01)


class PSFCleaner(nn.Module):
    """Clean PSF (B, K, K) from four maps (B, 4, K, K): closed form, autocorrelation, cross-correlation, present PSF."""

    def __init__(self, width: int, blocks: int) -> None:
        super().__init__()
        self.body = nn.Sequential(
            nn.Conv2d(4, width, 5, padding=2),
            nn.ReLU(),
            *(ResidualBlock(width) for _ in range(blocks)),
            nn.ReLU(),
            nn.Conv2d(width, 1, 3, padding=1),
        )

    def forward(self, maps: torch.Tensor) -> torch.Tensor:
        """Return non-negative PSFs that sum to 1."""
        raw = maps[:, 0] + self.body(maps)[:, 0]
        positive = functional.softplus(4 * raw - 3) / 4
        return positive / positive.sum((1, 2), keepdim=True)


def upsample_psf(psf: torch.Tensor) -> torch.Tensor:
    """PSFs (B, K, K) one octave finer, on the same support."""
    size = psf.shape[-1]
    fine = functional.interpolate(
        psf[:, None], size=(2 * size - 1, 2 * size - 1), mode="bilinear", align_corners=True
    )[:, 0]
    start = size // 2
    fine = fine[:, start : start + size, start : start + size]
    return fine / fine.sum((1, 2), keepdim=True).clamp_min(1e-8)


def halve_psf(psf: torch.Tensor) -> torch.Tensor:
    """PSFs (B, K, K) as they are one octave coarser: smoothed by [1 2 1]/4, every second tap kept."""
    size = psf.shape[-1]
    kernel = torch.tensor([0.25, 0.5, 0.25], dtype=psf.dtype, device=psf.device)
    smooth = functional.conv2d(psf[:, None], kernel[:, None] @ kernel[None][None, None], padding=1)
    start = (size // 2) % 2
    coarse = smooth[:, 0, start::2, start::2]
    margin = (size - coarse.shape[-1]) // 2
    coarse = functional.pad(coarse, (margin, size - coarse.shape[-1] - margin) * 2)
    return coarse / coarse.sum((1, 2), keepdim=True)


class PSFEstimator(nn.Module):
    """Luma (B, 1, H, W), encoded, in [0, 1] -> PSFs (B, K, K) after each pass."""

    def __init__(self, config: PSFEstimatorConfig | None = None) -> None:
        super().__init__()
        self.config = config or PSFEstimatorConfig()
        self.edges = Autoencoder(self.config.edges)
        nn.init.normal_(self.edges.tail.weight, std=0.02)
        self.cleaner = PSFCleaner(self.config.cleaner_width, self.config.cleaner_blocks)
        self.level = nn.Parameter(torch.tensor(-2.0))

    def forward(self, luma: torch.Tensor) -> list[torch.Tensor]:
        """Return the PSF of every pass, coarse to fine; the last one is the answer."""
        size, octaves = self.config.size, self.config.octaves
        pyramid = {octave: functional.avg_pool2d(luma, 2**octave) for octave in set(octaves)}
        psf = luma.new_zeros(luma.shape[0], size, size)
        psf[:, size // 2, size // 2] = 1
        passes, present = [], octaves[0]
        for octave in octaves:
            for _ in range(present - octave):
                psf = upsample_psf(psf)
            present = octave
            psf = self.refine(pyramid[octave], psf.detach())
            passes.append(psf)
        return passes

    def sharpened(self, luma: torch.Tensor, psf: torch.Tensor) -> torch.Tensor:
        """Wiener results (B, len(levels), H, W) of the luma with the present PSF."""
        pad = WIENER_PAD
        padded = functional.pad(luma, (pad,) * 4, mode="replicate")
        height, width = padded.shape[2:]
        transfer = otf(psf, height, width)
        spectrum = tapered_spectrum(padded, transfer, pad)
        prior = spectrum_prior(height, width)
        results = [
            torch.fft.irfft2(wiener_step(spectrum, transfer, level * prior), s=(height, width))
            for level in self.config.levels
        ]
        return torch.cat(results, 1)[:, :, pad:-pad, pad:-pad].clamp(-0.5, 1.5)

    def refine(self, luma: torch.Tensor, psf: torch.Tensor) -> torch.Tensor:
        """One pass: a better PSF (B, K, K) of `luma` (B, 1, H, W) than the present one."""
        shape = (luma.shape[2], luma.shape[3])
        maps = self.edges(torch.cat([luma, self.sharpened(luma, psf)], 1))
        window = torch.outer(*(torch.hann_window(n, periodic=False) for n in shape)).sqrt()
        edges = torch.fft.rfft2(maps[:, :2] * torch.sigmoid(maps[:, 2:]) * window)
        observed = torch.fft.rfft2(gradients(luma) * window)
        size = self.config.size
        closed, flat = psf_from_edges(edges, observed, self.level.exp(), shape, size)
        correlation = autocorrelation(observed, shape, size)
        stack = torch.stack([closed * PSF_GAIN, correlation, flat * PSF_GAIN, psf * PSF_GAIN], 1)
        cleaned: torch.Tensor = self.cleaner(stack)
        return cleaned
