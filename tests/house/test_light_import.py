"""What is not used is not loaded: checked in fresh interpreters."""

import json
import subprocess
import sys

import pytest

RESEARCH = {
    "av",
    "lightning",
    "matplotlib",
    "onnx",
    "pydicom",
    "skimage",
    "sklearn",
    "tensorboard",
    "torch",
}
HTTP = {"fastapi", "pydantic", "starlette", "uvicorn"}
NUMERIC = {"PIL", "numpy", "onnxruntime", "scipy", "tifffile"}
SPEAKING = {"pygments", "rich", "typer"}


def modules_loaded_by(code: str) -> set[str]:
    report = "import json, sys; print(json.dumps(sorted(sys.modules)))"
    done = subprocess.run(
        [sys.executable, "-c", f"{code}\n{report}"], capture_output=True, text=True, check=True
    )
    return {name.partition(".")[0] for name in json.loads(done.stdout.splitlines()[-1])}


@pytest.mark.parametrize(
    ("code", "unwanted"),
    [
        ("import unblur", RESEARCH | NUMERIC | SPEAKING),
        ("import unblur; unblur.UnblurError", RESEARCH | NUMERIC | SPEAKING),
        ("import unblur.cli.app", RESEARCH | NUMERIC | {"rich"}),
        ("import unblur; unblur.gaussian_psf(1.0)", RESEARCH | SPEAKING | {"onnxruntime"}),
        ("import unblur; unblur.wiener", RESEARCH | SPEAKING | {"onnxruntime"}),
        ("import unblur; unblur.restore", RESEARCH | SPEAKING),
        ("import unblur; unblur.restore_video", RESEARCH | SPEAKING),
        ("import unblur; unblur.Restorer()", RESEARCH | SPEAKING),
    ],
)
def test_import_loads_only_what_is_used(code: str, unwanted: set[str]) -> None:
    assert not modules_loaded_by(code) & (unwanted | HTTP)


def test_the_first_help_page_loads_nothing_heavy() -> None:
    code = "from unblur.cli.app import main; main(['--help'])"
    assert not modules_loaded_by(code) & (RESEARCH | NUMERIC | HTTP | {"rich"})
