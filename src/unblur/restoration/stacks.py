"""Deconvolution of stacks: each channel by its own PSF, volume by volume or plane by plane."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import product
from typing import Literal, get_args

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import fft

from unblur.classical.bounded_wiener import MAX_GAIN, bounded_wiener
from unblur.classical.total_variation import Border, richardson_lucy_tv
from unblur.classical.volumes import as_kernel
from unblur.errors import ArgumentError, PSFError
from unblur.images.stack import Stack
from unblur.runtime.session import default_threads

__all__ = ["Deconvolution", "DeconvolutionMethod", "DeconvolutionReport", "deconvolve_stack"]

DeconvolutionMethod = Literal["tv", "richardson-lucy", "wiener"]

_IN_MEMORY = 2**30  # bytes of results; larger ones are collected in a temporary file


@dataclass(frozen=True)
class Deconvolution:
    """How a stack is deconvolved.

    Parameters
    ----------
    method : {"tv", "richardson-lucy", "wiener"}
        `richardson_lucy_tv` with or without total variation, or `bounded_wiener`.
    num_iter : int
        Iterations of the first two.
    tv_weight : float
        Weight of the total variation; only for ``"tv"``.
    background : float
        What the detector shows without light, in the numbers of the stack; taken off.
    max_gain : float
        Bound of ``"wiener"``.
    boundary : {"reflect", "unknown", "wrap"}
        Of Richardson-Lucy, see `richardson_lucy_tv`.

    Raises
    ------
    ArgumentError
        When there is no such method.
    """

    method: DeconvolutionMethod = "tv"
    num_iter: int = 50
    tv_weight: float = 0.002
    background: float = 0.0
    max_gain: float = MAX_GAIN
    boundary: Border = "reflect"

    def __post_init__(self) -> None:
        if self.method not in get_args(DeconvolutionMethod):
            names = ", ".join(get_args(DeconvolutionMethod))
            raise ArgumentError(f"there is no method {self.method!r}: use one of {names}")


@dataclass(frozen=True)
class DeconvolutionReport:
    """What was done to a stack.

    Parameters
    ----------
    volumes : int
        How many volumes, or planes, were deconvolved one by one.
    dimensions : int
        Along how many axes: 2 or 3.
    flux : float
        Sum of all values before, the background taken off.
    flux_change : float
        Largest relative change of the sum of one volume.
    seconds : float
        For all of it.
    """

    volumes: int
    dimensions: int
    flux: float
    flux_change: float
    seconds: float


def deconvolve_stack(
    stack: Stack,
    psfs: Sequence[ArrayLike],
    *,
    how: Deconvolution = Deconvolution(),
    threads: int | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> tuple[Stack, DeconvolutionReport]:
    """Deconvolve a stack of one or more channels, in its own numbers.

    Parameters
    ----------
    stack : Stack
        Not modified. NaN and infinity are refused.
    psfs : sequence of array_like
        One for all channels, or one for each: (K, K) works on each plane, (D, K, K) on each volume
        of Z, Y and X.
    how : Deconvolution, optional
        The method and its parameters.
    threads : int, optional
        Processor threads; all that the process may use if not given.
    progress : callable, optional
        Called with the number of volumes done and that of all.

    Returns
    -------
    stack : Stack
        Of float32, neither scaled nor clipped, with all that the given one says.
    report : DeconvolutionReport
        Volumes, flux, seconds.

    Raises
    ------
    PSFError
        When the number of PSFs does not fit the channels, or their axes do not fit the stack's.
    ArgumentError, ArrayError
        When a parameter or the values cannot be used.

    Examples
    --------
    >>> import numpy as np
    >>> from unblur.degradation import gaussian_psf
    >>> stack = Stack(np.full((2, 3, 16, 16), 100, np.uint16), "TCYX")
    >>> sharp, report = deconvolve_stack(stack, [gaussian_psf(1.0)])
    >>> sharp.values.dtype.name, report.volumes, round(report.flux_change, 4)
    ('float32', 6, 0.0)
    """
    start = time.perf_counter()
    kernels = _for_channels(stack, psfs)
    spatial = "ZYX"[3 - kernels[0].ndim :]
    if not set(spatial) <= set(stack.axes):
        raise PSFError(
            f"the PSF has three axes and the stack {stack.axes!r} no Z: name its axes, "
            "or use a PSF of two"
        )
    order = [stack.axes.index(axis) for axis in spatial]
    source = np.moveaxis(stack.values, order, range(-len(order), 0))
    result = _empty(stack.values.shape)
    target = np.moveaxis(result, order, range(-len(order), 0))
    places = list(_places(stack, spatial, source.shape))
    flux, change = 0.0, 0.0
    with fft.set_workers(threads or default_threads()):
        for number, (place, channel) in enumerate(places):
            if progress is not None:
                progress(number, len(places))
            volume = np.ascontiguousarray(source[place], dtype=np.float32)
            sharp = _deconvolve(volume, kernels[channel % len(kernels)], how, stack.voxel)
            target[place] = sharp
            light = float(volume.sum(dtype=np.float64)) - how.background * volume.size
            flux += light
            if light > 0:
                change = max(change, abs(float(sharp.sum(dtype=np.float64)) / light - 1))
    if progress is not None:
        progress(len(places), len(places))
    seconds = time.perf_counter() - start
    report = DeconvolutionReport(len(places), len(spatial), flux, change, seconds)
    return stack.with_values(result), report


def _for_channels(stack: Stack, psfs: Sequence[ArrayLike]) -> list[NDArray[np.float32]]:
    channels = stack.extent(stack.channel_axis)
    if len(psfs) not in (1, channels):
        raise PSFError(f"{len(psfs)} PSFs for {channels} channels: give one, or one for each")
    kernels = [as_kernel(psf) for psf in psfs]
    if len({kernel.ndim for kernel in kernels}) > 1:
        raise PSFError("the PSFs of the channels have two axes and three: give all the same")
    return kernels


def _places(
    stack: Stack, spatial: str, shape: tuple[int, ...]
) -> Iterator[tuple[tuple[int, ...], int]]:
    """Indices of each volume, and its channel."""
    others = [axis for axis in stack.axes if axis not in spatial]
    for place in product(*(range(extent) for extent in shape[: len(others)])):
        named = dict(zip(others, place, strict=True))
        yield place, named.get(stack.channel_axis, 0)


def _deconvolve(
    volume: NDArray[np.float32],
    kernel: NDArray[np.float32],
    how: Deconvolution,
    voxel: tuple[float | None, float | None, float | None],
) -> NDArray[np.float32]:
    if how.method == "wiener":
        return bounded_wiener(volume - np.float32(how.background), kernel, max_gain=how.max_gain)
    steps = [step for step in voxel[3 - kernel.ndim :] if step is not None]
    return richardson_lucy_tv(
        volume,
        kernel,
        num_iter=how.num_iter,
        tv_weight=how.tv_weight if how.method == "tv" else 0.0,
        background=how.background,
        spacing=steps if len(steps) == kernel.ndim else None,
        boundary=how.boundary,
    )


def _empty(shape: tuple[int, ...]) -> NDArray[np.float32]:
    size = 4 * int(np.prod(shape))
    if size <= _IN_MEMORY:
        return np.empty(shape, np.float32)
    with tempfile.TemporaryFile() as file:  # it has no name and goes with the array
        return np.memmap(file, np.float32, "w+", shape=shape)
