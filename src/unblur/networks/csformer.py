"""CSformer: a U-shaped transformer with channel attention and shifted-window self-attention.

Our reading: the abstract and its picture of the family (Restormer) are all that was to be had, so
sizes and the order of layers are inferred. Small enough by default to be trained on a processor.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import pairwise

import torch
from torch import nn

from unblur.errors import ArgumentError
from unblur.networks.channels import ChannelAttention, GatedFeedForward
from unblur.networks.part import Network, NetworkPart, picture_part
from unblur.networks.windows import WindowAttention

__all__ = ["CSformer", "CSformerBlock", "CSformerConfig"]


@dataclass(frozen=True)
class CSformerConfig:
    """Shape of a `CSformer`.

    Parameters
    ----------
    dim : int
        Channels at full resolution; they double at each level. 48 in the publication's family.
    blocks : tuple of int
        Blocks of each level, the finest first, on the way down and, but for the last, up.
    heads : tuple of int
        Attention heads of each level.
    window : int
        Side of the attention windows in pixels of their level, even.
    expansion : float
        Width of the feed-forward part, relative to its level's.

    Raises
    ------
    ArgumentError
        If the numbers do not fit each other.

    Examples
    --------
    >>> CSformerConfig().size_multiple
    64
    """

    dim: int = 16
    blocks: tuple[int, ...] = (2, 2, 2, 4)
    heads: tuple[int, ...] = (1, 2, 4, 8)
    window: int = 8
    expansion: float = 2.66

    def __post_init__(self) -> None:
        if len(self.blocks) != len(self.heads) or not self.blocks:
            raise ArgumentError(f"{len(self.blocks)} blocks for {len(self.heads)} levels of heads")
        if min(self.dim, *self.blocks, *self.heads) < 1 or self.expansion <= 0:
            raise ArgumentError(f"dim, blocks, heads and expansion must be positive: {self}")
        if self.window < 2 or self.window % 2:
            raise ArgumentError(f"window must be even and at least 2, not {self.window}")
        for width, heads in zip(self.widths, self.heads, strict=True):
            if width % heads:
                raise ArgumentError(f"{heads} heads do not divide a level of {width} channels")

    @property
    def widths(self) -> tuple[int, ...]:
        """Channels of each level."""
        return tuple(self.dim * 2**level for level in range(len(self.blocks)))

    @property
    def size_multiple(self) -> int:
        """Height and width of an input must be multiples of this."""
        return int(self.window * 2 ** (len(self.blocks) - 1))

    @property
    def smallest(self) -> int:
        """Height and width of an input must be at least this."""
        return self.size_multiple


class _ChannelNorm(nn.Module):
    """Layer normalisation over the channels of each pixel."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.norm = nn.LayerNorm(width)

    def forward(self, features: torch.Tensor) -> torch.Tensor:
        result: torch.Tensor = self.norm(features.permute(0, 2, 3, 1)).permute(0, 3, 1, 2)
        return result


class CSformerBlock(nn.Module):
    """``x + WMSA(LN x) + CA(LN x)``, then ``x + GDFN(LN x)``; (B, C, H, W) in and out.

    Parameters
    ----------
    width : int
        Channels C.
    heads : int
        Attention heads.
    config : CSformerConfig
        Window and expansion.
    shifted : bool
        Whether the windows are moved by half their side.
    """

    def __init__(self, width: int, heads: int, config: CSformerConfig, *, shifted: bool) -> None:
        super().__init__()
        shift = config.window // 2 if shifted else 0
        self.before = _ChannelNorm(width)
        self.windows = WindowAttention(width, heads=heads, window=config.window, shift=shift)
        self.channels = ChannelAttention(width)
        self.between = _ChannelNorm(width)
        self.feed_forward = GatedFeedForward(width, round(width * config.expansion))

    def forward(self, features: torch.Tensor) -> torch.Tensor:
        """Add what both attentions and the feed-forward part say.

        Parameters
        ----------
        features : torch.Tensor
            (B, C, H, W).

        Returns
        -------
        torch.Tensor
            Same shape.
        """
        normed = self.before(features)
        features = features + self.windows(normed) + self.channels(normed)
        result: torch.Tensor = features + self.feed_forward(self.between(features))
        return result


class CSformer(Network):
    """Blurred RGB (B, 3, H, W), encoded, in [0, 1] -> restored RGB: the input plus a residual.

    Parameters
    ----------
    config : CSformerConfig, optional
        Its shape.

    References
    ----------
    Duan et al.: "Masked autoencoders as image processors", 2023.

    Examples
    --------
    >>> network = CSformer(CSformerConfig(dim=4, blocks=(1, 1), heads=(1, 2), window=4))
    >>> network(torch.rand(2, 3, 8, 16)).shape
    torch.Size([2, 3, 8, 16])
    """

    def __init__(self, config: CSformerConfig | None = None) -> None:
        super().__init__()
        self.config = config or CSformerConfig()
        widths = self.config.widths
        self.head = nn.Conv2d(3, widths[0], 3, padding=1)
        self.encoders = nn.ModuleList(self._level(level) for level in range(len(widths)))
        self.downs = nn.ModuleList(
            nn.Sequential(nn.Conv2d(fine, coarse // 4, 3, padding=1), nn.PixelUnshuffle(2))
            for fine, coarse in pairwise(widths)
        )
        self.ups = nn.ModuleList(
            nn.Sequential(nn.Conv2d(coarse, 4 * fine, 3, padding=1), nn.PixelShuffle(2))
            for fine, coarse in pairwise(widths)
        )
        self.joins = nn.ModuleList(nn.Conv2d(2 * fine, fine, 1) for fine in widths[:-1])
        self.decoders = nn.ModuleList(self._level(level) for level in range(len(widths) - 1))
        self.tail = nn.Conv2d(widths[0], 3, 3, padding=1)
        nn.init.normal_(self.tail.weight, std=1e-3)
        if self.tail.bias is not None:
            nn.init.zeros_(self.tail.bias)

    def _level(self, level: int) -> nn.Sequential:
        width, heads = self.config.widths[level], self.config.heads[level]
        return nn.Sequential(
            *(
                CSformerBlock(width, heads, self.config, shifted=bool(number % 2))
                for number in range(self.config.blocks[level])
            )
        )

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
        features, skips = self.head(blurred), []
        for encoder, down in zip(self.encoders, self.downs, strict=False):
            features = encoder(features)
            skips.append(features)
            features = down(features)
        features = self.encoders[-1](features)
        steps = zip(self.ups, self.joins, self.decoders, strict=True)
        for up, join, decoder in reversed(list(steps)):
            features = decoder(join(torch.cat([up(features), skips.pop()], 1)))
        result: torch.Tensor = blurred + self.tail(features)
        return result

    def parts(self) -> tuple[NetworkPart, ...]:
        """List what is exported.

        Returns
        -------
        tuple of NetworkPart
            The whole network: one picture in, one out.
        """
        multiple = self.config.size_multiple
        part = picture_part(self, "csformer", size_multiple=multiple)
        # windows and levels ask for a large multiple, and the export traces every pixel
        return (replace(part, example=(2, 3, 2 * multiple, multiple)),)
