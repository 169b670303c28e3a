"""Losses of image-to-image networks: pictures (B, C, H, W) in, a number out."""

from __future__ import annotations

import math
from collections.abc import Callable

import torch
from torch.nn import functional

from unblur.errors import ArrayError
from unblur.training.losses import ERROR_FLOOR, charbonnier, log_squared_error

__all__ = [
    "PICTURE_LOSSES",
    "argmax_accuracy",
    "edge_error",
    "frequency_error",
    "ms_ssim",
    "multi_scale_error",
    "ssim",
]

Loss = Callable[[torch.Tensor, torch.Tensor], torch.Tensor]

RADIUS, SIGMA = 5, 1.5  # of the window of SSIM
SCALE_WEIGHTS = (0.0448, 0.2856, 0.3001, 0.2363, 0.1333)  # of Wang et al., the finest first


def argmax_accuracy(result: torch.Tensor, target: torch.Tensor) -> torch.Tensor:
    """Share of pixels whose largest channel agrees, the lower index winning a tie.

    This is what Keras calls "accuracy" for pictures.

    Parameters
    ----------
    result, target : torch.Tensor
        Pictures (B, C, H, W) of the same shape.

    Returns
    -------
    torch.Tensor
        A number in [0, 1].

    Examples
    --------
    >>> red = torch.tensor([1.0, 0.0, 0.0])[None, :, None, None].expand(1, 3, 2, 2)
    >>> argmax_accuracy(red, red.flip(1)).item()
    0.0
    """
    return (result.argmax(1) == target.argmax(1)).float().mean()


def edge_error(result: torch.Tensor, target: torch.Tensor) -> torch.Tensor:
    """Mean absolute difference of the gradients, each the difference of two neighbours.

    Parameters
    ----------
    result, target : torch.Tensor
        Pictures (B, C, H, W) of the same shape, at least 2 x 2.

    Returns
    -------
    torch.Tensor
        A number, 0 for pictures that differ by a constant.

    Examples
    --------
    >>> picture = torch.rand(1, 3, 4, 4)
    >>> print(round(edge_error(picture + 0.5, picture).item(), 5))
    0.0
    """
    difference = result - target
    return difference.diff(dim=-1).abs().mean() + difference.diff(dim=-2).abs().mean()


def frequency_error(result: torch.Tensor, target: torch.Tensor) -> torch.Tensor:
    """Mean absolute difference of the Fourier transforms, real and imaginary parts alike.

    Parameters
    ----------
    result, target : torch.Tensor
        Pictures (B, C, H, W) of the same shape.

    Returns
    -------
    torch.Tensor
        A number, of the order of 10 times the mean absolute difference of the pictures.

    References
    ----------
    Cho et al.: "Rethinking coarse-to-fine approach in single image deblurring", ICCV 2021.
    """
    return torch.view_as_real(torch.fft.rfft2(result - target)).abs().mean()


def multi_scale_error(result: torch.Tensor, target: torch.Tensor) -> torch.Tensor:
    """Mean absolute difference at full, half and quarter size, in equal parts.

    Parameters
    ----------
    result, target : torch.Tensor
        Pictures (B, C, H, W) of the same shape, at least 4 x 4.

    Returns
    -------
    torch.Tensor
        A number.

    Examples
    --------
    >>> picture = torch.zeros(1, 3, 8, 8)
    >>> print(round(multi_scale_error(picture + 0.5, picture).item(), 5))
    0.5
    """
    difference = result - target
    shrunk = [difference, *(functional.avg_pool2d(difference, factor) for factor in (2, 4))]
    return torch.stack([part.abs().mean() for part in shrunk]).mean()


def ssim(result: torch.Tensor, target: torch.Tensor) -> torch.Tensor:
    """Mean structural similarity of pictures in [0, 1]; only whole windows count.

    Parameters
    ----------
    result, target : torch.Tensor
        Pictures (B, C, H, W) of the same shape, at least 11 x 11.

    Returns
    -------
    torch.Tensor
        A number, 1 for equal pictures.

    Raises
    ------
    ArrayError
        If the pictures are smaller than the window.

    References
    ----------
    Wang et al.: "Image quality assessment: from error visibility to structural similarity", IEEE
    TIP 2004.

    Examples
    --------
    >>> picture = torch.rand(1, 3, 16, 16)
    >>> print(round(ssim(picture, picture).item(), 5))
    1.0
    """
    luminance, contrast = _similarity(result, target)
    return (luminance * contrast).mean()


def ms_ssim(result: torch.Tensor, target: torch.Tensor) -> torch.Tensor:
    """Mean structural similarity over up to five scales; pictures in [0, 1].

    Small pictures have fewer scales, those whose windows fit; their weights are then scaled to
    the sum 1, which all five have.

    Parameters
    ----------
    result, target : torch.Tensor
        Pictures (B, C, H, W) of the same shape, at least 11 x 11; 176 x 176 have all scales.

    Returns
    -------
    torch.Tensor
        A number, 1 for equal pictures.

    Raises
    ------
    ArrayError
        If the pictures are smaller than the window.

    References
    ----------
    Wang, Simoncelli, Bovik: "Multi-scale structural similarity for image quality assessment",
    Asilomar 2003.

    Examples
    --------
    >>> picture = torch.rand(1, 3, 32, 32)
    >>> print(round(ms_ssim(picture, picture).item(), 5))
    1.0
    """
    side = min(result.shape[-2:])
    fitting = [w for n, w in enumerate(SCALE_WEIGHTS) if side >> n >= 2 * RADIUS + 1]
    weights = [weight / sum(fitting) for weight in fitting] or [1.0]
    product = result.new_ones(len(result))
    for number, weight in enumerate(weights, 1):
        luminance, contrast = _similarity(result, target)
        part = luminance * contrast if number == len(weights) else contrast
        # a negative similarity has no root; the small floor keeps the gradient finite
        product = product * part.mean((1, 2, 3)).clamp_min(1e-6) ** weight
        if number < len(weights):
            result, target = (functional.avg_pool2d(picture, 2) for picture in (result, target))
    return product.mean()


def _similarity(first: torch.Tensor, second: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    """Maps of the luminance term and of the contrast-structure term of SSIM."""
    if min(first.shape[-2:]) < 2 * RADIUS + 1:
        raise ArrayError(
            f"SSIM needs pictures of 11 x 11 or more, not {first.shape[-2]} x {first.shape[-1]}; "
            "take larger crops, or another loss"
        )
    moments = [first, second, first * first, second * second, first * second]
    mean, other, square, other_square, product = _blur(torch.stack(moments))
    luminance = (2 * mean * other + 0.01**2) / (mean**2 + other**2 + 0.01**2)
    covariance = product - mean * other
    variances = square - mean**2 + other_square - other**2
    return luminance, (2 * covariance + 0.03**2) / (variances + 0.03**2)


def _blur(pictures: torch.Tensor) -> torch.Tensor:
    """Filter the last two axes by the window of SSIM, where it lies wholly inside."""
    tap = [math.exp(-(n**2) / (2 * SIGMA**2)) for n in range(-RADIUS, RADIUS + 1)]
    kernel = pictures.new_tensor(tap) / sum(tap)
    flat = pictures.flatten(0, -3)[:, None]
    rows = functional.conv2d(flat, kernel[None, None, :, None])
    whole = functional.conv2d(rows, kernel[None, None, None])
    return whole.reshape(*pictures.shape[:-2], *whole.shape[-2:])


PICTURE_LOSSES: dict[str, Loss] = {
    "l1": lambda result, target: (result - target).abs().mean(),
    "mse": lambda result, target: ((result - target) ** 2).mean(),
    "charbonnier": charbonnier,
    "log-mse": lambda result, target: log_squared_error(result, target) - math.log(ERROR_FLOOR),
    "ssim": lambda result, target: 1 - ssim(result, target),
    "ms-ssim": lambda result, target: 1 - ms_ssim(result, target),
    "edge": edge_error,
    "frequency": frequency_error,
    "multi-scale": multi_scale_error,
}
"""Losses by their names in recipes; each is 0 or more, and least for equal pictures."""
