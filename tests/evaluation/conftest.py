from __future__ import annotations

import dataclasses

import numpy as np
import pytest
from PIL import Image
from scipy.ndimage import gaussian_filter

from unblur.evaluation.provenance import Provenance
from unblur.evaluation.records import Row

ROW = Row(
    pictures="val",
    protocol="validation",
    seed=1,
    picture="a.png",
    kind="motion",
    case="0123456789abcdef",
    method="input",
    method_fingerprint="fedcba9876543210",
    blind=True,
    height=100,
    width=200,
    mse=0.01,
    psnr=20.0,
    ssim=0.5,
    accuracy=0.75,
    kept=100.0,
    aligned_psnr=20.5,
    aligned_ssim=0.5,
    seconds=0.5,
    provenance=Provenance("0.1.0", "Some CPU, 2 cores", "3.11.0", "2026-01-31", 2),
)


@pytest.fixture
def make_row():
    return lambda **changes: dataclasses.replace(ROW, **changes)


@pytest.fixture
def folder(tmp_path):
    """Four small pictures, one grey, in a folder with a subfolder."""
    rng = np.random.default_rng(0)
    root = tmp_path / "sharp"
    (root / "more").mkdir(parents=True)
    for name in ("b.png", "a.png", "more/c.png", "more/grey.png"):
        shape = (72, 80) if name.endswith("grey.png") else (72, 80, 3)
        smooth = gaussian_filter(rng.normal(size=shape), (2, 2, 0)[: len(shape)])
        values = (255 * (smooth - smooth.min()) / np.ptp(smooth)).astype(np.uint8)
        Image.fromarray(values).save(root / name)
    return root
