"""What a model's file holds: the trained parts of a network, with what their cards say of them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Protocol

from torch import nn

__all__ = ["Network", "NetworkConfig", "NetworkPart"]


@dataclass(frozen=True)
class NetworkPart:
    """One module that is exported by itself; the physics around it runs in NumPy.

    Parameters
    ----------
    id : str
        Name of the exported file, without the suffix.
    task : str
        What it does, in a few words.
    module : torch.nn.Module
        Takes one tensor (B, C, H, W).
    in_channels, out_channels : int
        Channels of its input and output.
    size_multiple : int
        Height and width of the input must be multiples of this; 1 for a part whose input always
        has the size of `example`.
    example : tuple of int
        Shape of a fitting input.
    settings : dict of str to number or tuple
        Numbers that the physics around it must share with the training.
    """

    id: str
    task: str
    module: nn.Module
    in_channels: int
    out_channels: int
    size_multiple: int
    example: tuple[int, int, int, int]
    settings: dict[str, Any]


class NetworkConfig(Protocol):
    """The frozen dataclass that decides the shape of a network."""

    @property
    def size_multiple(self) -> int:
        """Height and width of an input must be multiples of this."""

    @property
    def smallest(self) -> int:
        """Height and width of an input must be at least this."""


class Network(nn.Module):
    """A network that training can build and export."""

    def parts(self) -> tuple[NetworkPart, ...]:
        """List what is exported.

        Returns
        -------
        tuple of NetworkPart
            One for each file; together they hold every trained number, but for those in settings.
        """
        raise NotImplementedError
