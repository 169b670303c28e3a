"""How a server is set up: where it listens, who may ask, and what bounds each request."""

from __future__ import annotations

import ipaddress
import os
from dataclasses import dataclass
from typing import Literal

from unblur.errors import ArgumentError

__all__ = ["Device", "Settings", "default_workers", "is_loopback"]

Device = Literal["auto", "cpu", "cuda", "directml", "coreml", "openvino"]


@dataclass(frozen=True)
class Settings:
    """Everything that an operator decides.

    Parameters
    ----------
    host : str
        Address to listen on.
    port : int
        Port to listen on; 0 lets the system choose one.
    token : str, optional
        What a client must show as bearer token; none is asked for when left out.
    insecure : bool
        Listen beyond this machine without a token.
    names : tuple of str
        Host names under which a reverse proxy offers this server, beside those of this machine.
    workers : int
        Processes that restore, each one picture at a time.
    threads : int
        Processor threads of each of them.
    device : str
        What runs their networks, as for `unblur.Restorer`.
    waiting : int
        Requests that may wait for a worker; more are answered by 429.
    max_bytes : int
        Largest body of a request.
    max_pixels : int
        Largest picture.
    work_seconds : float
        Longest time that a worker may spend on one picture.
    transfer_seconds : float
        Longest time that a body or an answer may take on its way.
    worker_bytes : int
        Address space of a worker, where the system can bound it; 0 leaves it unbounded.

    Raises
    ------
    ArgumentError
        When a bound is not positive, or the address is open to others and no token protects it.

    Examples
    --------
    >>> Settings(host="0.0.0.0")
    Traceback (most recent call last):
    ...
    unblur.errors.ArgumentError: 0.0.0.0 can be reached by others: set UNBLUR_TOKEN, or say \
--insecure if every one of them may use this server
    """

    host: str = "127.0.0.1"
    port: int = 8000
    token: str | None = None
    insecure: bool = False
    names: tuple[str, ...] = ()
    workers: int = 1
    threads: int = 1
    device: Device = "auto"
    waiting: int = 16
    max_bytes: int = 64_000_000
    max_pixels: int = 50_000_000
    work_seconds: float = 300.0
    transfer_seconds: float = 120.0
    worker_bytes: int = 8_000_000_000

    def __post_init__(self) -> None:
        bounds = {
            "workers": self.workers,
            "threads": self.threads,
            "max_bytes": self.max_bytes,
            "max_pixels": self.max_pixels,
            "work_seconds": self.work_seconds,
            "transfer_seconds": self.transfer_seconds,
        }
        for name, value in bounds.items():
            if not value > 0:
                raise ArgumentError(f"{name} must be more than 0, not {value}")
        if self.waiting < 0:
            raise ArgumentError(f"waiting must be 0 or more, not {self.waiting}")
        if self.token is not None and not (self.token.isascii() and len(self.token) >= 8):
            raise ArgumentError("UNBLUR_TOKEN must have at least 8 characters, all ASCII")
        if not (self.token or self.insecure or is_loopback(self.host)):
            raise ArgumentError(
                f"{self.host} can be reached by others: set UNBLUR_TOKEN, or say --insecure if "
                "every one of them may use this server"
            )


def is_loopback(host: str) -> bool:
    """Tell whether only this machine can reach an address.

    Examples
    --------
    >>> is_loopback("127.0.0.1"), is_loopback("::1"), is_loopback("0.0.0.0")
    (True, True, False)
    """
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:  # a name may point anywhere
        return False


def default_workers() -> tuple[int, int]:
    """Share the processors out: workers, and threads of each.

    Two threads halve the time that one person waits; beyond that more workers bring more.
    """
    seen = hasattr(os, "sched_getaffinity")
    cores = len(os.sched_getaffinity(0)) if seen else os.cpu_count() or 1
    return max(1, cores // 2), min(2, cores)
