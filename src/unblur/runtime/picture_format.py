"""How an image-to-image network wants its pictures, and how to give and take them so."""

from __future__ import annotations

import json
from dataclasses import dataclass, fields, replace
from pathlib import Path
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from unblur.cards import CARD_SUFFIX, ModelCard, load_card
from unblur.errors import ArgumentError, ModelError

__all__ = ["PictureFormat", "read_format"]

FloatArray = npt.NDArray[np.float32]

PICTURE_TASK = "image-to-image"


@dataclass(frozen=True)
class PictureFormat:
    """What a card says of a network that takes one picture and gives one of the same size.

    Parameters
    ----------
    channels : {1, 3}
        Channels of a picture; colour pictures go through a grey network channel by channel.
    layout : {"NCHW", "NHWC"}
        Order of the axes.
    value_range : tuple of float
        Values of black and of white, in and out.
    order : {"RGB", "BGR"}
        Order of the channels.
    size_multiple : int
        Height and width must be multiples of this.
    fixed_size : tuple of int, optional
        The only height and width that the network takes.
    tile : int
        Largest side of what is restored at once; memory grows with its square.
    overlap : int
        Pixels that neighbouring tiles share: twice as far as the network must see, and a little
        more for the blending.

    Raises
    ------
    ArgumentError
        If a value is out of its range.
    """

    channels: int = 3
    layout: Literal["NCHW", "NHWC"] = "NCHW"
    value_range: tuple[float, float] = (0.0, 1.0)
    order: Literal["RGB", "BGR"] = "RGB"
    size_multiple: int = 1
    fixed_size: tuple[int, int] | None = None
    tile: int = 384
    overlap: int = 96

    def __post_init__(self) -> None:
        if self.channels not in (1, 3):
            raise ArgumentError(f"channels must be 1 or 3, not {self.channels}")
        if self.layout not in ("NCHW", "NHWC") or self.order not in ("RGB", "BGR"):
            raise ArgumentError(
                f"layout must be NCHW or NHWC, order RGB or BGR, not {self.layout} and {self.order}"
            )
        if self.value_range[0] >= self.value_range[1]:
            raise ArgumentError(f"value_range must rise, not {self.value_range}")
        if self.size_multiple < 1 or min(self.sides) < self.size_multiple:
            raise ArgumentError(
                f"size_multiple must be at least 1 and fit into a tile, not {self.size_multiple}"
            )
        if not 0 <= self.overlap < min(self.sides):
            raise ArgumentError(f"overlap must be less than a tile, not {self.overlap}")

    @property
    def sides(self) -> tuple[int, int]:
        """Largest height and width of a tile."""
        if self.fixed_size:
            return self.fixed_size
        whole = self.tile - self.tile % self.size_multiple
        return whole, whole

    def encode(self, pictures: FloatArray) -> FloatArray:
        """Bring pictures to the network's form.

        Parameters
        ----------
        pictures : ndarray of float32
            (B, H, W, C), RGB, in [0, 1].

        Returns
        -------
        ndarray of float32
            What the network takes.
        """
        black, white = self.value_range
        values = pictures * np.float32(white - black) + np.float32(black)
        values = values[..., ::-1] if self.order == "BGR" else values
        return np.ascontiguousarray(values if self.layout == "NHWC" else np.moveaxis(values, 3, 1))

    def decode(self, values: npt.NDArray[Any]) -> FloatArray:
        """Bring a network's answer back: the inverse of `encode`.

        Parameters
        ----------
        values : ndarray
            What the network gave.

        Returns
        -------
        ndarray of float32
            Pictures (B, H, W, C), RGB, clipped to [0, 1].
        """
        black, white = self.value_range
        values = values.astype(np.float32)
        pictures = values if self.layout == "NHWC" else np.moveaxis(values, 1, 3)
        pictures = pictures[..., ::-1] if self.order == "BGR" else pictures
        scaled = (pictures - np.float32(black)) / np.float32(white - black)
        clipped: FloatArray = np.clip(scaled, 0, 1)
        return clipped


def read_format(path: Path) -> tuple[PictureFormat | None, bytes]:
    """Read a model file, and its card if one lies beside it.

    Parameters
    ----------
    path : Path
        The ONNX file; its card has the same name, with the suffix ``.json``. It is either one that
        ``unblur export`` wrote, or a table with any fields of `PictureFormat`.

    Returns
    -------
    format : PictureFormat or None
        None if there is no card.
    content : bytes
        The ONNX file.

    Raises
    ------
    ModelError
        If a file cannot be read, or the card is damaged or of another kind of model.
    """
    card = path.with_suffix(CARD_SUFFIX)
    values = _read_card(card) if card.is_file() else None
    if values is not None and "sha256" in values:
        own, content = load_card(path)
        return _of_own(own, path), content
    try:
        content = path.read_bytes()
    except OSError as error:
        raise ModelError(f"{path}: cannot be read ({error.strerror}); name another file") from error
    return None if values is None else _of_table(values, card), content


def _read_card(card: Path) -> dict[str, Any]:
    try:
        values = json.loads(card.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:  # what is no JSON or no text is a ValueError
        raise ModelError(f"{card}: not a card ({error}); write it anew, or take it away") from error
    if not isinstance(values, dict):
        raise ModelError(f"{card}: not a card; it should be a table of keys and values")
    return values


def _of_own(card: ModelCard, path: Path) -> PictureFormat:
    if card.task != PICTURE_TASK:
        raise ModelError(
            f"{path}: one part of a model ({card.task}); give the folder that holds all its parts"
        )
    fixed = card.settings.get("fixed_size")
    return PictureFormat(
        channels=card.in_channels,
        value_range=card.value_range,
        size_multiple=card.size_multiple,
        fixed_size=tuple(fixed) if fixed else None,
        overlap=min(96, min(fixed) // 2) if fixed else 96,
    )


def _of_table(values: dict[str, Any], card: Path) -> PictureFormat:
    known = [item.name for item in fields(PictureFormat)]
    if odd := sorted(set(values) - set(known)):
        raise ModelError(f"{card}: unknown key {odd[0]}; use any of {', '.join(known)}")
    for name, value in values.items():
        if not _fits(name, value):
            raise ModelError(f"{card}: {name} cannot be {value!r}; see the page on own models")
    whole: dict[str, Any] = {
        name: tuple(value) if isinstance(value, list) else value for name, value in values.items()
    }
    try:
        return replace(PictureFormat(), **whole)
    except ArgumentError as error:
        raise ModelError(f"{card}: {error}") from error


def _fits(name: str, value: Any) -> bool:
    """Whether a value of a card has the type of its field."""
    if name in ("layout", "order"):
        return isinstance(value, str)
    if name in ("value_range", "fixed_size"):
        number = (int, float) if name == "value_range" else int
        items = value if isinstance(value, list) and len(value) == 2 else [None]
        return all(isinstance(item, number) and not isinstance(item, bool) for item in items)
    return isinstance(value, int) and not isinstance(value, bool)
