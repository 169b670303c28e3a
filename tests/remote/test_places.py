"""Places in a bucket, on the web and in an archive, against real servers and files."""

from __future__ import annotations

import http.server
import itertools
import subprocess
import sys
import threading
import zipfile
from functools import partial
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

import unblur
from unblur.images.places import RemotePath, is_url, place_of
from unblur.images.remote_finding import find_remote, walk_remote

pytestmark = pytest.mark.filterwarnings("ignore:unclosed:ResourceWarning")


def picture(seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).integers(0, 256, (20, 30, 3), dtype=np.uint8)


def test_a_photo_comes_back_as_it_was(bucket):
    place = f"{bucket}/deep/a.png"
    unblur.write_photo(unblur.Photo(picture()), place)
    assert np.array_equal(unblur.read_photo(place).pixels, picture())
    with pytest.raises(unblur.ImageWriteError, match="exists already"):
        unblur.write_photo(unblur.Photo(picture(1)), place)
    unblur.write_photo(unblur.Photo(picture(1)), place, overwrite=True)
    assert np.array_equal(unblur.read_photo(place).pixels, picture(1))


def test_what_is_missing_is_told_with_its_name(bucket):
    with pytest.raises(unblur.ImageReadError, match=r"s3://.*/no\.png: does not exist"):
        unblur.read_photo(f"{bucket}/no.png")
    with pytest.raises(unblur.ImageWriteError, match="cannot be written"):
        unblur.write_photo(unblur.Photo(picture()), "s3://no-such-bucket-here/a.png")


def test_a_folder_is_searched_to_the_bottom(bucket):
    for name in ("b.png", "a.jpg", "x/c.png", "x/y/d.tif", "notes.txt", ".hidden.png", ".h/e.png"):
        RemotePath(f"{bucket}/shots/{name}").write_bytes(b"x")
    found = [photo.relative.as_posix() for photo in walk_remote(RemotePath(f"{bucket}/shots"))]
    assert found == ["a.jpg", "b.png", "x/c.png", "x/y/d.tif"]
    for pattern, names in (("shots/*.png", ["b.png"]), ("**/*.tif", ["shots/x/y/d.tif"])):
        matched = find_remote(RemotePath(f"{bucket}/{pattern}"))
        assert [photo.relative.as_posix() for photo in matched] == names
    with pytest.raises(unblur.ImageReadError, match="matches no pictures"):
        find_remote(RemotePath(f"{bucket}/*.webp"))


def test_a_server_that_stumbles_is_asked_again(bucket, faults):
    place = RemotePath(f"{bucket}/a.png")
    turn = itertools.count()
    faults.answer = lambda method, path: 503 if next(turn) % 3 == 0 else None
    unblur.write_photo(unblur.Photo(picture()), place)
    assert np.array_equal(unblur.read_photo(place).pixels, picture())
    assert faults.failed


def test_what_is_forbidden_is_not_asked_for_again_and_again(bucket, faults):
    place = RemotePath(f"{bucket}/a.png")
    unblur.write_photo(unblur.Photo(picture()), place)
    faults.answer = lambda method, path: 403 if path.endswith("a.png") else None
    with pytest.raises(unblur.ImageReadError, match="cannot be read"):
        unblur.read_photo(place)
    assert len(faults.failed) <= 30  # those of the client itself: no minute of pauses


class Stumbling(http.server.SimpleHTTPRequestHandler):
    """Serves files, but only every third time it is asked."""

    asked = itertools.count(1)

    def do_GET(self) -> None:
        if next(self.asked) % 3:
            self.send_error(503)
        else:
            super().do_GET()

    def log_message(self, *words: object) -> None:
        """Say nothing."""


def test_the_web_is_read(tmp_path):
    Image.fromarray(picture()).save(tmp_path / "a.png")
    handler = partial(Stumbling, directory=str(tmp_path))
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        url = f"http://127.0.0.1:{server.server_port}/a.png"
        assert np.array_equal(unblur.read_photo(url).pixels, picture())
        with pytest.raises(unblur.ArgumentError, match="cannot be written to http"):
            unblur.write_photo(unblur.Photo(picture()), url)
        server.shutdown()
        thread.join()


def test_an_archive_is_read_where_it_lies(tmp_path):
    Image.fromarray(picture()).save(tmp_path / "a.png")
    with zipfile.ZipFile(tmp_path / "shots.zip", "w") as archive:
        archive.write(tmp_path / "a.png", "day/a.png")
        archive.write(tmp_path / "a.png", "b.png")
    inside = f"::{tmp_path}/shots.zip"
    assert np.array_equal(unblur.read_photo(f"zip://day/a.png{inside}").pixels, picture())
    plan = unblur.plan_batch([f"zip://{inside}"], tmp_path / "out")
    assert {str(job.target.relative_to(tmp_path)) for job in plan.jobs} == {
        "out/day/a.png",
        "out/b.png",
    }
    with pytest.raises(unblur.ArgumentError, match="cannot be written to zip"):
        unblur.write_photo(unblur.Photo(picture()), f"zip://new.png{inside}")


@pytest.mark.parametrize(
    ("place", "parts"),
    [
        ("s3://b/x/a.tar.gz", ("a.tar.gz", "a.tar", ".gz", "s3://b/x")),
        ("https://h/x/a.jpg?sig=1/2", ("a.jpg", "a", ".jpg", "https://h/x?sig=1/2")),
        ("zip://x/a.jpg::s3://b/z.zip", ("a.jpg", "a", ".jpg", "zip://x::s3://b/z.zip")),
        ("zip://a.jpg::z.zip", ("a.jpg", "a", ".jpg", "zip://::z.zip")),
    ],
)
def test_the_parts_of_a_url(place, parts):
    found = RemotePath(place)
    assert (found.name, found.stem, found.suffix, str(found.parent)) == parts
    assert found.parent / found.name == found


def test_local_paths_stay_paths():
    assert isinstance(place_of("a:b/c.jpg"), Path)
    assert not is_url("C:\\photos\\a.jpg")
    assert not is_url("s3:/bucket/a.jpg")


@pytest.mark.parametrize("word", ["fsspec", "s3fs"])
def test_a_missing_extra_is_named(word):
    code = f"""
import sys
sys.modules[{word!r}] = None
import unblur
try:
    unblur.read_photo("s3://bucket/a.png")
except unblur.MissingExtraError as error:
    print(error)
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert "pip install 'unblur[cloud]'" in done.stdout


def test_an_unknown_kind_of_place_is_told():
    with pytest.raises(unblur.ArgumentError, match="use s3://"):
        unblur.read_photo("gopher://host/a.png")
