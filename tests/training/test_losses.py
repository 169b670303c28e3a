"""Losses against plain loops."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch

from unblur.training.losses import (
    charbonnier,
    log_squared_error,
    nearest_shift,
    relative_psf_error,
)


@pytest.fixture
def psfs() -> torch.Tensor:
    """Two PSFs (2, 15, 15) of a few taps in the middle."""
    psfs = torch.zeros(2, 15, 15)
    psfs[:, 6:9, 5:10] = torch.rand(2, 3, 5, generator=torch.Generator().manual_seed(0))
    return psfs / psfs.sum((1, 2), keepdim=True)


def test_charbonnier_is_its_formula():
    rng = np.random.default_rng(0)
    one, two = rng.random((2, 3, 4, 5), np.float32), rng.random((2, 3, 4, 5), np.float32)
    wanted = np.mean([math.hypot(float(d), 3e-3) for d in (one - two).ravel()])
    assert charbonnier(torch.from_numpy(one), torch.from_numpy(two)).item() == pytest.approx(wanted)


def test_charbonnier_has_a_finite_slope_at_its_least():
    result = torch.zeros(1, 3, 4, 4, requires_grad=True)
    charbonnier(result, torch.zeros(1, 3, 4, 4)).backward()
    assert torch.equal(result.grad, torch.zeros(1, 3, 4, 4))


@pytest.mark.parametrize("shift", [(0, 0), (2, -3), (-4, 4)])
def test_a_shifted_target_is_moved_to_where_it_fits(psfs, shift):
    shifted = psfs.roll(shift, (1, 2))
    torch.testing.assert_close(nearest_shift(psfs, shifted, 4), psfs)
    assert relative_psf_error(psfs, shifted, 4).item() == pytest.approx(0, abs=1e-6)


def test_the_shift_is_the_best_of_all(psfs):
    target = psfs.flip(0)
    chosen = nearest_shift(psfs, target, 2)
    for psf, candidate, result in zip(psfs, target, chosen, strict=True):
        scores = {}
        for row in range(-2, 3):
            for column in range(-2, 3):
                moved = candidate.roll((row, column), (0, 1))
                score = (psf * moved).sum() * (1 - 0.02 * math.hypot(row, column))
                scores[score.item()] = moved
        torch.testing.assert_close(result, scores[max(scores)])


def test_a_shift_out_of_reach_stays_an_error(psfs):
    assert relative_psf_error(psfs, psfs.roll(5, 2), 2).item() > 0.3
    assert relative_psf_error(psfs, psfs.roll(1, 2)).item() > 0.1


def test_the_relative_error_is_a_mean_over_the_batch(psfs):
    scale = torch.tensor([0.0, 0.5])[:, None, None]
    assert relative_psf_error(scale * psfs, psfs).item() == pytest.approx(0.75)


def test_the_gradient_goes_through_the_psf_alone(psfs):
    psf = psfs.clone().requires_grad_()
    relative_psf_error(psf, psfs.roll(1, 2) + 0.01, 2).backward()
    assert torch.isfinite(psf.grad).all()
    assert psf.grad.abs().max() > 0


def test_the_logarithm_weighs_every_picture_by_its_own_error():
    target = torch.zeros(2, 3, 4, 4)
    near, far = torch.full((3, 4, 4), 0.01), torch.full((3, 4, 4), 0.1)
    loss = log_squared_error(torch.stack([near, far]), target, floor=1e-12)
    assert loss.item() == pytest.approx((math.log(1e-4) + math.log(1e-2)) / 2, rel=1e-5)
