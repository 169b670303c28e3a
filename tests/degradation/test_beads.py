"""PSFs measured on beads whose PSF is known."""

import numpy as np
import pytest
from scipy import ndimage
from scipy.signal import fftconvolve

from unblur.degradation.beads import psf_from_beads
from unblur.degradation.optics import Optics, microscope_psf
from unblur.errors import PSFError


def seen(places, psf, shape, *, photons, seed=0):
    """Counts of a picture or volume of beads at broken places, with noise and a background."""
    blurred = np.zeros(shape)
    for place in places:
        whole = np.floor(place).astype(int)
        point = np.zeros(shape)
        point[tuple(whole)] = photons
        image = fftconvolve(point, psf.astype(float), mode="same")
        blurred += np.fft.ifftn(ndimage.fourier_shift(np.fft.fftn(image), place - whole)).real
    return np.random.default_rng(seed).poisson(np.maximum(blurred, 0) + 100).astype(np.uint16)


@pytest.fixture(scope="module")
def plane():
    return microscope_psf(Optics(na=0.9, wavelength=520, pixel=0.12))


def test_one_bead(plane):
    image = seen([np.array([40.3, 38.6])], plane, (80, 80), photons=200_000)
    psf = psf_from_beads(image)
    reach = min(psf.shape[0], plane.shape[0]) // 2
    assert difference(psf, plane, reach) < 0.1


def test_many_beads_are_better_than_one(plane):
    rng = np.random.default_rng(1)
    places = [
        np.array([25 + 50 * i, 25 + 50 * j]) + rng.random(2) for i in (0, 1, 2) for j in (0, 1)
    ]
    image = seen(places, plane, (150, 100), photons=20_000)
    one = psf_from_beads(image[:50, :50], size=(25, 25))
    many = psf_from_beads(image, size=(25, 25))
    assert difference(many, plane, 12) < 0.15
    assert difference(many, plane, 12) < difference(one, plane, 12)


def test_a_volume():
    psf = microscope_psf(Optics(na=0.9, wavelength=520, pixel=0.12, z=0.5, index=1.0), planes=9)
    image = seen([np.array([10.0, 45.4, 44.7])], psf, (21, 90, 90), photons=2_000_000)
    found = psf_from_beads(image, size=(9, 41, 41))
    wide = np.zeros(psf.shape)
    middle = psf.shape[1] // 2
    wide[:, middle - 20 : middle + 21, middle - 20 : middle + 21] = found
    assert found.shape == (9, 41, 41)
    assert np.abs(wide - psf).sum() < 0.3


def difference(one, other, reach):
    parts = []
    for psf in (one, other):
        middle = psf.shape[0] // 2
        part = psf[middle - reach : middle + reach + 1, middle - reach : middle + reach + 1]
        parts.append(part / part.sum())
    return float(np.abs(parts[0] - parts[1]).sum())


def test_neighbours_are_left_out(plane):
    places = [np.array(place) for place in ([30.0, 30.0], [36.0, 33.0], [80.0, 80.0])]
    image = seen(places, plane, (110, 110), photons=50_000)
    alone = psf_from_beads(image[60:, 60:], size=(21, 21))
    np.testing.assert_allclose(psf_from_beads(image, size=(21, 21)), alone, atol=2e-3)


@pytest.mark.parametrize(
    ("image", "size", "word"),
    [
        (np.zeros((40, 40)), None, "bead"),
        (np.zeros((40, 40)), (11, 11), "none of 0 beads"),
        (np.zeros((40, 40)), (10, 11), "odd"),
        (np.zeros((40, 40)), (41, 11), "fit into"),
        (np.zeros((40, 40)), (11,), "fit into"),
        (np.zeros(40), None, r"\(H, W\)"),
        (np.full((9, 9), np.nan), None, "NaN"),
        (np.random.default_rng(0).poisson(100, (41, 41)), None, "bead"),
    ],
)
def test_what_is_no_bead(image, size, word):
    with pytest.raises(PSFError, match=word):
        psf_from_beads(image, size=size)
