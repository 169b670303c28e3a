"""Single and dual autoencoders of ordinary or separable convolutions.

In the dual one the first autoencoder removes the noise and the second enhances what it gives;
separable convolutions save parameters. That much its abstract says; layers and widths are inferred.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import torch
from torch import nn

from unblur.errors import ArgumentError
from unblur.networks.glorot import start_like_keras
from unblur.networks.part import Network, NetworkPart, picture_part

__all__ = ["DualAutoencoder", "DualAutoencoderConfig", "SingleAutoencoder"]


@dataclass(frozen=True)
class DualAutoencoderConfig:
    """Shape of a `SingleAutoencoder`, or of each of the two in a `DualAutoencoder`.

    Parameters
    ----------
    separable : bool
        Convolve each channel by itself, then mix the channels pixel by pixel.
    widths : tuple of int
        Channels of the two levels.
    channels : int
        Channels of the pictures.

    Raises
    ------
    ArgumentError
        If a number is too small.

    Examples
    --------
    >>> DualAutoencoderConfig(separable=False).size_multiple
    4
    """

    separable: bool = True
    widths: tuple[int, int] = (32, 64)
    channels: int = 3

    def __post_init__(self) -> None:
        if min(*self.widths, self.channels) < 1:
            raise ArgumentError(f"widths and channels must be at least 1: {self}")

    @property
    def size_multiple(self) -> int:
        """Height and width of an input must be multiples of this."""
        return 4

    @property
    def smallest(self) -> int:
        """Height and width of an input must be at least this."""
        return 4


class SingleAutoencoder(Network):
    """Degraded picture (B, C, H, W) in [0, 1] -> restored picture in [0, 1].

    Parameters
    ----------
    config : DualAutoencoderConfig, optional
        Its shape.

    References
    ----------
    Chollet: "Xception: deep learning with depthwise separable convolutions", CVPR 2017.

    Examples
    --------
    >>> network = SingleAutoencoder(DualAutoencoderConfig(widths=(2, 4)))
    >>> network(torch.zeros(1, 3, 8, 12)).shape
    torch.Size([1, 3, 8, 12])
    """

    def __init__(self, config: DualAutoencoderConfig | None = None) -> None:
        super().__init__()
        self.config = config or DualAutoencoderConfig()
        first, second = self.config.widths
        widths = (self.config.channels, first, second, second, first, self.config.channels)
        make = _separable if self.config.separable else _ordinary
        one, two, three, four, five = (make(before, after) for before, after in pairwise(widths))
        self.body = nn.Sequential(
            *(one, nn.ReLU(), nn.MaxPool2d(2)),
            *(two, nn.ReLU(), nn.MaxPool2d(2)),
            *(three, nn.ReLU(), nn.Upsample(scale_factor=2)),
            *(four, nn.ReLU(), nn.Upsample(scale_factor=2)),
            *(five, nn.Sigmoid()),
        )
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
        multiple, channels = self.config.size_multiple, self.config.channels
        return (
            picture_part(self, "single-autoencoder", size_multiple=multiple, channels=channels),
        )


class DualAutoencoder(Network):
    """Degraded picture -> (cleaned, enhanced), (B, C, H, W) each.

    Parameters
    ----------
    config : DualAutoencoderConfig, optional
        Shape of both autoencoders.

    References
    ----------
    Solovyeva, Abdullah: "Dual autoencoder network with separable convolutional layers for
    denoising and deblurring images", Journal of Imaging, 2022.

    Examples
    --------
    >>> network = DualAutoencoder(DualAutoencoderConfig(widths=(2, 4)))
    >>> [result.shape for result in network(torch.zeros(1, 3, 8, 8))]
    [torch.Size([1, 3, 8, 8]), torch.Size([1, 3, 8, 8])]
    """

    def __init__(self, config: DualAutoencoderConfig | None = None) -> None:
        super().__init__()
        self.config = config or DualAutoencoderConfig()
        self.clean = SingleAutoencoder(self.config)
        self.enhance = SingleAutoencoder(self.config)

    def forward(self, degraded: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """Run both autoencoders.

        Parameters
        ----------
        degraded : torch.Tensor
            (B, C, H, W), encoded, in [0, 1].

        Returns
        -------
        cleaned, enhanced : torch.Tensor
            Blurred still, but without noise; and sharp. Same shape, in [0, 1].
        """
        cleaned = self.clean(degraded)
        return cleaned, self.enhance(cleaned)

    def parts(self) -> tuple[NetworkPart, ...]:
        """List what is exported.

        Returns
        -------
        tuple of NetworkPart
            Both in one.
        """
        multiple, channels = self.config.size_multiple, self.config.channels
        return (picture_part(self, "dual-autoencoder", size_multiple=multiple, channels=channels),)


def _ordinary(before: int, after: int) -> nn.Module:
    return nn.Conv2d(before, after, 3, padding=1)


def _separable(before: int, after: int) -> nn.Module:
    depthwise = nn.Conv2d(before, before, 3, padding=1, groups=before, bias=False)
    return nn.Sequential(depthwise, nn.Conv2d(before, after, 1))
