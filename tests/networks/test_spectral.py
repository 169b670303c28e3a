"""The torch layers against the NumPy functions that describe the physics elsewhere."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from unblur.degradation import camera_shake_psf, gaussian_psf
from unblur.degradation import otf as numpy_otf
from unblur.images import color
from unblur.networks.octaves import halve_psf, upsample_psf
from unblur.networks.spectral import (
    autocorrelation,
    linear_to_srgb,
    otf,
    srgb_to_linear,
    support,
    wiener_step,
)


@pytest.fixture(scope="module")
def psfs() -> torch.Tensor:
    """Two Gaussians and a camera shake, (3, 33, 33)."""
    shake = camera_shake_psf(np.random.default_rng(0), extent=9.0, size=33)
    psfs = [gaussian_psf(1.5, size=33), gaussian_psf(3.0, sigma_minor=1.5, angle=30, size=33)]
    return torch.from_numpy(np.stack([*psfs, shake]))


def moments(psf: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    """Centre (B, 2) and variances (B, 2) of PSFs, in pixels from the middle."""
    steps = torch.arange(psf.shape[-1]) - psf.shape[-1] // 2
    sides = torch.stack([psf.sum(2), psf.sum(1)], 1)
    centre = (sides * steps).sum(2)
    return centre, (sides * (steps - centre[..., None]) ** 2).sum(2)


@pytest.mark.parametrize("shape", [(33, 33), (64, 51), (45, 80)])
def test_the_otf_is_that_of_the_degradation(psfs, shape):
    wanted = np.stack([numpy_otf(psf, shape) for psf in psfs.numpy()])[:, None]
    np.testing.assert_allclose(otf(psfs, *shape).numpy(), wanted, atol=1e-6)


def test_the_curves_are_those_of_the_images():
    values = np.linspace(-0.1, 1.1, 4001, dtype=np.float32)
    clipped = np.clip(values, 0, 1)
    decoded = srgb_to_linear(torch.from_numpy(values)).numpy()
    np.testing.assert_allclose(decoded, color.srgb_to_linear(clipped), atol=1e-6)
    encoded = linear_to_srgb(torch.from_numpy(values)).numpy()
    np.testing.assert_allclose(encoded, color.linear_to_srgb(clipped), atol=2e-5)


def test_the_curves_have_a_finite_slope_everywhere():
    for curve in (srgb_to_linear, linear_to_srgb):
        values = torch.linspace(-0.1, 1.1, 101, requires_grad=True)
        curve(values).sum().backward()
        assert torch.isfinite(values.grad).all()


def test_a_wiener_step_inverts_where_nothing_is_lost(psfs):
    picture = torch.rand(3, 2, 40, 36, generator=torch.Generator().manual_seed(0))
    spectrum, transfer = torch.fft.rfft2(picture), otf(psfs, 40, 36)
    guess = torch.fft.rfft2(picture)
    solved = wiener_step(spectrum * transfer, transfer, torch.tensor(0.1), guess)
    torch.testing.assert_close(solved, spectrum, atol=1e-4, rtol=0)


def test_the_autocorrelation_is_one_in_its_centre_and_symmetric():
    picture = torch.rand(2, 2, 40, 36, generator=torch.Generator().manual_seed(1))
    correlation = autocorrelation(torch.fft.rfft2(picture), (40, 36), 9)
    torch.testing.assert_close(correlation[:, 4, 4], torch.ones(2))
    torch.testing.assert_close(correlation, correlation.flip(1, 2), atol=1e-5, rtol=0)


def test_the_support_puts_the_origin_in_the_middle():
    correlation = torch.zeros(1, 12, 10)
    correlation[0, 0, 0], correlation[0, -1, 1] = 1, 2
    middle = support(correlation, 5)
    assert (middle[0, 2, 2], middle[0, 1, 3], middle.sum()) == (1, 2, 3)


@pytest.mark.parametrize("size", [5, 7, 31, 33])
def test_a_delta_stays_in_the_middle(size):
    delta = torch.zeros(1, size, size)
    delta[0, size // 2, size // 2] = 1
    for change in (halve_psf, upsample_psf):
        result = change(delta)
        assert result.shape == delta.shape
        torch.testing.assert_close(result.flip(1, 2), result)
        assert result.argmax() == delta.argmax()


def test_halving_halves_the_extent_and_keeps_the_place(psfs):
    (centre, variance), (halved_centre, halved) = moments(psfs), moments(halve_psf(psfs))
    torch.testing.assert_close(halved_centre, centre / 2, atol=0.05, rtol=0)
    # the filter of the octave adds its own variance of half a pixel
    torch.testing.assert_close(halved, (variance + 0.5) / 4, atol=0.05, rtol=0)


def test_doubling_undoes_halving(psfs):
    smooth = psfs[:2]
    torch.testing.assert_close(halve_psf(upsample_psf(smooth)), smooth, atol=0.02, rtol=0)
    centre, variance = moments(upsample_psf(psfs[:1]))
    torch.testing.assert_close(centre, torch.zeros(1, 2), atol=1e-4, rtol=0)
    torch.testing.assert_close(variance, 4 * moments(psfs[:1])[1] + 0.5, atol=0.3, rtol=0)


@pytest.mark.parametrize("change", [halve_psf, upsample_psf])
def test_psfs_stay_psfs(psfs, change):
    result = change(psfs)
    assert (result >= 0).all()
    torch.testing.assert_close(result.sum((1, 2)), torch.ones(3))
