from __future__ import annotations

import dataclasses
import getpass
import json
import platform
import subprocess
import sys

import pytest

from unblur.evaluation.provenance import (
    Provenance,
    derive_seed,
    fingerprint,
    machine_name,
    source_digest,
)


def test_seeds_are_the_same_in_every_process():
    code = (
        "from unblur.evaluation.provenance import derive_seed as d; print(d(1, 'a.png', 'motion'))"
    )
    seeds = {
        subprocess.run(
            [sys.executable, "-c", code],
            env={"PYTHONHASHSEED": salt, "PYTHONPATH": ":".join(sys.path)},
            check=True,
            capture_output=True,
            text=True,
        ).stdout.strip()
        for salt in ("1", "2")
    }
    assert seeds == {str(derive_seed(1, "a.png", "motion"))}


def test_seeds_differ_in_every_part():
    seeds = {
        derive_seed(seed, name, kind)
        for seed in (0, 1)
        for name in ("a", "b", "ab")
        for kind in ("", "b", "c")
    }
    assert len(seeds) == 18


def test_fingerprint_minds_order_and_borders():
    digests = [fingerprint(parts) for parts in (["ab", "c"], ["a", "bc"], ["c", "ab"], ["abc"], [])]
    assert len(set(digests)) == 5
    assert all(len(digest) == 16 for digest in digests)
    assert fingerprint([b"ab", "c"]) == digests[0]


def test_provenance_goes_through_json_and_names_no_one():
    here = Provenance.here(threads=2)
    text = json.dumps(dataclasses.asdict(here))
    assert Provenance(**json.loads(text)) == here
    assert here.python == platform.python_version()
    assert platform.node() not in here.machine or len(platform.node()) < 4
    with pytest.raises(dataclasses.FrozenInstanceError):
        here.threads = 3


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
