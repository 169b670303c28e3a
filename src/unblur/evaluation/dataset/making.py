"""Paired data sets, made from sharp pictures in the layout of the paper's data."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

import numpy as np

from unblur.errors import ArgumentError, ArrayError, ImageReadError
from unblur.evaluation.dataset.files import DatasetFiles
from unblur.evaluation.dataset.framing import cut_square
from unblur.evaluation.dataset.manifest import Entry, Version
from unblur.evaluation.dataset.settings import DatasetSettings
from unblur.evaluation.paired.finding import FOLDERS, MARKERS, SHARP_FOLDER, SHARP_MARKER
from unblur.evaluation.provenance import derive_seed
from unblur.images.files import FoundPhoto, find_photos, read_photo

__all__ = ["DatasetStep", "MadeDataset", "make_dataset"]


class DatasetStep(NamedTuple):
    """One finished scene, for a progress display.

    Attributes
    ----------
    done, total : int
        Scenes so far, and in all.
    name : str
        Of the newest one.
    """

    done: int
    total: int
    name: str


@dataclass
class MadeDataset:
    """What became of the sharp pictures.

    Attributes
    ----------
    folder : path
        The data set.
    wanted, made, found : int
        Scenes that were asked for, that were made now, and that an earlier run had made.
    too_small : dict of path to str
        Sharp pictures with too few pixels, and how many they have.
    unreadable : dict of path to ImageReadError
        Sharp pictures that could not be read, and why.
    """

    folder: Path
    wanted: int
    made: int = 0
    found: int = 0
    too_small: dict[Path, str] = field(default_factory=dict)
    unreadable: dict[Path, ImageReadError] = field(default_factory=dict)

    @property
    def scenes(self) -> int:
        """Scenes that the data set holds."""
        return self.made + self.found


def make_dataset(
    sharp: str | os.PathLike[str],
    folder: str | os.PathLike[str],
    settings: DatasetSettings,
    *,
    overwrite: bool = False,
    progress: Callable[[DatasetStep], None] | None = None,
) -> MadeDataset:
    """Blur sharp pictures and write them as a paired data set.

    ``sharp/0012_NAME_S.png`` stands beside ``defocused_blurred/0012_NAME_F.png`` and so on, 8-bit
    RGB. ``dataset.json`` holds the settings, ``manifest.jsonl`` a line for each scene, and
    ``psfs.npz`` the PSFs under the names of the blurred pictures. The same sharp pictures and
    settings give the same bytes, also after an interruption, from which a second call goes on.

    Parameters
    ----------
    sharp : path
        Folder of sharp pictures, searched to the bottom.
    folder : path
        Where the data set goes; made if it is missing.
    settings : DatasetSettings
        Kinds of blur, size, number, noise, seed.
    overwrite : bool, optional
        Whether a data set that is there already may be replaced.
    progress : callable, optional
        Told of every scene.

    Returns
    -------
    MadeDataset
        How many scenes there are, and which pictures could not be used.

    Raises
    ------
    ArgumentError
        If `folder` lies in `sharp`, or holds something else than this very data set.
    ImageReadError
        If there is no sharp picture.
    ImageWriteError
        If a file cannot be written.

    Examples
    --------
    >>> import tempfile
    >>> from unblur.images.files import write_photo
    >>> from unblur.images.photo import Photo
    >>> root = Path(tempfile.mkdtemp())
    >>> (root / "photos").mkdir()
    >>> write_photo(Photo(np.full((60, 80, 3), 9, np.uint8)), root / "photos" / "boat.png")
    >>> settings = DatasetSettings(kinds=("motion",), size=16)
    >>> make_dataset(root / "photos", root / "pairs", settings).scenes
    1
    >>> sorted(path.name for path in (root / "pairs").rglob("*.png"))
    ['0000_boat_M.png', '0000_boat_S.png']
    """
    if Path(folder).resolve().is_relative_to(Path(sharp).resolve()):
        raise ArgumentError(f"{folder}: lies among the sharp pictures: choose another folder")
    photos = find_photos(sharp)
    photos.sort(key=lambda photo: derive_seed(settings.seed, photo.relative.as_posix()))
    names = [photo.relative.as_posix() for photo in photos]
    files = DatasetFiles.open(Path(folder), settings, names, overwrite=overwrite)
    result = MadeDataset(Path(folder), _wanted(settings, len(photos)))
    kept = []
    for number, scene, photo in _attempts(photos, settings, result):
        if entry := files.finished(scene):
            result.found += 1
        elif entry := _make_scene(files, photo, scene, number, result):
            result.made += 1
        else:
            continue
        kept.append(entry)
        if progress is not None:
            progress(DatasetStep(result.scenes, result.wanted, entry.name))
    files.close(kept)
    return result


def _wanted(settings: DatasetSettings, photos: int) -> int:
    count = settings.count or photos
    return count if settings.framing == "crop" else min(count, photos)


def _attempts(
    photos: list[FoundPhoto], settings: DatasetSettings, result: MadeDataset
) -> Iterator[tuple[int, str, FoundPhoto]]:
    """Yield number, scene and picture, until there are as many scenes as wanted."""
    number = 0
    while len(result.too_small) + len(result.unreadable) < len(photos):
        turn = number // len(photos)
        if turn and settings.framing == "resize":
            return
        for photo in photos:
            if result.scenes >= result.wanted:
                return
            if photo.path not in result.too_small and photo.path not in result.unreadable:
                yield number, f"{photo.relative.as_posix()}#{turn}", photo
            number += 1


def _make_scene(
    files: DatasetFiles, photo: FoundPhoto, scene: str, number: int, result: MadeDataset
) -> Entry | None:
    """Write all pictures of a scene, or note why that cannot be done."""
    settings = files.settings
    rng = np.random.default_rng(derive_seed(settings.seed, scene, "frame"))
    try:
        square, frame = cut_square(read_photo(photo.path).to_image(), settings, rng)
    except ImageReadError as error:
        result.unreadable[photo.path] = error
        return None
    except ArrayError as error:
        result.too_small[photo.path] = str(error)
        return None
    name = f"{number:04d}_{re.sub(r'[^A-Za-z0-9.-]+', '-', photo.path.stem)}"
    margin = settings.margin
    sharp = f"{SHARP_FOLDER}/{name}_{SHARP_MARKER}.png"
    files.write_picture(
        sharp, square[margin : margin + settings.size, margin : margin + settings.size]
    )
    versions = []
    for kind in settings.kinds:
        draw = settings.draw(scene, kind)
        path = f"{FOLDERS[kind]}/{name}_{MARKERS[kind]}.png"
        files.write_picture(path, draw.camera.apply(square, draw.seed))
        camera = draw.camera
        versions.append(Version(draw.kind, path, camera.read_noise, camera.jpeg_quality, draw.seed))
    entry = Entry(name, scene, photo.relative.as_posix(), tuple(frame), sharp, tuple(versions))
    files.note(entry)
    return entry
