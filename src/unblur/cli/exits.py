"""Exit codes: what a script can rely on, and how an error becomes one."""

from __future__ import annotations

import enum

from unblur.errors import ArgumentError, ConfigurationError, MissingExtraError, UnblurError

__all__ = ["MEANINGS", "ExitCode", "exit_code_of"]


class ExitCode(enum.IntEnum):
    """How a run ended."""

    DONE = 0
    FAILED = 1
    USAGE = 2
    NOTHING = 3
    FAULT = 70
    INTERRUPTED = 130
    TERMINATED = 143


MEANINGS = {
    ExitCode.DONE: "all done, now or by an earlier run",
    ExitCode.FAILED: "something failed; the others are done",
    ExitCode.USAGE: "a wrong option, value or combination; nothing was done",
    ExitCode.NOTHING: "no picture among the paths",
    ExitCode.FAULT: "a fault in unblur itself",
    ExitCode.INTERRUPTED: "Ctrl-C; finished files stay, nothing half-written does",
    ExitCode.TERMINATED: "SIGTERM; the same",
}


def exit_code_of(error: UnblurError) -> ExitCode:
    """Tell what the caller got wrong (`USAGE`) from what went wrong on the way (`FAILED`)."""
    wrong_call = isinstance(error, ArgumentError | ConfigurationError | MissingExtraError)
    return ExitCode.USAGE if wrong_call else ExitCode.FAILED
