"""Recorded results are made again, byte for byte, and whatever has changed is told."""

import hashlib
import json
import shutil

import jsonschema
import numpy as np
import pytest
from PIL import Image
from skimage.data import astronaut

import unblur
from unblur.cards import weights_folder
from unblur.cli.app import main
from unblur.cli.exits import ExitCode


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """Two pictures of different kinds, restored with a record, by two threads."""
    folder = tmp_path_factory.mktemp("record")
    scene = astronaut()[40:200, 140:340]
    blurred = unblur.degrade(scene, unblur.motion_psf(9, 30), noise=0.005, seed=0)
    exif = Image.Exif()
    exif[0x010E] = "evidence"
    Image.fromarray(blurred).save(folder / "photo.jpg", exif=exif, quality=95)
    grey = unblur.degrade(scene[..., 1].astype(np.uint16) * 257, unblur.disk_psf(3), seed=0)
    alpha = np.full(grey.shape, 40000, np.uint16)
    photo = unblur.Photo(grey[..., None], alpha, format="TIFF")
    unblur.write_photo(photo, folder / "scan.tif")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        how = ("--threads", "2", "--record", "record.json", "-o", "out/")
        assert main(["restore", "photo.jpg", *how]) == 0
        assert main(["restore", "scan.tif", *how, "--psf", "disk:3", "--strength", "0.9"]) == 0
    return folder


@pytest.fixture
def here(folder, tmp_path, monkeypatch):
    """A copy of that folder to work in."""
    shutil.copytree(folder, tmp_path, dirs_exist_ok=True)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def edit(change):
    with open("record.json") as file:
        whole = json.load(file)
    change(whole["entries"][0])
    with open("record.json", "w") as file:
        json.dump(whole, file)


def replay(capsys, *words):
    capsys.readouterr()
    code = main(["replay", "record.json", "--json", *words])
    return code, [json.loads(line) for line in capsys.readouterr().out.splitlines()]


def test_a_record_says_what_other_programs_say_of_the_files(here):
    whole = json.loads((here / "record.json").read_text())
    jsonschema.Draft202012Validator(json.loads(unblur.record_schema())).validate(whole)
    one, two = whole["entries"]
    for each in (one, two):
        for file in (*each["inputs"], each["output"]):
            content = (here / file["path"]).read_bytes()
            assert (file["size"], file["sha256"]) == (
                len(content), hashlib.sha256(content).hexdigest(),
            )  # fmt: skip
    assert one["parameters"]["psf"] is None
    assert one["found"]["blur"]["kind"] == "motion"
    assert len(one["found"]["field"]) == one["found"]["tiles"]
    assert two["parameters"]["psf_name"] == "disk:3"
    np.testing.assert_array_equal(np.float32(two["parameters"]["psf"]), unblur.disk_psf(3))
    cards = weights_folder() / "default"
    digests = {hashlib.sha256(path.read_bytes()).hexdigest() for path in cards.glob("*.onnx")}
    assert digests <= {file["sha256"] for file in one["model"]["files"]}


def test_the_same_bytes_again_by_another_number_of_threads(here, capsys):
    code, told = replay(capsys, "--threads", "1", "-o", "again")
    assert code == 0
    assert [(row["verdict"], row["on_disk"]) for row in told] == [("same", "as recorded")] * 2
    assert not any(row["changes"] for row in told)
    for name in ("photo.jpg", "scan.tif"):
        assert (here / "again" / name).read_bytes() == (here / "out" / name).read_bytes()


def test_inputs_that_changed_or_moved_are_told_apart_and_found_again(here, capsys):
    (here / "elsewhere").mkdir()
    (here / "scan.tif").rename(here / "elsewhere" / "renamed")
    shutil.copy("photo.jpg", here / "elsewhere" / "photo.jpg")
    with (here / "photo.jpg").open("ab") as file:
        file.write(b"!")
    code, told = replay(capsys)
    assert code == ExitCode.FAILED
    assert [row["verdict"] for row in told] == ["failed", "failed"]
    assert "photo.jpg: has changed since" in told[0]["reason"]
    assert "scan.tif: is not there any more" in told[1]["reason"]
    code, told = replay(capsys, "--inputs", "elsewhere")
    assert (code, [row["verdict"] for row in told]) == (0, ["same", "same"])


def test_a_processor_with_fewer_instructions_is_told(here, program):
    found = np.show_config(mode="dicts")["SIMD Extensions"].get("found")
    if not found:
        pytest.skip("NumPy has nothing to leave out on this processor")
    done = program("replay", "record.json", "--json", env={"NPY_DISABLE_CPU_FEATURES": found[-1]})
    for row in map(json.loads, done.stdout.splitlines()):
        assert row["verdict"] in ("same", "different")
        assert [each.partition(":")[0] for each in row["changes"]] == ["instruction sets"]
        if row["difference"]:  # the last digits may turn a rounding, not more
            fine = row["output"].endswith("scan.tif")  # of 16 bits: more values lie near a rounding
            assert row["difference"]["largest"] < (1.5 / 65535 if fine else 2.5 / 255)
            assert row["difference"]["share"] < (0.03 if fine else 0.01)


def test_another_model_is_refused_and_named(here, capsys):
    shutil.copytree(weights_folder() / "default", here / "mine")
    card = here / "mine" / "psf-edges.json"
    card.write_text(card.read_text().replace('"licence": "', '"licence": "not '))
    code, told = replay(capsys, "--model", "mine")
    assert code == ExitCode.FAILED
    assert "the model has changed since, in psf-edges.json" in told[0]["reason"]


def test_other_parameters_give_other_pixels_and_say_how_far_apart(here, capsys):
    edit(lambda entry: entry["parameters"].update(strength=0.5))
    code, told = replay(capsys)
    assert code == ExitCode.FAILED
    assert [row["verdict"] for row in told] == ["different", "same"]
    assert 0 < told[0]["difference"]["largest"] <= 1
    edit(lambda entry: entry["parameters"].update(strength="much"))
    assert "parameters are damaged" in replay(capsys)[1][0]["reason"]
    edit(lambda entry: entry.update(command="levitate"))
    assert "made by 'levitate'" in replay(capsys)[1][0]["reason"]


def test_other_versions_and_results_are_told(here, capsys):
    def change(entry):
        entry["software"]["packages"]["numpy"] = "1.0"
        entry["output"]["sha256"] = "0" * 64

    edit(change)
    (here / "out" / "scan.tif").unlink()
    code, told = replay(capsys)
    assert code == ExitCode.FAILED
    assert [row["verdict"] for row in told] == ["same pixels", "same"]
    assert [row["on_disk"] for row in told] == ["changed", "missing"]
    assert told[0]["changes"] == [f"numpy: 1.0 then, {np.__version__} now"]
    assert main(["replay", "record.json"]) == ExitCode.FAILED
    text = capsys.readouterr().out
    assert "1 of 2 came out the same, byte for byte" in text
    assert "the file there is NOT the recorded one" in text


def test_what_has_a_result_and_no_entry_is_told(here, capsys):
    assert main(["restore", "photo.jpg", "-o", "out/", "--record", "other.json"]) == 0
    assert "other.json: tells nothing of 1 skipped" in capsys.readouterr().err
    assert main(["restore", "photo.jpg", "-o", "out/", "--record", "record.json"]) == 0
    assert "tells nothing" not in capsys.readouterr().err


def test_a_burst_is_made_again(here, capsys):
    frames = []
    for number, angle in enumerate((0, 90)):
        frames.append(f"frame-{number}.png")
        scene = astronaut()[40:168, 140:268]
        Image.fromarray(unblur.degrade(scene, unblur.motion_psf(7, angle))).save(frames[-1])
    words = ("burst", *frames, "-o", "merged.png", "--restore", "--record", "record.json")
    assert main(words) == 0
    entry = json.loads((here / "record.json").read_text())["entries"][2]
    assert [each["path"] for each in entry["inputs"]] == frames
    assert [each["used"] for each in entry["found"]["frames"]] == [True, True]
    code, told = replay(capsys)
    assert (code, [row["verdict"] for row in told]) == (0, ["same"] * 3)


def test_no_record_leads_out_of_the_folder_of_what_is_made(here, capsys):
    edit(lambda entry: entry["output"].update(path="../../escaped.jpg"))
    (here / "a" / "b").mkdir(parents=True)
    code, told = replay(capsys, "-o", "a/b/c")
    assert (code, [row["on_disk"] for row in told]) == (0, ["missing", "as recorded"])
    made = sorted(str(path.relative_to(here)) for path in (here / "a").rglob("*.*"))
    assert made == ["a/b/c/escaped.jpg", "a/b/c/out/scan.tif"]


def test_a_call_without_a_record_and_the_schema(capsys):
    assert main(["replay"]) == ExitCode.USAGE
    assert main(["replay", "--schema"]) == 0
    assert json.loads(capsys.readouterr().out)["title"] == "unblur record"


def test_medical_pictures_and_a_filter_without_a_model(here, capsys):
    from pydicom.data import get_testdata_file

    shutil.copy(get_testdata_file("CT_small.dcm"), here / "scan.dcm")
    frames = get_testdata_file("MR_small_RLE.dcm")
    shutil.copy(frames, here / "other.dcm")
    how = ("--record", "medical.json", "-o", "medical/")
    assert main(["restore", "scan.dcm", *how, "--psf", "gaussian:0.8mm"]) == 0
    assert main(["restore", "other.dcm", *how, "--psf", "disk:1.5", "--faithful"]) == 0
    one, two = unblur.read_record("medical.json")
    assert (one.parameters["psf"], one.parameters["psf_name"]) == (None, "gaussian:0.8mm")
    assert "pydicom" in one.software.packages
    assert (two.model, two.parameters["max_gain"]) == (None, 3.0)
    capsys.readouterr()
    assert main(["replay", "medical.json", "--json"]) == 0
    told = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [row["verdict"] for row in told] == ["same", "same"]


def test_stacks(here, capsys):
    values = np.random.default_rng(0).poisson(100, (2, 24, 32)).astype(np.uint16)
    unblur.write_stack(unblur.Stack(values, "CYX"), here / "stack.tif")
    words = ("deconvolve", "stack.tif", "-o", "sharp.tif", "--psf", "gaussian:1.2")
    more = (
        "--axes",
        "CYX",
        "--psf",
        "box:3",
        "--iterations",
        "5",
        "--keep-type",
        "--threads",
        "2",
    )
    assert main([*words, *more, "--record", "stack.json"]) == 0
    (entry,) = unblur.read_record("stack.json")
    assert len(entry.parameters["psfs"]) == 2
    assert entry.parameters["how"]["num_iter"] == 5
    capsys.readouterr()
    assert main(["replay", "stack.json", "--threads", "1"]) == 0


@pytest.mark.parametrize("suffix", ["mp4", "mkv"])
def test_videos(suffix, here, capsys):
    av = pytest.importorskip("av", reason="pip install 'unblur[video]'")
    with av.open(f"clip.{suffix}", "w") as container:
        stream = container.add_stream("libx264", rate=30, width=64, height=48)
        for number in range(6):
            pixels = np.ascontiguousarray(astronaut()[number : number + 48, 100:164])
            container.mux(stream.encode(av.VideoFrame.from_ndarray(pixels, format="rgb24")))
        container.mux(stream.encode(None))
    words = ("video", f"clip.{suffix}", "-o", f"sharp.{suffix}", "--psf", "gaussian:1")
    assert main([*words, "--record", "clip.json"]) == 0
    (entry,) = unblur.read_record("clip.json")
    assert (entry.command, entry.found["frames"]) == ("video", 6)
    assert main(["replay", "clip.json"]) == 0
    edit_clip = json.loads((here / "clip.json").read_text())
    edit_clip["entries"][0]["output"]["sha256"] = "0" * 64
    (here / "clip.json").write_text(json.dumps(edit_clip))
    assert main(["replay", "clip.json"]) == ExitCode.FAILED
    assert "the same pixels, in other bytes" in capsys.readouterr().out
    edit_clip = json.loads((here / "clip.json").read_text())
    edit_clip["entries"][0]["parameters"]["strength"] = 0.2
    (here / "clip.json").write_text(json.dumps(edit_clip))
    capsys.readouterr()
    assert main(["replay", "clip.json"]) == ExitCode.FAILED
    assert "DIFFERENT" in capsys.readouterr().out


def test_a_record_is_made_on_the_cpu(here, capsys):
    assert main(["restore", "photo.jpg", "-o", "c.jpg", "--record", "c.json"]) == 0
    (entry,) = unblur.read_record("c.json")
    assert entry.parameters["device"] == "cpu"
    words = ("restore", "photo.jpg", "-o", "d.jpg", "--device", "openvino", "--psf", "box:3")
    assert main([*words, "--record", "c.json"]) == 0
    assert "other last digits" in capsys.readouterr().err
    assert unblur.read_record("c.json")[1].parameters["device"] == "openvino"
