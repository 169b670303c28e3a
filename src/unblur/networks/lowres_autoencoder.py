"""Plain convolutional autoencoders for low-resolution pictures, of 4, 6 or 10 layers, and a chain.

Ten layers restore; 4, 6 and ten with pooling are their rivals, and so is a chain of two, the first
of which only removes the noise. No text or code of the system was to be had: layers and widths are
inferred from its abstract and from what was usual.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from torch import nn

from unblur.errors import ArgumentError
from unblur.networks.plain import PlainAutoencoder, PlainChain

__all__ = ["LowresAutoencoder", "LowresAutoencoderConfig", "LowresChain"]

Step = Literal["keep", "halve", "double"]

# Width of each layer in units of the config's width, 0 for the picture's channels.
PLANS: dict[int, tuple[tuple[int, Step], ...]] = {
    4: ((1, "halve"), (2, "halve"), (1, "double"), (0, "double")),
    6: ((1, "keep"), (1, "halve"), (2, "halve"), (1, "double"), (1, "double"), (0, "keep")),
    10: (
        (1, "keep"),
        (1, "halve"),
        (2, "keep"),
        (2, "halve"),
        (4, "keep"),
        (2, "double"),
        (2, "keep"),
        (1, "double"),
        (1, "keep"),
        (0, "keep"),
    ),
}


@dataclass(frozen=True)
class LowresAutoencoderConfig:
    """Shape of a `LowresAutoencoder`, or of each of the two in a `LowresChain`.

    Parameters
    ----------
    layers : {4, 6, 10}
        Convolutions in all.
    resampling : {"stride", "pool"}
        Strided and transposed convolutions, or plain ones with max-pooling and repetition.
    width : int
        Channels of the first layer; the others have one, two or four times as many.
    channels : int
        Channels of the pictures.

    Raises
    ------
    ArgumentError
        If a value is none of those named, or too small.

    Examples
    --------
    >>> LowresAutoencoderConfig(layers=6).size_multiple
    4
    """

    layers: int = 10
    resampling: Literal["stride", "pool"] = "stride"
    width: int = 32
    channels: int = 3

    def __post_init__(self) -> None:
        if self.layers not in PLANS:
            raise ArgumentError(f"layers must be one of {tuple(PLANS)}, not {self.layers}")
        if self.resampling not in ("stride", "pool"):
            raise ArgumentError(f"resampling must be stride or pool, not {self.resampling}")
        if min(self.width, self.channels) < 1:
            raise ArgumentError(f"width and channels must be at least 1: {self}")

    @property
    def size_multiple(self) -> int:
        """Height and width of an input must be multiples of this."""
        return 4

    @property
    def smallest(self) -> int:
        """Height and width of an input must be at least this."""
        return 4


class LowresAutoencoder(PlainAutoencoder):
    """Degraded picture (B, C, H, W) in [0, 1] -> restored picture in [0, 1].

    Parameters
    ----------
    config : LowresAutoencoderConfig, optional
        Its shape; the ten-layer one when left out.

    Examples
    --------
    >>> import torch
    >>> network = LowresAutoencoder(LowresAutoencoderConfig(layers=4, width=2))
    >>> network(torch.zeros(2, 3, 8, 12)).shape
    torch.Size([2, 3, 8, 12])
    """

    id = "lowres-autoencoder"

    def __init__(self, config: LowresAutoencoderConfig | None = None) -> None:
        config = config or LowresAutoencoderConfig()
        super().__init__(config, _body(config))


class LowresChain(PlainChain):
    """Denoise, then deblur: degraded picture -> (cleaned, restored), (B, C, H, W) each.

    Parameters
    ----------
    config : LowresAutoencoderConfig, optional
        Shape of both autoencoders.

    Examples
    --------
    >>> import torch
    >>> network = LowresChain(LowresAutoencoderConfig(width=2))
    >>> [result.shape for result in network(torch.zeros(1, 3, 8, 8))]
    [torch.Size([1, 3, 8, 8]), torch.Size([1, 3, 8, 8])]
    """

    id = "lowres-chain"

    def __init__(self, config: LowresAutoencoderConfig | None = None) -> None:
        config = config or LowresAutoencoderConfig()
        super().__init__(config, LowresAutoencoder(config), LowresAutoencoder(config))


def _body(config: LowresAutoencoderConfig) -> nn.Sequential:
    """Return the layers: ReLU after each but the last, whose sigmoid keeps to [0, 1]."""
    body, before = nn.Sequential(), config.channels
    for factor, step in PLANS[config.layers]:
        after = factor * config.width or config.channels
        body.extend(_layer(before, after, step, config.resampling))
        body.append(nn.ReLU() if factor else nn.Sigmoid())
        before = after
    return body


def _layer(before: int, after: int, step: Step, resampling: str) -> list[nn.Module]:
    plain = nn.Conv2d(before, after, 3, padding=1)
    if step == "keep":
        return [plain]
    if resampling == "pool":
        return [plain, nn.MaxPool2d(2)] if step == "halve" else [nn.Upsample(scale_factor=2), plain]
    if step == "halve":
        return [nn.Conv2d(before, after, 3, stride=2, padding=1)]
    return [nn.ConvTranspose2d(before, after, 3, stride=2, padding=1, output_padding=1)]
