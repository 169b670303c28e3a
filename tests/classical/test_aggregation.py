import numpy as np
import pytest
from scipy.ndimage import gaussian_filter

from unblur.classical.aggregation import aggregate
from unblur.degradation import convolve, motion_psf


@pytest.mark.parametrize("shape", [(40, 50, 1), (64, 64, 3), (131, 97, 3)])
def test_frames_that_are_alike_come_back(shape):
    frame = np.random.default_rng(0).random(shape, np.float32)
    frame.flags.writeable = False
    np.testing.assert_allclose(aggregate([frame] * 3), frame, atol=2e-5)
    np.testing.assert_array_equal(aggregate([frame]), frame)


def test_power_zero_is_the_mean():
    frames = list(np.random.default_rng(0).random((4, 70, 90, 3), np.float32))
    np.testing.assert_allclose(aggregate(frames, power=0), np.mean(frames, 0), atol=2e-5)


def test_each_place_takes_from_the_frame_that_is_sharp_there(coffee):
    blurred = convolve(coffee, motion_psf(11, 20))
    half = coffee.shape[1] // 2
    one, other = coffee.copy(), blurred.copy()
    one[:, half:], other[:, half:] = blurred[:, half:], coffee[:, half:]

    def error(image):
        return float(np.mean((image - coffee) ** 2))

    merged = error(aggregate([one, other]))
    assert merged < 0.15 * error(blurred)
    assert merged < 0.3 * min(error(one), error(other))


def test_noise_is_averaged_where_it_is_known(coffee):
    rng = np.random.default_rng(0)
    frames = [coffee + 0.03 * rng.standard_normal(coffee.shape, np.float32) for _ in range(5)]
    spread = float(np.std(aggregate(frames, noise=0.03) - coffee))
    assert spread < 1.05 * 0.03 / np.sqrt(5)
    assert spread < 0.85 * float(np.std(aggregate(frames) - coffee))


def test_what_differs_by_chance_is_not_taken(coffee):
    """Others that lie on the first with small errors add these where the strongest is taken."""
    rng = np.random.default_rng(0)
    errors = [gaussian_filter(rng.standard_normal(coffee.shape), (0.7, 0.7, 0)) for _ in range(4)]
    others = [coffee + 0.01 * each.astype(np.float32) / each.std() for each in errors]
    merged = aggregate([coffee, *others], noise=0.001)
    assert np.std(merged - coffee) < 0.35 * 0.01
