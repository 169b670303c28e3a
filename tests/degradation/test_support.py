from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays
from scipy.spatial import distance

from unblur.degradation.shapes import disk_psf, gaussian_psf
from unblur.degradation.support import (
    MAX_SIZE,
    as_psf,
    centre_psf,
    centroid,
    correlation,
    enclosing_size,
    resize_psf,
    splat,
    trim_psf,
)
from unblur.errors import PSFError

masses = arrays.arrays(
    np.float64,
    arrays.array_shapes(min_dims=2, max_dims=2, max_side=9),
    elements=st.floats(0, 100),
).filter(lambda array: array.sum() > 1e-3)


@settings(deadline=None, max_examples=60)
@given(masses)
def test_as_psf_gives_an_odd_square_of_sum_one_with_the_origin_kept(array):
    psf = as_psf(array)
    size = psf.shape[0]
    assert psf.dtype == np.float32
    assert psf.shape == (size, size)
    assert size % 2 == 1
    assert size <= max(array.shape) + 1
    assert psf.min() >= 0
    assert psf.sum(dtype=np.float64) == pytest.approx(1, abs=1e-5)
    origin = array[array.shape[0] // 2, array.shape[1] // 2] / array.sum()
    assert psf[size // 2, size // 2] == pytest.approx(origin, abs=1e-6)


@settings(deadline=None, max_examples=60)
@given(masses)
def test_centre_psf_brings_the_centre_of_mass_to_the_middle(array):
    moved = centre_psf(array)
    assert centroid(moved) == pytest.approx((0, 0), abs=1e-3)
    assert moved.sum(dtype=np.float64) == pytest.approx(1, abs=1e-5)


def test_centre_psf_does_not_touch_a_centred_psf():
    psf = as_psf([[1, 2, 1], [2, 5, 2], [1, 2, 1]])
    np.testing.assert_array_equal(centre_psf(psf), psf)


def test_centre_psf_grows_the_array_rather_than_cutting_mass_off():
    array = np.zeros((5, 5))
    array[2, 0], array[2, 4] = 1, 9
    moved = centre_psf(array)
    assert moved.shape == (9, 9)
    assert np.flatnonzero(moved[4] > 0.03).tolist() == [0, 1, 4, 5]


def test_centroid_counts_right_and_up():
    array = np.zeros((5, 5))
    array[0, 3] = 1  # two rows above the origin, one column to its right
    assert centroid(array) == (1.0, 2.0)


@pytest.mark.parametrize(
    ("array", "reason"),
    [
        (np.ones(3), "two axes"),
        (np.ones((3, 3, 3)), "two axes"),
        (np.ones((0, 3)), "at least one pixel"),
        (np.array([[1, np.nan]]), "NaN"),
        (np.array([[1, np.inf]]), "NaN or infinite"),
        (np.array([[1, -0.1]]), "negative"),
        (np.zeros((3, 3)), "zero everywhere"),
        (np.array([["a"]]), "real numbers"),
        (np.array([[1j]]), "real numbers"),
        ([[1, 2], [3]], "array of numbers"),
    ],
)
def test_as_psf_refuses_what_is_no_psf(array, reason):
    with pytest.raises(PSFError, match=reason):
        as_psf(array)


def test_as_psf_neither_modifies_nor_shares_its_input():
    array = np.ones((3, 3), np.float32) / 9
    array.flags.writeable = False
    psf = as_psf(array)
    psf[0, 0] = 5
    assert array[0, 0] != 5


def test_resize_psf_pads_and_cuts_around_the_origin():
    psf = as_psf([[0, 1, 0], [2, 4, 0], [0, 1, 0]])
    wide = resize_psf(psf, 7)
    np.testing.assert_array_equal(wide[2:5, 2:5], psf)
    assert wide.sum() == pytest.approx(1)
    np.testing.assert_array_equal(resize_psf(wide, 3), psf)
    np.testing.assert_array_equal(resize_psf(psf, 1), [[1]])


@pytest.mark.parametrize("size", [0, 2, -3, 3.5, float("nan"), MAX_SIZE + 2])
def test_resize_psf_refuses_a_size_that_is_not_odd(size):
    with pytest.raises(PSFError, match="must be odd"):
        resize_psf([[1.0]], size)


def test_resize_psf_refuses_to_cut_everything_away():
    ring = np.ones((5, 5))
    ring[1:4, 1:4] = 0
    with pytest.raises(PSFError, match="nothing of the PSF is left"):
        resize_psf(ring, 3)


def test_trim_psf_keeps_the_origin():
    psf = np.zeros((9, 9), np.float32)
    psf[4, 4] = psf[4, 6] = 0.5
    np.testing.assert_array_equal(trim_psf(psf), psf[2:7, 2:7])


@settings(deadline=None, max_examples=60)
@given(
    st.lists(
        st.complex_numbers(max_magnitude=4, allow_nan=False, allow_infinity=False),
        min_size=1,
        max_size=20,
    )
)
def test_splat_keeps_the_centre_of_mass(points):
    points = np.array(points)
    expected = (points.real.mean(), points.imag.mean())
    assert centroid(splat(points, 11)) == pytest.approx(expected, abs=1e-4)


def test_splat_drops_what_lies_outside():
    psf = splat(np.array([0, 100, -100j, 3 + 0.5j]), 5)
    assert psf[2, 2] == 1
    half = splat(np.array([0, 2.5]), 5)  # the second point lies half on the last column
    assert half[2].tolist() == pytest.approx([0, 0, 2 / 3, 0, 1 / 3])


def test_enclosing_size_has_a_limit():
    assert [enclosing_size(reach) for reach in (-0.4, 0.0, 0.2, 1.0, 1.1)] == [1, 1, 3, 3, 5]
    with pytest.raises(PSFError, match="1e\\+300 px wide"):
        enclosing_size(0.5e300)


def test_correlation_is_that_of_the_pixels():
    one, other = disk_psf(3.0, size=15), gaussian_psf(2.0, size=15)
    wanted = 1 - distance.cosine(one.ravel(), other.ravel())
    assert correlation(one, other) == pytest.approx(wanted, abs=1e-6)
    assert correlation(one, one) == pytest.approx(1, abs=1e-6)
