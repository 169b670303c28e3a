"""The script that measures PSF estimates: how it counts, and that it runs on a picture."""

from __future__ import annotations

import importlib.util
import subprocess
import sys
from pathlib import Path

import pytest
from PIL import Image
from skimage import data

SCRIPT = Path(__file__).parents[2] / "scripts" / "measure_estimates.py"
pytestmark = pytest.mark.skipif(
    not SCRIPT.exists(), reason="scripts are not part of a source distribution"
)


def test_a_row_tells_shares_of_its_cases():
    spec = importlib.util.spec_from_file_location("measure_estimates", SCRIPT)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    verdicts = [
        module.Verdict(1.4, True, True),
        module.Verdict(1.6, False, True),
        module.Verdict(3.5, False, True),
        module.Verdict(1.0, False, False),
    ]
    assert module._row("shake", verdicts) == ("shake", "4", "50%", "75%", "25%", "75%")


def test_a_plain_blur_is_estimated_well(tmp_path):
    Image.fromarray(data.astronaut()[:288, 100:388]).save(tmp_path / "astronaut.png")
    command = [sys.executable, str(SCRIPT), str(tmp_path), "--kinds", "defocus", "--threads", "1"]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert "| defocus | 1 | 100% | 100% | 100% | 100% |" in done.stdout
