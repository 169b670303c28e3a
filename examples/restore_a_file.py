"""Restore one file and say what was found: python restore_a_file.py [PHOTO [RESULT]]."""

import sys
from pathlib import Path

import unblur

PICTURES = Path(__file__).parent / "pictures"

source = sys.argv[1] if len(sys.argv) > 1 else PICTURES / "china.jpg"
target = sys.argv[2] if len(sys.argv) > 2 else "sharp.jpg"

report = unblur.restore_file(source, target, overwrite=True)

print(f"{source} -> {target}: {report.megapixels:.2f} megapixels in {report.seconds:.1f} s")
print(f"It was blurred by {report.blur.kind}, {report.blur.extent:.1f} px wide.")
