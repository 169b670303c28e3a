"""The discrete Fourier transform of pictures, in a form that ONNX can hold.

ONNX has no fast transform that every runtime runs at any size, and no complex numbers, so spectra
are pairs (real, imaginary). In torch they come from `torch.fft`; while a network is exported they
come from matrix products with sines and cosines, which are exact, portable and open in size: 3 N
multiplications a pixel for a picture N pixels wide, no more than a small convolution.
"""

from __future__ import annotations

import math

import torch

__all__ = ["Pair", "inverse_dft", "picture_dft", "psf_dft"]

Pair = tuple[torch.Tensor, torch.Tensor]


def picture_dft(image: torch.Tensor) -> Pair:
    """Take the half spectra of real pictures.

    Parameters
    ----------
    image : torch.Tensor
        (..., H, W).

    Returns
    -------
    real, imaginary : torch.Tensor
        (..., H, W // 2 + 1) each, as of `torch.fft.rfft2`.
    """
    if torch.onnx.is_in_onnx_export():
        return _picture_dft(image)
    spectrum = torch.fft.rfft2(image)
    return spectrum.real, spectrum.imag


def inverse_dft(spectrum: Pair, width: int) -> torch.Tensor:
    """Turn half spectra into pictures.

    Parameters
    ----------
    spectrum : pair of torch.Tensor
        (..., H, W // 2 + 1) each.
    width : int
        W, which the half spectra leave open by one.

    Returns
    -------
    torch.Tensor
        (..., H, W), as of `torch.fft.irfft2`.
    """
    if torch.onnx.is_in_onnx_export():
        return _inverse_dft(spectrum, width)
    height = spectrum[0].shape[-2]
    picture: torch.Tensor = torch.fft.irfft2(torch.complex(*spectrum), s=(height, width))
    return picture


def psf_dft(psf: torch.Tensor, height: int, width: int) -> Pair:
    """Take the transfer functions of PSFs for pictures of a given size.

    Parameters
    ----------
    psf : torch.Tensor
        (..., K, K), origin at ``K // 2``; K may be larger than the pictures.
    height, width : int
        Size of the pictures, H and W.

    Returns
    -------
    real, imaginary : torch.Tensor
        (..., H, W // 2 + 1) each.

    Examples
    --------
    >>> delta = torch.zeros(3, 3)
    >>> delta[1, 1] = 1
    >>> real, imaginary = psf_dft(delta, 4, 4)
    >>> bool((real == 1).all()), bool((imaginary == 0).all())
    (True, True)
    """
    taps = torch.arange(psf.shape[-1], device=psf.device) - psf.shape[-1] // 2
    rows = torch.arange(height, device=psf.device)
    columns = torch.arange(width // 2 + 1, device=psf.device)
    across = _waves(taps, columns, width)
    down = _waves(rows, taps, height)
    return _times(down, (psf @ across[0], psf @ across[1]))


def _picture_dft(image: torch.Tensor) -> Pair:
    height, width = image.shape[-2:]
    rows, columns = torch.arange(height), torch.arange(width)
    across = _waves(columns, columns[: width // 2 + 1], width)
    return _times(_waves(rows, rows, height), (image @ across[0], image @ across[1]))


def _inverse_dft(spectrum: Pair, width: int) -> torch.Tensor:
    height = spectrum[0].shape[-2]
    rows, columns = torch.arange(height), torch.arange(width)
    cosine, sine = _waves(rows, rows, height)
    real, imaginary = _times((cosine, -sine), spectrum)
    half = columns[: width // 2 + 1]
    cosine, sine = _waves(half, columns, width)
    # what a half spectrum leaves out mirrors all of it but the mean and the highest frequency
    count = torch.where((2 * half) % width == 0, 1.0, 2.0)[:, None] / (height * width)
    return real @ (count * cosine) + imaginary @ (count * sine)


def _waves(first: torch.Tensor, second: torch.Tensor, length: int) -> Pair:
    """``exp(-2 pi i first second / length)``; whole turns are taken off as integers, exactly."""
    turns = (first[:, None] * second[None]) % length
    angle = turns.float() * (2 * math.pi / length)
    return torch.cos(angle), -torch.sin(angle)


def _times(left: Pair, right: Pair) -> Pair:
    """Product of complex matrices."""
    return left[0] @ right[0] - left[1] @ right[1], left[0] @ right[1] + left[1] @ right[0]
