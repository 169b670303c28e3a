"""``unblur burst``: merge several frames of one scene into one sharp picture."""

from __future__ import annotations

import contextlib
import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from unblur.cli.exits import ExitCode
from unblur.cli.recording import RecordOption, device_for, making_of
from unblur.cli.talk import complain, printable
from unblur.errors import ArgumentError

if TYPE_CHECKING:
    from unblur import BurstFrame

__all__ = ["EXAMPLES", "burst"]

EXAMPLES = (
    ("unblur burst shot-1.jpg shot-2.jpg shot-3.jpg -o merged.jpg", "hand-held shots of one scene"),
    ("unblur burst frames/ -o merged.png --no-restore", "a folder; merged, and no more"),
    (
        "unblur burst frames/ -o mean.png --power 0 --no-restore",
        "the mean: less noise, but not sharper",
    ),
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
        typer.Option(
            "--restore/--no-restore",
            help="Then remove the blur that is left, as 'unblur restore' does.",
        ),
    ] = True,
    model: Annotated[
        str, typer.Option(metavar="NAME|DIR", help="The model that restores.")
    ] = "default",
    overwrite: Annotated[
        bool, typer.Option("--overwrite", help="Replace OUT if it exists.")
    ] = False,
    strip: Annotated[bool, typer.Option("--strip", help="Leave out metadata.")] = False,
    as_json: Annotated[
        bool, typer.Option("--json", help="Print one JSON object a frame: how it moved.")
    ] = False,
    record: RecordOption = None,
) -> None:
    """Merge several frames of one scene into one sharp picture.

    A shaking hand blurs every frame in another way. In each frequency the frames count by how much
    of it they kept (Fourier burst accumulation), so the result has less blur and less noise than
    any of them. What moved in the scene is taken from the first frame alone; frames that show
    something else altogether are left out, and named. Then the default model removes what blur is
    left.

    The frames are read one by one, so their number is not limited. Depth, transparency and
    metadata are those of the first.
    """
    from unblur import Record, Restorer, merge_files

    frames = _frames(paths)
    if output.exists() and not overwrite:
        raise ArgumentError(f"{output}: exists already: choose another name, or add --overwrite")
    making, device = None, device_for(record, "auto")
    if record is not None:
        how = {
            "power": power,
            "register": register,
            "restore": restore,
            "strip": strip,
            "device": device,
        }
        making = making_of("burst", how, model if restore else None)
    with Record(record) if record else contextlib.nullcontext() as told:
        merged = merge_files(
            frames,
            output,
            power=power,
            align=register,
            restorer=Restorer(model, device=device) if restore else None,
            overwrite=overwrite,
            strip=strip,
            tell=_Teller(len(frames), as_json=as_json),
            making=making,
        )
        if told is not None and merged.entry is not None:
            told.add(merged.entry)
    pairs = zip(frames, merged.frames, strict=True)
    if left_out := [path for path, frame in pairs if not frame.used]:
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


class _Teller:
    """Tells of each frame as it is added."""

    def __init__(self, count: int, *, as_json: bool) -> None:
        self._count, self._as_json = count, as_json
        self._number = 0

    def __call__(self, path: object, found: BurstFrame) -> None:
        self._number += 1
        if self._as_json:
            typer.echo(json.dumps({"source": str(path), **found.to_dict()}))
        elif sys.stderr.isatty():
            typer.echo(f"{self._number}/{self._count} {_in_words(path, found)}", err=True)


def _in_words(path: object, found: BurstFrame) -> str:
    down, right = found.shift
    moved = f"moved {right:+.1f} px right, {down:+.1f} px down, turned {found.rotation:+.2f}°"
    return f"{printable(path)}  {moved if found.used else 'left out'}"
