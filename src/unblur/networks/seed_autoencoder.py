"""The paper's autoencoder: three convolutions down, a dense code, four transposed ones up.

Layers, sizes and the count of 34,951,683 parameters are those of the summary that its authors
printed. Padding is Keras' "same": at stride 2 a convolution pads below and right alone, and a
transposed one drops its last row and column. On a picture turned by half a turn both become torch's
padding on all sides, which is a quarter faster; so the picture is turned before and after, and all
kernels are Keras' turned.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import torch
from torch import nn

from unblur.errors import ArgumentError
from unblur.networks.glorot import start_like_keras
from unblur.networks.part import Network, NetworkPart, picture_part

__all__ = ["SeedAutoencoder", "SeedAutoencoderConfig"]


@dataclass(frozen=True)
class SeedAutoencoderConfig:
    """Shape of a `SeedAutoencoder`; the defaults are the paper's.

    Parameters
    ----------
    size : int
        Side of its pictures, which are squares of this size alone.
    widths : tuple of int
        Channels of the convolutions on the way down; each halves the size.
    code : int
        Numbers of the code in the middle.

    Raises
    ------
    ArgumentError
        If a number is too small, or the size cannot be halved so often.

    Examples
    --------
    >>> SeedAutoencoderConfig().smallest
    128
    """

    size: int = 128
    widths: tuple[int, ...] = (64, 128, 256)
    code: int = 256

    def __post_init__(self) -> None:
        if not self.widths or min(self.size, self.code, *self.widths) < 1:
            raise ArgumentError(f"size, widths and code must be at least 1: {self}")
        if self.size % 2 ** len(self.widths):
            raise ArgumentError(
                f"size must be a multiple of {2 ** len(self.widths)}, not {self.size}"
            )

    @property
    def size_multiple(self) -> int:
        """Height and width of an input, which has one size alone."""
        return self.size

    @property
    def smallest(self) -> int:
        """Height and width of an input."""
        return self.size


class SeedAutoencoder(Network):
    """Blurred RGB (B, 3, S, S) in [0, 1] -> restored RGB in [0, 1].

    Parameters
    ----------
    config : SeedAutoencoderConfig, optional
        Its shape; the paper's when left out.

    Examples
    --------
    >>> network = SeedAutoencoder(SeedAutoencoderConfig(16, (4, 8), 5))
    >>> network(torch.zeros(2, 3, 16, 16)).shape
    torch.Size([2, 3, 16, 16])
    """

    def __init__(self, config: SeedAutoencoderConfig | None = None) -> None:
        super().__init__()
        self.config = config or SeedAutoencoderConfig()
        widths, side = self.config.widths, self.config.size >> len(self.config.widths)
        self.encoders = nn.ModuleList(
            nn.Conv2d(fine, coarse, 3, stride=2, padding=1)
            for fine, coarse in pairwise((3, *widths))
        )
        self.code = nn.Linear(widths[-1] * side**2, self.config.code)
        self.decode = nn.Linear(self.config.code, widths[-1] * side**2)
        self.decoders = nn.ModuleList(
            nn.ConvTranspose2d(coarse, fine, 3, stride=2, padding=1, output_padding=1)
            for coarse, fine in pairwise((widths[-1], *reversed(widths)))
        )
        self.tail = nn.ConvTranspose2d(widths[0], 3, 3, padding=1)
        start_like_keras(self)

    def forward(self, blurred: torch.Tensor) -> torch.Tensor:
        """Run the network.

        Parameters
        ----------
        blurred : torch.Tensor
            (B, 3, S, S), encoded, in [0, 1].

        Returns
        -------
        torch.Tensor
            (B, 3, S, S), encoded, in [0, 1].
        """
        features = blurred.flip(2, 3)
        for encoder in self.encoders:
            features = torch.relu(encoder(features))
        code = self.code(features.flatten(1))
        features = self.decode(code).reshape(-1, *features.shape[1:])
        for decoder in self.decoders:
            features = torch.relu(decoder(features))
        return torch.sigmoid(self.tail(features)).flip(2, 3)

    def parts(self) -> tuple[NetworkPart, ...]:
        """List what is exported.

        Returns
        -------
        tuple of NetworkPart
            The whole network, at its one size.
        """
        size = self.config.size
        return (picture_part(self, "seed-autoencoder", size_multiple=size, fixed_size=size),)
