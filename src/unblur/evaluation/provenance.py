"""Where, when and with what a score was taken."""

from __future__ import annotations

import platform
from dataclasses import dataclass
from datetime import UTC, datetime

from unblur.origin import fingerprint, machine_name, package_version

__all__ = ["Provenance", "derive_seed"]


@dataclass(frozen=True)
class Provenance:
    """What a number needs beside it to be believed.

    Attributes
    ----------
    version : str
        Of this package.
    machine : str
        Processor, cores and operating system; no host or user name.
    python : str
        Version of the interpreter.
    date : str
        Day of the measurement in UTC, as year-month-day.
    threads : int or None
        Threads that the methods were told to use; None if they were free to choose.

    Examples
    --------
    >>> Provenance.here(threads=2).threads
    2
    """

    version: str
    machine: str
    python: str
    date: str
    threads: int | None = None

    @classmethod
    def here(cls, *, threads: int | None = None) -> Provenance:
        """Describe this machine, today.

        Parameters
        ----------
        threads : int or None
            Threads that the methods are told to use.

        Returns
        -------
        Provenance
            Of this process.
        """
        today = datetime.now(UTC).date().isoformat()
        return cls(package_version(), machine_name(), platform.python_version(), today, threads)


def derive_seed(seed: int, *names: str) -> int:
    """Derive the seed of one named thing from the seed of the whole.

    Python's own ``hash`` of a string differs from run to run; this does not.

    Parameters
    ----------
    seed : int
        Of the whole.
    *names : str
        What the seed is for; other names give an unrelated seed.

    Returns
    -------
    int
        From 0 to 2^64 - 1.

    Examples
    --------
    >>> derive_seed(1, "boat.png", "motion", "psf")
    14489061278963692434
    """
    return int(fingerprint([str(seed), *names]), 16)
