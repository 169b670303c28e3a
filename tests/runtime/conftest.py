"""A network small enough to write by hand: it doubles its input."""

from __future__ import annotations

import hashlib
from pathlib import Path

import onnx
import pytest
from onnx import TensorProto, helper

from unblur.cards import ModelCard


def doubler() -> bytes:
    shape = ["batch", 3, "height", "width"]
    graph = helper.make_graph(
        [helper.make_node("Add", ["input", "input"], ["output"])],
        "doubler",
        [helper.make_tensor_value_info("input", TensorProto.FLOAT, shape)],
        [helper.make_tensor_value_info("output", TensorProto.FLOAT, shape)],
    )
    opset = [helper.make_opsetid("", 17)]
    model = helper.make_model(graph, opset_imports=opset, ir_version=8)
    onnx.checker.check_model(model)
    return bytes(model.SerializeToString())


def write_model(path: Path, content: bytes) -> Path:
    card = ModelCard(
        id=path.stem,
        task="test",
        in_channels=3,
        out_channels=3,
        size_multiple=4,
        value_range=(0.0, 1.0),
        settings={},
        parameters=0,
        licence="",
        data="",
        recipe=(),
        steps=0,
        hours="",
        figures="",
        sha256=hashlib.sha256(content).hexdigest(),
    )
    path.write_bytes(content)
    path.with_suffix(".json").write_text(card.to_json(), encoding="utf-8")
    return path


@pytest.fixture
def model(tmp_path: Path) -> Path:
    """A good model file with its card."""
    return write_model(tmp_path / "doubler.onnx", doubler())


@pytest.fixture
def rubbish(tmp_path: Path) -> Path:
    """A file that is no model, with a card that fits it."""
    return write_model(tmp_path / "rubbish.onnx", b"\x00not a model" * 20)
