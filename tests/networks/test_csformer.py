"""CSformer: window attention against one pixel at a time, and the shape of the whole."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch

from unblur.errors import ArgumentError
from unblur.networks.channels import ChannelAttention
from unblur.networks.csformer import CSformer, CSformerConfig
from unblur.networks.windows import WindowAttention

SMALL = CSformerConfig(dim=4, blocks=(2, 2), heads=(1, 2), window=4)


def attend_pixel_by_pixel(layer: WindowAttention, features: np.ndarray) -> np.ndarray:
    """Attention as the publication defines it: loops, no rolls, no masks, no index tables."""
    window, shift, heads = layer.window, layer.shift, layer.heads
    channels, height, width = features.shape
    depth = channels // heads
    maps = np.einsum("oc,chw->ohw", layer.qkv.weight[:, :, 0, 0].detach(), features)
    maps += layer.qkv.bias.detach().numpy()[:, None, None]
    query, key, value = (part.reshape(heads, depth, height, width) for part in np.split(maps, 3))
    bias = layer.bias.detach().numpy().reshape(heads, 2 * window - 1, 2 * window - 1)
    result = np.zeros((heads, depth, height, width), np.float32)
    pixels = list(np.ndindex(height, width))
    for row, column in pixels:
        # windows begin at multiples of the window, less what they are moved by
        mates = [
            (other_row, other_column)
            for other_row, other_column in pixels
            if (other_row - shift) // window == (row - shift) // window
            and (other_column - shift) // window == (column - shift) // window
        ]
        for head in range(heads):
            scores = np.array([
                query[head, :, row, column] @ key[head, :, mate[0], mate[1]] / np.sqrt(depth)
                + bias[head, row - mate[0] + window - 1, column - mate[1] + window - 1]
                for mate in mates
            ])  # fmt: skip
            chances = np.exp(scores - scores.max())
            chances /= chances.sum()
            for chance, mate in zip(chances, mates, strict=True):
                result[head, :, row, column] += chance * value[head, :, mate[0], mate[1]]
    joined = result.reshape(channels, height, width)
    out = np.einsum("oc,chw->ohw", layer.out.weight[:, :, 0, 0].detach(), joined)
    return out + layer.out.bias.detach().numpy()[:, None, None]


@pytest.mark.parametrize("shift", [0, 2, 1])
@pytest.mark.parametrize("size", [(8, 12), (4, 4)])
def test_window_attention_is_that_of_each_pixel(shift, size):
    torch.manual_seed(0)
    layer = WindowAttention(6, heads=2, window=4, shift=shift)
    with torch.no_grad():
        layer.bias.normal_()
        features = torch.randn(2, 6, *size)
        results = layer(features).numpy()
    for picture, result in zip(features.numpy(), results, strict=True):
        np.testing.assert_allclose(result, attend_pixel_by_pixel(layer, picture), atol=1e-5)


def test_channel_attention_weighs_each_channel_by_the_whole_picture():
    torch.manual_seed(0)
    layer = ChannelAttention(8)
    features = torch.randn(1, 8, 6, 6)
    with torch.no_grad():
        ratio = (layer(features) / layer.body(features)).flatten(2)[0]
    assert ratio.std(1).max() < 1e-4
    assert ((ratio > 0) & (ratio < 1)).all()


def test_every_pixel_of_a_picture_counts_for_every_other():
    """Shifted windows, levels and channel attention: nothing is out of reach."""
    torch.manual_seed(0)
    network = CSformer(SMALL)
    picture = torch.rand(1, 3, 32, 32, requires_grad=True)
    network(picture)[0, :, 0, 0].sum().backward()
    assert (picture.grad.abs().sum((0, 1)) > 0).all()


def test_an_untrained_network_hardly_changes_a_picture():
    torch.manual_seed(0)
    picture = torch.rand(1, 3, 16, 24)
    with torch.no_grad():
        assert (CSformer(SMALL)(picture) - picture).abs().max() < 0.02


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"blocks": (1,)}, "1 blocks for 2 levels"),
        ({"blocks": (1, 0)}, "must be positive"),
        ({"dim": 0}, "must be positive"),
        ({"expansion": 0.0}, "must be positive"),
        ({"window": 5}, "even and at least 2, not 5"),
        ({"heads": (3, 2)}, "3 heads do not divide a level of 4 channels"),
    ],
)
def test_what_cannot_be_built_is_refused(changes, reason):
    with pytest.raises(ArgumentError, match=reason):
        replace(SMALL, **changes)
