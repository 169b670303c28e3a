"""How one frame of a scene lies on another: phase correlation, then an affine refinement."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import fft, ndimage

from unblur.degradation.convolution import FloatImage, check_image
from unblur.errors import ArrayError

__all__ = ["Motion", "register", "warp"]

Reals = NDArray[np.float64]

_COARSE = 256  # px of the longer side at which the search begins
_FINE = 2048  # and ends: an error of a hundredth there is less than the PSFs' own doubt
_STEPS = 12  # at most, on every level
_ENOUGH = 0.005  # px by which the last step moved a corner
_SMOOTH = 1.0  # px: frames are blurred differently, what they share is coarse
_SMALLEST = 16
_WARP = 0.15  # change of length, or sine of an angle, that no burst of one scene has
_OVERLAP = 0.5  # of the picture that both show, at least


@dataclass(frozen=True, eq=False)
class Motion:
    """Where the pixels of a reference lie in a frame, and how bright they are there.

    Attributes
    ----------
    matrix : ndarray of float64
        (2, 2): a pixel at (row, column) from the centre lies at ``matrix @ (row, column) + shift``.
    shift : ndarray of float64
        (2,) px down and right, of the centre.
    gain : float
        What the frame must be multiplied by to be as bright as the reference.
    agreement : float
        Correlation of the aligned frame with the reference, up to 1; 0 where no likely motion
        was found.
    """

    matrix: Reals
    shift: Reals
    gain: float = 1.0
    agreement: float = 1.0

    @property
    def rotation(self) -> float:
        """Degrees counter-clockwise by which the frame's content is turned."""
        turn = math.atan2(self.matrix[0, 1] - self.matrix[1, 0], np.trace(self.matrix))
        return -math.degrees(turn)


def register(frame: ArrayLike, reference: ArrayLike) -> Motion:
    """Find how a frame of the same scene moved, to a small part of a pixel.

    Phase correlation on small copies finds the shift, whatever the brightness; then an affine
    map, a gain and an offset are fitted by least squares from coarse to fine (Lucas and Kanade).

    Parameters
    ----------
    frame, reference : array_like of float
        (H, W) or (H, W, C) of the same shape, sides of 16 px or more; linear light if gains are to
        be exposures. Not modified.

    Returns
    -------
    Motion
        From the reference to the frame. Shifts of a tenth of the picture and turns of some degrees
        are found.

    Raises
    ------
    ArrayError
        When the shapes differ or are too small, or an array is no float image.

    References
    ----------
    C. D. Kuglin, D. C. Hines, "The phase correlation image alignment method", 1975; B. D. Lucas,
    T. Kanade, "An iterative image registration technique", IJCAI 1981.

    Examples
    --------
    >>> import numpy as np
    >>> from scipy.ndimage import gaussian_filter
    >>> scene = gaussian_filter(np.random.default_rng(0).random((96, 96)), 2).astype(np.float32)
    >>> register(np.roll(scene, (3, -2), (0, 1))[8:-8, 8:-8], scene[8:-8, 8:-8]).shift.round(1)
    array([ 3., -2.])
    """
    moved, still = _grey(frame), _grey(reference)
    if moved.shape != still.shape or min(still.shape) < _SMALLEST:
        raise ArrayError(
            f"frames of {moved.shape} and {still.shape} px cannot be registered: give frames of "
            f"one size, {_SMALLEST} px or more"
        )
    levels = _pyramid(moved, still)
    shift = _phase_correlation(*levels[0])
    motion = Motion(np.eye(2), shift)
    for number, (small_moved, small_still) in enumerate(levels):
        if number:
            scale = np.array(small_still.shape) / np.array(levels[number - 1][1].shape)
            motion = Motion(motion.matrix, motion.shift * scale)
        motion = _refine(small_moved, small_still, motion)
    scale = np.array(still.shape) / np.array(levels[-1][1].shape)
    return Motion(motion.matrix, motion.shift * scale, motion.gain, motion.agreement)


def warp(frame: FloatImage, motion: Motion) -> tuple[FloatImage, NDArray[np.bool_]]:
    """Lay a frame onto the reference by cubic splines.

    Parameters
    ----------
    frame : ndarray of float32
        (H, W, C).
    motion : Motion
        From `register`; its gain is left to the caller.

    Returns
    -------
    ndarray of float32
        (H, W, C), the edge continued where the frame shows nothing.
    ndarray of bool
        (H, W), true where the frame shows the scene.
    """
    offset = _offset(motion, frame.shape)
    result = np.empty_like(frame)
    for channel in range(frame.shape[2]):
        ndimage.affine_transform(
            frame[:, :, channel],
            motion.matrix,
            offset,
            output=result[:, :, channel],
            mode="nearest",
        )
    return result, _inside(motion, (frame.shape[0], frame.shape[1]))


def _grey(image: ArrayLike) -> FloatImage:
    values = check_image(image)
    return values if values.ndim == 2 else np.asarray(values.mean(axis=2), dtype=np.float32)


def _pyramid(moved: FloatImage, still: FloatImage) -> list[tuple[FloatImage, FloatImage]]:
    """Return both pictures at growing sizes, each twice the one before."""
    while max(still.shape) > _FINE:
        moved, still = _halve(moved), _halve(still)
    levels = [(moved, still)]
    while max(still.shape) > _COARSE and min(still.shape) > 2 * _SMALLEST:
        moved, still = _halve(moved), _halve(still)
        levels.insert(0, (moved, still))
    smooth = ndimage.gaussian_filter
    return [(smooth(one, _SMOOTH), smooth(other, _SMOOTH)) for one, other in levels]


def _halve(image: FloatImage) -> FloatImage:
    height, width = (extent // 2 for extent in image.shape)
    blocks = image[: 2 * height, : 2 * width].reshape(height, 2, width, 2)
    return np.asarray(blocks.mean(axis=(1, 3)), dtype=np.float32)


def _phase_correlation(moved: FloatImage, still: FloatImage) -> Reals:
    """Shift (2,) in px, to the peak of a parabola around the highest value."""
    shape = still.shape
    window = np.outer(np.hanning(shape[0]), np.hanning(shape[1]))
    one, other = (fft.rfft2((each - each.mean()) * window) for each in (moved, still))
    product = one * other.conj()
    frequency = np.hypot(fft.fftfreq(shape[0])[:, None], fft.rfftfreq(shape[1]))
    product *= np.exp(-0.5 * (frequency / 0.1) ** 2) / (np.abs(product) + 1e-12)
    surface: Reals = np.asarray(fft.irfft2(product, s=shape), dtype=np.float64)
    peak = np.unravel_index(np.argmax(surface), shape)
    found = []
    for axis, place in enumerate(peak):
        line = surface[:, peak[1]] if axis == 0 else surface[peak[0]]
        before, middle, after = (float(line[(int(place) + k) % shape[axis]]) for k in (-1, 0, 1))
        bend = before - 2 * middle + after
        part = 0.5 * (before - after) / bend if bend else 0.0
        whole = (int(place) + shape[axis] // 2) % shape[axis] - shape[axis] // 2
        found.append(whole + part)
    return np.array(found)


def _refine(moved: FloatImage, still: FloatImage, motion: Motion) -> Motion:
    """Fit the affine map, a gain and an offset on one level."""
    half = np.array([extent / 2 for extent in still.shape])
    rows, columns = (np.linspace(-1, 1, extent) for extent in still.shape)
    matrix, shift, gain = motion.matrix, motion.shift, 1.0
    for _ in range(_STEPS):
        now = Motion(matrix, shift)
        seen = ndimage.affine_transform(
            moved, matrix, _offset(now, still.shape), order=1, mode="nearest"
        )
        inside = _inside(now, (still.shape[0], still.shape[1]))
        down, right = np.gradient(seen)
        ways = np.broadcast_arrays(rows[:, None], columns, np.ones_like(seen))
        terms = [slope * way for slope in (down, right) for way in ways]
        table = np.stack([term[inside] for term in (*terms, seen, ways[2])])
        step = _least_squares(table, still[inside])
        gain = float(step[6])
        moves = step[:6].reshape(2, 3) / max(gain, 0.05)
        matrix, shift = matrix + moves[:, :2] / half, shift + moves[:, 2]
        if not inside.any() or not np.isfinite(shift).all():
            break
        if np.abs(moves).sum(axis=1).max() < _ENOUGH:
            break
    return Motion(matrix, shift, *_photometry(moved, still, Motion(matrix, shift)))


def _least_squares(table: FloatImage, target: FloatImage) -> Reals:
    """Coefficients (N,) of the rows of `table` (N, P) that come closest to `target` (P,)."""
    rows = table.astype(np.float64)
    normal = rows @ rows.T
    normal += 1e-9 * np.trace(normal) * np.eye(len(rows))
    return np.asarray(np.linalg.solve(normal, rows @ target), dtype=np.float64)


def _photometry(moved: FloatImage, still: FloatImage, motion: Motion) -> tuple[float, float]:
    """Gain and correlation of two aligned pictures."""
    seen = ndimage.affine_transform(
        moved, motion.matrix, _offset(motion, still.shape), order=1, mode="nearest"
    )
    inside = _inside(motion, (still.shape[0], still.shape[1]))
    if inside.mean() < _OVERLAP or np.abs(motion.matrix - np.eye(2)).max() > _WARP:
        return 1.0, 0.0
    one, other = seen[inside].astype(np.float64), still[inside].astype(np.float64)
    gain = float(one @ other / max(float(one @ one), 1e-12))
    one, other = one - one.mean(), other - other.mean()
    spread = math.sqrt(float(one @ one) * float(other @ other))
    return gain, float(one @ other) / spread if spread else 1.0


def _offset(motion: Motion, shape: tuple[int, ...]) -> Reals:
    """What `scipy.ndimage.affine_transform` adds, whose coordinates start at a corner."""
    centre = (np.array(shape[:2]) - 1) / 2
    return np.asarray(centre + motion.shift - motion.matrix @ centre, dtype=np.float64)


def _inside(motion: Motion, shape: tuple[int, int]) -> NDArray[np.bool_]:
    """Pixels (H, W) of the reference that lie within the frame."""
    offset = _offset(motion, shape)
    rows, columns = np.arange(shape[0])[:, None], np.arange(shape[1])
    inside: NDArray[np.bool_] = np.ones(shape, bool)
    for axis in (0, 1):
        place = motion.matrix[axis, 0] * rows + motion.matrix[axis, 1] * columns + offset[axis]
        inside &= (place >= 0) & (place <= shape[axis] - 1)
    return inside
