"""What all training tasks share: the network, the optimiser, validation means."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import lightning.pytorch as pl
import torch

from unblur.networks.part import Network
from unblur.training.schedules import make_optimiser, make_schedule

if TYPE_CHECKING:
    from unblur.training.recipe import Recipe

__all__ = ["Batch", "Task", "luma"]

Batch = dict[str, Any]


def luma(image: torch.Tensor) -> torch.Tensor:
    """Weigh the channels as Rec. 601 does.

    Parameters
    ----------
    image : torch.Tensor
        (B, 3, H, W), encoded RGB.

    Returns
    -------
    torch.Tensor
        (B, 1, H, W), encoded luma.
    """
    weights = image.new_tensor([0.299, 0.587, 0.114])
    return (image * weights[:, None, None]).sum(1, keepdim=True)


class Task(pl.LightningModule):
    """One way to train a network; a subclass has a training and a validation step.

    Parameters
    ----------
    recipe : Recipe
        Decides the network and its training; it counts steps.
    """

    network: Network

    def __init__(self, recipe: Recipe) -> None:
        super().__init__()
        self.recipe = recipe
        self.network = recipe.entry.build(recipe.shape)
        # up to a fifth faster on a processor; the type stubs do not know it
        self.network.to(memory_format=torch.channels_last)  # type: ignore[call-overload]

    def configure_optimizers(self) -> Any:
        """Build the optimiser and the schedule of the recipe.

        Returns
        -------
        dict
            As Lightning wants them.
        """
        settings = self.recipe.optimiser
        optimiser = make_optimiser(settings, self.parameters())
        schedule = make_schedule(settings, optimiser, self.recipe.total_steps)
        # a plateau too is moved by us alone, see lr_scheduler_step and `PlateauStep`
        moves = {"scheduler": schedule, "interval": "step", "reduce_on_plateau": False}
        return {"optimizer": optimiser, "lr_scheduler": moves}

    def lr_scheduler_step(self, scheduler: Any, metric: Any) -> None:
        """Move the learning rate after a step, unless it follows the validation loss.

        Parameters
        ----------
        scheduler : torch.optim.lr_scheduler.LRScheduler
            The schedule.
        metric : object
            Not used.
        """
        if not isinstance(scheduler, torch.optim.lr_scheduler.ReduceLROnPlateau):
            scheduler.step()

    def report(self, name: str, values: torch.Tensor, kinds: list[str]) -> None:
        """Log a mean for each kind of blur and over all.

        Parameters
        ----------
        name : str
            Of the figure.
        values : torch.Tensor
            (B,).
        kinds : list of str
            Kind of blur of each value.
        """
        for value, kind in zip(values, kinds, strict=True):
            self.log(f"val/{name}/{kind}", value, batch_size=1, on_epoch=True)
        self.log(
            f"val/{name}",
            values.mean(),
            batch_size=len(kinds),
            on_epoch=True,
            prog_bar=True,
            sync_dist=True,
        )
