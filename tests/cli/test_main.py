"""The last resort: what reaches the top of the program, and how it ends."""

import signal

import pytest

import unblur.cli.app
from unblur.cli.app import main
from unblur.cli.exits import ExitCode, exit_code_of
from unblur.cli.signals import Terminated, unwind_when_terminated
from unblur.errors import (
    ArgumentError,
    ConfigurationError,
    ImageReadError,
    ImageWriteError,
    MissingExtraError,
    ModelError,
    PSFError,
)


@pytest.fixture
def broken(monkeypatch):
    """Makes the program fail with an error."""

    def fail_with(error: BaseException) -> None:
        def get_command(app):
            raise error

        monkeypatch.setattr(unblur.cli.app.typer.main, "get_command", get_command)

    return fail_with


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (ArgumentError("a"), ExitCode.USAGE),
        (PSFError("a"), ExitCode.USAGE),
        (ConfigurationError("a"), ExitCode.USAGE),
        (MissingExtraError("torch", "train"), ExitCode.USAGE),
        (ImageReadError("a"), ExitCode.FAILED),
        (ImageWriteError("a"), ExitCode.FAILED),
        (ModelError("a"), ExitCode.FAILED),
    ],
)
def test_errors_are_one_line(broken, capsys, error, code):
    broken(error)
    assert main([]) == exit_code_of(error) == code
    assert capsys.readouterr().err == f"unblur: {error}\n"


def test_a_fault_shows_a_traceback_and_a_hint(broken, capsys):
    broken(ZeroDivisionError("oh"))
    assert main([]) == ExitCode.FAULT
    said = capsys.readouterr().err
    assert "Traceback" in said
    assert "ZeroDivisionError: oh" in said
    assert said.splitlines()[-1].startswith("unblur: this is a fault")


def test_control_signs_in_an_error_do_not_reach_the_terminal(broken, capsys):
    broken(ImageReadError("a\x1b[2J\n.png: bad"))
    main([])
    assert capsys.readouterr().err == "unblur: a\\x1b[2J\\n.png: bad\n"


@pytest.mark.parametrize("end", [None, 0, 5])
def test_the_exit_code_of_typer_is_kept(broken, end):
    broken(SystemExit(end))
    assert main([]) == (end or 0)


def test_termination_has_its_own_code(broken):
    broken(Terminated(signal.SIGTERM))
    assert main([]) == ExitCode.TERMINATED == 128 + signal.SIGTERM
    assert ExitCode.INTERRUPTED == 128 + signal.SIGINT


def test_handlers_are_given_back():
    before = signal.getsignal(signal.SIGTERM)
    with pytest.raises(Terminated), unwind_when_terminated():
        signal.raise_signal(signal.SIGTERM)
    assert signal.getsignal(signal.SIGTERM) is before


def test_a_handler_of_somebody_else_stays():
    def own(number, frame):
        pass

    before = signal.signal(signal.SIGTERM, own)
    try:
        with unwind_when_terminated():
            assert signal.getsignal(signal.SIGTERM) is own
        assert signal.getsignal(signal.SIGTERM) is own
    finally:
        signal.signal(signal.SIGTERM, before)
