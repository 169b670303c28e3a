"""Noise of the literature: its moments, and what it leaves alone."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from unblur.degradation.textbook_noise import add_impulses, add_poisson, add_speckle
from unblur.errors import ArgumentError

CALLS = [
    (add_poisson, {"peak": 30.0}),
    (add_speckle, {"level": 0.2}),
    (add_impulses, {"share": 0.2}),
]


def rng():
    return np.random.default_rng(3)


@pytest.mark.parametrize("level", [0.1, 0.5, 1.0])
def test_photons_are_poisson(level):
    flat = np.full((300, 300), level, np.float32)
    counts = np.rint(add_poisson(flat, peak=30, rng=rng()) * 30).astype(int).ravel()
    values, seen = np.unique(counts, return_counts=True)
    wanted = stats.poisson.pmf(values, 30 * level) * counts.size
    often = wanted > 20
    # chi-square: one degree of freedom a value
    deviation = ((seen - wanted) ** 2 / wanted)[often].sum()
    assert deviation < stats.chi2.ppf(0.999, often.sum())


@pytest.mark.parametrize("level", [0.0, 0.25, 1.0])
def test_speckle_grows_with_the_signal(level):
    noise = add_speckle(np.full((400, 500), level, np.float32), level=0.1, rng=rng()) - level
    assert noise.std() == pytest.approx(0.1 * level, rel=0.01, abs=1e-9)
    assert noise.mean() == pytest.approx(0, abs=1e-3)


def test_impulses_are_black_or_white_in_all_channels():
    grey = np.full((300, 300, 3), 0.4, np.float32)
    noisy = add_impulses(grey, share=0.2, rng=rng())
    assert (noisy == noisy[..., :1]).all()
    for value, share in ((0, 0.1), (1, 0.1), (np.float32(0.4), 0.8)):
        assert (noisy == value).mean() == pytest.approx(share, abs=0.005)


@pytest.mark.parametrize(("add", "settings"), CALLS)
@pytest.mark.parametrize("shape", [(6, 7), (6, 7, 3)])
def test_the_seed_decides_and_the_input_stays(add, settings, shape):
    image = rng().random(shape, np.float32)
    image.flags.writeable = False
    first, again = add(image, **settings, rng=rng()), add(image, **settings, rng=rng())
    assert (first.shape, first.dtype) == (shape, np.float32)
    np.testing.assert_array_equal(first, again)
    assert (first != image).any()


@pytest.mark.parametrize(
    ("add", "settings"),
    [
        (add_poisson, {"peak": 0.0}),
        (add_poisson, {"peak": float("nan")}),
        (add_speckle, {"level": -0.1}),
        (add_speckle, {"level": float("inf")}),
        (add_impulses, {"share": 1.1}),
        (add_impulses, {"share": float("nan")}),
    ],
)
def test_what_is_out_of_range_is_refused(add, settings):
    with pytest.raises(ArgumentError, match="must be"):
        add(np.zeros((4, 4), np.float32), **settings, rng=rng())
