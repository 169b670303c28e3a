"""Scores on pairs, from real runs of the program."""

import json
from functools import partial

import numpy as np
import pytest
from onnx import TensorProto, helper, save
from PIL import Image
from scipy.ndimage import gaussian_filter
from skimage.data import astronaut, coffee

from unblur.cli.app import main
from unblur.cli.exits import ExitCode
from unblur.evaluation.dataset.making import make_dataset
from unblur.evaluation.dataset.settings import DatasetSettings


@pytest.fixture(scope="module")
def photos(tmp_path_factory):
    folder = tmp_path_factory.mktemp("photos")
    for name, photo in (("face", astronaut()[:150, 130:300]), ("cup", coffee()[100:250, 200:350])):
        Image.fromarray(photo).save(folder / f"{name}.png")
    return folder


@pytest.fixture(scope="module")
def made(photos, tmp_path_factory):
    folder = tmp_path_factory.mktemp("made") / "pairs"
    make_dataset(photos, folder, DatasetSettings(kinds=("defocus", "motion"), size=64))
    return folder


def test_methods_beside_the_input_and_the_constant(program, made):
    done = program("evaluate", "wiener,input", made)
    page = done.stdout.decode()
    assert (done.returncode, done.stderr) == (0, b"")
    assert f"## {made}: 4 pairs of 2 scenes, protocol all" in page
    assert "compared as they are, without alignment" in page
    tables = [part.splitlines()[0] for part in page.split("### ")[1:]]
    assert tables == ["defocus: 2 pictures", "motion: 2 pictures"]
    names = [line.split("|")[1].strip() for line in page.splitlines() if line.startswith("|")]
    assert names == ["method", "---", "constant", "input", "wiener"] * 2


def test_json_has_every_row_and_the_means(program, made):
    done = program("evaluate", "wiener", made, "--kinds", "motion", "--json")
    *rows, last = (json.loads(line) for line in done.stdout.splitlines())
    assert last["origin"]["threads"] == 2
    assert [row["method"] for row in rows] == ["constant", "input", "wiener"] * 2
    psnrs = [row["psnr"] for row in rows if row["method"] == "wiener"]
    assert last["means"]["motion"]["wiener"]["psnr"] == pytest.approx(np.mean(psnrs))
    assert np.mean(psnrs) > last["means"]["motion"]["input"]["psnr"] + 1


def test_held_out_is_the_part_that_training_leaves_out(program, made):
    done = program("evaluate", "input", made, "--protocol", "held-out", "--json")
    *rows, last = (json.loads(line) for line in done.stdout.splitlines())
    assert len({row["name"] for row in rows}) == 1
    assert "2 pairs of 1 scenes, protocol held-out" in last["set"]


def test_figures(program, made, tmp_path):
    (tmp_path / "history.csv").write_text("epoch,loss,val_loss\n1,0.1,0.2\n2,0.05,0.1\n")
    words = ("--figures", tmp_path / "figures", "--history", tmp_path / "history.csv")
    done = program("evaluate", "wiener", made, "--limit", 1, *words)
    assert done.returncode == 0
    drawn = sorted(path.name for path in (tmp_path / "figures").iterdir())
    assert drawn == ["history.png", "panels-wiener.png", "psnr.png"]


def test_unaligned_shots_are_aligned_and_it_is_said(program, tmp_path):
    photo = astronaut()[:200, 100:300]
    for name, pixels in (
        ("sharp/1_S.JPG", photo[10:170, 10:170]),
        ("motion_blurred/1_M.jpg", gaussian_filter(photo[18:178, 4:164], (1.5, 1.5, 0))),
    ):
        (tmp_path / name).parent.mkdir()
        Image.fromarray(pixels).save(tmp_path / name, quality=95)
    page = program("evaluate", "input", tmp_path).stdout.decode()
    assert "moved onto its blurred one by a homography (ECC)" in page
    done = program("evaluate", "input", tmp_path, "--align", "none", "--json")
    apart = json.loads(done.stdout.splitlines()[-1])["means"]["motion"]["input"]["psnr"]
    done = program("evaluate", "input", tmp_path, "--align", "shift", "--json")
    assert json.loads(done.stdout.splitlines()[-1])["means"]["motion"]["input"]["psnr"] > apart + 5


@pytest.mark.parametrize(
    ("words", "code", "message"),
    [
        (("magic",), ExitCode.USAGE, "'magic' is no method"),
        (("input", "--kinds", "shake"), ExitCode.USAGE, "holds no pairs of 'shake'"),
        (("wiener", "--size", 32), ExitCode.USAGE, "wiener needs the PSF"),
        (("input", "--figures", "f", "--history", "none.csv"), ExitCode.USAGE, "is no history"),
    ],
)
def test_wrong_words_are_one_line(made, tmp_path, monkeypatch, capsys, words, code, message):
    monkeypatch.chdir(tmp_path)
    method, *options = map(str, words)
    assert main(["evaluate", method, str(made), *options]) == code
    said = capsys.readouterr().err
    assert message in said
    assert said.count("\n") == 1


def test_a_checkpoint_needs_its_recipe(made, tmp_path, capsys):
    (tmp_path / "last.ckpt").write_bytes(b"")
    assert main(["evaluate", str(tmp_path / "last.ckpt"), str(made)]) == ExitCode.USAGE
    assert "name it with --recipe" in capsys.readouterr().err


def test_a_model_file(program, made, tmp_path):
    """An ONNX network that darkens by a quarter."""
    sides = ["N", 3, "H", "W"]
    picture = partial(helper.make_tensor_value_info, elem_type=TensorProto.FLOAT, shape=sides)
    factor = helper.make_tensor("factor", TensorProto.FLOAT, [1], [0.75])
    node = helper.make_node("Mul", ["in", "factor"], ["out"])
    graph = helper.make_graph([node], "g", [picture("in")], [picture("out")], [factor])
    opset = helper.make_opsetid("", 17)
    save(helper.make_model(graph, opset_imports=[opset], ir_version=9), tmp_path / "darker.onnx")
    done = program("evaluate", tmp_path / "darker.onnx", made, "--kinds", "motion", "--json")
    means = json.loads(done.stdout.splitlines()[-1])["means"]["motion"]
    assert list(means) == ["constant", "input", "darker"]
    assert means["darker"]["psnr"] < means["input"]["psnr"]
    assert means["darker"]["accuracy"] == pytest.approx(means["input"]["accuracy"], abs=0.05)


RECIPE = """
name: small
network: lowres-autoencoder
steps: 1
shape: {layers: 4}
data: {source: pairs, crop: 16, batch_size: 2}
objective: {losses: {mse: 1.0}}
"""


@pytest.mark.slow
def test_a_checkpoint_is_exported_and_scored(program, made, tmp_path):
    (tmp_path / "small.yaml").write_text(RECIPE)
    words = ("--data", made, "-o", tmp_path / "runs", "--threads", 1)
    trained = program("train", tmp_path / "small.yaml", *words)
    assert trained.returncode == 0, trained.stderr.decode()
    checkpoint = tmp_path / "runs" / "small" / "last.ckpt"
    words = ("--recipe", tmp_path / "small.yaml", "--protocol", "held-out", "--json")
    done = program("evaluate", checkpoint, made, *words)
    assert done.returncode == 0, done.stderr.decode()
    means = json.loads(done.stdout.splitlines()[-1])["means"]
    assert list(means["motion"]) == ["constant", "input", "lowres-autoencoder"]
