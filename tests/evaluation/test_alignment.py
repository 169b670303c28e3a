"""Alignment against shifts made by the Fourier shift theorem."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.ndimage import fourier_shift, gaussian_filter
from skimage.registration import phase_cross_correlation

from unblur.errors import ArgumentError, ArrayError
from unblur.evaluation.alignment import align, best_shift_psnr, error_ratio
from unblur.evaluation.metrics import psnr

QUARTERS = st.integers(-20, 20).map(lambda number: number / 4)


def scene(shape=(64, 72, 3), sigma=1.0):
    rng = np.random.default_rng(5)
    noise = rng.normal(size=shape)
    smooth = gaussian_filter(noise, (sigma, sigma, 0)[: len(shape)], mode="wrap")
    return ((smooth - smooth.min()) / np.ptp(smooth)).astype(np.float32)


def moved(image, shift):
    planes = image.reshape(*image.shape[:2], -1)
    spectra = (fourier_shift(np.fft.fft2(plane), shift) for plane in np.moveaxis(planes, -1, 0))
    return np.stack([np.fft.ifft2(s).real for s in spectra], axis=-1).reshape(image.shape)


@settings(deadline=None, max_examples=25)
@given(QUARTERS, QUARTERS)
def test_quarter_pixel_shifts_are_found_and_undone(down, right):
    sharp = scene()
    shifted = moved(sharp, (down, right))
    aligned = align(shifted, sharp)
    assert aligned.shift == (down, right)
    assert psnr(aligned.image, aligned.reference) > 45


def test_shift_agrees_with_scikit_image():
    sharp = scene((64, 72))
    shifted = moved(sharp, (3.25, -1.5))
    expected, *_ = phase_cross_correlation(shifted, sharp, upsample_factor=4)
    assert align(shifted, sharp).shift == tuple(expected)


def test_window_does_not_depend_on_the_shift():
    sharp = scene()
    windows = [align(moved(sharp, shift), sharp) for shift in [(0, 0), (2.5, -3.75), (-5, 5)]]
    for window in windows:
        assert window.image.shape == (54, 62, 3)
        np.testing.assert_array_equal(window.reference, sharp[5:-5, 5:-5])


def test_aligned_picture_is_not_interpolated_without_a_reason():
    sharp = scene()
    noisy = sharp + np.random.default_rng(0).normal(0, 0.02, sharp.shape)
    aligned = align(noisy, sharp)
    assert aligned.shift == (0, 0)
    np.testing.assert_array_equal(aligned.image, noisy[5:-5, 5:-5])


def test_interpolation_does_not_hide_noise():
    """A linear interpolation would halve the noise of a half-pixel shift, this one must not."""
    sharp = scene(sigma=2.0)
    noise = np.random.default_rng(0).normal(0, 0.02, sharp.shape)
    whole = best_shift_psnr(moved(sharp, (2, 2)) + noise, sharp)
    half = best_shift_psnr(moved(sharp, (2.5, 1.5)) + noise, sharp)
    assert half == pytest.approx(whole, abs=1.0)


def test_shifts_beyond_the_limit_are_not_undone():
    sharp = scene()
    assert max(map(abs, align(moved(sharp, (7, 0)), sharp).shift)) <= 5
    assert align(moved(sharp, (7, 0)), sharp, max_shift=8).shift == (7, 0)
    assert align(moved(sharp, (1, 0)), sharp, max_shift=0).shift == (0, 0)


def test_best_shift_never_lowers_the_score_of_the_same_window():
    sharp = scene((40, 40))
    blurred = gaussian_filter(sharp, 1.5)
    assert best_shift_psnr(blurred, sharp) >= psnr(blurred[5:-5, 5:-5], sharp[5:-5, 5:-5])


def test_error_ratio_of_equal_and_of_shifted_results_is_one():
    sharp = scene()
    known = sharp + 0.01
    assert error_ratio(known, known, sharp) == 1
    assert error_ratio(np.roll(known, 2, axis=0), known, sharp) == pytest.approx(1)
    assert error_ratio(sharp, sharp, sharp) == 1
    assert error_ratio(known, sharp, sharp) == float("inf")


def test_arguments_that_make_no_sense_are_refused():
    sharp = scene((12, 12))
    with pytest.raises(ArgumentError, match="-1"):
        align(sharp, sharp, max_shift=-1)
    with pytest.raises(ArrayError, match="too small"):
        align(sharp, sharp, max_shift=6)
    with pytest.raises(ArrayError, match="shapes"):
        align(sharp, sharp[:-1])
