"""No sample twice, none left out, whatever the number of processes and workers."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from unblur.training import sharing
from unblur.training.pairs import PairBatches, PixelPair
from unblur.training.settings import PairSettings


@given(st.integers(0, 50), st.integers(0, 40), st.integers(1, 6), st.integers(1, 4))
def test_each_number_is_counted_once(start, count, world, workers):
    with pytest.MonkeyPatch.context() as patch:
        seen = []
        for rank in range(world):
            for number in range(workers):
                worker = SimpleNamespace(id=number, num_workers=workers)
                patch.setattr(sharing, "rank_and_world", lambda rank=rank: (rank, world))
                patch.setattr(sharing, "get_worker_info", lambda worker=worker: worker)
                seen += sharing.numbers(start, count)
    assert sorted(seen) == list(range(start, start + count))


@given(st.integers(1, 25), st.integers(1, 3), st.integers(1, 4), st.integers(0, 3))
def test_an_epoch_shows_no_pair_twice(count, each, world, epoch):
    picture = np.zeros((4, 4, 3), np.uint8)
    settings = PairSettings(crop=4, batch_size=each * world)
    batches = PairBatches([PixelPair(picture, picture, "none")] * count, settings, seed=1)
    steps = range(epoch * batches.epoch_steps, (epoch + 1) * batches.epoch_steps)
    whole = [index for step in steps for index in batches.indices(step)]
    assert sorted(whole) == list(range(count))
    for step in steps:
        indices = batches.indices(step)
        shares = [batches.share(indices, rank, world) for rank in range(world)]
        assert len({len(share) for share in shares}) == 1  # none waits for another
        if len(indices) >= world:
            seen = [index for share in shares for index in share]
            assert len(set(seen)) == len(seen) > len(indices) - world
