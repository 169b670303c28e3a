"""The size of a PSF is found by restoring with it."""

from __future__ import annotations

import numpy as np
import pytest
from skimage import data

from unblur.degradation import (
    Degradation,
    delta_psf,
    disk_psf,
    gaussian_psf,
    motion_psf,
    resize_psf,
)
from unblur.evaluation.metrics import psf_similarity
from unblur.restoration.model import Model
from unblur.restoration.settling import settle_shape

NOISE = 0.004
TRUE, SMALL, LARGE = (
    [gaussian_psf(2.0 * size), disk_psf(3.5 * size), motion_psf(13 * size, 25)]
    for size in (1.0, 0.8, 1.25)
)


@pytest.fixture(scope="module")
def restorer():
    return Model.load("default", 2).restorer


def seen(psf, linear=True):
    scene = data.astronaut()[:, :, 1].astype(np.float32)[60:380, 60:380] / 255
    camera = Degradation(psf, boundary="valid", read_noise=NOISE, linear=linear)
    return camera.apply(scene, 0)


@pytest.mark.parametrize("wrong", [SMALL, LARGE], ids=["too small", "too large"])
@pytest.mark.parametrize("kind", range(3), ids=["gaussian", "defocus", "motion"])
def test_a_psf_of_a_wrong_size_comes_to_its_own(restorer, kind, wrong):
    true, guess = resize_psf(TRUE[kind], 33), resize_psf(wrong[kind], 33)
    found = settle_shape(seen(true), guess, NOISE, restorer)
    assert found.shape == guess.shape
    assert found.sum() == pytest.approx(1, abs=1e-5)
    assert psf_similarity(found, true) > max(0.98, psf_similarity(guess, true))


def test_light_and_stored_numbers_are_told_apart(restorer):
    true, guess = resize_psf(TRUE[2], 33), resize_psf(LARGE[2], 33)
    found = settle_shape(seen(true, linear=False), guess, NOISE, restorer, linear=False)
    assert psf_similarity(found, true) > 0.98


def test_an_estimate_with_noise_around_it_becomes_a_clean_shape(restorer):
    true = resize_psf(TRUE[2], 33)
    rough = true + np.random.default_rng(0).random(true.shape, np.float32) * 0.02 * true.max()
    found = settle_shape(seen(true), rough / rough.sum(), NOISE, restorer)
    assert (found > 0).sum() < 2 * (true > 0).sum()
    assert psf_similarity(found, true) > 0.98


def test_what_is_wrong_in_more_than_size_is_not_settled(restorer):
    guess = resize_psf(gaussian_psf(4.0), 33)
    assert settle_shape(seen(delta_psf(33)), guess, NOISE, restorer) is guess
