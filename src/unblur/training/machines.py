"""How many processes train together, and who started them: this program, torchrun or SLURM."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

import torch
from lightning.fabric.plugins.environments.cluster_environment import ClusterEnvironment
from lightning.fabric.plugins.environments.lightning import LightningEnvironment
from lightning.fabric.plugins.environments.slurm import SLURMEnvironment
from lightning.fabric.plugins.environments.torchelastic import TorchElasticEnvironment

from unblur.errors import ArgumentError

__all__ = ["Accelerator", "Machines", "Strategy", "find_machines"]

Starter = Literal["", "torchrun", "SLURM"]
Strategy = Literal["auto", "ddp"]
Accelerator = Literal["auto", "cpu", "gpu"]


@dataclass(frozen=True)
class Machines:
    """The processes of a run.

    Parameters
    ----------
    devices : int
        Processes on each machine.
    nodes : int
        Machines.
    strategy : {"auto", "ddp"}
        "ddp" shares each batch; "auto" does so when there are several processes.
    accelerator : {"auto", "cpu", "gpu"}
        A GPU for each process, or the processors; "auto" takes GPUs if there are any.
    starter : {"", "torchrun", "SLURM"}
        Who started the processes; this program if nobody did.
    """

    devices: int = 1
    nodes: int = 1
    strategy: Strategy = "auto"
    accelerator: Accelerator = "auto"
    starter: Starter = ""

    @property
    def world(self) -> int:
        """Processes in all."""
        return self.devices * self.nodes

    @property
    def together(self) -> bool:
        """Whether the processes share batches."""
        return self.world > 1 or self.strategy == "ddp"

    def environment(self) -> ClusterEnvironment:
        """Return what tells Lightning which process this one is.

        Its own guess goes by the name of a SLURM job, and takes the shell of one for all its tasks.
        """
        if self.starter == "SLURM":
            # Lightning insists on it, though srun -n says the same
            os.environ.setdefault("SLURM_NTASKS_PER_NODE", str(self.devices))
            # it would begin anew with other data: --resume knows which come next
            return SLURMEnvironment(auto_requeue=False)
        return TorchElasticEnvironment() if self.starter else LightningEnvironment()


def find_machines(
    devices: int | None = None,
    nodes: int | None = None,
    *,
    strategy: Strategy = "auto",
    accelerator: Accelerator = "auto",
    environment: Mapping[str, str] = os.environ,
) -> Machines:
    """Tell how many processes there are, from what was asked and from who started this one.

    Parameters
    ----------
    devices, nodes : int, optional
        What was asked for; what torchrun or SLURM say, else 1, when left out.
    strategy : {"auto", "ddp"}
        As for `Machines`.
    accelerator : {"auto", "cpu", "gpu"}
        As for `Machines`.
    environment : mapping
        Variables of the environment.

    Returns
    -------
    Machines
        What the run has.

    Raises
    ------
    ArgumentError
        If a number is below 1, is not that of torchrun or SLURM, or there are too few GPUs.

    Examples
    --------
    >>> find_machines(2, environment={}).world
    2
    >>> srun = {"SLURM_STEP_NUM_TASKS": "8", "SLURM_STEP_NUM_NODES": "2"}
    >>> found = find_machines(environment=srun)
    >>> found.devices, found.nodes
    (4, 2)
    """
    asked = {"devices": devices, "num_nodes": nodes}
    for name, value in asked.items():
        if value is not None and value < 1:
            raise ArgumentError(f"{name} must be 1 or more, not {value}")
    starter: Starter
    starter, *numbers = _torchrun(environment) or _slurm(environment) or ("", devices, nodes)
    for (name, value), number in zip(asked.items(), numbers, strict=True):
        if value is not None and value != number:
            raise ArgumentError(
                f"{name} is {value}, but {starter} started {number}: leave it out, or ask "
                f"{starter} for as many"
            )
    found = Machines(numbers[0] or 1, numbers[1] or 1, strategy, accelerator, starter)
    _check_gpus(found)
    return found


def _torchrun(environment: Mapping[str, str]) -> tuple[Starter, int, int] | None:
    if "TORCHELASTIC_RUN_ID" not in environment:
        return None
    restarts, shared = (
        environment.get(f"TORCHELASTIC_{name}", "") for name in ("RESTART_COUNT", "USE_AGENT_STORE")
    )
    # the addresses of the lost processes are still in its store: pytorch issue 135712
    if restarts not in ("", "0") and shared == "True":
        raise ArgumentError(
            "torchrun started the processes again, to meet where the lost ones were: "
            "set TORCH_DISABLE_SHARE_RDZV_TCP_STORE=1 for torchrun and give the same command"
        )
    each, world = int(environment["LOCAL_WORLD_SIZE"]), int(environment["WORLD_SIZE"])
    return ("torchrun", *_share(world, world // each))


def _slurm(environment: Mapping[str, str]) -> tuple[Starter, int, int] | None:
    tasks = int(environment.get("SLURM_STEP_NUM_TASKS", 0))
    if tasks > 1:
        return ("SLURM", *_share(tasks, int(environment["SLURM_STEP_NUM_NODES"])))
    waiting = int(environment.get("SLURM_NTASKS", 1))
    if not tasks and waiting > 1:
        raise ArgumentError(
            f"SLURM has {waiting} tasks for this job, but only one was started: write srun before "
            "the command"
        )
    return None


def _share(world: int, nodes: int) -> tuple[int, int]:
    if nodes < 1 or world % nodes:
        raise ArgumentError(
            f"{world} processes on {nodes} machines: start equally many on each machine"
        )
    return world // nodes, nodes


def _check_gpus(machines: Machines) -> None:
    gpus = torch.cuda.device_count()
    wanted = machines.accelerator == "gpu" or (machines.accelerator == "auto" and gpus > 0)
    if wanted and gpus < machines.devices:
        raise ArgumentError(
            f"{machines.devices} devices, but this machine has {gpus} GPUs: ask for fewer, or for "
            "the accelerator cpu"
        )
