from __future__ import annotations

import io
import math

import numpy as np
import pytest
from PIL import Image, JpegImagePlugin

from unblur.degradation import convolve, gaussian_psf, jpeg_roundtrip, quantise
from unblur.errors import ArgumentError, ArrayError


@pytest.fixture(scope="module")
def picture():
    noise = np.random.default_rng(0).random((61, 83, 3), dtype=np.float32)
    smooth = convolve(noise, gaussian_psf(2.0))
    return np.clip(0.5 + 3 * (smooth - 0.5), 0, 1)


@pytest.mark.parametrize("quality", [30, 75, 95])
@pytest.mark.parametrize("subsampling", ["4:4:4", "4:2:2", "4:2:0"])
def test_jpeg_against_pillow(picture, quality, subsampling):
    pixels = np.floor(picture * 255 + 0.5).astype(np.uint8)
    stored = io.BytesIO()
    Image.fromarray(pixels).save(stored, "JPEG", quality=quality, subsampling=subsampling)
    with Image.open(stored) as reopened:
        names = ["4:4:4", "4:2:2", "4:2:0"]
        assert names[JpegImagePlugin.get_sampling(reopened)] == subsampling
        wanted = np.asarray(reopened) / np.float32(255)
    result = jpeg_roundtrip(picture, quality, subsampling=subsampling)
    np.testing.assert_allclose(result, wanted, atol=1e-6)


@pytest.mark.parametrize("shape", [(61, 83), (61, 83, 1)])
def test_grey_keeps_its_shape(picture, shape):
    grey = picture[:, :, 0].reshape(shape)
    result = jpeg_roundtrip(grey, 95)
    assert result.shape == shape
    assert result.dtype == np.float32
    assert np.abs(result - grey).mean() < 0.01


def test_better_quality_is_closer(picture):
    errors = [np.abs(jpeg_roundtrip(picture, q) - picture).mean() for q in (10, 50, 90, 100)]
    assert errors == sorted(errors, reverse=True)


def test_values_beyond_the_range_are_clipped():
    assert jpeg_roundtrip(np.full((8, 8), 1.7), 95).max() == 1
    assert jpeg_roundtrip(np.full((8, 8), -1.7), 95).min() == 0


def test_inputs_stay_untouched(picture):
    image = picture.copy()
    image.flags.writeable = False
    jpeg_roundtrip(image, 80)
    quantise(image)
    np.testing.assert_array_equal(image, picture)


@pytest.mark.parametrize("quality", [0, 101, 75.5, math.nan, -3])
def test_wrong_quality(quality):
    with pytest.raises(ArgumentError, match=r"whole number in 1\.\.100"):
        jpeg_roundtrip(np.zeros((8, 8)), quality)


def test_wrong_subsampling_and_channels():
    with pytest.raises(ArgumentError, match="unknown JPEG subsampling '4:1:1'"):
        jpeg_roundtrip(np.zeros((8, 8, 3)), 90, subsampling="4:1:1")
    with pytest.raises(ArrayError, match="one or three channels"):
        jpeg_roundtrip(np.zeros((8, 8, 4)), 90)


@pytest.mark.parametrize("bits", [1, 4, 8, 12, 16])
def test_quantise_rounds_to_the_nearest_step(bits):
    values = np.random.default_rng(0).uniform(-0.2, 1.2, (50, 50)).astype(np.float32)
    rounded = quantise(values, bits)
    assert rounded.dtype == np.float32
    assert np.abs(rounded - np.clip(values, 0, 1)).max() <= 0.5 / (2**bits - 1) + 1e-6
    steps = rounded.astype(np.float64) * (2**bits - 1)
    np.testing.assert_allclose(steps, np.rint(steps), atol=1e-2)
    np.testing.assert_array_equal(quantise(rounded, bits), rounded)


def test_quantise_gives_exactly_what_a_file_gives_back():
    codes = np.arange(256, dtype=np.uint8).reshape(16, 16)
    np.testing.assert_array_equal(quantise(codes / 255.0), codes / np.float32(255))


@pytest.mark.parametrize("bits", [0, 17, 2.5, math.nan])
def test_wrong_bits(bits):
    with pytest.raises(ArgumentError, match=r"whole number in 1\.\.16"):
        quantise(np.zeros((3, 3)), bits)
