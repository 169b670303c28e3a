"""Cards: what is written is read, and what is damaged is told."""

from __future__ import annotations

import dataclasses
import hashlib
import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from unblur.cards import ModelCard, load_card, weights_folder
from unblur.errors import ModelError

CONTENT = b"an ONNX file"
CARD = ModelCard(
    id="small",
    task="test",
    in_channels=3,
    out_channels=1,
    size_multiple=8,
    value_range=(0.0, 1.0),
    settings={"levels": [0.1, 0.01], "size": 33},
    parameters=7,
    licence="CC0-1.0",
    data="none",
    recipe=("one.yaml", "two.yaml"),
    steps=10,
    hours="1 h",
    figures="+1 dB",
    sha256=hashlib.sha256(CONTENT).hexdigest(),
)


@pytest.fixture
def model(tmp_path: Path) -> Path:
    path = tmp_path / "small.onnx"
    path.write_bytes(CONTENT)
    path.with_suffix(".json").write_text(CARD.to_json(), encoding="utf-8")
    return path


def changed(**changes: object) -> str:
    return json.dumps(json.loads(CARD.to_json()) | changes)


@given(st.text(), st.lists(st.text()).map(tuple), st.integers())
def test_what_is_written_is_read(text, recipe, steps):
    card = dataclasses.replace(CARD, data=text, recipe=recipe, steps=steps)
    assert ModelCard.from_json(card.to_json(), "a card") == card


def test_a_model_is_read_with_its_card(model):
    assert load_card(model) == (CARD, CONTENT)
    assert load_card(str(model)) == (CARD, CONTENT)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("{", "not JSON"),
        ("[]", "not a table"),
        ("null", "not a table"),
        (changed(colour="red"), "unknown keys: colour"),
        (json.dumps({"id": "small"}), "missing or unknown keys: data"),
        (changed(steps="ten"), "steps should be a JSON int, not 'ten'"),
        (changed(steps=True), "steps should be a JSON int, not True"),
        (changed(value_range=3), "value_range should be a JSON list, not 3"),
        (changed(settings=[1]), "settings should be a JSON dict"),
        (changed(licence=None), "licence should be a JSON str, not None"),
    ],
)
def test_a_damaged_card_is_told_in_one_line(model, text, reason):
    model.with_suffix(".json").write_text(text, encoding="utf-8")
    with pytest.raises(ModelError, match=reason) as caught:
        load_card(model)
    assert str(caught.value).startswith(str(model.with_suffix(".json")))
    assert "\n" not in str(caught.value)


def test_a_card_that_is_no_text_is_told(model):
    model.with_suffix(".json").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(ModelError, match="not text"):
        load_card(model)


@pytest.mark.parametrize("suffix", [".onnx", ".json"])
def test_a_missing_file_is_named(model, suffix):
    model.with_suffix(suffix).unlink()
    with pytest.raises(ModelError, match=rf"small\{suffix}: .*No such file.*unblur export"):
        load_card(model)


def test_another_file_than_that_of_the_card_is_refused(model):
    model.write_bytes(CONTENT + b" ")
    with pytest.raises(ModelError, match="SHA-256"):
        load_card(model)


@pytest.mark.parametrize(
    "path", sorted(weights_folder().glob("*/*.onnx")), ids=lambda path: path.stem
)
def test_every_shipped_model_is_whole(path):
    card, _ = load_card(path)
    assert card.id == path.stem
    assert card.value_range == (0.0, 1.0)
    assert card.parameters > 0
