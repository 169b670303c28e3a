"""Who started the processes of a run, and how many there are."""

from __future__ import annotations

import pytest
import torch

from unblur.errors import ArgumentError
from unblur.training.machines import Machines, find_machines

TORCHRUN = {"TORCHELASTIC_RUN_ID": "none", "LOCAL_WORLD_SIZE": "2", "WORLD_SIZE": "6"}
# what srun -N2 -n8 gives to each of its tasks, in a job of that name
SRUN = {
    "SLURM_JOB_NAME": "bash",
    "SLURM_NTASKS": "8",
    "SLURM_STEP_NUM_NODES": "2",
    "SLURM_STEP_NUM_TASKS": "8",
}


@pytest.fixture(autouse=True)
def _no_gpus(monkeypatch):
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 0)


@pytest.mark.parametrize(
    ("environment", "asked", "found"),
    [
        ({}, (None, None), Machines()),
        ({}, (3, 2), Machines(3, 2)),
        (TORCHRUN, (None, None), Machines(2, 3, starter="torchrun")),
        (TORCHRUN, (2, 3), Machines(2, 3, starter="torchrun")),
        (SRUN, (None, 2), Machines(4, 2, starter="SLURM")),
        ({"SLURM_NTASKS": "1"}, (2, None), Machines(2)),  # the only task of a job, by sbatch
        (SRUN | {"SLURM_STEP_NUM_TASKS": "1"}, (None, None), Machines()),  # srun --pty bash
    ],
)
def test_how_many_there_are(environment, asked, found):
    assert find_machines(*asked, environment=environment) == found


@pytest.mark.parametrize(
    ("environment", "asked", "words"),
    [
        (
            TORCHRUN | {"TORCHELASTIC_RESTART_COUNT": "1", "TORCHELASTIC_USE_AGENT_STORE": "True"},
            (),
            "set TORCH_DISABLE_SHARE_RDZV_TCP_STORE=1 for torchrun",
        ),
        (TORCHRUN, (4, None), "devices is 4, but torchrun started 2: leave it out"),
        (SRUN, (None, 1), "num_nodes is 1, but SLURM started 2"),
        (SRUN | {"SLURM_STEP_NUM_TASKS": "7"}, (), "7 processes on 2 machines: start equally many"),
        ({"SLURM_NTASKS": "8"}, (), "SLURM has 8 tasks .* only one was started: write srun"),
        ({}, (0, None), "devices must be 1 or more, not 0"),
    ],
)
def test_what_does_not_fit_is_told(environment, asked, words):
    with pytest.raises(ArgumentError, match=words):
        find_machines(*asked, environment=environment)


def test_too_few_gpus_are_told(monkeypatch):
    with pytest.raises(ArgumentError, match="1 devices, but this machine has 0 GPUs"):
        find_machines(accelerator="gpu", environment={})
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 1)
    with pytest.raises(ArgumentError, match="2 devices, but this machine has 1 GPUs"):
        find_machines(2, environment={})
    assert find_machines(2, environment={}, accelerator="cpu").world == 2


def test_processes_share_batches_when_there_are_several_or_it_is_asked_for():
    assert not Machines().together
    assert Machines(2).together
    assert Machines(nodes=2).together
    assert Machines(strategy="ddp").together
