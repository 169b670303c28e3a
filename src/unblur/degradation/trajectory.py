"""PSFs of a shaken camera, from random trajectories.

The trajectory is that of a mass on a soft spring. It starts with a random velocity and keeps it for
a while (inertia), trembles (jitter), gets a few jerks (impulses) and is drawn back to where it
began. The PSF shows how long it stayed in each place.

References
----------
G. Boracchi and A. Foi, "Modeling the performance of image restoration from motion blur", IEEE
Transactions on Image Processing 21 (8), 2012, had the idea of random trajectories with impulses.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from unblur.degradation.support import (
    MAX_SIZE,
    PSF,
    check_positive,
    check_size,
    enclosing_size,
    splat,
)
from unblur.errors import PSFError

__all__ = ["camera_shake_psf", "camera_trajectory"]

_STEPS = 256


def camera_shake_psf(
    rng: np.random.Generator,
    *,
    extent: float,
    size: int | None = None,
    inertia: float = 0.3,
    jitter: float = 0.5,
    impulses: float = 1.0,
    pull: float = 0.5,
) -> PSF:
    """PSF of a random camera shake.

    Parameters
    ----------
    rng : numpy.random.Generator
        Source of the randomness; the same state gives the same PSF.
    extent : float
        Full width of the trajectory in px: the largest distance between two of its points.
    size : int, optional
        Odd; by default the smallest that holds the trajectory. The trajectory is shrunk where it
        would not fit, never cut.
    inertia, jitter, impulses, pull : float
        Character of the movement, see `camera_trajectory`.

    Returns
    -------
    ndarray of float32
        (K, K), sum 1, centre of mass in the middle.

    Raises
    ------
    PSFError
        When `extent` is not a positive number, a parameter is out of range, or `size` is not odd.

    Examples
    --------
    >>> import numpy as np
    >>> camera_shake_psf(np.random.default_rng(0), extent=12.0, size=21).shape
    (21, 21)
    """
    check_positive("extent", extent)
    path = camera_trajectory(
        rng, inertia=inertia, jitter=jitter, impulses=impulses, pull=pull, steps=_STEPS
    )
    knots = np.arange(_STEPS)
    # dense enough that neighbours on the path mostly are less than half a pixel apart
    times = np.linspace(0, _STEPS - 1, max(8 * _STEPS, math.ceil(64 * min(extent, MAX_SIZE))))
    fine = np.interp(times, knots, path.real) + 1j * np.interp(times, knots, path.imag)
    fine -= fine.mean()
    fine *= extent / _diameter(path[::2])
    reach = float(max(np.abs(fine.real).max(), np.abs(fine.imag).max()))
    if size is None:
        return splat(fine, enclosing_size(reach))
    check_size(size)
    if reach > size // 2:
        fine *= (size // 2) / reach
    return splat(fine, size)


def camera_trajectory(
    rng: np.random.Generator,
    *,
    inertia: float = 0.3,
    jitter: float = 0.5,
    impulses: float = 1.0,
    pull: float = 0.5,
    steps: int = 256,
) -> NDArray[np.complex128]:
    """Where a shaken camera points during the exposure, at equal steps of time.

    Parameters
    ----------
    rng : numpy.random.Generator
        Source of the randomness.
    inertia : float
        Time, in exposures, over which the velocity is forgotten; above 0.
    jitter : float
        Size of the random changes of velocity, as a multiple of the first velocity.
    impulses : float
        Mean number of sudden jerks during the exposure.
    pull : float
        Strength of the drift back to the start, as oscillations during the exposure.
    steps : int
        Number of points, at least 2.

    Returns
    -------
    ndarray of complex128
        (steps,), x right and y up; the unit is what the first velocity would cover in one exposure.

    Raises
    ------
    PSFError
        When a parameter is out of its range.

    Examples
    --------
    >>> import numpy as np
    >>> camera_trajectory(np.random.default_rng(0), steps=5).shape
    (5,)
    """
    if not (inertia > 0 and jitter >= 0 and impulses >= 0 and pull >= 0 and steps >= 2):
        raise PSFError(
            "a camera trajectory needs inertia > 0; jitter, impulses, pull >= 0; steps >= 2; not "
            f"{inertia}, {jitter}, {impulses}, {pull}, {steps}"
        )
    keep = math.exp(-1 / (inertia * steps))
    spring = (2 * math.pi * pull / steps) ** 2
    tremble = jitter * math.sqrt((1 - keep * keep) / 2) * rng.standard_normal((steps, 2))
    kicks = (tremble[:, 0] + 1j * tremble[:, 1]) / steps
    for when in rng.integers(0, steps, rng.poisson(impulses)):
        # a jerk is often the counter-movement of the hand: up to three times the first velocity
        kicks[when] += rng.uniform(1, 3) * np.exp(2j * math.pi * rng.random()) / steps
    velocity = complex(np.exp(2j * math.pi * rng.random())) / steps
    place = 0j
    path = []
    for kick in kicks.tolist():
        path.append(place)
        velocity = keep * velocity - spring * place + kick
        place += velocity
    return np.array(path)


def _diameter(points: NDArray[np.complex128]) -> float:
    return float(np.abs(points[:, None] - points).max())
