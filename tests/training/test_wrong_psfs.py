"""Wrong PSFs: PSFs still, wrong by every degree, the same for the same seed."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from unblur.degradation.sampling import PSFSampler
from unblur.training.wrong_psfs import wrong_psfs


@pytest.fixture(scope="module")
def right() -> torch.Tensor:
    rng = np.random.default_rng(0)
    kinds = ["gaussian", "defocus", "motion", "shake"] * 25
    return torch.from_numpy(np.stack([PSFSampler().sample(rng, kind)[0] for kind in kinds]))


def _wrong(right: torch.Tensor, seed: int) -> torch.Tensor:
    return wrong_psfs(right, torch.Generator().manual_seed(seed))


def test_they_are_psfs(right):
    wrong = _wrong(right, 1)
    assert wrong.shape == right.shape
    assert wrong.min() >= 0
    torch.testing.assert_close(wrong.sum((1, 2)), torch.ones(len(right)))


def test_some_are_nearly_right_and_some_far_off(right):
    wrong = _wrong(right, 1)
    similarity = torch.cosine_similarity(wrong.flatten(1), right.flatten(1))
    assert similarity.max() > 0.98
    assert similarity.min() < 0.7
    assert 0.75 < similarity.median() < 0.98


def test_the_seed_decides(right):
    before = right.clone()
    assert torch.equal(_wrong(right, 1), _wrong(right, 1))
    assert not torch.equal(_wrong(right, 1), _wrong(right, 2))
    assert torch.equal(right, before)


def test_the_stronger_the_further_off(right):
    similarity = []
    for strength in (0.0, 0.3, 0.6, 1.0):
        chance = torch.Generator().manual_seed(1)
        wrong = wrong_psfs(right, chance, torch.full((len(right),), strength))
        similarity.append(torch.cosine_similarity(wrong.flatten(1), right.flatten(1)).mean())
    assert similarity[0] > 0.999
    assert similarity == sorted(similarity, reverse=True)
    assert similarity[-1] < 0.9
