"""Fourier burst accumulation against its formula, written out on whole spectra."""

import numpy as np
import pytest
from PIL import Image
from scipy.ndimage import gaussian_filter, shift

from unblur.classical.burst import Burst, merge_burst
from unblur.degradation import camera_shake_psf, convolve, motion_psf
from unblur.errors import ArgumentError, ArrayError


def by_the_formula(frames, power):
    """Whole spectra, all frames at once, in double precision."""
    spectra = np.fft.fft2(np.asarray(frames, np.float64), axes=(1, 2))
    sigma = min(spectra.shape[1:3]) / 50
    smooth = [gaussian_filter(np.abs(each).mean(axis=2), sigma, mode="wrap") for each in spectra]
    shares = (np.array(smooth) / np.max(smooth, axis=0)) ** power
    weights = shares / shares.sum(axis=0)
    return np.fft.ifft2((weights[..., None] * spectra).sum(axis=0), axes=(0, 1)).real


@pytest.fixture(scope="module")
def shaken(coffee):
    """Six frames (H, W, 3), shaken at random, with noise."""
    rng = np.random.default_rng(3)
    psfs = [camera_shake_psf(rng, extent=12.0) for _ in range(6)]
    clean = [convolve(coffee, psf, boundary="wrap") for psf in psfs]
    return [frame + 0.01 * rng.standard_normal(frame.shape, np.float32) for frame in clean]


@pytest.mark.parametrize("power", [0.0, 1.0, 11.0, 60.0])
@pytest.mark.parametrize("cut", [(0, 0), (1, 1)])
def test_equals_the_formula(shaken, power, cut):
    frames = [frame[cut[0] :, cut[1] :] for frame in shaken[:4]]
    merged = merge_burst(frames, power=power, align=False)
    np.testing.assert_allclose(merged, by_the_formula(frames, power), atol=2e-4)


def test_power_zero_is_the_mean(shaken):
    merged = merge_burst(shaken, power=0, align=False)
    np.testing.assert_allclose(merged, np.mean(shaken, axis=0), atol=1e-5)


def test_infinite_power_takes_the_strongest_frame_in_each_frequency(shaken):
    greys = [frame[:, :, :1] for frame in shaken[:3]]
    merged = merge_burst(greys, power=np.inf, align=False)
    spectra = np.fft.fft2(np.array(greys)[..., 0])
    sigma = min(spectra.shape[1:]) / 50
    smooth = [gaussian_filter(np.abs(each), sigma, mode="wrap") for each in spectra]
    chosen = np.take_along_axis(spectra, np.argmax(smooth, axis=0)[None], axis=0)[0]
    np.testing.assert_allclose(merged[..., 0], np.fft.ifft2(chosen).real, atol=2e-3)


@pytest.mark.parametrize("linear", [True, False])
def test_one_frame_comes_back(coffee, linear):
    merged = merge_burst([coffee], linear=linear)
    np.testing.assert_allclose(merged, coffee, atol=2e-5)


def test_order_does_not_matter(shaken):
    one, other = (merge_burst(frames, align=False) for frames in (shaken, shaken[::-1]))
    np.testing.assert_allclose(one, other, atol=1e-4)


def test_gains_over_the_mean_and_over_the_best_frame(shaken, coffee):
    def error(image):
        return float(np.mean((image - coffee) ** 2))

    merged = error(merge_burst(shaken, align=False))
    assert merged < 0.85 * error(np.mean(shaken, axis=0))
    crossed = [convolve(coffee, motion_psf(13, angle)) for angle in (0, 45, 90, 135)]
    merged = error(merge_burst(crossed, align=False))
    assert merged < 0.6 * error(np.mean(crossed, axis=0))
    assert merged < 0.6 * min(map(error, crossed))


def test_moved_and_darker_frames_are_brought_back(coffee):
    rng = np.random.default_rng(0)
    frames = []
    for number, (down, right) in enumerate([(0, 0), (4.3, -6.1), (-5.5, 3.2)]):
        moved = shift(coffee, (down, right, 0), mode="nearest")
        blurred = convolve(moved, camera_shake_psf(rng, extent=6.0))
        frames.append(np.clip(blurred * (1 - 0.3 * number), 0, 1).astype(np.float32))
    burst = Burst()
    found = [burst.add(frame) for frame in frames]
    assert [each.used for each in found] == [True] * 3
    np.testing.assert_allclose(found[1].shift, (4.3, -6.1), atol=0.3)
    assert found[2].gain == pytest.approx(1 / 0.4, rel=0.05)
    inside = np.s_[10:-10, 10:-10]
    merged = burst.merge()
    assert np.mean((merged - coffee)[inside] ** 2) < np.mean((frames[0] - coffee)[inside] ** 2)


def test_a_frame_of_another_scene_is_left_out(coffee):
    burst = Burst()
    burst.add(coffee)
    found = burst.add(np.random.default_rng(0).random(coffee.shape, np.float32))
    assert not found.used
    np.testing.assert_allclose(burst.merge(), coffee, atol=2e-5)


def test_kinds_come_back_and_frames_may_be_loaded_one_by_one(coffee):
    pixels = (coffee * 255).astype(np.uint8)
    pixels.flags.writeable = False
    merged = merge_burst(pixels for _ in range(3))
    assert merged.dtype == np.uint8
    assert np.abs(merged.astype(int) - pixels).max() <= 1
    assert merge_burst([Image.fromarray(pixels)]).size == pixels.shape[1::-1]


def test_refuses(coffee):
    with pytest.raises(ArgumentError, match="without frames"):
        merge_burst([])
    with pytest.raises(ArgumentError, match="power"):
        Burst(power=-1)
    with pytest.raises(ArgumentError, match="power"):
        Burst(power=float("nan"))
    with pytest.raises(ArrayError, match="does not fit the first"):
        merge_burst([coffee, coffee[1:]])
