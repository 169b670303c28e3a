"""In which numbers a run computes."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch

from unblur.training import precision
from unblur.training.precision import computable_precision

CPUINFO = Path("/proc/cpuinfo")


@pytest.mark.parametrize("on_gpu", [True, False])
def test_single_precision_is_always_possible(on_gpu):
    assert computable_precision("fp32", on_gpu=on_gpu) == "fp32"


def test_bfloat16_needs_a_gpu_where_one_trains(monkeypatch):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    assert computable_precision("bf16", on_gpu=True) == "fp32"


@pytest.mark.parametrize(("able", "found"), [(True, "bf16"), (False, "fp32")])
def test_a_processor_without_bfloat16_trains_in_single_precision(monkeypatch, able, found):
    monkeypatch.setattr(precision, "_processor_can", lambda: able)
    assert computable_precision("bf16", on_gpu=False) == found


@pytest.mark.skipif(
    not CPUINFO.exists() or "flags" not in CPUINFO.read_text(), reason="x86 Linux alone says so"
)
def test_what_the_processor_can_is_what_its_flags_say():
    line = next(each for each in CPUINFO.read_text().splitlines() if each.startswith("flags"))
    flags = set(line.split())
    able = {"avx512bw", "avx512vl", "avx512dq"} <= flags or "avx_ne_convert" in flags
    assert computable_precision("bf16", on_gpu=False) == ("bf16" if able else "fp32")
