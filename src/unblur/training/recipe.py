"""A recipe: everything that decides a training run, as frozen dataclasses read from YAML."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import ClassVar, Literal

import yaml
from pydantic import ConfigDict, TypeAdapter, ValidationError

from unblur.errors import ConfigurationError
from unblur.networks.psf_estimator import PSFEstimatorConfig
from unblur.networks.wiener_autoencoder import WienerAutoencoderConfig

__all__ = ["DataSettings", "OptimiserSettings", "Recipe", "load_recipe"]


class _Strict:
    """Makes the YAML reader refuse unknown keys."""

    __pydantic_config__: ClassVar[ConfigDict] = ConfigDict(extra="forbid")


@dataclass(frozen=True)
class DataSettings(_Strict):
    """Synthetic pairs.

    Parameters
    ----------
    crop
        Side of the crops in pixels, after the blur's border is cut off.
    batch_size
        Crops a step.
    kinds
        Share of each kind of blur.
    choices
        Random crops of which the most detailed is taken: flat sky teaches little.
    min_scale
        Pictures are shrunk by a random factor between this and 1, which sharpens soft ones.
    noise
        Largest read noise, in encoded units; most crops get much less.
    linear_share
        Share of crops blurred in linear light, the rest as encoded.
    jpeg_share, saturation_share
        Share of crops that go through JPEG, and that clip their highlights.
    """

    crop: int = 160
    batch_size: int = 8
    kinds: dict[str, float] = field(
        default_factory=lambda: {
            "gaussian": 0.2,
            "defocus": 0.2,
            "motion": 0.22,
            "shake": 0.3,
            "none": 0.08,
        }
    )
    choices: int = 2
    min_scale: float = 0.5
    noise: float = 0.02
    linear_share: float = 0.9
    jpeg_share: float = 0.1
    saturation_share: float = 0.15


@dataclass(frozen=True)
class OptimiserSettings(_Strict):
    """AdamW with linear warm-up, cosine decay to `final_fraction`, clipping and weight averaging."""

    learning_rate: float = 4e-4
    weight_decay: float = 1e-4
    betas: tuple[float, float] = (0.9, 0.95)
    warmup_steps: int = 100
    final_fraction: float = 0.02
    clip: float = 0.5
    ema_decay: float = 0.998


@dataclass(frozen=True)
class Recipe(_Strict):
    """One training run.

    Parameters
    ----------
    name
        Names the output folder and the exported model.
    network
        Which network to train.
    steps
        Optimiser steps in all.
    seed
        Seed of the weights and of the data; crop number i is the same in every run.
    blind_share
        Share of crops restored with an estimated PSF instead of the true one (restorer only); needs
        `estimator`.
    estimator
        Checkpoint of the PSF estimator that gives those PSFs, relative to the output folder.
    start_from
        Checkpoint whose weights the run begins with, relative to the output folder.
    validate_every
        Steps between validations.
    """

    name: str
    network: Literal["psf-estimator", "wiener-autoencoder"]
    steps: int
    seed: int = 0
    data: DataSettings = DataSettings()
    optimiser: OptimiserSettings = OptimiserSettings()
    psf_estimator: PSFEstimatorConfig = PSFEstimatorConfig()
    wiener_autoencoder: WienerAutoencoderConfig = WienerAutoencoderConfig()
    blind_share: float = 0.0
    estimator: str | None = None
    start_from: str | None = None
    validate_every: int = 400


def load_recipe(path: str | Path) -> Recipe:
    """Read a recipe from a YAML file.

    Raises
    ------
    ConfigurationError
        If the file cannot be read, has an unknown key, or a value of the wrong type.
    """
    try:
        values = yaml.safe_load(Path(path).read_text(encoding="utf-8"))
        return TypeAdapter(Recipe).validate_python(values)
    except (OSError, yaml.YAMLError) as error:
        raise ConfigurationError(f"{path}: cannot be read as YAML ({error})") from error
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(map(str, first["loc"]))
        raise ConfigurationError(
            f"{path}: {where}: {first['msg']}; the keys are listed in unblur/training/recipe.py"
        ) from error
