"""``unblur video``: turn a blurred video sharp."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from unblur.cli.bar import progress_bar
from unblur.cli.recording import RecordOption, device_for, making_of, record_file
from unblur.cli.talk import complain

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from unblur import FileDigest, Making, VideoReport

__all__ = ["EXAMPLES", "video"]

_WHAT = "What is written"
_HOW = "How to restore"

EXAMPLES = (
    ("unblur video clip.mp4 -o sharp.mp4", "run it again to go on after an interruption"),
    ("unblur video clip.mov -o part.mov --start 12 --end 15.5", "three and a half seconds of it"),
    ("unblur video clip.mp4 -o sharp.mp4 --psf motion:9,0", "every frame is blurred alike"),
    ("unblur video clip.avi -o sharp.mkv --codec ffv1", "without loss"),
)


def video(
    source: Annotated[
        Path,
        typer.Argument(
            metavar="IN", help="A video of any kind that FFmpeg reads.", show_default=False
        ),
    ],
    output: Annotated[
        Path,
        typer.Option(
            "--output",
            "-o",
            metavar="OUT",
            rich_help_panel=_WHAT,
            help="The restored video; its suffix says of which kind: .mp4, .mkv, .mov, .webm ...",
        ),
    ],
    start: Annotated[
        float | None,
        typer.Option(
            min=0.0, metavar="SECONDS", rich_help_panel=_WHAT, help="Where the result begins."
        ),
    ] = None,
    end: Annotated[
        float | None,
        typer.Option(
            min=0.0, metavar="SECONDS", rich_help_panel=_WHAT, help="Where the result ends."
        ),
    ] = None,
    codec: Annotated[
        str | None,
        typer.Option(
            metavar="NAME",
            rich_help_panel=_WHAT,
            help="Codec or encoder by FFmpeg's name: h264, hevc, vp9, av1, ffv1 ... That of the "
            "source when left out.",
        ),
    ] = None,
    crf: Annotated[
        int | None,
        typer.Option(
            min=0,
            max=63,
            metavar="N",
            rich_help_panel=_WHAT,
            help="Constant rate factor of the encoder; smaller is better and larger. Nearly "
            "without loss when left out.",
        ),
    ] = None,
    overwrite: Annotated[
        bool, typer.Option("--overwrite", rich_help_panel=_WHAT, help="Replace OUT if it exists.")
    ] = False,
    as_json: Annotated[
        bool,
        typer.Option(
            "--json", rich_help_panel=_WHAT, help="Print one JSON object when all is done."
        ),
    ] = False,
    record: RecordOption = None,
    psf: Annotated[
        str | None,
        typer.Option(
            metavar="SPEC|FILE",
            rich_help_panel=_HOW,
            help="The blur of every frame, if you know it, as for 'unblur restore'. Without it the "
            "blur is found in each frame.",
        ),
    ] = None,
    strength: Annotated[
        float,
        typer.Option(
            min=0.0,
            max=1.0,
            metavar="S",
            rich_help_panel=_HOW,
            help="From 0, which changes nothing, to 1.",
        ),
    ] = 1.0,
    alone: Annotated[
        bool,
        typer.Option(
            "--frame-by-frame",
            rich_help_panel=_HOW,
            help="Restore each frame alone: quicker, but less sharp, and it flickers.",
        ),
    ] = False,
    quality: Annotated[
        Literal["fast", "balanced", "best"],
        typer.Option(
            rich_help_panel=_HOW,
            help="best looks further where a frame's blur is doubtful, and takes several times "
            "as long.",
        ),
    ] = "balanced",
    encoded: Annotated[
        bool,
        typer.Option(
            "--encoded",
            rich_help_panel=_HOW,
            help="The blur was made on the stored numbers, not in the light.",
        ),
    ] = False,
    model: Annotated[
        str,
        typer.Option(metavar="NAME|DIR|FILE", rich_help_panel=_HOW, help="See 'unblur models'."),
    ] = "default",
    threads: Annotated[
        int | None,
        typer.Option(
            min=1, metavar="N", rich_help_panel=_HOW, help="CPU threads; all cores when left out."
        ),
    ] = None,
) -> None:
    """Turn a blurred video sharp.

    Each frame is helped by the sharper ones around it. Timestamps, colours, rotation, sound and
    subtitles are kept. What is done lies in a hidden folder beside OUT until all of it is: the same
    command goes on after an interruption, or a kill.

    Needs the extra 'video': pip install 'unblur[video]'.
    """
    from unblur import FileDigest, Restorer, parse_psf, restore_video

    kernel = None if psf is None else parse_psf(psf)
    device = device_for(record, "auto")
    restorer = Restorer(model, threads=threads, quality=quality, device=device)
    before = None if record is None else FileDigest.of_file(source)
    with progress_bar(as_json=as_json) as advance:
        report = restore_video(
            source,
            output,
            psf=kernel,
            strength=strength,
            linear=not encoded,
            neighbours=not alone,
            start=start,
            end=end,
            codec=codec,
            crf=crf,
            overwrite=overwrite,
            restorer=restorer,
            progress=lambda done, total: advance(done, total, source.name),
        )
    if record is not None and before is not None:
        how = {"strength": strength, "linear": not encoded, "neighbours": not alone}
        part = {"start": start, "end": end, "codec": codec, "crf": crf}
        means = {"quality": quality, "threads": restorer.threads, "device": device}
        _write_down(
            record, _making({**how, **part, **means}, psf, kernel, model), before, output, report
        )
    _tell(report, source, output, as_json=as_json)


def _making(
    how: Mapping[str, object], psf: str | None, kernel: NDArray[np.float32] | None, model: str
) -> Making:
    from unblur import exact_psf

    return making_of("video", {"psf": exact_psf(kernel), "psf_name": psf, **how}, model)


def _write_down(
    record: Path, making: Making, before: FileDigest, output: Path, report: VideoReport
) -> None:
    found = report.to_dict()
    pixels = found.pop("pixels")  # which has a place of its own
    record_file(record, making, before, output, found=found, pixels=str(pixels), notes=report.notes)


def _tell(report: VideoReport, source: Path, output: Path, *, as_json: bool) -> None:
    for note in report.notes:
        complain(f"{source}: {note}")
    if as_json:
        names = {"source": str(source), "target": str(output)}
        typer.echo(json.dumps(names | report.to_dict()))
