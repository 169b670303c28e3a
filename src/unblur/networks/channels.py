"""What a transformer for pictures does with channels: weigh and mix them."""

from __future__ import annotations

import torch
from torch import nn
from torch.nn import functional

__all__ = ["ChannelAttention", "GatedFeedForward"]


class ChannelAttention(nn.Module):
    """Two convolutions, each channel then weighed by what the whole picture says of it.

    Parameters
    ----------
    width : int
        Channels of (B, C, H, W), in and out.

    References
    ----------
    Hu, Shen, Sun: "Squeeze-and-excitation networks", CVPR 2018.
    """

    def __init__(self, width: int) -> None:
        super().__init__()
        self.body = nn.Sequential(
            nn.Conv2d(width, width, 3, padding=1),
            nn.GELU(),
            nn.Conv2d(width, width, 3, padding=1),
        )
        narrow = max(4, width // 4)
        self.excite = nn.Sequential(
            nn.Conv2d(width, narrow, 1), nn.ReLU(), nn.Conv2d(narrow, width, 1), nn.Sigmoid()
        )

    def forward(self, features: torch.Tensor) -> torch.Tensor:
        """Weigh the channels.

        Parameters
        ----------
        features : torch.Tensor
            (B, C, H, W).

        Returns
        -------
        torch.Tensor
            Same shape.
        """
        maps = self.body(features)
        result: torch.Tensor = maps * self.excite(maps.mean((2, 3), keepdim=True))
        return result


class GatedFeedForward(nn.Module):
    """Half of the hidden channels gate the other half; (B, C, H, W) in and out.

    Parameters
    ----------
    width : int
        Channels C.
    hidden : int
        Channels of each half.

    References
    ----------
    Zamir et al.: "Restormer: efficient transformer for high-resolution image restoration",
    CVPR 2022.
    """

    def __init__(self, width: int, hidden: int) -> None:
        super().__init__()
        self.into = nn.Conv2d(width, 2 * hidden, 1)
        self.mix = nn.Conv2d(2 * hidden, 2 * hidden, 3, padding=1, groups=2 * hidden)
        self.out = nn.Conv2d(hidden, width, 1)

    def forward(self, features: torch.Tensor) -> torch.Tensor:
        """Run the two halves.

        Parameters
        ----------
        features : torch.Tensor
            (B, C, H, W).

        Returns
        -------
        torch.Tensor
            Same shape.
        """
        gate, value = self.mix(self.into(features)).chunk(2, 1)
        result: torch.Tensor = self.out(functional.gelu(gate) * value)
        return result
