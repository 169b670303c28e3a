"""Runs of image-to-image networks: by epochs or steps, alone or together, resumed, exported."""

from __future__ import annotations

import csv
import math
import os
import subprocess
import sys
from datetime import timedelta
from pathlib import Path

import numpy as np
import pytest
import torch
import yaml
from PIL import Image
from skimage import data

from unblur.cards import load_card
from unblur.degradation import convolve, disk_psf
from unblur.errors import ArgumentError
from unblur.evaluation.paired.finding import find_pairs
from unblur.evaluation.paired.splitting import split_pairs
from unblur.runtime import load_session
from unblur.training import run
from unblur.training.checkpoints import read_checkpoint
from unblur.training.epochs import COLUMNS
from unblur.training.export import ExportFacts, export
from unblur.training.recipe import load_recipe
from unblur.training.run import train
from unblur.training.tasks import build_task

PAIRED = {
    "name": "small",
    "network": "seed-autoencoder",
    "epochs": 3,
    "shape": {"size": 16, "widths": [4, 8], "code": 8},
    "data": {"source": "pairs", "crop": 16, "batch_size": 4, "fit": "resize"},
    "objective": {"losses": {"mse": 1.0}},
    "optimiser": {
        "method": "adam",
        "learning_rate": 1e-3,
        "weight_decay": 0,
        "betas": [0.9, 0.999],
        "epsilon": 1e-7,
        "schedule": "plateau",
        "warmup_steps": 0,
        "clip": None,
        "ema_decay": None,
    },
}
NOISY = {
    "name": "noisy",
    "network": "dual-autoencoder",
    "steps": 6,
    "validate_every": 3,
    "shape": {"widths": [4, 4]},
    "data": {"source": "noise", "crop": 16, "batch_size": 4},
    "objective": {"losses": {"l1": 1.0, "edge": 0.5}, "stage_weight": 0.25},
}


@pytest.fixture(scope="session")
def pairs(tmp_path_factory) -> Path:
    """Ten defocused pairs in the paper's layout."""
    folder = tmp_path_factory.mktemp("pairs")
    picture = data.astronaut().astype(np.float32) / 255
    for name in ("sharp", "defocused_blurred"):
        (folder / name).mkdir()
    for number in range(10):
        top, left = 40 * number, 30 * number
        sharp = picture[top : top + 48, left : left + 40]
        blurred = convolve(sharp, disk_psf(2.0))
        for name, image in (("sharp", sharp), ("defocused_blurred", blurred)):
            ending = "S.png" if name == "sharp" else "F.PNG"
            pixels = np.rint(255 * image.clip(0, 1)).astype(np.uint8)
            Image.fromarray(pixels).save(folder / name / f"{number}_CAMERA_{ending}")
    return folder


@pytest.fixture
def written(tmp_path):
    """Write a recipe, changed at its top level or one below, and return its path."""

    def write(base=PAIRED, **changes) -> Path:
        values = dict(base)
        for key, value in changes.items():
            values[key] = values[key] | value if isinstance(value, dict) else value
        path = tmp_path / f"{values['name']}.yaml"
        path.write_text(yaml.safe_dump(values), encoding="utf-8")
        return path

    return write


def history(checkpoint: Path) -> list[dict[str, str]]:
    with (checkpoint.parent / "history.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def figures(rows: list[dict[str, str]]) -> list[list[float]]:
    return [[float(value or "nan") for value in row.values()] for row in rows]


def assert_same(one: Path, two: Path, atol: float = 1e-6) -> None:
    first, second = (read_checkpoint(path)["state_dict"] for path in (one, two))
    assert first.keys() == second.keys()
    for name, value in first.items():
        torch.testing.assert_close(second[name], value, atol=atol, rtol=0)


def test_an_epoch_goes_once_through_the_training_pairs(written, pairs, tmp_path):
    last = train(written(), pairs, tmp_path / "runs")
    rows = history(last)
    assert tuple(rows[0]) == COLUMNS
    # eight of ten pairs in batches of four
    assert [(row["epoch"], row["step"]) for row in rows] == [("1", "2"), ("2", "4"), ("3", "6")]
    assert read_checkpoint(last)["global_step"] == 6
    for row in rows:
        assert 0 < float(row["loss"]) < 1
        assert 0 <= float(row["val_accuracy"]) <= 1
        assert float(row["lr"]) == 1e-3


def scores(path: Path, checkpoint: Path, chosen) -> tuple[float, float]:
    """MSE and channel-argmax accuracy of a checkpoint on pairs, without any of the training."""
    recipe = load_recipe(path)
    network = recipe.entry.build(recipe.shape)
    state = read_checkpoint(checkpoint)["state_dict"]
    network.load_state_dict({name.removeprefix("network."): state[name] for name in state})
    errors, agreed = [], []
    for pair in chosen:
        arrays = []
        for file in (pair.blurred, pair.sharp):
            with Image.open(file) as image:
                arrays.append(np.asarray(image.resize((16, 16), 0), np.float32) / 255)
        with torch.no_grad():
            result = network(torch.from_numpy(arrays[0].transpose(2, 0, 1))[None])[0].numpy()
        errors.append(((result.transpose(1, 2, 0) - arrays[1]) ** 2).mean())
        agreed.append((result.argmax(0) == arrays[1].argmax(-1)).mean())
    return float(np.mean(errors)), float(np.mean(agreed))


@pytest.mark.parametrize("protocol", ["held-out", "paper"])
def test_the_validation_is_that_of_the_protocol(written, pairs, tmp_path, protocol):
    path = written(epochs=1, data={"protocol": protocol})
    last = train(path, pairs, tmp_path / "runs")
    everything = find_pairs(pairs).pairs
    chosen = everything if protocol == "paper" else split_pairs(everything)[1]
    (row,) = history(last)
    assert row["step"] == ("3" if protocol == "paper" else "2")
    mse, accuracy = scores(path, last, chosen)
    assert float(row["val_loss"]) == pytest.approx(mse, rel=1e-4)
    assert float(row["val_accuracy"]) == pytest.approx(accuracy, abs=1e-6)


def test_another_folder_can_be_validated_on(written, pairs, tmp_path):
    path = written(epochs=1)
    last = train(path, pairs, tmp_path / "runs", validation=pairs)
    (row,) = history(last)
    assert row["step"] == "3"  # nothing is held out
    assert float(row["val_loss"]) == pytest.approx(
        scores(path, last, find_pairs(pairs).pairs)[0], rel=1e-4
    )


def keras_rates(losses: list[float], patience: int, factor: float, least: float) -> list[float]:
    """Learning rates at the end of each epoch as Keras' ReduceLROnPlateau leaves them behind."""
    rate, best, wait, seen = 1e-3, math.inf, 0, []
    for loss in losses:
        seen.append(rate)
        if loss < best - 1e-4:
            best, wait = loss, 0
            continue
        wait += 1
        if wait >= patience and rate > least:
            rate, wait = max(rate * factor, least), 0
    return seen


def test_the_rate_falls_when_keras_would_lower_it(written, pairs, tmp_path):
    plateau = {"patience": 1, "smallest": 2e-5}  # Keras' patience of 2
    slow = PAIRED["optimiser"] | {"plateau": plateau, "learning_rate": 1e-3, "betas": [0.0, 0.0]}
    path = written(epochs=14, optimiser=slow, objective={"losses": {"mse": 1e-3}})
    rows = history(train(path, pairs, tmp_path / "runs"))
    losses, rates = ([float(row[name]) for row in rows] for name in ("val_loss", "lr"))
    wanted = keras_rates(losses, 2, 0.1**0.5, 2e-5)
    assert rates == pytest.approx(wanted, rel=1e-6)
    assert rates[-1] == pytest.approx(2e-5)


@pytest.mark.parametrize("stop", [2, 3, 5])
def test_a_resumed_run_ends_like_one_that_was_not_stopped(written, pairs, tmp_path, stop):
    plateau = {"plateau": {"patience": 0, "threshold": 1.0}}  # falls after every epoch but one
    path = written(optimiser=plateau | {"ema_decay": 0.5})
    whole = train(path, pairs, tmp_path / "whole")
    train(path, pairs, tmp_path / "parts", max_steps=stop)
    parts = train(path, pairs, tmp_path / "parts", resume=True)
    assert_same(whole, parts)
    np.testing.assert_allclose(figures(history(parts)), figures(history(whole)), rtol=1e-5)
    assert float(history(whole)[-1]["lr"]) < 1e-3


class Killed(Exception):
    """Stands for the end of the process."""


def test_a_run_killed_in_a_validation_makes_up_for_it(written, pairs, tmp_path, monkeypatch):
    plateau = {"plateau": {"patience": 0, "threshold": 1.0}}
    path = written(optimiser=plateau)
    whole = train(path, pairs, tmp_path / "whole")

    def die(self, trainer, module):
        if trainer.global_step == 4:
            raise Killed

    monkeypatch.setattr(run, "CHECKPOINT_EVERY", timedelta(0))  # whenever it may be
    with monkeypatch.context() as patch:
        patch.setattr(run.CleanStop, "on_validation_start", die, raising=False)
        with pytest.raises(Killed):
            train(path, pairs, tmp_path / "parts")
    parts = tmp_path / "parts" / "small" / "last.ckpt"
    assert read_checkpoint(parts)["global_step"] == 3  # not that of a step half done
    assert train(path, pairs, tmp_path / "parts", resume=True) == parts
    assert_same(whole, parts)
    np.testing.assert_allclose(figures(history(parts)), figures(history(whole)), rtol=1e-5)


def test_a_run_without_validation_leaves_its_columns_empty(written, photos, tmp_path):
    rows = history(train(written(NOISY), photos, tmp_path / "runs"))
    assert [row["step"] for row in rows] == ["3", "6"]
    for row in rows:
        assert (row["val_loss"], row["val_accuracy"]) == ("", "")
        assert float(row["loss"]) > 0


def test_every_output_counts_by_its_weight(written, photos, tmp_path):
    recipe = load_recipe(written(NOISY))
    task = build_task(recipe)
    generator = torch.Generator().manual_seed(0)
    batch = {
        name: torch.rand(2, 3, 16, 16, generator=generator)
        for name in ("sharp", "clean", "blurred")
    }
    outputs = task.outputs(batch)

    def criterion(result, target):
        edges = sum((result - target).diff(dim=axis).abs().mean() for axis in (-1, -2))
        return (result - target).abs().mean() + 0.5 * edges

    wanted = criterion(outputs[1], batch["sharp"]) + 0.25 * criterion(outputs[0], batch["clean"])
    torch.testing.assert_close(task.loss(outputs, batch), wanted)
    # a smaller output is compared with the shrunken target
    half = batch["sharp"].unflatten(-1, (8, 2)).unflatten(-3, (8, 2)).mean((-1, -3))
    result = torch.rand(2, 3, 8, 8, generator=generator)
    torch.testing.assert_close(task.criterion(result, batch["sharp"]), criterion(result, half))


def test_a_plateau_needs_a_validation(written, photos, tmp_path):
    path = written(NOISY | {"optimiser": PAIRED["optimiser"]})
    with pytest.raises(ArgumentError, match="the schedule plateau follows the validation"):
        train(path, photos, tmp_path / "runs")


def test_two_processes_learn_what_one_would(written, pairs, tmp_path):
    path = written()
    alone = train(path, pairs, tmp_path / "alone", validation=pairs)
    words = ["train", path, "--data", pairs, "--validation", pairs, "-o", tmp_path / "together"]
    done = subprocess.run(
        [sys.executable, "-m", "unblur", *map(str, words), "--devices", "2", "--threads", "1"],
        capture_output=True,
        text=True,
        timeout=300,
        env=os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)},
    )
    last = tmp_path / "together" / path.stem / "last.ckpt"
    assert (done.returncode, done.stdout.split()) == (0, [str(last)]), done.stderr
    assert read_checkpoint(last)["global_step"] == read_checkpoint(alone)["global_step"]
    assert_same(alone, last, atol=1e-5)
    np.testing.assert_allclose(figures(history(last)), figures(history(alone)), rtol=1e-3)


def test_processes_that_cannot_share_a_batch_are_told(written, pairs, tmp_path):
    with pytest.raises(ArgumentError, match="3 processes cannot share a batch of 4 equally"):
        train(written(), pairs, tmp_path / "runs", devices=3)


@pytest.mark.parametrize("option", ["devices", "num_nodes"])
def test_a_number_below_one_is_refused(written, pairs, tmp_path, option):
    with pytest.raises(ArgumentError, match=f"{option} must be 1 or more, not 0"):
        train(written(), pairs, tmp_path / "runs", **{option: 0})


@pytest.mark.parametrize(("base", "folder"), [(PAIRED, "pairs"), (NOISY, "photos")])
def test_the_answer_of_a_network_is_exported(written, request, tmp_path, base, folder):
    path = written(base)
    last = train(path, request.getfixturevalue(folder), tmp_path / "runs", max_steps=2)
    facts = ExportFacts("pictures", (path.name,), 2, "1 s", "none")
    (written_card,) = export(path, last, tmp_path / "model", facts)
    file = tmp_path / "model" / f"{base['network']}.onnx"
    card, _ = load_card(file)
    assert card.id == written_card.id == base["network"]
    assert (card.task, card.in_channels, card.out_channels) == ("image-to-image", 3, 3)
    assert card.value_range == (0.0, 1.0)
    if base is PAIRED:
        assert (card.size_multiple, card.settings) == (1, {"fixed_size": [16, 16]})
        shape = (1, 3, 16, 16)
    else:
        assert (card.size_multiple, card.settings) == (4, {})
        shape = (1, 3, 12, 20)
    recipe = load_recipe(path)
    network = recipe.entry.build(recipe.shape)
    state = read_checkpoint(last)["state_dict"]
    network.load_state_dict({name.removeprefix("network."): state[name] for name in state})
    picture = torch.rand(shape, generator=torch.Generator().manual_seed(0))
    with torch.no_grad():
        result = network(picture)
    wanted = (result if base is PAIRED else result[-1]).numpy()
    np.testing.assert_allclose(
        load_session(file, threads=1).run(picture.numpy()), wanted, atol=1e-4
    )
