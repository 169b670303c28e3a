"""The learned PSF estimator: predicted edges, PSF in closed form, a small network to clean it.

One pair of networks is used at every octave of an image pyramid, from coarse to fine: it sees the
blurred picture and what the present PSF makes of it, and returns a better PSF. It starts from no
blur at all (a delta), so first guess and refinement are the same step.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import torch
from torch import nn
from torch.nn import functional

from unblur.errors import ArgumentError
from unblur.networks.autoencoder import Autoencoder, AutoencoderConfig, ResidualBlock
from unblur.networks.octaves import upsample_psf
from unblur.networks.part import Network, NetworkPart
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

__all__ = ["PSFCleaner", "PSFEstimator", "PSFEstimatorConfig"]

PSF_GAIN = 20.0  # brings the taps of a PSF to the order of one for the networks


@dataclass(frozen=True)
class PSFEstimatorConfig:
    """Shape of a `PSFEstimator`.

    Parameters
    ----------
    size : int
        Side of the PSF's support in pixels, odd, the same at every octave.
    octaves : tuple of int
        Octave of each pass, from coarse to fine, 0 is full resolution; a number may repeat.
    edges : AutoencoderConfig
        The edge predictor: luma and Wiener results in, two edge maps and two masks out.
    cleaner_width, cleaner_blocks : int
        The network on the PSF's support.
    levels : tuple of float
        Wiener regularisations shown to the edge predictor.

    Raises
    ------
    ArgumentError
        If the numbers do not fit each other.
    """

    size: int = 33
    octaves: tuple[int, ...] = (2, 1, 1, 0)
    edges: AutoencoderConfig = field(
        default_factory=lambda: AutoencoderConfig(3, 4, (48, 72, 96), (1, 1, 2), unshuffle=4)
    )
    cleaner_width: int = 48
    cleaner_blocks: int = 3
    levels: tuple[float, ...] = (0.1, 0.01)

    def __post_init__(self) -> None:
        if self.size < 1 or self.size % 2 == 0:
            raise ArgumentError(f"the size of a PSF must be odd and positive, not {self.size}")
        coarse_to_fine = tuple(sorted(self.octaves, reverse=True))
        if not self.octaves or self.octaves != coarse_to_fine or self.octaves[-1] != 0:
            raise ArgumentError(f"octaves must fall to 0, the full resolution, not {self.octaves}")
        shown = 1 + len(self.levels)
        if (self.edges.in_channels, self.edges.out_channels) != (shown, 4):
            raise ArgumentError(
                f"with {len(self.levels)} levels the edge predictor must have {shown} channels in "
                f"and 4 out, not {self.edges.in_channels} and {self.edges.out_channels}"
            )
        if self.cleaner_width < 1 or self.cleaner_blocks < 0 or min(self.levels, default=1) <= 0:
            raise ArgumentError(f"width and levels must be positive, blocks not negative: {self}")

    @property
    def size_multiple(self) -> int:
        """Height and width of an input must be multiples of this."""
        return int(self.edges.size_multiple * 2 ** self.octaves[0])

    @property
    def smallest(self) -> int:
        """Height and width of an input must be at least this: a PSF at the coarsest octave."""
        return int(self.size * 2 ** self.octaves[0])


class PSFCleaner(nn.Module):
    """Clean PSF (B, K, K) from four maps (B, 4, K, K).

    The maps are the closed form, the autocorrelation, the cross-correlation and the present PSF.

    Parameters
    ----------
    width : int
        Channels inside.
    blocks : int
        Residual blocks.
    """

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
        """Clean PSFs.

        Parameters
        ----------
        maps : torch.Tensor
            (B, 4, K, K).

        Returns
        -------
        torch.Tensor
            Non-negative PSFs (B, K, K) that sum to 1.
        """
        raw = maps[:, 0] + self.body(maps)[:, 0]
        positive = functional.softplus(4 * raw - 3) / 4
        return positive / positive.sum((1, 2), keepdim=True)


class PSFEstimator(Network):
    """Luma (B, 1, H, W), encoded, in [0, 1] -> PSFs (B, K, K) after each pass.

    Parameters
    ----------
    config : PSFEstimatorConfig, optional
        Its shape; that of the default model when left out.

    References
    ----------
    Schuler, Hirsch, Harmeling, Schölkopf: "Learning to deblur", IEEE TPAMI, 2016.
    """

    def __init__(self, config: PSFEstimatorConfig | None = None) -> None:
        super().__init__()
        self.config = config or PSFEstimatorConfig()
        self.edges = Autoencoder(self.config.edges)
        nn.init.normal_(self.edges.tail.weight, std=0.02)
        self.cleaner = PSFCleaner(self.config.cleaner_width, self.config.cleaner_blocks)
        self.level = nn.Parameter(torch.tensor(-2.0))

    def forward(self, luma: torch.Tensor) -> list[torch.Tensor]:
        """Estimate PSFs from coarse to fine.

        Parameters
        ----------
        luma : torch.Tensor
            (B, 1, H, W), encoded, in [0, 1].

        Returns
        -------
        list of torch.Tensor
            PSFs (B, K, K) of every pass at its octave; the last ones are the answer.
        """
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
        """Deconvolve by the present PSF at every regularisation.

        Parameters
        ----------
        luma : torch.Tensor
            (B, 1, H, W).
        psf : torch.Tensor
            (B, K, K).

        Returns
        -------
        torch.Tensor
            (B, levels, H, W), clipped to [-0.5, 1.5].
        """
        pad = WIENER_PAD
        padded = functional.pad(luma, (pad,) * 4, mode="replicate")
        height, width = padded.shape[2:]
        transfer = otf(psf, height, width)
        spectrum = tapered_spectrum(padded, transfer, pad)
        prior = spectrum_prior(height, width, luma.device)
        results = [
            torch.fft.irfft2(wiener_step(spectrum, transfer, level * prior), s=(height, width))
            for level in self.config.levels
        ]
        return torch.cat(results, 1)[:, :, pad:-pad, pad:-pad].clamp(-0.5, 1.5)

    def refine(self, luma: torch.Tensor, psf: torch.Tensor) -> torch.Tensor:
        """Make one pass.

        Parameters
        ----------
        luma : torch.Tensor
            (B, 1, H, W).
        psf : torch.Tensor
            The present PSFs (B, K, K).

        Returns
        -------
        torch.Tensor
            Better ones, (B, K, K).
        """
        shape = (luma.shape[2], luma.shape[3])
        maps = self.edges(torch.cat([luma, self.sharpened(luma, psf)], 1))
        rows, columns = (torch.hann_window(n, periodic=False, device=luma.device) for n in shape)
        window = torch.outer(rows, columns).sqrt()
        edges = torch.fft.rfft2(maps[:, :2] * torch.sigmoid(maps[:, 2:]) * window)
        observed = torch.fft.rfft2(gradients(luma) * window)
        size = self.config.size
        closed, flat = psf_from_edges(edges, observed, self.level.exp(), shape, size)
        correlation = autocorrelation(observed, shape, size)
        stack = torch.stack([closed * PSF_GAIN, correlation, flat * PSF_GAIN, psf * PSF_GAIN], 1)
        cleaned: torch.Tensor = self.cleaner(stack)
        return cleaned

    def take_settings(self, settings: Mapping[str, Any]) -> None:
        """Take the regularisation of the closed form, which no exported file holds.

        Parameters
        ----------
        settings : mapping
            Of one part, with the key ``level``.
        """
        with torch.no_grad():
            self.level.fill_(math.log(settings["level"]))

    def parts(self) -> tuple[NetworkPart, ...]:
        """List what is exported.

        Returns
        -------
        tuple of NetworkPart
            The edge predictor and the cleaner; the number `level` is among their settings.
        """
        edges, size = self.config.edges, self.config.size
        settings = {
            "size": size,
            "octaves": self.config.octaves,
            "levels": self.config.levels,
            "level": self.level.exp().item(),
        }
        return (
            NetworkPart(
                id="psf-edges",
                task="sharp edges and masks of a blurred tile",
                module=self.edges,
                in_channels=edges.in_channels,
                out_channels=edges.out_channels,
                size_multiple=edges.size_multiple,
                example=(2, edges.in_channels, 6 * edges.size_multiple, 4 * edges.size_multiple),
                settings=settings,
            ),
            NetworkPart(
                id="psf-cleaner",
                task="clean PSF from closed-form maps",
                module=self.cleaner,
                in_channels=4,
                out_channels=1,
                size_multiple=1,
                example=(2, 4, size, size),
                settings=settings,
            ),
        )
