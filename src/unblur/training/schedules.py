"""Optimisers and schedules of the learning rate, and their settings."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Annotated, Literal

import torch
from pydantic import Field
from torch.optim import Optimizer
from torch.optim.lr_scheduler import LambdaLR, ReduceLROnPlateau

from unblur.errors import ArgumentError
from unblur.training.settings import NotNegative, Positive, Share

__all__ = ["OptimiserSettings", "PlateauSettings", "make_optimiser", "make_schedule"]


@dataclass(frozen=True)
class PlateauSettings:
    """When the learning rate falls for want of progress in the validation loss.

    Parameters
    ----------
    factor : float
        What it is multiplied by.
    patience : int
        Validations without progress that are borne; at the next one the rate falls. Keras counts
        that one too: its patience of 5 is 4 here.
    threshold : float
        The least fall of the loss that counts as progress, in its own units.
    cooldown : int
        Validations after a fall that do not count.
    smallest : float
        The rate never falls below this.
    """

    factor: Annotated[float, Field(gt=0, lt=1)] = 0.1**0.5
    patience: Annotated[int, Field(ge=0)] = 4
    threshold: NotNegative = 1e-4
    cooldown: Annotated[int, Field(ge=0)] = 0
    smallest: NotNegative = 0.5e-6


@dataclass(frozen=True)
class OptimiserSettings:
    """Adam or AdamW, a schedule, clipping and weight averaging.

    Parameters
    ----------
    method : {"adamw", "adam"}
        The optimiser.
    learning_rate : float
        At the end of the warm-up.
    weight_decay : float
        AdamW's decoupled weight decay; Adam has none.
    betas : tuple of float
        Decay of the two moments.
    epsilon : float
        Added to the root of the second moment.
    schedule : {"cosine", "constant", "plateau"}
        How the learning rate moves after the warm-up: down along half a cosine, not at all, or
        whenever the validation loss no longer falls.
    plateau : PlateauSettings
        For the schedule of that name.
    warmup_steps : int
        Steps in which the learning rate rises to its full height; the schedule "plateau" has none.
    final_fraction : float
        What the cosine leaves of the learning rate at the end of the recipe.
    clip : float, optional
        Largest norm of the gradient; ``null`` for none.
    ema_decay : float, optional
        How slowly the averaged weights, which are those that are kept, follow the trained ones;
        ``null`` keeps the trained ones.
    precision : {"fp32", "bf16"}
        Numbers of the convolutions; the rest stays in single precision, and so do the weights.
        With bf16 a processor that has instructions for it trains two to three times faster; one
        that has not computes in fp32.

    Raises
    ------
    ArgumentError
        If the values do not fit each other.
    """

    method: Literal["adamw", "adam"] = "adamw"
    learning_rate: Positive = 4e-4
    weight_decay: NotNegative = 1e-4
    betas: tuple[Share, Share] = (0.9, 0.95)
    epsilon: Positive = 1e-8
    schedule: Literal["cosine", "constant", "plateau"] = "cosine"
    plateau: PlateauSettings = PlateauSettings()
    warmup_steps: Annotated[int, Field(ge=0)] = 100
    final_fraction: Share = 0.02
    clip: Positive | None = 0.5
    ema_decay: Share | None = 0.998
    precision: Literal["fp32", "bf16"] = "fp32"

    def __post_init__(self) -> None:
        if self.method == "adam" and self.weight_decay:
            raise ArgumentError("adam has no weight decay; set weight_decay to 0, or take adamw")
        if self.schedule == "plateau" and self.warmup_steps:
            raise ArgumentError("the schedule plateau has no warm-up; set warmup_steps to 0")


def make_optimiser(
    settings: OptimiserSettings, parameters: Iterable[torch.nn.Parameter]
) -> Optimizer:
    """Make the optimiser of a recipe.

    Parameters
    ----------
    settings : OptimiserSettings
        Its numbers.
    parameters : iterable of torch.nn.Parameter
        What it moves.

    Returns
    -------
    torch.optim.Optimizer
        Adam or AdamW.
    """
    if settings.method == "adam":
        return torch.optim.Adam(
            parameters,
            lr=settings.learning_rate,
            betas=settings.betas,
            eps=settings.epsilon,
            fused=True,  # an eighth of the time, which counts for dense layers
        )
    return torch.optim.AdamW(
        parameters,
        lr=settings.learning_rate,
        betas=settings.betas,
        eps=settings.epsilon,
        weight_decay=settings.weight_decay,
    )


def make_schedule(
    settings: OptimiserSettings, optimiser: Optimizer, steps: int
) -> LambdaLR | ReduceLROnPlateau:
    """Make the schedule of a recipe.

    Parameters
    ----------
    settings : OptimiserSettings
        Its numbers.
    optimiser : torch.optim.Optimizer
        Whose learning rate it moves.
    steps : int
        Steps in all.

    Returns
    -------
    torch.optim.lr_scheduler.LambdaLR or torch.optim.lr_scheduler.ReduceLROnPlateau
        The first one moves after each step, the second one after each validation.
    """
    if settings.schedule == "plateau":
        plateau = settings.plateau
        return ReduceLROnPlateau(
            optimiser,
            factor=plateau.factor,
            patience=plateau.patience,
            threshold=plateau.threshold,
            threshold_mode="abs",
            cooldown=plateau.cooldown,
            min_lr=plateau.smallest,
        )
    final = settings.final_fraction if settings.schedule == "cosine" else 1.0

    def factor(step: int) -> float:
        warm = min(1.0, (step + 1) / max(1, settings.warmup_steps))
        done = min(1.0, step / steps)
        cosine = 0.5 * (1 + math.cos(math.pi * done))
        return warm * (final + (1 - final) * cosine)

    return LambdaLR(optimiser, factor)
