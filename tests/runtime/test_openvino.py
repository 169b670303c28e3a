"""OpenVINO gives what ONNX Runtime gives, and the rewritten networks are the same ones."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor
from importlib.util import find_spec

import numpy as np
import pytest

from unblur.cards import load_card, weights_folder
from unblur.errors import ArrayError, DeviceWarning
from unblur.runtime import load_session
from unblur.runtime.openvino_graph import simplify
from unblur.runtime.openvino_session import OpenVinoSession, import_openvino
from unblur.runtime.session import OnnxSession

if not find_spec("openvino"):
    pytest.skip("needs the extra openvino", allow_module_level=True)
openvino = import_openvino()
FOLDER = weights_folder() / "default"
HALVES = {"INFERENCE_PRECISION_HINT": "f32", "INFERENCE_NUM_THREADS": 1}
# bfloat16 has 8 bits: the pictures agree to about 1/1000 of their range
TOLERANCE = 0.02


def batch_for(name: str, height: int, width: int) -> np.ndarray:
    channels = load_card(FOLDER / f"{name}.onnx")[0].in_channels
    return np.random.default_rng(0).random((1, channels, height, width), np.float32)


@pytest.mark.parametrize(
    ("name", "rewritten"),
    [
        ("restorer-first", ["padding", "shuffle", "shuffle", "shuffle", "mixer"]),
        ("restorer-second", ["padding", "shuffle", "shuffle", "shuffle", "mixer"]),
        ("psf-edges", ["padding", "shuffle", "shuffle", "shuffle"]),
        ("psf-cleaner", []),
        ("direct-autoencoder", ["shuffle"] * 4),
    ],
)
def test_a_rewritten_network_gives_the_same_in_float32(name, rewritten):
    core = openvino.Core()
    model = core.read_model((FOLDER / f"{name}.onnx").read_bytes())
    assert simplify(model) == rewritten
    side = 33 if name == "psf-cleaner" else 96
    batch = batch_for(name, side, side if side == 33 else 64)
    expected = load_session(FOLDER / f"{name}.onnx", threads=1).run(batch)
    result = core.compile_model(model, "CPU", HALVES)([batch])[0]
    np.testing.assert_allclose(result, expected, atol=2e-5)


def test_a_network_of_another_kind_stays_as_it_is(model):
    assert simplify(openvino.Core().read_model(model.read_bytes())) == []


def test_a_session_gives_what_onnx_runtime_gives_at_any_size():
    path = FOLDER / "restorer-first.onnx"
    session = load_session(path, threads=1, device="openvino")
    assert isinstance(session, OpenVinoSession)
    reference = load_session(path, threads=1)
    for shape in ((48, 64), (64, 48)):
        batch = batch_for("restorer-first", *shape)
        batch.flags.writeable = False
        expected = reference.run(batch)
        assert np.abs(session.run(batch) - expected).max() < TOLERANCE
    with pytest.raises(ArrayError, match="takes arrays"):
        session.run(batch[:, :3])


def test_threads_may_share_a_session():
    path = FOLDER / "restorer-first.onnx"
    session = load_session(path, threads=1, device="openvino")
    batches = [batch_for("restorer-first", 32, 32) * np.float32(n / 16) for n in range(16)]
    with ThreadPoolExecutor(4) as pool:
        results = list(pool.map(session.run, batches))
    reference = load_session(path, threads=1)
    for batch, result in zip(batches, results, strict=True):
        assert np.abs(result - reference.run(batch)).max() < TOLERANCE


def test_one_thread_is_the_one_that_asks():
    path = FOLDER / "restorer-first.onnx"
    session = load_session(path, threads=1, device="openvino")
    batch = batch_for("restorer-first", 256, 256)
    session.run(batch)
    start, others = time.thread_time(), time.process_time()
    session.run(batch)
    assert time.thread_time() - start > 0.5 * (time.process_time() - others)


def test_a_file_that_openvino_cannot_load_goes_to_onnx_runtime_with_a_word(model, monkeypatch):
    def broken(*arguments):
        raise RuntimeError("out of\norder")

    monkeypatch.setattr("unblur.runtime.openvino_session.simplify", broken)
    with pytest.warns(DeviceWarning, match="OpenVINO cannot load it .out of order."):
        session = load_session(model, threads=1, device="openvino")
    assert isinstance(session, OnnxSession)
