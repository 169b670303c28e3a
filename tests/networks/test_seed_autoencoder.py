"""The paper's autoencoder: its printed summary, and Keras' padding in plain loops."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from torch import nn

from unblur.errors import ArgumentError
from unblur.networks.seed_autoencoder import SeedAutoencoder, SeedAutoencoderConfig

# Parameters and output of each layer, as the authors printed them.
SUMMARY = [
    (1_792, (64, 64, 64)),
    (73_856, (128, 32, 32)),
    (295_168, (256, 16, 16)),
    (16_777_472, (256,)),
    (16_842_752, (65_536,)),
    (590_080, (256, 32, 32)),
    (295_040, (128, 64, 64)),
    (73_792, (64, 128, 128)),
    (1_731, (3, 128, 128)),
]
SMALL = SeedAutoencoderConfig(size=8, widths=(2, 3), code=4)


@pytest.fixture(scope="module")
def paper() -> SeedAutoencoder:
    torch.manual_seed(0)
    return SeedAutoencoder().eval()


def layers(network: SeedAutoencoder) -> list[nn.Module]:
    return [*network.encoders, network.code, network.decode, *network.decoders, network.tail]


def test_it_has_the_layers_of_the_paper(paper):
    counts = [sum(weights.numel() for weights in layer.parameters()) for layer in layers(paper)]
    assert counts == [count for count, _ in SUMMARY]
    assert sum(weights.numel() for weights in paper.parameters()) == 34_951_683


def test_every_layer_gives_the_size_of_the_paper(paper):
    seen = []
    hooks = [
        layer.register_forward_hook(lambda *words: seen.append(tuple(words[2].shape[1:])))
        for layer in layers(paper)
    ]
    with torch.no_grad():
        result = paper(torch.rand(1, 3, 128, 128))
    for hook in hooks:
        hook.remove()
    assert seen == [shape for _, shape in SUMMARY]
    assert result.min() >= 0
    assert result.max() <= 1


def keras_conv(image: np.ndarray, kernel: np.ndarray, bias: np.ndarray) -> np.ndarray:
    """Stride 2, "same": for an even side Keras pads one row and column, after the picture."""
    channels, side, _ = image.shape
    padded = np.zeros((channels, side + 1, side + 1))
    padded[:, :side, :side] = image
    result = np.zeros((len(kernel), side // 2, side // 2))
    for row in range(side // 2):
        for column in range(side // 2):
            window = padded[:, 2 * row : 2 * row + 3, 2 * column : 2 * column + 3]
            result[:, row, column] = (kernel * window).sum((1, 2, 3)) + bias
    return result


def keras_transposed(image: np.ndarray, kernel: np.ndarray, bias: np.ndarray) -> np.ndarray:
    """Stride 2, "same": every value is spread from twice its place on, into twice the side."""
    _, side, _ = image.shape
    result = np.zeros((kernel.shape[1], 2 * side + 1, 2 * side + 1))
    for row in range(side):
        for column in range(side):
            spread = np.tensordot(image[:, row, column], kernel, 1)
            result[:, 2 * row : 2 * row + 3, 2 * column : 2 * column + 3] += spread
    return result[:, : 2 * side, : 2 * side] + bias[:, None, None]


def keras_same(image: np.ndarray, kernel: np.ndarray, bias: np.ndarray) -> np.ndarray:
    """Transposed, stride 1, "same": every value is spread around its place."""
    _, side, _ = image.shape
    result = np.zeros((kernel.shape[1], side + 2, side + 2))
    for row in range(side):
        for column in range(side):
            spread = np.tensordot(image[:, row, column], kernel, 1)
            result[:, row : row + 3, column : column + 3] += spread
    return result[:, 1:-1, 1:-1] + bias[:, None, None]


def as_in_keras(layer: nn.Module) -> list[np.ndarray]:
    """Weights and biases of a layer that sees the picture the right way up."""
    weight, bias = (array.detach().numpy() for array in layer.parameters())
    if isinstance(layer, nn.Linear):  # its flat side is a turned map (3, 2, 2)
        if weight.shape[1] == 12:
            return [weight.reshape(-1, 3, 2, 2)[..., ::-1, ::-1].reshape(-1, 12), bias]
        turned = weight.reshape(3, 2, 2, -1)[:, ::-1, ::-1].reshape(12, -1)
        return [turned, bias.reshape(3, 2, 2)[:, ::-1, ::-1].ravel()]
    return [weight[..., ::-1, ::-1], bias]


def test_it_computes_what_keras_would():
    torch.manual_seed(1)
    network = SeedAutoencoder(SMALL).double()
    with torch.no_grad():
        for weights in network.parameters():
            weights += 0.1 * torch.randn(weights.shape)
    picture = np.random.default_rng(0).random((3, 8, 8))
    arrays = [as_in_keras(layer) for layer in layers(network)]
    features = picture
    for weights in arrays[:2]:
        features = np.maximum(keras_conv(features, *weights), 0)
    code = arrays[2][0] @ features.ravel() + arrays[2][1]
    features = (arrays[3][0] @ code + arrays[3][1]).reshape(features.shape)
    for weights in arrays[4:6]:
        features = np.maximum(keras_transposed(features, *weights), 0)
    wanted = 1 / (1 + np.exp(-keras_same(features, *arrays[6])))
    with torch.no_grad():
        result = network(torch.from_numpy(picture)[None])[0].numpy()
    np.testing.assert_allclose(result, wanted, atol=1e-12)


def test_it_starts_like_keras(paper):
    for layer in layers(paper):
        assert not layer.bias.any()
        shape = layer.weight.shape
        area = shape[2] * shape[3] if len(shape) == 4 else 1
        limit = (6 / (area * (shape[0] + shape[1]))) ** 0.5
        assert layer.weight.abs().max() <= limit
        assert layer.weight.std().item() == pytest.approx(limit / 3**0.5, rel=0.05)


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"size": 100}, "size must be a multiple of 8, not 100"),
        ({"widths": ()}, "at least 1"),
        ({"code": 0}, "at least 1"),
    ],
)
def test_what_cannot_be_built_is_refused(changes, reason):
    with pytest.raises(ArgumentError, match=reason):
        SeedAutoencoderConfig(**changes)
