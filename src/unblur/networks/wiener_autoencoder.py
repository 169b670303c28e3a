"""The default restorer: Wiener layer, autoencoder, then data step and autoencoder by turns.

The physics runs in linear light, where blur is a convolution; the networks see encoded pictures.
The first autoencoder turns Wiener results of several regularisations into a first estimate z; the
data step solves ``argmin |h * x - y|^2 + mu |x - z|^2`` in closed form, so whatever the observation
still says is put back; the second autoencoder makes a better z of that, and so on: each further
pass by the same weights costs time and gains less. Each network chooses between its candidates
pixel by pixel and adds a correction, so leaving a sharp pixel alone is the easiest thing to learn.

A plane beside the candidates says whether the PSF is known or an estimate: one set of weights then
serves both. Trained on both without it, a network mistrusts known PSFs, and pays 0.6 to 1.2 dB.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from functools import reduce

import torch
from torch import nn
from torch.nn import functional

from unblur.errors import ArgumentError
from unblur.networks.autoencoder import Autoencoder, AutoencoderConfig
from unblur.networks.part import Network, NetworkPart
from unblur.networks.spectral import (
    WIENER_PAD,
    completed_spectrum,
    linear_to_srgb,
    otf,
    spectrum_prior,
    srgb_to_linear,
    tapered_spectrum,
    wiener_step,
)

__all__ = ["CandidateMixer", "WienerAutoencoder", "WienerAutoencoderConfig"]

CANDIDATES = 4
CHANNELS = 3 * CANDIDATES + 1  # RGB candidates and the certainty of the PSF


@dataclass(frozen=True)
class WienerAutoencoderConfig:
    """Shape of a `WienerAutoencoder`.

    Parameters
    ----------
    first, second : AutoencoderConfig
        The two autoencoders: four RGB candidates and a certainty in, a correction and four
        weights out.
    levels : tuple of float
        Regularisations of the three Wiener results, times the spectrum prior.
    data_levels : tuple of float
        Weights mu of the two data steps, times the spectrum prior.
    passes : int
        Data steps and second autoencoders in turn, at least 1.

    Raises
    ------
    ArgumentError
        If the numbers do not fit each other.
    """

    first: AutoencoderConfig = field(
        default_factory=lambda: AutoencoderConfig(CHANNELS, 7, (32, 48, 64), (0, 1, 1), unshuffle=2)
    )
    second: AutoencoderConfig = field(
        default_factory=lambda: AutoencoderConfig(
            CHANNELS, 7, (32, 64, 128), (1, 1, 2), unshuffle=2
        )
    )
    levels: tuple[float, float, float] = (0.3, 0.03, 0.003)
    data_levels: tuple[float, float] = (0.2, 0.02)
    passes: int = 3

    def __post_init__(self) -> None:
        for name, shape in (("first", self.first), ("second", self.second)):
            channels = (shape.in_channels, shape.out_channels)
            if channels != (CHANNELS, 3 + CANDIDATES):
                raise ArgumentError(
                    f"the {name} autoencoder must have {CHANNELS} channels in and "
                    f"{3 + CANDIDATES} out, not {channels[0]} and {channels[1]}"
                )
        if min(*self.levels, *self.data_levels) <= 0:
            raise ArgumentError(f"levels must be positive, not {self.levels}, {self.data_levels}")
        if self.passes < 1:
            raise ArgumentError(f"passes must be at least 1, not {self.passes}")

    @property
    def size_multiple(self) -> int:
        """Height and width of an input must be multiples of this."""
        return math.lcm(self.first.size_multiple, self.second.size_multiple)

    @property
    def smallest(self) -> int:
        """Height and width of an input must be at least this."""
        return self.size_multiple


class CandidateMixer(nn.Module):
    """Four RGB candidates and a certainty (B, 13, H, W) -> one RGB picture (B, 3, H, W).

    Parameters
    ----------
    config : AutoencoderConfig
        Shape of the network that weighs them.
    preferred : int
        Index of the candidate that counts most before training.
    """

    def __init__(self, config: AutoencoderConfig, preferred: int) -> None:
        super().__init__()
        self.body = Autoencoder(config)
        preference = torch.zeros(CANDIDATES)
        preference[preferred] = 2.0
        self.preference = nn.Parameter(preference[:, None, None])

    def forward(self, candidates: torch.Tensor) -> torch.Tensor:
        """Mix the candidates pixel by pixel and add the correction.

        Parameters
        ----------
        candidates : torch.Tensor
            (B, 13, H, W), four RGB pictures, encoded, and a plane that is 1 if the PSF is known
            and 0 if it is an estimate.

        Returns
        -------
        torch.Tensor
            (B, 3, H, W), encoded, not clipped.
        """
        maps = self.body(candidates)
        scores = maps[:, 3:] + self.preference
        # A softmax, plane by plane: ONNX Runtime's own transposes the picture for it and back.
        heaviest = reduce(torch.maximum, torch.split(scores, 1, 1))
        weights = torch.split(torch.exp(scores - heaviest), 1, 1)
        mixed = sum(
            weight * candidates[:, 3 * index : 3 * index + 3]
            for index, weight in enumerate(weights)
        )
        result: torch.Tensor = mixed / sum(weights) + maps[:, :3]
        return result


class WienerAutoencoder(Network):
    """Blurred RGB (B, 3, H, W), encoded, in [0, 1], and PSFs (B, K, K) -> restored RGB.

    Parameters
    ----------
    config : WienerAutoencoderConfig, optional
        Its shape; that of the default model when left out.

    References
    ----------
    Zhang, Van Gool, Timofte: "Deep unfolding network for image super-resolution", CVPR 2020, for
    the data step between networks.
    """

    def __init__(self, config: WienerAutoencoderConfig | None = None) -> None:
        super().__init__()
        self.config = config or WienerAutoencoderConfig()
        self.first = CandidateMixer(self.config.first, preferred=2)
        self.second = CandidateMixer(self.config.second, preferred=1)

    def forward(
        self,
        blurred: torch.Tensor,
        psf: torch.Tensor,
        certainty: torch.Tensor,
        linear: torch.Tensor,
        *,
        passes: int | None = None,
    ) -> tuple[torch.Tensor, ...]:
        """Restore pictures.

        Parameters
        ----------
        blurred : torch.Tensor
            (B, 3, H, W), encoded, in [0, 1].
        psf : torch.Tensor
            (B, K, K), K odd, each with the sum 1.
        certainty : torch.Tensor
            (B,), 1 where the PSF is known, 0 where it is an estimate.
        linear : torch.Tensor
            (B,), true where the blur happened in linear light, false where it did as encoded.
        passes : int, optional
            Passes to make; those of the shape when left out.

        Returns
        -------
        tuple of torch.Tensor
            What the first autoencoder says, and the second after each pass, the result last; all
            (B, 3, H, W), encoded, not clipped.
        """
        pad = WIENER_PAD
        curved = linear[:, None, None, None]

        def decoded(image: torch.Tensor) -> torch.Tensor:
            return torch.where(curved, srgb_to_linear(image), image.clamp(0, 1))

        observed = decoded(blurred)
        padded = _padded(observed)
        height, width = padded.shape[2:]
        transfer = otf(psf, height, width)
        prior = spectrum_prior(height, width, blurred.device)
        plane = certainty[:, None, None, None].expand_as(blurred[:, :1])

        def picture(
            spectrum: torch.Tensor, guess: torch.Tensor | None, level: float
        ) -> torch.Tensor:
            solution = wiener_step(spectrum, transfer, level * prior, guess)
            inner = torch.fft.irfft2(solution, s=(height, width))[:, :, pad:-pad, pad:-pad]
            return torch.where(curved, linear_to_srgb(inner), inner.clamp(0, 1))

        faded = tapered_spectrum(padded, transfer, pad)
        wiener = [picture(faded, None, level) for level in self.config.levels]
        estimates = [self.first(torch.cat([blurred, *wiener, plane], 1))]
        for _ in range(self.config.passes if passes is None else passes):
            guess = torch.fft.rfft2(_padded(decoded(estimates[-1])))
            spectrum = completed_spectrum(observed, guess, transfer, pad)
            solved = [picture(spectrum, guess, level) for level in self.config.data_levels]
            estimates.append(self.second(torch.cat([blurred, estimates[-1], *solved, plane], 1)))
        return tuple(estimates)

    def parts(self) -> tuple[NetworkPart, ...]:
        """List what is exported.

        Returns
        -------
        tuple of NetworkPart
            The two mixers.
        """
        settings = {
            "levels": self.config.levels,
            "data_levels": self.config.data_levels,
            "passes": self.config.passes,
        }
        mixers = (
            ("first", self.first, self.config.first),
            ("second", self.second, self.config.second),
        )
        return tuple(
            NetworkPart(
                id=f"restorer-{name}",
                task=f"restored picture from four candidates and a certainty, pass {number}",
                module=mixer,
                in_channels=CHANNELS,
                out_channels=3,
                size_multiple=shape.size_multiple,
                example=(2, CHANNELS, 12 * shape.size_multiple, 8 * shape.size_multiple),
                settings=settings,
            )
            for number, (name, mixer, shape) in enumerate(mixers, 1)
        )


def _padded(linear: torch.Tensor) -> torch.Tensor:
    return functional.pad(linear, (WIENER_PAD,) * 4, mode="replicate")
