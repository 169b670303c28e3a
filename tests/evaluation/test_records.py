from __future__ import annotations

import json
from pathlib import Path

import pytest

from unblur.errors import ConfigurationError
from unblur.evaluation.records import append_row, read_rows


@pytest.fixture
def path(tmp_path) -> Path:
    return tmp_path / "new" / "rows.jsonl"


def test_rows_come_back_as_they_were_written(path, make_row):
    rows = [
        make_row(),
        make_row(kind="none", accuracy=None, aligned_psnr=None, aligned_ssim=None, blind=False),
        make_row(picture="naïve – 画.png"),
    ]
    for row in rows:
        append_row(path, row)
    assert list(read_rows(path).values()) == rows


def test_a_later_row_replaces_an_earlier_one(path, make_row):
    for psnr in (20.0, 25.0):
        append_row(path, make_row(psnr=psnr))
    (row,) = read_rows(path).values()
    assert row.psnr == 25


@pytest.mark.parametrize("kept", [1, 20, 200])
def test_a_line_cut_off_in_the_middle_is_dropped_and_replaced(path, make_row, kept):
    append_row(path, make_row())
    whole = path.read_bytes()
    path.write_bytes(whole + whole[:kept])
    assert len(read_rows(path)) == 1
    append_row(path, make_row(kind="none"))
    assert len(read_rows(path)) == 2
    assert all(json.loads(line) for line in path.read_text().splitlines())


def test_a_file_of_one_unfinished_line_is_empty(path, make_row):
    path.parent.mkdir()
    path.write_text('{"pictures": "va')
    assert read_rows(path) == {}
    append_row(path, make_row())
    assert len(read_rows(path)) == 1


@pytest.mark.parametrize(
    "line", ["not json", "[]", "3", '{"pictures": "val"}', "null", '{"provenance": 3}']
)
def test_a_file_of_something_else_is_refused_by_line(path, make_row, line):
    append_row(path, make_row())
    with path.open("a") as file:
        file.write(line + "\n")
    with pytest.raises(ConfigurationError, match=r"rows\.jsonl, line 2, is not a row"):
        read_rows(path)


def test_unknown_fields_are_refused(path, make_row):
    append_row(path, make_row())
    values = make_row().to_dict() | {"colour": "red"}
    path.write_text(json.dumps(values) + "\n")
    with pytest.raises(ConfigurationError, match="colour"):
        read_rows(path)


def test_speed_is_per_million_pixels(make_row):
    assert make_row(height=1000, width=2000, seconds=3.0).seconds_per_megapixel == 1.5
