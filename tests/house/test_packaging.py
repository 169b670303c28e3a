"""What is packed, pinned and promised fits together."""

import os
import re
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
WEIGHTS = ROOT / "src" / "unblur" / "weights"
LARGEST_MODEL = 8e6


def project() -> dict[str, object]:
    loaded: dict[str, object] = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    return loaded


def plain(requirement: str) -> str:
    """Name of a requirement as package indexes compare it."""
    return re.split(r"[\[<>=~! ;]", requirement)[0].lower().replace("_", "-").replace(".", "-")


def pinned() -> dict[str, str]:
    lines = (ROOT / "constraints.txt").read_text().splitlines()
    pairs = (line.split("==") for line in lines if line and not line.startswith("#"))
    return {plain(name): version for name, version in pairs}


def required() -> set[str]:
    table = project()
    extras = table["optional-dependencies"]
    assert isinstance(extras, dict)
    lists = [table["dependencies"], *extras.values()]
    return {plain(item) for items in lists for item in items} - {"unblur"}  # type: ignore[attr-defined]


def test_every_requirement_is_pinned_for_our_machines() -> None:
    assert required() <= set(pinned())


def test_requirements_are_open_ended() -> None:
    text = (ROOT / "pyproject.toml").read_text()
    assert not re.search(r'"[\w\[\]-]+(==|<=|~=|<)\d', text)


def test_the_base_has_no_torch() -> None:
    base = project()["dependencies"]
    assert isinstance(base, list)
    assert not {plain(item) for item in base} & {"torch", "lightning", "scikit-image"}


def test_every_model_has_a_card_and_is_small() -> None:
    models = sorted(WEIGHTS.rglob("*.onnx"))
    assert models
    for path in models:
        assert path.with_suffix(".json").is_file()
        assert path.stat().st_size < LARGEST_MODEL


@pytest.mark.parametrize("name", ["LICENSE", "README.md", "CHANGELOG.md", "src/unblur/py.typed"])
def test_what_has_to_be_there(name: str) -> None:
    assert (ROOT / name).is_file()


def test_ci_can_be_run() -> None:
    assert os.access(ROOT / ".ci" / "run", os.X_OK)
