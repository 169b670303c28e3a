"""Deconvolution without learning, each method as its paper gives it.

All take ``(image, psf, *, ...)`` and return an image of the same shape: `wiener`, `regularised`,
`unsupervised_wiener`, `richardson_lucy`. `blind_richardson_lucy` returns the PSF as well;
`non_local_means` takes no PSF, for it only denoises. `bounded_wiener` and `richardson_lucy_tv` are
for measurements: they take volumes, too, keep the flux, and say what they assume.
"""

from unblur.classical.bounded_wiener import bounded_wiener
from unblur.classical.nlm import non_local_means
from unblur.classical.regularised import regularised, unsupervised_wiener
from unblur.classical.richardson_lucy import blind_richardson_lucy, richardson_lucy
from unblur.classical.total_variation import richardson_lucy_tv
from unblur.classical.wiener import wiener

__all__ = [
    "blind_richardson_lucy",
    "bounded_wiener",
    "non_local_means",
    "regularised",
    "richardson_lucy",
    "richardson_lucy_tv",
    "unsupervised_wiener",
    "wiener",
]
