"""Colour conversions against double precision, scikit-image and Pillow."""

from __future__ import annotations

import hashlib

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from skimage.color import rgb2gray

from unblur.errors import ArrayError
from unblur.images.color import (
    linear_to_srgb,
    luminance,
    srgb_to_linear,
    to_dtype,
    to_float,
)


def exact_decode(values: np.ndarray) -> np.ndarray:
    size = np.abs(values.astype(np.float64))
    linear = np.where(size <= 0.04045, size / 12.92, ((size + 0.055) / 1.055) ** 2.4)
    return np.copysign(linear, values)


def exact_encode(values: np.ndarray) -> np.ndarray:
    size = np.abs(values.astype(np.float64))
    with np.errstate(divide="ignore"):
        encoded = np.where(size <= 0.0031308, size * 12.92, 1.055 * size ** (1 / 2.4) - 0.055)
    return np.copysign(encoded, values)


GRID = np.linspace(0, 1, 300_001, dtype=np.float32)


@pytest.mark.parametrize(
    ("curve", "exact"), [(srgb_to_linear, exact_decode), (linear_to_srgb, exact_encode)]
)
class TestCurves:
    def test_matches_double_precision_in_range(self, curve, exact):
        assert np.abs(curve(GRID) - exact(GRID)).max() < 1e-6

    def test_matches_double_precision_far_outside(self, curve, exact):
        wide = np.concatenate([-GRID, GRID * 50])
        np.testing.assert_allclose(curve(wide), exact(wide), rtol=1e-5, atol=1e-6)

    def test_is_monotone(self, curve, exact):
        fine = np.linspace(-2, 2, 4001, dtype=np.float32)
        assert (np.diff(curve(fine)) > 0).all()

    def test_does_not_leave_the_range(self, curve, exact):
        assert (np.diff(curve(GRID)) >= 0).all()
        assert curve(GRID)[0] == 0
        assert 1 - 1e-6 < curve(GRID)[-1] <= 1

    def test_a_value_does_not_depend_on_those_beside_it(self, curve, exact):
        for others in (-GRID, GRID * 3, np.full_like(GRID, np.nan)):
            np.testing.assert_array_equal(curve(np.stack([GRID, others], 1))[:, 0], curve(GRID))

    def test_shape_type_and_input_are_kept(self, curve, exact):
        image = np.random.default_rng(0).random((7, 5, 3))[:, ::2]
        image.setflags(write=False)
        result = curve(image)
        assert result.shape == image.shape
        assert result.dtype == np.float32
        np.testing.assert_allclose(result, exact(image), atol=1e-6)

    def test_scalars_and_empty_arrays(self, curve, exact):
        assert curve(np.float64(1.0)).shape == ()
        assert curve(1.0) == pytest.approx(1.0, abs=1e-6)
        assert curve(np.empty((0, 3))).shape == (0, 3)

    def test_non_finite_values_pass(self, curve, exact):
        result = curve(np.array([np.nan, np.inf, -np.inf]))
        np.testing.assert_array_equal(result, [np.nan, np.inf, -np.inf])

    def test_integers_are_refused(self, curve, exact):
        with pytest.raises(ArrayError, match="to_float"):
            curve(np.array([0, 255], np.uint8))


@pytest.mark.parametrize(
    ("curve", "digest"),
    [(srgb_to_linear, "0613a4f0b9111512"), (linear_to_srgb, "61e01b555dcf094f")],
)
def test_curves_are_the_same_bit_for_bit_on_every_processor(curve, digest):
    assert hashlib.blake2b(curve(GRID).astype("<f4"), digest_size=8).hexdigest() == digest


@given(hnp.arrays(np.float32, 20, elements=st.floats(-4, 4, width=32)))
def test_curves_are_inverse(values):
    np.testing.assert_allclose(linear_to_srgb(srgb_to_linear(values)), values, atol=3e-6)


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
def test_every_code_survives_the_round_trip(dtype):
    codes = np.arange(np.iinfo(dtype).max + 1, dtype=dtype)
    np.testing.assert_array_equal(to_dtype(to_float(codes), dtype), codes)
    there = linear_to_srgb(srgb_to_linear(to_float(codes)))
    np.testing.assert_array_equal(to_dtype(there, dtype), codes)


def test_to_float_uses_the_range_of_the_type():
    assert to_float(np.array([1], np.uint8))[0] == np.float32(1 / 255)
    assert to_float(np.array([65535], np.uint16))[0] == 1
    assert to_float(np.array([2**32 - 1], np.uint32))[0] == 1
    assert to_float(np.array([7.5], np.float64))[0] == 7.5
    assert to_float(np.array([True])).tolist() == [1.0]


@pytest.mark.parametrize("dtype", [np.int16, np.int64, np.uint64, np.complex64])
def test_types_without_a_range_are_refused(dtype):
    with pytest.raises(ArrayError, match="no agreed range"):
        to_float(np.zeros(3, dtype))
    with pytest.raises(ArrayError, match="no agreed range"):
        to_dtype(np.zeros(3), dtype)


@given(hnp.arrays(np.float32, 20, elements=st.floats(-1, 2, width=32)))
@pytest.mark.parametrize("dtype", [np.uint8, np.uint16, np.uint32])
def test_to_dtype_rounds_and_clips(dtype, values):
    top = np.iinfo(dtype).max
    expected = np.clip(values.astype(np.float64) * top, 0, top)
    result = to_dtype(values, dtype)
    assert result.dtype == dtype
    # half a step, and the rounding of the float32 product
    assert np.abs(result - expected).max() <= 0.5 + (0.01 if top < 2**20 else 0)


def test_to_dtype_of_nan_bool_and_float():
    assert to_dtype(np.array([np.nan, 0.5]), np.uint8).tolist() == [0, 128]
    assert to_dtype(np.array([0.4, 0.6]), bool).tolist() == [False, True]
    assert to_dtype(np.array([-3.0, 7.0]), np.float32).tolist() == [-3.0, 7.0]


def test_to_float_returns_a_new_array():
    image = np.zeros((2, 2), np.float32)
    assert not np.shares_memory(to_float(image), image)
    assert not np.shares_memory(to_dtype(image, np.float32), image)
    assert not np.shares_memory(luminance(image), image)


def test_luminance_matches_scikit_image():
    image = np.random.default_rng(0).random((6, 7, 3), dtype=np.float32)
    # scikit-image's weights are the same to three digits
    np.testing.assert_allclose(luminance(image), rgb2gray(image), atol=1e-3)
    assert luminance(np.ones((2, 2, 3))).tolist() == [[1, 1], [1, 1]]


def test_luminance_of_grey_is_the_channel():
    image = np.random.default_rng(0).random((6, 7), dtype=np.float32)
    np.testing.assert_array_equal(luminance(image), image)
    np.testing.assert_array_equal(luminance(image[:, :, None]), image)
    with pytest.raises(ArrayError, match="3, 4"):
        luminance(np.zeros((3, 3, 4)))
