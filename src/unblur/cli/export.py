"""``unblur export``: turn a trained checkpoint into model files."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from unblur.cli.train import needs_extra

__all__ = ["EXAMPLES", "export"]

_CARD = "For the card"

EXAMPLES = (
    (
        "unblur export recipes/restorer.yaml runs/restorer/last.ckpt -o mine/ --data 'my photos'",
        "then: unblur restore photo.jpg --model mine/",
    ),
)


def export(
    recipe: Annotated[
        Path,
        typer.Argument(
            metavar="RECIPE.yaml", help="What the checkpoint was trained by.", show_default=False
        ),
    ],
    checkpoint: Annotated[
        Path, typer.Argument(metavar="CHECKPOINT", help="From unblur train.", show_default=False)
    ],
    output: Annotated[
        Path,
        typer.Option(
            "--output", "-o", metavar="DIR", help="Where the ONNX files and their cards go."
        ),
    ],
    data: Annotated[
        str,
        typer.Option(metavar="TEXT", rich_help_panel=_CARD, help="What it was trained on."),
    ],
    licence: Annotated[
        str, typer.Option(metavar="TEXT", rich_help_panel=_CARD, help="Licence of the weights.")
    ] = "Apache-2.0",
    steps: Annotated[
        int, typer.Option(min=0, metavar="N", rich_help_panel=_CARD, help="Optimiser steps in all.")
    ] = 0,
    hours: Annotated[
        str,
        typer.Option(metavar="TEXT", rich_help_panel=_CARD, help="Hours, and on which machine."),
    ] = "",
    figures: Annotated[
        str, typer.Option(metavar="TEXT", rich_help_panel=_CARD, help="Validation figures.")
    ] = "",
    half: Annotated[
        bool, typer.Option("--half", help="Store the weights in 16 bits, in half the space.")
    ] = False,
) -> None:
    """Turn a trained checkpoint into model files.

    Each network becomes an ONNX file that takes any size, with its card beside it, and is
    compared with the trained network: they must agree to 1e-4. Needs the extra 'train':
    pip install 'unblur[train]'.
    """
    try:
        from unblur.training.export import ExportFacts
        from unblur.training.export import export as run
    except ModuleNotFoundError as error:
        raise needs_extra(error) from error
    facts = ExportFacts(
        data=data,
        recipes=(recipe.name,),
        steps=steps,
        hours=hours,
        figures=figures,
        licence=licence,
    )
    for card in run(recipe, checkpoint, output, facts, half=half):
        typer.echo(f"{output / card.id}.onnx")
