"""A recipe: everything that decides a training run, as frozen dataclasses read from YAML."""

from __future__ import annotations

import difflib
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Annotated, Any, ClassVar

import yaml
from pydantic import ConfigDict, Field, TypeAdapter, ValidationError

from unblur.degradation.sampling import PSFSampler
from unblur.errors import ArgumentError, ConfigurationError
from unblur.networks.psf_estimator import PSFEstimatorConfig
from unblur.networks.registry import NetworkEntry, find_network
from unblur.training.schedules import OptimiserSettings
from unblur.training.settings import (
    AnyData,
    Count,
    DataSettings,
    NoiseSettings,
    PairSettings,
    Share,
)
from unblur.training.tasks import TaskEntry, find_task

__all__ = ["Recipe", "load_recipe"]

STRICT = ConfigDict(extra="forbid", allow_inf_nan=False)
SOURCES: dict[str, type[Any]] = {
    "pictures": DataSettings,
    "pairs": PairSettings,
    "noise": NoiseSettings,
}


@dataclass(frozen=True)
class Recipe:
    """One training run.

    Parameters
    ----------
    name : str
        Names the output folder.
    network : str
        Which network to train, an id of `unblur.networks.registry`.
    steps : int, optional
        Optimiser steps in all; either this or `epochs`.
    epochs : int, optional
        Times that the run goes through all pairs; for data that have an end.
    seed : int
        Seed of the weights and of the data; crop number i is the same in every run.
    shape : NetworkConfig, optional
        Shape of the network, its config in the registry; the default one when left out.
    data : DataSettings, PairSettings or NoiseSettings
        What to learn from, by its key `source`: "pictures", "pairs" or "noise".
    optimiser : OptimiserSettings
        How the weights move.
    task : str, optional
        What to learn, an id of `unblur.training.tasks`; the network's own when left out.
    objective : optional
        Settings of the task, of its class in `unblur.training.tasks`.
    psf_estimator : PSFEstimatorConfig
        Shape of the PSF estimator that `estimator` holds.
    blind_share : float
        Share of crops restored with an estimated PSF instead of the true one (restorer only).
    doubtful_share : float
        Share of crops restored with a PSF that is wrong by a degree, and with a certainty that
        says by which, see `unblur.training.wrong_psfs` (restorer only).
    single_pass_share : float
        Share of steps in which the restorer makes one pass alone, as the quality "balanced" does:
        they take half the time. In the others it makes all its passes (restorer only).
    estimator : str, optional
        Checkpoint of the PSF estimator that gives those PSFs, relative to the output folder;
        ``default`` is the one that the package ships.
    start_from : str, optional
        Checkpoint whose weights the run begins with, relative to the output folder; ``default``
        stands for the weights that the package ships.
    validate_every : int
        Steps between validations; a run of epochs is validated after each of them.

    Raises
    ------
    ArgumentError
        If the values do not fit each other.
    ConfigurationError
        If there is no such network or task.
    """

    __pydantic_config__: ClassVar[ConfigDict] = STRICT

    name: Annotated[str, Field(pattern=r"^\w[\w.-]*$")]
    network: str
    steps: Count | None = None
    epochs: Count | None = None
    seed: Annotated[int, Field(ge=0)] = 0
    shape: Any = None
    data: AnyData = field(default_factory=DataSettings)
    optimiser: OptimiserSettings = field(default_factory=OptimiserSettings)
    task: str | None = None
    objective: Any = None
    psf_estimator: PSFEstimatorConfig = PSFEstimatorConfig()
    blind_share: Share = 0.0
    doubtful_share: Share = 0.0
    single_pass_share: Share = 0.0
    estimator: str | None = None
    start_from: str | None = None
    validate_every: Count = 400

    def __post_init__(self) -> None:
        if self.shape is None:
            object.__setattr__(self, "shape", self.entry.config())
        if self.objective is None:
            object.__setattr__(self, "objective", self.task_entry.objective())
        self._check_length()
        self._check_estimator()
        self._check_data()

    @property
    def entry(self) -> NetworkEntry:
        """The network in its registry."""
        return find_network(self.network)

    @property
    def task_entry(self) -> TaskEntry:
        """The task in its registry."""
        return find_task(self.task or self.entry.task)

    @property
    def total_steps(self) -> int:
        """Optimiser steps in all; `in_steps` must have been called on a recipe of epochs."""
        if self.steps is None:
            raise ArgumentError(f"{self.name}: its epochs have not been counted in steps yet")
        return self.steps

    def in_steps(self, steps_per_epoch: int) -> Recipe:
        """Count a run of epochs in steps.

        Parameters
        ----------
        steps_per_epoch : int
            Steps that go once through all pairs.

        Returns
        -------
        Recipe
            The same run, validated after each epoch; this recipe itself if it counts steps.
        """
        if self.epochs is None:
            return self
        steps = self.epochs * steps_per_epoch
        return replace(self, steps=steps, epochs=None, validate_every=steps_per_epoch)

    def _check_length(self) -> None:
        if (self.steps is None) == (self.epochs is None):
            raise ArgumentError("a recipe has either steps or epochs; give one of them")
        if self.epochs and self.data.source != "pairs":
            raise ArgumentError("epochs are for data of the source pairs; others have steps")

    def _check_estimator(self) -> None:
        if self.estimator and self.task_entry.id != "restoration":
            raise ArgumentError("estimator is for restorers; leave it out")
        if self.blind_share and not self.estimator:
            raise ArgumentError("blind_share needs estimator, the checkpoint that finds the PSFs")
        for key in ("doubtful_share", "single_pass_share"):
            if getattr(self, key) and self.task_entry.id != "restoration":
                raise ArgumentError(f"{key} is for restorers; leave it out")
        if self.blind_share + self.doubtful_share > 1:
            raise ArgumentError("blind_share and doubtful_share are more than all; lower one")
        size = PSFSampler().size
        for shape in (self.shape, self.psf_estimator):
            if isinstance(shape, PSFEstimatorConfig) and shape.size != size:
                raise ArgumentError(f"the estimator's size must be {size}, that of the PSFs")

    def _check_data(self) -> None:
        needed = self.task_entry.needs or {*self.entry.takes, *self.entry.gives}
        if lacking := sorted(needed - self.data.gives - {"luma", "certainty"}):
            raise ArgumentError(
                f"data of the source {self.data.source} have no {lacking[0]}, which "
                f"{self.network} needs; take another source"
            )
        shapes = [self.shape, self.psf_estimator] if self.estimator else [self.shape]
        for shape in shapes:
            for side in (*self.data.progressive, self.data.crop):
                self._check_side(side, shape)

    def _check_side(self, side: int, shape: Any) -> None:
        multiple, smallest = shape.size_multiple, shape.smallest
        if self.entry.fixed_size and side != smallest:
            raise ArgumentError(f"data.crop must be {smallest} for this network, not {side}")
        if side % multiple or side < smallest:
            raise ArgumentError(
                f"data.crop must be a multiple of {multiple} and at least {smallest} for this "
                f"network, not {side}"
            )


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
        return _build(values)
    except ValidationError as error:
        raise ConfigurationError(f"{path}: {_explain(error, _tables(values))}") from error
    except ConfigurationError as error:
        raise ConfigurationError(f"{path}: {error}") from error


def _build(values: Any) -> Recipe:
    """Build the tables whose class depends on other values, then the recipe around them."""
    built = {
        key: _adapter(key, table).validate_python({key: values[key]})[key]
        for key, table in _tables(values).items()
    }
    recipe: Recipe = TypeAdapter(Recipe).validate_python(values | built if built else values)
    return recipe


def _tables(values: Any) -> dict[str, type[Any]]:
    """Return the class of each table in the values that is not always of the same class."""
    if not isinstance(values, dict) or not isinstance(values.get("network"), str):
        return {}
    entry = find_network(values["network"])
    tables = {
        "shape": entry.config,
        "objective": find_task(values.get("task") or entry.task).objective,
        "data": _source(values.get("data")),
    }
    return {key: table for key, table in tables.items() if key in values}


def _source(data: Any) -> type[Any]:
    name = data.get("source", "pictures") if isinstance(data, dict) else "pictures"
    if name not in SOURCES:
        raise ConfigurationError(f"data.source: {name} is none; use one of {', '.join(SOURCES)}")
    return SOURCES[name]


def _adapter(key: str, table: type[Any]) -> TypeAdapter[dict[str, Any]]:
    """Validate one table as strictly as a recipe."""
    return TypeAdapter(dict[str, table], config=STRICT)  # type: ignore[valid-type]


def _explain(error: ValidationError, tables: dict[str, type[Any]]) -> str:
    """Say in one line what is wrong, where, and what would be right."""
    # a key that is missing is often one that was misspelt
    first: Any = min(error.errors(), key=lambda item: item["type"].startswith("missing"))
    where, kind = ".".join(map(str, first["loc"])), first["type"]
    if kind == "unexpected_keyword_argument":
        return f"unknown key {where}{_closest(where, tables)}"
    if kind.startswith("missing"):
        return f"{where} is missing; give it a value"
    if kind == "dataclass_type":
        return f"{where or 'a recipe'} should be a table of keys and values"
    if kind == "value_error":
        return f"{where}: {first['ctx']['error']}" if where else str(first["ctx"]["error"])
    return f"{where}: {first['msg']}, not {first['input']!r}"


def _closest(where: str, tables: dict[str, type[Any]]) -> str:
    """Return the known keys that look like the last part of a path."""
    whole: TypeAdapter[Any] = TypeAdapter(Recipe)
    adapters = [whole, *(_adapter(key, table) for key, table in tables.items())]
    known = [key for adapter in adapters for key in _keys(adapter.json_schema())]
    close = difflib.get_close_matches(where.rpartition(".")[2], known, 1)
    return f": did you mean {close[0]}?" if close else "; leave it out"


def _keys(schema: dict[str, Any]) -> list[str]:
    tables = [schema, *schema.get("$defs", {}).values()]
    return [key for table in tables for key in table.get("properties", {})]
