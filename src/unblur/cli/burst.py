"""``unblur burst``: merge several frames of one scene into one sharp picture."""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from unblur.cli.exits import ExitCode
from unblur.cli.talk import complain, printable
from unblur.errors import ArgumentError

if TYPE_CHECKING:
    from unblur import Burst, BurstFrame

__all__ = ["EXAMPLES", "burst"]

EXAMPLES = (
    ("unblur burst shot-1.jpg shot-2.jpg shot-3.jpg -o merged.jpg", "hand-held shots of one scene"),
    ("unblur burst frames/ -o merged.png --restore", "a folder; what blur is left is removed"),
    ("unblur burst frames/ -o mean.png --power 0", "the mean: less noise, but not sharper"),
)


def burst(
    paths: Annotated[
        list[Path],
        typer.Argument(
            metavar="FRAMES...",
            help="Two or more pictures of one scene and one size, or folders of them, in order of "
            "their names. The first is the one that the others are laid on.",
            show_default=False,
        ),
    ],
    output: Annotated[
        Path,
        typer.Option("--output", "-o", metavar="OUT", help="The merged picture."),
    ],
    power: Annotated[
        float,
        typer.Option(
            "--power",
            "--p",
            min=0.0,
            metavar="P",
            help="How strongly to prefer the sharpest frame in each frequency; 0 is the mean.",
        ),
    ] = 11.0,
    register: Annotated[
        bool,
        typer.Option(
            "--register/--no-register",
            help="Find how the frames moved, and lay them on each other.",
        ),
    ] = True,
    restore: Annotated[
        bool,
        typer.Option("--restore", help="Restore the merged picture, as 'unblur restore' does."),
    ] = False,
    model: Annotated[
        str, typer.Option(metavar="NAME|DIR", help="The model behind --restore.")
    ] = "default",
    overwrite: Annotated[
        bool, typer.Option("--overwrite", help="Replace OUT if it exists.")
    ] = False,
    strip: Annotated[bool, typer.Option("--strip", help="Leave out metadata.")] = False,
    as_json: Annotated[
        bool, typer.Option("--json", help="Print one JSON object a frame: how it moved.")
    ] = False,
) -> None:
    """Merge several frames of one scene into one sharp picture.

    A shaking hand blurs every frame in another way. In each frequency the frames count by how much
    of it they kept (Fourier burst accumulation), so the result has less blur and less noise than
    any of them. What moved in the scene is taken from the first frame alone; frames that show
    something else altogether are left out, and named.

    The frames are read one by one, so their number is not limited. Depth, transparency and
    metadata are those of the first.
    """
    from unblur import Burst, read_photo, write_photo

    frames = _frames(paths)
    if output.exists() and not overwrite:
        raise ArgumentError(f"{output}: exists already: choose another name, or add --overwrite")
    first = read_photo(frames[0])
    merger = Burst(power=power, align=register)
    left_out = _take(merger, frames, as_json=as_json)
    pixels = merger.merge()
    if restore:
        from unblur import Restorer

        pixels = Restorer(model).restore(pixels)
    write_photo(first.with_pixels(pixels), output, overwrite=overwrite, strip=strip)
    if left_out:
        complain(f"left out, because they do not fit {printable(frames[0])}:")
        for path in left_out:
            complain(f"  {printable(path)}")
        raise typer.Exit(ExitCode.FAILED)


def _frames(paths: Sequence[Path]) -> list[Path]:
    from unblur import find_photos

    found = [
        each
        for path in paths
        for each in (sorted(photo.path for photo in find_photos(path)) if path.is_dir() else [path])
    ]
    if len(found) < 2:
        raise ArgumentError(f"{len(found)} frame makes no burst: give two or more of one scene")
    return found


def _take(merger: Burst, frames: Sequence[Path], *, as_json: bool) -> list[Path]:
    """Add the frames one by one, tell of each, and return those that were left out."""
    from unblur import read_photo
    from unblur.errors import ArrayError

    left_out = []
    for number, path in enumerate(frames, 1):
        try:
            found = merger.add(read_photo(path).pixels)
        except ArrayError as error:
            raise ArrayError(f"{path}: {error}") from error
        if not found.used:
            left_out.append(path)
        if as_json:
            typer.echo(json.dumps(_to_dict(path, found)))
        elif sys.stderr.isatty():
            typer.echo(f"{number}/{len(frames)} {_in_words(path, found)}", err=True)
    return left_out


def _to_dict(path: Path, found: BurstFrame) -> dict[str, object]:
    return {
        "source": str(path),
        "used": found.used,
        "shift": [round(part, 3) for part in found.shift],
        "rotation": round(found.rotation, 4),
        "gain": round(found.gain, 4),
        "agreement": round(found.agreement, 4),
    }


def _in_words(path: Path, found: BurstFrame) -> str:
    down, right = found.shift
    moved = f"moved {right:+.1f} px right, {down:+.1f} px down, turned {found.rotation:+.2f}°"
    return f"{printable(path)}  {moved if found.used else 'left out'}"
