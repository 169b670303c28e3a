"""The real command line over a small real restorer, so that no trained model is needed.

The restorer is a Wiener filter with the given PSF; without one it leaves the picture alone.
``STALL=restore:N`` stops the Nth picture while it is restored, ``STALL=fsync:N`` while the Nth
file is written, for a minute, after telling so by the file that ``STALLED`` names. From then on no
other picture gets on either, so that what is left does not depend on who is quicker.
"""

import os
import stat
import time
from pathlib import Path

import numpy as np

import unblur
from unblur.cli.app import main
from unblur.images.color import to_dtype, to_float

seen = {"restore": 0, "fsync": 0}


def stall(place: str) -> None:
    seen[place] += 1
    wanted, _, number = os.environ.get("STALL", "").partition(":")
    if place == wanted and seen[place] == int(number):
        Path(os.environ["STALLED"]).touch()
    if wanted and seen[wanted] >= int(number):
        time.sleep(60)


class SmallReport:
    def to_dict(self) -> dict[str, object]:
        return {"blur": {"kind": "motion", "extent": 12.25, "angle": 30.0, "confidence": 0.5}}


class SmallRestorer:
    def __init__(
        self,
        model: str = "default",
        threads: int | None = None,
        quality: str = "balanced",
        device: str = "auto",
    ) -> None:
        if model != "default":
            raise unblur.ModelError(f"{model}: no such model: see unblur models")

    def restore_with_report(self, pixels, psf=None, *, strength=1.0, linear=True, progress=None):
        stall("restore")
        if pixels.shape[:2] == (13, 13):
            raise RuntimeError("thirteen")
        image = to_float(pixels)
        sharp = image if psf is None else unblur.wiener(image, psf)
        mixed = image + np.float32(strength) * (sharp - image)
        return to_dtype(mixed, pixels.dtype), SmallReport()

    def inspect(self, pixels):
        psf = unblur.motion_psf(9, 30)
        return unblur.BlurReport(
            kind="motion", extent=9.0, angle=30.0, noise=0.01, confidence=0.75, psf=psf
        )


def stalling_fsync(descriptor: int, fsync=os.fsync) -> None:
    if stat.S_ISREG(os.fstat(descriptor).st_mode):
        stall("fsync")
    fsync(descriptor)


if __name__ == "__main__":
    unblur.Restorer = SmallRestorer
    os.fsync = stalling_fsync
    raise SystemExit(main())
