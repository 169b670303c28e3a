"""Build the wheel, install it in a fresh environment without torch, and use it once."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
LARGEST_INSTALL_MB = 350
SLOWEST_HELP_S = 0.4
# Part of every virtual environment, asked for by none of our dependencies.
NOT_OURS = ("pip", "setuptools", "pkg_resources", "_distutils_hack")


def run(*command: str | Path, cwd: Path) -> str:
    """Run one command and return what it printed; its failure ends the script."""
    done = subprocess.run(command, cwd=cwd, capture_output=True, text=True)
    if done.returncode:
        sys.exit(f"{' '.join(map(str, command))} failed:\n{done.stdout}{done.stderr}")
    return done.stdout


def build_wheel(folder: Path) -> Path:
    """Build the wheel from the repository into `folder`."""
    run(sys.executable, "-m", "build", "--wheel", "--outdir", folder, ROOT, cwd=folder)
    (wheel,) = folder.glob("*.whl")
    return wheel


def install(wheel: Path, environment: Path) -> Path:
    """Install the wheel into a new environment and return its folder of programs."""
    run(sys.executable, "-m", "venv", environment, cwd=ROOT)
    programs = environment / "bin"
    constraints = ROOT / "constraints.txt"
    run(programs / "python", "-m", "pip", "install", "-q", "-c", constraints, wheel, cwd=ROOT)
    return programs


def megabytes(environment: Path) -> float:
    """Size of the installed packages on disk, byte code included."""
    (packages,) = environment.glob("lib/python*/site-packages")
    files = (path for path in packages.rglob("*") if path.is_file())
    ours = (f for f in files if not f.relative_to(packages).parts[0].startswith(NOT_OURS))
    return sum(path.stat().st_size for path in ours) / 1e6


def seconds_for_help(programs: Path, folder: Path) -> float:
    """Quickest of several runs: what a busy machine adds is not ours."""
    times = []
    for _ in range(7):
        start = time.perf_counter()
        run(programs / "unblur", "--help", cwd=folder)
        times.append(time.perf_counter() - start)
    return min(times)


def check(name: str, value: float, limit: float, unit: str) -> None:
    """Print one measured figure and end the script where it is over its limit."""
    print(f"   {name}: {value:.2f} {unit}, at most {limit} allowed")
    if value > limit:
        sys.exit(f"{name} is {value:.2f} {unit}, over the limit of {limit} {unit}")


def restore_one_picture(programs: Path, folder: Path) -> None:
    """Restore an example picture far away from the repository."""
    source = sorted((ROOT / "examples" / "pictures").glob("*.jpg"))[0]
    target = folder / "sharp.jpg"
    run(programs / "unblur", "restore", source, "-o", target, cwd=folder)
    if not target.stat().st_size:
        sys.exit(f"{target.name} is empty")


def main() -> None:
    """Build, install, measure, use."""
    os.environ.pop("PYTHONPATH", None)
    with tempfile.TemporaryDirectory(prefix="unblur-wheel-") as name:
        folder = Path(name)
        wheel = build_wheel(folder)
        environment = folder / "env"
        programs = install(wheel, environment)
        listed = run(programs / "python", "-m", "pip", "list", "--format=json", cwd=folder)
        if any(package["name"] == "torch" for package in json.loads(listed)):
            sys.exit("the base install brings torch")
        run(programs / "python", "-c", "import unblur; unblur.Restorer()", cwd=folder)
        restore_one_picture(programs, folder)
        check("wheel", wheel.stat().st_size / 1e6, 20, "MB")
        check("base install", megabytes(environment), LARGEST_INSTALL_MB, "MB")
        check("unblur --help", seconds_for_help(programs, folder), SLOWEST_HELP_S, "s")


if __name__ == "__main__":
    main()
