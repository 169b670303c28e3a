"""The convolutional autoencoder: a U-Net of plain 3x3 residual blocks on pixel-unshuffled input.

Plain 3x3 convolutions at reduced resolution reach three to four times the FLOP rate of
depthwise/LayerNorm blocks on a CPU, so they are what all of our own networks are made of. Moving
pixels into channels and back is done by convolutions too: ONNX Runtime runs them several times
faster than the transpositions that pixel (un)shuffling is exported as.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import torch
from torch import nn
from torch.nn import functional

from unblur.errors import ArgumentError

__all__ = [
    "Autoencoder",
    "AutoencoderConfig",
    "PixelShuffle",
    "ResidualBlock",
    "shuffled_kernel",
    "unshuffled",
]


@dataclass(frozen=True)
class AutoencoderConfig:
    """Shape of an `Autoencoder`.

    Parameters
    ----------
    in_channels, out_channels : int
        Channels of the input and output at full resolution.
    widths : tuple of int
        Channels of each level, the finest first; the last one is the middle.
    blocks : tuple of int
        Residual blocks of each level (once on the way down and once on the way up; the middle has
        them once).
    unshuffle : int
        Space-to-depth factor in front of the first convolution.

    Raises
    ------
    ArgumentError
        If there are not as many widths as blocks, or a number is too small.

    Examples
    --------
    >>> AutoencoderConfig(3, 3, widths=(8, 16, 32)).size_multiple
    8
    """

    in_channels: int
    out_channels: int
    widths: tuple[int, ...] = (32, 64, 128)
    blocks: tuple[int, ...] = (1, 1, 3)
    unshuffle: int = 2

    def __post_init__(self) -> None:
        if len(self.widths) != len(self.blocks) or not self.widths:
            raise ArgumentError(
                f"{len(self.widths)} widths for {len(self.blocks)} levels of blocks"
            )
        if min(self.in_channels, self.out_channels, self.unshuffle, *self.widths) < 1:
            raise ArgumentError(f"channels, widths and unshuffle must be at least 1: {self}")
        if min(self.blocks) < 0:
            raise ArgumentError(f"blocks must be zero or more, not {self.blocks}")

    @property
    def size_multiple(self) -> int:
        """Height and width of an input must be multiples of this."""
        return int(self.unshuffle * 2 ** (len(self.widths) - 1))


class ResidualBlock(nn.Module):
    """``x + conv(relu(conv(x)))``, shapes (B, C, H, W) in and out.

    Parameters
    ----------
    width : int
        Channels C.

    References
    ----------
    He et al.: "Deep residual learning for image recognition", CVPR 2016.
    """

    def __init__(self, width: int) -> None:
        super().__init__()
        self.first = nn.Conv2d(width, width, 3, padding=1)
        self.second = nn.Conv2d(width, width, 3, padding=1)
        nn.init.kaiming_normal_(self.first.weight, nonlinearity="relu")
        nn.init.normal_(self.second.weight, std=0.1 * (9 * width) ** -0.5)
        _zero_bias(self.second)

    def forward(self, features: torch.Tensor) -> torch.Tensor:
        """Add the block's correction.

        Parameters
        ----------
        features : torch.Tensor
            (B, C, H, W).

        Returns
        -------
        torch.Tensor
            Same shape.
        """
        correction: torch.Tensor = self.second(torch.relu(self.first(features)))
        return features + correction


class PixelShuffle(nn.Module):
    """`torch.nn.PixelShuffle`, (B, C f f, H, W) -> (B, C, f H, f W), without weights.

    Parameters
    ----------
    channels : int
        Channels C of the result.
    factor : int
        Enlargement f.

    Examples
    --------
    >>> picture = torch.rand(1, 8, 3, 5)
    >>> torch.equal(PixelShuffle(2, 2)(picture), torch.pixel_shuffle(picture, 2))
    True
    """

    kernel: torch.Tensor

    def __init__(self, channels: int, factor: int) -> None:
        super().__init__()
        self.channels, self.factor = channels, factor
        places = torch.eye(factor**2).reshape(factor**2, 1, factor, factor)
        self.register_buffer("kernel", places.repeat(channels, 1, 1, 1), persistent=False)

    def forward(self, features: torch.Tensor) -> torch.Tensor:
        """Move channels into pixels.

        Parameters
        ----------
        features : torch.Tensor
            (B, C f f, H, W).

        Returns
        -------
        torch.Tensor
            (B, C, f H, f W).
        """
        return functional.conv_transpose2d(
            features, self.kernel, stride=self.factor, groups=self.channels
        )


def unshuffled(image: torch.Tensor, convolution: nn.Conv2d, factor: int) -> torch.Tensor:
    """Apply a 3x3 convolution to ``pixel_unshuffle(image, factor)``, as one strided convolution.

    Parameters
    ----------
    image : torch.Tensor
        (B, C, H, W), H and W multiples of `factor`.
    convolution : torch.nn.Conv2d
        Kernel 3x3, padding 1, with C `factor`^2 channels in and D out.
    factor : int
        Pixels along each axis that become channels.

    Returns
    -------
    torch.Tensor
        (B, D, H / `factor`, W / `factor`).

    Examples
    --------
    >>> image, convolution = torch.rand(1, 3, 4, 8), nn.Conv2d(12, 5, 3, padding=1)
    >>> wanted = convolution(functional.pixel_unshuffle(image, 2))
    >>> torch.allclose(unshuffled(image, convolution, 2), wanted, atol=1e-5)
    True
    """
    channels = convolution.in_channels // factor**2
    made, side = convolution.out_channels, 3 * factor
    split = convolution.weight.reshape(made, channels, factor, factor, 3, 3)
    weight = split.permute(0, 1, 4, 2, 5, 3).reshape(made, channels, side, side)
    if more := -channels % 4:  # ONNX Runtime has fast kernels for multiples of four alone
        image = torch.cat([image, *[image[:, :1]] * more], 1)
        weight = torch.cat([weight, weight.new_zeros(made, more, side, side)], 1)
    return functional.conv2d(image, weight, convolution.bias, stride=factor, padding=factor)


def shuffled_kernel(kernel: torch.Tensor, channels: int) -> torch.Tensor:
    """Return the 3x3 kernel of which `unshuffled` made a strided one.

    Parameters
    ----------
    kernel : torch.Tensor
        (D, C or more, 3 F, 3 F), as an exported network holds it.
    channels : int
        C F^2, the channels that the 3x3 kernel takes.

    Returns
    -------
    torch.Tensor
        (D, C F^2, 3, 3).

    Examples
    --------
    >>> shuffled_kernel(torch.rand(5, 4, 6, 6), 12).shape
    torch.Size([5, 12, 3, 3])
    """
    made, factor = kernel.shape[0], kernel.shape[2] // 3
    real = kernel[:, : channels // factor**2]
    split = real.reshape(made, -1, 3, factor, 3, factor).permute(0, 1, 3, 5, 2, 4)
    return split.reshape(made, channels, 3, 3)


def _zero_bias(convolution: nn.Conv2d) -> None:
    if convolution.bias is not None:
        nn.init.zeros_(convolution.bias)


def _blocks(width: int, count: int) -> nn.Sequential:
    return nn.Sequential(*(ResidualBlock(width) for _ in range(count)))


class Autoencoder(nn.Module):
    """U-Net with additive skips; (B, in_channels, H, W) -> (B, out_channels, H, W).

    H and W must be multiples of ``config.size_multiple``. The last convolution starts at zero, so
    an untrained autoencoder returns zeros and callers add it to what they already know.

    Parameters
    ----------
    config : AutoencoderConfig
        Its shape.

    References
    ----------
    Ronneberger, Fischer, Brox: "U-Net: convolutional networks for biomedical image segmentation",
    MICCAI 2015.

    Examples
    --------
    >>> network = Autoencoder(AutoencoderConfig(3, 1, widths=(4, 8), blocks=(1, 1)))
    >>> network(torch.zeros(2, 3, 8, 12)).shape
    torch.Size([2, 1, 8, 12])
    """

    def __init__(self, config: AutoencoderConfig) -> None:
        super().__init__()
        self.config = config
        widths, area = config.widths, config.unshuffle**2
        self.head = nn.Conv2d(config.in_channels * area, widths[0], 3, padding=1)
        self.encoders = nn.ModuleList(map(_blocks, widths[:-1], config.blocks[:-1]))
        self.downs = nn.ModuleList(
            nn.Conv2d(fine, coarse, 2, stride=2) for fine, coarse in pairwise(widths)
        )
        self.middle = _blocks(widths[-1], config.blocks[-1])
        self.ups = nn.ModuleList(
            nn.Sequential(nn.Conv2d(coarse, 4 * fine, 1), PixelShuffle(fine, 2))
            for fine, coarse in pairwise(widths)
        )
        self.decoders = nn.ModuleList(map(_blocks, widths[:-1], config.blocks[:-1]))
        self.tail = nn.Conv2d(widths[0], config.out_channels * area, 3, padding=1)
        self.shuffle = PixelShuffle(config.out_channels, config.unshuffle)
        nn.init.zeros_(self.tail.weight)
        _zero_bias(self.tail)

    def forward(self, image: torch.Tensor) -> torch.Tensor:
        """Run the network.

        Parameters
        ----------
        image : torch.Tensor
            (B, in_channels, H, W).

        Returns
        -------
        torch.Tensor
            (B, out_channels, H, W).
        """
        features = unshuffled(image, self.head, self.config.unshuffle)
        skips = []
        for encoder, down in zip(self.encoders, self.downs, strict=True):
            features = encoder(features)
            skips.append(features)
            features = down(features)
        features = self.middle(features)
        for up, decoder in zip(reversed(self.ups), reversed(self.decoders), strict=True):
            features = decoder(up(features) + skips.pop())
        result: torch.Tensor = self.shuffle(self.tail(features))
        return result
