"""The hybrid Wiener autoencoder: its layer against the classical filter, and what it learns."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from unblur.classical import wiener
from unblur.degradation import convolve, disk_psf, gaussian_psf, motion_psf
from unblur.errors import ArgumentError
from unblur.networks.hybrid_wiener import HybridWiener, HybridWienerConfig
from unblur.networks.wiener_layer import WienerLayer

SMALL = HybridWienerConfig(psfs=2, psf_size=9, widths=(4, 8))


def texture(seed: int, size: int = 64) -> np.ndarray:
    """Edges of all directions on a black ground, float32 (size, size) in [0, 1]."""
    rng = np.random.default_rng(seed)
    picture = np.zeros((size, size), np.float32)
    for _ in range(60):
        top, left = rng.integers(12, size - 20, 2)
        height, width = rng.integers(2, 9, 2)
        picture[top : top + height, left : left + width] = rng.random()
    return picture


def batch(*pictures: np.ndarray) -> torch.Tensor:
    return torch.from_numpy(np.stack(pictures))[:, None]


def test_the_layer_is_the_classical_filter():
    psf, other = motion_psf(7, 30, size=9), disk_psf(2.5, size=9)
    blurred = np.stack([convolve(texture(seed), psf) for seed in range(2)])
    layer = WienerLayer(SMALL.psfs, SMALL.psf_size, SMALL.nsr)
    kernels = torch.from_numpy(np.stack([psf, other]))[None]
    results = layer(torch.from_numpy(blurred)[:, None], kernels, torch.tensor([[0.01, 0.1]]))
    assert results.shape == (2, 2, 1, 64, 64)
    for picture, both in zip(blurred, results.numpy(), strict=True):
        around = np.pad(picture, ((0, 9), (0, 9)))  # its borders are black, and so is the gap
        for kernel, nsr, result in zip((psf, other), (0.01, 0.1), both[:, 0], strict=True):
            wanted = wiener(around, kernel, nsr=nsr, boundary="wrap")[:64, :64]
            np.testing.assert_allclose(result, wanted, atol=2e-5)


def test_each_picture_may_have_its_own_psfs():
    blurred = batch(texture(0), texture(1))
    psf = torch.rand(2, 3, 9, 9, generator=torch.Generator().manual_seed(0))
    nsr = torch.tensor([[0.1, 0.2, 0.3], [0.4, 0.5, 0.6]])
    layer = WienerLayer(SMALL.psfs, SMALL.psf_size, SMALL.nsr)
    together = layer(blurred, psf, nsr)
    for index in range(2):
        one = slice(index, index + 1)
        torch.testing.assert_close(together[one], layer(blurred[one], psf[one], nsr[one]))


def test_a_flat_picture_stays_as_it_is():
    picture = torch.full((1, 3, 16, 24), 0.3)
    layer = WienerLayer(SMALL.psfs, SMALL.psf_size, SMALL.nsr)
    results = layer(picture, layer.psfs(), layer.nsr())
    torch.testing.assert_close(results, picture[:, None].expand_as(results))


@given(st.integers(1, 9), st.sampled_from([3, 15, 31]), st.floats(1e-4, 10))
def test_psfs_and_ratios_start_valid_and_stay_so(psfs, size, nsr):
    layer = WienerLayer(psfs, size, nsr)
    np.testing.assert_allclose(layer.nsr().detach().numpy(), nsr, rtol=1e-3)
    with torch.no_grad():
        kernels = layer.psfs(10 * torch.randn(2, psfs, size, size))
        assert (layer.nsr(5 * torch.randn(2, psfs)) > 0).all()
    assert kernels.shape == (2, psfs, size, size)
    assert (kernels >= 0).all()
    torch.testing.assert_close(kernels.sum((2, 3)), torch.ones(2, psfs))


@pytest.mark.parametrize("psf", [disk_psf(2.5, size=9), gaussian_psf(1.4, size=9)])
def test_the_layer_learns_a_psf_from_pictures_alone(psf):
    rng = np.random.default_rng(0)
    sharp = [texture(seed) for seed in range(4)]
    blurred = [convolve(picture, psf) for picture in sharp]
    noise = rng.normal(0, 0.005, (4, 1, 64, 64)).astype(np.float32)
    target, given = batch(*sharp), batch(*blurred) + torch.from_numpy(noise)
    layer = WienerLayer(1, SMALL.psf_size, SMALL.nsr)
    optimiser = torch.optim.Adam(layer.parameters(), lr=0.001)
    for _ in range(60):
        optimiser.zero_grad()
        loss = ((layer(given, layer.psfs(), layer.nsr())[:, 0] - target) ** 2).mean()
        loss.backward()
        optimiser.step()
    learned = layer.psfs()[0, 0].detach().numpy()
    assert np.linalg.norm(learned - psf) < 0.15 * np.linalg.norm(psf)
    assert loss.item() < 0.6 * ((given - target) ** 2).mean().item()


def test_an_untrained_predictor_moves_nothing():
    torch.manual_seed(0)
    fixed = HybridWiener(SMALL)
    moving = HybridWiener(replace(SMALL, per_image=True))
    moving.load_state_dict(fixed.state_dict(), strict=False)
    picture = torch.rand(2, 3, 16, 20)
    for one, two in zip(fixed(picture), moving(picture), strict=True):
        torch.testing.assert_close(one, two)


def test_the_predictor_is_trained_through_the_physics():
    torch.manual_seed(0)
    network = HybridWiener(replace(SMALL, per_image=True))
    wiener_result, _ = network(torch.rand(2, 3, 16, 20))
    (wiener_result**2).sum().backward()
    assert network.predictor.head.weight.grad.abs().max() > 0


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"psfs": 0}, "psfs must be 1 to 9, not 0"),
        ({"psfs": 10}, "psfs must be 1 to 9, not 10"),
        ({"psf_size": 8}, "odd and at least 3, not 8"),
        ({"nsr": 0.0}, "must be positive"),
        ({"widths": ()}, "must be positive"),
    ],
)
def test_what_cannot_be_built_is_refused(changes, reason):
    with pytest.raises(ArgumentError, match=reason):
        replace(SMALL, **changes)
