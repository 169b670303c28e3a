"""Checkpoints of earlier runs: read, compared with a network, loaded into it."""

from __future__ import annotations

import io
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch

from unblur.errors import ModelError
from unblur.networks.part import Network
from unblur.networks.psf_estimator import PSFEstimator, PSFEstimatorConfig
from unblur.training.shipped import load_exported

__all__ = ["check_fit", "load_estimator", "load_weights", "read_checkpoint"]

PREFIX = "network."


def read_checkpoint(path: str | Path) -> dict[str, Any]:
    """Read a Lightning checkpoint; nothing in it is executed.

    Parameters
    ----------
    path : path
        The file.

    Returns
    -------
    dict
        With the keys ``state_dict``, the averaged weights, and ``global_step`` at least.

    Raises
    ------
    ModelError
        If there is no such file, or it is no checkpoint.
    """
    try:
        file = io.BytesIO(Path(path).read_bytes())
    except OSError as error:
        raise ModelError(f"{path}: cannot be read ({error.strerror}); train it first") from error
    try:
        content = torch.load(file, map_location="cpu", weights_only=True)
    except Exception as error:  # a damaged file makes it raise almost anything
        raise _not_ours(path) from error
    if not isinstance(content, dict) or not {"state_dict", "global_step"} <= set(content):
        raise _not_ours(path)
    return content


def _not_ours(path: str | Path) -> ModelError:
    return ModelError(f"{path}: damaged, or not a checkpoint of unblur train; train it again")


def check_fit(network: Network, checkpoint: Mapping[str, Any], path: str | Path) -> None:
    """Check that a checkpoint holds the weights of just this network.

    A task may have weights of its own beside them; these are not looked at.

    Parameters
    ----------
    network : Network
        The network.
    checkpoint : mapping
        As `read_checkpoint` returns it.
    path : path
        Names it in errors.

    Raises
    ------
    ModelError
        If a weight is missing, too many, or has another shape.
    """
    state = checkpoint["state_dict"]
    theirs = {name: state[name].shape for name in state if name.startswith(PREFIX)}
    ours = {PREFIX + name: value.shape for name, value in network.state_dict().items()}
    for name in sorted(theirs.keys() | ours.keys()):
        if theirs.get(name) != ours.get(name):
            raise ModelError(
                f"{path}: does not fit the network of the recipe, first at {name}; "
                "use the recipe that it was trained by"
            )


def load_weights(network: Network, path: str | Path) -> None:
    """Load the averaged weights of a checkpoint, or exported ones, into a network.

    Parameters
    ----------
    network : Network
        Changed in place, unless an error is raised.
    path : path
        The checkpoint, or a folder of exported files.

    Raises
    ------
    ModelError
        If the checkpoint is missing or damaged, or belongs to another network.
    """
    if Path(path).is_dir():
        load_exported(network, Path(path))
        return
    checkpoint = read_checkpoint(path)
    check_fit(network, checkpoint, path)
    state = checkpoint["state_dict"]
    ours = {name: value for name, value in state.items() if name.startswith(PREFIX)}
    network.load_state_dict({name.removeprefix(PREFIX): value for name, value in ours.items()})


def load_estimator(config: PSFEstimatorConfig, path: str | Path) -> PSFEstimator:
    """Load a trained PSF estimator, for training a restorer on its PSFs.

    Parameters
    ----------
    config : PSFEstimatorConfig
        Its shape.
    path : path
        Its checkpoint, or a folder of exported files.

    Returns
    -------
    PSFEstimator
        With the averaged weights.

    Raises
    ------
    ModelError
        If the checkpoint is missing or damaged, or belongs to another network.
    """
    network = PSFEstimator(config)
    load_weights(network, path)
    return network
