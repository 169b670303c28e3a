"""The program ``unblur``: its commands, each loaded when it is called, and its last resort."""

from __future__ import annotations

import sys
import traceback
import warnings
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from importlib import import_module
from typing import Annotated, Any, cast

import typer

from unblur.cli.exits import ExitCode, exit_code_of
from unblur.cli.help import CommandWithPage, GroupWithPage, Rows
from unblur.cli.signals import Terminated, unwind_when_terminated
from unblur.cli.talk import complain
from unblur.errors import DeviceWarning, UnblurError

__all__ = ["COMMANDS", "CommandEntry", "app", "main"]


@dataclass(frozen=True)
class CommandEntry:
    """What the first page tells of a command, known without importing it.

    Parameters
    ----------
    name : str
        As typed; the module and the function in it have the same name.
    panel : str
        Heading under which it is listed.
    summary : str
        One line, the first of the function's docstring (a test compares them).
    """

    name: str
    panel: str
    summary: str

    def load(self) -> CommandWithPage | GroupWithPage:
        """Import the command's module and turn its function into a command.

        A module with ``COMMANDS``, pairs of a function and its examples, becomes a group of them.
        """
        module = import_module(f"unblur.cli.{self.name}")
        function, parts = getattr(module, self.name), getattr(module, "COMMANDS", ())
        made = typer.Typer(
            cls=GroupWithPage, add_completion=False, rich_markup_mode=None, no_args_is_help=True
        )
        for part, _ in parts:
            made.command(part.__name__, cls=CommandWithPage)(part)
        if parts:
            made.callback()(function)
        else:
            made.command(self.name, cls=CommandWithPage)(function)
        command = cast(CommandWithPage | GroupWithPage, typer.main.get_command(made))
        command.examples = getattr(module, "EXAMPLES", ())
        for part, examples in parts:
            single = cast(GroupWithPage, command).commands[part.__name__]
            cast(CommandWithPage, single).examples = examples
        return command


COMMANDS = (
    CommandEntry("restore", "Pictures", "Turn blurred pictures sharp."),
    CommandEntry("burst", "Pictures", "Merge several frames of one scene into one sharp picture."),
    CommandEntry("video", "Pictures", "Turn a blurred video sharp."),
    CommandEntry(
        "deconvolve", "Pictures", "Take the blur out of a measured stack, in its own numbers."
    ),
    CommandEntry("inspect", "Pictures", "Say how pictures are blurred: kind, size, direction."),
    CommandEntry("replay", "Pictures", "Make recorded results again, and compare."),
    CommandEntry("degrade", "Pictures", "Blur a picture in a known way."),
    CommandEntry("serve", "Pictures", "Offer a page for people and a service for programs."),
    CommandEntry("models", "Models and research", "List the models that come with unblur."),
    CommandEntry(
        "dataset", "Models and research", "Make and check sets of blurred and sharp pictures."
    ),
    CommandEntry("train", "Models and research", "Train a model by a recipe."),
    CommandEntry("export", "Models and research", "Turn a trained checkpoint into model files."),
    CommandEntry(
        "evaluate",
        "Models and research",
        "Score methods and models on pairs of blurred and sharp pictures.",
    ),
    CommandEntry(
        "benchmark", "Models and research", "Compare methods on pictures with known blur."
    ),
)

_EXAMPLES: Rows = (
    ("unblur restore photo.jpg", "writes photo.sharp.jpg beside it"),
    ("unblur restore shots/ -o sharp/", "a whole folder, as a tree of the same shape"),
    ("unblur inspect photo.jpg", "what blurred it, and how sure that is"),
    ("unblur restore --help", "every command explains itself like this"),
)


class _Commands(Mapping[str, CommandWithPage | GroupWithPage]):
    """The commands by name; looking one up imports it."""

    def __init__(self, entries: Sequence[CommandEntry]) -> None:
        self._entries = {entry.name: entry for entry in entries}

    def __getitem__(self, name: str) -> CommandWithPage | GroupWithPage:
        return self._entries[name].load()

    def __iter__(self) -> Iterator[str]:
        return iter(self._entries)

    def __len__(self) -> int:
        return len(self._entries)


class _Program(GroupWithPage):
    examples = _EXAMPLES

    def __init__(self, **settings: Any) -> None:
        super().__init__(**settings)
        self.commands = _Commands(COMMANDS)  # type: ignore[assignment]  # typer only reads it

    def list_commands(self, ctx: Any) -> list[str]:
        return list(self.commands)  # names only: typer's own way would load them all

    def panels(self) -> Mapping[str, Rows]:
        panels: dict[str, list[tuple[str, str]]] = {}
        for entry in COMMANDS:
            panels.setdefault(entry.panel, []).append((entry.name, entry.summary))
        return dict(panels)


app = typer.Typer(
    cls=_Program,
    rich_markup_mode=None,
    no_args_is_help=True,
    context_settings={"help_option_names": ["--help", "-h"]},
)


def _print_version(wanted: bool) -> None:
    if wanted:
        from unblur import __version__

        typer.echo(f"unblur {__version__}")
        raise typer.Exit


@app.callback()
def _program(
    version: Annotated[
        bool,
        typer.Option("--version", callback=_print_version, is_eager=True, help="Say which unblur."),
    ] = False,
) -> None:
    """Turn blurred photographs sharp, find out what blurred them, and compare ways to do it."""


def _say(show: Callable[..., None]) -> Callable[..., None]:
    """Say what goes on without a device in one line; leave other warnings to Python."""

    def say(message: Warning | str, category: type[Warning], *place: object) -> None:
        if issubclass(category, DeviceWarning):
            complain(f"unblur: {message}")
        else:
            show(message, category, *place)

    return say


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the program.

    Parameters
    ----------
    arguments : sequence of str, optional
        Words after the program's name; those of the process when left out.

    Returns
    -------
    int
        The exit code, see `unblur.cli.exits.ExitCode`.

    Examples
    --------
    >>> main(["--version"])
    unblur ...
    0
    """
    try:
        # file names need not be valid text: show such bytes escaped, never stop at them
        for stream in (sys.stdout, sys.stderr):
            if hasattr(stream, "reconfigure"):
                stream.reconfigure(errors="backslashreplace")
        with warnings.catch_warnings(), unwind_when_terminated():
            # Pillow's doubts on size and EXIF: what matters of them is said in our own words
            warnings.filterwarnings("ignore", module=r"(PIL|pydicom)\.")
            warnings.simplefilter("default", DeviceWarning)
            warnings.showwarning = _say(warnings.showwarning)
            typer.main.get_command(app).main(args=arguments, prog_name="unblur")
    except SystemExit as end:
        return end.code if isinstance(end.code, int) else ExitCode.DONE
    except Terminated as stop:
        return stop.exit_code
    except UnblurError as error:
        complain(f"unblur: {error}")
        return exit_code_of(error)
    except Exception:
        traceback.print_exc()
        complain(
            "unblur: this is a fault in unblur, not in what you did; "
            "please report it with the lines above and the command"
        )
        return ExitCode.FAULT
    return ExitCode.DONE
