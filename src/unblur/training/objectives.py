"""Settings of the tasks: what a recipe has under ``objective``."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Annotated

from pydantic import Field

from unblur.errors import ArgumentError
from unblur.training.picture_losses import PICTURE_LOSSES
from unblur.training.settings import NotNegative

__all__ = ["EstimatorObjective", "NoSettings", "PictureObjective"]


@dataclass(frozen=True)
class NoSettings:
    """Of a task that has none."""


@dataclass(frozen=True)
class EstimatorObjective:
    """What a PSF estimator learns beside its own way from coarse to fine.

    Parameters
    ----------
    restarts : int
        Passes at full size that begin with a wrong PSF, see `unblur.training.wrong_psfs`: whoever
        has a guess, as of another method, can then have it bettered.
    """

    restarts: Annotated[int, Field(ge=0)] = 0


@dataclass(frozen=True)
class PictureObjective:
    """What an image-to-image network learns to make small.

    Parameters
    ----------
    losses : dict of str to float
        Weight of each loss, by its name in `PICTURE_LOSSES`.
    stage_weight : float
        Weight of the losses of outputs before the last one, where a network has several.

    Raises
    ------
    ArgumentError
        If a loss is unknown, or no weight is above zero.
    """

    losses: dict[str, NotNegative] = field(default_factory=lambda: {"charbonnier": 1.0})
    stage_weight: NotNegative = 0.5

    def __post_init__(self) -> None:
        for name in self.losses:
            if name not in PICTURE_LOSSES:
                known = ", ".join(PICTURE_LOSSES)
                raise ArgumentError(f"{name}: no such loss; use one of {known}")
        if not any(self.losses.values()):
            raise ArgumentError("losses must have a weight above zero")
