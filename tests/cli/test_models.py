"""``unblur models``, over a folder of weights made for the test."""

import hashlib
import json

import pytest

import unblur.cards
from unblur.cards import ModelCard
from unblur.cli.app import main
from unblur.cli.exits import ExitCode


def card(content: bytes) -> ModelCard:
    return ModelCard(
        id="restorer-first",
        task="restored picture",
        in_channels=12,
        out_channels=3,
        size_multiple=8,
        value_range=(0.0, 1.0),
        settings={"levels": [0.1]},
        parameters=1234567,
        licence="Apache-2.0",
        data="photographs, CC0",
        recipe=("restorer.yaml",),
        steps=10,
        hours="1 h",
        figures="",
        sha256=hashlib.sha256(content).hexdigest(),
    )


@pytest.fixture
def weights(tmp_path, monkeypatch):
    monkeypatch.setattr(unblur.cards, "weights_folder", lambda: tmp_path)
    return tmp_path


@pytest.fixture
def one_model(weights):
    content = bytes(2_500_000)
    (weights / "default").mkdir()
    (weights / "default" / "restorer-first.onnx").write_bytes(content)
    text = card(content).to_json()
    (weights / "default" / "restorer-first.json").write_text(text, encoding="utf-8")
    return card(content)


def test_the_table_tells_the_facts_of_the_card(one_model, capsys):
    assert main(["models"]) == ExitCode.DONE
    table = capsys.readouterr().out
    assert len(table.splitlines()) == 2
    for fact in (
        "default",
        "restorer-first",
        "restored picture",
        "1,234,567",
        "2.50 MB",
        one_model.sha256[:12],
        "Apache-2.0",
        "photographs, CC0",
    ):
        assert fact in table


def test_json_tells_all(one_model, capsys):
    assert main(["models", "--json"]) == ExitCode.DONE
    record = json.loads(capsys.readouterr().out)
    assert (record["model"], record["bytes"]) == ("default", 2_500_000)
    assert record["sha256"] == one_model.sha256
    assert record["recipe"] == ["restorer.yaml"]


def test_no_model_is_a_failure(weights, capsys):
    assert main(["models"]) == ExitCode.FAILED
    assert "reinstall" in capsys.readouterr().err


def test_a_damaged_model_is_told(one_model, weights, capsys):
    (weights / "default" / "restorer-first.onnx").write_bytes(b"damaged")
    assert main(["models"]) == ExitCode.FAILED
    assert "SHA-256" in capsys.readouterr().err
