"""PSFs of a microscope against the Fourier transform of its pupil, and against what Airy wrote."""

import numpy as np
import pytest
from scipy.special import j1

from unblur.degradation.optics import Optics, microscope_psf
from unblur.errors import PSFError

OIL = Optics(na=1.4, wavelength=520, pixel=0.065, z=0.2, index=1.515)


def by_the_pupil(optics, depths, size, fine=5, grid=1024):
    """Light in each pixel: waves of all directions that the pupil lets through, by FFT."""
    wave = optics.wavelength / 1000
    axis = np.fft.fftfreq(grid, optics.pixel / fine)
    frequency = np.hypot(axis[:, None], axis)
    inside = frequency <= optics.na / wave
    along = 2 * np.pi * np.sqrt(np.maximum((optics.index / wave) ** 2 - frequency**2, 0))
    waves = [np.fft.fftshift(np.fft.ifft2(inside * np.exp(1j * along * z))) for z in depths]
    middle, reach = grid // 2, size * fine // 2
    part = np.abs(waves)[
        :, middle - reach : middle + reach + 1, middle - reach : middle + reach + 1
    ]
    return (part**2).reshape(-1, size, fine, size, fine).mean(axis=(2, 4))


def test_through_focus_equals_the_pupil():
    psf = microscope_psf(OIL, planes=9)
    depths = OIL.z * (np.arange(9) - 4)
    expected = by_the_pupil(OIL, depths[::4], psf.shape[1])
    for plane, wanted in zip(psf[::4], expected, strict=True):
        assert np.abs(plane / plane.sum() - wanted / wanted.sum()).sum() < 0.015
    light = psf.sum(axis=(1, 2))  # defocus spreads it and takes none away
    np.testing.assert_allclose(light, light.mean(), rtol=0.02)


def test_in_focus_is_airys_pattern():
    fine = Optics(na=0.8, wavelength=500, pixel=0.01)
    psf = microscope_psf(fine)
    middle = psf.shape[0] // 2
    v = 2 * np.pi * 0.8 / 0.5 * 0.01 * np.arange(1, 100)
    np.testing.assert_allclose(
        psf[middle, middle + 1 : middle + 100] / psf[middle, middle],
        (2 * j1(v) / v) ** 2,
        atol=3e-3,
    )
    dark = middle + 0.61 * 0.5 / 0.8 / 0.01  # the first dark ring
    assert abs(np.argmin(psf[middle, middle : middle + 60]) + middle - dark) <= 1


@pytest.mark.parametrize("axis", [0, 2])
def test_gaussians_have_the_curvature_of_the_pattern_at_its_peak(axis):
    fine = Optics(na=0.3, wavelength=500, pixel=0.05, z=0.5, index=1.0)
    peak = []
    for model in ("airy", "gaussian"):
        psf = microscope_psf(Optics(**{**vars(fine), "model": model}), planes=15)
        line = np.moveaxis(psf, axis, 0)
        line = line[:, line.shape[1] // 2, line.shape[2] // 2]
        middle = line.size // 2
        peak.append(1 - (line[middle - 1] + line[middle + 1]) / 2 / line[middle])
    assert peak[1] == pytest.approx(peak[0], rel=0.05)


@pytest.mark.parametrize("model", ["airy", "gaussian"])
@pytest.mark.parametrize("planes", [1, 5])
def test_form(model, planes):
    psf = microscope_psf(Optics(**{**vars(OIL), "model": model}), planes=planes)
    assert psf.dtype == np.float32
    assert psf.ndim == (2 if planes == 1 else 3)
    assert all(extent % 2 for extent in psf.shape)
    assert psf.sum() == pytest.approx(1, abs=1e-5)
    np.testing.assert_allclose(psf, np.flip(psf), atol=1e-7)
    assert np.unravel_index(psf.argmax(), psf.shape) == tuple(n // 2 for n in psf.shape)


@pytest.mark.parametrize(
    ("text", "word"),
    [
        ("na=1.4,na=1.3", "once"),
        ("aperture=1", "na, wavelength"),
        ("na=big", "no number"),
        ("na=-1", "positive"),
        ("na=1.4,index=1.33", "above the refractive index"),
        ("model=flat", "airy or gaussian"),
    ],
)
def test_wrong_texts(text, word):
    with pytest.raises(PSFError, match=word):
        Optics.parse(text)


def test_what_is_missing_is_named_and_filled():
    known = Optics.parse("na=0.8,wavelength=500")
    with pytest.raises(PSFError, match="pixel"):
        microscope_psf(known)
    with pytest.raises(PSFError, match="z and index"):
        microscope_psf(Optics.parse("na=0.8,wavelength=500,pixel=0.1"), planes=3)
    filled = known.filled(OIL)
    assert (filled.na, filled.wavelength, filled.pixel, filled.z) == (0.8, 500, 0.065, 0.2)
