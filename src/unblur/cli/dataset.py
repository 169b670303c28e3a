"""``unblur dataset``: make and check paired data sets."""

from __future__ import annotations

import json
import sys
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from unblur.cli.bar import progress_bar
from unblur.cli.exits import ExitCode
from unblur.cli.talk import complain, printable
from unblur.errors import ArgumentError

if TYPE_CHECKING:
    from unblur.evaluation.dataset.checking import DatasetCheck
    from unblur.evaluation.dataset.making import MadeDataset
    from unblur.evaluation.dataset.settings import DatasetSettings

__all__ = ["COMMANDS", "EXAMPLES", "check", "dataset", "make"]

_HOW = "How strong the blur is, in pixels of what is written"
_AFTER = "After the blur"
_PIPE_WIDTH = 200  # room for whole sentences where there is no screen

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
_CHECK_EXAMPLES = (
    ("unblur dataset check pairs/", "ends with 1 if something is wrong"),
    ("unblur dataset check pairs/ --validation held-out/", "is a picture in both?"),
    ("unblur dataset check pairs/ --json > check.json", "with the misalignment of every pair"),
)
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
    from unblur.evaluation.dataset.making import make_dataset
    from unblur.evaluation.dataset.settings import DatasetSettings

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


def check(
    folder: Annotated[
        Path,
        typer.Argument(metavar="DIR", help="Paired pictures in any layout.", show_default=False),
    ],
    validation: Annotated[
        Path | None,
        typer.Option(
            metavar="DIR2", help="Pictures that must not be in DIR: pairs, or any folder."
        ),
    ] = None,
    tolerance: Annotated[
        float | None,
        typer.Option(
            min=0.0,
            metavar="PX",
            help="How far a pair may be shifted; half a per cent of its longer side when left out.",
        ),
    ] = None,
    as_json: Annotated[
        bool, typer.Option("--json", help="Print one JSON object instead of the table.")
    ] = False,
) -> None:
    """Find what is wrong with a set of pairs.

    Listed are pictures without a partner, unreadable ones, pairs of two sizes, pairs that are not
    aligned (by a shift, or by a homography, both found by ECC), pictures that are there twice, and
    pictures that are in the validation, too, also resized or compressed anew. Sharp pictures that
    merely look alike, such as frames of a video, are listed as a hint.
    """
    from unblur.evaluation.dataset.checking import check_dataset

    with progress_bar() as advance:
        found = check_dataset(
            folder, validation, tolerance=tolerance, progress=lambda step: advance(*step)
        )
    if as_json:
        faults = [fault.to_dict() for fault in found.faults]
        pairs = [pair.to_dict() for pair in found.offsets]
        typer.echo(json.dumps({"right": found.is_right, "faults": faults, "pairs": pairs}))
    else:
        _tell_check(found)
    if not found.is_right:
        raise typer.Exit(ExitCode.FAILED)


def _tell_check(found: DatasetCheck) -> None:
    import numpy as np
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    paired = found.paired
    scenes = len({pair.name for pair in paired.pairs})
    kinds = ", ".join(paired.kinds)
    typer.echo(f"{printable(paired.root)}: {len(paired.pairs)} pairs of {scenes} scenes ({kinds})")
    if found.offsets:
        shifts = [float(np.hypot(*pair.offset.shift)) for pair in found.offsets]
        typer.echo(f"shift: median {np.median(shifts):.2f} px, largest {max(shifts):.2f} px")
    if found.faults:
        table = Table("what", "picture", "why", box=None, header_style="bold", pad_edge=False)
        for fault in found.faults:
            what = f"{fault.what} (hint)" if fault.is_hint else fault.what
            path = fault.path
            name = path.relative_to(paired.root) if path.is_relative_to(paired.root) else path
            table.add_row(what, Text(printable(name), overflow="fold"), printable(fault.reason))
        Console(width=None if sys.stdout.isatty() else _PIPE_WIDTH).print(table, highlight=False)
    counts = Counter(fault.what for fault in found.faults)
    typer.echo(", ".join(f"{n} {what}" for what, n in counts.items()) or "nothing is wrong")


COMMANDS = ((make, _MAKE_EXAMPLES), (check, _CHECK_EXAMPLES))
