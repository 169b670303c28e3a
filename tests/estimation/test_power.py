"""The expected power spectrum, against scenes that have it."""

from __future__ import annotations

import numpy as np
import pytest

from unblur.estimation.power import FLOORS, SLOPES, misfits, power_of

FREQUENCY = np.linspace(0.03, 0.5, 60)


def power(slope: float, passed: np.ndarray, noise: float) -> np.ndarray:
    return np.log(3.0 * FREQUENCY**-slope * passed + noise)


@pytest.mark.parametrize("slope", [1.6, 2.4])
def test_the_blur_that_made_the_power_fits_it(slope):
    gaussians = np.stack([np.exp(-((2 * np.pi * FREQUENCY * s) ** 2)) for s in (0.5, 1.5, 2.5)])
    logs = power(slope, gaussians[1], 1e-4)
    found = misfits(logs, FREQUENCY, gaussians, outlier=1.0)
    assert found.shape == (3, len(SLOPES), len(FLOORS))
    best = np.unravel_index(int(np.argmin(found)), found.shape)
    assert best[0] == 1
    assert SLOPES[best[1]] == slope
    assert found.min() < 1e-3


def test_brightness_does_not_matter_and_counts_weigh():
    passed = np.ones((1, 60))
    logs = power(2.0, passed[0], 1e-6)
    one, other = (misfits(logs + add, FREQUENCY, passed, outlier=1.0) for add in (0.0, 5.0))
    np.testing.assert_allclose(one, other, atol=1e-6)
    spoilt = logs.copy()
    spoilt[30] += 2
    ignored = np.ones(60)
    ignored[30] = 0
    found, whole = (
        misfits(each, FREQUENCY, passed, ignored, outlier=1.0) for each in (spoilt, logs)
    )
    np.testing.assert_allclose(found, whole, rtol=0.05)
    assert misfits(spoilt, FREQUENCY, passed, outlier=1.0).min() > 2 * found.min()


def test_white_noise_has_the_same_power_everywhere():
    noise = np.random.default_rng(0).normal(0.5, 0.1, (300, 420)).astype(np.float32)
    found = power_of(noise, 128, 0.02, linear=False)
    assert np.exp(found.logs).mean() == pytest.approx(0.01, rel=0.05)
    assert found.frequency.max() < 0.5
    assert min(np.abs(found.across).min(), np.abs(found.down).min()) > 0.02
