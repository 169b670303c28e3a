"""``unblur models``: list the models that come with unblur."""

from __future__ import annotations

import json
import sys
from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated

import typer

from unblur.cli.exits import ExitCode
from unblur.cli.talk import complain

if TYPE_CHECKING:
    from unblur.cards import ModelCard

__all__ = ["EXAMPLES", "models"]

EXAMPLES = (
    ("unblur models", "a table"),
    ("unblur models --json", "every fact of every card, one JSON object a network and line"),
)

_PIPE_WIDTH = 200  # room for whole sentences where there is no screen


def models(
    as_json: Annotated[
        bool, typer.Option("--json", help="Print one JSON object a network and line.")
    ] = False,
) -> None:
    """List the models that come with unblur.

    A model is one or more networks, each with its card: what it does, how large it is, what it
    was trained on and by which recipe, its licence, and the SHA-256 of its file, which is
    checked whenever it is loaded.
    """
    from unblur.cards import load_card, weights_folder

    rows = []
    for path in sorted(weights_folder().glob("*/*.onnx")):
        card, content = load_card(path)
        rows.append((path.parent.name, card, len(content)))
    if as_json:
        for model, card, size in rows:
            typer.echo(json.dumps({"model": model, "bytes": size, **asdict(card)}))
    elif rows:
        _print_table(rows)
    else:
        complain("unblur: no model is installed: reinstall unblur")
        raise typer.Exit(ExitCode.FAILED)


def _print_table(rows: list[tuple[str, ModelCard, int]]) -> None:
    from rich.console import Console
    from rich.table import Table

    table = Table("model", "network", "task", box=None, header_style="bold", pad_edge=False)
    table.add_column("parameters", justify="right")
    table.add_column("size", justify="right")
    for title in ("SHA-256", "licence", "trained on"):
        table.add_column(title)
    for model, card, size in rows:
        table.add_row(
            model,
            card.id,
            card.task,
            f"{card.parameters:,}",
            f"{size / 1e6:.2f} MB",
            card.sha256[:12],
            card.licence,
            card.data,
        )
    Console(width=None if sys.stdout.isatty() else _PIPE_WIDTH).print(table, highlight=False)
