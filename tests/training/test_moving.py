"""Random scenes: seeded, centred in time, within their limits."""

from __future__ import annotations

import numpy as np
import pytest

from unblur.training.exposure import expose
from unblur.training.moving import CAMERA_REACH, FRAMES, NEARER, OBJECT_REACH, random_scene

LIGHT = np.random.default_rng(0).random((96, 110, 3), np.float32)
SEEDS = range(60)


def scene(seed, objects=2):
    return random_scene(LIGHT, [LIGHT[::-1]] * objects, np.random.default_rng(seed))


def test_a_seed_decides_the_scene():
    one, same, other = (expose(scene(seed))[0] for seed in (3, 3, 4))
    assert np.array_equal(one, same)
    assert not np.allclose(one, other, atol=0.01)


@pytest.mark.parametrize("seed", SEEDS)
def test_paths_pass_the_middle_and_keep_to_their_reach(seed):
    layers = scene(seed)
    frames = len(layers[0].motion.shift)
    assert FRAMES[0] <= frames <= FRAMES[1]
    assert frames % 2 == 1
    for layer, reach in zip(
        layers, (CAMERA_REACH, *[CAMERA_REACH + OBJECT_REACH] * 2), strict=True
    ):
        shift = layer.motion.shift
        assert shift[frames // 2] == layer.motion.turn[frames // 2] == 0
        assert np.abs(shift[:, None] - shift).max() <= reach * (1 + 1e-6)


@pytest.mark.parametrize("seed", SEEDS)
def test_nearness_is_one_in_the_mean_and_outlines_are_shapes(seed):
    back, *objects = scene(seed)
    if back.nearness is not None:
        assert back.nearness.mean() == pytest.approx(1, abs=1e-3)
        assert np.abs(back.nearness - 1).max() <= NEARER * (1 + 1e-5)
    for each in objects:
        assert each.cover.min() == 0
        assert each.cover.max() <= 1
        assert np.isin(each.cover, (0, 1)).mean() > 0.9  # an edge is thin


def test_scenes_differ_as_they_should():
    layers = [scene(seed, objects=1) for seed in SEEDS]
    depths = [one[0].nearness is not None for one in layers]
    assert 0.4 < np.mean(depths) < 0.8
    reach = np.array([np.ptp(np.abs(one[0].motion.shift)) for one in layers])
    assert np.median(reach) < 8 < reach.max()
