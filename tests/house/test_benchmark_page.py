"""The benchmark page is what the stored scores say."""

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
SCRIPT = ROOT / "scripts" / "benchmark_page.py"


@pytest.mark.skipif(not SCRIPT.exists(), reason="scripts are not part of a source distribution")
def test_tables_are_those_of_the_stored_scores():
    command = [sys.executable, str(SCRIPT), "--check"]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
