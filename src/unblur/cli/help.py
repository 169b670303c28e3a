"""Help pages: headings, aligned columns and examples, without loading rich.

typer's own pages in boxes import rich, a Markdown parser and a syntax highlighter, which takes
three times as long as all the rest of ``unblur --help`` together.
"""

from __future__ import annotations

import os
import shutil
import textwrap
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import typer
from typer.core import TyperCommand, TyperGroup

from unblur.cli.exits import MEANINGS

__all__ = ["CommandWithPage", "GroupWithPage", "Rows"]

Rows = Iterable[tuple[str, str]]

_WIDEST = 100
_COLUMN = 28  # a longer entry gets a line of its own


class CommandWithPage(TyperCommand):
    """A command whose help page ends with examples."""

    examples: Rows = ()

    def collect_usage_pieces(self, ctx: Any) -> list[str]:
        """Say what is typed after the command's name."""
        parameters = self.get_params(ctx)
        names = [_argument_name(each) for each in parameters if _is_argument(each)]
        return [*names, "[OPTIONS]"]

    def format_help(self, ctx: Any, formatter: Any) -> None:
        """Write the whole page."""
        sections = _parameter_sections(self, ctx)
        sections["Examples"] = [(f"$ {line}", text) for line, text in self.examples]
        formatter.write(_page(self, ctx, sections))


class GroupWithPage(TyperGroup):
    """A command of commands; the program itself is one that lists them without loading any."""

    examples: Rows = ()

    def collect_usage_pieces(self, ctx: Any) -> list[str]:
        """Say what is typed after the program's name."""
        return ["COMMAND", "[OPTIONS]"]

    def panels(self) -> Mapping[str, Rows]:
        """Name and summary of every command, by panel."""
        lines = {name: (part.help or "").splitlines() for name, part in self.commands.items()}
        return {"Commands": [(name, line[0] if line else "") for name, line in lines.items()]}

    def format_help(self, ctx: Any, formatter: Any) -> None:
        """Write the whole page."""
        sections: dict[str, Rows] = dict(self.panels())
        sections |= _parameter_sections(self, ctx)
        sections["Examples"] = [(f"$ {line}", text) for line, text in self.examples]
        sections["Exit codes"] = [(f"{code:d}", text) for code, text in MEANINGS.items()]
        formatter.write(_page(self, ctx, sections))


def _parameter_sections(command: Any, ctx: Any) -> dict[str, Rows]:
    sections: dict[str, list[tuple[str, str]]] = {"Arguments": []}
    for parameter in command.get_params(ctx):
        record = parameter.get_help_record(ctx)
        if record is not None and _is_argument(parameter):
            sections["Arguments"].append((_argument_name(parameter), record[1]))
        elif record is not None:
            panel = getattr(parameter, "rich_help_panel", None) or "Options"
            sections.setdefault(panel, []).append(record)
    if "Options" in sections:
        sections["Options"] = sections.pop("Options")  # the general ones come last
    return dict(sections)


def _page(command: Any, ctx: Any, sections: Mapping[str, Rows]) -> str:
    width = min(shutil.get_terminal_size().columns, _WIDEST)
    lines = [*_paragraphs(command.help or "", width), ""]
    usage = " ".join([ctx.command_path, *command.collect_usage_pieces(ctx)])
    lines.append(f"{_heading('Usage')} {usage}")
    for title, rows in sections.items():
        if rows := list(rows):
            lines += ["", _heading(title), *_columns(rows, width)]
    return "\n".join(lines)


def _is_argument(parameter: Any) -> bool:
    return bool(parameter.param_type_name == "argument")


def _argument_name(argument: Any) -> str:
    return str(argument.metavar or argument.name.upper())


def _paragraphs(text: str, width: int) -> Iterator[str]:
    for number, paragraph in enumerate(text.strip().split("\n\n")):
        if number:
            yield ""
        yield from textwrap.wrap(paragraph, width)


def _columns(rows: list[tuple[str, str]], width: int) -> Iterator[str]:
    longest = max((len(name) for name, _ in rows), default=0)
    column = min(longest, _COLUMN if longest > 2 * _COLUMN else width // 2)
    for name, text in rows:
        wrapped = textwrap.wrap(text, max(width - column - 4, 20)) or [""]
        if len(name) > column:
            yield f"  {_entry(name)}"
        else:
            yield f"  {_entry(name)}{' ' * (column - len(name))}  {wrapped.pop(0)}".rstrip()
        yield from (" " * (column + 4) + line for line in wrapped)


def _heading(text: str) -> str:
    return _styled(f"{text}:", fg=typer.colors.YELLOW, bold=True)


def _entry(text: str) -> str:
    return _styled(text, fg=typer.colors.CYAN)


def _styled(text: str, *, fg: str, bold: bool | None = None) -> str:
    # typer.echo drops the colours when it does not write to a terminal, but not for NO_COLOR
    return text if os.environ.get("NO_COLOR") else typer.style(text, fg=fg, bold=bold)
