from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from unblur.errors import ArgumentError
from unblur.evaluation.methods import INPUT, Method, in_linear_light
from unblur.images.color import srgb_to_linear


def same(image, psf):
    return image


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
    assert INPUT.run(image, None) is image


def test_linear_light_is_what_the_method_sees():
    seen = []

    def deconvolve(image, psf):
        seen.append((image, psf))
        return 4 * image - 0.5

    image = np.linspace(0, 1, 48, dtype=np.float32).reshape(4, 4, 3)
    psf = np.ones((1, 1), np.float32)
    result = in_linear_light(deconvolve)(image, psf)
    np.testing.assert_array_equal(seen[0][0], srgb_to_linear(image))
    assert seen[0][1] is psf
    expected = np.clip(4 * srgb_to_linear(image) - 0.5, 0, 1)
    np.testing.assert_allclose(srgb_to_linear(result), expected, atol=1e-5)


def test_a_deconvolution_without_a_psf_says_what_is_wrong():
    with pytest.raises(ArgumentError, match="not blind"):
        in_linear_light(same)(np.zeros((3, 3, 1), np.float32), None)
