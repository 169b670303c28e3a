from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from unblur.evaluation.case import Observation
from unblur.evaluation.methods import INPUT, Method, where_it_blurred
from unblur.images.color import srgb_to_linear


def same(seen):
    return seen.image


def test_fingerprint_changes_with_every_setting_but_not_with_their_order():
    base = Method("wiener", same, settings={"nsr": 0.01, "taper": True})
    assert (
        base.fingerprint
        == Method("wiener", same, settings={"taper": True, "nsr": 0.01}).fingerprint
    )
    others = [
        dataclasses.replace(base, name="other"),
        dataclasses.replace(base, blind=True),
        dataclasses.replace(base, settings={"nsr": 0.02, "taper": True}),
        dataclasses.replace(base, settings={"nsr": 0.01, "taper": 1}),
        dataclasses.replace(base, settings={"nsr": 0.01}),
        INPUT,
    ]
    assert len({method.fingerprint for method in [base, *others]}) == 7


def test_input_returns_its_input():
    image = np.random.default_rng(0).random((5, 6, 3), dtype=np.float32)
    assert INPUT.run(Observation(image)) is image


@pytest.mark.parametrize("linear", [True, False])
def test_a_deconvolution_sees_the_numbers_that_were_blurred(linear):
    image = np.linspace(0, 1, 48, dtype=np.float32).reshape(4, 4, 3)
    light = srgb_to_linear(image) if linear else image
    seen = []

    def deconvolve(values):
        seen.append(values)
        return 4 * values - 0.5

    result = where_it_blurred(Observation(image, linear=linear), deconvolve)
    np.testing.assert_array_equal(seen[0], light)
    back = srgb_to_linear(result) if linear else result
    np.testing.assert_allclose(back, np.clip(4 * light - 0.5, 0, 1), atol=1e-5)
