"""Blur map, spectrum and noise of pictures whose blur, frequencies and noise are known."""

import numpy as np
import pytest
from scipy import ndimage

from unblur.inspection.blur_map import FWHM, blur_map
from unblur.inspection.noise import flattest_window, noise_by_brightness
from unblur.inspection.spectrum import measure_spectrum


def squares(side: int = 40, count: int = 6) -> np.ndarray:
    """A chessboard of greys, (240, 240)."""
    greys = np.random.default_rng(0).uniform(0.1, 0.9, (count, count))
    return np.kron(greys, np.ones((side, side))).astype(np.float32)


@pytest.mark.parametrize("sigma", [1.0, 2.0, 3.0])
@pytest.mark.parametrize("noise", [0.0, 0.005])
def test_edges_are_as_wide_as_they_were_made(sigma, noise):
    soft = ndimage.gaussian_filter(squares(), sigma)
    soft += np.random.default_rng(1).normal(0, noise, soft.shape).astype(np.float32)
    widths = blur_map(soft, noise=noise, block=40)
    assert np.isfinite(widths).mean() > 0.9
    assert np.nanmedian(widths) / FWHM == pytest.approx(sigma, rel=0.1)


def test_each_place_has_its_own_width_and_flat_places_none():
    scene = squares()
    scene[:, 120:] = ndimage.gaussian_filter(scene, 2.5)[:, 120:]
    scene[200:] = 0.5
    scene += np.random.default_rng(1).normal(0, 0.005, scene.shape).astype(np.float32)
    widths = blur_map(scene, noise=0.005, block=20)
    assert np.nanmedian(widths[:9, :5]) < 1.2  # the pixels of a sharp step
    assert np.nanmedian(widths[:9, 7:]) / FWHM == pytest.approx(2.5, rel=0.15)
    assert np.isnan(widths[11:]).all()


def test_the_spectrum_has_a_wave_where_it_is_and_noise_at_its_level():
    rows, columns = np.mgrid[:128, :128]
    wave = 0.5 + 0.2 * np.sin(2 * np.pi * (16 * rows + 32 * columns) / 128)
    noise = np.random.default_rng(0).normal(0, 0.01, wave.shape)
    found = measure_spectrum((wave + noise).astype(np.float32), 0.01)
    peak = np.unravel_index(np.argmax(found.power), found.power.shape)
    assert {abs(peak[0] - 64), abs(peak[1] - 64)} == {16, 32}
    assert found.frequency[np.argmax(found.radial)] == pytest.approx(
        np.hypot(16, 32) / 128, abs=0.01
    )
    assert np.median(found.radial) == pytest.approx(found.floor, abs=0.5) == pytest.approx(-40, 0.1)


def test_noise_is_told_for_each_brightness():
    levels = np.linspace(0.1, 0.9, 5)
    truth = np.sqrt(0.003**2 + 0.0004 * levels)  # of a camera: electronics, and light itself
    bands = np.repeat(levels, 72)[:, None] * np.ones(360)
    sigmas = np.repeat(truth, 72)[:, None]
    noisy = bands + np.random.default_rng(0).normal(size=bands.shape) * sigmas
    brightness, noise = noise_by_brightness(noisy.astype(np.float32))
    np.testing.assert_allclose(noise, np.interp(brightness, levels, truth), rtol=0.15)


def test_a_window_without_detail_is_found_in_any_corner():
    picture = np.random.default_rng(0).random((90, 130), np.float32)
    picture[:40, 90:] = 0.4
    picture[60:, :40] = 1.0  # white shows no noise
    rows, columns = flattest_window(picture, 32)
    assert rows.stop <= 42
    assert columns.start >= 88
    rows, columns = flattest_window(picture, 500)  # as large as there is room
    assert (rows.stop - rows.start, columns.stop - columns.start) == (90, 90)
