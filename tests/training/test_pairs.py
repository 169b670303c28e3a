"""Pairs as batches: each pair once an epoch, the two cut alike, shared without repetition."""

from __future__ import annotations

from collections import Counter

import numpy as np
import pytest
import torch
from PIL import Image

from unblur.errors import ImageReadError
from unblur.evaluation.paired.finding import Pair
from unblur.training import pairs
from unblur.training.pairs import PairBatches, PixelPair, load_pairs
from unblur.training.settings import PairSettings

SETTINGS = PairSettings(crop=8, batch_size=4)


@pytest.fixture
def pictures() -> list[PixelPair]:
    """Eleven pairs; the blurred one is the sharp one plus 100, its first channel tells which."""
    rng = np.random.default_rng(0)
    made = []
    for number in range(11):
        sharp = rng.integers(0, 150, (12, 10, 3)).astype(np.uint8)
        sharp[..., 0] = number
        made.append(PixelPair(sharp + np.uint8(100), sharp, f"kind {number}"))
    return made


def seen(batch) -> list[int]:
    return [round(255 * value.item()) for value in batch["sharp"][:, 0, 0, 0]]


def first(batches: PairBatches, count: int) -> list[dict]:
    return [batch for batch, _ in zip(batches, range(count), strict=False)]


def same(one, two) -> bool:
    alike = all(torch.equal(one[key], two[key]) for key in ("sharp", "blurred"))
    return alike and one["kind"] == two["kind"]


def test_an_epoch_goes_once_through_all_pairs(pictures):
    batches = PairBatches(pictures, SETTINGS, seed=1)
    assert batches.epoch_steps == 3
    epochs = [first(batches, 6)[n : n + 3] for n in (0, 3)]
    orders = [[number for batch in epoch for number in seen(batch)] for epoch in epochs]
    assert [len(batch["kind"]) for batch in epochs[0]] == [4, 4, 3]
    for order in orders:
        assert sorted(order) == list(range(11))
    assert orders[0] != orders[1]
    assert orders[0] != list(range(11))


def test_both_pictures_of_a_pair_are_cut_alike(pictures):
    settings = PairSettings(crop=8, batch_size=4, flips=True)
    batches = first(PairBatches(pictures, settings, seed=1), 12)
    mirrored = 0
    for batch in batches:
        added = 255 * (batch["blurred"] - batch["sharp"])
        torch.testing.assert_close(added, torch.full_like(added, 100))
        for kind, number, sharp in zip(batch["kind"], seen(batch), batch["sharp"], strict=True):
            assert kind == f"kind {number}"
            windows = np.lib.stride_tricks.sliding_window_view(
                pictures[number].sharp, (8, 8), axis=(0, 1)
            )
            cut = np.rint(255 * sharp.numpy())
            mirrored += any((cut[..., ::-1] == w).all() for row in windows for w in row)
            assert any(((cut == w) | (cut[..., ::-1] == w)).all() for row in windows for w in row)
    assert 10 < mirrored < 34  # of 44


def test_a_resumed_run_goes_on_in_the_same_stream(pictures):
    whole = first(PairBatches(pictures, SETTINGS, seed=1), 7)
    rest = first(PairBatches(pictures, SETTINGS, seed=1, start=4), 3)
    assert all(map(same, whole[4:], rest))
    assert not same(whole[0], first(PairBatches(pictures, SETTINGS, seed=2), 1)[0])


def test_a_validation_sees_each_pair_once_in_order_from_the_middle(pictures):
    batches = list(PairBatches(pictures, SETTINGS, seed=1, once=True))
    assert [number for batch in batches for number in seen(batch)] == list(range(11))
    middle = pictures[4].sharp[2:10, 1:9].transpose(2, 0, 1)
    np.testing.assert_array_equal(np.rint(255 * batches[1]["sharp"][0].numpy()), middle)


@pytest.mark.parametrize("world", [2, 3, 4])
def test_processes_share_each_batch_without_repetition(pictures, monkeypatch, world):
    whole = first(PairBatches(pictures, SETTINGS, seed=1), 3)
    parts = []
    for rank in range(world):
        monkeypatch.setattr(pairs, "rank_and_world", lambda rank=rank: (rank, world))
        parts.append(first(PairBatches(pictures, SETTINGS, seed=1), 3))
    for step, batch in enumerate(whole):
        shares = [part[step] for part in parts]
        sizes = {len(share["kind"]) for share in shares}
        assert len(sizes) == 1, "all processes must take part in every step"
        together = Counter(number for share in shares for number in seen(share))
        if len(batch["kind"]) >= world:
            assert set(together) <= set(seen(batch))
            assert max(together.values()) == 1
            assert len(batch["kind"]) - len(together) < world


@pytest.mark.parametrize("world", [2, 4])
def test_processes_share_a_validation_without_repetition_or_loss(pictures, monkeypatch, world):
    together = []
    for rank in range(world):
        monkeypatch.setattr(pairs, "rank_and_world", lambda rank=rank: (rank, world))
        batches = PairBatches(pictures, SETTINGS, seed=1, once=True)
        together += [number for batch in batches for number in seen(batch)]
    assert sorted(together) == list(range(11))


def test_crops_grow_with_the_run(pictures):
    settings = PairSettings(crop=8, batch_size=4, progressive=(4, 6))
    batches = first(PairBatches(pictures, settings, seed=1, steps=6), 7)
    assert [batch["sharp"].shape[-1] for batch in batches] == [4, 4, 6, 6, 8, 8, 8]


class TestFiles:
    @pytest.fixture
    def pair(self, tmp_path) -> Pair:
        rng = np.random.default_rng(0)
        for name in ("sharp", "blurred"):
            picture = rng.integers(0, 256, (20, 30, 3)).astype(np.uint8)
            Image.fromarray(picture).save(tmp_path / f"{name}.png")
        return Pair("one", "motion", tmp_path / "sharp.png", tmp_path / "blurred.png")

    def test_a_picture_is_squeezed_by_nearest_neighbours(self, pair):
        (loaded,) = load_pairs([pair], PairSettings(crop=10, fit="resize"))
        with Image.open(pair.sharp) as file:
            pixels = np.asarray(file)
        rows, columns = np.arange(10) * 2 + 1, np.arange(10) * 3 + 1  # centres of 2 x 3 blocks
        np.testing.assert_array_equal(loaded.sharp, pixels[np.ix_(rows, columns)])
        assert (loaded.blurred.shape, loaded.kind) == ((10, 10, 3), "motion")

    def test_a_whole_picture_is_kept_for_crops(self, pair):
        (loaded,) = load_pairs([pair], PairSettings(crop=10))
        assert loaded.sharp.shape == (20, 30, 3)

    def test_pairs_of_two_sizes_are_for_squeezing_alone(self, pair):
        Image.new("RGB", (30, 21)).save(pair.blurred)
        with pytest.raises(ImageReadError, match=r"blurred\.png: its size is not that of"):
            load_pairs([pair], PairSettings(crop=10))
        assert load_pairs([pair], PairSettings(crop=10, fit="resize"))

    def test_a_picture_below_the_crop_is_told(self, pair):
        with pytest.raises(ImageReadError, match=r"sharp\.png: smaller than 24 x 24"):
            load_pairs([pair], PairSettings(crop=24))
