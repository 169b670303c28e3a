"""Stop like Ctrl-C does when the system asks: unwind, so that every temporary file goes."""

from __future__ import annotations

import contextlib
import signal
from collections.abc import Iterator
from types import FrameType
from typing import NoReturn

__all__ = ["Terminated", "unwind_when_terminated"]

_NAMES = ("SIGTERM", "SIGHUP")  # SIGHUP: the terminal was closed; Windows has none


class Terminated(BaseException):
    """The system asked the program to stop; no ``except Exception`` takes it.

    Parameters
    ----------
    signum : int
        The signal's number.
    """

    def __init__(self, signum: int) -> None:
        super().__init__(signum)
        self.exit_code = 128 + signum


@contextlib.contextmanager
def unwind_when_terminated() -> Iterator[None]:
    """Raise `Terminated` in the main thread instead of dying on the spot."""

    def stop(signum: int, frame: FrameType | None) -> NoReturn:
        signal.signal(signum, signal.SIG_IGN)  # a second one must not break the unwinding
        raise Terminated(signum)

    numbers = [getattr(signal, name) for name in _NAMES if hasattr(signal, name)]
    # nohup ignores SIGHUP on purpose, and an embedding program may have its own handlers
    taken = [number for number in numbers if signal.getsignal(number) is signal.SIG_DFL]
    for number in taken:
        signal.signal(number, stop)
    try:
        yield
    finally:
        for number in taken:
            signal.signal(number, signal.SIG_DFL)
