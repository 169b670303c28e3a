"""A report is whole after each picture, in three kinds, and goes on where it ended."""

import csv
import html.parser
import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from unblur.errors import ArgumentError, ImageReadError, ImageWriteError
from unblur.restoration.batch_report import BatchReport
from unblur.restoration.job import FileResult
from unblur.restoration.report_layout import COLUMNS


class SmallReport:
    def to_dict(self) -> dict[str, object]:
        blur = {"kind": "motion", "extent": 12.2, "angle": 30.0, "noise": 0.01, "confidence": 0.5}
        return {"blur": blur | {"psf": [[1.0]]}, "megapixels": 1.5, "tiles": 4, "tiles_kept": 1}


def results(names) -> list[FileResult]:
    made = []
    for number, name in enumerate(names):
        source, target = Path(name), Path("out") / name
        if number % 3 == 2:
            made.append(FileResult(source, target, "failed", error=ImageReadError("is <empty>")))
        else:
            made.append(FileResult(source, target, "restored", SmallReport(), seconds=1.25))
    return made


class Cells(html.parser.HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.rows: list[list[str]] = []

    def handle_starttag(self, tag, attributes):
        if tag == "tr":
            self.rows.append([])
        elif tag in ("td", "th"):
            self.rows[-1].append("")

    def handle_data(self, data):
        if self.rows and self.rows[-1]:
            self.rows[-1][-1] += data


def rows(path: Path) -> list[dict[str, str]]:
    text = path.read_text()
    if path.suffix == ".json":
        return [
            {name: "" if value is None else str(value) for name, value in row.items()}
            for row in json.loads(text)
        ]
    if path.suffix == ".csv":
        return list(csv.DictReader(text.splitlines()))
    parser = Cells()
    parser.feed(text)
    assert text.endswith("</html>\n")
    last = parser.rows[-1]
    last[-1] = last[-1].partition("\n")[0]
    return [dict(zip(COLUMNS, cells, strict=True)) for cells in parser.rows[1:]]


KINDS = pytest.mark.parametrize("kind", ["csv", "json", "html"])


@KINDS
def test_after_each_picture_the_file_is_whole(kind, tmp_path):
    path, told = tmp_path / f"report.{kind}", results(f"{n}.jpg" for n in range(6))
    with BatchReport(path) as report:
        for number, result in enumerate(told):
            assert len(rows(path)) == number
            report.add(result)
    found = rows(path)
    assert [row["source"] for row in found] == [str(result.source) for result in told]
    assert found[0]["blur"] == "motion"
    assert float(found[0]["extent"]) == 12.2
    assert float(found[0]["seconds"]) == 1.25
    assert "is <empty>" in found[2]["reason"]
    assert found[2]["outcome"] == "failed"


@KINDS
def test_a_later_run_goes_on_and_tells_nothing_twice(kind, tmp_path):
    path, told = tmp_path / f"report.{kind}", results(["a.jpg", "b.jpg", "c.jpg", "d.jpg"])
    with BatchReport(path) as report:
        report.add(told[0])
        report.add(told[1])
    with BatchReport(path) as report:
        report.add(FileResult(told[0].source, told[0].target, "skipped", notes=("exists",)))
        report.add(FileResult(Path("z.jpg"), Path("out/z.jpg"), "skipped", notes=("exists",)))
        report.add(told[3])
    assert [row["source"] for row in rows(path)] == ["a.jpg", "b.jpg", "z.jpg", "d.jpg"]
    with BatchReport(path, fresh=True):
        pass
    assert rows(path) == []


@KINDS
def test_a_report_that_was_cut_off_goes_on_after_its_last_whole_line(kind, tmp_path):
    path, told = tmp_path / f"report.{kind}", results(["a.jpg", "b.jpg"])
    with BatchReport(path) as report:
        report.add(told[0])
        report.add(told[1])
    whole = path.read_bytes()
    path.write_bytes(whole[: whole.index(b"b.jpg") + 3])
    with BatchReport(path) as report:
        report.add(told[1])
    assert [row["source"] for row in rows(path)] == ["a.jpg", "b.jpg"]


@given(name=st.text(st.characters(exclude_characters="/\0", codec="utf-8"), min_size=1))
def test_any_name(name, tmp_path_factory):
    folder = tmp_path_factory.mktemp("report")
    result = FileResult(Path(name), None, "failed", error=ImageReadError("is empty"))
    for kind in ("csv", "json", "html"):
        path = folder / f"report.{kind}"
        for _ in range(2):
            with BatchReport(path) as report:
                report.add(result)
        assert path.read_text().count("is empty") == 2


@pytest.mark.parametrize("name", ["report", "report.txt", "report.jpg"])
def test_another_kind_is_refused(name, tmp_path):
    with pytest.raises(ArgumentError, match=r"\.html"):
        BatchReport(tmp_path / name)


def test_a_file_that_is_no_report_is_left_alone(tmp_path):
    path = tmp_path / "data.csv"
    path.write_text("my,own,data\n")
    with pytest.raises(ArgumentError, match="no such report"), BatchReport(path):
        pass
    assert path.read_text() == "my,own,data\n"


def test_a_place_that_cannot_be_written(tmp_path):
    (tmp_path / "file").touch()
    with pytest.raises(ImageWriteError, match="choose another place"):
        BatchReport(tmp_path / "file" / "report.csv").__enter__()
