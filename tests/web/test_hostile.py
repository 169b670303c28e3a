"""Files that mean harm: a sample of what `benchmarks/hostile_uploads.py` sends by the hundred."""

from __future__ import annotations

import importlib.util
import sys
from itertools import islice
from pathlib import Path
from types import ModuleType

import pytest

BENCHMARKS = Path(__file__).parents[2] / "benchmarks"


@pytest.fixture(scope="module")
def hostile() -> ModuleType:
    sys.path.insert(0, str(BENCHMARKS))
    try:
        spec = importlib.util.spec_from_file_location("hostile", BENCHMARKS / "hostile_uploads.py")
        assert spec is not None
        assert spec.loader is not None
        module = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
    finally:
        sys.path.remove(str(BENCHMARKS))
    return module


def test_nothing_but_answers(server, hostile):
    uploads = [*list(hostile.liars())[::3], *islice(hostile.fuzzed(30, seed=1), 30)]
    for kind, body in uploads:
        answer = server.post("/v1/inspect", body)
        assert answer.status_code in (200, 413, 415, 422), (kind, answer.text)
    good = hostile.photographs()["PNG"]
    assert server.post("/v1/restore", good).status_code == 200
