"""Weights in 16 bits: half the bytes, the same network."""

from __future__ import annotations

import numpy as np
import onnx
import pytest
import torch
from onnx import TensorProto

from unblur.networks.autoencoder import AutoencoderConfig
from unblur.networks.direct_autoencoder import DirectAutoencoder, DirectAutoencoderConfig
from unblur.runtime.session import open_session
from unblur.training.export import to_onnx
from unblur.training.half import SMALLEST, round_weights, store_half


@pytest.fixture(scope="module")
def network() -> DirectAutoencoder:
    torch.manual_seed(0)
    body = AutoencoderConfig(3, 3, (16, 24), (1, 1), unshuffle=2)
    network = DirectAutoencoder(DirectAutoencoderConfig(body))
    with torch.no_grad():
        for value in network.parameters():
            value += 0.05 * torch.randn(value.shape)
    return network.eval()


def test_rounding_changes_only_large_tensors_and_only_a_little(network):
    before = {name: value.clone() for name, value in network.state_dict().items()}
    round_weights(network)
    for name, value in network.state_dict().items():
        if value.numel() < SMALLEST:
            assert torch.equal(value, before[name])
        else:
            assert not torch.equal(value, before[name])
            assert torch.equal(value, before[name].half().float())


def test_the_file_is_half_as_large_and_answers_as_the_network(network):
    round_weights(network)
    (part,) = network.parts()
    whole = to_onnx(part)
    half = store_half(whole)
    assert len(half) < 0.6 * len(whole)
    picture = np.random.default_rng(0).random((1, 3, 24, 40), np.float32)
    (answer,) = open_session(half, 1, "half").run(None, {"input": picture})
    with torch.no_grad():
        expected = network(torch.from_numpy(picture)).numpy()
    np.testing.assert_allclose(answer, expected, atol=1e-5)


def test_tensors_keep_their_names_and_small_ones_their_type(network):
    (part,) = network.parts()
    before = onnx.load_from_string(to_onnx(part))
    after = onnx.load_from_string(store_half(before.SerializeToString()))
    onnx.checker.check_model(after, full_check=True)
    assert [each.name for each in after.graph.initializer] == [
        each.name for each in before.graph.initializer
    ]
    for old, new in zip(before.graph.initializer, after.graph.initializer, strict=True):
        large = old.data_type == TensorProto.FLOAT and np.prod(old.dims) >= SMALLEST
        assert new.data_type == (TensorProto.FLOAT16 if large else old.data_type)
