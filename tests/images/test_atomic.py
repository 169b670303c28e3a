"""A file appears whole or not at all, whatever happens in between."""

from __future__ import annotations

import errno
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from unblur.errors import ImageWriteError, NoRoomError
from unblur.images import atomic
from unblur.images.atomic import atomic_file, remove_unfinished, sweep_folder


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def write_and(action: Callable[[], object], target: Path, *, overwrite: bool = False) -> None:
    with atomic_file(target, overwrite=overwrite) as file:
        file.write(b"half")
        action()


def fail_with(error: BaseException) -> Callable[[], None]:
    def fail() -> None:
        raise error

    return fail


def test_the_name_appears_at_the_end(tmp_path):
    with atomic_file(tmp_path / "a.txt") as file:
        file.write(b"new")
        assert "a.txt" not in names(tmp_path)
        assert names(tmp_path)[0].startswith(".a.txt.")
    assert names(tmp_path) == ["a.txt"]
    assert (tmp_path / "a.txt").read_bytes() == b"new"


@pytest.mark.parametrize("error", [RuntimeError, KeyboardInterrupt])
@pytest.mark.parametrize("overwrite", [True, False])
def test_after_a_failure_all_is_as_before(tmp_path, error, overwrite):
    target = tmp_path / "a.txt"
    if overwrite:
        target.write_bytes(b"old")
    before = names(tmp_path)
    with pytest.raises(error):
        write_and(fail_with(error()), target, overwrite=overwrite)
    assert names(tmp_path) == before
    assert not overwrite or target.read_bytes() == b"old"


def test_a_full_disk_is_reported_and_cleaned_up(tmp_path):
    target = tmp_path / "a.txt"
    target.write_bytes(b"old")
    full = OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
    with pytest.raises(ImageWriteError, match=r"a\.txt: cannot be written: No space left"):
        write_and(fail_with(full), target, overwrite=True)
    assert names(tmp_path) == ["a.txt"]
    assert target.read_bytes() == b"old"


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs the device that is always full")
def test_a_really_full_disk(tmp_path, monkeypatch):
    full = Path("/dev/full")
    opened = Path.open
    monkeypatch.setattr(Path, "open", lambda self, mode: opened(full, "wb"))
    with (
        pytest.raises(NoRoomError, match="No space left"),
        atomic_file(tmp_path / "a.txt") as file,
    ):
        file.write(bytes(1 << 20))
    assert names(tmp_path) == []


def test_a_failing_flush_keeps_the_old_file(tmp_path, monkeypatch):
    target = tmp_path / "a.txt"
    target.write_bytes(b"old")

    def fail(handle: int) -> None:
        raise OSError(errno.EIO, "Input/output error")

    monkeypatch.setattr(os, "fsync", fail)
    with (
        pytest.raises(ImageWriteError, match="Input/output"),
        atomic_file(target, overwrite=True) as file,
    ):
        file.write(b"new")
    assert target.read_bytes() == b"old"
    assert names(tmp_path) == ["a.txt"]


KILLED = """
import os, signal, sys
from unblur.images.atomic import atomic_file
with atomic_file(sys.argv[1], overwrite=True) as file:
    file.write(b"half")
    file.flush()
    os.kill(os.getpid(), signal.SIGKILL)
"""


@pytest.mark.skipif(sys.platform == "win32", reason="no SIGKILL")
def test_a_kill_in_the_middle_leaves_the_old_file(tmp_path):
    target = tmp_path / "a.txt"
    target.write_bytes(b"old")
    result = subprocess.run([sys.executable, "-c", KILLED, str(target)], check=False)
    assert result.returncode == -signal.SIGKILL
    assert target.read_bytes() == b"old"
    left = [name for name in names(tmp_path) if name != "a.txt"]
    assert len(left) == 1
    assert sweep_folder(tmp_path) == 1
    assert names(tmp_path) == ["a.txt"]


def test_a_sweep_leaves_what_is_being_written_and_what_is_not_ours(tmp_path):
    for name in (".a.txt.part", ".b.txt.0123abcd.part", "c.txt.0123abcd.part"):
        (tmp_path / name).touch()
    with atomic_file(tmp_path / "d.txt") as file:
        file.write(b"new")
        assert sweep_folder(tmp_path) == 1
    assert names(tmp_path) == [".a.txt.part", "c.txt.0123abcd.part", "d.txt"]
    assert sweep_folder(tmp_path / "missing") == 0


def test_a_file_that_a_sweep_takes_in_the_moment_of_its_making_is_made_again(tmp_path, monkeypatch):
    swept = []
    lock = atomic.fcntl.flock

    def lock_late(file, mode) -> None:
        if not swept:
            swept.append(1)
            assert sweep_folder(tmp_path) == 1
        lock(file, mode)

    monkeypatch.setattr(atomic.fcntl, "flock", lock_late)
    with atomic_file(tmp_path / "a.txt") as file:
        file.write(b"new")
    assert (tmp_path / "a.txt").read_bytes() == b"new"


def test_what_a_lost_thread_was_writing_never_gets_its_name(tmp_path):
    half, removed = threading.Event(), threading.Event()
    errors = []

    def write() -> None:
        try:
            with atomic_file(tmp_path / "a.txt") as file:
                file.write(b"half")
                half.set()
                removed.wait(30)
        except ImageWriteError as error:
            errors.append(error)

    thread = threading.Thread(target=write)
    thread.start()
    half.wait(30)
    remove_unfinished()
    assert names(tmp_path) == []
    removed.set()
    thread.join()
    assert names(tmp_path) == []
    assert len(errors) == 1


def test_an_existing_file_is_refused(tmp_path):
    target = tmp_path / "a.txt"
    target.write_bytes(b"old")
    with pytest.raises(ImageWriteError, match="exists already"), atomic_file(target):
        pass
    assert target.read_bytes() == b"old"


@pytest.mark.parametrize("hardlinks", [True, False])
def test_a_file_that_appears_meanwhile_is_not_overwritten(tmp_path, monkeypatch, hardlinks):
    target = tmp_path / "a.txt"
    if not hardlinks:
        monkeypatch.setattr(Path, "hardlink_to", _no_hardlinks)
    with pytest.raises(ImageWriteError, match="exists already"):
        write_and(lambda: target.write_bytes(b"theirs"), target)
    assert target.read_bytes() == b"theirs"
    assert names(tmp_path) == ["a.txt"]


def test_file_systems_without_hard_links(tmp_path, monkeypatch):
    monkeypatch.setattr(Path, "hardlink_to", _no_hardlinks)
    with atomic_file(tmp_path / "a.txt") as file:
        file.write(b"new")
    assert (tmp_path / "a.txt").read_bytes() == b"new"
    assert names(tmp_path) == ["a.txt"]


def _no_hardlinks(self: Path, target: Path) -> None:
    raise PermissionError(errno.EPERM, "Operation not permitted")


@pytest.mark.parametrize("kind", ["symlink_to", "hardlink_to"])
def test_a_link_to_the_source_is_replaced_not_followed(tmp_path, kind):
    source, target = tmp_path / "source.txt", tmp_path / "link.txt"
    source.write_bytes(b"source")
    getattr(target, kind)(source)
    with pytest.raises(ImageWriteError, match="exists"), atomic_file(target):
        pass
    with atomic_file(target, overwrite=True) as file:
        file.write(b"new")
    assert source.read_bytes() == b"source"
    assert target.read_bytes() == b"new"
    assert not target.is_symlink()


def test_a_dangling_link_counts_as_existing(tmp_path):
    target = tmp_path / "link.txt"
    target.symlink_to(tmp_path / "nowhere")
    with pytest.raises(ImageWriteError, match="exists"), atomic_file(target):
        pass


def test_permissions(tmp_path):
    with atomic_file(tmp_path / "new.txt"):
        pass
    mask = os.umask(0)
    os.umask(mask)
    assert (tmp_path / "new.txt").stat().st_mode & 0o777 == 0o666 & ~mask
    (tmp_path / "new.txt").chmod(0o640)
    with atomic_file(tmp_path / "new.txt", overwrite=True):
        pass
    assert (tmp_path / "new.txt").stat().st_mode & 0o777 == 0o640


def test_folders_and_missing_folders_are_refused(tmp_path):
    with pytest.raises(ImageWriteError, match="is a folder"), atomic_file(tmp_path):
        pass
    missing = tmp_path / "no" / "a.txt"
    with pytest.raises(ImageWriteError, match="there is no folder"), atomic_file(missing):
        pass


def test_a_folder_without_permission_is_reported(tmp_path, monkeypatch):
    def refuse(self: Path, mode: str) -> None:
        raise PermissionError(errno.EACCES, "Permission denied")

    monkeypatch.setattr(Path, "open", refuse)
    with (
        pytest.raises(ImageWriteError, match="Permission denied"),
        atomic_file(tmp_path / "a.txt"),
    ):
        pass


def test_long_names(tmp_path):
    name = "a" * 251 + ".txt"
    with atomic_file(tmp_path / name) as file:
        file.write(b"new")
    assert names(tmp_path) == [name]


def test_many_writers_never_mix(tmp_path):
    target = tmp_path / "a.txt"

    def write(letter: bytes) -> None:
        for _ in range(10):
            with atomic_file(target, overwrite=True) as file:
                for _ in range(50):
                    file.write(letter * 20)

    threads = [threading.Thread(target=write, args=(letter,)) for letter in (b"a", b"b", b"c")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert target.read_bytes() in (b"a" * 1000, b"b" * 1000, b"c" * 1000)
    assert names(tmp_path) == ["a.txt"]


def test_folders_that_cannot_be_flushed_do_no_harm(tmp_path, monkeypatch):
    monkeypatch.setattr(atomic.os, "open", _no_hardlinks)
    with atomic_file(tmp_path / "a.txt") as file:
        file.write(b"new")
    assert names(tmp_path) == ["a.txt"]
