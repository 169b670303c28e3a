"""Which code runs here, and on what machine: the same everywhere, and naming no one."""

import getpass
import platform

import pytest

from unblur.origin import fingerprint, machine_name, source_digest


def test_fingerprint_minds_order_and_borders():
    digests = [fingerprint(parts) for parts in (["ab", "c"], ["a", "bc"], ["c", "ab"], ["abc"], [])]
    assert len(set(digests)) == 5
    assert all(len(digest) == 16 for digest in digests)
    assert fingerprint([b"ab", "c"]) == digests[0]


def test_machine_name_says_cores_and_system():
    assert " core" in machine_name()
    assert platform.system() in machine_name()
    assert f"/{getpass.getuser()}" not in machine_name()


def test_source_digest_changes_with_any_file(tmp_path, monkeypatch):
    package = tmp_path / "smallpackage"
    (package / "inner").mkdir(parents=True)
    for path in (package / "__init__.py", package / "inner" / "code.py"):
        path.write_text("x = 1")
    monkeypatch.syspath_prepend(str(tmp_path))
    first = source_digest("smallpackage")
    (package / "notes.txt").write_text("not code")
    assert source_digest("smallpackage") == first
    (package / "inner" / "code.py").write_text("x = 2")
    assert source_digest("smallpackage") != first
    with pytest.raises(ModuleNotFoundError):
        source_digest("no_such_package")
