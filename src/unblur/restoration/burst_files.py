"""Several files of one scene into one, by Fourier burst accumulation."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from unblur.classical.burst import Burst, BurstFrame
from unblur.errors import ArgumentError, ArrayError, ImageWriteError
from unblur.images.digest import FileDigest, digest_pixels
from unblur.images.files import read_with_digest, write_with_digest
from unblur.images.places import Place
from unblur.restoration.job import EXISTS, ImageRestorer
from unblur.restoration.making import Making, RecordEntry

__all__ = ["MergedFiles", "merge_files"]


@dataclass(frozen=True)
class MergedFiles:
    """What became of a burst.

    Parameters
    ----------
    frames : tuple of BurstFrame
        How each file lay on the first, and whether it was used.
    output : FileDigest
        The merged picture.
    pixels : str
        Its `digest_pixels`.
    entry : RecordEntry, optional
        For a record, if one was asked for.
    """

    frames: tuple[BurstFrame, ...]
    output: FileDigest
    pixels: str
    entry: RecordEntry | None = None


def merge_files(
    frames: Sequence[Place],
    target: Path,
    *,
    power: float = 11.0,
    align: bool = True,
    restorer: ImageRestorer | None = None,
    overwrite: bool = False,
    strip: bool = False,
    tell: Callable[[Place, BurstFrame], None] | None = None,
    making: Making | None = None,
) -> MergedFiles:
    """Merge several files of one scene into one sharp picture.

    Parameters
    ----------
    frames : sequence of Path or RemotePath
        Pictures of one size; depth, alpha and metadata of the result are those of the first.
    target : Path
        The result.
    power, align
        As for `Burst`.
    restorer : ImageRestorer, optional
        Restores the merged picture.
    overwrite, strip : bool
        As for `restore_batch`.
    tell : callable, optional
        Called with each file and how it lay, once it was added.
    making : Making, optional
        Make an entry for a record that says so.

    Returns
    -------
    MergedFiles
        What was found, and what was written.

    Raises
    ------
    ArgumentError
        For fewer than two frames.
    ImageError, ArrayError
        When a frame cannot be read or does not fit the first, or the result cannot be written.

    Examples
    --------
    >>> import tempfile
    >>> import numpy as np
    >>> from unblur import Photo, write_photo
    >>> folder = Path(tempfile.mkdtemp())
    >>> frames = [folder / "one.png", folder / "two.png"]
    >>> for path in frames:
    ...     write_photo(Photo(np.full((40, 50, 3), 99, np.uint8)), path)
    >>> merge_files(frames, folder / "merged.png", align=False).output.path.endswith("merged.png")
    True
    """
    if len(frames) < 2:
        raise ArgumentError(f"{len(frames)} frame makes no burst: give two or more of one scene")
    if target.exists() and not overwrite:  # said before the work, not after it
        raise ImageWriteError(f"{target}: {EXISTS}")
    merger, digests, lay = Burst(power=power, align=align), [], []
    first, _ = read_with_digest(frames[0])
    for path in frames:
        photo, digest = read_with_digest(path)
        try:
            lay.append(merger.add(photo.pixels))
        except ArrayError as error:
            raise ArrayError(f"{path}: {error}") from error
        digests.append(digest)
        if tell is not None:
            tell(path, lay[-1])
    pixels, report = merger.merge(), None
    if restorer is not None:
        pixels, report = restorer.restore_with_report(pixels)
    merged = first.with_pixels(pixels)
    output = write_with_digest(merged, target, overwrite=overwrite, strip=strip)
    seen = digest_pixels(merged)
    found = {
        **(report.to_record() if report else {}),
        "frames": [each.to_dict() for each in lay],
    }
    entry = None
    if making is not None:
        entry = making.entry(digests, output, pixels=seen, found=found, notes=first.notes)
    return MergedFiles(tuple(lay), output, seen, entry)
