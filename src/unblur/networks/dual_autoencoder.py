"""Single and dual autoencoders of ordinary or separable convolutions.

In the dual one the first autoencoder removes the noise and the second enhances what it gives;
separable convolutions save parameters. That much its abstract says; layers and widths are inferred.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

from torch import nn

from unblur.errors import ArgumentError
from unblur.networks.plain import PlainAutoencoder, PlainChain

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


class SingleAutoencoder(PlainAutoencoder):
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
    >>> import torch
    >>> network = SingleAutoencoder(DualAutoencoderConfig(widths=(2, 4)))
    >>> network(torch.zeros(1, 3, 8, 12)).shape
    torch.Size([1, 3, 8, 12])
    """

    id = "single-autoencoder"

    def __init__(self, config: DualAutoencoderConfig | None = None) -> None:
        config = config or DualAutoencoderConfig()
        super().__init__(config, _body(config))


class DualAutoencoder(PlainChain):
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
    >>> import torch
    >>> network = DualAutoencoder(DualAutoencoderConfig(widths=(2, 4)))
    >>> [result.shape for result in network(torch.zeros(1, 3, 8, 8))]
    [torch.Size([1, 3, 8, 8]), torch.Size([1, 3, 8, 8])]
    """

    id = "dual-autoencoder"

    def __init__(self, config: DualAutoencoderConfig | None = None) -> None:
        config = config or DualAutoencoderConfig()
        super().__init__(config, SingleAutoencoder(config), SingleAutoencoder(config))


def _body(config: DualAutoencoderConfig) -> nn.Sequential:
    first, second = config.widths
    widths = (config.channels, first, second, second, first, config.channels)
    make = _separable if config.separable else _ordinary
    one, two, three, four, five = (make(before, after) for before, after in pairwise(widths))
    return nn.Sequential(
        *(one, nn.ReLU(), nn.MaxPool2d(2)),
        *(two, nn.ReLU(), nn.MaxPool2d(2)),
        *(three, nn.ReLU(), nn.Upsample(scale_factor=2)),
        *(four, nn.ReLU(), nn.Upsample(scale_factor=2)),
        *(five, nn.Sigmoid()),
    )


def _ordinary(before: int, after: int) -> nn.Module:
    return nn.Conv2d(before, after, 3, padding=1)


def _separable(before: int, after: int) -> nn.Module:
    depthwise = nn.Conv2d(before, before, 3, padding=1, groups=before, bias=False)
    return nn.Sequential(depthwise, nn.Conv2d(before, after, 1))
