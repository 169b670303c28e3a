"""What the networks do by convolutions is what PyTorch does by moving pixels."""

from __future__ import annotations

import pytest
import torch
from torch import nn
from torch.nn import functional

from unblur.networks.autoencoder import PixelShuffle, unshuffled
from unblur.networks.wiener_autoencoder import CandidateMixer, WienerAutoencoderConfig


@pytest.mark.parametrize("factor", [1, 2, 4])
@pytest.mark.parametrize("channels", [1, 3, 4, 13])
def test_one_strided_convolution_equals_unshuffling_before_it(channels, factor):
    torch.manual_seed(channels)
    convolution = nn.Conv2d(channels * factor**2, 8, 3, padding=1)
    image = torch.rand(2, channels, 4 * factor, 6 * factor, requires_grad=True)
    wanted = convolution(functional.pixel_unshuffle(image, factor))
    torch.testing.assert_close(unshuffled(image, convolution, factor), wanted, atol=1e-5, rtol=0)
    (gradient,) = torch.autograd.grad(unshuffled(image, convolution, factor).sum(), image)
    assert gradient.isfinite().all()


@pytest.mark.parametrize("factor", [1, 2, 4])
def test_shuffling_moves_numbers_unchanged_and_holds_no_weights(factor):
    features = torch.randn(2, 3 * factor**2, 4, 5)
    shuffle = PixelShuffle(3, factor)
    torch.testing.assert_close(shuffle(features), functional.pixel_shuffle(features, factor))
    assert not shuffle.state_dict()


def test_the_mixer_weighs_by_a_softmax_however_large_the_scores():
    torch.manual_seed(0)
    mixer = CandidateMixer(WienerAutoencoderConfig().first, preferred=2)
    nn.init.normal_(mixer.body.tail.weight, std=30.0)
    candidates = torch.rand(1, 13, 16, 24)
    with torch.no_grad():
        maps, result = mixer.body(candidates), mixer(candidates)
    scores = maps[:, 3:] + mixer.preference
    assert scores.abs().max() > 100  # their exponentials alone would overflow
    weights = torch.softmax(scores, 1)
    mixed = (weights[:, :, None] * candidates[:, :12].reshape(1, 4, 3, 16, 24)).sum(1)
    torch.testing.assert_close(result, mixed + maps[:, :3], atol=1e-4, rtol=1e-5)
