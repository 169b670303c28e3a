"""Masked pre-training: a network learns pictures by filling in what is hidden from it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import torch
from torch import nn

from unblur.errors import ArgumentError
from unblur.networks.part import as_outputs
from unblur.training.settings import Count
from unblur.training.sharing import rank_and_world
from unblur.training.task import Batch, Task

if TYPE_CHECKING:
    from unblur.training.recipe import Recipe

__all__ = ["MaskedObjective", "MaskedTask", "hidden_error", "random_mask"]


@dataclass(frozen=True)
class MaskedObjective:
    """What is hidden: each picture draws a size of patch and a share.

    Parameters
    ----------
    patches : tuple of int
        Sides of the square patches in pixels.
    ratios : tuple of float
        Shares of the patches that are hidden, above 0 and below 1.

    Raises
    ------
    ArgumentError
        If there is nothing to draw from, or a ratio hides nothing or all.
    """

    patches: tuple[Count, ...] = (4, 8, 16)
    ratios: tuple[float, ...] = (0.25, 0.5, 0.75)

    def __post_init__(self) -> None:
        if not self.patches or not self.ratios:
            raise ArgumentError("patches and ratios must have one value at least")
        if not all(0 < ratio < 1 for ratio in self.ratios):
            raise ArgumentError(f"ratios must lie between 0 and 1, not {self.ratios}")


class MaskedTask(Task):
    """Trains an image-to-image network to fill in hidden patches of sharp pictures.

    Hidden pixels all show the same learned colour, the mask token, so nothing of them can leak
    through the first convolution. The token belongs to this task: the network that is fine-tuned
    afterwards has none.

    Parameters
    ----------
    recipe : Recipe
        Decides the network and its training; its objective is a `MaskedObjective`.

    References
    ----------
    Xie et al.: "SimMIM: a simple framework for masked image modeling", CVPR 2022.
    Duan et al.: "Masked autoencoders as image processors", 2023.
    """

    def __init__(self, recipe: Recipe) -> None:
        super().__init__(recipe)
        self.objective: MaskedObjective = recipe.objective
        self.token = nn.Parameter(torch.full((3, 1, 1), 0.5))

    def errors(self, batch: Batch, seed: int) -> torch.Tensor:
        """Hide patches and fill them in.

        Parameters
        ----------
        batch : dict
            Its sharp pictures are used.
        seed : int
            Decides what is hidden.

        Returns
        -------
        torch.Tensor
            (B,), mean absolute error of the hidden pixels of each picture.
        """
        sharp = batch["sharp"]
        generator = torch.Generator().manual_seed(seed)
        rank, world = rank_and_world()
        # those of the whole batch, of which each process takes its own as it does of the pictures
        masks = [self._mask(generator, *sharp.shape[-2:]) for _ in range(world * len(sharp))]
        mask = torch.stack(masks[rank::world])[:, None].to(sharp.device)
        filled = as_outputs(self.network(torch.where(mask, self.token, sharp)))[-1]
        return hidden_error(filled, sharp, mask)

    def _mask(self, generator: torch.Generator, height: int, width: int) -> torch.Tensor:
        patches, ratios = self.objective.patches, self.objective.ratios
        patch = patches[int(torch.randint(len(patches), (), generator=generator))]
        ratio = ratios[int(torch.randint(len(ratios), (), generator=generator))]
        return random_mask(generator, height, width, patch=patch, ratio=ratio)

    def training_step(self, batch: Batch, index: int) -> torch.Tensor:
        """Fill in; what is hidden at a step is the same in every run.

        Parameters
        ----------
        batch : dict
            Pictures.
        index : int
            Number of the batch.

        Returns
        -------
        torch.Tensor
            The loss, a number.
        """
        loss = self.errors(batch, (self.recipe.seed << 32) + self.global_step).mean()
        self.log("train/loss", loss, prog_bar=True)
        return loss

    def validation_step(self, batch: Batch, index: int) -> None:
        """Error of what is hidden, which is the same at every validation.

        Parameters
        ----------
        batch : dict
            Pictures.
        index : int
            Number of the batch.
        """
        errors = self.errors(batch, index)
        self.log("val/loss", errors.mean(), batch_size=len(errors), on_epoch=True, sync_dist=True)
        self.report("hidden_error", errors, batch["kind"])


def random_mask(
    generator: torch.Generator, height: int, width: int, *, patch: int, ratio: float
) -> torch.Tensor:
    """Hide a share of the patches of a picture.

    Parameters
    ----------
    generator : torch.Generator
        Source of the randomness, on the CPU.
    height, width : int
        Size of the picture, H and W; patches at the far borders may be cut off.
    patch : int
        Side of a patch in pixels.
    ratio : float
        Share of the patches that are hidden; one at least is, and one at least is not.

    Returns
    -------
    torch.Tensor of bool
        (H, W), true where hidden.

    Examples
    --------
    >>> mask = random_mask(torch.Generator().manual_seed(0), 8, 8, patch=4, ratio=0.5)
    >>> int(mask.sum())
    32
    """
    rows, columns = -(-height // patch), -(-width // patch)
    count = min(max(1, round(ratio * rows * columns)), max(1, rows * columns - 1))
    hidden = torch.zeros(rows * columns, dtype=torch.bool)
    hidden[torch.randperm(rows * columns, generator=generator)[:count]] = True
    patches = hidden.reshape(rows, columns)
    mask = patches.repeat_interleave(patch, 0).repeat_interleave(patch, 1)
    return mask[:height, :width]


def hidden_error(filled: torch.Tensor, sharp: torch.Tensor, mask: torch.Tensor) -> torch.Tensor:
    """Mean absolute error over hidden pixels alone.

    Parameters
    ----------
    filled, sharp : torch.Tensor
        Pictures (B, C, H, W) of the same shape.
    mask : torch.Tensor of bool
        (B, 1, H, W), true where hidden, at one pixel of each picture at least.

    Returns
    -------
    torch.Tensor
        (B,).
    """
    error = ((filled - sharp).abs().mean(1) * mask[:, 0]).sum((1, 2))
    return error / mask[:, 0].sum((1, 2))
