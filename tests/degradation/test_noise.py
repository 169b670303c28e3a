from __future__ import annotations

import math

import numpy as np
import pytest
from scipy import stats

from unblur.degradation import add_noise
from unblur.errors import ArgumentError, ArrayError


def noise_at(level, **kinds):
    flat = np.full((400, 500), level, np.float32)
    return add_noise(flat, rng=np.random.default_rng(1), **kinds) - flat


@pytest.mark.parametrize("level", [0.0, 0.1, 0.5, 1.0])
@pytest.mark.parametrize(("shot", "read"), [(0.01, 0.0), (0.0, 0.02), (0.004, 0.03)])
def test_variance_grows_with_the_signal(level, shot, read):
    noise = noise_at(level, shot=shot, read=read)
    assert noise.dtype == np.float32
    # the sample variance of 200,000 values is within 1.5 % of the true one
    assert noise.var() == pytest.approx(shot * level + read**2, rel=0.015, abs=1e-12)
    assert noise.mean() == pytest.approx(0, abs=5 * math.sqrt((shot + read**2) / noise.size))


def test_noise_is_gaussian_and_white():
    noise = noise_at(0.5, read=0.1)
    assert stats.kstest(noise[::7, ::7].ravel() / 0.1, "norm").pvalue > 0.01
    for shifted in (np.roll(noise, 1, axis=0), np.roll(noise, 1, axis=1)):
        assert np.corrcoef(noise.ravel(), shifted.ravel())[0, 1] == pytest.approx(0, abs=0.01)


def test_channels_are_independent():
    noise = add_noise(np.zeros((300, 300, 3)), read=1.0, rng=np.random.default_rng(0))
    np.testing.assert_allclose(np.corrcoef(noise.reshape(-1, 3).T), np.eye(3), atol=0.02)


def test_no_noise_gives_a_copy():
    image = np.full((4, 4), 0.3, np.float32)
    image.flags.writeable = False
    result = add_noise(image, rng=np.random.default_rng(0))
    np.testing.assert_array_equal(result, image)
    assert result.flags.writeable


def test_negative_signal_has_no_shot_noise():
    np.testing.assert_array_equal(noise_at(-0.5, shot=0.1), 0)


def test_the_seed_decides_and_the_input_stays():
    image = np.full((8, 8, 3), 0.3, np.float32)
    image.flags.writeable = False
    first, again = (
        add_noise(image, shot=0.01, read=0.01, rng=np.random.default_rng(7)) for _ in range(2)
    )
    np.testing.assert_array_equal(first, again)


@pytest.mark.parametrize("level", [-0.1, math.nan, math.inf])
def test_nonsense_levels(level):
    for kind in ("shot", "read"):
        with pytest.raises(ArgumentError, match=f"the {kind} noise must be zero or more"):
            add_noise(np.zeros((3, 3)), rng=np.random.default_rng(0), **{kind: level})


def test_integers_are_refused():
    with pytest.raises(ArrayError, match="must be float"):
        add_noise(np.zeros((3, 3), int), read=0.1, rng=np.random.default_rng(0))
