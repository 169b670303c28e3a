"""What all engines have in common: threads, and the shape that a network takes."""

from __future__ import annotations

import os

from unblur.cards import ModelCard
from unblur.errors import ArrayError

__all__ = ["check_batch", "default_threads"]


def check_batch(card: ModelCard, shape: tuple[int, ...]) -> None:
    """Refuse an array that does not fit a network.

    Parameters
    ----------
    card : ModelCard
        Metadata of the network.
    shape : tuple of int
        Of the array.

    Raises
    ------
    ArrayError
        Unless it is (B, C, H, W) with as many channels as the card says, H and W multiples of its
        `size_multiple`.
    """
    channels, multiple = card.in_channels, card.size_multiple
    if len(shape) != 4 or shape[1] != channels or shape[2] % multiple or shape[3] % multiple:
        raise ArrayError(
            f"{card.id}: takes arrays (B, {channels}, H, W), H and W multiples of "
            f"{multiple}, not {shape}: pad the tile"
        )


def default_threads() -> int:
    """Count the processors that this process may use.

    Returns
    -------
    int
        1 or more.
    """
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1
