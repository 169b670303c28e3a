"""Export: what is written is the trained network, and says so itself."""

from __future__ import annotations

import hashlib
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import torch

from unblur.cards import load_card
from unblur.cli.app import main
from unblur.errors import ImageWriteError, ModelError
from unblur.runtime import load_session
from unblur.training import export as exporting
from unblur.training.checkpoints import load_weights
from unblur.training.export import ExportFacts, export
from unblur.training.recipe import load_recipe

FACTS = ExportFacts("three photographs", ("one.yaml",), 4, "1 s on a test machine", "none")
PARTS = {
    "estimator": ["psf-edges", "psf-cleaner"],
    "restorer": ["restorer-first", "restorer-second"],
}
LARGEST = 8e6


@pytest.fixture
def trained(recipe, tmp_path):
    """Recipe and checkpoint of a network with weights of its own, as a run leaves them."""

    def make(base):
        path = recipe(base)
        settings = load_recipe(path)
        torch.manual_seed(0)
        network = settings.entry.build(settings.shape)
        state = {
            f"network.{name}": value + 0.01 * torch.randn(value.shape)
            for name, value in network.state_dict().items()
        }
        checkpoint = tmp_path / f"{settings.name}.ckpt"
        torch.save({"state_dict": state, "global_step": 4}, checkpoint)
        load_weights(network, checkpoint)
        return path, checkpoint, network.eval()

    return make


@pytest.mark.parametrize("base", PARTS)
def test_the_files_are_the_network(trained, tmp_path, base):
    path, checkpoint, network = trained(base)
    folder = tmp_path / "new" / "model"
    cards = export(path, checkpoint, folder, FACTS)
    assert [card.id for card in cards] == PARTS[base]
    written = sorted(file.name for file in folder.iterdir())
    assert written == sorted(f"{card.id}{end}" for card in cards for end in (".json", ".onnx"))
    for card, part in zip(cards, network.parts(), strict=True):
        file = folder / f"{card.id}.onnx"
        read, content = load_card(file)
        assert read.sha256 == hashlib.sha256(content).hexdigest() == card.sha256
        assert len(content) < LARGEST
        assert (read.data, read.recipe, read.steps) == (FACTS.data, FACTS.recipes, FACTS.steps)
        assert read.parameters == sum(value.numel() for value in part.module.parameters())
        shape = part.example
        if part.size_multiple > 1:
            shape = (1, part.in_channels, 5 * part.size_multiple, 3 * part.size_multiple)
        example = torch.rand(shape)
        with torch.no_grad():
            wanted = part.module(example).numpy()
        result = load_session(file, threads=1).run(example.numpy())
        np.testing.assert_allclose(result, wanted, atol=1e-4)


def test_in_16_bits_the_file_is_half_as_large_and_still_the_network(trained, tmp_path):
    path, checkpoint, _ = trained("restorer")
    whole = export(path, checkpoint, tmp_path / "whole", FACTS)
    half = export(path, checkpoint, tmp_path / "half", FACTS, half=True)
    for card, short in zip(whole, half, strict=True):
        files = [tmp_path / name / f"{card.id}.onnx" for name in ("whole", "half")]
        large, small = (file.stat().st_size for file in files)
        assert small < 0.8 * large
        assert (short.parameters, short.task) == (card.parameters, card.task)
        example = torch.rand((1, card.in_channels, 32, 48)).numpy()
        one, two = (load_session(file, threads=1).run(example) for file in files)
        assert 0 < np.abs(one - two).max() < 0.02


def test_the_card_of_the_estimator_has_the_numbers_around_it(trained, tmp_path):
    path, checkpoint, network = trained("estimator")
    export(path, checkpoint, tmp_path / "model", FACTS)
    card, _ = load_card(tmp_path / "model" / "psf-edges.onnx")
    assert card.settings == {
        "size": 33,
        "octaves": [1, 0],
        "levels": [0.03],
        "level": pytest.approx(network.level.exp().item()),
    }


def test_a_network_that_onnx_runtime_runs_otherwise_is_not_written(trained, tmp_path, monkeypatch):
    path, checkpoint, _ = trained("restorer")
    monkeypatch.setattr(exporting, "PARITY", -1.0)
    with pytest.raises(ModelError, match="restorer-first: ONNX Runtime differs from torch by"):
        export(path, checkpoint, tmp_path / "model", FACTS)
    assert not list((tmp_path / "model").iterdir())


def test_a_checkpoint_of_another_recipe_is_refused(trained, tmp_path):
    path, _, _ = trained("restorer")
    _, checkpoint, _ = trained("estimator")
    with pytest.raises(ModelError, match="does not fit the network of the recipe"):
        export(path, checkpoint, tmp_path / "model", FACTS)


def test_a_folder_that_cannot_be_made_is_told(trained, tmp_path):
    path, checkpoint, _ = trained("restorer")
    (tmp_path / "taken").write_text("a file")
    with pytest.raises(ImageWriteError, match="taken: cannot be made"):
        export(path, checkpoint, tmp_path / "taken", FACTS)


def test_the_commands_train_and_export(recipe, photos, tmp_path, capsys):
    path, runs = recipe(steps=1), tmp_path / "runs"
    assert main(["train", str(path), "--data", str(photos), "-o", str(runs)]) == 0
    checkpoint = capsys.readouterr().out.strip()
    words = ["export", str(path), checkpoint, "-o", str(tmp_path / "mine"), "--data", "photos"]
    assert main(words) == 0
    for line in capsys.readouterr().out.split():
        card, _ = load_card(Path(line))
        assert (card.data, card.recipe) == ("photos", (path.name,))


@pytest.mark.parametrize("package", ["torch", "lightning"])
def test_without_the_extra_the_way_to_it_is_told(package, recipe, photos):
    code = "import sys; sys.modules[sys.argv.pop(1)] = None\n"
    code += "from unblur.cli.app import main; sys.exit(main(sys.argv[1:]))"
    words = ["train", str(recipe()), "--data", str(photos)]
    done = subprocess.run(
        [sys.executable, "-c", code, package, *words], capture_output=True, text=True
    )
    assert done.returncode == 2
    way = f"unblur: {package} is not installed: run pip install 'unblur[train]'\n"
    assert done.stderr == way
