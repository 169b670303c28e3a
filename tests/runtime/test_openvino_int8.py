"""Networks in 8-bit integers: the same pictures but for what nobody sees, by integers indeed."""

from __future__ import annotations

from importlib.util import find_spec

import numpy as np
import pytest
from skimage import data

from unblur.cards import load_card, weights_folder
from unblur.degradation import Degradation, gaussian_psf, motion_psf
from unblur.origin import instruction_sets
from unblur.restoration.tile import TileRestorer
from unblur.runtime import load_session, openvino_session
from unblur.runtime.openvino_int8 import inner_inputs, quantise, wants_int8
from unblur.runtime.openvino_session import import_openvino
from unblur.runtime.session import quicker

if not find_spec("openvino"):
    pytest.skip("needs the extra openvino", allow_module_level=True)
FOLDER = weights_folder() / "default"
NAMES = ("restorer-first", "restorer-second")
# What each of these processors has, as NumPy names it.
PROCESSORS = {
    "X86_V2 X86_V3 X86_V4 AVX512_ICL": True,  # Ice Lake, Zen 4
    "X86_V2 X86_V3 X86_V4": False,  # Skylake-X, without VNNI
    "X86_V2 X86_V3 X86_V4 AVX512_ICL AVX512_SPR": False,  # Sapphire Rapids
    "X86_V2 X86_V3": False,
    "NEON ASIMD": False,
}


def psnr(image, reference):
    return -10 * np.log10(np.mean((image - reference) ** 2))


@pytest.fixture
def with_vnni(monkeypatch):
    monkeypatch.setattr(openvino_session, "wants_int8", lambda: True)


@pytest.mark.parametrize("instructions", PROCESSORS)
def test_processors_with_vnni_and_without_amx_want_it(instructions):
    assert wants_int8(instructions) is PROCESSORS[instructions]


@pytest.mark.parametrize("name", NAMES)
def test_all_convolutions_but_the_ends_take_integers(name):
    card, content = load_card(FOLDER / f"{name}.onnx")
    core = import_openvino().Core()
    model = core.read_model(content)
    ranges = card.settings["int8_ranges"]
    assert len(inner_inputs(model)) == len(ranges)
    quantise(model, ranges)
    convolutions = [n for n in model.get_ordered_ops() if n.get_type_name() == "Convolution"]
    kinds = [
        {value.get_node().get_type_name() == "FakeQuantize" for value in node.input_values()}
        for node in convolutions
    ]
    assert kinds == [{False}, *[{True}] * (len(convolutions) - 2), {False}]


def test_weights_keep_to_a_step_of_their_channel():
    card, content = load_card(FOLDER / "restorer-first.onnx")
    core = import_openvino().Core()
    model = core.read_model(content)
    before = [n for n in model.get_ordered_ops() if n.get_type_name() == "Convolution"][1]
    weights = before.input_value(1).get_node().get_data().copy()
    quantise(model, card.settings["int8_ranges"])
    rounded = before.input_value(1).get_node()
    ends = [rounded.input_value(index).get_node().get_data() for index in (1, 2)]
    np.testing.assert_array_equal(ends[1].ravel(), np.abs(weights).max((1, 2, 3)))
    np.testing.assert_array_equal(ends[0], -ends[1])


def test_too_few_ranges_are_refused():
    card, content = load_card(FOLDER / "restorer-first.onnx")
    model = import_openvino().Core().read_model(content)
    with pytest.raises(ValueError, match="shorter"):
        quantise(model, card.settings["int8_ranges"][:-1])


@pytest.mark.skipif("AVX512_ICL" not in instruction_sets(), reason="products may overflow")
@pytest.mark.parametrize("psf", [gaussian_psf(1.8), motion_psf(13, 30)], ids=["gaussian", "motion"])
def test_restorations_lose_less_than_a_twentieth_of_a_decibel(psf, with_vnni):
    cat = data.chelsea().astype(np.float32) / 255
    blurred = Degradation(psf, read_noise=0.004).apply(cat, 0)
    sessions = [load_session(FOLDER / f"{name}.onnx", device="openvino") for name in NAMES]
    exact = TileRestorer(*sessions)
    quick = exact.quicker()
    first, second = (each.restore(blurred, psf, certainty=1) for each in (exact, quick))
    assert not np.array_equal(first, second)
    assert psnr(second, cat) > psnr(first, cat) - 0.05


def test_nothing_is_quicker_where_it_would_gain_nothing(monkeypatch):
    path = FOLDER / "restorer-first.onnx"
    onnx = load_session(path, threads=1)
    assert quicker(onnx) is onnx
    monkeypatch.setattr(openvino_session, "wants_int8", lambda: False)
    exact = load_session(path, threads=1, device="openvino")
    assert quicker(exact) is exact


def test_networks_without_ranges_stay_as_they_are(with_vnni):
    session = load_session(FOLDER / "psf-edges.onnx", threads=1, device="openvino")
    assert quicker(session) is session
