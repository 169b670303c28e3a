"""Looking for other PSFs where the picture speaks against the first one."""

from __future__ import annotations

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
from unblur.degradation.support import as_psf, similarity
from unblur.evaluation.metrics import psf_similarity
from unblur.restoration.certainty import noise_left
from unblur.restoration.evidence import Evidence
from unblur.restoration.hypotheses import ALIKE, SEARCHES, estimate_psf, fills_support
from unblur.restoration.model import Model

SHAKE = camera_shake_psf(np.random.default_rng(3), extent=18.0, size=33)


class FirstGuess:
    """An estimator whose first guess is a wide gaussian, whatever it sees; the rest is real."""

    def __init__(self, estimator):
        self.size, self._estimator, self._asked = estimator.size, estimator, False

    def estimate(self, windows, **settings):
        if self._asked:
            return self._estimator.estimate(windows, **settings)
        self._asked = True
        return resize_psf(gaussian_psf(4.0), self.size)


@pytest.fixture(scope="module")
def default():
    return Model.load("default", 2)


def misled(model):
    return Model(FirstGuess(model.estimator), model.restorer, model.threads)


@pytest.fixture(scope="module")
def shaken():
    scene = data.astronaut()[..., 1].astype(np.float32) / 255
    return Degradation(SHAKE, boundary="valid", read_noise=0.003).apply(scene, 0)


@pytest.mark.parametrize("searches", [1, len(SEARCHES)])
def test_a_shake_is_found_in_spite_of_a_wrong_first_guess(default, shaken, searches):
    found = estimate_psf([shaken], misled(default), searches)
    assert psf_similarity(found.psf, SHAKE) > 0.8
    assert not found.learned
    assert found.doubt < 0.9


def test_a_second_search_confirms_a_shake(default, shaken):
    assert estimate_psf([shaken], default, 2).confirmed
    assert not estimate_psf([shaken], default, 1).confirmed


WRONG = [camera_shake_psf(np.random.default_rng(seed), extent=12.0, size=33) for seed in (5, 6)]


def answer(monkeypatch, *answers):
    """Let searches come to these PSFs, and return how many were asked for each time."""
    asked, left = [], list(answers)

    def others(luma, noise, model, searches, *, linear):
        asked.append(len(searches))
        return [left.pop(0) for _ in searches]

    monkeypatch.setattr("unblur.restoration.hypotheses._others", others)
    return asked


def test_where_two_searches_agree_no_more_are_made(default, shaken, monkeypatch):
    asked = answer(monkeypatch, SHAKE, np.roll(SHAKE, 1, axis=0))
    found = estimate_psf([shaken], misled(default), 2)
    assert asked == [2]
    assert found.confirmed


def test_where_two_searches_disagree_what_two_of_three_found_is_taken(default, shaken, monkeypatch):
    shifted = np.roll(SHAKE, 1, axis=1)
    asked = answer(monkeypatch, WRONG[0], SHAKE, shifted)
    found = estimate_psf([shaken], misled(default), 2)
    assert asked == [2, 1]
    assert psf_similarity(found.psf, SHAKE) > 0.99
    assert found.confirmed


def test_what_nobody_agrees_on_is_not_confirmed(default, shaken, monkeypatch):
    answer(monkeypatch, *WRONG, SHAKE)
    found = estimate_psf([shaken], misled(default), 2)
    assert psf_similarity(found.psf, SHAKE) > 0.99
    assert not found.confirmed


def test_agreement_counts_for_as_much_as_it_says(default, shaken, monkeypatch):
    twice = np.roll(WRONG[0], 1, axis=0)
    luma = shaken
    evidence = Evidence(luma, noise_left(luma))
    wrong, right = (evidence.trial(psf, default.restorer).implausibility for psf in (twice, SHAKE))
    for more, taken in ((wrong - right - 0.01, SHAKE), (wrong - right + 0.01, WRONG[0])):
        answer(monkeypatch, WRONG[0], SHAKE, twice)
        monkeypatch.setattr("unblur.restoration.hypotheses.AGREED", more)
        found = estimate_psf([luma], misled(default), 2)
        assert psf_similarity(found.psf, taken) > 0.9


def test_the_psf_of_a_gaussian_is_as_good_as_its_first_guess_or_better(default):
    scene = data.camera().astype(np.float32) / 255
    blurred = Degradation(gaussian_psf(2.0), boundary="valid", read_noise=0.003).apply(scene, 0)
    true = resize_psf(gaussian_psf(2.0), default.estimator.size)
    first = psf_similarity(default.estimator.estimate([blurred]), true)
    found = estimate_psf([blurred], default, 2)
    assert psf_similarity(found.psf, true) >= max(first, 0.99)
    assert found.doubt < 0.5


class SearchedError(Exception):
    """Another PSF was looked for."""


@pytest.fixture
def no_search(monkeypatch):
    def alternate(*_, **__):
        raise SearchedError

    monkeypatch.setattr("unblur.restoration.hypotheses.alternate", alternate)


def astronaut_seen(psf, noise):
    scene = data.astronaut()[..., 1].astype(np.float32) / 255
    return Degradation(psf, boundary="valid", read_noise=noise).apply(scene, 0)


@pytest.mark.usefixtures("no_search")
@pytest.mark.parametrize("true", [gaussian_psf(2.0), disk_psf(3.0), motion_psf(12, 30)])
def test_a_shape_that_explains_the_picture_is_enough(default, true):
    found = estimate_psf([astronaut_seen(true, 0.003)], default, 2)
    assert psf_similarity(found.psf, resize_psf(true, default.estimator.size)) > 0.98


@pytest.mark.usefixtures("no_search")
@pytest.mark.parametrize("true", [gaussian_psf(1.2), disk_psf(3.0)])
def test_the_spectrum_tells_a_round_shape_even_in_noise(default, true):
    found = estimate_psf([astronaut_seen(true, 0.03)], default, 2)
    assert psf_similarity(found.psf, resize_psf(true, default.estimator.size)) > 0.98


@pytest.mark.usefixtures("no_search")
def test_others_are_looked_for_where_there_is_no_simple_shape(default):
    with pytest.raises(SearchedError):
        estimate_psf([astronaut_seen(SHAKE, 0.003)], default, 2)


def test_too_small_a_window_is_not_searched(default, shaken):
    assert estimate_psf([shaken[:100, :100]], misled(default), 2).learned


def test_a_psf_fills_its_support_when_its_ends_reach_the_border():
    assert not fills_support(resize_psf(delta_psf(), 33))
    assert fills_support(np.full((33, 33), 1 / 33**2, np.float32))


def test_a_path_of_another_length_confirms_nothing(default, shaken, monkeypatch):
    half = SHAKE.copy()
    half[:14] = 0
    half = as_psf(half)
    assert similarity(half, SHAKE) > ALIKE
    answer(monkeypatch, half, SHAKE)
    found = estimate_psf([shaken], misled(default), 2)
    assert psf_similarity(found.psf, SHAKE) > 0.99
    assert not found.confirmed
