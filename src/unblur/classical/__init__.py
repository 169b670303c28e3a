"""Deconvolution without learning, each method as its paper gives it.

All take ``(image, psf, *, ...)`` and return an image of the same shape: `wiener`, `regularised`,
`unsupervised_wiener`, `richardson_lucy`. `blind_richardson_lucy` returns the PSF as well;
`non_local_means` takes no PSF, for it only denoises.
"""

from unblur.classical.nlm import non_local_means
from unblur.classical.regularised import regularised, unsupervised_wiener
from unblur.classical.richardson_lucy import blind_richardson_lucy, richardson_lucy
from unblur.classical.wiener import wiener

__all__ = [
    "blind_richardson_lucy",
    "non_local_means",
    "regularised",
    "richardson_lucy",
    "unsupervised_wiener",
    "wiener",
]
