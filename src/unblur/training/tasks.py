"""The tasks that networks can be trained for, as an explicit tuple."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from torch import nn

from unblur.errors import ConfigurationError
from unblur.training.masked import MaskedObjective, MaskedTask
from unblur.training.module import EstimatorTask, RestorerTask
from unblur.training.objectives import EstimatorObjective, NoSettings, PictureObjective
from unblur.training.picture import PictureTask
from unblur.training.task import Task

if TYPE_CHECKING:
    from unblur.training.recipe import Recipe

__all__ = ["TASKS", "TaskEntry", "build_task", "find_task"]


@dataclass(frozen=True)
class TaskEntry:
    """One task of the registry.

    Parameters
    ----------
    id : str
        Its name in recipes.
    objective : type
        Frozen dataclass of its settings; all fields have defaults.
    build : callable
        Makes the task from a recipe.
    needs : frozenset of str, optional
        What it needs of a batch; when left out, all that the network takes and gives.
    """

    id: str
    objective: type[Any]
    build: Callable[[Recipe], Task]
    needs: frozenset[str] | None = None


TASKS = (
    TaskEntry("psf-estimation", EstimatorObjective, EstimatorTask),
    TaskEntry("restoration", NoSettings, RestorerTask),
    TaskEntry("image-to-image", PictureObjective, PictureTask),
    TaskEntry("masked-pretraining", MaskedObjective, MaskedTask, needs=frozenset({"sharp"})),
)
"""All of them; a new one is an entry here."""


def find_task(name: str) -> TaskEntry:
    """Find a task by its name in recipes.

    Parameters
    ----------
    name : str
        Its id.

    Returns
    -------
    TaskEntry
        The entry with exactly this id.

    Raises
    ------
    ConfigurationError
        If there is none.

    Examples
    --------
    >>> find_task("image-to-image").objective.__name__
    'PictureObjective'
    """
    for entry in TASKS:
        if entry.id == name:
            return entry
    known = ", ".join(entry.id for entry in TASKS)
    raise ConfigurationError(f"{name}: no such task; use one of {known}")


def build_task(recipe: Recipe, estimator: nn.Module | None = None) -> Task:
    """Build the task that trains a recipe's network.

    Parameters
    ----------
    recipe : Recipe
        What to train; it counts steps.
    estimator : torch.nn.Module, optional
        A trained `PSFEstimator`, for a restorer whose recipe has a blind share.

    Returns
    -------
    Task
        With a fresh network.
    """
    task = recipe.task_entry.build(recipe)
    if estimator is not None and isinstance(task, RestorerTask):
        task.learn_from(estimator)
    return task
