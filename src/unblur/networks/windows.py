"""Shifted-window self-attention: each pixel looks at the others of its window."""

from __future__ import annotations

import torch
from torch import nn

__all__ = ["WindowAttention"]

FAR = -100.0  # what a softmax turns into nothing


class WindowAttention(nn.Module):
    """Self-attention within windows, with a bias for each offset; (B, C, H, W) in and out.

    H and W must be multiples of the window. With a shift the windows are moved, around the border;
    pixels that meet only around the border do not see each other.

    Parameters
    ----------
    width : int
        Channels C, a multiple of `heads`.
    heads : int
        Attention heads.
    window : int
        Side of a window in pixels.
    shift : int
        Pixels by which the windows are moved, less than `window`.

    References
    ----------
    Liu et al.: "Swin transformer: hierarchical vision transformer using shifted windows",
    ICCV 2021.

    Examples
    --------
    >>> WindowAttention(8, heads=2, window=4, shift=2)(torch.rand(1, 8, 8, 12)).shape
    torch.Size([1, 8, 8, 12])
    """

    offsets: torch.Tensor

    def __init__(self, width: int, *, heads: int, window: int, shift: int) -> None:
        super().__init__()
        self.heads, self.window, self.shift = heads, window, shift
        self.qkv = nn.Conv2d(width, 3 * width, 1)
        self.out = nn.Conv2d(width, width, 1)
        self.bias = nn.Parameter(0.02 * torch.randn(heads, (2 * window - 1) ** 2))
        self.register_buffer("offsets", _offsets(window), persistent=False)

    def forward(self, features: torch.Tensor) -> torch.Tensor:
        """Attend.

        Parameters
        ----------
        features : torch.Tensor
            (B, C, H, W).

        Returns
        -------
        torch.Tensor
            Same shape.
        """
        height, width = features.shape[-2:]
        maps = self.qkv(features)
        if self.shift:
            maps = torch.roll(maps, (-self.shift, -self.shift), (2, 3))
        query, key, value = self._split(maps).unbind(0)
        scores = query @ key.transpose(-1, -2) * query.shape[-1] ** -0.5
        scores = scores + self.bias[:, self.offsets]
        if self.shift:
            scores = scores + self._apart(height, width, features.device)[:, None]
        joined = self._join(torch.softmax(scores, -1) @ value, height, width)
        if self.shift:
            joined = torch.roll(joined, (self.shift, self.shift), (2, 3))
        result: torch.Tensor = self.out(joined)
        return result

    def _split(self, maps: torch.Tensor) -> torch.Tensor:
        """Maps (B, 3 C, H, W) as query, key and value of each window: (3, B, N, heads, L, c)."""
        side = self.window
        batch, channels, height, width = maps.shape
        rows, columns, depth = height // side, width // side, channels // (3 * self.heads)
        windows = maps.reshape(batch, 3, self.heads, depth, rows, side, columns, side)
        return windows.permute(1, 0, 4, 6, 2, 5, 7, 3).reshape(
            3, batch, rows * columns, self.heads, side * side, depth
        )

    def _join(self, windows: torch.Tensor, height: int, width: int) -> torch.Tensor:
        side, depth = self.window, windows.shape[-1]
        rows, columns = height // side, width // side
        maps = windows.reshape(-1, rows, columns, self.heads, side, side, depth)
        return maps.permute(0, 3, 6, 1, 4, 2, 5).reshape(-1, self.heads * depth, height, width)

    def _apart(self, height: int, width: int, device: torch.device) -> torch.Tensor:
        """Scores (N, L, L) of pixels that were brought together by the roll alone: very low."""
        side = self.window
        rows = (torch.arange(height, device=device) >= height - self.shift).float()
        columns = (torch.arange(width, device=device) >= width - self.shift).float()
        region = 2 * rows[:, None] + columns[None]
        windows = region.reshape(height // side, side, width // side, side).permute(0, 2, 1, 3)
        flat = windows.reshape(-1, side * side)
        return FAR * (flat[:, :, None] - flat[:, None]).abs().clamp(max=1)


def _offsets(window: int) -> torch.Tensor:
    """Number (L, L) of the offset from each pixel of a window to each other."""
    place = torch.arange(window)
    rows, columns = (axis.flatten() for axis in torch.meshgrid(place, place, indexing="ij"))
    down = rows[:, None] - rows[None] + window - 1
    across = columns[:, None] - columns[None] + window - 1
    return down * (2 * window - 1) + across
