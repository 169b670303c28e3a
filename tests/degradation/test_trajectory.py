from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from unblur.degradation import camera_shake_psf, camera_trajectory, centroid
from unblur.errors import PSFError

seeds = st.integers(0, 2**32 - 1)


def extent_of(psf):
    """Largest distance between two pixels that got more than a trace of light."""
    rows, columns = np.nonzero(psf > 1e-7)
    points = rows + 1j * columns
    return np.abs(points[:, None] - points).max()


@settings(deadline=None, max_examples=60)
@given(seeds, st.floats(0.5, 40), st.one_of(st.none(), st.sampled_from([15, 33])))
def test_shake_is_a_valid_psf(seed, extent, size):
    psf = camera_shake_psf(np.random.default_rng(seed), extent=extent, size=size)
    assert psf.dtype == np.float32
    assert psf.shape[0] == psf.shape[1] == (size or psf.shape[0])
    assert psf.shape[0] % 2 == 1
    assert psf.min() >= 0
    assert psf.sum(dtype=np.float64) == pytest.approx(1, abs=1e-5)
    assert centroid(psf) == pytest.approx((0, 0), abs=1e-3)


@settings(deadline=None, max_examples=40)
@given(seeds, st.floats(3, 40))
def test_shake_has_the_extent_that_was_asked_for(seed, extent):
    found = extent_of(camera_shake_psf(np.random.default_rng(seed), extent=extent))
    # the light of the outermost points is shared by pixels up to 1 px (1.4 px) further out, and
    # once more where the path is moved onto its centre of mass by a fraction of a pixel
    assert extent - 0.3 <= found <= extent + 4 * math.sqrt(2)


def test_a_path_that_does_not_fit_is_shrunk_and_not_cut():
    for seed in range(20):
        free = camera_shake_psf(np.random.default_rng(seed), extent=30.0)
        fitted = camera_shake_psf(np.random.default_rng(seed), extent=30.0, size=13)
        assert fitted.shape == (13, 13)
        assert extent_of(fitted) > 8
        assert extent_of(fitted) < extent_of(free)


def test_the_seed_decides():
    first, again, other = (
        camera_shake_psf(np.random.default_rng(seed), extent=15.0, size=33) for seed in (3, 3, 4)
    )
    np.testing.assert_array_equal(first, again)
    assert np.abs(first - other).max() > 0.01


def test_directions_are_uniform():
    turns = [np.angle(camera_trajectory(np.random.default_rng(i))[-1]) for i in range(400)]
    assert abs(np.exp(1j * np.array(turns)).mean()) < 0.15


def test_without_disturbance_the_path_is_straight():
    path = camera_trajectory(np.random.default_rng(0), jitter=0.0, impulses=0.0, pull=0.0)
    assert path[0] == 0
    direction = path[-1] / abs(path[-1])
    np.testing.assert_allclose((path / direction).imag, 0, atol=1e-12)
    speeds = np.abs(np.diff(path))
    assert (np.diff(speeds) < 0).all()  # and slows down, since the velocity is forgotten


def test_long_inertia_covers_one_unit():
    path = camera_trajectory(
        np.random.default_rng(0), inertia=1e6, jitter=0.0, impulses=0.0, pull=0.0, steps=100
    )
    assert abs(path[-1]) == pytest.approx(0.99, abs=1e-4)


def test_pull_brings_the_path_back():
    path = camera_trajectory(
        np.random.default_rng(0), inertia=1e6, jitter=0.0, impulses=0.0, pull=1.0, steps=4000
    )
    assert abs(path[-1]) < 0.02 * np.abs(path).max()
    assert np.abs(path).max() == pytest.approx(1 / (2 * np.pi), rel=0.01)


def test_jitter_and_impulses_make_paths_rougher():
    def turning(**character):
        rng = np.random.default_rng(5)
        paths = [camera_trajectory(rng, **character) for _ in range(30)]
        steps = [np.diff(path) for path in paths]
        return np.mean([np.abs(np.angle(step[1:] / step[:-1])).sum() for step in steps])

    calm = turning(jitter=0.0, impulses=0.0)
    assert turning(jitter=0.0, impulses=3.0) > calm + 1
    assert turning(jitter=1.0, impulses=0.0) > calm + 1


def test_large_extents_leave_no_gaps():
    psf = camera_shake_psf(np.random.default_rng(0), extent=400.0, impulses=0.0, jitter=0.0)
    assert np.count_nonzero(psf) > 400


@pytest.mark.parametrize("extent", [0.0, -3.0, math.nan, math.inf])
def test_nonsense_extents(extent):
    with pytest.raises(PSFError, match="extent must be a positive number"):
        camera_shake_psf(np.random.default_rng(0), extent=extent)


@pytest.mark.parametrize(
    "character",
    [{"inertia": 0.0}, {"jitter": -1.0}, {"impulses": -1.0}, {"pull": -1.0}, {"steps": 1}],
)
def test_nonsense_characters(character):
    with pytest.raises(PSFError, match="a camera trajectory needs"):
        camera_trajectory(np.random.default_rng(0), **character)


def test_wrong_size():
    with pytest.raises(PSFError, match="must be odd"):
        camera_shake_psf(np.random.default_rng(0), extent=5.0, size=8)
    with pytest.raises(PSFError, match="blurs up to 1025"):
        camera_shake_psf(np.random.default_rng(0), extent=5000.0)
