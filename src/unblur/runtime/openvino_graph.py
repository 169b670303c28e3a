"""Our networks as OpenVINO runs them best: the same numbers by fewer passes over the memory.

The ONNX files are made for ONNX Runtime. OpenVINO has an operation of its own for moving channels
into pixels and for a softmax, and is slow at many small ones over whole planes. What does not look
as expected stays as it is.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

__all__ = ["simplify"]

FloatArray = npt.NDArray[np.float32]
CANDIDATES = 4
# Between the maps and the result of a mixer, see `unblur.networks.wiener_autoencoder`.
_MIXER = {
    "Add": 8, "Slice": 6, "VariadicSplit": 2, "Maximum": 3, "Subtract": 1, "Exp": 1,
    "Multiply": 4, "Divide": 1,
}  # fmt: skip


def simplify(model: Any) -> list[str]:
    """Rewrite a model in place.

    Parameters
    ----------
    model : openvino.Model
        One that was read from an ONNX file.

    Returns
    -------
    list of str
        What was rewritten: "shuffle", "padding" and "mixer", each once for each place.
    """
    done = [name for node in model.get_ordered_ops() for name in _simplify_node(model, node)]
    done += ["mixer"] * _simplify_mixer(model)
    model.validate_nodes_and_infer_types()
    return done


def _simplify_node(model: Any, node: Any) -> list[str]:
    kind = node.get_type_name()
    if kind == "GroupConvolutionBackpropData":
        return ["shuffle"] * _simplify_shuffle(node)
    if kind == "Convolution":
        return ["padding"] * _drop_padding(model, node)
    return []


def _simplify_shuffle(node: Any) -> bool:
    """Move channels into pixels by the operation for it, not by a convolution with ones."""
    from openvino import opset13 as operations

    side = int(node.get_attributes()["strides"][0])
    weights = _constant(_input(node, 1))
    if weights is None or weights.size % (side * side):
        return False
    kernels = weights.reshape(-1, side * side)
    ones = np.eye(side * side, dtype=kernels.dtype)
    if len(kernels) % len(ones) or not np.array_equal(
        kernels, np.tile(ones, (len(kernels) // len(ones), 1))
    ):
        return False
    new = operations.depth_to_space(node.input_value(0), "depth_first", side)
    node.output(0).replace(new.output(0))
    return True


def _drop_padding(model: Any, node: Any) -> bool:
    """Convolve the channels that there are, not also some that are added to weigh nothing."""
    joined, weights = _input(node, 0), _constant(_input(node, 1))
    if joined.get_type_name() != "Concat" or weights is None:
        return False
    source = _input(joined, 0)
    if source.get_type_name() != "Parameter":
        return False
    channels = model.input(0).get_partial_shape()[1].get_length()
    if weights[:, channels:].any():
        return False
    node.output(0).replace(_convolved(node, source, weights[:, :channels]).output(0))
    return True


def _convolved(like: Any, source: Any, weights: FloatArray) -> Any:
    """Convolve as another convolution does, by other weights."""
    from openvino import opset13 as operations

    told = like.get_attributes()
    places = (told[name] for name in ("strides", "pads_begin", "pads_end", "dilations"))
    constant = operations.constant(np.ascontiguousarray(weights))
    return operations.convolution(source, constant, *places)


def _simplify_mixer(model: Any) -> bool:
    """Weigh the candidates by a softmax, and add the correction."""
    from openvino import opset13 as operations

    result, picture = model.get_results()[0], model.input(0)
    maps = next(
        (n for n in reversed(model.get_ordered_ops()) if n.get_type_name() == "DepthToSpace"), None
    )
    if maps is None:
        return False
    nodes = _between(result, maps)
    kinds = [node.get_type_name() for node in nodes]
    if {kind: kinds.count(kind) for kind in set(kinds)} != _MIXER:
        return False
    constants = (_constant(_input(node, 1)) for node in nodes if node.get_type_name() == "Add")
    preference = next(value for value in constants if value is not None)

    def channels(source: Any, first: int, last: int) -> Any:
        ends = ([first], [last], [1], [1])
        return operations.slice(source, *(operations.constant(end) for end in ends))

    weights = operations.softmax(_maps(maps, 3, 3 + CANDIDATES, preference.ravel()), 1)
    mixed = _maps(maps, 0, 3, np.zeros(3, np.float32))
    for number in range(CANDIDATES):
        candidate = channels(picture, 3 * number, 3 * number + 3)
        weighted = operations.multiply(channels(weights, number, number + 1), candidate)
        mixed = operations.add(mixed, weighted)
    result.input(0).replace_source_output(mixed.output(0))
    return True


def _maps(maps: Any, first: int, last: int, added: FloatArray) -> Any:
    """Make some of the maps by a convolution of their own: taking planes apart takes longer."""
    from openvino import opset13 as operations

    side = int(maps.get_attributes()["block_size"])
    channels = slice(first * side * side, last * side * side)
    biased = _input(maps, 0)
    convolution = _input(biased, 0)
    weights = _constant(_input(convolution, 1))[channels]
    bias = _constant(_input(biased, 1)).ravel()[channels] + np.repeat(added, side * side)
    some = _convolved(convolution, convolution.input_value(0), weights)
    some = operations.add(some, operations.constant(bias.reshape(1, -1, 1, 1)))
    return operations.depth_to_space(some, "depth_first", side)


def _between(result: Any, maps: Any) -> list[Any]:
    """Operations on the way from the maps, or the model's input, to the result."""
    found: dict[str, Any] = {}
    todo = [_input(result, 0)]
    while todo:
        node = todo.pop()
        name = node.get_friendly_name()
        ends = node.get_type_name() in ("Parameter", "Constant")
        if ends or name in found or name == maps.get_friendly_name():
            continue
        found[name] = node
        todo += [value.get_node() for value in node.input_values()]
    return list(found.values())


def _input(node: Any, number: int) -> Any:
    return node.input_value(number).get_node()


def _constant(node: Any) -> Any:
    """Values of a constant, seen through a change of its shape; None if it is none."""
    while node.get_type_name() == "Reshape":
        node = _input(node, 0)
    return node.get_data() if node.get_type_name() == "Constant" else None
