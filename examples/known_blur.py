"""Blur a picture in a known way and remove the blur: knowing it is worth several decibels."""

from pathlib import Path

import unblur
from unblur.evaluation.metrics import psnr

PICTURES = Path(__file__).parent / "pictures"

# the example pictures are blurred already; a third of the size, they are sharp enough
original = unblur.read_photo(PICTURES / "china.jpg").to_image()[::3, ::3]
psf = unblur.motion_psf(9, 30)
blurred = unblur.degrade(original, psf, noise=0.005, seed=0)

print(f"blurred      {psnr(blurred, original):5.2f} dB")
print(f"blind        {psnr(unblur.restore(blurred), original):5.2f} dB")
print(f"known blur   {psnr(unblur.restore(blurred, psf), original):5.2f} dB")
