"""Convolutions in 8-bit integers, where the processor multiplies those fastest.

The first and the last convolution of a network stay as they are: they alone lose what can be seen.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from unblur.origin import instruction_sets

__all__ = ["inner_inputs", "quantise", "wants_int8"]

_STEPS, _WEIGHT_STEPS = 256, 255


def wants_int8(instructions: str | None = None) -> bool:
    """Say whether 8-bit integers are faster than other numbers on this processor.

    They are with AVX-512 VNNI, and gain nothing where AMX multiplies bfloat16 (see docs/speed.md).
    Without VNNI the products are added up in 16 bits, which may overflow.

    Parameters
    ----------
    instructions : str, optional
        As `unblur.origin.instruction_sets` names them; those of this processor when left out.

    Returns
    -------
    bool
        True with VNNI and without AMX.

    Examples
    --------
    >>> wants_int8("X86_V3 X86_V4 AVX512_ICL"), wants_int8("X86_V3")
    (True, False)
    """
    known = (instruction_sets() if instructions is None else instructions).split()
    # every processor with the instructions of Ice Lake has VNNI, and of Sapphire Rapids AMX
    return "AVX512_ICL" in known and "AVX512_SPR" not in known


def inner_inputs(model: Any) -> list[Any]:
    """List what all convolutions but the first and the last take, each once.

    Parameters
    ----------
    model : openvino.Model
        One that was read from an ONNX file, before `simplify` rewrites it.

    Returns
    -------
    list of openvino.Output
        In the order of the model.
    """
    found: dict[tuple[str, int], Any] = {}
    for node in _inner(model):
        source = node.input_value(0)
        found.setdefault(_key(source), source)
    return list(found.values())


def quantise(model: Any, ranges: Sequence[Sequence[float]]) -> None:
    """Let all convolutions but the first and the last take 8-bit integers, in place.

    Each channel of the weights has a step of its own.

    Parameters
    ----------
    model : openvino.Model
        One that was read from an ONNX file, before `simplify` rewrites it.
    ranges : sequence of pairs of float
        Smallest and largest value of each of its `inner_inputs`; what lies beyond is cut off.

    Raises
    ------
    ValueError
        If there are not as many ranges as inputs.
    """
    from openvino import opset13 as operations

    def rounded(values: Any, low: Any, high: Any, steps: int) -> Any:
        ends = [operations.constant(np.asarray(end, np.float32)) for end in (low, high)] * 2
        return operations.fake_quantize(values, *ends, steps)

    nodes = _inner(model)
    quantised = {
        _key(source): rounded(source, low, high, _STEPS)
        for source, (low, high) in zip(inner_inputs(model), ranges, strict=True)
    }
    for node in nodes:
        weights = node.input_value(1)
        largest = np.abs(weights.get_node().get_data()).max((1, 2, 3), keepdims=True)
        node.input(1).replace_source_output(
            rounded(weights, -largest, largest, _WEIGHT_STEPS).output(0)
        )
        node.input(0).replace_source_output(quantised[_key(node.input_value(0))].output(0))
    model.validate_nodes_and_infer_types()


def _inner(model: Any) -> list[Any]:
    """List the convolutions between the first and the last."""
    nodes = [node for node in model.get_ordered_ops() if node.get_type_name() == "Convolution"]
    return nodes[1:-1]


def _key(source: Any) -> tuple[str, int]:
    return source.get_node().get_friendly_name(), source.get_index()
