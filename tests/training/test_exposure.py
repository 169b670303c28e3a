"""Exposures of moving layers, against shifts and convolutions computed otherwise."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import ndimage
from skimage.transform import SimilarityTransform, warp

from unblur.training.exposure import MARGIN, Layer, Motion, expose

INNER = slice(MARGIN, -MARGIN)


@pytest.fixture(scope="module")
def light():
    """A smooth picture, which interpolation hardly changes."""
    noise = np.random.default_rng(2).random((92, 100, 3))
    smooth = ndimage.gaussian_filter(noise, (3, 3, 0))
    return ((smooth - smooth.min()) / np.ptp(smooth)).astype(np.float32)


def moves(*shift, turn=None, centre=0j):
    path = np.array(shift, complex)
    turned = np.zeros(len(path), complex) if turn is None else np.array(turn, complex)
    return Motion(path, turned, centre)


def inner(picture):
    return picture[INNER, INNER]


def test_the_middle_of_the_exposure_is_the_scene_as_it_is(light):
    _, sharp = expose([Layer(light, moves(-7, -2j, 0, 5 + 1j, 9))])
    assert np.array_equal(sharp, inner(light))


def test_whole_pixels_of_shift_are_a_convolution(light):
    path = (-4, -2 + 1j, 0, 3, 6 - 2j)
    blurred, _ = expose([Layer(light, moves(*path))])
    shifted = [np.roll(light, (-int(z.imag), -int(z.real)), (0, 1)) for z in map(complex, path)]
    np.testing.assert_allclose(blurred, inner(np.mean(shifted, 0)), atol=2e-5)


@given(angle=st.floats(-0.1, 0.1), zoom=st.floats(-0.1, 0.1))
def test_a_turn_is_a_rotation_with_a_zoom_about_its_centre(light, angle, zoom):
    factor = (1 + zoom) * np.exp(1j * angle)
    centre = 6 - 4j
    motion = moves(0, 0, 0, turn=[factor - 1, 0, 0], centre=centre)
    blurred, sharp = expose([Layer(light, motion)])
    middle = np.array([(100 - 1) / 2 + centre.real, (92 - 1) / 2 + centre.imag])
    around = (
        SimilarityTransform(translation=-middle)
        + SimilarityTransform(scale=1 + zoom, rotation=angle)
        + SimilarityTransform(translation=middle)
    )
    turned = warp(light, around, order=1, mode="reflect")
    np.testing.assert_allclose(3 * blurred - 2 * sharp, inner(turned), atol=2e-3)


def test_what_is_nearer_shifts_more(light):
    near = np.ones(light.shape[:2], np.float32)
    near[:, 50:] = 2
    blurred, _ = expose([Layer(light, moves(-3, 0, 3), nearness=near)])
    once, _ = expose([Layer(light, moves(-3, 0, 3))])
    twice, _ = expose([Layer(light, moves(-6, 0, 6))])
    split = 50 - MARGIN
    np.testing.assert_allclose(blurred[:, :split], once[:, :split], atol=1e-6)
    np.testing.assert_allclose(blurred[:, split:], twice[:, split:], atol=1e-6)


def test_an_object_hides_what_is_behind_and_mixes_where_it_moves(light):
    cover = np.zeros((*light.shape[:2], 1), np.float32)
    cover[40:60, 40:60] = 1
    white = np.ones_like(light)
    still = moves(0, 0, 0)
    blurred, sharp = expose([Layer(0 * light, still), Layer(white, moves(-10, 0, 10), cover)])
    row = blurred[50 - MARGIN, :, 0]
    assert sharp[50 - MARGIN, 40 - MARGIN : 60 - MARGIN, 0].min() == 1
    wanted = np.zeros(100)
    for start in (30, 40, 50):
        wanted[start : start + 20] += 1 / 3
    np.testing.assert_allclose(row, wanted[INNER], atol=1e-5)


def test_light_is_neither_made_nor_lost():
    even = np.full((80, 80, 1), 0.3, np.float32)
    motion = moves(-9 + 4j, 0, 7j, turn=[0.02j, 0, 0.01], centre=90j)
    blurred, _ = expose([Layer(even, motion)])
    np.testing.assert_allclose(blurred, 0.3, atol=1e-6)


def test_inputs_are_left_as_they_are(light):
    before = light.copy()
    expose([Layer(light, moves(-2, 0, 2)), Layer(light, moves(1, 0, 1j), light[..., :1])])
    assert np.array_equal(light, before)
