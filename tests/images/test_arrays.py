"""Arrays and Pillow images become images and come back as the same kind."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from PIL import Image

from unblur.errors import ArrayError
from unblur.images.arrays import as_image

SHAPES = [(5, 7), (5, 7, 1), (5, 7, 2), (5, 7, 3), (5, 7, 4)]
DTYPES = [np.uint8, np.uint16, np.uint32, np.float16, np.float32, np.float64, ">u2"]


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("dtype", DTYPES)
def test_round_trip_keeps_values_shape_and_type(shape, dtype):
    rng = np.random.default_rng(0)
    dtype = np.dtype(dtype)
    if dtype.kind == "u":
        # float32 holds 24 bits
        array = rng.integers(0, 2 ** min(8 * dtype.itemsize, 24), shape).astype(dtype)
    else:
        array = rng.random(shape).astype(np.float16).astype(dtype)
    array.setflags(write=False)
    image, restore = as_image(array)
    assert image.dtype == np.float32
    assert image.shape == (5, 7, 1 if len(shape) < 3 or shape[2] < 3 else 3)
    assert 0 <= image.min() <= image.max() <= 1
    back = restore(image)
    assert back.dtype == array.dtype
    assert back.shape == shape
    np.testing.assert_allclose(back.astype(float), array.astype(float), rtol=1e-6, atol=1)
    if dtype.itemsize < 4:
        np.testing.assert_array_equal(back, array)


@given(hnp.arrays(np.uint8, st.sampled_from(SHAPES)))
def test_alpha_is_untouched_whatever_the_result(array):
    image, restore = as_image(array)
    back = restore(1 - image)
    has_alpha = array.ndim == 3 and array.shape[2] in (2, 4)
    if has_alpha:
        np.testing.assert_array_equal(back[..., -1], array[..., -1])
        array, back = array[..., :-1], back[..., :-1]
    np.testing.assert_array_equal(back, 255 - array)


def test_integers_are_scaled_by_their_type_floats_never():
    assert as_image(np.full((2, 2), 1, np.uint8))[0].max() == np.float32(1 / 255)
    assert as_image(np.full((2, 2), 65535, np.uint16))[0].max() == 1
    assert as_image(np.full((2, 2), 200.0))[0].max() == 200


def test_results_are_clipped_for_integers_only():
    over = np.full((2, 2, 1), 1.5, np.float32)
    assert as_image(np.zeros((2, 2), np.uint8))[1](over).max() == 255
    assert as_image(np.zeros((2, 2), np.float32))[1](over).max() == 1.5


def test_the_image_is_read_only_and_a_later_change_does_not_reach_it():
    array = np.zeros((2, 2, 4), np.float32)
    image, restore = as_image(array)
    with pytest.raises(ValueError, match="read-only"):
        image[0] = 1
    array[:] = 1
    assert image.max() == 0
    assert restore(image).max() == 0


@pytest.mark.parametrize(
    "array",
    [
        np.zeros(3),
        np.zeros((2, 2, 5)),
        np.zeros((1, 2, 2, 3)),
        np.zeros((0, 3)),
        np.zeros((2, 0, 3)),
    ],
)
def test_other_shapes_are_refused(array):
    with pytest.raises(ArrayError):
        as_image(array)


@pytest.mark.parametrize("dtype", [np.int16, np.int64, bool, np.complex64, object])
def test_other_types_are_refused(dtype):
    with pytest.raises(ArrayError):
        as_image(np.zeros((2, 2), dtype))


@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_non_finite_values_are_refused(value):
    with pytest.raises(ArrayError, match="NaN"):
        as_image(np.full((2, 2), value))


def test_a_result_of_another_shape_is_refused():
    image, restore = as_image(np.zeros((4, 6, 3), np.uint8))
    with pytest.raises(ArrayError, match="shape"):
        restore(image[:, :3])


@pytest.mark.parametrize("mode", ["L", "LA", "RGB", "RGBA", "I;16", "F"])
def test_pillow_images_come_back_in_their_mode(mode):
    rng = np.random.default_rng(0)
    if mode == "I;16":
        picture = Image.fromarray(rng.integers(0, 65536, (5, 7), np.uint16))
    elif mode == "F":
        picture = Image.fromarray(rng.random((5, 7), np.float32))
    else:
        picture = Image.fromarray(rng.integers(0, 256, (5, 7, 4), np.uint8)).convert(mode)
    picture.info["icc_profile"] = b"profile"
    image, restore = as_image(picture)
    back = restore(image)
    assert (back.mode, back.size, back.info) == (mode, picture.size, picture.info)
    np.testing.assert_array_equal(np.asarray(back), np.asarray(picture))


def test_palettes_and_bilevel_are_expanded():
    picture = Image.fromarray(np.arange(48, dtype=np.uint8).reshape(4, 4, 3) * 5).quantize(16)
    image, restore = as_image(picture)
    assert restore(image).mode == "RGB"
    np.testing.assert_array_equal(np.asarray(restore(image)), np.asarray(picture.convert("RGB")))
    picture.info["transparency"] = 3
    restored = as_image(picture)[1](image)
    assert restored.mode == "RGBA"
    assert "transparency" not in restored.info
    assert np.asarray(restored)[..., 3].min() == 0
    image, restore = as_image(Image.new("1", (3, 2), 1))
    assert image.max() == 1
    assert restore(image).mode == "L"


@pytest.mark.parametrize("mode", ["CMYK", "LAB", "HSV", "YCbCr", "I"])
def test_other_modes_are_refused_with_the_way_out(mode):
    with pytest.raises(ArrayError, match="convert"):
        as_image(Image.new(mode, (3, 3)))
