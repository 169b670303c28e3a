"""Masked pre-training: what is hidden, what is counted, and what fine-tuning takes over."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
import torch
import yaml
from hypothesis import given
from hypothesis import strategies as st

from unblur.errors import ConfigurationError
from unblur.training.masked import MaskedTask, hidden_error, random_mask
from unblur.training.recipe import load_recipe
from unblur.training.run import train

SHAPE = {"dim": 4, "blocks": [1, 1], "heads": [1, 2], "window": 4}
PRETRAINING = {
    "name": "fill",
    "network": "csformer",
    "task": "masked-pretraining",
    "steps": 2,
    "seed": 3,
    "shape": SHAPE,
    "data": {"crop": 48, "batch_size": 2, "choices": 1, "kinds": {"none": 1}},
    "optimiser": {"learning_rate": 0.01, "warmup_steps": 0, "ema_decay": 0.5},
}
FINE_TUNING = {
    **{key: value for key, value in PRETRAINING.items() if key != "task"},
    "name": "restore",
    "objective": {"losses": {"l1": 1.0}},
    "start_from": "fill/last.ckpt",
}


@pytest.fixture
def written(tmp_path: Path) -> Callable[[dict], Path]:
    def write(values: dict) -> Path:
        path = tmp_path / f"{values['name']}.yaml"
        path.write_text(yaml.safe_dump(values))
        return path

    return write


@given(
    st.integers(0, 9), st.integers(8, 40), st.integers(8, 40),
    st.sampled_from([4, 8, 16]), st.sampled_from([0.25, 0.5, 0.75]),
)  # fmt: skip
def test_whole_patches_are_hidden_in_the_share_asked_for(seed, height, width, patch, ratio):
    generator = torch.Generator().manual_seed(seed)
    mask = random_mask(generator, height, width, patch=patch, ratio=ratio)
    assert mask.shape == (height, width)
    tiles = [
        mask[top : top + patch, left : left + patch]
        for top in range(0, height, patch)
        for left in range(0, width, patch)
    ]
    assert all(tile.all() or not tile.any() for tile in tiles)
    hidden = sum(bool(tile.all()) for tile in tiles)
    assert abs(hidden - ratio * len(tiles)) <= 1
    assert hidden >= 1


def test_only_hidden_pixels_count():
    sharp = torch.zeros(2, 3, 4, 4)
    mask = torch.zeros(2, 1, 4, 4, dtype=torch.bool)
    mask[0, 0, 0, :2] = True
    mask[1, 0, 2] = True
    filled = torch.where(mask, 0.25, 9.0).expand_as(sharp).clone()
    filled[0, :, 0, 0] = 0.75
    torch.testing.assert_close(hidden_error(filled, sharp, mask), torch.tensor([0.5, 0.25]))


def test_what_is_hidden_never_reaches_the_network(written):
    task = MaskedTask(load_recipe(written(PRETRAINING)))
    seen = []
    task.network.register_forward_pre_hook(lambda module, inputs: seen.append(inputs[0]))
    with torch.no_grad():
        task.token += torch.tensor([0.0, 0.1, 0.2])[:, None, None]
        for brightness in (0.0, 2.0):  # no picture holds the token's colour
            task.errors({"sharp": torch.full((3, 3, 48, 48), brightness)}, seed=5)
    hidden = [(shown == task.token).all(1) for shown in seen]
    assert torch.equal(*hidden)
    assert hidden[0].any((1, 2)).all()
    for shown, brightness in zip(seen, (0.0, 2.0), strict=True):
        assert (shown.permute(0, 2, 3, 1)[~hidden[0]] == brightness).all()


def test_the_token_and_every_weight_are_trained(written):
    task = MaskedTask(load_recipe(written(PRETRAINING)))
    task.errors({"sharp": torch.rand(2, 3, 48, 48)}, seed=1).mean().backward()
    assert all(weights.grad is not None for weights in task.parameters())
    assert task.token.grad.abs().min() > 0
    groups = task.configure_optimizers()["optimizer"].param_groups
    moved = {id(weights) for group in groups for weights in group["params"]}
    assert {id(weights) for weights in task.parameters()} == moved


def test_fine_tuning_begins_with_what_was_learned(written, photos, tmp_path):
    pretrained = train(written(PRETRAINING), photos, tmp_path, validation=photos, progress=False)
    frozen = {**FINE_TUNING, "steps": 1, "optimiser": {"learning_rate": 1e-9, "warmup_steps": 0}}
    tuned = train(written(frozen), photos, tmp_path, progress=False)
    before, after = (
        torch.load(path, weights_only=True)["state_dict"] for path in (pretrained, tuned)
    )
    assert "token" in before
    assert "token" not in after
    for name, weights in after.items():
        torch.testing.assert_close(weights, before[name], atol=1e-6, rtol=0)


def test_the_same_recipe_hides_the_same(written, photos, tmp_path):
    states = []
    for run in ("one", "two"):
        last = train(written(PRETRAINING), photos, tmp_path / run, progress=False)
        states.append(torch.load(last, weights_only=True)["state_dict"])
    assert all(torch.equal(states[0][name], states[1][name]) for name in states[0])


@pytest.mark.parametrize(
    ("objective", "reason"),
    [
        ({"patches": []}, "one value at least"),
        ({"ratios": [0.5, 1.0]}, "between 0 and 1"),
        ({"ratio": 0.5}, "unknown key"),
    ],
)
def test_what_cannot_be_hidden_is_refused(written, objective, reason):
    with pytest.raises(ConfigurationError, match=reason):
        load_recipe(written({**PRETRAINING, "objective": objective}))
