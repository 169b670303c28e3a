"""The control of the default model: the same convolutional autoencoder without any physics.

It is told no PSF and sees no deconvolution, only the blurred picture, and costs as much as both
autoencoders of the default restorer together. What the physics is worth is the difference.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import ClassVar

import torch

from unblur.errors import ArgumentError
from unblur.networks.autoencoder import Autoencoder, AutoencoderConfig
from unblur.networks.part import Network, NetworkPart, picture_part

__all__ = ["DirectAutoencoder", "DirectAutoencoderConfig"]


@dataclass(frozen=True)
class DirectAutoencoderConfig:
    """Shape of a `DirectAutoencoder`.

    Parameters
    ----------
    body : AutoencoderConfig
        RGB in, a correction out.

    Raises
    ------
    ArgumentError
        If the body has other than three channels in or out.
    """

    body: AutoencoderConfig = field(
        default_factory=lambda: AutoencoderConfig(3, 3, (48, 80, 144), (1, 1, 2), unshuffle=2)
    )

    def __post_init__(self) -> None:
        channels = (self.body.in_channels, self.body.out_channels)
        if channels != (3, 3):
            raise ArgumentError(
                f"the body must have 3 channels in and out, not {channels[0]} and {channels[1]}"
            )

    @property
    def size_multiple(self) -> int:
        """Height and width of an input must be multiples of this."""
        return self.body.size_multiple

    @property
    def smallest(self) -> int:
        """Height and width of an input must be at least this."""
        return self.size_multiple


class DirectAutoencoder(Network):
    """Blurred RGB (B, 3, H, W), encoded, in [0, 1] -> restored RGB.

    Parameters
    ----------
    config : DirectAutoencoderConfig, optional
        Its shape; as much work a pixel as the default restorer when left out.

    Examples
    --------
    >>> network = DirectAutoencoder()
    >>> picture = torch.rand(1, 3, 16, 24)
    >>> torch.equal(network(picture), picture)  # it starts by leaving pictures alone
    True
    """

    id: ClassVar[str] = "direct-autoencoder"

    def __init__(self, config: DirectAutoencoderConfig | None = None) -> None:
        super().__init__()
        self.config = config or DirectAutoencoderConfig()
        self.body = Autoencoder(self.config.body)

    def forward(self, blurred: torch.Tensor) -> torch.Tensor:
        """Restore pictures.

        Parameters
        ----------
        blurred : torch.Tensor
            (B, 3, H, W), encoded, in [0, 1].

        Returns
        -------
        torch.Tensor
            (B, 3, H, W), encoded, not clipped.
        """
        result: torch.Tensor = blurred + self.body(blurred)
        return result

    def parts(self) -> tuple[NetworkPart, ...]:
        """List what is exported.

        Returns
        -------
        tuple of NetworkPart
            The whole network.
        """
        return (picture_part(self, self.id, size_multiple=self.config.size_multiple),)
