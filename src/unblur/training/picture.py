"""The task of image-to-image networks: any weighted sum of losses, on each of their outputs."""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch
from torch.nn import functional

from unblur.networks.part import as_outputs
from unblur.training.picture_losses import PICTURE_LOSSES, argmax_accuracy
from unblur.training.task import Batch, Task, luma

if TYPE_CHECKING:
    from unblur.training.objectives import PictureObjective
    from unblur.training.recipe import Recipe

__all__ = ["PictureTask"]


class PictureTask(Task):
    """Trains a network that gives pictures, one or several.

    Each output is compared with what the registry says it should become; one that is smaller than
    its target, with the target shrunk to its size.

    Parameters
    ----------
    recipe : Recipe
        Decides the network and its training; its objective is a `PictureObjective`.
    """

    def __init__(self, recipe: Recipe) -> None:
        super().__init__(recipe)
        self.objective: PictureObjective = recipe.objective

    def outputs(self, batch: Batch) -> tuple[torch.Tensor, ...]:
        """Run the network.

        Parameters
        ----------
        batch : dict
            Pictures, and whatever else the network takes.

        Returns
        -------
        tuple of torch.Tensor
            Its outputs, the answer last.
        """
        known = {**batch, "certainty": torch.ones_like(batch["blurred"][:, 0, 0, 0])}
        if "luma" in self.recipe.entry.takes:
            known["luma"] = luma(batch["blurred"])
        return as_outputs(self.network(*(known[name] for name in self.recipe.entry.takes)))

    def loss(self, outputs: tuple[torch.Tensor, ...], batch: Batch) -> torch.Tensor:
        """Weigh the losses of all outputs.

        Parameters
        ----------
        outputs : tuple of torch.Tensor
            From `outputs`.
        batch : dict
            Holds their targets.

        Returns
        -------
        torch.Tensor
            The loss, a number.
        """
        targets = [batch[name] for name in self.recipe.entry.gives]
        total = self.criterion(outputs[-1], targets[-1])
        for output, target in zip(outputs[:-1], targets[:-1], strict=True):
            total = total + self.objective.stage_weight * self.criterion(output, target)
        return total

    def criterion(self, result: torch.Tensor, target: torch.Tensor) -> torch.Tensor:
        """Weigh the losses of one output.

        Parameters
        ----------
        result : torch.Tensor
            (B, C, H, W).
        target : torch.Tensor
            (B, C, H, W), or larger by a whole factor.

        Returns
        -------
        torch.Tensor
            A number.
        """
        if target.shape[-1] != result.shape[-1]:
            target = functional.avg_pool2d(target, target.shape[-1] // result.shape[-1])
        total = result.new_zeros(())
        for name, weight in self.objective.losses.items():
            total = total + weight * PICTURE_LOSSES[name](result, target)
        return total

    def training_step(self, batch: Batch, index: int) -> dict[str, torch.Tensor]:
        """Compare the outputs with their targets.

        Parameters
        ----------
        batch : dict
            Pictures.
        index : int
            Number of the batch.

        Returns
        -------
        dict of str to torch.Tensor
            The loss and the accuracy, two numbers.
        """
        outputs = self.outputs(batch)
        loss = self.loss(outputs, batch)
        self.log("train/loss", loss, prog_bar=True)
        with torch.no_grad():
            accuracy = argmax_accuracy(outputs[-1], batch["sharp"])
        return {"loss": loss, "accuracy": accuracy}

    def validation_step(self, batch: Batch, index: int) -> None:
        """Loss and accuracy as in training, and the gain in PSNR over the blurred input.

        Parameters
        ----------
        batch : dict
            Pictures.
        index : int
            Number of the batch.
        """
        outputs = self.outputs(batch)
        figures = {
            "val/loss": self.loss(outputs, batch),
            "val/accuracy": argmax_accuracy(outputs[-1], batch["sharp"]),
        }
        self.log_dict(figures, batch_size=len(batch["sharp"]), on_epoch=True, sync_dist=True)
        self.report("gain", self._gain(batch, outputs[-1].clamp(0, 1)), batch["kind"])

    def _gain(self, batch: Batch, result: torch.Tensor) -> torch.Tensor:
        before = ((batch["blurred"] - batch["sharp"]) ** 2).mean((1, 2, 3))
        after = ((result - batch["sharp"]) ** 2).mean((1, 2, 3))
        gain: torch.Tensor = 10 * torch.log10((before + 1e-7) / (after + 1e-7))
        return gain
