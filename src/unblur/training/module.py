"""Tasks of the default model: estimating PSFs, restoring with a PSF."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

import torch
from torch import nn

from unblur.networks.octaves import halve_psf
from unblur.training.losses import (
    charbonnier,
    log_squared_error,
    nearest_shift,
    relative_psf_error,
)
from unblur.training.task import Batch, Task, luma
from unblur.training.wrong_psfs import wrong_psfs

if TYPE_CHECKING:
    from unblur.networks.psf_estimator import PSFEstimator
    from unblur.training.recipe import Recipe

__all__ = ["SHIFT_REACH", "EstimatorTask", "RestorerTask"]

SHIFT_REACH = 4  # pixels at full size over which an estimated PSF may be off its place
ESTIMATE_WEIGHT = 0.5  # of each estimate before the result
LOG_ERROR_WEIGHT = 0.01  # brings its gradient to the size of Charbonnier's


class EstimatorTask(Task):
    """Trains the PSF estimator: relative error of the PSF after every pass.

    Parameters
    ----------
    recipe : Recipe
        Decides the network and its training.
    """

    def training_step(self, batch: Batch, index: int) -> torch.Tensor:
        """Sum over the passes; the finest counts most.

        Parameters
        ----------
        batch : dict
            Crops.
        index : int
            Number of the batch.

        Returns
        -------
        torch.Tensor
            The loss, a number.
        """
        octaves = self.recipe.shape.octaves
        targets = {0: batch["psf"]}
        for octave in range(1, max(octaves) + 1):
            targets[octave] = halve_psf(targets[octave - 1])
        observed = luma(batch["blurred"])
        passes = self.network(observed)
        errors = [
            relative_psf_error(psf, targets[octave], SHIFT_REACH >> octave)
            for psf, octave in zip(passes, octaves, strict=True)
        ]
        self.log("train/psf_error", errors[-1], prog_bar=True)
        own_way = errors[-1] + 0.5 * sum(errors[:-1]) / max(1, len(errors) - 1)
        return own_way + sum(self._restarted(observed, batch["psf"]))

    def _restarted(self, observed: torch.Tensor, truth: torch.Tensor) -> list[torch.Tensor]:
        """Return the error of each pass that began with a wrong PSF."""
        psf = wrong_psfs(truth, _seeded(self.recipe.seed, self.global_step))
        network = cast("PSFEstimator", self.network)
        errors = []
        for _ in range(self.recipe.objective.restarts):
            psf = network.refine(observed, psf.detach())
            errors.append(relative_psf_error(psf, truth, SHIFT_REACH))
        if errors:
            self.log("train/restarted_psf_error", errors[-1], prog_bar=True)
        return errors

    def validation_step(self, batch: Batch, index: int) -> None:
        """Cosine similarity of the estimated and the true PSF, at the best shift.

        Parameters
        ----------
        batch : dict
            Crops.
        index : int
            Number of the batch.
        """
        psf = self.network(luma(batch["blurred"]))[-1]
        target = nearest_shift(psf, batch["psf"], SHIFT_REACH)
        similarity = torch.cosine_similarity(psf.flatten(1), target.flatten(1))
        self.report("similarity", similarity, batch["kind"])


class RestorerTask(Task):
    """Trains the restorer on true PSFs and, for a share of the crops, on estimated ones.

    Parameters
    ----------
    recipe : Recipe
        Decides the network and its training.
    """

    def __init__(self, recipe: Recipe) -> None:
        super().__init__(recipe)
        self._estimator: list[nn.Module] = []  # hidden in a list: not trained, not saved

    def learn_from(self, estimator: nn.Module) -> None:
        """Take the PSFs of the recipe's blind share from an estimator.

        Parameters
        ----------
        estimator : torch.nn.Module
            A trained `PSFEstimator`, which stays as it is.
        """
        self._estimator = [estimator.eval()]

    def training_step(self, batch: Batch, index: int) -> torch.Tensor:
        """Charbonnier and the logarithm of the squared error of all estimates.

        Parameters
        ----------
        batch : dict
            Crops.
        index : int
            Number of the batch.

        Returns
        -------
        torch.Tensor
            The loss, a number.
        """
        psf, certainty = self._as_told(batch)
        linear = batch["linear"] | (certainty < 1)  # who knows no PSF knows nothing of its light
        passes = self._passes()
        *before, result = self.network(batch["blurred"], psf, certainty, linear, passes=passes)
        self.log("train/charbonnier", charbonnier(result, batch["sharp"]), prog_bar=True)
        errors = [_error(estimate, batch["sharp"]) for estimate in before]
        return _error(result, batch["sharp"]) + ESTIMATE_WEIGHT * sum(errors)

    def _passes(self) -> int:
        """Draw how many passes this step makes."""
        chance = torch.rand((), generator=_seeded(self.recipe.seed + 1, self.global_step))
        passes: int = self.recipe.shape.passes
        return 1 if chance < self.recipe.single_pass_share else passes

    def _as_told(self, batch: Batch) -> tuple[torch.Tensor, torch.Tensor]:
        """Make the first PSFs of a batch estimates, the next ones wrong by a degree."""
        psf, count = batch["psf"], len(batch["psf"])
        certainty = torch.ones_like(psf[:, 0, 0])
        blind = round(self.recipe.blind_share * count) if self._estimator else 0
        doubtful = round(self.recipe.doubtful_share * count)
        if blind:
            psf = torch.cat([self.estimate(batch["blurred"][:blind], psf[:blind]), psf[blind:]])
            certainty[:blind] = 0
        if doubtful:
            chance = _seeded(self.recipe.seed, self.global_step)
            strength = torch.rand(count, generator=chance)
            wrong = wrong_psfs(batch["psf"], chance, strength)
            part = slice(blind, blind + doubtful)
            psf = torch.cat([psf[:blind], wrong[part], psf[blind + doubtful :]])
            certainty[part] = 1 - strength[part].to(certainty)
        return psf, certainty

    @torch.no_grad()
    def estimate(self, blurred: torch.Tensor, truth: torch.Tensor) -> torch.Tensor:
        """Estimate PSFs by the frozen estimator, and move them to the place of the true ones.

        A shifted PSF restores a shifted picture, which no pixel loss could compare.

        Parameters
        ----------
        blurred : torch.Tensor
            (B, 3, H, W), encoded.
        truth : torch.Tensor
            The true PSFs (B, K, K).

        Returns
        -------
        torch.Tensor
            (B, K, K), each with the sum 1.
        """
        estimator = self._estimator[0].to(blurred.device)
        estimates: torch.Tensor = estimator(luma(blurred))[-1]
        placed = nearest_shift(truth, estimates, SHIFT_REACH)
        return placed / placed.sum((1, 2), keepdim=True)

    def validation_step(self, batch: Batch, index: int) -> None:
        """PSNR gain over the blurred input, with the true and with the estimated PSF.

        Parameters
        ----------
        batch : dict
            Crops.
        index : int
            Number of the batch.
        """
        self.report("gain", self._gain(batch, batch["psf"], 1.0), batch["kind"])
        if self._estimator:
            psf = self.estimate(batch["blurred"], batch["psf"])
            self.report("blind_gain", self._gain(batch, psf, 0.0), batch["kind"])

    def _gain(self, batch: Batch, psf: torch.Tensor, certainty: float) -> torch.Tensor:
        certainties = torch.full_like(psf[:, 0, 0], certainty)
        linear = batch["linear"] | (certainties == 0)
        result = self.network(batch["blurred"], psf, certainties, linear)[-1].clamp(0, 1)
        inner = (..., slice(16, -16), slice(16, -16))
        before = ((batch["blurred"] - batch["sharp"])[inner] ** 2).mean((1, 2, 3))
        after = ((result - batch["sharp"])[inner] ** 2).mean((1, 2, 3))
        gain: torch.Tensor = 10 * torch.log10((before + 1e-7) / (after + 1e-7))
        return gain


def _seeded(seed: int, step: int) -> torch.Generator:
    return torch.Generator().manual_seed(seed * 1_000_003 + step)


def _error(estimate: torch.Tensor, sharp: torch.Tensor) -> torch.Tensor:
    decibels = LOG_ERROR_WEIGHT * log_squared_error(estimate, sharp)
    return charbonnier(estimate, sharp) + decibels
