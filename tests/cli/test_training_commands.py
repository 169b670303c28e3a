"""``unblur train`` and ``unblur export``: what is typed arrives; what is missing is told."""

import sys
from pathlib import Path
from types import ModuleType, SimpleNamespace

import pytest

from unblur.cli.app import main
from unblur.cli.exits import ExitCode
from unblur.errors import ConfigurationError


@pytest.fixture
def calls(monkeypatch) -> list[tuple]:
    """Training modules that only take note."""
    calls: list[tuple] = []
    run, export = ModuleType("unblur.training.run"), ModuleType("unblur.training.export")

    def train(*paths, **settings):
        calls.append((paths, settings))
        if paths[0].name == "wrong.yaml":
            raise ConfigurationError("wrong.yaml: unknown key 'crpo': did you mean crop?")
        return Path("runs/small/last.ckpt")

    def note(*words, **settings):
        calls.append((words, settings))
        return [SimpleNamespace(id="psf-edges"), SimpleNamespace(id="psf-cleaner")]

    run.train, run.is_first_process = train, lambda: True
    export.export, export.ExportFacts = note, SimpleNamespace
    monkeypatch.setitem(sys.modules, "unblur.training.run", run)
    monkeypatch.setitem(sys.modules, "unblur.training.export", export)
    return calls


def test_every_option_of_train_arrives(calls, capsys):
    words = "train r.yaml --data photos --validation more --output o --resume --max-steps 7"
    more = [
        "--threads",
        "2",
        "--devices",
        "3",
        "--num-nodes",
        "4",
        "--strategy",
        "ddp",
        "--accelerator",
        "cpu",
        "--cache",
        "kept",
    ]
    assert main([*words.split(), *more]) == ExitCode.DONE
    ((paths, settings),) = calls
    assert paths == (Path("r.yaml"), "photos", Path("o"))
    assert settings == {
        "validation": "more",
        "resume": True,
        "max_steps": 7,
        "threads": 2,
        "devices": 3,
        "num_nodes": 4,
        "strategy": "ddp",
        "accelerator": "cpu",
        "cache": Path("kept"),
        "progress": False,
    }
    assert capsys.readouterr().out == "runs/small/last.ckpt\n"


def test_of_many_processes_only_the_first_speaks(calls, capsys, monkeypatch):
    monkeypatch.setattr(sys.modules["unblur.training.run"], "is_first_process", lambda: False)
    assert main(["train", "r.yaml", "--data", "photos"]) == ExitCode.DONE
    assert capsys.readouterr().out == ""


def test_a_wrong_recipe_is_a_usage_error_in_one_line(calls, capsys):
    assert main(["train", "wrong.yaml", "--data", "photos"]) == ExitCode.USAGE
    assert capsys.readouterr().err == (
        "unblur: wrong.yaml: unknown key 'crpo': did you mean crop?\n"
    )


def test_every_option_of_export_arrives(calls, capsys):
    words = ["export", "r.yaml", "last.ckpt", "-o", "mine", "--data", "my photos", "--steps", "9"]
    more = ["--hours", "2 h", "--figures", "+3 dB", "--licence", "CC0-1.0", "--half"]
    assert main([*words, *more]) == ExitCode.DONE
    (((recipe, checkpoint, folder, facts), settings),) = calls
    assert settings == {"half": True}
    assert (recipe, checkpoint, folder) == (Path("r.yaml"), Path("last.ckpt"), Path("mine"))
    assert vars(facts) == {
        "data": "my photos",
        "recipes": ("r.yaml",),
        "steps": 9,
        "hours": "2 h",
        "figures": "+3 dB",
        "licence": "CC0-1.0",
    }
    out = capsys.readouterr().out.split()
    assert out == [str(Path("mine", "psf-edges.onnx")), str(Path("mine", "psf-cleaner.onnx"))]


@pytest.mark.parametrize(
    "words",
    [["train", "r.yaml", "--data", "x"], ["export", "r.yaml", "c", "-o", "x", "--data", "y"]],
)
@pytest.mark.parametrize("package", ["torch", "lightning", "yaml"])
def test_without_the_extra_the_way_to_it_is_told(monkeypatch, capsys, words, package):
    for name in list(sys.modules):
        if name.startswith("unblur.training"):
            monkeypatch.delitem(sys.modules, name)
    # what imports that package is replaced, so that the others need not be loaded for this
    for name in ("run", "export"):
        monkeypatch.setitem(sys.modules, f"unblur.training.{name}", Missing(package))
    assert main(words) == ExitCode.USAGE
    said = capsys.readouterr().err
    assert said == f"unblur: {package} is not installed: run pip install 'unblur[train]'\n"


class Missing(ModuleType):
    """A module whose import fails because a package is not installed."""

    def __init__(self, package: str) -> None:
        super().__init__("missing")
        self._package = package

    def __getattr__(self, name: str):
        raise ModuleNotFoundError(f"No module named '{self._package}'", name=self._package)
