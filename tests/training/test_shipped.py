"""The shipped weights, back in their networks, answer as the shipped files do."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pytest
import torch

from unblur.cards import weights_folder
from unblur.errors import ModelError
from unblur.networks.part import Network
from unblur.networks.psf_estimator import PSFEstimator, PSFEstimatorConfig
from unblur.networks.wiener_autoencoder import WienerAutoencoder
from unblur.runtime.session import load_session
from unblur.training.recipe import load_recipe
from unblur.training.shipped import load_exported

SHIPPED = weights_folder() / "default"


RECIPES = Path(__file__).parents[2] / "recipes"


def moving_scenes() -> Network:
    recipe = load_recipe(RECIPES / "moving-scenes-further.yaml")
    return recipe.entry.build(recipe.shape)


@pytest.mark.parametrize(
    "network",
    [PSFEstimator(), WienerAutoencoder(), moving_scenes()],
    ids=["psf", "restorer", "moving-scenes"],
)
def test_they_answer_as_the_files_do(network):
    load_exported(network, SHIPPED)
    for part in network.parts():
        session = load_session(SHIPPED / f"{part.id}.onnx", threads=1)
        example = torch.rand(part.example, generator=torch.Generator().manual_seed(1))
        with torch.no_grad():
            expected = part.module.eval()(example).numpy()
        assert np.abs(session.run(example.numpy()) - expected).max() < 1e-4
        settings = dict(session.card.settings)
        settings.pop("int8_ranges", None)  # measured afterwards
        assert settings.keys() == part.settings.keys()
        for name, value in settings.items():
            assert part.settings[name] == pytest.approx(value)


def test_another_shape_is_told_and_changes_nothing():
    network = PSFEstimator(PSFEstimatorConfig(cleaner_width=8))
    before = {name: value.clone() for name, value in network.state_dict().items()}
    with pytest.raises(ModelError, match=r"psf-cleaner\.onnx: does not fit the network"):
        load_exported(network, SHIPPED)
    for name, value in network.state_dict().items():
        assert torch.equal(value, before[name])


def test_a_missing_file_is_told(tmp_path):
    shutil.copy(SHIPPED / "psf-edges.onnx", tmp_path)
    shutil.copy(SHIPPED / "psf-edges.json", tmp_path)
    with pytest.raises(ModelError, match="psf-cleaner"):
        load_exported(PSFEstimator(), tmp_path)
