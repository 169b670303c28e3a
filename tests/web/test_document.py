"""The served OpenAPI document, tried by Schemathesis: what it promises is what the service does."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

SCHEMATHESIS = Path(sys.executable).parent / "schemathesis"
# bytes that fit a schema are seldom a picture
INHERENT = "positive_data_acceptance"


def test_no_request_of_the_document_is_a_fault(server, tmp_path):
    words = ["--max-examples", "8", "--seed", "1", "--exclude-checks", INHERENT, "--no-color"]
    command = [str(SCHEMATHESIS), "run", f"{server.url}/openapi.json", *words]
    done = subprocess.run(command, capture_output=True, text=True, cwd=tmp_path)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "No issues found" in done.stdout
