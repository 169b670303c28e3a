"""A record follows its schema, is whole after each entry, is only added to, and tells damage."""

import contextlib
import copy
import json

import jsonschema
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from unblur.errors import ArgumentError, ModelError, RecordError
from unblur.images.digest import FileDigest
from unblur.images.tiling import Tile
from unblur.restoration.making import Making, digest_model, exact_psf
from unblur.restoration.record import Record, read_record, record_schema
from unblur.restoration.report import RestorationReport, TileReport

SCHEMA = jsonschema.Draft202012Validator(json.loads(record_schema()))


def entry(name: str = "sharp.jpg"):
    psf = np.full((3, 3), 1 / 9, np.float32)
    tile = TileReport(Tile(0, 0, 4, 6), 0.5, psf, 1)
    report = RestorationReport(None, True, 0.1, 0.2, 1, 0, 1.0, (tile,))
    making = Making("restore", {"psf": exact_psf(psf), "strength": 1.0}, digest_model("default"))
    files = FileDigest.of(b"in", "naïve\udcff.jpg"), FileDigest.of(b"out", name)
    found = report.to_record()
    return making.entry([files[0]], files[1], pixels="0" * 64, found=found, notes=["a note"])


def test_after_each_entry_the_file_is_whole_and_follows_the_schema(tmp_path):
    path, told = tmp_path / "new" / "record.json", [entry(f"{n}.jpg") for n in range(3)]
    with Record(path) as record:
        for number, each in enumerate(told):
            SCHEMA.validate(json.loads(path.read_text()))
            assert list(read_record(path)) == told[:number]
            assert each.output.path not in record
            record.add(each)
            assert each.output.path in record
    with Record(path) as record:
        assert "1.jpg" in record
        record.add(entry("3.jpg"))
    SCHEMA.validate(json.loads(path.read_text()))
    assert [each.output.path for each in read_record(path)] == ["0.jpg", "1.jpg", "2.jpg", "3.jpg"]
    assert read_record(path)[:3] == tuple(told)


def test_a_row_of_a_psf_is_a_line(tmp_path):
    path = tmp_path / "record.json"
    with Record(path) as record:
        record.add(entry())
    assert "[0.11111111, 0.11111111, 0.11111111]" in path.read_text()


@pytest.mark.parametrize("text", ["", "no JSON", "[]", '{"kind": "unblur-record", "version": 2}'])
def test_what_is_no_record_is_left_alone(text, tmp_path):
    path = tmp_path / "notes.json"
    path.write_text(text)
    if text:
        with pytest.raises(RecordError, match=r"notes\.json: "), Record(path):
            pass
        assert path.read_text() == text
    with pytest.raises(RecordError, match=r"notes\.json: "):
        read_record(path)
    with pytest.raises(ArgumentError, match="ends in"):
        Record(tmp_path / "record.txt")


def test_a_record_that_another_program_laid_out_is_read_but_not_added_to(tmp_path):
    path = tmp_path / "record.json"
    with Record(path) as record:
        record.add(entry())
    path.write_text(json.dumps(json.loads(path.read_text())))
    assert read_record(path)[0].output.path == "sharp.jpg"
    with pytest.raises(RecordError, match="laid it out anew"), Record(path):
        pass


def places(values, path=()):
    """Every key and index in a nest of dictionaries and lists."""
    pairs = values.items() if isinstance(values, dict) else enumerate(values)
    for key, value in pairs:
        yield (*path, key)
        if isinstance(value, dict | list):
            yield from places(value, (*path, key))


@given(st.data())
def test_damage_is_a_record_error_or_does_no_harm(tmp_path_factory, data):
    path = tmp_path_factory.mktemp("damage") / "record.json"
    with Record(path) as record:
        record.add(entry())
    whole = json.loads(path.read_text())
    damaged = copy.deepcopy(whole)
    *above, last = data.draw(st.sampled_from(list(places(whole))))
    inside = damaged
    for key in above:
        inside = inside[key]
    inside[last] = data.draw(st.sampled_from([None, 3, "x", [], {}, [1], {"a": 1}]))
    path.write_text(json.dumps(damaged))
    with contextlib.suppress(RecordError):
        read_record(path)


@given(arrays(np.float32, (3, 3), elements=st.floats(0, 1, width=32)))
def test_a_given_psf_comes_back_exactly(psf):
    again = np.asarray(json.loads(json.dumps(exact_psf(psf))), np.float32)
    np.testing.assert_array_equal(again, psf)


def test_a_model_is_known_by_networks_and_cards(tmp_path):
    shipped = digest_model("default")
    assert {each.path.rpartition(".")[2] for each in shipped.files} == {"onnx", "json"}
    file = tmp_path / "network.onnx"
    file.write_bytes(b"weights")
    assert digest_model(file).files == (FileDigest.of(b"weights", "network.onnx"),)
    assert digest_model(tmp_path).files == digest_model(file).files
    file.with_suffix(".json").write_text("{}")
    assert len(digest_model(file).files) == 2
    with pytest.raises(ModelError):
        digest_model(tmp_path / "nothing")
