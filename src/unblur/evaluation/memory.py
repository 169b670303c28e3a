"""The most memory that a method takes, measured in a process of its own.

A process that has done other things before cannot tell: memory that one method took stays with the
process for the next, and what native code takes no Python tool sees. So a fresh interpreter loads
the method, restores one picture and asks the system for the most that it ever held.
"""

from __future__ import annotations

import os
import pickle
import subprocess
import sys
from pathlib import Path

from unblur.errors import ArgumentError
from unblur.evaluation.case import Case
from unblur.evaluation.methods import Method

__all__ = ["peak_memory"]

_STATUS = Path("/proc/self/status")


def peak_memory(method: Method, case: Case) -> int | None:
    """Run a method on a case in a fresh process and return the most memory it held.

    Parameters
    ----------
    method : Method
        Its `run` must be such that pickle can send it to another process.
    case : Case
        What to restore.

    Returns
    -------
    int or None
        Bytes of resident memory at the peak: interpreter, libraries, model and pictures. None
        where the system does not tell.

    Raises
    ------
    ArgumentError
        If the method cannot be sent, or fails there.
    """
    try:
        task = pickle.dumps((method.run, case.observed(blind=method.blind)))
    except (pickle.PicklingError, AttributeError, TypeError) as error:
        raise ArgumentError(
            f"the memory of {method.name} cannot be measured ({error}): define it at the top "
            "level of a module"
        ) from error
    code = "from unblur.evaluation.memory import main; main()"
    environment = os.environ | {"PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
    done = subprocess.run(
        [sys.executable, "-c", code], input=task, capture_output=True, env=environment, check=False
    )
    if done.returncode:
        reason = done.stderr.decode(errors="replace").strip().rpartition("\n")[2]
        raise ArgumentError(
            f"{method.name} failed in a process of its own ({reason}): leave its memory unmeasured"
        )
    return int(done.stdout) or None


def main() -> None:
    """Do what `peak_memory` asks for, in the other process."""
    run, seen = pickle.load(sys.stdin.buffer)
    run(seen)
    sys.stdout.write(str(_peak_bytes()))


def _peak_bytes() -> int:
    # Linux lets ru_maxrss begin with what the parent held when it started this process
    if _STATUS.exists():
        lines = _STATUS.read_text(encoding="utf-8").splitlines()
        held = [line.split()[1] for line in lines if line.startswith("VmHWM:")]
        return 1024 * int(held[0]) if held else 0
    try:
        import resource
    except ImportError:  # Windows
        return 0
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss  # bytes on macOS
