"""``unblur dataset``: make and check paired data sets."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from unblur.cli.bar import progress_bar
from unblur.cli.exits import ExitCode
from unblur.cli.talk import complain, printable
from unblur.errors import ArgumentError

if TYPE_CHECKING:
    from unblur.evaluation.dataset import MadeDataset
    from unblur.evaluation.dataset_settings import DatasetSettings

__all__ = ["COMMANDS", "EXAMPLES", "dataset", "make"]

_HOW = "How strong the blur is, in pixels of what is written"
_AFTER = "After the blur"

_MAKE_EXAMPLES = (
    ("unblur dataset make photos/ pairs/ --blur defocus", "350 pairs of 128x128, as the paper's"),
    ("unblur dataset make photos/ pairs/ --blur defocus,motion", "triplets; run it again to go on"),
    (
        "unblur dataset make photos/ pairs/ --blur shake --crop --size 256 --count 1000",
        "crops at full resolution",
    ),
    (
        "unblur dataset make photos/ pairs/ --blur mixed --noise 0,0.02 --jpeg 70,95",
        "noise and JPEG of all strengths between",
    ),
)
_CHECK_EXAMPLES: tuple[tuple[str, str], ...] = ()
EXAMPLES = (*_MAKE_EXAMPLES[:1], *_CHECK_EXAMPLES[:1])


def dataset() -> None:
    """Make and check sets of blurred and sharp pictures.

    The layout is that of the paper's data: the folders sharp, defocused_blurred, motion_blurred
    and so on hold pictures of the same names, but for the letter that ends them.
    """


def make(
    sharp: Annotated[
        Path,
        typer.Argument(
            metavar="SHARP_DIR",
            help="Sharp pictures, searched to the bottom.",
            show_default=False,
        ),
    ],
    folder: Annotated[
        Path,
        typer.Argument(metavar="OUT_DIR", help="Where the pairs go.", show_default=False),
    ],
    blur: Annotated[
        str,
        typer.Option(
            metavar="KIND,KIND",
            help="One or more of: defocus, motion, shake, gaussian, box, mixed. Every picture is "
            "blurred once in each way; mixed draws the kind, too.",
        ),
    ],
    size: Annotated[int, typer.Option(min=1, metavar="N", help="Rows and columns.")] = 128,
    count: Annotated[int, typer.Option(min=1, metavar="N", help="How many scenes.")] = 350,
    crop: Annotated[
        bool,
        typer.Option(
            "--crop",
            help="Cut crops at full resolution, several of a picture where there are too few, "
            "rather than resize whole pictures without keeping their aspect, as the paper does.",
        ),
    ] = False,
    resample: Annotated[
        Literal["nearest", "lanczos"],
        typer.Option(help="How pictures are resized: nearest aliases, as the paper's do."),
    ] = "nearest",
    encoded: Annotated[
        bool,
        typer.Option(
            "--encoded", help="Blur the stored numbers rather than the light, as a lens does."
        ),
    ] = False,
    seed: Annotated[
        int, typer.Option(min=0, metavar="N", help="The same seed gives the same files.")
    ] = 0,
    overwrite: Annotated[
        bool, typer.Option("--overwrite", help="Replace a data set that is there already.")
    ] = False,
    as_json: Annotated[
        bool, typer.Option("--json", help="Print one JSON object at the end.")
    ] = False,
    noise: Annotated[
        str,
        typer.Option(
            metavar="SIGMA|LOW,HIGH",
            rich_help_panel=_AFTER,
            help="Standard deviation of the noise; 1 is the whole range.",
        ),
    ] = "0",
    jpeg: Annotated[
        str | None,
        typer.Option(
            metavar="Q|LOW,HIGH", rich_help_panel=_AFTER, help="Leave the traces of a JPEG."
        ),
    ] = None,
    sigma: Annotated[
        str, typer.Option(metavar="LOW,HIGH", rich_help_panel=_HOW, help="Of gaussian.")
    ] = "1,3",
    radius: Annotated[
        str, typer.Option(metavar="LOW,HIGH", rich_help_panel=_HOW, help="Of defocus.")
    ] = "1.5,6",
    length: Annotated[
        str, typer.Option(metavar="LOW,HIGH", rich_help_panel=_HOW, help="Of motion.")
    ] = "5,20",
    extent: Annotated[
        str, typer.Option(metavar="LOW,HIGH", rich_help_panel=_HOW, help="Of shake.")
    ] = "8,25",
    width: Annotated[
        str, typer.Option(metavar="LOW,HIGH", rich_help_panel=_HOW, help="Of box.")
    ] = "3,15",
) -> None:
    """Make pairs of sharp pictures, blurred in known ways.

    A manifest tells PSF, noise and seed of every picture. A second run with the same words goes
    on where the first one ended. The blur uses true pixels beyond the border, so a sharp picture
    must be somewhat larger than what is written; smaller ones are listed and left out.
    """
    from unblur.evaluation.dataset import make_dataset
    from unblur.evaluation.dataset_settings import DatasetSettings

    quality = None if jpeg is None else _range("--jpeg", jpeg)
    settings = DatasetSettings(
        kinds=tuple(word.strip() for word in blur.split(",") if word.strip()),
        size=size,
        count=count,
        framing="crop" if crop else "resize",
        resample=resample,
        linear=not encoded,
        noise=_range("--noise", noise),
        jpeg=None if quality is None else (round(quality[0]), round(quality[1])),
        seed=seed,
        sigma=_range("--sigma", sigma),
        radius=_range("--radius", radius),
        length=_range("--length", length),
        extent=_range("--extent", extent),
        width=_range("--width", width),
    )
    with progress_bar() as advance:
        made = make_dataset(
            sharp, folder, settings, overwrite=overwrite, progress=lambda step: advance(*step)
        )
    _tell_made(made, settings, as_json=as_json)


def _range(option: str, text: str) -> tuple[float, float]:
    """Parse one number, or the smallest and the largest."""
    try:
        numbers = [float(word) for word in text.split(",")]
    except ValueError:
        numbers = []
    if len(numbers) not in (1, 2):
        raise ArgumentError(f"{option} {text!r} is no range: give one number, or LOW,HIGH")
    return numbers[0], numbers[-1]


def _tell_made(made: MadeDataset, settings: DatasetSettings, *, as_json: bool) -> None:
    for path, reason in made.too_small.items():
        complain(f"left out: {path}: {reason}")
    for error in made.unreadable.values():
        complain(f"left out: {error}")
    if as_json:
        typer.echo(json.dumps(_as_dict(made)))
    else:
        kinds = ", ".join(settings.kinds)
        new = "" if made.made == made.scenes else f" ({made.made} of them new)"
        typer.echo(f"{printable(made.folder)}: {made.scenes} scenes{new}, blurred by {kinds}")
    if settings.count is not None and made.scenes < settings.count:
        complain(
            f"only {made.scenes} of {settings.count} scenes: there are no more sharp pictures"
            + ("" if settings.framing == "crop" else "; --crop takes several of one")
        )
    if made.unreadable or not made.scenes:
        raise typer.Exit(ExitCode.FAILED if made.scenes else ExitCode.NOTHING)


def _as_dict(made: MadeDataset) -> dict[str, object]:
    return {
        "folder": str(made.folder),
        "scenes": made.scenes,
        "made": made.made,
        "too_small": [str(path) for path in made.too_small],
        "unreadable": [str(error) for error in made.unreadable.values()],
    }


COMMANDS = ((make, _MAKE_EXAMPLES),)
