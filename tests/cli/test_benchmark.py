"""Tables and JSON from real runs of the classical methods; the model is stood in for."""

import csv
import json

import numpy as np
import pytest
from PIL import Image
from skimage.data import astronaut

import unblur
from unblur.cli.app import main
from unblur.cli.exits import ExitCode


@pytest.fixture
def sharp(tmp_path):
    """Two crops of a photograph in a folder."""
    folder = tmp_path / "sharp"
    folder.mkdir()
    for name, left in (("face.png", 150), ("flag.png", 0)):
        Image.fromarray(astronaut()[20:148, left : left + 144]).save(folder / name)
    return folder


def test_tables_go_to_standard_output_and_to_the_folder(program, sharp, tmp_path):
    words = ("benchmark", sharp, "--methods", "wiener,regularised,richardson-lucy")
    words = (*words, "--kinds", "motion,none", "-o", tmp_path / "scores")
    done = program(*words)
    page = done.stdout.decode()
    assert (done.returncode, done.stderr) == (0, b"")
    assert "## sharp: 2 pictures, protocol validation" in page
    lines = page.splitlines()
    start = lines.index("| method | motion | none | s/MP | MB |")
    names = [line.split(" | ")[0].strip("| ") for line in lines[start + 2 : start + 6]]
    assert names == ["input", "wiener", "regularised", "richardson-lucy"]
    assert (tmp_path / "scores" / "benchmark.md").read_text() == page
    with (tmp_path / "scores" / "benchmark.csv").open() as file:
        cells = {(row["method"], row["kind"]): row for row in csv.DictReader(file)}
    assert float(cells["richardson-lucy", "motion"]["psnr_gain"]) > 0.5
    assert float(cells["wiener", "none"]["psnr_gain"]) < 0
    html = (tmp_path / "scores" / "benchmark.html").read_text()
    assert html.count("<figure>") == 2 * 5  # sharp, input and three methods; two kinds
    assert (tmp_path / "scores" / "sharp-validation-time.png").exists()
    memory = [int(line.split(" | ")[-1].strip(" |")) for line in lines[start + 3 : start + 6]]
    assert all(50 < megabytes < 1000 for megabytes in memory)
    size = (tmp_path / "scores" / "rows.jsonl").stat().st_size
    assert program(*words).stdout.decode() == page
    assert (tmp_path / "scores" / "rows.jsonl").stat().st_size == size


def test_json_gives_one_object_a_score(program, sharp):
    done = program("benchmark", sharp, "--methods", "wiener", "--kinds", "none", "--json")
    rows = [json.loads(line) for line in done.stdout.splitlines()]
    assert [(row["picture"], row["method"]) for row in rows] == [
        (picture, method) for picture in ("face.png", "flag.png") for method in ("input", "wiener")
    ]
    assert all(row["provenance"]["threads"] == 2 for row in rows)


def test_psfs_of_a_file_and_a_limit(program, sharp, tmp_path):
    np.savez(tmp_path / "lab.npz", k2=np.ones((3, 3)), k10=np.ones((5, 5)))
    words = ("--sets", tmp_path / "lab.npz", "--methods", "input", "--limit", 1, "--json")
    rows = [json.loads(line) for line in program("benchmark", sharp, *words).stdout.splitlines()]
    assert [(row["kind"], row["protocol"]) for row in rows] == [("k2", "lab"), ("k10", "lab")]


def test_sets_have_folders_of_their_own_or_share_one(program, sharp, tmp_path):
    other = tmp_path / "other"
    other.mkdir()
    (other / "flag.png").write_bytes((sharp / "flag.png").read_bytes())
    words = ("--sets", f"average,dpir:{other}", "--methods", "input", "--json")
    rows = [json.loads(line) for line in program("benchmark", sharp, *words).stdout.splitlines()]
    found = [(row["pictures"], row["protocol"]) for row in rows]
    assert found == [("sharp", "average")] * 12 + [("other", "dpir")]
    done = program("benchmark", "--sets", "robust", "--methods", "wiener")
    assert done.returncode == ExitCode.USAGE
    assert "write robust:FOLDER" in done.stderr.decode()


@pytest.mark.parametrize("words", [["--sets", "dpir:gone"], ["--methods", "model:gone.onnx"]])
def test_missing_folders_and_models_are_named(program, sharp, words):
    done = program("benchmark", sharp, *words)
    assert done.returncode == ExitCode.FAILED
    assert "gone" in done.stderr.decode()


def test_a_classical_method_works_where_the_protocol_blurred(program, sharp):
    words = ("--sets", "dpir", "--methods", "wiener", "--limit", 1, "--json", "--no-memory")
    own, row = (
        json.loads(line) for line in program("benchmark", sharp, *words).stdout.splitlines()
    )
    assert row["psnr"] > own["psnr"] + 1


def test_guessing_methods_and_controls_are_blind(program, sharp):
    names = "wiener-guessed,non-local-means,blind-richardson-lucy"
    words = ("--methods", names, "--kinds", "defocus", "--limit", 1, "--json")
    words = (*words, "--no-memory")
    rows = [json.loads(line) for line in program("benchmark", sharp, *words).stdout.splitlines()]
    assert [row["method"] for row in rows] == ["input", *names.split(",")]
    assert all(row["blind"] and row["aligned_psnr"] is not None for row in rows)


def test_overwrite_runs_all_again(program, sharp, tmp_path):
    words = ("benchmark", sharp, "--methods", "wiener", "--kinds", "none", "-o", tmp_path / "s")
    words = (*words, "--no-memory")
    program(*words)
    first = (tmp_path / "s" / "rows.jsonl").read_text()
    program(*words, "--overwrite")
    again = (tmp_path / "s" / "rows.jsonl").read_text()
    assert len(again.splitlines()) == len(first.splitlines()) == 4
    assert again != first  # other times were measured


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (
            ["--methods", "magic"],
            "'magic' is no method: choose of unblur, unblur-blind, unblur-fast",
        ),
        (["--kinds", "fog"], "'fog' is no kind of blur"),
        (["--sets", "missing.npz"], "missing.npz holds no set of PSFs"),
        (["--sets", "levin"], "'levin' is no set: choose of validation, robust"),
        (["--sets", ","], "no set is given"),
        (["--sets", "a:b:c"], "'a:b:c' is no set"),
    ],
)
def test_wrong_words_are_refused_before_any_work(program, sharp, words, message):
    done = program("benchmark", sharp, *words)
    assert done.returncode == ExitCode.USAGE
    assert done.stderr.decode().count("\n") == 1
    assert message in done.stderr.decode()


def test_the_model_gets_the_psf_only_when_it_is_not_blind(sharp, monkeypatch, capsys):
    calls = []

    class StandIn:
        def __init__(self, model, *, threads, quality, device):
            calls.append((model, threads))

        def restore(self, image, psf=None, *, linear):
            assert linear  # the validation protocol blurs in linear light
            calls.append(psf is None)
            return image

    monkeypatch.setattr(unblur, "Restorer", StandIn)
    words = [
        "--no-memory",
        "--methods",
        "unblur-blind,unblur",
        "--kinds",
        "none",
        "--limit",
        "1",
        "--threads",
        "1",
    ]
    assert main(["benchmark", str(sharp), *words]) == 0
    # loaded once for both
    assert calls == [("default", 1), True, True, False, False]  # each warms up
    page = capsys.readouterr().out
    assert "| unblur-blind (blind) |" in page
    assert "| unblur |" in page
