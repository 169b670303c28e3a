"""Tiles cover the image, weights add up to one, the canvas equals a plain sum."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from unblur.errors import ArgumentError, ArrayError
from unblur.images.color import to_float
from unblur.images.tiling import Canvas, Tile, even_size, plan_tiles, tile_weights


@st.composite
def plans(draw):
    size = draw(st.integers(1, 40))
    overlap = draw(st.integers(0, size - 1))
    # overlaps near the size make very many tiles: keep them small
    limit = 5 * (size - overlap) + size
    return draw(st.integers(1, limit)), draw(st.integers(1, limit)), size, overlap


@given(plans())
def test_tiles_have_one_size_lie_inside_and_overlap(plan):
    height, width, size, overlap = plan
    tiles = plan_tiles(height, width, size=size, overlap=overlap)
    assert {(t.height, t.width) for t in tiles} == {(min(size, height), min(size, width))}
    assert tiles == sorted(tiles, key=lambda t: (t.top, t.left))
    assert len(set(tiles)) == len(tiles)
    for starts, extent in [({t.top for t in tiles}, height), ({t.left for t in tiles}, width)]:
        ordered = sorted(starts)
        assert ordered[0] == 0
        assert ordered[-1] + min(size, extent) == extent
        assert all(b - a <= size - overlap for a, b in pairwise(ordered))


@given(plans())
def test_weights_are_a_partition_of_unity(plan):
    height, width, size, overlap = plan
    total = np.zeros((height, width))
    for tile in plan_tiles(height, width, size=size, overlap=overlap):
        weights = tile_weights(tile, height, width, overlap=overlap)
        assert weights.dtype == np.float32
        assert (weights > 0).all()
        total[tile.slices] += weights
    np.testing.assert_allclose(total, 1, atol=1e-6)


@given(plans(), plans())
def test_each_axis_may_have_an_overlap_of_its_own(down, across):
    (height, _, tall, above), (_, width, wide, beside) = down, across
    both = plan_tiles(height, width, size=(tall, wide), overlap=(above, beside))
    tops = plan_tiles(height, 1, size=(tall, 1), overlap=(above, 0))
    lefts = plan_tiles(1, width, size=(1, wide), overlap=(0, beside))
    assert [(t.top, t.left) for t in both] == [(t.top, u.left) for t in tops for u in lefts]
    total = np.zeros((height, width))
    for tile in both:
        total[tile.slices] += tile_weights(tile, height, width, overlap=(above, beside))
    np.testing.assert_allclose(total, 1, atol=1e-6)


@given(plans(), st.integers(0, 40))
def test_weights_that_fade_in_the_middle_are_one_too(plan, fade):
    height, width, size, overlap = plan
    total = np.zeros((height, width))
    for tile in plan_tiles(height, width, size=size, overlap=overlap):
        weights = tile_weights(tile, height, width, overlap=overlap, fade=fade)
        assert (weights >= 0).all()
        total[tile.slices] += weights
    np.testing.assert_allclose(total, 1, atol=1e-6)


@given(st.integers(1, 3000), st.integers(16, 600), st.data())
def test_even_tiles_are_as_few_and_as_small_as_can_be(extent, largest, data):
    overlap = data.draw(st.integers(0, largest // 2))
    side = even_size(extent, largest=largest, overlap=overlap)
    assert overlap < side <= largest

    def count(size):
        return len(plan_tiles(extent, 1, size=(size, overlap + 1), overlap=overlap))

    assert count(side) == count(largest)
    assert count(side) == 1 or side == overlap + 1 or count(side - 1) > count(side)
    rounded = even_size(extent, largest=largest, overlap=overlap, multiple=8)
    assert side <= rounded <= side + 7
    assert rounded % 8 == 0 or rounded in (largest, extent)


def test_what_lies_near_the_border_of_a_tile_has_no_weight():
    first, second = plan_tiles(64, 100, size=64, overlap=28)
    left, right = (tile_weights(tile, 64, 100, overlap=28, fade=8)[0] for tile in (first, second))
    assert (left[:46] == 1).all()
    assert (left[54:] == 0).all()
    assert (right[:10] == 0).all()
    assert (right[18:] == 1).all()


@given(plans(), st.sampled_from([np.uint8, np.uint16, np.float32]))
def test_canvas_gives_the_image_back(plan, dtype):
    height, width, size, overlap = plan
    image = np.random.default_rng(height * 997 + width).random((height, width, 3), np.float32)
    canvas = Canvas(height, width, 3, dtype)
    for tile in plan_tiles(height, width, size=size, overlap=overlap):
        values = image[tile.slices]
        values.setflags(write=False)
        canvas.add(tile, values, tile_weights(tile, height, width, overlap=overlap))
    result = canvas.finish()
    assert result.dtype == dtype
    half_step = 0 if dtype == np.float32 else 0.5 / np.iinfo(dtype).max
    np.testing.assert_allclose(to_float(result), image, rtol=0, atol=half_step + 1e-6)


def test_weights_fade_smoothly():
    tiles = plan_tiles(64, 200, size=64, overlap=20)
    weights = tile_weights(tiles[1], 64, 200, overlap=20)[0]
    assert weights[0] < 0.01
    assert weights[-1] < 0.01
    assert np.abs(np.diff(weights)).max() < np.pi / 2 / 18
    assert weights[32] == 1


def test_constant_stays_constant_to_the_last_bit_of_16():
    canvas = Canvas(300, 310, 1, np.uint16)
    for tile in plan_tiles(300, 310, size=64, overlap=16):
        values = np.full((64, 64, 1), 31337 / 65535, np.float32)
        canvas.add(tile, values, tile_weights(tile, 300, 310, overlap=16))
    assert (canvas.finish() == 31337).all()


def test_memory_is_one_row_of_tiles():
    canvas = Canvas(4000, 64, 3, np.uint8)
    longest = 0
    for tile in plan_tiles(4000, 64, size=64, overlap=16):
        canvas.add(tile, np.zeros((64, 64, 3), np.float32), np.ones((64, 64), np.float32))
        longest = max(longest, len(canvas._band))
    assert longest == 64


def test_unusable_plans_are_refused():
    for height, size, overlap in [(0, 4, 1), (4, 0, 0), (4, 4, 4), (4, 4, -1)]:
        with pytest.raises(ArgumentError, match="cannot tile"):
            plan_tiles(height, 9, size=size, overlap=overlap)
    with pytest.raises(ArgumentError, match="no tile of this plan"):
        tile_weights(Tile(1, 0, 4, 4), 10, 10, overlap=1)


def test_canvas_refuses_tiles_out_of_place():
    ones = np.ones((4, 4, 1), np.float32)
    canvas = Canvas(12, 4, 1)
    canvas.add(Tile(0, 0, 4, 4), ones, ones[:, :, 0])
    with pytest.raises(ArgumentError, match="missing above"):
        canvas.add(Tile(5, 0, 4, 4), ones, ones[:, :, 0])
    canvas.add(Tile(4, 0, 4, 4), ones, ones[:, :, 0])
    with pytest.raises(ArgumentError, match="too late"):
        canvas.add(Tile(0, 0, 4, 4), ones, ones[:, :, 0])
    with pytest.raises(ArrayError, match="does not fit a canvas"):
        canvas.add(Tile(5, 1, 4, 4), ones, ones[:, :, 0])
    with pytest.raises(ArrayError, match="do not fit"):
        canvas.add(Tile(5, 0, 4, 4), ones[:3], ones[:, :, 0])
    with pytest.raises(ArgumentError, match="end at row 8 of 12"):
        canvas.finish()
