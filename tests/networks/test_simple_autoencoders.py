"""Low-resolution and dual autoencoders: parameters counted by hand, stages in their order."""

from __future__ import annotations

import pytest
import torch

from unblur.errors import ArgumentError
from unblur.networks.dual_autoencoder import (
    DualAutoencoder,
    DualAutoencoderConfig,
    SingleAutoencoder,
)
from unblur.networks.lowres_autoencoder import (
    LowresAutoencoder,
    LowresAutoencoderConfig,
    LowresChain,
)


def conv(before: int, after: int) -> int:
    return 9 * before * after + after


def separable(before: int, after: int) -> int:
    return 9 * before + before * after + after


TEN = (
    *(conv(3, 32), conv(32, 32), conv(32, 64), conv(64, 64), conv(64, 128)),
    *(conv(128, 64), conv(64, 64), conv(64, 32), conv(32, 32), conv(32, 3)),
)
SINGLE = ((3, 32), (32, 64), (64, 64), (64, 32), (32, 3))


def count(network: torch.nn.Module) -> int:
    return sum(weights.numel() for weights in network.parameters())


@pytest.mark.parametrize(
    ("network", "parameters"),
    [
        (LowresAutoencoder(), sum(TEN)),
        (LowresAutoencoder(LowresAutoencoderConfig(resampling="pool")), sum(TEN)),
        (LowresAutoencoder(LowresAutoencoderConfig(layers=4)), 38_723),
        (
            LowresAutoencoder(LowresAutoencoderConfig(layers=6)),
            sum(conv(*pair) for pair in ((3, 32), (32, 32), (32, 64), (64, 32), (32, 32), (32, 3))),
        ),
        (LowresChain(), 2 * sum(TEN)),
        (SingleAutoencoder(), sum(separable(*pair) for pair in SINGLE)),
        (SingleAutoencoder(DualAutoencoderConfig(separable=False)), 75_651),
        (DualAutoencoder(), 2 * 10_334),
        (DualAutoencoder(DualAutoencoderConfig(separable=False)), 2 * 75_651),
    ],
)
def test_parameters_are_those_counted_by_hand(network, parameters):
    assert count(network) == parameters


@pytest.mark.parametrize("layers", [4, 6, 10])
@pytest.mark.parametrize("resampling", ["stride", "pool"])
def test_a_picture_keeps_its_size(layers, resampling):
    network = LowresAutoencoder(LowresAutoencoderConfig(layers, resampling, width=2, channels=1))
    with torch.no_grad():
        result = network(torch.rand(2, 1, 28, 32))
    assert result.shape == (2, 1, 28, 32)
    convolutions = [layer for layer in network.body if hasattr(layer, "weight")]
    assert len(convolutions) == layers


@pytest.mark.parametrize(
    "network",
    [
        LowresChain(LowresAutoencoderConfig(width=2)),
        DualAutoencoder(DualAutoencoderConfig(widths=(2, 3))),
    ],
)
def test_the_second_stage_sees_what_the_first_gave(network):
    picture = torch.rand(1, 3, 8, 8)
    with torch.no_grad():
        cleaned, restored = network(picture)
        assert torch.equal(cleaned, network.clean(picture))
        assert torch.equal(restored, network.restore(cleaned))


def test_a_separable_layer_is_an_ordinary_one_of_rank_one():
    separable_one = SingleAutoencoder(DualAutoencoderConfig(widths=(2, 2)))
    ordinary = SingleAutoencoder(DualAutoencoderConfig(separable=False, widths=(2, 2)))
    with torch.no_grad():
        for place in (0, 3, 6, 9, 12):
            depthwise, pointwise = separable_one.body[place]
            ordinary.body[place].weight.copy_(
                pointwise.weight * depthwise.weight[:, 0][None]  # (out, in, 1, 1) (1, in, 3, 3)
            )
            ordinary.body[place].bias.copy_(pointwise.bias)
        picture = torch.rand(1, 3, 8, 8)
        torch.testing.assert_close(separable_one(picture), ordinary(picture))


@pytest.mark.parametrize(
    ("config", "changes", "reason"),
    [
        (LowresAutoencoderConfig, {"layers": 5}, r"layers must be one of \(4, 6, 10\), not 5"),
        (LowresAutoencoderConfig, {"resampling": "none"}, "resampling must be stride or pool"),
        (LowresAutoencoderConfig, {"width": 0}, "at least 1"),
        (DualAutoencoderConfig, {"widths": (2, 0)}, "at least 1"),
    ],
)
def test_what_cannot_be_built_is_refused(config, changes, reason):
    with pytest.raises(ArgumentError, match=reason):
        config(**changes)
