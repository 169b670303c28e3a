"""The blur of a whole picture, and of its tiles."""

from __future__ import annotations

from itertools import chain, repeat

import numpy as np
import pytest
from skimage import data

from unblur.degradation import (
    Degradation,
    camera_shake_psf,
    delta_psf,
    disk_psf,
    gaussian_psf,
    motion_psf,
    resize_psf,
)
from unblur.estimation.describe import describe_psf
from unblur.evaluation.metrics import psf_similarity
from unblur.restoration import field as field_of_a_picture
from unblur.restoration.field import BlurField, find_blur
from unblur.restoration.hypotheses import Found
from unblur.restoration.model import Model


class FixedEstimator:
    """Answers from a list, the last one for ever, and counts what it was asked."""

    size = 33

    def __init__(self, *answers):
        self.answers = [resize_psf(psf, 33) for psf in answers]
        self.windows = []

    def estimate(self, windows, *, start=None, octaves=None):
        self.windows.append([window.shape for window in windows])
        return self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]


class FirstSoft:
    """What is asked first, for the octave, is answered by another estimator."""

    def __init__(self, real, first):
        self.size, self.real, self.first = real.size, real, first

    def estimate(self, windows, **settings):
        asked, self.first = self.first or self.real, None
        return asked.estimate(windows, **settings)


WIDE = np.full((33, 33), 1 / 33**2, np.float32)


def test_a_given_psf_is_taken_as_it_is(cat):
    psf = gaussian_psf(2.0)
    field = find_blur(cat, psf, Model(FixedEstimator(WIDE), None, 1))
    assert field.psf is psf
    assert (field.octave, field.local) == (0, False)


@pytest.mark.parametrize(
    ("psf", "octave"),
    [(disk_psf(5.0), 0), (disk_psf(11.0), 1), (disk_psf(24.0), 2), (motion_psf(40, 30), 1)],
)
def test_a_blur_wider_than_the_support_is_met_on_a_smaller_copy(psf, octave):
    scene = data.astronaut().astype(np.float32) / 255
    blurred = Degradation(psf, boundary="valid").apply(scene, 0)
    field = find_blur(blurred, None, Model.load("default", 1))
    extent = describe_psf(field.psf).extent * 2**field.octave
    assert field.octave == octave
    assert extent == pytest.approx(describe_psf(psf).extent, rel=0.35)


def test_a_long_shake_that_looks_soft_on_a_small_copy_is_found_at_full_size():
    psf = camera_shake_psf(np.random.default_rng(11), extent=25.0, size=33)
    scene = data.astronaut().astype(np.float32) / 255
    blurred = Degradation(psf, boundary="valid", read_noise=0.004).apply(scene, 0)
    soft, model = FixedEstimator(gaussian_psf(3.0)), Model.load("default", 1)  # 28 px at a quarter
    estimator = FirstSoft(model.estimator, soft)
    field = find_blur(blurred, None, Model(estimator, model.restorer, 1))
    assert (field.octave, field.local) == (0, False)
    assert psf_similarity(field.psf, psf) > 0.8


def test_a_small_picture_stops_at_the_octave_that_still_holds_the_support():
    noise = np.random.default_rng(0).integers(0, 255, (60, 60, 3)).astype(np.uint8)
    field = find_blur(noise, None, Model(FixedEstimator(WIDE), None, 1))
    assert field.octave == 0


def test_what_the_smallest_copy_says_is_asked_again_where_it_points():
    noise = np.random.default_rng(0).integers(0, 255, (600, 600, 3)).astype(np.uint8)
    estimator = FixedEstimator(disk_psf(3.0), gaussian_psf(1.5))  # 24 px wide, then only 7
    field = find_blur(noise, None, Model(estimator, Model.load("default", 1).restorer, 1))
    assert [windows[0] for windows in estimator.windows[:2]] == [(150, 150), (300, 300)]
    assert field.octave == 0


@pytest.mark.parametrize(("own", "kept"), [(2.2, True), (4.0, False)])
def test_a_tile_has_a_psf_of_its_own_where_that_is_plainly_another(cat, own, kept):
    field = BlurField(resize_psf(gaussian_psf(2.0), 33), local=True)
    psf = field.psf_of(cat, FixedEstimator(gaussian_psf(own)))
    assert (psf is field.psf) == kept


def test_flat_tiles_take_the_psf_of_the_picture_and_detailed_ones_their_own(cat):
    own = FixedEstimator(delta_psf())
    field = BlurField(resize_psf(gaussian_psf(2.0), 33), local=True)
    flat = field.psf_of(np.full((64, 64, 3), 0.5, np.float32), own)
    np.testing.assert_allclose(flat, field.psf, atol=1e-6)
    noise = np.random.default_rng(0).random((64, 64, 3), np.float32)
    assert field.psf_of(noise, own).max() > 0.95
    assert abs(float(field.psf_of(cat, own).sum()) - 1) < 1e-5


def test_a_single_tile_needs_no_refinement():
    field = BlurField(gaussian_psf(1.0), local=True)
    assert field.for_tiles(2).local
    assert not field.for_tiles(1).local


@pytest.mark.parametrize("level", [0, 117, 255])
def test_a_flat_picture_says_nothing_of_its_blur(level):
    flat = np.full((300, 200, 3), level, np.uint8)
    field = find_blur(flat, None, Model(FixedEstimator(WIDE), None, 1))
    assert field.psf.max() == 1


@pytest.mark.parametrize(
    ("psf", "learned", "trust"),
    [
        (gaussian_psf(0.8), False, 0),
        (gaussian_psf(0.8), True, 1),
        (gaussian_psf(1.3), False, 1),
        (gaussian_psf(2.0), False, 1),
        (motion_psf(9, 20), False, 1),
    ],
)
def test_a_speck_found_by_turns_is_no_blur(cat, monkeypatch, psf, learned, trust):
    found = Found(resize_psf(psf, 33), 0.0, learned)
    monkeypatch.setattr(field_of_a_picture, "estimate_psf", lambda *_, **__: found)
    assert find_blur(cat, None, Model.load("default", 1)).trust == trust


def test_a_blur_that_does_not_fit_whole_stays_on_the_smaller_copy(monkeypatch):
    noise = np.random.default_rng(0).integers(0, 255, (600, 600, 3)).astype(np.uint8)
    shake = camera_shake_psf(np.random.default_rng(1), extent=24)
    found = Found(resize_psf(disk_psf(9.0), 33), 0.0, learned=True)
    monkeypatch.setattr(field_of_a_picture, "estimate_psf", lambda *_, **__: found)
    estimator = FixedEstimator(disk_psf(3.0), shake)  # 24 px wide, then 48 in all
    field = find_blur(noise, None, Model(estimator, Model.load("default", 1).restorer, 1))
    assert field.octave == 1


@pytest.mark.parametrize(
    ("psf", "doubt", "learned", "taken"),
    [
        (disk_psf(3.0), 0.1, True, True),
        (motion_psf(11, 30), 0.1, True, True),
        (disk_psf(3.0), 1.0, True, False),  # contradicted
        (disk_psf(3.0), 0.1, False, False),
        (camera_shake_psf(np.random.default_rng(3), extent=14), 0.1, True, False),
    ],
    ids=["disk", "motion", "contradicted", "by-turns", "shake"],
)
def test_where_smaller_copies_lead_nowhere_a_plain_blur_of_full_size_is_taken(
    monkeypatch, psf, doubt, learned, taken
):
    noise = np.random.default_rng(0).integers(0, 255, (600, 600, 3)).astype(np.uint8)
    plain, nothing = Found(resize_psf(psf, 33), doubt, learned), Found(WIDE, 0.0, True)
    answers = chain([plain], repeat(nothing))
    monkeypatch.setattr(field_of_a_picture, "_first_octave", lambda *_: 1)
    monkeypatch.setattr(field_of_a_picture, "estimate_psf", lambda *_, **__: next(answers))
    field = find_blur(noise, None, Model(FixedEstimator(WIDE), None, 1))
    assert (field.octave == 0) == taken
    assert field.trust == taken
    np.testing.assert_array_equal(field.psf, plain.psf if taken else WIDE)


@pytest.mark.parametrize(("implausible", "taken"), [(-1.0, True), (-0.9, False), (-0.8, False)])
def test_a_path_on_a_smaller_copy_gives_way_to_a_likelier_plain_blur_of_full_size(
    monkeypatch, implausible, taken
):
    noise = np.random.default_rng(0).integers(0, 255, (600, 600, 3)).astype(np.uint8)
    plain = Found(resize_psf(disk_psf(3.0), 33), 0.1, learned=True)
    shake = camera_shake_psf(np.random.default_rng(3), extent=14)
    path = Found(resize_psf(shake, 33), 0.1, learned=False, confirmed=True)
    answers = chain([plain], repeat(path))
    monkeypatch.setattr(field_of_a_picture, "_first_octave", lambda *_: 1)
    monkeypatch.setattr(field_of_a_picture, "estimate_psf", lambda *_, **__: next(answers))
    monkeypatch.setattr(
        field_of_a_picture,
        "_implausibility",
        lambda found, *_: implausible if found is plain else -0.9,
    )
    field = find_blur(noise, None, Model(FixedEstimator(WIDE), None, 1))
    assert (field.psf is plain.psf) == taken
    assert field.octave == (0 if taken else 1)
    assert field.confirmed == (not taken)
