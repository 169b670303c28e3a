"""Real servers in processes of their own, on this machine alone."""

from __future__ import annotations

import contextlib
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import httpx
import numpy as np
import pytest

import unblur

SOURCE = str(Path(unblur.__file__).parents[1])
PATIENCE = 240  # seconds, for a machine that is busy with something else


@dataclass
class Server:
    """A server that runs, its log and the folder for its temporary files."""

    process: subprocess.Popen[bytes]
    url: str
    log: Path
    scratch: Path

    def get(self, path: str, **headers: str) -> httpx.Response:
        return httpx.get(self.url + path, headers=headers, timeout=PATIENCE)

    def post(self, path: str, content: bytes, **headers: str) -> httpx.Response:
        return httpx.post(self.url + path, content=content, headers=headers, timeout=PATIENCE)

    def send(self, path: str, files: dict, data: dict | None = None, **headers) -> httpx.Response:
        files = {name: ("holiday.jpg", content) for name, content in files.items()}
        return httpx.post(
            self.url + path, files=files, data=data, headers=headers, timeout=PATIENCE
        )

    def stop(self, number: int = signal.SIGTERM) -> int:
        self.process.send_signal(number)
        return self.process.wait(PATIENCE)


def start(folder: Path, *words: str, **environment: str) -> Server:
    scratch, log = folder / "tmp", folder / "log"
    scratch.mkdir()
    known = {"PYTHONPATH": SOURCE, "OMP_NUM_THREADS": "1", "TMPDIR": str(scratch)}
    command = [sys.executable, "-m", "unblur", "serve", "--port", "0", "--threads", "1", *words]
    with log.open("wb") as file:
        process = subprocess.Popen(
            command, stdout=file, stderr=file, env={**os.environ, **known, **environment}
        )
    until = time.monotonic() + PATIENCE
    while True:
        assert process.poll() is None, log.read_text()
        assert time.monotonic() < until
        time.sleep(0.05)
        with contextlib.suppress(httpx.ConnectError, IndexError):
            url = re.findall(r"unblur: (http://\S+)", log.read_text())[0]
            httpx.get(f"{url}/readyz", timeout=PATIENCE).raise_for_status()
            break
    return Server(process, url, log, scratch)


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """One server for all tests that do it no harm."""
    words = ("--workers", "1", "--megabytes", "1", "--megapixels", "0.5")
    server = start(tmp_path_factory.mktemp("server"), *words)
    yield server
    assert server.stop() == 0
    assert "Traceback" not in server.log.read_text()


@pytest.fixture
def start_server(tmp_path: Path) -> Iterator[Callable[..., Server]]:
    """Starts a server of the test's own."""
    started: list[Server] = []

    def begin(*words: str, **environment: str) -> Server:
        started.append(start(tmp_path, *words, **environment))
        return started[-1]

    yield begin
    for server in started:
        server.process.kill()
        server.process.wait()


def scene(height: int, width: int) -> np.ndarray:
    """A picture with edges and texture, blurred a little, uint8 (H, W, 3)."""
    rows, columns = np.mgrid[0:height, 0:width]
    board = ((rows // 9 + columns // 13) % 2)[..., None] * np.array([150, 120, 90])
    noise = np.random.default_rng(height * width).integers(0, 60, (height, width, 3))
    return unblur.degrade((board + noise + 20).astype(np.uint8), unblur.disk_psf(2.0), seed=0)


@pytest.fixture(scope="session")
def small() -> np.ndarray:
    return scene(72, 96)


@pytest.fixture(scope="session")
def large() -> bytes:
    """The file of a picture that takes some seconds of work."""
    return unblur.encode_photo(unblur.Photo(scene(450, 620)), "PNG")
