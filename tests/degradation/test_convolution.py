"""Convolution against scipy.ndimage, which computes it as a plain sum."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import fft, ndimage

from unblur.degradation import (
    as_psf,
    convolve,
    crop_valid,
    delta_psf,
    fast_shape,
    gaussian_psf,
    otf,
)
from unblur.errors import ArgumentError, ArrayError, PSFError

SCIPY_MODES = {"reflect": "reflect", "replicate": "nearest", "wrap": "wrap", "zero": "constant"}


def random_case(seed, shape, size):
    rng = np.random.default_rng(seed)
    return rng.random(shape, dtype=np.float32), as_psf(rng.random((size, size)) ** 4)


@pytest.mark.parametrize("boundary", SCIPY_MODES)
@pytest.mark.parametrize("shape", [(31, 40), (17, 64, 1), (24, 23, 3)])
@pytest.mark.parametrize("size", [1, 3, 9, 17])
def test_convolve_against_scipy_with_asymmetric_psfs(boundary, shape, size):
    image, psf = random_case(0, shape, size)
    kernel = psf.reshape(psf.shape + (1,) * (len(shape) - 2)).astype(np.float64)
    wanted = ndimage.convolve(image.astype(np.float64), kernel, mode=SCIPY_MODES[boundary])
    blurred = convolve(image, psf, boundary=boundary)
    assert blurred.dtype == np.float32
    np.testing.assert_allclose(blurred, wanted, atol=1e-6)


@pytest.mark.parametrize("boundary", SCIPY_MODES)
def test_a_psf_much_larger_than_the_image(boundary):
    # not larger: where a reflection ends a period, scipy 1.17 reads one pixel before the image
    image, psf = random_case(1, (5, 4), 29)
    wanted = ndimage.convolve(image.astype(float), psf.astype(float), mode=SCIPY_MODES[boundary])
    np.testing.assert_allclose(convolve(image, psf, boundary=boundary), wanted, atol=1e-6)


@settings(deadline=None, max_examples=30)
@given(st.integers(0, 1000), st.integers(9, 40), st.integers(9, 40), st.sampled_from([1, 3, 7, 9]))
def test_valid_needs_nothing_beyond_the_border(seed, height, width, size):
    image, psf = random_case(seed, (height, width, 3), size)
    valid = convolve(image, psf, boundary="valid")
    assert valid.shape == (height - size + 1, width - size + 1, 3)
    for boundary in SCIPY_MODES:
        whole = convolve(image, psf, boundary=boundary)
        np.testing.assert_allclose(crop_valid(whole, psf), valid, atol=1e-6)


def test_a_point_becomes_the_psf_itself():
    image = np.zeros((15, 15), np.float32)
    image[7, 7] = 1
    psf = random_case(2, (1, 1), 5)[1]
    np.testing.assert_allclose(convolve(image, psf)[5:10, 5:10], psf, atol=1e-6)


@pytest.mark.parametrize("boundary", ["reflect", "replicate", "wrap", "valid"])
def test_a_flat_image_stays_flat(boundary):
    blurred = convolve(np.full((20, 30, 3), 0.7), gaussian_psf(2.0), boundary=boundary)
    np.testing.assert_allclose(blurred, 0.7, atol=1e-6)


def test_reflection_and_wrapping_keep_the_mean():
    image, psf = random_case(3, (20, 30), 9)
    symmetric = (psf + psf[::-1]) / 2
    symmetric = (symmetric + symmetric[:, ::-1]) / 2
    assert convolve(image, symmetric, boundary="reflect").mean() == pytest.approx(image.mean())
    assert convolve(image, psf, boundary="wrap").mean() == pytest.approx(image.mean())


def test_inputs_may_be_read_only_strided_and_float64():
    image, psf = random_case(4, (24, 22, 3), 5)
    wanted = convolve(image, psf)
    for array in (image, psf):
        array.flags.writeable = False
    np.testing.assert_array_equal(convolve(image, psf), wanted)
    strided = np.repeat(image, 2, axis=1)[:, ::2].astype(np.float64)
    np.testing.assert_allclose(convolve(strided, psf), wanted, atol=1e-6)


def test_delta_changes_nothing():
    image = random_case(5, (11, 13, 3), 1)[0]
    for size in (1, 9):
        np.testing.assert_allclose(convolve(image, delta_psf(size)), image, atol=1e-6)


@pytest.mark.parametrize("shape", [(16, 16), (15, 21), (8, 33), (5, 4)])
@pytest.mark.parametrize("size", [1, 3, 7])
def test_otf_is_the_transform_of_a_circular_convolution(shape, size):
    image, psf = random_case(6, shape, size)
    transfer = otf(psf, shape)
    assert transfer.dtype == np.complex64
    assert transfer.shape == (shape[0], shape[1] // 2 + 1)
    blurred = fft.irfft2(fft.rfft2(image) * transfer, s=shape)
    np.testing.assert_allclose(blurred, convolve(image, psf, boundary="wrap"), atol=1e-6)


def test_otf_of_a_symmetric_psf_is_real():
    assert np.abs(otf(gaussian_psf(1.7), (40, 31)).imag).max() < 1e-6


@given(st.integers(1, 3000), st.integers(1, 3000))
def test_fast_shape_is_large_enough_and_not_wasteful(height, width):
    rows, columns = fast_shape((height, width))
    assert height <= rows <= 1.15 * height + 8
    assert width <= columns <= 1.15 * width + 8


@pytest.mark.parametrize(
    ("image", "reason"),
    [
        (np.zeros((4, 4), np.uint8), "must be float, not uint8"),
        (np.zeros(4), r"the shape \(H, W\)"),
        (np.zeros((4, 4, 3, 1)), r"the shape \(H, W\)"),
        (np.zeros((0, 4)), r"not \(0, 4\)"),
    ],
)
def test_wrong_images_are_refused(image, reason):
    with pytest.raises(ArrayError, match=reason):
        convolve(image, delta_psf())


@pytest.mark.parametrize("psf", [np.ones((3, 5)), np.ones((4, 4)), np.ones(3)])
def test_wrong_psfs_are_refused(psf):
    for call in (
        lambda: convolve(np.zeros((9, 9)), psf),
        lambda: otf(psf, (9, 9)),
        lambda: crop_valid(np.zeros((9, 9)), psf),
    ):
        with pytest.raises(PSFError, match="square with an odd size"):
            call()


def test_unknown_boundary():
    with pytest.raises(ArgumentError, match="unknown boundary 'mirror': use one of reflect"):
        convolve(np.zeros((9, 9)), delta_psf(), boundary="mirror")


def test_too_small_for_valid():
    with pytest.raises(ArrayError, match="another boundary than 'valid'"):
        convolve(np.zeros((9, 4)), delta_psf(5), boundary="valid")
    with pytest.raises(ArrayError, match="give a larger image"):
        crop_valid(np.zeros((9, 4)), delta_psf(5))
