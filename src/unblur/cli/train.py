"""``unblur train``: train a model by a recipe."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated, Literal

import typer

from unblur.errors import MissingExtraError

__all__ = ["EXAMPLES", "needs_extra", "train"]

EXAMPLES = (
    ("unblur train recipes/psf-estimator.yaml --data photos/", "runs/NAME/last.ckpt is the result"),
    ("unblur train recipes/psf-estimator.yaml --data photos/ --resume", "goes on where it stopped"),
    (
        "unblur train recipes/psf-estimator.yaml --data photos/ --max-steps 20",
        "does it run at all?",
    ),
    ("unblur train recipes/seed-autoencoder.yaml --data pairs/", "from pairs of files"),
    ("unblur train recipes/restorer.yaml --data s3://bucket/photos", "from a bucket"),
    ("unblur train recipes/restorer.yaml --data photos/ --devices 4", "four processes or GPUs"),
)


def train(
    recipe: Annotated[
        Path, typer.Argument(metavar="RECIPE.yaml", help="What to train.", show_default=False)
    ],
    data: Annotated[
        str,
        typer.Option(
            metavar="DIR|URL",
            help="Sharp pictures, or pairs of files if the recipe learns from those.",
        ),
    ],
    validation: Annotated[
        str | None,
        typer.Option(
            metavar="DIR|URL", help="Other pictures of the same kind to measure progress on."
        ),
    ] = None,
    output: Annotated[
        Path, typer.Option("--output", "-o", metavar="DIR", help="Folder of all runs.")
    ] = Path("runs"),
    resume: Annotated[
        bool, typer.Option("--resume", help="Go on from the last checkpoint of this recipe.")
    ] = False,
    max_steps: Annotated[
        int | None,
        typer.Option(min=1, metavar="N", help="Stop after so many steps, if the recipe has more."),
    ] = None,
    threads: Annotated[
        int | None, typer.Option(min=1, metavar="N", help="CPU threads of each process.")
    ] = None,
    devices: Annotated[
        int | None,
        typer.Option(
            min=1,
            metavar="N",
            help="Processes on this machine that share each batch; as many as torchrun or SLURM "
            "started, else 1, when left out.",
        ),
    ] = None,
    num_nodes: Annotated[
        int | None,
        typer.Option(min=1, metavar="M", help="Machines that run this command together."),
    ] = None,
    strategy: Annotated[
        Literal["auto", "ddp"],
        typer.Option(help="How processes share; ddp is taken by itself if there are several."),
    ] = "auto",
    accelerator: Annotated[
        Literal["auto", "cpu", "gpu"],
        typer.Option(help="A GPU for each process if there are any, or the processors."),
    ] = "auto",
    cache: Annotated[
        Path | None,
        typer.Option(metavar="DIR", help="Where pictures of a bucket are copied to, for all runs."),
    ] = None,
) -> None:
    """Train a model by a recipe.

    Needs the extra 'train': pip install 'unblur[train]'. Ctrl-C finishes the step and writes a
    checkpoint; --resume goes on from there. The log is for TensorBoard; history.csv beside the
    checkpoint has a line an epoch.
    """
    try:
        from unblur.training.run import is_first_process
        from unblur.training.run import train as run
    except ModuleNotFoundError as error:
        raise needs_extra(error) from error
    checkpoint = run(
        recipe,
        data,
        output,
        validation=validation,
        resume=resume,
        max_steps=max_steps,
        threads=threads,
        devices=devices,
        num_nodes=num_nodes,
        strategy=strategy,
        accelerator=accelerator,
        cache=cache,
        progress=sys.stderr.isatty(),
    )
    if is_first_process():
        typer.echo(checkpoint)


def needs_extra(error: ModuleNotFoundError) -> Exception:
    """Turn a missing package of the extra ``train`` into a word on how to get it."""
    package = (error.name or "").partition(".")[0]
    return error if package in ("", "unblur") else MissingExtraError(package, "train")
