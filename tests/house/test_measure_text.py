"""The script that measures text: what it draws, how it counts, and that it runs where it can."""

from __future__ import annotations

import importlib.util
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

SCRIPT = Path(__file__).parents[2] / "scripts" / "measure_text.py"
pytestmark = pytest.mark.skipif(
    not SCRIPT.exists(), reason="scripts are not part of a source distribution"
)


@pytest.fixture(scope="module")
def script():
    spec = importlib.util.spec_from_file_location("measure_text", SCRIPT)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_pages_and_plates_are_drawn_again_alike_and_within_the_picture(script):
    for number in range(4):
        picture, text = script.draw(number)
        again, same = script.draw(number)
        np.testing.assert_array_equal(picture, again)
        assert text == same
        assert len(text) > 80
        border = np.concatenate([picture[:, -20:].ravel(), picture[-17:].ravel()])
        assert border.min() > 0.9


def test_rates_are_edits_for_each_character_without_regard_to_space(script):
    assert script.error_rate("ab\ncd ", "a b c d") == 0
    assert script.error_rate("abxd", "abcd") == pytest.approx(0.25)
    assert script.error_rate("abcdabcdabcd", "ab") == 1


@pytest.mark.skipif(shutil.which("tesseract") is None, reason="Tesseract is not installed")
def test_it_prints_a_row_for_each_kind():
    command = [sys.executable, str(SCRIPT), "--kinds", "defocus", "--count", "1", "--threads", "1"]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert "| defocus | 0.0%" in done.stdout
