"""The hybrid Wiener deconvolutional-convolutional autoencoder (our reading of the publication).

A Wiener layer deconvolves by several PSFs at once, which are trained together with their
noise-to-signal ratios; a convolutional autoencoder sees all results and adds a correction to their
mix. Trained PSFs fit one blur a model. For mixed blur a small network moves them for each picture.

No text or code of the system was to be had: layers, sizes and losses are inferred from its title
and abstract and from its published relatives.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import torch
from torch import nn

from unblur.errors import ArgumentError
from unblur.networks.part import Network, NetworkPart, picture_part
from unblur.networks.wiener_layer import WienerLayer

__all__ = ["BlurPredictor", "HybridWiener", "HybridWienerConfig"]


@dataclass(frozen=True)
class HybridWienerConfig:
    """Shape of a `HybridWiener`.

    Parameters
    ----------
    psfs : int
        Parallel trainable PSFs, 1 to 9.
    psf_size : int
        Side of their support in pixels, odd.
    nsr : float
        Noise-to-signal ratio before training.
    per_image : bool
        Whether a small network moves PSFs and ratios for each picture.
    widths : tuple of int
        Channels of the autoencoder's levels; each halves the size.

    Raises
    ------
    ArgumentError
        If a number is out of its range.

    Examples
    --------
    >>> HybridWienerConfig(psfs=1, psf_size=15).size_multiple
    8
    """

    psfs: int = 4
    psf_size: int = 25
    nsr: float = 0.02
    per_image: bool = False
    widths: tuple[int, ...] = (32, 64, 128)

    def __post_init__(self) -> None:
        if not 1 <= self.psfs <= 9:
            raise ArgumentError(f"psfs must be 1 to 9, not {self.psfs}")
        if self.psf_size < 3 or self.psf_size % 2 == 0:
            raise ArgumentError(f"psf_size must be odd and at least 3, not {self.psf_size}")
        if self.nsr <= 0 or not self.widths or min(self.widths) < 1:
            raise ArgumentError(f"nsr and widths must be positive: {self}")

    @property
    def size_multiple(self) -> int:
        """Height and width of an input must be multiples of this."""
        return int(2 ** len(self.widths))

    @property
    def smallest(self) -> int:
        """Height and width of an input must be at least this."""
        return self.size_multiple


class BlurPredictor(nn.Module):
    """Moves of PSFs and ratios for each picture: (B, 3, H, W) -> (B, M, K, K), (B, M).

    It starts by moving nothing.

    Parameters
    ----------
    config : HybridWienerConfig
        Count and size of the PSFs.
    """

    def __init__(self, config: HybridWienerConfig) -> None:
        super().__init__()
        self.config = config
        widths = (3, 24, 48, 96, 96)
        self.body = nn.Sequential()
        for fine, coarse in pairwise(widths):
            self.body.extend((nn.Conv2d(fine, coarse, 3, stride=2, padding=1), nn.ReLU()))
        self.head = nn.Linear(widths[-1], config.psfs * (config.psf_size**2 + 1))
        nn.init.zeros_(self.head.weight)
        nn.init.zeros_(self.head.bias)

    def forward(self, image: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """Look at pictures.

        Parameters
        ----------
        image : torch.Tensor
            (B, 3, H, W).

        Returns
        -------
        psf, nsr : torch.Tensor
            What to add inside the softmax and the softplus, (B, M, K, K) and (B, M).
        """
        size = self.config.psf_size
        moves = self.head(self.body(image).mean((2, 3))).reshape(-1, self.config.psfs, size**2 + 1)
        return moves[..., 1:].reshape(-1, self.config.psfs, size, size), moves[..., 0]


class HybridWiener(Network):
    """Blurred RGB (B, 3, H, W), encoded, in [0, 1] -> restored RGB.

    Parameters
    ----------
    config : HybridWienerConfig, optional
        Its shape.

    References
    ----------
    Grosu, Terebes: "Hybrid Wiener deconvolutional-convolutional autoencoder", 2022.

    Examples
    --------
    >>> network = HybridWiener(HybridWienerConfig(psfs=2, psf_size=5, widths=(4, 8)))
    >>> [result.shape for result in network(torch.rand(1, 3, 8, 12))]
    [torch.Size([1, 3, 8, 12]), torch.Size([1, 3, 8, 12])]
    """

    def __init__(self, config: HybridWienerConfig | None = None) -> None:
        super().__init__()
        self.config = config or HybridWienerConfig()
        widths = (3 * self.config.psfs, *self.config.widths)
        self.wiener = WienerLayer(self.config.psfs, self.config.psf_size, self.config.nsr)
        self.predictor = BlurPredictor(self.config) if self.config.per_image else None
        self.mix = nn.Parameter(torch.zeros(self.config.psfs))
        self.encoders = nn.ModuleList(
            nn.Conv2d(fine, coarse, 3, stride=2, padding=1) for fine, coarse in pairwise(widths)
        )
        self.decoders = nn.ModuleList(
            nn.ConvTranspose2d(coarse, fine, 4, stride=2, padding=1)
            for fine, coarse in pairwise(self.config.widths)
        )
        self.last = nn.ConvTranspose2d(self.config.widths[0], 3, 4, stride=2, padding=1)
        nn.init.normal_(self.last.weight, std=1e-3)
        if self.last.bias is not None:
            nn.init.zeros_(self.last.bias)

    def forward(self, blurred: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """Restore pictures.

        Parameters
        ----------
        blurred : torch.Tensor
            (B, 3, H, W), encoded, in [0, 1].

        Returns
        -------
        wiener, result : torch.Tensor
            The mix of the Wiener results, and that with the autoencoder's correction; both
            (B, 3, H, W), not clipped.
        """
        moves = (None, None) if self.predictor is None else self.predictor(blurred)
        results = self.wiener(blurred, self.wiener.psfs(moves[0]), self.wiener.nsr(moves[1]))
        weights = torch.softmax(self.mix, 0)[:, None, None, None]
        mixed = (weights * results).sum(1)
        return mixed, mixed + self._correction(results.flatten(1, 2))

    def _correction(self, features: torch.Tensor) -> torch.Tensor:
        skips: list[torch.Tensor] = []
        for encoder in self.encoders:
            features = torch.relu(encoder(features))
            skips.append(features)
        features = skips.pop()
        for decoder in reversed(self.decoders):
            features = torch.relu(decoder(features) + skips.pop())
        correction: torch.Tensor = self.last(features)
        return correction

    def parts(self) -> tuple[NetworkPart, ...]:
        """List what is exported.

        Returns
        -------
        tuple of NetworkPart
            The whole network: one picture in, one out.
        """
        return (picture_part(self, "hybrid-wiener", size_multiple=self.config.size_multiple),)
