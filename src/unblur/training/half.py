"""Weights in 16 bits: an ONNX file of half the size that computes in 32 bits as before."""

from __future__ import annotations

import numpy as np
import onnx
import torch
from onnx import helper, numpy_helper
from torch import nn

__all__ = ["round_weights", "store_half"]

SMALLEST = 256  # numbers of a tensor; less is not worth an operation


def round_weights(module: nn.Module) -> None:
    """Round what `store_half` will store in 16 bits, in place.

    Parameters
    ----------
    module : torch.nn.Module
        Of float32.
    """
    with torch.no_grad():
        for value in module.state_dict().values():
            if value.dtype == torch.float32 and value.numel() >= SMALLEST:
                value.copy_(value.half())


def store_half(content: bytes) -> bytes:
    """Store the large tensors of an ONNX file in 16 bits; a cast brings each back as it is loaded.

    Parameters
    ----------
    content : bytes
        ONNX file of float32 numbers that 16 bits hold, see `round_weights`.

    Returns
    -------
    bytes
        The file, whose tensors keep their names.

    Examples
    --------
    >>> weights = numpy_helper.from_array(np.ones((40, 30), np.float32), "weights")
    >>> product = helper.make_node("MatMul", ["x", "weights"], ["y"])
    >>> graph = helper.make_graph([product], "product", [], [], [weights])
    >>> content = helper.make_model(graph).SerializeToString()
    >>> len(store_half(content)) < 0.6 * len(content)
    True
    """
    model = onnx.load_from_string(content)
    graph = model.graph
    casts, names = [], {}
    for tensor in graph.initializer:
        value = numpy_helper.to_array(tensor)
        if value.dtype == np.float32 and value.size >= SMALLEST:
            names[tensor.name] = f"{tensor.name}.float32"
            tensor.CopyFrom(numpy_helper.from_array(value.astype(np.float16), tensor.name))
            cast = helper.make_node(
                "Cast", [tensor.name], [names[tensor.name]], to=onnx.TensorProto.FLOAT
            )
            casts.append(cast)
    for node in graph.node:
        node.input[:] = [names.get(name, name) for name in node.input]
    nodes = [*casts, *graph.node]
    del graph.node[:]
    graph.node.extend(nodes)
    stored: bytes = model.SerializeToString()
    return stored
