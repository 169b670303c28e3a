"""Recipes: whatever is wrong with one is told in one line, with its place and the way out."""

from __future__ import annotations

import re
from dataclasses import asdict
from pathlib import Path

import pytest
import yaml

from unblur.errors import ConfigurationError
from unblur.networks.registry import REGISTRY
from unblur.training.picture_losses import PICTURE_LOSSES
from unblur.training.recipe import load_recipe

ROOT = Path(__file__).resolve().parents[2]
RECIPES = sorted((ROOT / "recipes").glob("*.yaml"))
LEAST = {"name": "least", "network": "psf-estimator", "steps": 1, "data": {"crop": 192}}


def written(path: Path, values: object) -> Path:
    path.write_text(yaml.safe_dump(values), encoding="utf-8")
    return path


@pytest.mark.parametrize("path", RECIPES, ids=lambda path: path.stem)
def test_every_recipe_of_ours_is_sound(path):
    assert load_recipe(path).name == path.stem


def test_the_recipe_in_the_guide_is_sound(tmp_path):
    page = (ROOT / "docs" / "training.md").read_text(encoding="utf-8")
    (block,) = re.findall(r"^```yaml\n(.*?)^```$", page, re.MULTILINE | re.DOTALL)
    path = tmp_path / "guide.yaml"
    path.write_text(block, encoding="utf-8")
    assert load_recipe(path).epochs == 20


def test_the_guide_names_every_network_and_loss():
    page = (ROOT / "docs" / "training.md").read_text(encoding="utf-8")
    assert not [name for name in PICTURE_LOSSES if f"`{name}`" not in page]
    assert not [entry.id for entry in REGISTRY if f"`{entry.id}`" not in page]


def test_there_are_recipes_of_ours():
    assert len(RECIPES) >= 3


def test_the_least_recipe_takes_all_else_from_the_defaults(tmp_path):
    recipe = load_recipe(written(tmp_path / "least.yaml", LEAST))
    assert recipe.optimiser == type(recipe.optimiser)()
    assert recipe.shape == recipe.psf_estimator == type(recipe.psf_estimator)()
    assert recipe.task_entry.id == "psf-estimation"


def test_a_recipe_survives_being_written(tmp_path, recipe):
    first = load_recipe(recipe())
    again = load_recipe(written(tmp_path / "again.yaml", asdict(first)))
    assert again == first
    assert isinstance(first.shape, first.entry.config)


@pytest.mark.parametrize("entry", REGISTRY, ids=lambda entry: entry.id)
def test_a_recipe_can_name_every_network(tmp_path, entry):
    shape = entry.config()
    crop = -(-max(48, shape.smallest) // shape.size_multiple) * shape.size_multiple
    data = {"crop": crop, "source": "noise" if "clean" in entry.gives else "pictures"}
    values = {"name": "any", "network": entry.id, "steps": 1, "data": data}
    recipe = load_recipe(written(tmp_path / "any.yaml", values))
    assert (recipe.shape, recipe.task_entry.id) == (shape, entry.task)


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"stpes": 3}, "unknown key stpes: did you mean steps?"),
        ({"data": {"crpo": 192}}, "unknown key data.crpo: did you mean crop?"),
        (
            {"psf_estimator": {"edges": {"in_channels": 3, "out_channels": 4, "depth": 5}}},
            "unknown key psf_estimator.edges.depth",
        ),
        ({"zebra": 1}, "unknown key zebra; leave it out"),
        ({"steps": "many"}, "steps: Input should be a valid integer"),
        ({"steps": 1.5}, "steps: "),
        ({"steps": 0}, "steps: Input should be greater than or equal to 1, not 0"),
        ({"name": "../elsewhere"}, "name: "),
        ({"network": "resnet"}, "resnet: no such network; use one of psf-estimator"),
        ({"network": 5}, "network: Input should be a valid string, not 5"),
        ({"task": "guess"}, "guess: no such task; use one of psf-estimation"),
        ({"task": "image-to-image", "objective": {"losses": {"l3": 1}}}, "objective: l3: no such"),
        ({"task": "image-to-image", "objective": {"losses": {"l1": 0}}}, "objective: losses must"),
        ({"objective": {"losses": {}}}, "unknown key objective.losses"),
        ({"shape": {"octavs": [0]}}, "unknown key shape.octavs: did you mean octaves?"),
        ({"shape": {"cleaner_width": "wide"}}, "shape.cleaner_width: Input should be a valid int"),
        ({"data": {"source": "moon"}}, "data.source: moon is none; use one of pictures"),
        ({"epochs": 3}, "a recipe has either steps or epochs"),
        ({"optimiser": {"method": "adam"}}, "optimiser: adam has no weight decay"),
        ({"optimiser": {"schedule": "plateau"}}, "optimiser: the schedule plateau has no warm-up"),
        ({"data": 5}, "data should be a table of keys and values"),
        ({"data": {"crop": 192, "jpeg_share": 1.5}}, "data.jpeg_share: "),
        ({"data": {"crop": 192, "noise": float("nan")}}, "data.noise: "),
        ({"data": {"crop": 192, "kinds": {"fog": 1}}}, "data: unknown PSF kinds ['fog']"),
        ({"data": {"crop": 192, "kinds": {"shake": 0}}}, "data: "),
        ({"data": {"crop": 160}}, "data.crop must be a multiple of 64 and at least 132"),
        ({"data": {"crop": 128}}, "data.crop must be a multiple of 64 and at least 132"),
        ({"shape": {"size": 31}}, "the estimator's size must be 33"),
        ({"psf_estimator": {"size": 32}}, "psf_estimator: the size of a PSF must be odd"),
        ({"estimator": "a.ckpt"}, "estimator is for restorers"),
        ({"network": "psf-estimator", "doubtful_share": 0.5}, "doubtful_share is for restorers"),
        ({"network": "psf-estimator", "single_pass_share": 0.5}, "single_pass_share is for"),
        (
            {
                "network": "wiener-autoencoder",
                "estimator": "default",
                "blind_share": 0.6,
                "doubtful_share": 0.5,
            },
            "blind_share and doubtful_share are more",
        ),
        ({"network": "wiener-autoencoder", "blind_share": 0.5}, "blind_share needs estimator"),
        (
            {"network": "wiener-autoencoder", "estimator": "a.ckpt", "data": {"crop": 160}},
            "data.crop must be a multiple of 64",
        ),
        ({"data": {"source": "noise", "noises": {"hum": [0, 1]}}}, "data: hum: no such noise"),
        ({"data": {"source": "noise", "noises": {}}}, "data: noises must name one"),
        ({"data": {"source": "noise", "sigma": [2.0, 1.0]}}, "data: sigma: 2.0 to 1.0 is no range"),
        ({"data": {"source": "noise", "scale": [0.5, 2.0]}}, "data: scale must not enlarge"),
        ({"data": {"source": "pairs", "fit": "resize", "progressive": [64]}}, "data: progressive"),
        ({"data": {"source": "pairs"}}, "data of the source pairs have no psf"),
        ({"network": "seed-autoencoder", "data": {"crop": 64}}, "data.crop must be 128 for this"),
        ({"network": "lowres-chain"}, "data of the source pictures have no clean"),
        ({"steps": None, "epochs": 3}, "epochs are for data of the source pairs"),
        ({"data": {"crop": 192, "progressive": [100]}}, "data.crop must be a multiple of 64"),
        ({"optimiser": {"betas": [0.9]}}, "optimiser.betas"),
        ({"optimiser": {"learning_rate": -1}}, "optimiser.learning_rate: "),
    ],
)
def test_a_wrong_recipe_is_told_in_one_line(tmp_path, changes, reason):
    path = written(tmp_path / "wrong.yaml", LEAST | changes)
    with pytest.raises(ConfigurationError) as caught:
        load_recipe(path)
    message = str(caught.value)
    assert message.startswith(f"{path}: {reason}")
    assert "\n" not in message


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "a recipe should be a table"),
        (b"- 1\n- 2\n", "a recipe should be a table"),
        (b"name: [", "not YAML"),
        (b"\xff\xfe\xfa", "not YAML"),
        (b"name: x\nnetwork: psf-estimator\n", "a recipe has either steps or epochs"),
        (b"name: x\nsteps: 1\n", "network is missing"),
        (b"name: x\nnetwork: psf-estimator\nstpes: 1\n", "unknown key stpes: did you mean steps?"),
        (b"5: 6\n", "5: "),
    ],
)
def test_a_file_that_is_no_recipe_is_told_in_one_line(tmp_path, content, reason):
    path = tmp_path / "wrong.yaml"
    path.write_bytes(content)
    with pytest.raises(ConfigurationError) as caught:
        load_recipe(path)
    assert str(caught.value).startswith(f"{path}: {reason}")
    assert "\n" not in str(caught.value)


def test_a_missing_file_is_named(tmp_path):
    with pytest.raises(ConfigurationError, match=r"none\.yaml: cannot be read \(No such file"):
        load_recipe(tmp_path / "none.yaml")
