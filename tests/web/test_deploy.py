"""The container file and the unit keep what the guide promises."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

import pytest

DEPLOY = Path(__file__).parents[2] / "deploy"


@pytest.fixture
def steps() -> list[tuple[str, str]]:
    """Instructions of the container file, comments out and continued lines joined."""
    text = (DEPLOY / "Containerfile").read_text(encoding="utf-8")
    joined = re.sub(r"\\\n", " ", re.sub(r"^\s*#.*\n", "", text, flags=re.MULTILINE))
    words = (line.split(maxsplit=1) for line in joined.splitlines() if line.strip())
    return [(name, rest) for name, rest in words]


def test_the_container_is_nobody_and_checks_itself(steps):
    names = [name for name, _ in steps]
    known = {"FROM", "WORKDIR", "COPY", "RUN", "LABEL", "ENV", "USER", "EXPOSE", "STOPSIGNAL",
             "HEALTHCHECK", "ENTRYPOINT", "CMD"}  # fmt: skip
    assert set(names) <= known
    last = len(names) - 1 - names[::-1].index("FROM")
    final = dict(steps[last:])
    uid, _, gid = final["USER"].partition(":")
    assert int(uid) > 0 < int(gid)
    assert "/readyz" in final["HEALTHCHECK"]
    assert "RUN" not in final  # nothing is built where it runs
    for image in (rest for name, rest in steps if name == "FROM"):
        assert re.fullmatch(r"\S+:[\w.-]*\d[\w.-]*( AS \w+)?", image)  # a tag that says a version


def test_what_is_copied_is_there(steps):
    root = DEPLOY.parent
    for name, rest in steps:
        if name == "COPY" and not rest.startswith("--from"):
            *sources, _ = rest.split()
            assert all((root / source).exists() for source in sources)


def test_the_linter_of_container_files_finds_nothing():
    command = [shutil.which("hadolint") or "hadolint", str(DEPLOY / "Containerfile")]
    done = subprocess.run(command, capture_output=True, text=True)
    assert (done.returncode, done.stdout) == (0, "")


@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="no systemd on this machine")
def test_the_unit_is_well_formed(tmp_path):
    unit = tmp_path / "unblur.service"
    text = (DEPLOY / "unblur.service").read_text(encoding="utf-8")
    unit.write_text(text.replace("/opt/unblur/bin/unblur", "/bin/true"))
    command = ["systemd-analyze", "verify", str(unit)]
    done = subprocess.run(command, capture_output=True, text=True)
    ours = [line for line in done.stderr.splitlines() if "unblur.service" in line]
    assert ours == []
