"""The numbers that a run computes in: what its recipe asks for, as far as the processor can."""

from __future__ import annotations

from typing import Literal

import torch

__all__ = ["computable_precision"]

Precision = Literal["fp32", "bf16"]


def computable_precision(precision: Precision, *, on_gpu: bool) -> Precision:
    """Tell in which numbers to train.

    Parameters
    ----------
    precision : {"fp32", "bf16"}
        What the recipe asks for.
    on_gpu : bool
        Whether a GPU trains, or the processor.

    Returns
    -------
    {"fp32", "bf16"}
        The same, but "fp32" where bfloat16 would be emulated: without AVX-512 a step then takes
        thirty times as long.

    Examples
    --------
    >>> computable_precision("fp32", on_gpu=False)
    'fp32'
    """
    if precision == "bf16" and not (_gpu_can() if on_gpu else _processor_can()):
        return "fp32"
    return precision


def _gpu_can() -> bool:
    return torch.cuda.is_available() and torch.cuda.is_bf16_supported(including_emulation=False)


def _processor_can() -> bool:
    """Ask oneDNN, which computes convolutions: torch has no public question for it."""
    return bool(torch.ops.mkldnn._is_mkldnn_bf16_supported())
