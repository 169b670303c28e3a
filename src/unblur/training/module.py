"""Lightning modules: one optimiser recipe for all, one class a task."""

from __future__ import annotations

import math
from typing import Any

import lightning.pytorch as pl
import torch
from torch import nn

from unblur.networks.psf_estimator import PSFEstimator, halve_psf
from unblur.networks.wiener_autoencoder import WienerAutoencoder
from unblur.training.losses import charbonnier, nearest_shift, relative_psf_error
from unblur.training.recipe import Recipe

__all__ = ["EstimatorTask", "RestorerTask", "Task", "build_task", "luma"]


SHIFT_REACH = 4  # pixels at full size over which an estimated PSF may be off its place


def luma(image: torch.Tensor) -> torch.Tensor:
    """Encoded luma (B, 1, H, W) of encoded RGB (B, 3, H, W), Rec. 601 weights."""
    weights = image.new_tensor([0.299, 0.587, 0.114])
    return (image * weights[:, None, None]).sum(1, keepdim=True)


class Task(pl.LightningModule):
    """What all training runs share: the optimiser, its schedule, and validation means per kind."""

    network: nn.Module

    def __init__(self, recipe: Recipe) -> None:
        super().__init__()
        self.recipe = recipe

    def configure_optimizers(self) -> Any:
        """AdamW; linear warm-up, then cosine decay over the recipe's steps."""
        settings = self.recipe.optimiser
        optimiser = torch.optim.AdamW(
            self.network.parameters(),
            lr=settings.learning_rate,
            betas=settings.betas,
            weight_decay=settings.weight_decay,
        )

        def factor(step: int) -> float:
            warm = min(1.0, (step + 1) / max(1, settings.warmup_steps))
            done = min(1.0, step / self.recipe.steps)
            cosine = 0.5 * (1 + math.cos(math.pi * done))
            return warm * (settings.final_fraction + (1 - settings.final_fraction) * cosine)

        schedule = torch.optim.lr_scheduler.LambdaLR(optimiser, factor)
        return {"optimizer": optimiser, "lr_scheduler": {"scheduler": schedule, "interval": "step"}}

    def report(self, name: str, values: torch.Tensor, kinds: list[str]) -> None:
        """Log the mean of `values` (B,) for each kind of blur and over all."""
        for value, kind in zip(values, kinds, strict=True):
            self.log(f"val/{name}/{kind}", value, batch_size=1, on_epoch=True)
        self.log(f"val/{name}", values.mean(), batch_size=len(kinds), on_epoch=True, prog_bar=True)


class EstimatorTask(Task):
    """Trains the PSF estimator: relative error of the PSF after every pass."""

    def __init__(self, recipe: Recipe) -> None:
        super().__init__(recipe)
        self.network = PSFEstimator(recipe.psf_estimator)

    def training_step(self, batch: dict[str, Any], index: int) -> torch.Tensor:
        """Sum over the passes; the finest counts most."""
        octaves = self.recipe.psf_estimator.octaves
        targets = {0: batch["psf"]}
        for octave in range(1, max(octaves) + 1):
            targets[octave] = halve_psf(targets[octave - 1])
        passes = self.network(luma(batch["blurred"]))
        errors = [
            relative_psf_error(psf, targets[octave], SHIFT_REACH >> octave)
            for psf, octave in zip(passes, octaves, strict=True)
        ]
        self.log("train/psf_error", errors[-1], prog_bar=True)
        return errors[-1] + 0.5 * sum(errors[:-1]) / max(1, len(errors) - 1)

    def validation_step(self, batch: dict[str, Any], index: int) -> None:
        """Cosine similarity of the estimated and the true PSF, at the best shift."""
        psf = self.network(luma(batch["blurred"]))[-1]
        target = nearest_shift(psf, batch["psf"], SHIFT_REACH)
        similarity = torch.cosine_similarity(psf.flatten(1), target.flatten(1))
        self.report("similarity", similarity, batch["kind"])


class RestorerTask(Task):
    """Trains the restorer on true PSFs and, for a share of the crops, on estimated ones."""

    def __init__(self, recipe: Recipe, estimator: PSFEstimator | None = None) -> None:
        super().__init__(recipe)
        self.network = WienerAutoencoder(recipe.wiener_autoencoder)
        self._estimator = [estimator.eval()] if estimator else []  # hidden: not trained, not saved

    def training_step(self, batch: dict[str, Any], index: int) -> torch.Tensor:
        """Charbonnier of both estimates."""
        blind = int(round(self.recipe.blind_share * len(batch["psf"])))
        psf = batch["psf"]
        if blind and self._estimator:
            psf = torch.cat([self.estimate(batch["blurred"][:blind], psf[:blind]), psf[blind:]])
        estimate, result = self.network(batch["blurred"], psf)
        loss = charbonnier(result, batch["sharp"])
        self.log("train/charbonnier", loss, prog_bar=True)
        return loss + 0.3 * charbonnier(estimate, batch["sharp"])

    @torch.no_grad()
    def estimate(self, blurred: torch.Tensor, truth: torch.Tensor) -> torch.Tensor:
        """PSFs (B, K, K) by the frozen estimator, in the place of the true ones.

        A shifted PSF restores a shifted picture, which no pixel loss could compare.
        """
        estimates: torch.Tensor = self._estimator[0](luma(blurred))[-1]
        placed = nearest_shift(truth, estimates, SHIFT_REACH)
        return placed / placed.sum((1, 2), keepdim=True)

    def validation_step(self, batch: dict[str, Any], index: int) -> None:
        """PSNR gain over the blurred input, with the true and with the estimated PSF."""
        self.report("gain", self._gain(batch, batch["psf"]), batch["kind"])
        if self._estimator:
            psf = self.estimate(batch["blurred"], batch["psf"])
            self.report("blind_gain", self._gain(batch, psf), batch["kind"])

    def _gain(self, batch: dict[str, Any], psf: torch.Tensor) -> torch.Tensor:
        result = self.network(batch["blurred"], psf)[1].clamp(0, 1)
        inner = (..., slice(16, -16), slice(16, -16))
        before = ((batch["blurred"] - batch["sharp"])[inner] ** 2).mean((1, 2, 3))
        after = ((result - batch["sharp"])[inner] ** 2).mean((1, 2, 3))
        return 10 * torch.log10((before + 1e-7) / (after + 1e-7))


def build_task(recipe: Recipe, estimator: PSFEstimator | None = None) -> Task:
    """Return the task that trains the recipe's network."""
    if recipe.network == "psf-estimator":
        return EstimatorTask(recipe)
    return RestorerTask(recipe, estimator)
