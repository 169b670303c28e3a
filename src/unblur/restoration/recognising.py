"""Results that a lost worker wrote before it could tell of them."""

from __future__ import annotations

import tempfile
from dataclasses import replace
from pathlib import Path

from unblur.restoration.batch import restore_job
from unblur.restoration.job import FileResult, ImageRestorer, Job, Settings
from unblur.restoration.pipeline import Gate

__all__ = ["recognise_result"]


def recognise_result(
    skipped: FileResult, job: Job, restorer: ImageRestorer, settings: Settings, gate: Gate
) -> FileResult:
    """Restore a picture again beside its result, to tell whether that is ours.

    Parameters
    ----------
    skipped : FileResult
        What `restore_job` said, because the result exists.
    job : Job
        The picture.
    restorer, settings, gate
        As for `restore_job`.

    Returns
    -------
    FileResult
        Restored, if the file that stands there is the same byte for byte; else what was said. The
        file is not touched.
    """
    with tempfile.TemporaryDirectory() as folder:
        twin = Path(folder) / job.target.name
        again = restore_job(Job(job.source, twin), restorer, settings, gate)
        if again.outcome != "restored" or twin.read_bytes() != job.target.read_bytes():
            return skipped
    entry = again.entry
    if entry is not None:
        entry = replace(entry, output=replace(entry.output, path=str(job.target)))
    return replace(again, target=job.target, entry=entry)
