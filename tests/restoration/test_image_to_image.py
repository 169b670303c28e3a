"""Image-to-image models: written by hand as ONNX, run through the public restorer."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper, numpy_helper
from PIL import Image
from skimage import data

from unblur import ArgumentError, ModelError, Restorer

OPSET = [helper.make_opsetid("", 17)]
OPEN = ["batch", 3, "height", "width"]


def save(path: Path, nodes: list, shape: list, *, kind: int = TensorProto.FLOAT, **more) -> Path:
    """An ONNX file with one input of this shape, and one output."""
    graph = helper.make_graph(
        nodes,
        path.stem,
        [helper.make_tensor_value_info("x", kind, shape)],
        [helper.make_tensor_value_info("y", kind, more.get("out", shape))],
        [numpy_helper.from_array(value, name) for name, value in more.get("values", {}).items()],
    )
    model = helper.make_model(graph, opset_imports=OPSET, ir_version=8)
    onnx.checker.check_model(model)
    path.write_bytes(model.SerializeToString())
    return path


@pytest.fixture
def negative(tmp_path: Path) -> Callable[..., Path]:
    """A network that gives ``high - x``, of any shape and range, with a card if there is one."""

    def make(shape: list = OPEN, high: float = 1.0, card: dict | None = None) -> Path:
        nodes = [helper.make_node("Sub", ["high", "x"], ["y"])]
        path = save(
            tmp_path / "negative.onnx", nodes, shape, values={"high": np.array(high, np.float32)}
        )
        if card is not None:
            path.with_suffix(".json").write_text(json.dumps(card))
        return path

    return make


@pytest.fixture
def smoother(tmp_path: Path) -> Path:
    """A 5 x 5 mean over each channel: every pixel needs its neighbours."""
    kernel = np.full((3, 1, 5, 5), 1 / 25, np.float32)
    pads = np.array([0, 0, 2, 2, 0, 0, 2, 2], np.int64)
    nodes = [
        helper.make_node("Pad", ["x", "pads"], ["padded"], mode="edge"),
        helper.make_node("Conv", ["padded", "kernel"], ["y"], group=3),
    ]
    return save(tmp_path / "smoother.onnx", nodes, OPEN, values={"kernel": kernel, "pads": pads})


@pytest.fixture(scope="module")
def cat() -> np.ndarray:
    return data.chelsea()  # uint8 (300, 451, 3)


CARDS = [
    (OPEN, 1.0, None),
    (OPEN, 1.0, {"size_multiple": 4, "tile": 128, "overlap": 32}),
    (["b", "c", "h", "w"], 255.0, {"value_range": [0, 255]}),
    (["b", "c", "h", "w"], 0.0, {"value_range": [-1, 1], "size_multiple": 16}),
    (["b", "h", "w", 3], 1.0, None),
    (["b", "h", "w", "c"], 1.0, {"layout": "NHWC", "order": "BGR"}),
    (["b", 1, "h", "w"], 1.0, None),
    ([1, 3, 128, 96], 1.0, None),
    (["b", 64, 64, 3], 1.0, {"layout": "NHWC", "overlap": 10}),
]


@pytest.mark.parametrize(("shape", "high", "card"), CARDS)
def test_any_layout_range_and_size_gives_the_same(negative, cat, shape, high, card):
    restorer = Restorer(negative(shape, high, card), threads=1)
    for picture in (cat, cat[:9, :5], cat[..., 1], cat.astype(np.uint16) * 257):
        white = np.iinfo(picture.dtype).max
        restored = restorer.restore(picture)
        assert restored.dtype == picture.dtype
        np.testing.assert_allclose(restored, white - picture, atol=white / 255 + 1)


def test_the_order_of_channels_is_that_of_the_card(tmp_path, cat):
    weights = np.array([1, 0.5, 0], np.float32)[None, :, None, None]
    node = helper.make_node("Mul", ["x", "w"], ["y"])
    path = save(tmp_path / "scaled.onnx", [node], OPEN, values={"w": weights})
    assert not Restorer(path, threads=1).restore(cat)[..., 2].any()  # blue is the third
    path.with_suffix(".json").write_text('{"order": "BGR"}')
    restored = Restorer(path, threads=1).restore(cat)
    assert not restored[..., 0].any()
    np.testing.assert_array_equal(restored[..., 2], cat[..., 2])


def test_tiles_give_what_the_whole_gives(smoother, cat):
    whole, small = Restorer(smoother, threads=1), Path(smoother).with_suffix(".json")
    expected, report = whole.restore_with_report(cat)
    small.write_text('{"tile": 64, "overlap": 24, "size_multiple": 8}')
    result, tiled = Restorer(smoother, threads=1).restore_with_report(cat)
    assert tiled.tiles > 40 > report.tiles
    inner = slice(-2)  # the padding to a multiple, which differs, shows in the last two rows
    assert np.abs(result.astype(int) - expected)[inner, inner].max() <= 1


def test_strength_goes_half_way_and_to_nothing(negative, cat):
    restorer = Restorer(negative(), threads=1)
    np.testing.assert_array_equal(restorer.restore(cat, strength=0), cat)
    assert np.abs(restorer.restore(cat, strength=0.5).astype(int) - 127.5).max() <= 1


def test_the_report_tells_of_no_blur_and_every_tile(negative, cat):
    told = []
    restorer = Restorer(negative(card={"tile": 128, "overlap": 16}), threads=1)
    _, report = restorer.restore_with_report(cat, progress=lambda *count: told.append(count))
    assert report.blur is None
    assert report.to_dict()["blur"] is None
    assert told == [(done, report.tiles) for done in range(report.tiles + 1)]


def test_pillow_pictures_keep_their_alpha(negative, cat):
    alpha = np.arange(300 * 451).reshape(300, 451).astype(np.uint8)
    picture = Image.fromarray(np.dstack([cat, alpha]))
    restored = np.asarray(Restorer(negative(), threads=1).restore(picture))
    np.testing.assert_array_equal(restored[..., 3], alpha)
    assert np.abs(255 - cat.astype(int) - restored[..., :3]).max() <= 1


def test_a_network_of_bytes_takes_bytes(tmp_path, cat):
    node = helper.make_node("Identity", ["x"], ["y"])
    path = save(tmp_path / "bytes.onnx", [node], OPEN, kind=TensorProto.UINT8)
    np.testing.assert_array_equal(Restorer(path, threads=1).restore(cat), cat)


def test_a_folder_with_one_model_names_it(negative, cat):
    folder = negative().parent
    assert np.abs(255 - cat.astype(int) - Restorer(folder, threads=1).restore(cat)).max() <= 1
    (folder / "other.onnx").write_bytes((folder / "negative.onnx").read_bytes())
    with pytest.raises(ModelError, match=r"several models; name one of negative.onnx, other.onnx"):
        Restorer(folder)


def test_no_psf_is_taken_and_none_is_found(negative, cat):
    restorer = Restorer(negative(), threads=1)
    with pytest.raises(ArgumentError, match="takes no PSF"):
        restorer.restore(cat, np.ones((3, 3)) / 9)
    with pytest.raises(ArgumentError, match="finds no blur"):
        restorer.inspect(cat)


@pytest.mark.parametrize(
    ("shape", "card", "reason"),
    [
        (["b", "c", "h", "w"], None, "does not say where the channels are; write a card"),
        ([1, 3, 3, 3], None, "does not say where the channels are"),
        ([3, "h", "w"], None, "3 axes, not pictures of 4"),
        ([1, 3, 64, "w"], None, "fixes one side alone"),
        (OPEN, {"layuot": "NHWC"}, "unknown key layuot; use any of channels, layout"),
        (OPEN, {"layout": "NHCW"}, "layout must be NCHW or NHWC"),
        (OPEN, {"channels": "3"}, "channels cannot be '3'"),
        (OPEN, {"channels": True}, "channels cannot be True"),
        (OPEN, {"channels": 2}, "channels must be 1 or 3, not 2"),
        (OPEN, {"value_range": [1, 0]}, "value_range must rise"),
        (OPEN, {"value_range": [0]}, r"value_range cannot be \[0\]"),
        (OPEN, {"overlap": 500}, "overlap must be less than a tile"),
        (OPEN, {"size_multiple": 0}, "size_multiple must be at least 1"),
        ([1, 3, 8, 8], {"layout": "NHWC"}, "its card says NHWC with 3 channels; correct the card"),
        (OPEN, [1], "should be a table"),
    ],
)
def test_what_is_left_open_or_wrong_is_refused(negative, shape, card, reason):
    with pytest.raises(ModelError, match=reason):
        Restorer(negative(shape, card=card))


def test_a_card_that_is_wrong_is_told_at_the_first_picture(tmp_path, cat):
    nodes = [
        helper.make_node("SpaceToDepth", ["x"], ["deep"], blocksize=8),
        helper.make_node("DepthToSpace", ["deep"], ["y"], blocksize=8),
    ]
    path = save(tmp_path / "blocks.onnx", nodes, OPEN)
    path.with_suffix(".json").write_text('{"size_multiple": 4}')
    with pytest.raises(ModelError, match=r"fails on pictures .*another layout, size_multiple"):
        Restorer(path, threads=1).restore(cat)
    path.with_suffix(".json").write_text('{"size_multiple": 8}')
    np.testing.assert_array_equal(Restorer(path, threads=1).restore(cat), cat)


def test_models_that_do_something_else_are_refused(tmp_path, cat):
    node = helper.make_node("Identity", ["x"], ["y"])
    larger = save(tmp_path / "a.onnx", [node], [1, 3, "h", "w"], out=["n", 3, "h", "w"])
    assert Restorer(larger)  # nothing against it yet
    doubled = helper.make_node("Concat", ["x", "x"], ["y"], axis=2)
    path = save(tmp_path / "b.onnx", [doubled], OPEN, out=["batch", 3, "tall", "width"])
    with pytest.raises(ModelError, match="give a model that keeps the size"):
        Restorer(path, threads=1).restore(cat)
    path = save(tmp_path / "c.onnx", [doubled], [1, 3, 8, 8], out=[1, 3, 16, 8])
    with pytest.raises(ModelError, match="keeps the size"):
        Restorer(path)
    (tmp_path / "d.onnx").write_bytes(b"no model")
    with pytest.raises(ModelError, match=r"d.onnx: ONNX Runtime cannot load it"):
        Restorer(tmp_path / "d.onnx")
    with pytest.raises(ModelError, match=r"missing.onnx: cannot be read"):
        Restorer(tmp_path / "missing.onnx")
