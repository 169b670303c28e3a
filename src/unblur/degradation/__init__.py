"""Blur physics: point spread functions, convolution, noise, compression.

`Degradation` turns a sharp picture into what a camera would have stored. The PSFs come from
formulas (`gaussian_psf`, `box_psf`, `disk_psf`, `motion_psf`, `delta_psf`), from random camera
movements (`camera_shake_psf`), from a text or file (`parse_psf`), from any array (`as_psf`), or at
random from all of these (`PSFSampler`).
"""

from unblur.degradation.convolution import Boundary, convolve, crop_valid, fast_shape, otf
from unblur.degradation.jpeg import Subsampling, jpeg_roundtrip, quantise
from unblur.degradation.noise import add_noise
from unblur.degradation.pipeline import Degradation
from unblur.degradation.psf import (
    PSF,
    as_psf,
    box_psf,
    centre_psf,
    centroid,
    delta_psf,
    disk_psf,
    gaussian_psf,
    motion_psf,
    parse_psf,
    resize_psf,
)
from unblur.degradation.sampling import PSFSampler
from unblur.degradation.trajectory import camera_shake_psf, camera_trajectory

__all__ = [
    "PSF",
    "Boundary",
    "Degradation",
    "PSFSampler",
    "Subsampling",
    "add_noise",
    "as_psf",
    "box_psf",
    "camera_shake_psf",
    "camera_trajectory",
    "centre_psf",
    "centroid",
    "convolve",
    "crop_valid",
    "delta_psf",
    "disk_psf",
    "fast_shape",
    "gaussian_psf",
    "jpeg_roundtrip",
    "motion_psf",
    "otf",
    "parse_psf",
    "quantise",
    "resize_psf",
]
