"""The networks that can be trained, as an explicit tuple."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

import torch

from unblur.errors import ConfigurationError
from unblur.networks.csformer import CSformer, CSformerConfig
from unblur.networks.direct_autoencoder import DirectAutoencoder, DirectAutoencoderConfig
from unblur.networks.dual_autoencoder import (
    DualAutoencoder,
    DualAutoencoderConfig,
    SingleAutoencoder,
)
from unblur.networks.hybrid_wiener import HybridWiener, HybridWienerConfig
from unblur.networks.lowres_autoencoder import (
    LowresAutoencoder,
    LowresAutoencoderConfig,
    LowresChain,
)
from unblur.networks.part import Network
from unblur.networks.psf_estimator import PSFEstimator, PSFEstimatorConfig
from unblur.networks.seed_autoencoder import SeedAutoencoder, SeedAutoencoderConfig
from unblur.networks.wiener_autoencoder import WienerAutoencoder, WienerAutoencoderConfig

__all__ = ["INPUTS", "REGISTRY", "NetworkEntry", "as_registry", "find_network"]

Inputs = tuple[torch.Tensor, ...]
Maker = Callable[[torch.Generator, int, int, int], torch.Tensor]


def _picture(generator: torch.Generator, batch: int, height: int, width: int) -> torch.Tensor:
    return torch.rand(batch, 3, height, width, generator=generator)


def _luma(generator: torch.Generator, batch: int, height: int, width: int) -> torch.Tensor:
    return torch.rand(batch, 1, height, width, generator=generator)


def _psf(generator: torch.Generator, batch: int, height: int, width: int) -> torch.Tensor:
    psf = torch.rand(batch, 33, 33, generator=generator)
    return psf / psf.sum((1, 2), keepdim=True)


def _certainty(generator: torch.Generator, batch: int, height: int, width: int) -> torch.Tensor:
    return torch.rand(batch, generator=generator).round()


def _linear(generator: torch.Generator, batch: int, height: int, width: int) -> torch.Tensor:
    return torch.rand(batch, generator=generator) > 0.5


INPUTS: dict[str, Maker] = {
    "blurred": _picture,
    "luma": _luma,
    "psf": _psf,
    "certainty": _certainty,
    "linear": _linear,
}
"""What a network may take, and how to make it at random; pictures are RGB in [0, 1]."""


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
    takes : tuple of str
        What its `forward` takes, in this order, by the names of `INPUTS`.
    gives : tuple of str
        What each of its outputs should become, by the names of a training batch: "sharp", "clean"
        (blurred still, without noise) or "psf". The last one is the answer.
    task : str
        The task of `unblur.training.tasks` that trains it unless a recipe names another.
    fixed_size : bool
        Whether it takes pictures of just the size ``config.smallest``.

    Raises
    ------
    ConfigurationError
        If it takes something unknown.
    """

    id: str
    config: type[Any]
    build: Callable[[Any], Network]
    takes: tuple[str, ...] = ("blurred",)
    gives: tuple[str, ...] = ("sharp",)
    task: str = "image-to-image"
    fixed_size: bool = False

    def __post_init__(self) -> None:
        for name in self.takes:
            if name not in INPUTS:
                raise ConfigurationError(
                    f"{self.id}: takes {name}, which nothing gives; use one of {', '.join(INPUTS)}"
                )

    @property
    def image_to_image(self) -> bool:
        """Whether it turns a picture into a picture, and needs nothing else."""
        return self.takes == ("blurred",) and self.gives[-1] == "sharp"

    def random_inputs(
        self, generator: torch.Generator, batch: int, height: int, width: int
    ) -> Inputs:
        """Make random inputs of the right kind.

        Parameters
        ----------
        generator : torch.Generator
            Source of the randomness.
        batch, height, width : int
            B, H and W.

        Returns
        -------
        tuple of torch.Tensor
            What `forward` takes.
        """
        return tuple(INPUTS[name](generator, batch, height, width) for name in self.takes)


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


REGISTRY = as_registry(
    (
        NetworkEntry(
            "psf-estimator",
            PSFEstimatorConfig,
            PSFEstimator,
            takes=("luma",),
            gives=("psf",),
            task="psf-estimation",
        ),
        NetworkEntry(
            "wiener-autoencoder",
            WienerAutoencoderConfig,
            WienerAutoencoder,
            takes=("blurred", "psf", "certainty", "linear"),
            gives=("sharp",) * (1 + WienerAutoencoderConfig().passes),
            task="restoration",
        ),
        NetworkEntry("seed-autoencoder", SeedAutoencoderConfig, SeedAutoencoder, fixed_size=True),
        NetworkEntry("lowres-autoencoder", LowresAutoencoderConfig, LowresAutoencoder),
        NetworkEntry(
            "lowres-chain", LowresAutoencoderConfig, LowresChain, gives=("clean", "sharp")
        ),
        NetworkEntry("single-autoencoder", DualAutoencoderConfig, SingleAutoencoder),
        NetworkEntry(
            "dual-autoencoder", DualAutoencoderConfig, DualAutoencoder, gives=("clean", "sharp")
        ),
        NetworkEntry("hybrid-wiener", HybridWienerConfig, HybridWiener, gives=("sharp", "sharp")),
        NetworkEntry("csformer", CSformerConfig, CSformer),
        NetworkEntry("direct-autoencoder", DirectAutoencoderConfig, DirectAutoencoder),
    )
)
"""All of them; a new one is an entry here."""
