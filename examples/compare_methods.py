"""Compare classical methods with the default model on one picture with a known blur."""

from pathlib import Path

import numpy as np

import unblur
from unblur.evaluation.metrics import psnr, ssim

PICTURES = Path(__file__).parent / "pictures"

original = unblur.read_photo(PICTURES / "astronaut.jpg").to_image()[::3, ::3]
psf = unblur.disk_psf(2.5)
# published tests often blur the stored numbers; this is what linear=False does
blurred = unblur.degrade(original, psf, noise=0.01, linear=False, seed=0)

results = {
    "input": blurred,
    "Wiener": unblur.wiener(blurred, psf, nsr=0.02),
    "regularised": unblur.regularised(blurred, psf),
    "Richardson-Lucy": unblur.richardson_lucy(blurred, psf, num_iter=20),
    "default model": unblur.restore(blurred, psf),
}
for name, result in results.items():
    picture = np.clip(result, 0, 1)
    print(f"{name:16} {psnr(picture, original):5.2f} dB   SSIM {ssim(picture, original):.3f}")
