"""Whole clips, from file to file."""

import os
from fractions import Fraction
from itertools import islice

import av
import numpy as np
import pytest

import unblur
from unblur.errors import ArgumentError, ImageKindError, ImageReadError, ImageWriteError
from unblur.restoration.video import whole

KEPT = ("codec", "pix_fmt", "tags", "title", "languages", "copied", "times", "rotation")
KINDS = [
    ("clip.mp4", "libx264", "yuv420p", "aac", "mov_text"),
    ("clip.mkv", "libx264", "yuv420p10le", "aac", "subrip"),
    ("clip.mov", "prores_ks", "yuv422p10le", "pcm_s16le", None),
    ("clip.webm", "libvpx-vp9", "yuv420p", "libopus", None),
    ("clip.mkv", "ffv1", "yuv444p", "flac", None),
    ("clip.avi", "mpeg4", "yuv420p", "mp3", None),
    ("clip.ts", "mpeg2video", "yuv420p", "mp2", None),
]


needs_two_processors = pytest.mark.skipif(
    not hasattr(os, "sched_setaffinity") or len(os.sched_getaffinity(0)) < 2,
    reason="a process cannot be held to fewer processors here",
)


@pytest.fixture(scope="module")
def restorer():
    return unblur.Restorer(threads=1, quality="fast")


@pytest.mark.parametrize(("name", "codec", "pix_fmt", "sound", "subtitle"), KINDS)
def test_all_but_the_pixels_is_kept(
    make_clip, moving, facts, restorer, tmp_path, name, codec, pix_fmt, sound, subtitle
):
    base = Fraction(1, 30) if codec in ("mpeg4", "mpeg2video") else Fraction(1, 15360)
    degrees = 90 if name.endswith(("mp4", "mov")) else 0
    source = make_clip(
        tmp_path / name,
        moving(30),
        codec=codec,
        pix_fmt=pix_fmt,
        base=base,
        sound=sound,
        subtitle=subtitle,
        degrees=degrees,
    )
    target = tmp_path / f"out-{name}"
    before = source.read_bytes()
    report = unblur.restore_video(source, target, strength=0, restorer=restorer)
    assert (report.frames, report.resumed, report.notes) == (30, 0, ())
    assert source.read_bytes() == before
    one, other = facts(source), facts(target)
    assert {key: other[key] for key in KEPT} == {key: one[key] for key in KEPT}
    for before, after in zip(one["frames"], other["frames"], strict=True):
        assert np.abs(before.astype(int) - after).mean() < 2.5  # only encoded once more
    assert [path.name for path in tmp_path.iterdir() if path.name.startswith(".")] == []


def test_variable_times_are_kept_to_the_tick(make_clip, moving, facts, restorer, tmp_path):
    times = [0, 300, 1100, 1111, 5000, 5001, 9000, 20000]
    source = make_clip(tmp_path / "a.mp4", moving(8), times=times, sound=None)
    unblur.restore_video(source, tmp_path / "b.mp4", strength=0, restorer=restorer)
    assert facts(tmp_path / "b.mp4")["times"] == facts(source)["times"]


def test_a_part_begins_at_zero_and_keeps_its_sound(make_clip, moving, facts, restorer, tmp_path):
    source, target = make_clip(tmp_path / "a.mp4", moving(60)), tmp_path / "b.mp4"
    report = unblur.restore_video(source, target, strength=0, start=0.5, end=1.5, restorer=restorer)
    assert report.frames == 30
    whole_clip, part = facts(source), facts(target)
    assert part["times"][0] == 0
    assert part["times"] == pytest.approx(
        [time - whole_clip["times"][15] for time in whole_clip["times"][15:45]], abs=1e-3
    )
    before = [data for time, data in whole_clip["copied"]["audio"] if 0.5 <= time < 1.5]
    assert [data for _, data in part["copied"]["audio"]] == before
    assert part["copied"]["audio"][0][0] < 0.03


def test_a_known_blur_is_removed_and_neighbours_help(make_clip, moving, facts, restorer, tmp_path):
    sharp = moving(8)
    psf = unblur.gaussian_psf(1.2)
    rng = np.random.default_rng(0)
    blurred = [
        unblur.degrade(frame, psf, noise=0.02, seed=int(rng.integers(1000))) for frame in sharp
    ]
    source = make_clip(tmp_path / "a.mkv", blurred, codec="ffv1", pix_fmt="bgr0", tags={})
    errors = {}
    for name, neighbours in (("together", True), ("alone", False)):
        target = tmp_path / f"{name}.mkv"
        unblur.restore_video(source, target, psf=psf, neighbours=neighbours, restorer=restorer)
        restored = np.array(facts(target)["frames"], float)
        errors[name] = np.mean((restored - np.array(sharp))[:, 8:-8, 8:-8] ** 2)
    before = np.mean((np.array(blurred, float) - np.array(sharp))[:, 8:-8, 8:-8] ** 2)
    assert errors["alone"] < 0.9 * before
    assert errors["together"] < 0.8 * errors["alone"]
    assert errors["together"] < 0.6 * before


def test_a_second_run_goes_on_and_gives_the_same_bytes(
    make_clip, moving, restorer, tmp_path, monkeypatch
):
    monkeypatch.setattr(whole, "SEGMENT", 4)
    source, psf = make_clip(tmp_path / "a.mp4", moving(14)), unblur.gaussian_psf(0.8)

    class Stop(Exception):
        pass

    def stop(done: int, total: int) -> None:
        if done == 10:
            raise Stop

    target = tmp_path / "b.mp4"
    with pytest.raises(Stop):
        unblur.restore_video(source, target, psf=psf, restorer=restorer, progress=stop)
    assert not target.exists()
    report = unblur.restore_video(source, target, psf=psf, restorer=restorer)
    assert (report.frames, report.resumed) == (14, 8)
    once = unblur.restore_video(source, tmp_path / "once.mp4", psf=psf, restorer=restorer)
    assert once.pixels == report.pixels
    assert target.read_bytes() == (tmp_path / "once.mp4").read_bytes()
    other = tmp_path / "c.mp4"
    with pytest.raises(Stop):
        unblur.restore_video(source, other, psf=psf, restorer=restorer, progress=stop)
    report = unblur.restore_video(source, other, strength=0, restorer=restorer)
    assert report.resumed == 0  # those were of another plan


@needs_two_processors
@pytest.mark.parametrize("codec", ["h264", "hevc", "vp9", "av1", "ffv1", "mpeg4", "mpeg2video"])
def test_the_bytes_do_not_depend_on_the_number_of_processors(
    make_clip, moving, restorer, tmp_path, codec
):
    source = make_clip(tmp_path / "a.mkv", moving(6, (256, 256)), sound=None)
    processors, made = os.sched_getaffinity(0), []
    try:
        for count in (1, 2):
            os.sched_setaffinity(0, sorted(processors)[:count])
            target = tmp_path / f"{count}.mkv"
            unblur.restore_video(source, target, strength=0, codec=codec, restorer=restorer)
            made.append(target.read_bytes())
    finally:
        os.sched_setaffinity(0, processors)
    assert made[0] == made[1]


def test_another_codec_and_what_does_not_fit(make_clip, moving, facts, restorer, tmp_path):
    source = make_clip(tmp_path / "a.mkv", moving(3), sound="flac")
    unblur.restore_video(source, tmp_path / "b.mkv", strength=0, codec="ffv1", restorer=restorer)
    assert facts(tmp_path / "b.mkv")["codec"] == "ffv1"
    with pytest.raises(ImageWriteError, match=r"b\.webm: cannot .*flac.*try \.mkv"):
        unblur.restore_video(source, tmp_path / "b.webm", strength=0, restorer=restorer)
    with pytest.raises(ArgumentError, match="h265x: no codec"):
        unblur.restore_video(source, tmp_path / "c.mkv", codec="h265x", restorer=restorer)
    with pytest.raises(ImageWriteError, match="names no kind of video"):
        unblur.restore_video(source, tmp_path / "c.xyz", restorer=restorer)
    silent = make_clip(tmp_path / "s.mp4", moving(3), sound=None)
    report = unblur.restore_video(silent, tmp_path / "s.webm", strength=0, restorer=restorer)
    assert report.notes == ("written as libvpx-vp9, not h264",)
    assert not list(tmp_path.glob(".*"))


def test_bad_files_are_named_and_nothing_is_left(make_clip, moving, restorer, tmp_path):
    good = make_clip(tmp_path / "good.mp4", moving(20))
    (tmp_path / "text.mp4").write_text("no video")
    (tmp_path / "cut.mp4").write_bytes(good.read_bytes()[:3000])
    with av.open(str(tmp_path / "sound.mp4"), "w") as container:
        tone = container.add_stream("aac", rate=48000)
        frame = av.AudioFrame.from_ndarray(
            np.zeros((2, 1024), np.float32), format="fltp", layout="stereo"
        )
        frame.sample_rate = 48000
        container.mux(tone.encode(frame))
        container.mux(tone.encode(None))
    target = tmp_path / "out.mp4"
    cases = [
        ("no.mp4", ImageReadError, "there is no such file"),
        ("text.mp4", ImageReadError, "cannot be read"),
        ("cut.mp4", ImageReadError, "cannot be read"),
        ("sound.mp4", ImageKindError, "holds no moving picture"),
    ]
    for name, error, words in cases:
        with pytest.raises(error, match=f"{name}: .*{words}"):
            unblur.restore_video(tmp_path / name, target, restorer=restorer)
    with pytest.raises(ImageReadError, match=r"no frame .* between 5 s and the end"):
        unblur.restore_video(good, target, start=5, restorer=restorer)
    with pytest.raises(ArgumentError, match="must be later than the start"):
        unblur.restore_video(good, target, start=5, end=5, restorer=restorer)
    with pytest.raises(ImageWriteError, match="written over itself"):
        unblur.restore_video(good, good, overwrite=True, restorer=restorer)
    assert not target.exists()
    target.write_bytes(b"mine")
    with pytest.raises(ImageWriteError, match="exists already"):
        unblur.restore_video(good, target, restorer=restorer)
    assert target.read_bytes() == b"mine"
    assert not list(tmp_path.glob(".*"))


def test_what_is_damaged_or_missing_is_told(make_clip, moving, restorer, tmp_path):
    source = make_clip(tmp_path / "a.mkv", moving(60), sound=None)
    data = bytearray(source.read_bytes())
    (tmp_path / "cut.mkv").write_bytes(data[: len(data) // 2])
    with av.open(str(source)) as container:
        packet = next(islice(container.demux(video=0), 30, None))
    where = data.find(bytes(packet))
    data[where : where + 8] = b"\xff" * 8  # a length that no decoder can believe
    (tmp_path / "damaged.mkv").write_bytes(data)
    for name, words in (("damaged", "damaged frames"), ("cut", "of about 60 frames")):
        target = tmp_path / f"{name}-out.mkv"
        report = unblur.restore_video(
            tmp_path / f"{name}.mkv", target, strength=0, restorer=restorer
        )
        assert 10 <= report.frames <= 60
        assert words in " ".join(report.notes)
