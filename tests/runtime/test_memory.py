"""Freed memory goes back to the system."""

import subprocess
import sys

import pytest

from unblur.runtime.memory import give_back_memory, reuse_memory

CODE = """
import numpy as np
from unblur.runtime.memory import give_back_memory

def held():
    with open("/proc/self/statm") as file:
        return int(file.read().split()[1]) * 4096

pieces = [np.ones(20_000, np.uint8) for _ in range(5000)]  # too small to be mapped each by itself
last = pieces[-1]
del pieces
before = held()
give_back_memory()
print(before - held())
"""


AGAIN = """
import resource
import numpy as np
from unblur.runtime.memory import reuse_memory

def several():
    return [np.ones(8_000_000, np.uint8) for _ in range(5)]

def cleared():
    before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
    for _ in range(20):
        several()
    return resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before

reuse_memory()
several()
print(cleared())
"""


@pytest.mark.skipif(sys.platform != "linux", reason="the GNU library alone is told to")
def test_what_was_freed_is_handed_back():
    done = subprocess.run([sys.executable, "-c", CODE], capture_output=True, text=True, check=True)
    assert int(done.stdout) > 50e6


@pytest.mark.skipif(sys.platform != "linux", reason="the GNU library alone is told to")
def test_what_was_freed_is_used_again():
    done = subprocess.run([sys.executable, "-c", AGAIN], capture_output=True, text=True, check=True)
    assert int(done.stdout) < 200  # pages of 4096 bytes; each array has two thousand


def test_they_may_be_called_anywhere(monkeypatch):
    monkeypatch.setattr("unblur.runtime.memory._library", lambda: None)
    give_back_memory()
    reuse_memory.__wrapped__()
