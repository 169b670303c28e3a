"""What the plain autoencoders of the literature share: one body, or two in a row."""

from __future__ import annotations

from typing import ClassVar, Protocol

import torch
from torch import nn

from unblur.networks.glorot import start_like_keras
from unblur.networks.part import Network, NetworkPart, picture_part

__all__ = ["PlainAutoencoder", "PlainChain", "PlainConfig"]


class PlainConfig(Protocol):
    """What the export needs of a shape."""

    @property
    def channels(self) -> int:
        """Channels of the pictures."""

    @property
    def size_multiple(self) -> int:
        """Height and width of an input must be multiples of this."""


class PlainAutoencoder(Network):
    """Degraded picture (B, C, H, W) -> restored picture of the same shape, through `body`.

    Parameters
    ----------
    config : PlainConfig
        Its shape.
    body : torch.nn.Module
        All of its layers; started as Keras does.
    """

    id: ClassVar[str]

    def __init__(self, config: PlainConfig, body: nn.Module) -> None:
        super().__init__()
        self.config = config
        self.body = body
        start_like_keras(self)

    def forward(self, degraded: torch.Tensor) -> torch.Tensor:
        """Run the network.

        Parameters
        ----------
        degraded : torch.Tensor
            (B, C, H, W), encoded, in [0, 1].

        Returns
        -------
        torch.Tensor
            Same shape, in [0, 1].
        """
        result: torch.Tensor = self.body(degraded)
        return result

    def parts(self) -> tuple[NetworkPart, ...]:
        """List what is exported.

        Returns
        -------
        tuple of NetworkPart
            The whole network.
        """
        return _whole(self, self.id, self.config)


class PlainChain(Network):
    """Degraded picture -> (cleaned, restored), (B, C, H, W) each.

    Parameters
    ----------
    config : PlainConfig
        Shape of both autoencoders.
    clean, restore : PlainAutoencoder
        The first removes the noise, the second works on what it gives.
    """

    id: ClassVar[str]

    def __init__(
        self, config: PlainConfig, clean: PlainAutoencoder, restore: PlainAutoencoder
    ) -> None:
        super().__init__()
        self.config = config
        self.clean, self.restore = clean, restore

    def forward(self, degraded: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """Run both autoencoders.

        Parameters
        ----------
        degraded : torch.Tensor
            (B, C, H, W), encoded, in [0, 1].

        Returns
        -------
        cleaned, restored : torch.Tensor
            Blurred still, but without noise; and sharp. Same shape, in [0, 1].
        """
        cleaned = self.clean(degraded)
        return cleaned, self.restore(cleaned)

    def parts(self) -> tuple[NetworkPart, ...]:
        """List what is exported.

        Returns
        -------
        tuple of NetworkPart
            Both in one.
        """
        return _whole(self, self.id, self.config)


def _whole(network: Network, id: str, config: PlainConfig) -> tuple[NetworkPart, ...]:
    multiple, channels = config.size_multiple, config.channels
    return (picture_part(network, id, size_multiple=multiple, channels=channels),)
