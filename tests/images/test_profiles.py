"""CMYK through a profile made here, whose colours are known."""

from __future__ import annotations

import numpy as np
import pytest
from PIL import Image
from skimage.color import lab2rgb

from unblur.images.profiles import is_grey_profile, srgb_profile, to_srgb


def test_cmyk_follows_its_profile(cmyk_icc, inks_to_lab):
    inks = np.array(list(inks_to_lab), np.uint8).reshape(4, 4, 4)
    picture = Image.frombytes("CMYK", (4, 4), (255 * inks).tobytes())
    converted, icc, note = to_srgb(picture, cmyk_icc)
    assert (converted.mode, icc) == ("RGB", srgb_profile())
    assert note == "CMYK was converted to sRGB by its ICC profile"
    lab = np.array(list(inks_to_lab.values())).reshape(4, 4, 3)
    with np.errstate(all="ignore"):
        expected = 255 * lab2rgb(lab, illuminant="D65")  # white is white
    inside = ((expected > 5) & (expected < 250)).all(axis=2) & (lab[..., 0] > 40)
    assert inside.sum() >= 4
    difference = np.abs(np.asarray(converted) - expected)[inside]
    assert difference.mean() < 6
    assert np.asarray(converted)[0, 0].min() > 250  # no ink is white


@pytest.mark.parametrize(("icc", "word"), [(None, "has no"), (b"nonsense", "has a damaged")])
def test_cmyk_without_a_usable_profile_is_approximate(icc, word):
    picture = Image.new("CMYK", (2, 2), (0, 255, 255, 0))
    converted, new_icc, note = to_srgb(picture, icc)
    assert new_icc is None
    assert word in note
    assert converted.getpixel((0, 0)) == (255, 0, 0)


def test_grey_profiles_are_recognised(icc):
    assert is_grey_profile(bytes(16) + b"GRAY")
    assert not is_grey_profile(icc)
    assert not is_grey_profile(None)
