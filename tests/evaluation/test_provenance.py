from __future__ import annotations

import dataclasses
import json
import platform
import subprocess
import sys

import pytest

from unblur.evaluation.provenance import Provenance, derive_seed


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


def test_provenance_goes_through_json_and_names_no_one():
    here = Provenance.here(threads=2)
    text = json.dumps(dataclasses.asdict(here))
    assert Provenance(**json.loads(text)) == here
    assert here.python == platform.python_version()
    assert platform.node() not in here.machine or len(platform.node()) < 4
    with pytest.raises(dataclasses.FrozenInstanceError):
        here.threads = 3
