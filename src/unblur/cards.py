"""Model cards: what a caller must know of a model, kept beside its weights."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import Field, asdict, dataclass, fields
from importlib import resources
from pathlib import Path
from typing import Any

from unblur.errors import ModelError

__all__ = ["CARD_SUFFIX", "ModelCard", "load_card", "weights_folder"]

CARD_SUFFIX = ".json"

# How the annotations of a card look in JSON.
_JSON_TYPES: dict[str, type] = {
    "str": str,
    "int": int,
    "Mapping[str, Any]": dict,
    "tuple[float, float]": list,
    "tuple[str, ...]": list,
}


@dataclass(frozen=True)
class ModelCard:
    """Everything that travels with one ONNX file.

    Parameters
    ----------
    id : str
        Name of the model, and of its file without the suffix.
    task : str
        What it does, in a few words.
    in_channels, out_channels : int
        Channels of the first input and of the output.
    size_multiple : int
        Height and width of the input must be multiples of this; 1 if the network asks for none.
    value_range : tuple of float
        Smallest and largest input value.
    settings : mapping of str to number or list
        Numbers that the physics around the network must share with its training; and `int8_ranges`
        where they were measured, see `unblur.runtime.openvino_int8.quantise`.
    parameters : int
        Count of trained numbers.
    licence : str
        Licence of the weights.
    data : str
        What it was trained on.
    recipe : tuple of str
        Recipe files, in the order of the training.
    steps : int
        Optimiser steps in all.
    hours : str
        Hours of training in all, with the machine.
    figures : str
        Validation figures.
    sha256 : str
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
        """Write the card as JSON text.

        Returns
        -------
        str
            What `from_json` reads.
        """
        return json.dumps(asdict(self), indent=2) + "\n"

    @classmethod
    def from_json(cls, text: str, source: str) -> ModelCard:
        """Read a card from JSON text.

        Parameters
        ----------
        text : str
            What `to_json` wrote.
        source : str
            Names the card in errors.

        Returns
        -------
        ModelCard
            The card; lists have become tuples where the card has tuples.

        Raises
        ------
        ModelError
            If the text is not JSON, a key is missing or unknown, or a value has the wrong type.
        """
        try:
            values = json.loads(text)
        except json.JSONDecodeError as error:
            raise _damaged(source, f"not JSON ({error})") from error
        known = {item.name for item in fields(cls)}
        if not isinstance(values, dict):
            raise _damaged(source, "not a table of keys and values")
        if odd := sorted(known ^ set(values)):
            raise _damaged(source, f"missing or unknown keys: {', '.join(odd)}")
        return cls(**{item.name: _value(item, values[item.name], source) for item in fields(cls)})


def _value(item: Field[Any], value: Any, source: str) -> Any:
    expected = _JSON_TYPES[str(item.type)]
    if not isinstance(value, expected) or isinstance(value, bool):
        raise _damaged(source, f"{item.name} should be a JSON {expected.__name__}, not {value!r}")
    return tuple(value) if isinstance(value, list) else value


def _damaged(source: str, reason: str) -> ModelError:
    return ModelError(f"{source}: damaged card, {reason}; reinstall unblur or export again")


def weights_folder() -> Path:
    """Find the folder of the shipped weights.

    Returns
    -------
    Path
        It holds one folder for each model.
    """
    return Path(str(resources.files("unblur") / "weights"))


def load_card(path: str | Path) -> tuple[ModelCard, bytes]:
    """Read an ONNX file and its card, and check one against the other.

    Parameters
    ----------
    path : path
        The ONNX file; its card lies beside it under the same name, with the suffix ``.json``.

    Returns
    -------
    card : ModelCard
        The card.
    content : bytes
        The ONNX file, whose digest is the one in the card.

    Raises
    ------
    ModelError
        If either file is missing or damaged, or the digest differs.
    """
    path = Path(path)
    card_path = path.with_suffix(CARD_SUFFIX)
    try:
        content, text = path.read_bytes(), card_path.read_text(encoding="utf-8")
    except OSError as error:
        raise ModelError(
            f"{error.filename}: model or card cannot be read ({error.strerror}); "
            "give a folder made by unblur export"
        ) from error
    except UnicodeDecodeError as error:
        raise _damaged(str(card_path), "not text") from error
    card = ModelCard.from_json(text, str(card_path))
    if hashlib.sha256(content).hexdigest() != card.sha256:
        raise ModelError(
            f"{path}: the file does not match its card's SHA-256; reinstall unblur or export again"
        )
    return card, content
