"""``unblur restore``: turn blurred pictures sharp."""

from __future__ import annotations

import contextlib
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from unblur.cli.engines import Device, Engine, How, results_of
from unblur.cli.exits import ExitCode
from unblur.cli.pipes import through_pipes
from unblur.cli.recording import BatchRecord, RecordOption, device_for, making_of
from unblur.cli.talk import BatchTalk
from unblur.errors import ArgumentError

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from unblur import Making, PhysicalPSF

__all__ = ["EXAMPLES", "restore"]

_Quality = Literal["fast", "balanced", "best"]
_WHERE = "Where results go"
_HOW = "How to restore"

EXAMPLES = (
    ("unblur restore photo.jpg", "writes photo.sharp.jpg beside it"),
    ("unblur restore photo.jpg -o better.png", "into another file, or another format"),
    ("unblur restore shots/ -o sharp/", "a folder to the bottom; run it again to go on"),
    ("unblur restore *.jpg --psf motion:15,30", "the blur is known: 15 px long, 30 degrees up"),
    ("unblur restore scan.tif --psf lens.png", "a measured PSF, as a picture"),
    (
        "unblur restore scan.dcm --psf gaussian:0.4mm",
        "the blur in millimetres (extra 'dicom')",
    ),
    ("unblur restore scan.dcm --psf disk:1mm --faithful", "one linear filter: nothing is invented"),
    ("unblur restore photo.jpg --strength 0.5", "half way, for a softer look"),
    ("unblur restore photo.jpg --quality best", "takes its time"),
    ("unblur restore shots/ -o sharp/ --report report.html", "and a table of what was done"),
    ("unblur restore photo.jpg --record record.json", "what 'unblur replay' can make again"),
    ("unblur restore shots/ --json > log.jsonl", "one JSON object a line, for machines"),
    ("unblur restore s3://bucket/shots -o s3://bucket/sharp", "in a bucket (extra 'cloud')"),
    ("unblur restore s3://b/shots -o s3://b/sharp --engine ray", "by a cluster (extra 'cluster')"),
    ("unblur restore - < in.jpg > out.jpg", "in a pipe"),
)


def restore(
    paths: Annotated[
        list[str],
        typer.Argument(
            metavar="PATHS...",
            help="Pictures, folders (searched to the bottom), patterns such as 'shots/**/*.jpg', "
            "URLs such as s3://bucket/shots, or - for standard input.",
            show_default=False,
        ),
    ],
    output: Annotated[
        str | None,
        typer.Option(
            "--output",
            "-o",
            metavar="FILE|DIR",
            rich_help_panel=_WHERE,
            help="A folder, in which the tree is kept; for one picture also a file, or - for "
            "standard output. Without it photo.jpg becomes photo.sharp.jpg beside it.",
        ),
    ] = None,
    overwrite: Annotated[
        bool,
        typer.Option(
            "--overwrite",
            rich_help_panel=_WHERE,
            help="Restore again what has a result. Without it such pictures are skipped.",
        ),
    ] = False,
    strip: Annotated[
        bool,
        typer.Option(
            "--strip",
            rich_help_panel=_WHERE,
            help="Leave out metadata such as place and camera.",
        ),
    ] = False,
    as_json: Annotated[
        bool,
        typer.Option(
            "--json",
            rich_help_panel=_WHERE,
            help="Print one JSON object a picture: source, target, outcome, reason, report.",
        ),
    ] = False,
    report: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE",
            rich_help_panel=_WHERE,
            help="Also tell of each picture in a table: FILE.html, .csv or .json, written as the "
            "work goes on; the same command continues it.",
        ),
    ] = None,
    record: RecordOption = None,
    psf: Annotated[
        str | None,
        typer.Option(
            metavar="SPEC|FILE",
            rich_help_panel=_HOW,
            help="The blur, if you know it: gaussian:SIGMA, disk:RADIUS, motion:LENGTH,ANGLE, "
            "box:WIDTH, or a picture of it; for DICOM also gaussian:0.4mm. Without it the blur is "
            "found in each picture.",
        ),
    ] = None,
    faithful: Annotated[
        bool,
        typer.Option(
            "--faithful",
            rich_help_panel=_HOW,
            help="No network: one linear filter of the given --psf, with a bound on what it can "
            "change.",
        ),
    ] = False,
    max_gain: Annotated[
        float | None,
        typer.Option(
            min=1.0,
            metavar="G",
            rich_help_panel=_HOW,
            help="With --faithful: no frequency becomes stronger than G times; 3 when left out.",
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
    quality: Annotated[
        _Quality,
        typer.Option(
            rich_help_panel=_HOW,
            help="fast and best take about half and twice the time of balanced.",
        ),
    ] = "balanced",
    encoded: Annotated[
        bool,
        typer.Option(
            "--encoded",
            rich_help_panel=_HOW,
            help="The blur was made on the stored numbers, as most programs do, not in the light.",
        ),
    ] = False,
    model: Annotated[
        str,
        typer.Option(
            metavar="NAME|DIR|FILE",
            rich_help_panel=_HOW,
            help="See 'unblur models', 'unblur export'; or an ONNX file or a checkpoint of any "
            "network that turns a picture into a picture.",
        ),
    ] = "default",
    threads: Annotated[
        int | None,
        typer.Option(
            min=1,
            metavar="N",
            rich_help_panel=_HOW,
            help="CPU threads, or processes of a cluster; all cores when left out.",
        ),
    ] = None,
    device: Annotated[
        Device,
        typer.Option(
            rich_help_panel=_HOW,
            help="What runs the networks; auto takes the best that is installed.",
        ),
    ] = "auto",
    engine: Annotated[
        Engine,
        typer.Option(rich_help_panel=_HOW, help="This machine, or a Ray cluster."),
    ] = Engine.LOCAL,
    address: Annotated[
        str | None,
        typer.Option(
            metavar="HOST",
            rich_help_panel=_HOW,
            help="Of the Ray cluster, or 'auto'; one is started here when left out.",
        ),
    ] = None,
) -> None:
    """Turn blurred pictures sharp.

    The blur is found in the picture itself, place by place, and taken out; a sharp picture stays
    as it is. Size, bit depth, transparency and metadata are kept.

    A picture that cannot be restored does not stop the others: it is listed at the end. What has
    a result is skipped, so that the same command goes on after an interruption. In a pipe only
    errors are written.
    """
    from unblur import BatchReport, walk_batch

    if address is not None and engine is not Engine.RAY:
        raise ArgumentError(f"--address {address}: names a cluster: add --engine ray")

    if faithful:
        _check_faithful(psf, model, engine)
    elif max_gain is not None:
        raise ArgumentError("--max-gain: bounds the filter of --faithful: add that")
    kernel = None if psf is None else _kernel(psf)
    how = How(
        model=model,
        max_gain=(max_gain or 3.0) if faithful else None,
        threads=threads,
        quality=quality,
        psf=kernel,
        strength=strength,
        linear=not encoded,
        overwrite=overwrite,
        strip=strip,
        device=device_for(record, device),
        engine=engine,
        address=address,
    )
    if record is not None:
        how = replace(how, making=_making(how, psf))
    with through_pipes(paths, output, as_json=as_json) as (paths, output):
        walk = walk_batch(paths, output, overwrite=overwrite)
        with contextlib.ExitStack() as stack:
            keepers: list[BatchReport | BatchRecord] = []
            if report is not None:
                keepers.append(stack.enter_context(BatchReport(report, fresh=overwrite)))
            if record is not None:
                keepers.append(stack.enter_context(BatchRecord(record)))
            talk = stack.enter_context(BatchTalk(walk.count, as_json=as_json))
            for result in results_of(walk, how, talk.tell_tiles):
                for keeper in keepers:
                    keeper.add(result)
                talk.tell(result)
        if talk.counts["failed"]:
            raise typer.Exit(ExitCode.FAILED if talk.found else ExitCode.NOTHING)


def _kernel(psf: str) -> NDArray[np.float32] | PhysicalPSF:
    from unblur import PhysicalPSF, parse_psf

    return PhysicalPSF.parse(psf) or parse_psf(psf)


def _making(how: How, psf: str | None) -> Making:
    """Say for a record what is done; a PSF in millimetres is another one in each picture."""
    from unblur import PhysicalPSF, exact_psf

    numbers = None if isinstance(how.psf, PhysicalPSF) else exact_psf(how.psf)
    named = {"psf": numbers, "psf_name": psf}
    model = how.model if how.max_gain is None else None
    return making_of("restore", how.parameters | named, model)


def _check_faithful(psf: str | None, model: str, engine: Engine) -> None:
    if psf is None:
        raise ArgumentError("--faithful: needs the blur, for a guess is none: add --psf")
    if model != "default":
        raise ArgumentError(f"--faithful: uses no model: leave out --model {model}")
    if engine is not Engine.LOCAL:
        raise ArgumentError("--faithful: works on this machine: leave out --engine")
