"""Make the example pictures, and the README's picture from what the program makes of them.

The scenes are photographs that scikit-image and scikit-learn ship under free licences; each is
blurred as a camera would blur it. The same versions give the same files.

    python scripts/make_readme_pictures.py            makes both
    python scripts/make_readme_pictures.py --sheet    only restores and makes the README's picture
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import skimage.data
from before_after import Pair, write_sheet
from numpy.typing import NDArray
from PIL import Image
from sklearn.datasets import load_sample_image

from unblur.degradation import PSF, Degradation, camera_shake_psf, disk_psf, motion_psf
from unblur.images.color import to_dtype, to_float

ROOT = Path(__file__).resolve().parent.parent
PICTURES = ROOT / "examples" / "pictures"
SHEET = ROOT / "docs" / "pictures" / "before-after.jpg"


@dataclass(frozen=True)
class Scene:
    """One example picture: a sharp photograph, its blur, and what the README shows of it."""

    name: str
    load: Callable[[], NDArray[np.uint8]]
    credit: str
    psf: PSF
    caption: str
    crop: tuple[int, int, int, int]


SCENES = (
    Scene(
        "astronaut",
        skimage.data.astronaut,
        "NASA, public domain",
        camera_shake_psf(np.random.default_rng(11), extent=14.0),
        "camera shake",
        (90, 10, 410, 210),
    ),
    Scene(
        "china",
        lambda: load_sample_image("china.jpg"),
        "danielbuechele, CC BY 2.0; blurred",
        motion_psf(13.0, 25.0),
        "motion, 13 px",
        (70, 110, 390, 310),
    ),
    Scene(
        "coffee",
        skimage.data.coffee,
        "Rachel Michetti, CC0",
        disk_psf(4.0),
        "out of focus",
        (120, 70, 440, 270),
    ),
)


def make_picture(number: int, scene: Scene) -> None:
    """Blur one scene in linear light, with sensor noise, and store it as a camera would."""
    camera = Degradation(scene.psf, shot_noise=2e-5, read_noise=0.004)
    blurred = camera.apply(to_float(scene.load()), seed=number)
    exif = Image.Exif()
    exif[0x8298] = scene.credit  # Copyright
    picture = Image.fromarray(to_dtype(blurred, np.uint8))
    picture.save(PICTURES / f"{scene.name}.jpg", quality=93, subsampling="4:4:4", exif=exif)


def make_sheet() -> None:
    """Restore the pictures with the program and lay crops of them side by side."""
    program = Path(sys.executable).with_name("unblur")
    with tempfile.TemporaryDirectory() as name:
        results = Path(name)
        subprocess.run([program, "restore", PICTURES, "-o", results], check=True)
        pairs = [
            Pair(
                PICTURES / f"{scene.name}.jpg",
                results / f"{scene.name}.jpg",
                scene.caption,
                scene.crop,
            )
            for scene in SCENES
        ]
        SHEET.parent.mkdir(parents=True, exist_ok=True)
        write_sheet(pairs, SHEET)


def main() -> None:
    """Make the pictures, then the sheet."""
    if "--sheet" not in sys.argv[1:]:
        PICTURES.mkdir(parents=True, exist_ok=True)
        for number, scene in enumerate(SCENES):
            make_picture(number, scene)
    make_sheet()


if __name__ == "__main__":
    main()
