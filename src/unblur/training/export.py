"""Export of a trained network to ONNX files with cards, checked against torch."""

from __future__ import annotations

import hashlib
import io
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import nn

from unblur.cards import ModelCard
from unblur.errors import ModelError
from unblur.networks.psf_estimator import PSFEstimator
from unblur.networks.wiener_autoencoder import WienerAutoencoder
from unblur.runtime import load_session
from unblur.training.module import build_task
from unblur.training.recipe import Recipe, load_recipe
from unblur.training.run import load_weights

__all__ = ["ExportFacts", "export", "export_network"]

PARITY = 1e-4


@dataclass(frozen=True)
class ExportFacts:
    """What only the trainer knows, for the card."""

    data: str
    recipes: tuple[str, ...]
    steps: int
    hours: str
    figures: str
    licence: str = "Apache-2.0"


@dataclass(frozen=True)
class _Part:
    """One network of a model, with what its card says of it."""

    id: str
    task: str
    module: nn.Module
    in_channels: int
    out_channels: int
    size_multiple: int
    example: tuple[int, ...]
    settings: dict[str, Any]


def _parts(recipe: Recipe, network: nn.Module) -> list[_Part]:
    if isinstance(network, PSFEstimator):
        shape = recipe.psf_estimator
        common = {
            "size": shape.size,
            "octaves": shape.octaves,
            "levels": shape.levels,
            "level": float(network.level.exp()),
        }
        edges, size = shape.edges, shape.size
        return [
            _Part(
                "psf-edges", "sharp edges and masks of a blurred tile", network.edges,
                edges.in_channels, edges.out_channels, edges.size_multiple, (2, 3, 96, 64), common,
            ),
            _Part(
                "psf-cleaner", "clean PSF from closed-form maps", network.cleaner,
                4, 1, 1, (2, 4, size, size), common,
            ),
        ]  # fmt: skip
    assert isinstance(network, WienerAutoencoder)
    settings = {
        "levels": recipe.wiener_autoencoder.levels,
        "data_levels": recipe.wiener_autoencoder.data_levels,
    }
    return [
        _Part(
            f"restorer-{name}", f"restored picture from four candidates, pass {number}", mixer,
            12, 3, mixer.body.config.size_multiple, (2, 12, 96, 64), settings,
        )
        for number, name, mixer in ((1, "first", network.first), (2, "second", network.second))
    ]  # fmt: skip


def export_network(part: _Part, folder: Path, facts: ExportFacts) -> ModelCard:
    """Write one ONNX file with dynamic batch and size, and its card; check it against torch.

    Raises
    ------
    ModelError
        If ONNX Runtime and torch differ by more than 1e-4.
    """
    module = part.module.eval()
    example = torch.rand(part.example, generator=torch.Generator().manual_seed(0))
    axes = {0: "batch"} if part.size_multiple == 1 else {0: "batch", 2: "height", 3: "width"}
    buffer = io.BytesIO()
    torch.onnx.export(
        module, (example,), buffer, input_names=["input"], output_names=["output"],
        dynamic_axes={"input": axes, "output": axes}, opset_version=17, dynamo=False,
    )  # fmt: skip
    content = buffer.getvalue()
    card = ModelCard(
        id=part.id, task=part.task, in_channels=part.in_channels, out_channels=part.out_channels,
        size_multiple=part.size_multiple, value_range=(0.0, 1.0), settings=part.settings,
        parameters=sum(p.numel() for p in module.parameters()), licence=facts.licence,
        data=facts.data, recipe=facts.recipes, steps=facts.steps, hours=facts.hours,
        figures=facts.figures, sha256=hashlib.sha256(content).hexdigest(),
    )  # fmt: skip
    path = folder / f"{part.id}.onnx"
    path.write_bytes(content)
    path.with_suffix(".json").write_text(card.to_json(), encoding="utf-8")
    _check_parity(part, path)
    return card


def _check_parity(part: _Part, path: Path) -> None:
    session = load_session(path)
    for factor in (1, 2):
        shape = part.example
        if part.size_multiple > 1:
            shape = (3, part.in_channels, 32 * factor, 64 * factor)
        example = torch.rand(shape, generator=torch.Generator().manual_seed(factor))
        with torch.no_grad():
            expected = part.module(example).numpy()
        difference = float(np.abs(session.run(example.numpy()) - expected).max())
        if not difference <= PARITY:
            raise ModelError(f"{path}: differs from torch by {difference:.1e}, more than {PARITY}")


def export(
    recipe_path: str | Path, checkpoint: str | Path, folder: str | Path, facts: ExportFacts
) -> list[ModelCard]:
    """Export a recipe's network from a checkpoint into `folder`.

    Parameters
    ----------
    recipe_path
        The recipe that the checkpoint was trained by.
    checkpoint
        A Lightning checkpoint; its averaged weights are taken.
    folder
        Where the ONNX files and cards go; made if missing.
    facts
        What the cards say of the training.

    Returns
    -------
    list of ModelCard
        One for each ONNX file written.
    """
    recipe = load_recipe(recipe_path)
    task = build_task(recipe)
    load_weights(task, Path(checkpoint))
    Path(folder).mkdir(parents=True, exist_ok=True)
    return [export_network(part, Path(folder), facts) for part in _parts(recipe, task.network)]
