"""A picture contradicts a PSF that forbids what it holds."""

from __future__ import annotations

import numpy as np
import pytest
from skimage import data

from unblur.degradation import Degradation, delta_psf, gaussian_psf, motion_psf, resize_psf
from unblur.restoration.evidence import Evidence
from unblur.restoration.model import Model
from unblur.restoration.tile import TileRestorer

NOISE = 0.005


@pytest.fixture(scope="module")
def scene():
    return data.camera().astype(np.float32) / 255


def luma_of(scene, psf):
    return Degradation(psf, boundary="valid", read_noise=NOISE).apply(scene, 0)


@pytest.mark.parametrize("psf", [gaussian_psf(2.0), motion_psf(12, 40)])
def test_the_true_psf_is_not_contradicted(scene, psf):
    assert Evidence(luma_of(scene, psf), NOISE).contradiction(psf) < 0.7


def test_a_sharp_picture_contradicts_a_blur(scene):
    assert Evidence(luma_of(scene, delta_psf(3)), NOISE).contradiction(gaussian_psf(2.5)) > 1


def test_a_motion_contradicts_the_motion_across_it(scene):
    blurred = luma_of(scene, motion_psf(12, 40))
    assert Evidence(blurred, NOISE).contradiction(motion_psf(12, 130)) > 1


def test_a_sharp_part_contradicts_the_blur_of_the_rest(scene):
    true = motion_psf(12, 40)
    mixed = luma_of(scene, true)
    corner = mixed.shape[0] // 2
    mixed[:corner, :corner] = luma_of(scene, delta_psf(13))[:corner, :corner]
    evidence = Evidence(mixed, NOISE)
    assert evidence.worst_contradiction(true) > evidence.contradiction(true)
    assert evidence.worst_contradiction(true) > 1


@pytest.mark.parametrize("psf", [gaussian_psf(2.0), motion_psf(12, 40)])
def test_no_part_contradicts_the_true_psf(scene, psf):
    assert Evidence(luma_of(scene, psf), NOISE).worst_contradiction(psf) < 0.9


def test_a_part_of_fine_lines_does_not_contradict_the_true_psf(scene):
    lined = scene.copy()
    rows, columns = np.mgrid[:256, :256]
    lines = (rows + columns) % 40 < 3
    lined[:256, :256] = np.where(lines | ((rows - columns) % 40 < 3), 0.1, 0.9)
    true = gaussian_psf(2.5)
    assert Evidence(luma_of(lined, true), NOISE).worst_contradiction(true) < 0.9


def test_parts_too_small_to_tell_are_not_asked(scene):
    blurred = luma_of(scene, motion_psf(12, 40))[:200, :200]
    evidence = Evidence(blurred, NOISE)
    assert evidence.worst_contradiction(gaussian_psf(3)) == evidence.contradiction(gaussian_psf(3))


def test_no_blur_forbids_nothing(scene):
    assert Evidence(scene, NOISE).contradiction(resize_psf(delta_psf(), 33)) == 0


@pytest.mark.parametrize("wrong", [motion_psf(15, 120), gaussian_psf(4.0), delta_psf(15)])
def test_what_the_true_psf_restores_is_the_likelier_picture(scene, wrong):
    blurred, restorer = luma_of(scene, motion_psf(15, 30)), Model.load("default", 1).restorer
    true = Evidence(blurred, NOISE).trial(motion_psf(15, 30), restorer).implausibility
    assert true < Evidence(blurred, NOISE).trial(wrong, restorer).implausibility


def test_restorations_are_compared_where_the_blur_happened(scene):
    true, restorer = motion_psf(15, 30), Model.load("default", 1).restorer
    blurred = Degradation(true, linear=False, boundary="valid", read_noise=NOISE).apply(scene, 0)
    evidence = Evidence(blurred, NOISE)

    def implausibility(psf, *, linear):
        return evidence.trial(psf, restorer, linear=linear).implausibility

    encoded = implausibility(true, linear=False)
    assert encoded < implausibility(true, linear=True)
    assert encoded < implausibility(motion_psf(15, 120), linear=False)


def test_the_true_psf_explains_the_picture(scene):
    true, restorer = gaussian_psf(2.0), Model.load("default", 1).restorer
    evidence = Evidence(luma_of(scene, true), NOISE)
    assert evidence.trial(true, restorer).left < 0.2
    assert evidence.trial(motion_psf(15, 30), restorer).left > 0.5


def test_a_flat_picture_has_a_finite_implausibility(candidate):
    flat = np.full((64, 64), 0.5, np.float32)
    restorer = TileRestorer(candidate(3), candidate(3))
    assert np.isfinite(Evidence(flat, 0.0).trial(gaussian_psf(2.0), restorer).implausibility)
