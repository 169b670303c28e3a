"""Aligned frames into the sharpest of all, place by place: local Fourier aggregation."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from scipy import fft, ndimage

from unblur.degradation.convolution import FloatImage

__all__ = ["aggregate"]

_BLOCK = 64  # px of a side; the blur is taken to be even within
_SMOOTH = _BLOCK / 50  # frequencies over which magnitudes are averaged, as published
_FIRST = np.float32(1.1)
_SHARPER = (0.1, 0.3)  # mean logarithm of how much stronger others are: chance, and another blur
_DOUBTED = 1.6  # times what the first frame has, others must have, where it is but chance
_ONLY_NOISE = (1.5, 4.0)  # times the power of noise by which what is one and the same may differ
_COARSE = 0.04  # cycles a pixel below which all blurs are alike
_ABOVE_NOISE = 3.0  # of its magnitude in a block: what is stronger may be detail


def aggregate(
    frames: Sequence[FloatImage], *, power: float = 11.0, noise: float = 0.0
) -> FloatImage:
    """Take each frequency of each place mostly from the frames that are strongest there.

    Blocks that overlap by half are merged as `merge_burst` merges whole frames, under a window.

    Parameters
    ----------
    frames : sequence of ndarray of float32
        One or more (H, W, C) that lie on each other. The first is preferred, for the others were
        resampled and may lie on it with an error: a little where they are plainly sharper, much
        where they are about as sharp. Not modified.
    power : float
        0 gives the mean of the frames, infinity the strongest in each frequency.
    noise : float
        Standard deviation of the noise in each. Where there is little else all frames count alike,
        which averages it; the strongest would be the noisiest.

    Returns
    -------
    ndarray of float32
        (H, W, C).

    References
    ----------
    M. Delbracio, G. Sapiro, "Hand-held video deblurring via efficient Fourier aggregation", IEEE
    Transactions on Computational Imaging 1 (4), 2015.
    """
    if len(frames) == 1:
        return frames[0].copy()
    height, width = frames[0].shape[:2]
    half = _BLOCK // 2
    pads = [(half, half + -extent % half) for extent in (height, width)]
    padded = [np.pad(frame, (*pads, (0, 0)), mode="symmetric") for frame in frames]
    result = np.zeros(padded[0].shape, np.float32)
    taper = np.sin(np.pi * (np.arange(_BLOCK) + 0.5) / _BLOCK).astype(np.float32)
    window = np.outer(taper, taper)
    for top in range(0, height + sum(pads[0]) - half, half):
        rows = [frame[top : top + _BLOCK] for frame in padded]
        merged = (
            _merge(np.stack([_blocks(row, half) for row in rows]) * window, power, noise) * window
        )
        for number, block in enumerate(merged):
            left = number * half
            result[top : top + _BLOCK, left : left + _BLOCK] += block.transpose(1, 2, 0)
    return result[half : half + height, half : half + width]


def _blocks(row: FloatImage, step: int) -> FloatImage:
    """Blocks (N, C, B, B) of a row (B, W, C), a view."""
    windows = np.lib.stride_tricks.sliding_window_view(row, _BLOCK, axis=1)[:, ::step]
    return windows.transpose(1, 2, 0, 3)


def _merge(blocks: FloatImage, power: float, noise: float) -> FloatImage:
    """Merge frames of blocks (M, N, C, B, B) into (N, C, B, B)."""
    spectra: NDArray[np.complex64] = fft.rfft2(blocks)
    magnitude = np.abs(spectra).mean(2)
    smooth = ndimage.gaussian_filter1d(magnitude, _SMOOTH, axis=2, mode="wrap")
    smooth = ndimage.gaussian_filter1d(smooth, _SMOOTH, axis=3, mode="mirror")
    floor = np.float32(_ABOVE_NOISE * noise * _BLOCK / 2 + 1e-12)
    unlike = _unlike(spectra, noise)[:, None, None]
    doubted = _not_sharper(smooth, floor)[:, None, None] * unlike
    smooth[0] *= 1 + np.float32(_DOUBTED - 1) * doubted
    smooth = np.hypot(smooth, floor)
    smooth[0] *= 1 + (_FIRST - 1) * unlike
    weights = (smooth / smooth.max(0)) ** np.float32(power)
    weights /= weights.sum(0)
    merged = (weights[:, :, None] * spectra).sum(0)
    return np.asarray(fft.irfft2(merged, s=(_BLOCK, _BLOCK)), np.float32)


def _not_sharper(smooth: FloatImage, floor: np.float32) -> FloatImage:
    """Where (N,) the magnitudes (M, N, B, B / 2 + 1) of no frame plainly exceed the first one's.

    The strongest of several frames that are equally sharp is so by chance in each frequency, and
    taking it adds what chance added; where another frame is sharper it leads in most of them.
    """
    others = smooth[1:].max(0)
    lead = np.log(np.hypot(others, floor) / np.hypot(smooth[0], floor)).clip(0, 1)
    told = _fine() & (np.maximum(smooth[0], others) > _ABOVE_NOISE / 2 * floor)
    mean = (lead * told).sum((1, 2)) / (told.sum((1, 2)) + 1e-6)
    return np.asarray(np.interp(mean, _SHARPER, (1.0, 0.0)), np.float32)


def _unlike(spectra: NDArray[np.complex64], noise: float) -> FloatImage:
    """Where (N,) frames of spectra (M, N, C, B, B / 2 + 1) differ by more than noise.

    What differs by noise alone is one and the same, and its mean the best of it.
    """
    power = (np.abs(spectra[1:] - spectra[0]) ** 2)[..., _fine()].mean((0, 2, 3))
    times = power / (2 * (noise * _BLOCK / 2) ** 2 + 1e-12)
    return np.asarray(np.interp(times, _ONLY_NOISE, (0.0, 1.0)), np.float32)


def _fine() -> NDArray[np.bool_]:
    return np.hypot(fft.fftfreq(_BLOCK)[:, None], fft.rfftfreq(_BLOCK)) > _COARSE
