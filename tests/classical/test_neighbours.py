import numpy as np
import pytest
from scipy.ndimage import gaussian_filter, map_coordinates, shift

from unblur.classical.flow import find_flow, warp_by_flow
from unblur.classical.neighbours import fuse_neighbours, lay_on
from unblur.classical.registration import Motion
from unblur.degradation import camera_shake_psf, convolve

INSIDE = np.s_[16:-16, 16:-16]


def test_a_flow_that_varies_is_found(camera):
    rows, columns = np.mgrid[: camera.shape[0], : camera.shape[1]].astype(np.float32)
    true = np.stack([2.5 * np.sin(columns / 40), 3 * np.cos(rows / 35)])
    moved = map_coordinates(camera, np.stack([rows, columns]) - true, order=3, mode="nearest")
    flow = find_flow(moved.astype(np.float32), camera)
    laid = warp_by_flow(moved[..., None], Motion(np.eye(2), np.zeros(2)), flow)[..., 0]
    before, after = (np.abs(each - camera)[INSIDE].mean() for each in (moved, laid))
    assert after < 0.35 * before


def test_a_moved_and_darker_frame_is_laid_on(coffee):
    frame = 0.7 * shift(coffee, (4.3, -7.6, 0), order=3, mode="nearest")
    laid = lay_on(frame.clip(0, 1).astype(np.float32), coffee)
    assert laid is not None
    assert np.abs(laid - coffee)[INSIDE].mean() < 0.015


def test_another_scene_is_not(coffee):
    other = gaussian_filter(np.random.default_rng(0).random(coffee.shape), (3, 3, 0))
    fused, used = fuse_neighbours(coffee, [other.astype(np.float32)], noise=0.0)
    assert used == [False]
    np.testing.assert_array_equal(fused, coffee)


@pytest.mark.parametrize("noise", [0.0, 0.01])
def test_a_blurred_frame_gains_from_sharper_neighbours(coffee, noise):
    rng = np.random.default_rng(0)
    frames = []
    for number, extent in enumerate((3.0, 12.0, 3.0)):
        moved = shift(coffee, (1.7 * (number - 1), -3.2 * (number - 1), 0), mode="nearest")
        blurred = convolve(moved, camera_shake_psf(rng, extent=extent))
        frames.append(blurred + noise * rng.standard_normal(blurred.shape, np.float32))
    fused, used = fuse_neighbours(frames[1], [frames[0], frames[2]], noise=noise)
    assert used == [True, True]
    before, after = (np.mean((each - coffee)[INSIDE] ** 2) for each in (frames[1], fused))
    assert after < 0.5 * before


def test_neighbours_that_are_as_sharp_leave_a_frame_nearly_as_it_is(coffee):
    soft = gaussian_filter(coffee, (1.0, 1.0, 0))  # what a camera records can be moved by splines
    neighbours = [shift(soft, (0.4 * k, -2.3 * k, 0), mode="nearest") for k in (-2, -1, 1, 2)]
    slightly = [gaussian_filter(each, (0.4, 0.4, 0)) for each in neighbours]
    fused, used = fuse_neighbours(soft, slightly, noise=0.001)
    assert used == [True] * 4
    assert np.sqrt(np.mean((fused - soft)[INSIDE] ** 2)) < 0.0015


def test_things_at_other_depths_are_laid_on_where_they_are(camera):
    """A picture whose halves move apart: one motion fits none of them, and all looks alike."""
    scene = np.repeat(camera[..., None], 3, axis=2)
    depth = np.linspace(-1, 1, scene.shape[1])[None] * np.ones((scene.shape[0], 1))
    rows, columns = np.mgrid[: scene.shape[0], : scene.shape[1]].astype(float)

    def seen(time):
        places = np.stack([rows, columns + 5 * time * np.tanh(4 * depth)])
        planes = [map_coordinates(scene[..., c], places, mode="nearest") for c in range(3)]
        return np.stack(planes, -1).astype(np.float32)

    blurred = convolve(seen(0), camera_shake_psf(np.random.default_rng(1), extent=3.0))
    fused, used = fuse_neighbours(blurred, [seen(-1), seen(1)], noise=0.0)
    assert used == [True, True]
    before, after = (np.mean((each - scene)[INSIDE] ** 2) for each in (blurred, fused))
    assert after < 0.3 * before
