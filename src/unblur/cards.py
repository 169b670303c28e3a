"""Model cards: what a caller must know of a model, kept beside its weights."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from importlib import resources
from pathlib import Path
from typing import Any

from unblur.errors import ModelError

__all__ = ["ModelCard", "load_card", "shipped_cards"]

CARD_SUFFIX = ".json"


@dataclass(frozen=True)
class ModelCard:
    """Everything that travels with one ONNX file.

    Parameters
    ----------
    id
        Name of the model, and of its file without the suffix.
    task
        What it does, in a few words.
    in_channels, out_channels
        Channels of the first input and of the output.
    size_multiple
        Height and width of the input must be multiples of this; 1 if any size will do.
    value_range
        Smallest and largest input value.
    settings
        Numbers that the physics around the network must share with its training.
    parameters
        Count of trained numbers.
    licence
        Licence of the weights.
    data
        What it was trained on.
    recipe
        Recipe files, in the order of the training.
    steps
        Optimiser steps in all.
    hours
        Hours of training in all, with the machine.
    figures
        Validation figures.
    sha256
        Digest of the ONNX file.
    """

    id: str
    task: str
    in_channels: int
    out_channels: int
    size_multiple: int
    value_range: tuple[float, float]
    settings: Mapping[str, Any]
    parameters: int
    licence: str
    data: str
    recipe: tuple[str, ...]
    steps: int
    hours: str
    figures: str
    sha256: str

    def to_json(self) -> str:
        """Return the card as JSON text."""
        return json.dumps(asdict(self), indent=2) + "\n"

    @classmethod
    def from_json(cls, text: str, source: str) -> ModelCard:
        """Read a card from JSON text; `source` names it in errors.

        Raises
        ------
        ModelError
            If a key is missing or unknown, or the text is not JSON.
        """
        try:
            values = json.loads(text)
        except json.JSONDecodeError as error:
            raise ModelError(f"{source}: the card is not JSON ({error}); reinstall unblur") from error
        known = {item.name for item in fields(cls)}
        if not isinstance(values, dict) or set(values) != known:
            odd = sorted(known ^ set(values)) if isinstance(values, dict) else values
            raise ModelError(f"{source}: missing or unknown keys in the card: {odd}; reinstall unblur")
        values["value_range"] = tuple(values["value_range"])
        values["recipe"] = tuple(values["recipe"])
        return cls(**values)


def weights_folder() -> Path:
    """Return the folder of the shipped weights."""
    return Path(str(resources.files("unblur") / "weights"))


def load_card(path: str | Path) -> tuple[ModelCard, bytes]:
    """Return the card and the bytes of the ONNX file at `path`, checked against its digest.

    Raises
    ------
    ModelError
        If either file is missing, or the digest differs.
    """
    path = Path(path)
    card_path = path.with_suffix(CARD_SUFFIX)
    try:
        content = path.read_bytes()
        card = ModelCard.from_json(card_path.read_text(encoding="utf-8"), str(card_path))
    except OSError as error:
        raise ModelError(
            f"{path}: model or card cannot be read ({error.strerror}); give a folder made by unblur export"
        ) from error
    if hashlib.sha256(content).hexdigest() != card.sha256:
        raise ModelError(f"{path}: the file does not match its card's SHA-256; reinstall or export again")
    return card, content


def shipped_cards() -> list[ModelCard]:
    """Return the cards of all models inside the package, sorted by id."""
    return [load_card(path)[0] for path in sorted(weights_folder().glob("*/*.onnx"))]
