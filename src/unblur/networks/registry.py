"""The networks that can be trained, as an explicit tuple."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

import torch

from unblur.errors import ConfigurationError
from unblur.networks.part import Network
from unblur.networks.psf_estimator import PSFEstimator, PSFEstimatorConfig
from unblur.networks.wiener_autoencoder import WienerAutoencoder, WienerAutoencoderConfig

__all__ = ["REGISTRY", "NetworkEntry", "as_registry", "find_network"]

Inputs = tuple[torch.Tensor, ...]


@dataclass(frozen=True)
class NetworkEntry:
    """One network of the registry.

    Parameters
    ----------
    id : str
        Its name in recipes.
    config : type
        Frozen dataclass of its shape, a `NetworkConfig`; all fields have defaults.
    build : callable
        Makes the network from its config.
    inputs : callable
        Makes random inputs from a generator, B, H and W.
    """

    id: str
    config: type[Any]
    build: Callable[[Any], Network]
    inputs: Callable[[torch.Generator, int, int, int], Inputs]


def as_registry(entries: Iterable[NetworkEntry]) -> tuple[NetworkEntry, ...]:
    """Check that no two networks have the same name.

    Parameters
    ----------
    entries : iterable of NetworkEntry
        The networks.

    Returns
    -------
    tuple of NetworkEntry
        The same ones.

    Raises
    ------
    ConfigurationError
        If two have the same id.
    """
    registry = tuple(entries)
    ids = [entry.id for entry in registry]
    for name in ids:
        if ids.count(name) > 1:
            raise ConfigurationError(f"{name}: two networks have this id; rename one of them")
    return registry


def find_network(name: str) -> NetworkEntry:
    """Find a network by its name in recipes.

    Parameters
    ----------
    name : str
        Its id.

    Returns
    -------
    NetworkEntry
        The entry with exactly this id.

    Raises
    ------
    ConfigurationError
        If there is none.

    Examples
    --------
    >>> find_network("psf-estimator").config.__name__
    'PSFEstimatorConfig'
    """
    for entry in REGISTRY:
        if entry.id == name:
            return entry
    known = ", ".join(entry.id for entry in REGISTRY)
    raise ConfigurationError(f"{name}: no such network; use one of {known}")


def _luma(generator: torch.Generator, batch: int, height: int, width: int) -> Inputs:
    return (torch.rand(batch, 1, height, width, generator=generator),)


def _picture_and_psf(generator: torch.Generator, batch: int, height: int, width: int) -> Inputs:
    psf = torch.rand(batch, 33, 33, generator=generator)
    picture = torch.rand(batch, 3, height, width, generator=generator)
    certainty = torch.rand(batch, generator=generator).round()
    return picture, psf / psf.sum((1, 2), keepdim=True), certainty


REGISTRY = as_registry(
    (
        NetworkEntry("psf-estimator", PSFEstimatorConfig, PSFEstimator, _luma),
        NetworkEntry(
            "wiener-autoencoder", WienerAutoencoderConfig, WienerAutoencoder, _picture_and_psf
        ),
    )
)
"""All of them; a new one is a line here."""
