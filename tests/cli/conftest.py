"""Real processes: everything here runs the program as a shell would."""

import functools
import os
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

import unblur

HERE = Path(__file__).parent
SOURCE = str(Path(unblur.__file__).parents[1])

Run = Callable[..., subprocess.CompletedProcess[bytes]]


def environment(**more: str) -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if name not in ("COLUMNS", "STALL")}
    return {**kept, "PYTHONPATH": SOURCE, "OMP_NUM_THREADS": "1", **more}


def runner(*program: str) -> Run:
    def run(*words: object, **settings: object) -> subprocess.CompletedProcess[bytes]:
        settings = {"capture_output": True, "timeout": 120, **settings}
        settings["env"] = environment(**settings.pop("env", {}))
        if "input" not in settings:
            settings.setdefault("stdin", subprocess.DEVNULL)
        return subprocess.run([sys.executable, *program, *map(str, words)], **settings)

    return run


@pytest.fixture(scope="session")
def program() -> Run:
    """The program as it is shipped: ``program("restore", path)``."""
    return runner("-m", "unblur")


@pytest.fixture(scope="session")
def small_program() -> Run:
    """The same over a small restorer, see `small_program.py`."""
    return runner(str(HERE / "small_program.py"))


@pytest.fixture(scope="session")
def start_small_program() -> Callable[..., subprocess.Popen[bytes]]:
    def start(*words: object, env: dict[str, str]) -> subprocess.Popen[bytes]:
        command = [sys.executable, str(HERE / "small_program.py"), *map(str, words)]
        pipe = subprocess.PIPE
        # a shell without job control starts what runs in the background deaf to SIGINT
        listen = functools.partial(signal.signal, signal.SIGINT, signal.SIG_DFL)
        return subprocess.Popen(
            command, stdout=pipe, stderr=pipe, env=environment(**env), preexec_fn=listen
        )

    return start


@pytest.fixture
def picture() -> Callable[[Path], Path]:
    """Writes a small picture of its own for each path."""

    def write(path: Path, size: tuple[int, int] = (24, 32)) -> Path:
        path.parent.mkdir(parents=True, exist_ok=True)
        seed = sum(path.name.encode(errors="surrogateescape"))
        pixels = np.random.default_rng(seed).integers(0, 256, (*size, 3), dtype=np.uint8)
        Image.fromarray(pixels).save(path)
        return path

    return write
