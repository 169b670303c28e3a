"""A recipe: everything that decides a training run, as frozen dataclasses read from YAML."""

from __future__ import annotations

import difflib
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Any, ClassVar, Literal

import yaml
from pydantic import ConfigDict, Field, TypeAdapter, ValidationError

from unblur.degradation.sampling import PSFSampler
from unblur.errors import ArgumentError, ConfigurationError
from unblur.networks.part import NetworkConfig
from unblur.networks.psf_estimator import PSFEstimatorConfig
from unblur.networks.wiener_autoencoder import WienerAutoencoderConfig

__all__ = ["DataSettings", "OptimiserSettings", "Recipe", "load_recipe"]

Count = Annotated[int, Field(ge=1)]
Share = Annotated[float, Field(ge=0, le=1)]
Positive = Annotated[float, Field(gt=0)]
NotNegative = Annotated[float, Field(ge=0)]


@dataclass(frozen=True)
class DataSettings:
    """Synthetic pairs.

    Parameters
    ----------
    crop : int
        Side of the crops in pixels, after the blur's border is cut off.
    batch_size : int
        Crops a step.
    kinds : dict of str to float
        Share of each kind of blur, see `unblur.degradation.PSFSampler`; any positive scale.
    choices : int
        Random crops of which the most detailed is taken: flat sky teaches little.
    min_scale : float
        Pictures are shrunk by a random factor between this and 1, which sharpens soft ones.
    noise : float
        Largest read noise, in encoded units; most crops get much less.
    linear_share : float
        Share of crops blurred in linear light, the rest as encoded.
    jpeg_share, saturation_share : float
        Share of crops that go through JPEG, and that clip their highlights.

    Raises
    ------
    ArgumentError
        If a kind of blur is unknown, or no share is above zero.
    """

    crop: Annotated[int, Field(ge=48)] = 160
    batch_size: Count = 8
    kinds: dict[str, float] = field(
        default_factory=lambda: {
            "gaussian": 0.2,
            "defocus": 0.2,
            "motion": 0.22,
            "shake": 0.3,
            "none": 0.08,
        }
    )
    choices: Count = 2
    min_scale: Annotated[float, Field(gt=0, le=1)] = 0.5
    noise: NotNegative = 0.02
    linear_share: Share = 0.9
    jpeg_share: Share = 0.1
    saturation_share: Share = 0.15

    def __post_init__(self) -> None:
        PSFSampler(kinds=tuple(self.kinds), weights=tuple(self.kinds.values()))


@dataclass(frozen=True)
class OptimiserSettings:
    """AdamW with linear warm-up, cosine decay, clipping and weight averaging.

    Parameters
    ----------
    learning_rate : float
        At the end of the warm-up.
    weight_decay : float
        AdamW's decoupled weight decay.
    betas : tuple of float
        AdamW's decay of the two moments.
    warmup_steps : int
        Steps in which the learning rate rises to its full height.
    final_fraction : float
        What is left of the learning rate at the end of the recipe.
    clip : float
        Largest norm of the gradient.
    ema_decay : float
        How slowly the averaged weights, which are those that are kept, follow the trained ones.
    """

    learning_rate: Positive = 4e-4
    weight_decay: NotNegative = 1e-4
    betas: tuple[Share, Share] = (0.9, 0.95)
    warmup_steps: Annotated[int, Field(ge=0)] = 100
    final_fraction: Share = 0.02
    clip: Positive = 0.5
    ema_decay: Share = 0.998


@dataclass(frozen=True)
class Recipe:
    """One training run.

    Parameters
    ----------
    name : str
        Names the output folder.
    network : {"psf-estimator", "wiener-autoencoder"}
        Which network to train.
    steps : int
        Optimiser steps in all.
    seed : int
        Seed of the weights and of the data; crop number i is the same in every run.
    data : DataSettings
        Synthetic pairs.
    optimiser : OptimiserSettings
        How the weights move.
    psf_estimator : PSFEstimatorConfig
        Shape of the PSF estimator.
    wiener_autoencoder : WienerAutoencoderConfig
        Shape of the restorer.
    blind_share : float
        Share of crops restored with an estimated PSF instead of the true one (restorer only).
    estimator : str, optional
        Checkpoint of the PSF estimator that gives those PSFs, relative to the output folder.
    start_from : str, optional
        Checkpoint whose weights the run begins with, relative to the output folder.
    validate_every : int
        Steps between validations.

    Raises
    ------
    ArgumentError
        If the values do not fit each other.
    """

    __pydantic_config__: ClassVar[ConfigDict] = ConfigDict(extra="forbid", allow_inf_nan=False)

    name: Annotated[str, Field(pattern=r"^\w[\w.-]*$")]
    network: Literal["psf-estimator", "wiener-autoencoder"]
    steps: Count
    seed: Annotated[int, Field(ge=0)] = 0
    data: DataSettings = DataSettings()
    optimiser: OptimiserSettings = OptimiserSettings()
    psf_estimator: PSFEstimatorConfig = PSFEstimatorConfig()
    wiener_autoencoder: WienerAutoencoderConfig = WienerAutoencoderConfig()
    blind_share: Share = 0.0
    estimator: str | None = None
    start_from: str | None = None
    validate_every: Count = 400

    def __post_init__(self) -> None:
        if self.estimator and self.network == "psf-estimator":
            raise ArgumentError("estimator is for restorers; leave it out")
        if self.blind_share and not self.estimator:
            raise ArgumentError("blind_share needs estimator, the checkpoint that finds the PSFs")
        size = PSFSampler().size
        if self.psf_estimator.size != size:
            raise ArgumentError(f"psf_estimator.size must be {size}, that of the PSFs in training")
        for shape in self._shapes():
            multiple, smallest = shape.size_multiple, shape.smallest
            if self.data.crop % multiple or self.data.crop < smallest:
                raise ArgumentError(
                    f"data.crop must be a multiple of {multiple} and at least {smallest} for this "
                    f"network, not {self.data.crop}"
                )

    @property
    def config(self) -> NetworkConfig:
        """Shape of the network that is trained."""
        estimates = self.network == "psf-estimator"
        return self.psf_estimator if estimates else self.wiener_autoencoder

    def _shapes(self) -> list[NetworkConfig]:
        """Shapes of all networks that see the crops."""
        return [self.config, self.psf_estimator] if self.estimator else [self.config]


def load_recipe(path: str | Path) -> Recipe:
    """Read a recipe from a YAML file.

    Parameters
    ----------
    path : path
        The file; its keys are the fields of `Recipe`.

    Returns
    -------
    Recipe
        The recipe; what the file leaves out has its default.

    Raises
    ------
    ConfigurationError
        If the file cannot be read, has an unknown key, or a wrong value.
    """
    try:
        values = yaml.safe_load(Path(path).read_text(encoding="utf-8"))
    except OSError as error:
        raise ConfigurationError(f"{path}: cannot be read ({error.strerror})") from error
    except (UnicodeDecodeError, yaml.YAMLError) as error:
        raise ConfigurationError(f"{path}: not YAML ({' '.join(str(error).split())})") from error
    try:
        return TypeAdapter(Recipe).validate_python(values)
    except ValidationError as error:
        raise ConfigurationError(f"{path}: {_explain(error)}") from error


def _explain(error: ValidationError) -> str:
    """Say in one line what is wrong, where, and what would be right."""
    # a key that is missing is often one that was misspelt
    first: Any = min(error.errors(), key=lambda item: item["type"].startswith("missing"))
    where, kind = ".".join(map(str, first["loc"])), first["type"]
    if kind == "unexpected_keyword_argument":
        return f"unknown key {where}{_closest(where)}"
    if kind.startswith("missing"):
        return f"{where} is missing; give it a value"
    if kind == "dataclass_type":
        return f"{where or 'a recipe'} should be a table of keys and values"
    if kind == "value_error":
        return f"{where}: {first['ctx']['error']}" if where else str(first["ctx"]["error"])
    return f"{where}: {first['msg']}, not {first['input']!r}"


def _closest(where: str) -> str:
    """Return the known keys that look like the last part of a path."""
    known = _keys(TypeAdapter(Recipe).json_schema())
    close = difflib.get_close_matches(where.rpartition(".")[2], known, 1)
    return f": did you mean {close[0]}?" if close else "; leave it out"


def _keys(schema: dict[str, Any]) -> list[str]:
    tables = [schema, *schema.get("$defs", {}).values()]
    return [key for table in tables for key in table.get("properties", {})]
