"""A progress bar on a terminal, and nothing where standard error is a file or a pipe."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from unblur.cli.talk import printable

__all__ = ["Advance", "progress_bar"]

Advance = Callable[[int, int, str], None]


@contextmanager
def progress_bar(*, as_json: bool = False) -> Iterator[Advance]:
    """Draw a bar while the block runs.

    Parameters
    ----------
    as_json : bool
        Whether standard output carries JSON lines, which a bar would run through on one screen.

    Yields
    ------
    callable
        Takes what is done, what there is in all, and a word on the newest thing.
    """
    if not sys.stderr.isatty() or (as_json and sys.stdout.isatty()):
        yield lambda done, total, words: None
        return
    from rich import progress
    from rich.console import Console

    columns = (
        progress.TextColumn("{task.description}", markup=False),
        progress.BarColumn(),
        progress.MofNCompleteColumn(),
        progress.TimeElapsedColumn(),
        progress.TimeRemainingColumn(),
    )
    with progress.Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task("", total=None)
        yield lambda done, total, words: bar.update(
            task, completed=done, total=total, description=printable(words)
        )
