import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from unblur.degradation import gaussian_psf, motion_psf, parse_psf
from unblur.degradation.physical import PhysicalPSF
from unblur.errors import PSFError


@given(st.floats(0.5, 4), st.floats(0.05, 2))
def test_lengths_become_pixels(pixels, spacing):
    psf = PhysicalPSF.parse(f"gaussian:{pixels * spacing!r}mm").in_pixels((spacing, spacing))
    wanted = gaussian_psf(pixels)
    assert abs(psf.shape[0] - wanted.shape[0]) <= 2  # the last ring, by rounding
    np.testing.assert_allclose(psf.max(), wanted.max(), rtol=1e-3)


@pytest.mark.parametrize(
    ("text", "pixels"),
    [
        ("disk:1mm", "disk:4"),
        ("disk:1mm,6,20", "disk:4,6,20"),
        ("motion:2.5mm,30", "motion:10,30"),
        ("motion:2.5mm,30,10", "motion:10,30,10"),
        ("gaussian:500um,0.25mm,20", "gaussian:2,1,20"),
        ("BOX: 1 mm", "box:4"),
    ],
)
def test_every_kind(text, pixels):
    np.testing.assert_allclose(
        PhysicalPSF.parse(text).in_pixels((0.25, 0.25)), parse_psf(pixels), atol=1e-6
    )


@pytest.mark.parametrize("text", ["gaussian:2", "disk:3.5,6", "lens.png", "box:", "", "cone:1mm"])
def test_what_is_not_in_millimetres_is_left_to_others(text):
    assert PhysicalPSF.parse(text) is None


@pytest.mark.parametrize(
    ("text", "word"),
    [
        ("gaussian:1mm,2", "every length"),
        ("motion:1mm,30mm", "every length"),
        ("disk:-1mm", "positive"),
        ("motion:1mm", "too many or too few"),
        ("gaussian:1.1.1mm", "not a number"),
    ],
)
def test_wrong_texts_are_said_at_once(text, word):
    with pytest.raises(PSFError, match=word):
        PhysicalPSF.parse(text)


def test_oblong_pixels():
    wide = PhysicalPSF.parse("gaussian:1mm").in_pixels((1.0, 0.5))
    np.testing.assert_allclose(wide, gaussian_psf(2, sigma_minor=1), atol=1e-6)
    slanted = PhysicalPSF.parse("motion:5mm,45").in_pixels((1.0, 0.5))
    length, angle = np.hypot(5 / 0.5, 5) / np.sqrt(2), np.degrees(np.arctan2(1, 2))
    np.testing.assert_allclose(slanted, motion_psf(length, angle), atol=1e-6)
    with pytest.raises(PSFError, match="not square"):
        PhysicalPSF.parse("disk:1mm").in_pixels((1.0, 0.5))


def test_pixels_of_unknown_size():
    with pytest.raises(PSFError, match="give the PSF in pixels"):
        PhysicalPSF.parse("disk:1mm").in_pixels(None)
