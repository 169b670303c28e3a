"""``unblur deconvolve``, and ``unblur restore`` on medical files, as processes."""

import json
from pathlib import Path

import numpy as np
import pydicom
import pytest
import tifffile
from pydicom.data import get_testdata_file
from skimage import data

from unblur.cli.exits import ExitCode
from unblur.degradation import convolve, gaussian_psf

CT = get_testdata_file("CT_small.dcm", download=False)


@pytest.fixture(scope="module")
def cells() -> np.ndarray:
    """A real picture of a cell, (110, 120), in counts."""
    return data.cell()[200:310, 240:360].astype(np.float32) * 20


@pytest.fixture
def stack(tmp_path: Path, cells: np.ndarray) -> Path:
    """Two channels, each blurred by a PSF of its own, with photon noise and an offset."""
    planes = [convolve(cells, gaussian_psf(sigma)) for sigma in (1.2, 2.0)]
    counts = np.random.default_rng(0).poisson(np.stack(planes)) + 100
    path = tmp_path / "cells.ome.tif"
    words = {"axes": "CYX", "PhysicalSizeX": 0.1, "PhysicalSizeY": 0.1}
    tifffile.imwrite(path, counts.astype(np.uint16), metadata=words)
    return path


def test_channels_by_their_psfs_in_their_own_numbers(program, stack, cells, tmp_path):
    target = tmp_path / "out.ome.tif"
    words = ["--psf", "gaussian:0.12um", "--psf", "gaussian:2", "--background", 100, "--json"]
    done = program("deconvolve", stack, "-o", target, *words)
    assert (done.returncode, done.stderr) == (ExitCode.DONE, b"")
    told = json.loads(done.stdout)
    assert (told["axes"], told["volumes"], told["method"]) == ("CYX", 2, "tv")
    assert told["flux_change"] < 1e-3
    before, after = tifffile.imread(stack).astype(float) - 100, tifffile.imread(target)
    assert after.dtype == np.float32
    for seen, sharp in zip(before, after, strict=True):
        assert sharp.sum(dtype=float) == pytest.approx(seen.sum(), rel=1e-3)
        assert np.abs(sharp - cells).mean() < 0.9 * np.abs(seen - cells).mean()


def test_a_psf_is_written_and_read_back(program, stack, tmp_path):
    optics = "na=0.5,wavelength=520,pixel=0.1"
    words = ["--method", "wiener", "--optics", optics, "--psf-out", tmp_path / "psf.tif"]
    assert program("deconvolve", stack, "-o", tmp_path / "a.tif", *words).returncode == 0
    words = ["--method", "wiener", "--psf", tmp_path / "psf.tif"]
    assert program("deconvolve", stack, "-o", tmp_path / "b.tif", *words).returncode == 0
    one, other = (tifffile.imread(tmp_path / name) for name in ("a.tif", "b.tif"))
    np.testing.assert_allclose(one, other, rtol=1e-3, atol=1)


@pytest.mark.parametrize(
    ("words", "code", "word"),
    [
        ([], ExitCode.USAGE, "one of --psf, --bead and --optics"),
        (["--psf", "disk:1", "--optics", "na=1"], ExitCode.USAGE, "one of --psf"),
        (["--psf", "disk:1", "--psf", "disk:1", "--psf", "disk:1"], ExitCode.USAGE, "2 channels"),
        (["--optics", "na=1"], ExitCode.USAGE, "wavelength"),
        (["--psf", "box:3", "--axes", "ZYX", "--tv", "1"], ExitCode.USAGE, "tv_weight"),
        (["--bead", "no.tif"], ExitCode.FAILED, "no.tif: is no file"),
        (["--psf", "disk:1", "--bead-size", "a"], ExitCode.USAGE, "odd numbers"),
    ],
)
def test_what_is_wrong_is_said_in_a_line_and_nothing_is_written(
    program, stack, tmp_path, words, code, word
):
    done = program("deconvolve", stack, "-o", tmp_path / "out.tif", *words)
    assert done.returncode == code
    assert word in done.stderr.decode()
    assert done.stderr.decode().count("\n") == 1
    assert not (tmp_path / "out.tif").exists()


def test_what_does_not_fit_the_type_is_not_clipped(program, tmp_path):
    star = np.zeros((40, 40), np.float32)
    star[20, 20] = 100_000
    seen = convolve(star, gaussian_psf(1.0)).astype(np.uint16)
    tifffile.imwrite(tmp_path / "star.tif", seen)
    words = ["deconvolve", tmp_path / "star.tif", "-o", tmp_path / "out.tif", "--psf", "gaussian:1"]
    done = program(*words, "--method", "richardson-lucy", "--iterations", 200, "--keep-type")
    assert done.returncode == ExitCode.USAGE
    assert "do not fit into uint16" in done.stderr.decode()
    done = program(*words, "--iterations", 2, "--keep-type")
    assert done.returncode == ExitCode.DONE
    assert tifffile.imread(tmp_path / "out.tif").dtype == np.uint16
    assert b"exists already" in program(*words).stderr


def test_a_folder_of_scans_is_restored_faithfully(program, tmp_path):
    (tmp_path / "study").mkdir()
    (tmp_path / "study" / "one.dcm").write_bytes(Path(CT).read_bytes())
    (tmp_path / "study" / "two.DCM").write_bytes(Path(CT).read_bytes()[:9000])
    words = ["--psf", "gaussian:0.5mm", "--faithful", "--max-gain", 2, "--json"]
    done = program("restore", tmp_path / "study", "-o", tmp_path / "out", *words)
    assert done.returncode == ExitCode.FAILED
    told = [json.loads(line) for line in done.stdout.splitlines()]
    assert sorted(each["outcome"] for each in told) == ["failed", "restored"]
    (report,) = (each["report"] for each in told if each["report"])
    assert report["bound"]["gain"] == 2
    assert "two.DCM" in done.stderr.decode()
    assert "gaussian:0.5mm" in pydicom.dcmread(tmp_path / "out" / "one.dcm").DerivationDescription


def test_inspect_tells_millimetres_and_a_pipe_keeps_the_kind(program, tmp_path):
    done = program("inspect", CT, "--json")
    assert json.loads(done.stdout)["spacing_mm"] == [0.661468, 0.661468]
    words = ["--psf", "gaussian:0.5mm", "--faithful"]
    piped = program("restore", "-", *words, input=Path(CT).read_bytes()).stdout
    assert piped[128:132] == b"DICM"
    assert program("restore", CT, "-o", tmp_path / "out.dcm", *words).returncode == ExitCode.DONE
    assert (tmp_path / "out.dcm").read_bytes() == piped


@pytest.mark.parametrize(
    ("words", "word"),
    [
        (["--faithful"], "add --psf"),
        (["--faithful", "--psf", "disk:1", "--model", "mine"], "uses no model"),
        (["--max-gain", 2, "--psf", "disk:1"], "add that"),
        (["--psf", "gaussian:1mm,2"], "every length"),
    ],
)
def test_combinations_that_mean_nothing(program, tmp_path, words, word):
    done = program("restore", CT, "-o", tmp_path / "out.dcm", *words)
    assert done.returncode == ExitCode.USAGE
    assert word in done.stderr.decode()
    assert not (tmp_path / "out.dcm").exists()
