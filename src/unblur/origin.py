"""Which code runs here, and on what machine."""

from __future__ import annotations

import os
import platform
from collections.abc import Iterable
from functools import cache
from hashlib import blake2b
from importlib.metadata import PackageNotFoundError, version
from importlib.resources import files
from pathlib import Path

__all__ = ["fingerprint", "instruction_sets", "machine_name", "package_version", "source_digest"]


@cache
def machine_name() -> str:
    """Name the processor, its cores and the operating system.

    Returns
    -------
    str
        For example ``"Some CPU, 2 cores, Linux x86_64"``.

    Examples
    --------
    >>> "core" in machine_name()
    True
    """
    # The cores this process may use: a container often has fewer than the machine.
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    plural = "" if cores == 1 else "s"
    return f"{_processor()}, {cores} core{plural}, {platform.system()} {platform.machine()}"


@cache
def instruction_sets() -> str:
    """Name the processor's instruction sets that NumPy uses: the last digits depend on them.

    Returns
    -------
    str
        For example ``"X86_V2 X86_V3 AVX512_ICL"``.
    """
    import numpy as np

    known = np.show_config(mode="dicts")["SIMD Extensions"]
    return " ".join([*known.get("baseline", ()), *known.get("found", ())])


def package_version(name: str = "unblur") -> str:
    """Return the version of an installed package, or "unknown", as in a bare checkout."""
    try:
        return version(name)
    except PackageNotFoundError:
        return "unknown"


def fingerprint(parts: Iterable[bytes | str]) -> str:
    """Digest some parts into 16 hexadecimal digits, the same on every machine.

    Parameters
    ----------
    parts : iterable of bytes or str
        What makes the thing what it is; order and borders between parts count.

    Returns
    -------
    str
        16 hexadecimal digits.

    Examples
    --------
    >>> fingerprint(["ab", "c"]) == fingerprint(["a", "bc"])
    False
    """
    digest = blake2b(digest_size=8)
    for part in parts:
        data = part.encode() if isinstance(part, str) else part
        digest.update(len(data).to_bytes(8, "big"))
        digest.update(data)
    return digest.hexdigest()


def source_digest(*packages: str) -> str:
    """Digest the Python files of some packages, to tell results of other code apart.

    Parameters
    ----------
    *packages : str
        Names of installed packages, with dots; files of their subpackages count too.

    Returns
    -------
    str
        16 hexadecimal digits.

    Raises
    ------
    ModuleNotFoundError
        If there is no such package.

    Examples
    --------
    >>> source_digest("unblur.images") == source_digest("unblur.degradation")
    False
    """
    folders = (Path(str(files(package))) for package in packages)
    sources = (path for folder in folders for path in sorted(folder.rglob("*.py")))
    return fingerprint(path.read_bytes() for path in sources)


def _processor() -> str:
    """Return the processor's model name, as exactly as this system tells it."""
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        lines = []
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.processor() or "unknown processor"
