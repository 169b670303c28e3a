"""Real processes that train together: started by torchrun and as SLURM does, one of them killed."""

from __future__ import annotations

import csv
import os
import socket
import subprocess
import sys
from datetime import timedelta
from pathlib import Path

import numpy as np
import pytest
import torch

from unblur.cli.exits import ExitCode
from unblur.training import run
from unblur.training.checkpoints import read_checkpoint
from unblur.training.run import train

# The program, but process 1 is killed in its fourth step, once, and checkpoints are written always.
MORTAL = """
import os, signal, sys
from datetime import timedelta
from pathlib import Path
from unblur.cli.app import main
from unblur.training import run
from unblur.training.module import RestorerTask

step = RestorerTask.training_step

def mortal(self, batch, index):
    died = Path(os.environ["DIED"])
    if self.global_step == 3 and self.global_rank == 1 and not died.exists():
        died.touch()
        os.kill(os.getpid(), signal.SIGKILL)
    return step(self, batch, index)

RestorerTask.training_step = mortal
run.CHECKPOINT_EVERY = timedelta(0)
sys.exit(main(sys.argv[1:]))
"""


@pytest.fixture
def path(recipe) -> Path:
    return recipe(steps=6, validate_every=1)


@pytest.fixture
def whole(path, photos, tmp_path) -> Path:
    """Checkpoint of one process that trains alone."""
    return train(path, photos, tmp_path / "alone", threads=1)


@pytest.fixture
def program(tmp_path) -> Path:
    file = tmp_path / "mortal.py"
    file.write_text(MORTAL)
    return file


def environment(tmp_path: Path, **more: str) -> dict[str, str]:
    paths = os.pathsep.join(sys.path)
    return os.environ | {"PYTHONPATH": paths, "DIED": str(tmp_path / "died")} | more


def words(path: Path, data: Path, output: Path) -> list[str]:
    return ["train", str(path), "--data", str(data), "-o", str(output), "--threads", "1"]


def assert_same_run(one: Path, two: Path) -> None:
    curves = []
    for last in (one, two):
        with (last.parent / "history.csv").open(encoding="utf-8", newline="") as file:
            curves.append([float(row["loss"]) for row in csv.DictReader(file)])
    assert len(curves[0]) == 6
    np.testing.assert_allclose(curves[1], curves[0], rtol=1e-3, atol=1e-4)
    first, second = (read_checkpoint(last)["state_dict"] for last in (one, two))
    for name, value in first.items():
        torch.testing.assert_close(second[name], value, atol=1e-4, rtol=1e-3)


def test_torchrun_replaces_a_killed_process_and_the_curve_is_that_of_one(
    path, whole, program, photos, tmp_path
):
    command = [sys.executable, "-m", "torch.distributed.run", "--nproc-per-node", "2"]
    command += ["--standalone", "--max-restarts", "1", str(program)]
    done = subprocess.run(
        [*command, *words(path, photos, tmp_path / "together"), "--resume", "--strategy", "ddp"],
        env=environment(tmp_path, TORCH_DISABLE_SHARE_RDZV_TCP_STORE="1"),
        capture_output=True,
        text=True,
        timeout=600,
    )
    last = tmp_path / "together" / whole.parent.name / whole.name
    assert (done.returncode, done.stdout.split()) == (0, [str(last)]), done.stderr
    assert (tmp_path / "died").exists()
    assert_same_run(whole, last)


def tasks_of_slurm(
    command: list[str], folders: list[Path], path: Path, output: Path, tmp_path: Path
) -> list[tuple[int, str]]:
    """Start two processes with the variables that srun gives them; return how each ended."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    step = {"SLURM_STEP_NUM_TASKS": "2", "SLURM_STEP_NUM_NODES": "2", "SLURM_NTASKS": "2"}
    step |= {"SLURM_NNODES": "2", "SLURM_LOCALID": "0", "SLURM_JOB_NAME": "bash"}
    step |= {"MASTER_ADDR": "127.0.0.1", "MASTER_PORT": str(port)}
    processes = []
    for rank, data in enumerate(folders):
        mine = step | {"SLURM_PROCID": str(rank), "SLURM_NODEID": str(rank)}
        processes.append(
            subprocess.Popen(
                [*command, *words(path, data, output)],
                env=environment(tmp_path, **mine),
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                text=True,
            )
        )
    said = [process.communicate(timeout=600)[1] for process in processes]
    return [(process.returncode, text) for process, text in zip(processes, said, strict=True)]


def test_a_killed_task_of_slurm_is_told_in_one_line_and_resume_goes_on(
    path, program, photos, tmp_path, monkeypatch
):
    monkeypatch.setattr(run, "CHECKPOINT_EVERY", timedelta(0))
    whole = train(path, photos, tmp_path / "alone", threads=1)
    output = tmp_path / "together"
    ends = tasks_of_slurm([sys.executable, str(program)], [photos] * 2, path, output, tmp_path)
    (code, said), (killed, _) = ends
    assert killed < 0
    assert code == ExitCode.FAILED, said
    assert said.startswith("unblur: a process that trains with this one has ended")
    assert len(said.splitlines()) == 1
    last = output / whole.parent.name / whole.name
    assert 1 <= read_checkpoint(last)["global_step"] <= 3
    assert train(path, photos, output, threads=1, resume=True) == last  # by one alone
    assert_same_run(whole, last)


def test_machines_that_see_other_pictures_do_not_train_together(path, photos, tmp_path):
    other = tmp_path / "other"
    other.mkdir()
    (other / "cat.jpg").write_bytes((photos / "cat.jpg").read_bytes())
    command = [sys.executable, "-m", "unblur"]
    ends = tasks_of_slurm(command, [photos, other], path, tmp_path / "together", tmp_path)
    for code, said in ends:
        assert code == ExitCode.USAGE, said
        assert said.startswith("unblur: data: 3 pictures")
        assert "give all processes the same recipe, data and output folder" in said
