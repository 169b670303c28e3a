"""Find out what blurred a picture and keep its PSF as a picture."""

from pathlib import Path

import numpy as np
from PIL import Image

import unblur

PICTURES = Path(__file__).parent / "pictures"

report = unblur.inspect(Image.open(PICTURES / "coffee.jpg"))
print(report.to_text())

psf = report.psf / report.psf.max()
Image.fromarray(np.round(psf * 255).astype(np.uint8)).resize((256, 256), 0).save("psf.png")
print("The PSF, enlarged: psf.png")
