"""The weights that the package ships, back in their network, to train them on."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import onnx
import torch
from onnx import numpy_helper
from torch import nn

from unblur.cards import ModelCard, load_card
from unblur.errors import ModelError
from unblur.networks.autoencoder import shuffled_kernel
from unblur.networks.part import Network, NetworkPart

__all__ = ["load_exported"]


def load_exported(network: Network, folder: Path) -> None:
    """Load what `unblur.training.export` wrote into a network of the same shape.

    Parameters
    ----------
    network : Network
        Changed in place.
    folder : Path
        With the ONNX file and the card of each of its parts.

    Raises
    ------
    ModelError
        If a file is missing or damaged, or belongs to a network of another shape.
    """
    found = [(part, *_state(part, folder)) for part in network.parts()]
    for part, card, state in found:
        part.module.load_state_dict(state)
        network.take_settings(card.settings)


def _state(part: NetworkPart, folder: Path) -> tuple[ModelCard, dict[str, torch.Tensor]]:
    path = folder / f"{part.id}.onnx"
    card, content = load_card(path)
    graph = onnx.load_from_string(content).graph
    stored = {
        each.name: torch.from_numpy(np.array(numpy_helper.to_array(each)))
        for each in graph.initializer
    }
    wanted = {name: value.shape for name, value in part.module.state_dict().items()}
    spare = [value for name, value in stored.items() if name not in wanted]
    for name in wanted.keys() - stored.keys():
        # the exporter folds the head's kernel into the strided one that the network makes of it
        if len(spare) != 1 or not isinstance(_owner(part.module, name), nn.Conv2d):
            raise _misfit(path, name)
        stored[name] = shuffled_kernel(spare[0], wanted[name][1])
    for name, shape in wanted.items():
        if stored[name].shape != shape:
            raise _misfit(path, name)
    return card, {name: stored[name] for name in wanted}


def _owner(module: nn.Module, name: str) -> nn.Module:
    return module.get_submodule(name.rpartition(".")[0])


def _misfit(path: Path, name: str) -> ModelError:
    return ModelError(
        f"{path}: does not fit the network of the recipe, first at {name}; "
        "use the recipe that it was trained by"
    )
