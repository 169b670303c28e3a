"""Registration: known motions are found again, as well as OpenCV finds them."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
from scipy.ndimage import gaussian_filter
from skimage.data import astronaut

from unblur.errors import ArgumentError, ArrayError
from unblur.evaluation.ecc import register

SIZE = 160
CORNERS = np.array([[0, 0], [SIZE - 1, 0], [0, SIZE - 1], [SIZE - 1, SIZE - 1]], np.float32)


@pytest.fixture(scope="module")
def scene():
    return cv2.resize(astronaut(), (SIZE, SIZE), interpolation=cv2.INTER_AREA) / np.float32(255)


def seen_through(scene, matrix, *, blur=1.0):
    """The scene moved, blurred, darker, hazier and noisy."""
    flags = cv2.INTER_CUBIC | cv2.WARP_INVERSE_MAP
    moved = cv2.warpPerspective(
        scene, matrix, (SIZE, SIZE), flags=flags, borderMode=cv2.BORDER_REFLECT
    )
    noise = np.random.default_rng(0).normal(0, 0.01, scene.shape)
    return (0.1 + 0.7 * gaussian_filter(moved, (blur, blur, 0)) + noise).astype(np.float32)


def corners_through(matrix):
    moved = np.c_[CORNERS, np.ones(4)] @ np.asarray(matrix, np.float64).T
    return moved[:, :2] / moved[:, 2:]


def random_homography(seed, amount):
    rng = np.random.default_rng(seed)
    moved = CORNERS + SIZE * (
        rng.uniform(-amount, amount, (4, 2)) + rng.uniform(-2 * amount, 2 * amount, 2)
    )
    return cv2.getPerspectiveTransform(CORNERS, moved.astype(np.float32))


@pytest.mark.parametrize("seed", range(2))
@pytest.mark.parametrize("blur", [0.5, 2.0])
def test_known_homographies_are_found(scene, seed, blur):
    matrix = random_homography(seed, 0.05)
    found = register(scene, seen_through(scene, matrix, blur=blur))
    assert np.abs(corners_through(found.matrix) - corners_through(matrix)).max() < 0.6
    assert found.correlation > 0.98
    moves = np.hypot(*(corners_through(matrix) - CORNERS).T)
    assert found.displacement == pytest.approx(moves.max(), abs=0.6)


def test_as_close_as_opencv_where_opencv_arrives(scene):
    matrix = random_homography(7, 0.01)
    fixed = seen_through(scene, matrix)
    _, theirs = cv2.findTransformECC(
        fixed.mean(axis=2),
        scene.mean(axis=2),
        np.eye(3, dtype=np.float32),
        cv2.MOTION_HOMOGRAPHY,
        (cv2.TERM_CRITERIA_COUNT | cv2.TERM_CRITERIA_EPS, 200, 1e-7),
        None,
        5,
    )
    ours = register(scene, fixed).matrix
    assert np.abs(corners_through(ours) - corners_through(theirs)).max() < 0.2


@pytest.mark.parametrize(("down", "right"), [(0, 0), (7, -12), (-31, 40), (0.5, 0.25)])
def test_shifts(scene, down, right):
    matrix = np.array([[1, 0, right], [0, 1, down], [0, 0, 1.0]])
    found = register(scene, seen_through(scene, matrix), motion="shift")
    assert found.shift == pytest.approx((down, right), abs=0.1)
    assert found.displacement == pytest.approx(np.hypot(down, right), abs=0.15)


def test_an_affine_motion_has_no_perspective(scene):
    found = register(scene, seen_through(scene, random_homography(1, 0.03)), motion="affine")
    np.testing.assert_allclose(found.matrix[2], [0, 0, 1], atol=1e-12)


def test_warp_brings_the_scene_onto_the_picture(scene):
    matrix = random_homography(3, 0.04)
    fixed = seen_through(scene, matrix, blur=0.01)
    warped, seen = register(scene, fixed).warp(scene)
    true = cv2.warpPerspective(
        scene, matrix, (SIZE, SIZE), flags=cv2.INTER_CUBIC | cv2.WARP_INVERSE_MAP
    )
    inside = cv2.warpPerspective(
        np.ones_like(scene), matrix, (SIZE, SIZE), flags=cv2.INTER_NEAREST | cv2.WARP_INVERSE_MAP
    )
    assert (seen == (inside[..., 0] > 0)).mean() > 0.99
    core = seen & (inside[..., 0] > 0)
    assert np.sqrt(np.mean((warped - true)[core] ** 2)) < 0.02
    assert warped.dtype == np.float32


def test_pictures_of_other_shapes_keep_their_scale(scene):
    found = register(scene, scene[20:150, 30:130], motion="shift")
    assert found.shift == pytest.approx((20, 30), abs=0.05)


def test_a_picture_lies_on_itself(scene):
    scene.flags.writeable = False
    found = register(scene, scene)
    np.testing.assert_allclose(found.matrix, np.eye(3), atol=1e-3)
    assert found.correlation == pytest.approx(1)


def test_large_pictures_are_measured_on_a_smaller_copy(scene):
    large = np.kron(scene.mean(axis=2), np.ones((5, 5), np.float32))  # 800 x 800
    found = register(large[24:], large[:-24], motion="shift")
    assert found.shift == pytest.approx((-24, 0), abs=0.1)


def test_flat_pictures_stay_where_they_are():
    found = register(np.full((40, 40), 0.5), np.full((40, 40), 0.5))
    assert found.correlation == 0
    assert np.isfinite(found.matrix).all()


def test_what_cannot_be_registered_is_refused(scene):
    with pytest.raises(ArgumentError, match="'warp' is no motion"):
        register(scene, scene, motion="warp")
    with pytest.raises(ArrayError, match="16x16"):
        register(scene[:10], scene)
    with pytest.raises(ArrayError, match="cannot be registered"):
        register(scene[None], scene)
