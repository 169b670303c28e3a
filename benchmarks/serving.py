"""A server of our own on this machine, for the scripts beside this one."""

from __future__ import annotations

import re
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def running_server(*words: str) -> Iterator[tuple[str, int]]:
    """Start `unblur serve` on a free port; yields its address and its process id."""
    with tempfile.TemporaryDirectory() as folder:
        log = Path(folder) / "log"
        known = ("--port", "0", "--device", "cpu")
        command = [sys.executable, "-m", "unblur", "serve", *known, *words]
        with log.open("wb") as file:
            process = subprocess.Popen(command, stdout=file, stderr=file)
        try:
            until = time.monotonic() + 300
            while "startup complete" not in log.read_text():
                if process.poll() is not None or time.monotonic() > until:
                    sys.exit(f"the server did not start:\n{log.read_text()}")
                time.sleep(0.1)
            time.sleep(0.5)
            (url,) = re.findall(r"unblur: (http://\S+)", log.read_text())
            yield url, process.pid
        finally:
            process.terminate()
            code = process.wait(600)
        if code or "Traceback" in log.read_text():
            sys.exit(f"the server ended with {code}:\n{log.read_text()[-3000:]}")


def memory_of(pid: int) -> float:
    """Megabytes that a process and its children hold (proportional share; Linux)."""
    lists = Path(f"/proc/{pid}/task").glob("*/children")
    children = [word for path in lists for word in path.read_text().split()]
    total = 0.0
    for member in [str(pid), *children]:
        try:
            text = Path(f"/proc/{member}/smaps_rollup").read_text()
        except OSError:  # it has just ended
            continue
        total += int(re.findall(r"^Pss:\s+(\d+)", text, re.MULTILINE)[0]) / 1000
    return total
