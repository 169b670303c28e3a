"""``unblur replay``: make recorded results again, and compare."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from unblur.cli.exits import ExitCode
from unblur.cli.talk import complain, printable
from unblur.errors import ArgumentError

if TYPE_CHECKING:
    from unblur import Replay

__all__ = ["EXAMPLES", "replay"]

EXAMPLES = (
    (
        "unblur replay record.json",
        "does each result come out the same? keeps nothing",
    ),
    ("unblur replay record.json -o again/", "and keep what was made"),
    ("unblur replay record.json --inputs archive/", "the pictures have moved, or have other names"),
    ("unblur replay --schema", "the JSON Schema that records follow"),
)

_ON_DISK = {
    "as recorded": "the file there is the recorded one",
    "changed": "the file there is NOT the recorded one",
    "missing": "the file is not there any more",
    "replaced": "made again later, see there",
}
_VERDICTS = {
    "same": "the same bytes",
    "same pixels": "the same pixels, in other bytes: another version compressed them",
    "different": "DIFFERENT pixels",
    "failed": "NOT made again",
}


def replay(
    record: Annotated[
        Path | None,
        typer.Argument(metavar="FILE.json", help="A record.", show_default=False),
    ] = None,
    output: Annotated[
        Path | None,
        typer.Option(
            "--output", "-o", metavar="DIR", help="Keep what is made, in this folder, as a tree."
        ),
    ] = None,
    inputs: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE|DIR",
            help="Where the inputs are now. They are known by their SHA-256, whatever their names.",
        ),
    ] = None,
    model: Annotated[
        str | None,
        typer.Option(metavar="NAME|DIR|FILE", help="Where the model of then is now."),
    ] = None,
    threads: Annotated[
        int | None, typer.Option(min=1, metavar="N", help="CPU threads; all when left out.")
    ] = None,
    overwrite: Annotated[
        bool, typer.Option("--overwrite", help="Replace files in the folder of -o.")
    ] = False,
    as_json: Annotated[
        bool, typer.Option("--json", help="Print one JSON object a result and line.")
    ] = False,
    schema: Annotated[
        bool, typer.Option("--schema", help="Print the JSON Schema of records, and nothing else.")
    ] = False,
) -> None:
    """Make recorded results again, and compare.

    A record, which --record writes, tells of each result what it was made from, how and by what.
    Here each is made again from the very same inputs by the very same model, and its bytes are
    compared with the recorded SHA-256. Whatever has changed since is said: an input or the model
    (then nothing is made), versions, code, machine.

    Exit code 0 means that every result came out the same, byte for byte.
    """
    from unblur import record_schema, replay_record

    if schema:
        typer.echo(record_schema(), nl=False)
        return
    if record is None:
        raise ArgumentError("no record given: unblur replay FILE.json, or --schema")
    counts = dict.fromkeys(_VERDICTS, 0)
    for each in replay_record(
        record, output=output, inputs=inputs, model=model, threads=threads, overwrite=overwrite
    ):
        counts[each.verdict] += 1
        if as_json:
            typer.echo(json.dumps(each.to_dict()))
        else:
            _tell(each)
    same, total = counts["same"], sum(counts.values())
    if not as_json:
        typer.echo(f"{same} of {total} came out the same, byte for byte")
    if same < total:
        raise typer.Exit(ExitCode.FAILED)


def _tell(replayed: Replay) -> None:
    output = replayed.entry.output
    good = replayed.verdict == "same"
    typer.secho(printable(output.path), bold=True)
    typer.secho(
        f"  {_VERDICTS[replayed.verdict]}", fg=typer.colors.GREEN if good else typer.colors.RED
    )
    if replayed.reason:
        complain(f"  {replayed.reason}")
    typer.echo(f"  recorded SHA-256 {output.sha256}; {_ON_DISK[replayed.on_disk]}")
    if (apart := replayed.difference) is not None:
        typer.echo(
            f"  differs from it by at most {100 * apart.largest:.2g} % of the full range, "
            f"in {100 * apart.share:.2g} % of the values"
        )
    for change in replayed.changes:
        typer.echo(f"  {printable(change)}")
