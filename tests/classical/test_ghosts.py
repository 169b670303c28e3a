import numpy as np
import pytest
from scipy.ndimage import shift

from unblur.classical.burst import Burst
from unblur.classical.ghosts import agreement
from unblur.degradation import camera_shake_psf, convolve, motion_psf


def test_other_blur_and_noise_agree(coffee):
    rng = np.random.default_rng(0)
    one, other = (convolve(coffee, motion_psf(9, angle)) for angle in (0, 90))
    other = other + 0.01 * rng.standard_normal(other.shape, np.float32)
    assert agreement(other, one, error=0.05).mean() > 0.97


@pytest.mark.parametrize("colour", [(0.9, 0.1, 0.1), (0.1, 0.2, 0.9)])
def test_another_object_does_not(coffee, colour):
    other = coffee.copy()
    other[40:80, 60:100] = colour
    share = agreement(other, coffee, error=0.05)
    assert share[44:76, 64:96].max() < 0.05
    assert share[:20].mean() > 0.97
    assert share.shape == coffee.shape[:2]


def test_what_moves_leaves_no_ghost_in_a_burst(coffee):
    """A square crosses the scene while the camera shakes; only the first frame's is shown."""
    rng = np.random.default_rng(1)
    frames = []
    for number in range(5):
        scene = coffee.copy()
        scene[50:80, 20 + 25 * number : 50 + 25 * number] = (0.9, 0.1, 0.1)
        moved = shift(scene, (*rng.uniform(-3, 3, 2), 0), mode="nearest") if number else scene
        frames.append(convolve(moved, camera_shake_psf(rng, extent=5.0)))
    burst = Burst()
    assert all(burst.add(frame).used for frame in frames)
    merged = burst.merge()
    clean = convolve(coffee, camera_shake_psf(rng, extent=5.0))
    for number in range(1, 5):  # where the square is in the other frames only
        left = 32 + 25 * number
        place = np.s_[54:76, left : left + 14]
        assert np.abs(merged[place] - clean[place]).mean() < 0.025  # 0.035 of a ghost
    assert np.abs(merged[55:75, 27:43] - (0.9, 0.1, 0.1)).mean() < 0.06
