"""Fourier-domain physics as differentiable layers: OTF, Wiener step, closed-form PSF.

`unblur.runtime.spectral` holds the same formulas in NumPy for inference; a test compares them.
Half spectra are those of `torch.fft.rfft2`, (..., H, W // 2 + 1).
"""

from __future__ import annotations

import torch
from torch.nn import functional

__all__ = [
    "WIENER_PAD",
    "autocorrelation",
    "completed_spectrum",
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
    """Undo the sRGB curve.

    Parameters
    ----------
    image : torch.Tensor
        sRGB-encoded values, any shape; they are clipped to [0, 1].

    Returns
    -------
    torch.Tensor
        Linear light in [0, 1], same shape.
    """
    image = image.clamp(0, 1)
    return torch.where(image <= 0.04045, image / 12.92, ((image + 0.055) / 1.055) ** 2.4)


def linear_to_srgb(image: torch.Tensor) -> torch.Tensor:
    """Apply the sRGB curve.

    Parameters
    ----------
    image : torch.Tensor
        Linear light, any shape; it is clipped to [1e-6, 1].

    Returns
    -------
    torch.Tensor
        sRGB-encoded values in [0, 1], same shape.
    """
    image = image.clamp(1e-6, 1)  # the power has no finite slope at zero
    return torch.where(image <= 0.0031308, image * 12.92, 1.055 * image ** (1 / 2.4) - 0.055)


def otf(psf: torch.Tensor, height: int, width: int) -> torch.Tensor:
    """Transfer functions of PSFs for pictures of a given size.

    Parameters
    ----------
    psf : torch.Tensor
        (B, K, K), origin at ``K // 2``, K at most `height` and `width`.
    height, width : int
        Size of the pictures, H and W.

    Returns
    -------
    torch.Tensor
        Half spectra (B, 1, H, W // 2 + 1).
    """
    size = psf.shape[-1]
    padded = functional.pad(psf, (0, width - size, 0, height - size))
    rolled = torch.roll(padded, (-(size // 2), -(size // 2)), (1, 2))
    transfer: torch.Tensor = torch.fft.rfft2(rolled)
    return transfer[:, None]


def spectrum_prior(height: int, width: int, device: torch.device | None = None) -> torch.Tensor:
    """Noise-to-signal shape: natural pictures have less energy at high frequencies.

    Parameters
    ----------
    height, width : int
        Size of the pictures, H and W.
    device : torch.device, optional
        Where it is needed.

    Returns
    -------
    torch.Tensor
        (H, W // 2 + 1), positive.
    """
    fy = torch.fft.fftfreq(height, device=device)[:, None]
    fx = torch.fft.rfftfreq(width, device=device)[None]
    prior: torch.Tensor = 16 * (fy**2 + fx**2) + 0.02
    return prior


def _ramp(length: int, pad: int, device: torch.device) -> torch.Tensor:
    index = torch.arange(length, device=device)
    return torch.clamp(torch.minimum(index + 1, length - index) / pad, max=1)


def tapered_spectrum(image: torch.Tensor, transfer: torch.Tensor, pad: int) -> torch.Tensor:
    """Spectrum of a padded image whose borders fade into its own re-blurred copy.

    The fade makes the picture agree with the circular convolution that the Fourier domain assumes,
    so a Wiener step leaves no ghosts of the opposite border.

    Parameters
    ----------
    image : torch.Tensor
        (B, C, H, W), padded.
    transfer : torch.Tensor
        Half spectra (B, 1, H, W // 2 + 1) of the PSFs.
    pad : int
        Width of the fade in pixels.

    Returns
    -------
    torch.Tensor
        Half spectra (B, C, H, W // 2 + 1).
    """
    height, width = image.shape[2:]
    window = _ramp(height, pad, image.device)[:, None] * _ramp(width, pad, image.device)[None]
    blurred = torch.fft.irfft2(torch.fft.rfft2(image) * transfer, s=(height, width))
    spectrum: torch.Tensor = torch.fft.rfft2(window * image + (1 - window) * blurred)
    return spectrum


def completed_spectrum(
    image: torch.Tensor, guess: torch.Tensor, transfer: torch.Tensor, pad: int
) -> torch.Tensor:
    """Spectrum of an image that goes on beyond its borders as a guess, blurred, says.

    What the border of a picture shows came in part from outside it. Completed like this, a
    deconvolution finds there what it needs, where a fade leaves it wrong by the reach of the PSF.

    Parameters
    ----------
    image : torch.Tensor
        The observation (B, C, H - 2 P, W - 2 P).
    guess : torch.Tensor
        Half spectra (B, C, H, W // 2 + 1) of the guess of the sharp picture, padded.
    transfer : torch.Tensor
        Half spectra (B, 1, H, W // 2 + 1) of the PSFs.
    pad : int
        Width P of the border in pixels.

    Returns
    -------
    torch.Tensor
        Half spectra (B, C, H, W // 2 + 1).

    References
    ----------
    Reeves: "Fast image restoration without boundary artifacts", IEEE Transactions on Image
    Processing 14 (10), 2005, for the missing pixels as part of the problem.
    """
    shape = (image.shape[2] + 2 * pad, image.shape[3] + 2 * pad)
    around = torch.fft.irfft2(guess * transfer, s=shape)
    inside = functional.pad(torch.ones_like(image[:1, :1]), (pad,) * 4)
    whole = torch.where(inside > 0, functional.pad(image, (pad,) * 4), around)
    spectrum: torch.Tensor = torch.fft.rfft2(whole)
    return spectrum


def wiener_step(
    spectrum: torch.Tensor,
    transfer: torch.Tensor,
    weight: torch.Tensor,
    guess: torch.Tensor | None = None,
) -> torch.Tensor:
    """Solve ``argmin |h * x - y|^2 + weight |x - guess|^2`` in the Fourier domain.

    Parameters
    ----------
    spectrum : torch.Tensor
        Half spectra (B, C, H, W // 2 + 1) of the observation y.
    transfer : torch.Tensor
        Half spectra (B, 1, H, W // 2 + 1) of the PSFs h.
    weight : torch.Tensor
        How much the guess counts: a number, or one for each frequency.
    guess : torch.Tensor, optional
        Half spectra of the guess; zero when left out, which is a Wiener filter.

    Returns
    -------
    torch.Tensor
        Half spectra (B, C, H, W // 2 + 1) of the solutions x.
    """
    numerator = spectrum * transfer.conj()
    if guess is not None:
        numerator = numerator + weight * guess
    return numerator / (transfer.abs() ** 2 + weight)


def gradients(image: torch.Tensor) -> torch.Tensor:
    """Take forward differences along x and y, zero at the far border.

    Parameters
    ----------
    image : torch.Tensor
        (B, 1, H, W).

    Returns
    -------
    torch.Tensor
        (B, 2, H, W), x first.
    """
    along_x = functional.pad(image[..., :, 1:] - image[..., :, :-1], (0, 1, 0, 0))
    along_y = functional.pad(image[..., 1:, :] - image[..., :-1, :], (0, 0, 0, 1))
    return torch.cat([along_x, along_y], 1)


def support(correlation: torch.Tensor, size: int) -> torch.Tensor:
    """Cut the middle out of a correlation.

    Parameters
    ----------
    correlation : torch.Tensor
        (B, H, W) with its origin at [0, 0], H and W at least `size`.
    size : int
        Side of the part, odd.

    Returns
    -------
    torch.Tensor
        (B, size, size) with the origin in its centre.
    """
    return torch.roll(correlation, (size // 2, size // 2), (1, 2))[:, :size, :size]


def autocorrelation(spectrum: torch.Tensor, shape: tuple[int, int], size: int) -> torch.Tensor:
    """Autocorrelation of gradients: a blurred picture's own has the PSF's autocorrelation in it.

    Parameters
    ----------
    spectrum : torch.Tensor
        Half spectra (B, 2, H, W // 2 + 1) of the gradients.
    shape : tuple of int
        H and W.
    size : int
        Side of the part wanted, odd.

    Returns
    -------
    torch.Tensor
        (B, size, size), 1 in its centre.
    """
    power = (spectrum.abs() ** 2).sum(1)
    correlation: torch.Tensor = torch.fft.irfft2(power, s=shape)
    return support(correlation / correlation[:, :1, :1].clamp_min(1e-8), size)


def psf_from_edges(
    edges: torch.Tensor,
    observed: torch.Tensor,
    level: torch.Tensor,
    shape: tuple[int, int],
    size: int,
) -> tuple[torch.Tensor, torch.Tensor]:
    """Find the PSFs that turn sharp edges into the observed gradients, in closed form.

    ``K = sum conj(G) F / (sum |G|^2 + level mean|G|^2)`` over the spectra G of the predicted sharp
    edges and F of the observed gradients.

    Parameters
    ----------
    edges, observed : torch.Tensor
        Half spectra (B, 2, H, W // 2 + 1) of G and F.
    level : torch.Tensor
        Regularisation, a number relative to the mean energy of the edges.
    shape : tuple of int
        H and W.
    size : int
        Side of the PSFs, odd.

    Returns
    -------
    psf : torch.Tensor
        (B, size, size), neither non-negative nor normalised.
    flat : torch.Tensor
        Whitened cross-correlation (B, size, size): all frequencies count the same.

    References
    ----------
    Schuler, Hirsch, Harmeling, Schölkopf: "Learning to deblur", IEEE TPAMI, 2016.
    """
    cross = (edges.conj() * observed).sum(1)
    energy = (edges.abs() ** 2).sum(1)
    mean = energy.mean((1, 2), keepdim=True) + 1e-6
    psf = torch.fft.irfft2(cross / (energy + level * mean), s=shape)
    floor = 0.05 * cross.abs().mean((1, 2), keepdim=True)
    flat = torch.fft.irfft2(cross / (cross.abs() + floor + 1e-6), s=shape)
    return support(psf, size), support(flat, size)
