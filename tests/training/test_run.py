"""Runs: exact to the step, whatever interrupts them."""

from __future__ import annotations

import io
import signal
import subprocess
import sys
import threading
from types import SimpleNamespace

import numpy as np
import pytest
import torch
import yaml
from rich.console import Console
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

from unblur.degradation.sampling import PSFSampler
from unblur.degradation.shapes import delta_psf
from unblur.errors import ArgumentError, ConfigurationError, ModelError
from unblur.training.checkpoints import load_estimator, read_checkpoint
from unblur.training.progress import StepBar
from unblur.training.recipe import load_recipe
from unblur.training.run import train
from unblur.training.stop import CleanStop
from unblur.training.tasks import build_task


@pytest.fixture
def run(photos, tmp_path):
    """Train a recipe in a folder of its own and return the last checkpoint's content."""

    def start(path, folder="runs", **options):
        return read_checkpoint(train(path, photos, tmp_path / folder, threads=1, **options))

    return start


def assert_same_weights(one, two):
    for key in ("state_dict", "current_model_state"):
        assert one[key].keys() == two[key].keys()
        for name, value in one[key].items():
            torch.testing.assert_close(two[key][name], value, atol=1e-6, rtol=0)


# Sends a signal to itself in the third step.
INTERRUPTED = """
import os, signal, sys
from unblur.training.module import RestorerTask
from unblur.cli.app import main

step = RestorerTask.training_step

def interrupted(self, batch, index):
    if self.global_step == 2:
        os.kill(os.getpid(), signal.SIGTERM)
    return step(self, batch, index)

RestorerTask.training_step = interrupted
sys.exit(main(sys.argv[1:]))
"""


def test_a_run_that_was_stopped_ends_like_one_that_was_not(run, recipe, photos, tmp_path):
    path = recipe()
    whole = run(path, "whole")
    assert whole["global_step"] == 4

    words = ["train", path, "--data", photos, "--output", tmp_path / "parts", "--threads", "1"]
    done = subprocess.run(
        [sys.executable, "-c", INTERRUPTED, *map(str, words)], capture_output=True, text=True
    )
    assert (done.returncode, done.stderr) == (0, "")
    last = tmp_path / "parts" / "small-restorer" / "last.ckpt"
    assert done.stdout.split() == [str(last)]
    assert read_checkpoint(last)["global_step"] == 3

    rest = run(path, "parts", resume=True)
    assert rest["global_step"] == 4
    assert_same_weights(whole, rest)


def test_the_averaged_weights_are_not_those_in_training(run, recipe):
    content = run(recipe(), max_steps=2)
    averaged, trained = content["state_dict"], content["current_model_state"]
    assert any(not torch.equal(averaged[name], trained[name]) for name in averaged)
    assert all(torch.isfinite(value).all() for value in averaged.values())


def test_a_finished_run_stays_as_it_is(run, recipe, tmp_path):
    first = run(recipe(), max_steps=1)
    last = tmp_path / "runs" / "small-restorer" / "last.ckpt"
    content = last.read_bytes()
    assert run(recipe(), max_steps=1, resume=True)["global_step"] == 1
    assert last.read_bytes() == content
    again = run(recipe(), max_steps=1)  # without resume it begins anew
    assert_same_weights(first, again)


def test_nothing_is_said_unless_it_is_asked_for(run, recipe, capfd):
    run(recipe(), max_steps=1, progress=True)  # the standard error is no terminal here
    assert capfd.readouterr() == ("", "")


def test_the_bar_speaks_plainly_on_a_terminal(run, recipe, photos, capsys, monkeypatch):
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True)
    monkeypatch.setenv("COLUMNS", "200")
    path = recipe(validate_every=1)
    run(path, max_steps=2, validation=photos)
    out, error = capsys.readouterr()
    assert out == ""
    for word in ("small-restorer", "2/2", "steps", "error", "gain in dB"):
        assert word in error
    for word in ("Epoch", "v_num", "Tip", "GPU"):
        assert word not in error


def test_the_bar_gives_the_terminal_back_after_a_failure():
    console = Console(file=io.StringIO(), force_terminal=True)
    bar = StepBar("small", console)
    trainer = SimpleNamespace(max_steps=3, global_step=1, progress_bar_metrics={"other": 0.5})
    bar.on_train_start(trainer, None)
    bar.on_train_batch_end(trainer, None, None, None, 0)
    bar.on_exception(trainer, None, KeyboardInterrupt())
    text = console.file.getvalue()
    assert "other 0.5" in text
    assert text.count("\x1b[?25h") == text.count("\x1b[?25l") == 1  # cursor hidden, shown again


def test_progress_is_logged_for_tensorboard(run, recipe, photos, tmp_path):
    run(recipe(validate_every=2), max_steps=2, validation=photos)
    logs = EventAccumulator(str(tmp_path / "runs/small-restorer/logs/version_0")).Reload()
    assert {"val/gain"} <= set(logs.Tags()["scalars"])
    assert [event.step for event in logs.Scalars("val/gain")]


def test_a_run_can_begin_with_the_weights_of_another(run, recipe):
    first = run(recipe(), max_steps=2)
    still = {"learning_rate": 1e-12, "weight_decay": 0.0}
    path = recipe(name="second", start_from="small-restorer/last.ckpt", optimiser=still)
    second = run(path, max_steps=1)
    for name, value in first["state_dict"].items():
        torch.testing.assert_close(second["current_model_state"][name], value, atol=1e-6, rtol=0)


def test_a_restorer_learns_from_estimated_psfs(run, recipe, photos, tmp_path):
    estimator = run(recipe("estimator"), max_steps=2, validation=photos)
    assert estimator["global_step"] == 2
    shape = yaml.safe_load(recipe("estimator").read_text())["shape"]
    blind = {
        "name": "blind",
        "data": {"crop": 80},
        "blind_share": 0.5,
        "estimator": "small-estimator/last.ckpt",
        "psf_estimator": shape,
    }
    path = recipe(**blind)
    before = (tmp_path / "runs/small-estimator/last.ckpt").read_bytes()
    seeing, half_blind = run(recipe(**blind | {"name": "seeing", "blind_share": 0.0})), run(path)
    assert seeing["state_dict"].keys() == half_blind["state_dict"].keys()
    assert (tmp_path / "runs/small-estimator/last.ckpt").read_bytes() == before
    name = "network.second.preference"
    assert not torch.equal(seeing["state_dict"][name], half_blind["state_dict"][name])


def test_estimated_psfs_are_moved_to_the_place_of_the_true_ones(recipe):
    settings = load_recipe(recipe())
    moved = torch.zeros(1, 33, 33)
    moved[0, 14:17, 18] = 1 / 3
    task = build_task(settings, torch.nn.Sequential(Says([moved])))
    truth = torch.zeros(1, 33, 33)
    truth[0, 15:18, 16] = 1 / 3
    torch.testing.assert_close(task.estimate(torch.rand(1, 3, 48, 48), truth), truth)


def test_a_doubtful_psf_is_as_wrong_as_its_certainty_says(recipe):
    task = build_task(load_recipe(recipe(doubtful_share=0.75)))
    task.network, task.log = Listens(), lambda *_, **__: None
    psf = torch.from_numpy(PSFSampler().sample(np.random.default_rng(0), "shake")[0])
    batch = {
        "blurred": torch.rand(40, 3, 48, 48),
        "sharp": torch.rand(40, 3, 48, 48),
        "psf": psf.expand(40, -1, -1),
        "linear": torch.zeros(40, dtype=torch.bool),
    }
    task.training_step(batch, 0)
    told, certainty, linear = task.network.heard
    assert torch.equal(told[30:], batch["psf"][30:])
    assert (certainty[30:] == 1).all()
    assert torch.equal(linear, certainty < 1)
    assert 0 <= certainty[:30].min() < 0.2 < 0.8 < certainty[:30].max() < 1
    similarity = torch.cosine_similarity(told.flatten(1), batch["psf"].flatten(1))[:30]
    certain = certainty[:30] > 0.6
    assert similarity[certain].mean() > similarity[~certain].mean() + 0.05


def test_a_share_of_the_steps_makes_one_pass_alone(recipe):
    task = build_task(load_recipe(recipe(single_pass_share=0.5)))
    task.network, task.log = Listens(), lambda *_, **__: None
    picture, flags = torch.rand(1, 3, 48, 48), torch.ones(1, dtype=torch.bool)
    psf = torch.from_numpy(delta_psf(33))[None]
    batch = {"blurred": picture, "sharp": picture, "psf": psf, "linear": flags}
    task.trainer = steps = SimpleNamespace(global_step=0)
    passes = []
    for steps.global_step in range(60):
        task.training_step(batch, 0)
        passes.append(task.network.passes)
    assert set(passes) == {1, task.recipe.shape.passes}
    assert 20 <= passes.count(1) <= 40


class Listens(torch.nn.Module):
    """A network that keeps what it is told, and gives back what it sees."""

    def forward(self, blurred, *told, passes):
        self.heard, self.passes = told, passes
        return (blurred, blurred.requires_grad_())


class Says(torch.nn.Module):
    """A network that always gives the same answer."""

    def __init__(self, answer):
        super().__init__()
        self.answer = answer

    def forward(self, _):
        return self.answer


@pytest.mark.parametrize("key", ["start_from", "estimator"])
def test_a_missing_checkpoint_is_named(run, recipe, key):
    path = recipe(name="needy", data={"crop": 192}, **{key: "nobody/last.ckpt"})
    with pytest.raises(ModelError, match=r"nobody.last\.ckpt: cannot be read"):
        run(path)


def test_a_run_goes_on_only_with_its_own_network(run, recipe):
    run(recipe(), max_steps=1)
    wider = {"in_channels": 13, "out_channels": 7, "widths": [8, 8], "blocks": [1, 1]}
    path = recipe(shape={"first": wider})
    with pytest.raises(ModelError, match=r"last\.ckpt: does not fit the network of the recipe"):
        run(path, resume=True)


@pytest.mark.parametrize("option", ["max_steps", "threads"])
def test_a_number_below_one_is_refused(recipe, photos, tmp_path, option):
    with pytest.raises(ArgumentError, match=rf"{option} must be 1 or more, not 0"):
        train(recipe(), photos, tmp_path, **{option: 0})


def test_an_output_that_is_no_folder_is_told(recipe, photos, tmp_path):
    (tmp_path / "taken").write_text("a file")
    with pytest.raises(ConfigurationError, match=r"small-restorer: cannot be made"):
        train(recipe(), photos, tmp_path / "taken")


class TestCleanStop:
    """The signals belong to the run only as long as it runs."""

    @pytest.fixture
    def trainer(self):
        saved = []
        return SimpleNamespace(should_stop=False, save_checkpoint=saved.append, saved=saved)

    @pytest.fixture
    def heard(self, monkeypatch):
        """Handlers of an embedding program, which take note."""
        heard = []
        numbers = (signal.SIGTERM, signal.SIGINT)
        before = [signal.signal(number, lambda *seen: heard.append(seen[0])) for number in numbers]
        yield heard
        for number, handler in zip(numbers, before, strict=True):
            signal.signal(number, handler)

    @pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
    def test_a_signal_ends_the_run_and_a_second_one_acts_as_before(
        self, trainer, heard, tmp_path, number
    ):
        stop = CleanStop(tmp_path / "last.ckpt")
        stop.on_train_start(trainer, None)
        signal.raise_signal(number)
        assert (trainer.should_stop, heard) == (True, [])
        signal.raise_signal(number)
        assert heard == [number]
        stop.on_train_end(trainer, None)
        assert trainer.saved == [tmp_path / "last.ckpt"]

    @pytest.mark.parametrize("failed", [False, True])
    def test_the_handlers_of_others_come_back(self, trainer, heard, tmp_path, failed):
        before = signal.getsignal(signal.SIGTERM), signal.getsignal(signal.SIGINT)
        stop = CleanStop(tmp_path / "last.ckpt")
        stop.on_train_start(trainer, None)
        assert signal.getsignal(signal.SIGTERM) is not before[0]
        if failed:
            stop.on_exception(trainer, None, RuntimeError())
        else:
            stop.on_train_end(trainer, None)
        assert (signal.getsignal(signal.SIGTERM), signal.getsignal(signal.SIGINT)) == before
        assert trainer.saved == ([] if failed else [tmp_path / "last.ckpt"])

    def test_a_run_leaves_no_handler_behind(self, run, recipe, heard):
        before = signal.getsignal(signal.SIGTERM), signal.getsignal(signal.SIGINT)
        run(recipe(), max_steps=1)
        assert (signal.getsignal(signal.SIGTERM), signal.getsignal(signal.SIGINT)) == before

    def test_a_run_outside_the_main_thread_leaves_signals_alone(self, run, recipe):
        before = signal.getsignal(signal.SIGTERM)
        ends = []
        thread = threading.Thread(target=lambda: ends.append(run(recipe(), max_steps=1)))
        thread.start()
        thread.join()
        assert ends[0]["global_step"] == 1
        assert signal.getsignal(signal.SIGTERM) is before


def test_the_estimator_of_a_run_can_be_loaded(run, recipe, tmp_path):
    content = run(recipe("estimator"), max_steps=1)
    settings = load_recipe(recipe("estimator"))
    network = load_estimator(settings.shape, tmp_path / "runs" / "small-estimator" / "last.ckpt")
    for name, value in network.state_dict().items():
        assert torch.equal(content["state_dict"][f"network.{name}"], value)
