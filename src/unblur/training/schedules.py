"""Optimisers and schedules of the learning rate."""

from __future__ import annotations

import math
from collections.abc import Iterable

import torch
from torch.optim import Optimizer
from torch.optim.lr_scheduler import LambdaLR, ReduceLROnPlateau

from unblur.training.settings import OptimiserSettings

__all__ = ["make_optimiser", "make_schedule"]


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
    method = torch.optim.AdamW if settings.method == "adamw" else torch.optim.Adam
    return method(
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
