"""What a model's file holds: the trained parts of a network, with what their cards say of them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol

import torch
from torch import nn

__all__ = ["Network", "NetworkConfig", "NetworkPart", "as_outputs", "picture_part"]

PICTURE_TASK = "image-to-image"


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

    def take_settings(self, settings: Mapping[str, Any]) -> None:
        """Take the trained numbers that are among the settings of the parts.

        Parameters
        ----------
        settings : mapping
            Of one part, as its card has them. Most networks have no such number.
        """


Result = torch.Tensor | tuple[torch.Tensor, ...] | list[torch.Tensor]


def as_outputs(result: Result) -> tuple[torch.Tensor, ...]:
    """Return what a network gave as a tuple, whether it has one output or several.

    Parameters
    ----------
    result : torch.Tensor or sequence of torch.Tensor
        From `forward`.

    Returns
    -------
    tuple of torch.Tensor
        The outputs; the last one is the answer.
    """
    return (result,) if isinstance(result, torch.Tensor) else tuple(result)


class Answer(nn.Module):
    """The last output of a network, alone, as it is exported.

    Parameters
    ----------
    network : torch.nn.Module
        Takes one picture.
    """

    def __init__(self, network: nn.Module) -> None:
        super().__init__()
        self.network = network

    def forward(self, picture: torch.Tensor) -> torch.Tensor:
        """Run the network.

        Parameters
        ----------
        picture : torch.Tensor
            (B, C, H, W).

        Returns
        -------
        torch.Tensor
            (B, C, H, W).
        """
        return as_outputs(self.network(picture))[-1]


def picture_part(
    network: nn.Module,
    id: str,
    *,
    size_multiple: int,
    channels: int = 3,
    fixed_size: int | None = None,
) -> NetworkPart:
    """Describe a whole image-to-image network as the one part that is exported.

    Parameters
    ----------
    network : torch.nn.Module
        Takes pictures (B, C, H, W) in [0, 1]; its last output has the same shape.
    id : str
        Name of the exported file, without the suffix.
    size_multiple : int
        Height and width must be multiples of this; not looked at where the size is fixed.
    channels : int
        C.
    fixed_size : int, optional
        Side of the pictures, if it takes squares of one size alone.

    Returns
    -------
    NetworkPart
        Its task is "image-to-image"; `fixed_size` is among its settings.
    """
    multiple = 1 if fixed_size else size_multiple
    sides = (fixed_size, fixed_size) if fixed_size else (6 * multiple, 4 * multiple)
    return NetworkPart(
        id=id,
        task=PICTURE_TASK,
        module=Answer(network),
        in_channels=channels,
        out_channels=channels,
        size_multiple=multiple,
        example=(2, channels, *sides),
        settings={"fixed_size": sides} if fixed_size else {},
    )
