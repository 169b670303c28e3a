"""Recipes and photographs that train in a second."""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import torch
import yaml
from PIL import Image
from skimage import data

SMALL = {"widths": [4, 8], "blocks": [1, 1]}
MIXER = {"in_channels": 13, "out_channels": 7, "unshuffle": 2, **SMALL}

RECIPES: dict[str, dict[str, Any]] = {}
RECIPES["restorer"] = {
    "name": "small-restorer",
    "network": "wiener-autoencoder",
    "steps": 4,
    "seed": 4,
    "data": {"crop": 48, "batch_size": 2, "choices": 1},
    "optimiser": {"learning_rate": 0.01, "warmup_steps": 0, "ema_decay": 0.5},
    "shape": {"first": MIXER, "second": MIXER},
}
RECIPES["estimator"] = {
    "name": "small-estimator",
    "network": "psf-estimator",
    "steps": 4,
    "data": {"crop": 80, "batch_size": 2, "choices": 1},
    "shape": {
        "octaves": [1, 0],
        "edges": {"in_channels": 2, "out_channels": 4, "unshuffle": 4, **SMALL},
        "levels": [0.03],
        "cleaner_width": 4,
        "cleaner_blocks": 1,
    },
}


@pytest.fixture(scope="session")
def photos(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of three photographs of about 150 pixels, one of them grey."""
    folder = tmp_path_factory.mktemp("photos")
    Image.fromarray(data.astronaut()[:150, 130:290]).save(folder / "astronaut.png")
    Image.fromarray(data.chelsea()[80:240, 100:260]).save(folder / "cat.jpg", quality=95)
    Image.fromarray(data.camera()[60:210, 150:310]).save(folder / "camera.tif")
    (folder / "notes.txt").write_text("not a picture")
    return folder


@pytest.fixture
def recipe(tmp_path: Path) -> Callable[..., Path]:
    """Write one of the two small recipes, changed, and return its path."""

    def write(base: str = "restorer", **changes: Any) -> Path:
        values = copy.deepcopy(RECIPES[base])
        for key, value in changes.items():
            nested = isinstance(value, dict) and isinstance(values.get(key), dict)
            values[key] = values[key] | value if nested else value
        path = tmp_path / f"{values['name']}.yaml"
        path.write_text(yaml.safe_dump(values), encoding="utf-8")
        return path

    return write


@pytest.fixture(autouse=True)
def _threads() -> Iterator[None]:
    """Training sets the number of threads of the whole process: put it back."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)
