"""Export of a trained network to ONNX files with cards, checked against torch."""

from __future__ import annotations

import hashlib
import tempfile
import warnings
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch

from unblur.cards import ModelCard
from unblur.errors import ImageWriteError, ModelError
from unblur.images.atomic import atomic_file
from unblur.networks.part import NetworkPart
from unblur.runtime.session import OnnxSession, default_threads
from unblur.training.checkpoints import load_weights
from unblur.training.half import round_weights, store_half
from unblur.training.recipe import load_recipe

__all__ = ["ExportFacts", "export", "export_part", "to_onnx"]

PARITY = 1e-4


@dataclass(frozen=True)
class ExportFacts:
    """What only the trainer knows, for the card.

    Parameters
    ----------
    data : str
        What the network was trained on.
    recipes : tuple of str
        Recipe files, in the order of the training.
    steps : int
        Optimiser steps in all.
    hours : str
        Hours of training in all, with the machine.
    figures : str
        Validation figures.
    licence : str
        Licence of the weights.
    """

    data: str
    recipes: tuple[str, ...]
    steps: int
    hours: str
    figures: str
    licence: str = "Apache-2.0"


def to_onnx(part: NetworkPart) -> bytes:
    """Write a part as ONNX; batch and, where the part takes any, height and width stay open.

    Parameters
    ----------
    part : NetworkPart
        Its module is set to evaluation.

    Returns
    -------
    bytes
        The ONNX file.
    """
    example = torch.rand(part.example, generator=torch.Generator().manual_seed(0))
    axes = {0: "batch"} if part.size_multiple == 1 else {0: "batch", 2: "height", 3: "width"}
    with tempfile.TemporaryDirectory() as folder, warnings.catch_warnings():
        # The older exporter on purpose, deprecated as it is: it made the shipped files, and it is
        # done in a moment, where the newer one takes seconds for each part.
        warnings.simplefilter("ignore", DeprecationWarning)
        # Padding leaves a slice backwards that it cannot precompute; ONNX Runtime does.
        warnings.filterwarnings("ignore", "Constant folding - Only steps=1")
        path = Path(folder) / "part.onnx"
        torch.onnx.export(
            part.module.eval(),
            (example,),
            path,
            input_names=["input"],
            output_names=["output"],
            dynamic_axes={"input": axes, "output": axes},
            opset_version=17,
            dynamo=False,
        )
        return path.read_bytes()


def export_part(
    part: NetworkPart, folder: Path, facts: ExportFacts, *, half: bool = False
) -> ModelCard:
    """Write one ONNX file and its card, if ONNX Runtime agrees with torch.

    Parameters
    ----------
    part : NetworkPart
        Its module is set to evaluation.
    folder : Path
        Where both files go, over older ones of their names.
    facts : ExportFacts
        What the card says of the training.
    half : bool
        Whether to store the weights in 16 bits; those of the module are rounded to that.

    Returns
    -------
    ModelCard
        The card.

    Raises
    ------
    ModelError
        If ONNX Runtime and torch differ by more than 1e-4; then nothing is written.
    ImageWriteError
        If a file cannot be written.
    """
    if half:
        round_weights(part.module)
    content = store_half(to_onnx(part)) if half else to_onnx(part)
    card = ModelCard(
        id=part.id,
        task=part.task,
        in_channels=part.in_channels,
        out_channels=part.out_channels,
        size_multiple=part.size_multiple,
        value_range=(0.0, 1.0),
        settings=part.settings,
        parameters=sum(weights.numel() for weights in part.module.parameters()),
        licence=facts.licence,
        data=facts.data,
        recipe=facts.recipes,
        steps=facts.steps,
        hours=facts.hours,
        figures=facts.figures,
        sha256=hashlib.sha256(content).hexdigest(),
    )
    _check_parity(part, OnnxSession(card, content, default_threads()))
    for suffix, text in ((".onnx", content), (".json", card.to_json().encode())):
        with atomic_file(folder / f"{part.id}{suffix}", overwrite=True) as file:
            file.write(text)
    return card


def _check_parity(part: NetworkPart, session: OnnxSession) -> None:
    """Compare torch with ONNX Runtime at sizes other than that of the export."""
    multiple = part.size_multiple
    for batch in (1, 3):
        shape = part.example
        if multiple > 1:
            shape = (batch, part.in_channels, 2 * batch * multiple, 3 * batch * multiple)
        example = torch.rand(shape, generator=torch.Generator().manual_seed(batch))
        with torch.no_grad():
            expected = part.module(example).numpy()
        difference = float(np.abs(session.run(example.numpy()) - expected).max())
        if not difference <= PARITY:
            raise ModelError(
                f"{part.id}: ONNX Runtime differs from torch by {difference:.1e}, more than "
                f"{PARITY}; another version of either may help"
            )


def export(
    recipe_path: str | Path,
    checkpoint: str | Path,
    folder: str | Path,
    facts: ExportFacts,
    *,
    half: bool = False,
) -> list[ModelCard]:
    """Export a recipe's network from a checkpoint.

    Parameters
    ----------
    recipe_path : path
        The recipe that the checkpoint was trained by.
    checkpoint : path
        From `unblur.training.run.train`; its averaged weights are taken.
    folder : path
        Where the ONNX files and cards go; made if missing.
    facts : ExportFacts
        What the cards say of the training.
    half : bool
        Whether to store the weights in 16 bits, in half the space.

    Returns
    -------
    list of ModelCard
        One for each ONNX file written.

    Raises
    ------
    ConfigurationError
        If the recipe is wrong.
    ModelError
        If the checkpoint is missing or damaged, does not fit the recipe, or ONNX Runtime makes
        something else of the network than torch.
    ImageWriteError
        If a file cannot be written.
    """
    recipe = load_recipe(recipe_path)
    network = recipe.entry.build(recipe.shape)
    load_weights(network, checkpoint)
    target = Path(folder)
    try:
        target.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise ImageWriteError(
            f"{target}: cannot be made ({error.strerror}); name another folder"
        ) from error
    return [export_part(part, target, facts, half=half) for part in network.parts()]
