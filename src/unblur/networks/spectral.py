"""Fourier-domain physics as differentiable layers: OTF, Wiener step, closed-form PSF.

`unblur.classical.spectral` holds the same formulas in NumPy for inference; a test compares them.
"""

from __future__ import annotations

import torch
from torch.nn import functional

__all__ = [
    "WIENER_PAD",
    "autocorrelation",
    "gradients",
    "linear_to_srgb",
    "otf",
    "psf_from_edges",
    "spectrum_prior",
    "srgb_to_linear",
    "support",
    "tapered_spectrum",
    "wiener_step",
]

WIENER_PAD = 24


def srgb_to_linear(image: torch.Tensor) -> torch.Tensor:
    """Linear light of sRGB values, clipped to [0, 1]."""
    image = image.clamp(0, 1)
    return torch.where(image <= 0.04045, image / 12.92, ((image + 0.055) / 1.055) ** 2.4)


def linear_to_srgb(image: torch.Tensor) -> torch.Tensor:
    """Encode linear light as sRGB values, clipped to [0, 1]."""
    image = image.clamp(1e-6, 1)  # the power has no finite slope at zero
    return torch.where(image <= 0.0031308, image * 12.92, 1.055 * image ** (1 / 2.4) - 0.055)


def otf(psf: torch.Tensor, height: int, width: int) -> torch.Tensor:
    """Half-spectrum transfer functions (B, 1, H, W//2+1) of centred PSFs (B, K, K)."""
    size = psf.shape[-1]
    padded = functional.pad(psf, (0, width - size, 0, height - size))
    rolled = torch.roll(padded, (-(size // 2), -(size // 2)), (1, 2))
    return torch.fft.rfft2(rolled)[:, None]


def spectrum_prior(height: int, width: int) -> torch.Tensor:
    """Noise-to-signal shape (H, W//2+1): natural pictures have less energy at high frequencies."""
    fy, fx = torch.fft.fftfreq(height)[:, None], torch.fft.rfftfreq(width)[None]
    return 16 * (fy**2 + fx**2) + 0.02


def _ramp(length: int, pad: int) -> torch.Tensor:
    index = torch.arange(length)
    return torch.clamp(torch.minimum(index + 1, length - index) / pad, max=1)


def tapered_spectrum(image: torch.Tensor, transfer: torch.Tensor, pad: int) -> torch.Tensor:
    """Spectrum of a padded image (B, C, H, W) whose borders fade into its own re-blurred copy.

    The fade makes the picture agree with the circular convolution that the Fourier domain assumes,
    so a Wiener step leaves no ghosts of the opposite border.
    """
    height, width = image.shape[2:]
    window = _ramp(height, pad)[:, None] * _ramp(width, pad)[None]
    blurred = torch.fft.irfft2(torch.fft.rfft2(image) * transfer, s=(height, width))
    return torch.fft.rfft2(window * image + (1 - window) * blurred)


def wiener_step(
    spectrum: torch.Tensor,
    transfer: torch.Tensor,
    weight: torch.Tensor,
    guess: torch.Tensor | None = None,
) -> torch.Tensor:
    """Spectrum of argmin |h * x - y|^2 + weight |x - guess|^2, ``guess = 0`` if not given."""
    numerator = spectrum * transfer.conj()
    if guess is not None:
        numerator = numerator + weight * guess
    return numerator / (transfer.abs() ** 2 + weight)


def gradients(image: torch.Tensor) -> torch.Tensor:
    """Forward differences (B, 2, H, W) along x and y of (B, 1, H, W), zero at the far border."""
    along_x = functional.pad(image[..., :, 1:] - image[..., :, :-1], (0, 1, 0, 0))
    along_y = functional.pad(image[..., 1:, :] - image[..., :-1, :], (0, 0, 0, 1))
    return torch.cat([along_x, along_y], 1)


def support(correlation: torch.Tensor, size: int) -> torch.Tensor:
    """Cut the centred (B, size, size) part out of a map (B, H, W) whose origin is at [0, 0]."""
    return torch.roll(correlation, (size // 2, size // 2), (1, 2))[:, :size, :size]


def autocorrelation(spectrum: torch.Tensor, shape: tuple[int, int], size: int) -> torch.Tensor:
    """Autocorrelation (B, size, size) of gradients (spectrum (B, 2, ...)), 1 at its centre."""
    power = (spectrum.abs() ** 2).sum(1)
    correlation = torch.fft.irfft2(power, s=shape)
    return support(correlation / correlation[:, :1, :1].clamp_min(1e-8), size)


def psf_from_edges(
    edges: torch.Tensor,
    observed: torch.Tensor,
    level: torch.Tensor,
    shape: tuple[int, int],
    size: int,
) -> tuple[torch.Tensor, torch.Tensor]:
    """Closed-form PSF and normalised cross-correlation, each (B, size, size).

    ``K = sum conj(G) F / (sum |G|^2 + level mean|G|^2)`` over the spectra G of the predicted sharp
    edges and F of the observed gradients, both (B, 2, H, W//2+1) (Schuler et al., "Learning to
    deblur").
    """
    cross = (edges.conj() * observed).sum(1)
    energy = (edges.abs() ** 2).sum(1)
    mean = energy.mean((1, 2), keepdim=True) + 1e-6
    psf = torch.fft.irfft2(cross / (energy + level * mean), s=shape)
    flat = torch.fft.irfft2(cross / (cross.abs() + 0.05 * cross.abs().mean((1, 2), keepdim=True) + 1e-6), s=shape)
    return support(psf, size), support(flat, size)
