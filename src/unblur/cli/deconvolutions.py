"""The classical methods as a benchmark runs them: each told the noise and the border."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from unblur.evaluation.case import Observation

    Image = NDArray[np.float32]

__all__ = ["BLIND", "CONTROL", "DECONVOLUTIONS", "SETTINGS", "guess_psf"]

# These and the like below did best on average on training photographs under other seeds.
_NSR_PER_NOISE = 1.2
_ITERATIONS = 30
_USUAL_NOISE = 0.005  # taken where nobody knows it
_GUESS_SIZE = 33
_BLIND_PSF_ITERATIONS = 2
SETTINGS: Mapping[str, float] = MappingProxyType(
    {
        "nsr_per_noise": _NSR_PER_NOISE,
        "iterations": _ITERATIONS,
        "usual_noise": _USUAL_NOISE,
        "guess_size": _GUESS_SIZE,
        "blind_psf_iterations": _BLIND_PSF_ITERATIONS,
    }
)
"""All that the results depend on besides the methods' own code."""


def _wiener(image: Image, psf: Image, seen: Observation) -> Image:
    from unblur import wiener

    return wiener(image, psf, nsr=_NSR_PER_NOISE * _noise(seen), boundary=_boundary(seen))


def _unsupervised_wiener(image: Image, psf: Image, seen: Observation) -> Image:
    from unblur import unsupervised_wiener

    return unsupervised_wiener(image, psf, boundary=_boundary(seen))


def _regularised(image: Image, psf: Image, seen: Observation) -> Image:
    from unblur import regularised

    return regularised(image, psf, noise=_noise(seen), boundary=_boundary(seen))


def _richardson_lucy(image: Image, psf: Image, seen: Observation) -> Image:
    from unblur import richardson_lucy

    return richardson_lucy(image, psf, num_iter=_ITERATIONS, boundary=_boundary(seen))


def _damped(image: Image, psf: Image, seen: Observation) -> Image:
    from unblur import richardson_lucy

    return richardson_lucy(
        image, psf, num_iter=_ITERATIONS, damping=_noise(seen), boundary=_boundary(seen)
    )


DECONVOLUTIONS: Mapping[str, Callable[[Image, Image, Observation], Image]] = MappingProxyType(
    {
        "wiener": _wiener,
        "unsupervised-wiener": _unsupervised_wiener,
        "regularised": _regularised,
        "richardson-lucy": _richardson_lucy,
        "damped-richardson-lucy": _damped,
    }
)
"""By name; each takes the picture, where it blurred, the PSF, and what else is known."""


def _blind_richardson_lucy(seen: Observation) -> Image:
    from unblur import blind_richardson_lucy
    from unblur.evaluation.methods import where_it_blurred

    return where_it_blurred(
        seen,
        lambda image: blind_richardson_lucy(
            image, psf_iter=_BLIND_PSF_ITERATIONS, boundary=_boundary(seen)
        )[0],
    )


def _non_local_means(seen: Observation) -> Image:
    from unblur import non_local_means

    return non_local_means(seen.image, noise=seen.noise)


BLIND: dict[str, Callable[[Observation], Image]] = {"blind-richardson-lucy": _blind_richardson_lucy}
CONTROL: dict[str, Callable[[Observation], Image]] = {"non-local-means": _non_local_means}
"""A denoiser: what a method gains that removes no blur at all."""


def guess_psf(image: Image) -> Image:
    """Estimate the PSF without learning, by Cho and Lee's method.

    Parameters
    ----------
    image : ndarray of float32
        (H, W, C), encoded values in [0, 1].

    Returns
    -------
    ndarray of float32
        (K, K), K of 33, or what a small picture allows.
    """
    from unblur import estimate_psf_classical

    largest = (min(image.shape[:2]) // 2 - 1) // 2 * 2 + 1
    return estimate_psf_classical(image, size=min(_GUESS_SIZE, largest))


def _noise(seen: Observation) -> float:
    """Root mean square of the noise where it blurred."""
    from unblur.evaluation.methods import noise_gain

    encoded = _USUAL_NOISE if seen.noise is None else seen.noise
    return encoded * noise_gain(seen)


def _boundary(seen: Observation) -> Literal["replicate", "wrap"]:
    return "wrap" if seen.circular else "replicate"
