"""A photo checks its parts and changes its pixels without touching the rest."""

from __future__ import annotations

import numpy as np
import pytest

from unblur.errors import ArrayError
from unblur.images.photo import Metadata, Photo


def test_sizes():
    photo = Photo(np.zeros((4, 6, 3), np.uint8))
    assert (photo.height, photo.width) == (4, 6)


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16, np.float32])
@pytest.mark.parametrize("channels", [1, 3])
def test_image_and_back(dtype, channels, rng):
    pixels = (rng.random((4, 6, channels)) * (255 if dtype == np.uint8 else 1)).astype(dtype)
    pixels.setflags(write=False)
    photo = Photo(pixels, metadata=Metadata(dpi=(72, 72)), notes=("a",))
    image = photo.to_image()
    assert image.dtype == np.float32
    again = photo.with_pixels(image)
    np.testing.assert_array_equal(again.pixels, pixels)
    assert again.pixels.dtype == dtype
    assert (again.metadata, again.notes) == (photo.metadata, photo.notes)


def test_float_pixels_are_not_clipped():
    photo = Photo(np.array([[[-1.0], [5.0]]], np.float32))
    assert photo.to_image().tolist() == [[[-1.0], [5.0]]]
    assert photo.with_pixels(photo.pixels.astype(np.float64)).pixels.max() == 5


def test_pixels_of_the_same_type_are_taken_as_they_are():
    pixels = np.full((2, 2, 1), 7, np.uint8)
    assert Photo(np.zeros((2, 2, 1), np.uint8)).with_pixels(pixels).pixels is pixels


def test_depth_changes_range_to_range():
    photo = Photo(np.full((1, 1, 3), 255, np.uint8), np.full((1, 1), 128, np.uint8))
    deep = photo.as_dtype(np.uint16)
    assert deep.pixels.max() == 65535
    assert deep.alpha.max() == 128 * 257
    assert photo.as_dtype(np.uint8) is photo


@pytest.mark.parametrize(
    "pixels",
    [
        np.zeros((4, 6), np.uint8),
        np.zeros((4, 6, 4), np.uint8),
        np.zeros((0, 6, 3), np.uint8),
        np.zeros((4, 6, 3), np.float64),
        np.zeros((4, 6, 3), np.int16),
    ],
)
def test_other_pixels_are_refused(pixels):
    with pytest.raises(ArrayError, match="pixels must be"):
        Photo(pixels)


@pytest.mark.parametrize("alpha", [np.zeros((4, 5), np.uint8), np.zeros((4, 6), np.uint16)])
def test_alpha_must_fit(alpha):
    with pytest.raises(ArrayError, match="alpha"):
        Photo(np.zeros((4, 6, 3), np.uint8), alpha)


def test_new_pixels_must_fit():
    photo = Photo(np.zeros((4, 6, 3), np.uint8))
    with pytest.raises(ArrayError, match="must be"):
        photo.with_pixels(np.zeros((4, 6, 1), np.float32))
    with pytest.raises(ArrayError, match="float"):
        photo.with_pixels(np.zeros((4, 6, 3), np.uint16))
