import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path
from pkgutil import iter_modules

HEAVY = {"torch", "matplotlib", "skimage", "onnxruntime", "lightning", "rich"}


def test_evaluation_loads_nothing_heavy():
    folder = Path(find_spec("unblur.evaluation").origin).parent
    modules = [f"unblur.evaluation.{found.name}" for found in iter_modules([str(folder)])]
    assert "unblur.evaluation.metrics" in modules
    code = f"import sys, {', '.join(modules)}; print(*{HEAVY!r} & sys.modules.keys())"
    command = [sys.executable, "-c", code]
    environment = {"PYTHONPATH": str(folder.parents[1])}
    done = subprocess.run(command, env=environment, check=True, capture_output=True, text=True)
    assert done.stdout.strip() == ""
