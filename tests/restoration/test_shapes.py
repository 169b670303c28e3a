"""First estimates brought to their exact shape."""

from __future__ import annotations

import numpy as np
import pytest
from skimage import data

from unblur.degradation import Degradation, camera_shake_psf, disk_psf, gaussian_psf, motion_psf
from unblur.degradation.support import correlation, resize_psf
from unblur.restoration.evidence import Evidence, Trial
from unblur.restoration.model import Model
from unblur.restoration.shapes import exact_round, explains, shape_psf

NOISE = 0.005


@pytest.fixture(scope="module")
def model():
    return Model.load("default", 1)


def luma(psf, noise=NOISE) -> np.ndarray:
    scene = data.camera()[..., None].astype(np.float32) / 255
    return Degradation(psf, boundary="valid", read_noise=noise).apply(scene, 1)[..., 0]


@pytest.mark.parametrize(
    ("true", "rough"),
    [
        (gaussian_psf(2.0), disk_psf(3.2)),
        (disk_psf(4.0), gaussian_psf(2.6)),
        (motion_psf(14, 40), motion_psf(12, 48)),
    ],
    ids=["gaussian", "defocus", "motion"],
)
def test_a_rough_estimate_becomes_the_true_shape(model, true, rough):
    window, true, rough = luma(true), resize_psf(true, 33), resize_psf(rough, 33)
    found = shape_psf([window], rough, Evidence(window, NOISE), NOISE, model)
    assert correlation(found.psf, true) > 0.98 > correlation(rough, true)
    assert found.plain


def test_a_shake_is_not_made_a_simple_shape(model):
    shake = resize_psf(camera_shake_psf(np.random.default_rng(5), extent=17), 33)
    window = luma(shake)
    found = shape_psf([window], shake, Evidence(window, NOISE), NOISE, model)
    assert correlation(found.psf, shake) > 0.9
    assert not found.plain


def test_a_sharp_core_of_a_wide_blur_is_not_taken_for_all_of_it(model):
    wide, core = (resize_psf(gaussian_psf(sigma), 33) for sigma in (3.0, 0.9))
    noise, rough = 0.001, resize_psf(gaussian_psf(2.4), 33)
    window = luma(0.75 * wide + 0.25 * core, noise)
    told = exact_round([window], 33)
    assert told is not None
    assert correlation(told, core) > 0.95  # rings are at high frequencies, where the core rules
    found = shape_psf([window], rough, Evidence(window, noise), noise, model)
    assert correlation(found.psf, wide) > 0.9 > correlation(told, wide)


def test_a_sharp_picture_has_no_round_blur():
    assert exact_round([data.camera().astype(np.float32) / 255], 33) is None


@pytest.mark.parametrize(
    ("psf", "left", "noise", "enough"),
    [
        (gaussian_psf(2.0), 0.15, 0.005, True),
        (gaussian_psf(2.0), 0.25, 0.005, False),
        (gaussian_psf(2.0), 0.15, 0.05, False),  # noise hides what is unexplained
        (motion_psf(12, 40), 0.14, 0.005, True),
        (motion_psf(3, 40), 0.14, 0.005, False),
        (camera_shake_psf(np.random.default_rng(5), extent=17), 0.01, 0.005, False),
    ],
)
def test_a_simple_shape_that_leaves_little_explains_a_picture(psf, left, noise, enough):
    assert explains(psf, Trial(left, 0.05, -1.0), noise) is enough
