"""Registration of two photographs of one scene, however bright and however sharp each is.

The enhanced correlation coefficient (ECC) does not change with exposure, and blur moves its
maximum little; it is climbed from coarse to fine, from the best whole-pixel shift of the coarsest.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import gaussian_filter, map_coordinates
from scipy.signal import correlate

from unblur.errors import ArgumentError, ArrayError

__all__ = ["Motion", "Registration", "register"]

Motion = Literal["shift", "affine", "homography"]

Floats = NDArray[np.float64]
Image = NDArray[np.floating]

_FREE = {  # entries of the matrix, by row, that a motion may change
    "shift": np.array([2, 5]),
    "affine": np.arange(6),
    "homography": np.arange(8),
}
_COARSEST = 32  # rows or columns; below that there is too little to correlate
_MOST_PIXELS = 2**19  # finer levels cost time and find no more than a hundredth of a pixel
_STEPS = 40
_STILL = 0.002  # pixels of a level
_OVERLAP = 0.3  # share of the picture that must be seen in both


@dataclass(frozen=True, eq=False)
class Registration:
    """Where each pixel of one picture is in another.

    Attributes
    ----------
    matrix : ndarray of float64, shape (3, 3)
        Takes (x, y, 1) in the fixed picture to the moving one, both from the centre of the top left
        pixel, x right and y down, up to a factor.
    shape : tuple of int
        Rows and columns of the fixed picture.
    correlation : float
        The coefficient that was reached, from -1 to 1.
    """

    matrix: Floats
    shape: tuple[int, int]
    correlation: float

    @property
    def shift(self) -> tuple[float, float]:
        """How far the centre of the fixed picture moves, in pixels down and right."""
        down, right = self._moves(np.array([[(self.shape[1] - 1) / 2, (self.shape[0] - 1) / 2]]))[0]
        return float(down), float(right)

    @property
    def displacement(self) -> float:
        """How far the corner that moves most does so, in pixels."""
        bottom, right = self.shape[0] - 1, self.shape[1] - 1
        corners = np.array([[0, 0], [right, 0], [0, bottom], [right, bottom]], np.float64)
        return float(np.hypot(*self._moves(corners).T).max())

    def warp(self, moving: Image) -> tuple[NDArray[np.float32], NDArray[np.bool_]]:
        """Move a picture onto the fixed one.

        Parameters
        ----------
        moving : ndarray of float, shape (H, W, C)
            The picture that was registered.

        Returns
        -------
        warped : ndarray of float32
            In the frame of the fixed picture, read by a cubic spline, not clipped.
        seen : ndarray of bool
            Which of its pixels lie inside `moving`.
        """
        height, width = self.shape
        points = np.stack(np.meshgrid(np.arange(width), np.arange(height)), axis=-1)
        x, y = _apply(self.matrix, points.reshape(-1, 2).astype(np.float64)).T
        seen = (x >= 0) & (y >= 0) & (x <= moving.shape[1] - 1) & (y <= moving.shape[0] - 1)
        channels = [
            map_coordinates(moving[:, :, channel], (y, x), np.float32, order=3, mode="mirror")
            for channel in range(moving.shape[2])
        ]
        return np.stack(channels, axis=1).reshape(height, width, -1), seen.reshape(height, width)

    def _moves(self, points: Floats) -> Floats:
        return (_apply(self.matrix, points) - points)[:, ::-1]


def register(moving: Image, fixed: Image, *, motion: Motion = "homography") -> Registration:
    """Find how one photograph of a scene has to be moved to lie on another.

    Parameters
    ----------
    moving, fixed : ndarray of float, shape (H, W) or (H, W, C)
        The two photographs; their sizes may differ.
    motion : {"shift", "affine", "homography"}
        What may lie between them. A homography holds for a flat or far scene, or a camera that
        turned in place.

    Returns
    -------
    Registration
        The motion that was found, and the correlation at it.

    Raises
    ------
    ArgumentError
        If the motion is unknown.
    ArrayError
        If a picture has fewer than 16 rows or columns, or is no picture.

    References
    ----------
    Evangelidis, Psarakis: Parametric image alignment using enhanced correlation coefficient
    maximization. IEEE Transactions on Pattern Analysis and Machine Intelligence, 2008.

    Examples
    --------
    >>> rng = np.random.default_rng(0)
    >>> scene = gaussian_filter(rng.random((80, 100)), 3)
    >>> found = register(0.5 + 2 * scene[4:, 3:], scene[:-4, :-3], motion="shift")
    >>> [round(pixels, 2) for pixels in found.shift]
    [-4.0, -3.0]
    """
    if motion not in _FREE:
        raise ArgumentError(f"{motion!r} is no motion: choose of {', '.join(_FREE)}")
    levels = _levels(_grey(moving), _grey(fixed))
    matrix = _first_shift(*levels[0])
    for easier in ("shift", "affine"):
        matrix, correlation = _climb(*levels[0], matrix, easier)
        if easier == motion:
            break
    for pair in levels:
        matrix, correlation = _climb(*pair, matrix, motion)
    matrix = np.linalg.inv(levels[-1][0].frame) @ matrix @ levels[-1][1].frame
    height, width = fixed.shape[:2]
    return Registration(matrix / matrix[2, 2], (height, width), correlation)


class _Level(NamedTuple):
    """A smoothed picture, shrunk by blocks; its own coordinates reach from -1 to 1."""

    pixels: Floats
    block: int
    size: tuple[int, int]

    @property
    def unit(self) -> float:
        return max(self.size) / 2

    @property
    def frame(self) -> Floats:
        """Matrix from pixels of the full picture to own coordinates."""
        (height, width), unit = self.size, self.unit
        return np.array(
            [
                [1 / unit, 0, (1 - width) / 2 / unit],
                [0, 1 / unit, (1 - height) / 2 / unit],
                [0, 0, 1],
            ]
        )

    def grid(self) -> Floats:
        """Own coordinates of every pixel, (N, 2)."""
        rows, columns = self.pixels.shape
        x, y = np.meshgrid(np.arange(columns), np.arange(rows))
        full = (np.stack([x.ravel(), y.ravel()], axis=1) + 0.5) * self.block - 0.5
        return _apply(self.frame, full)

    def places(self, points: Floats) -> Floats:
        """Rows and columns of own coordinates, (2, N)."""
        full = _apply(np.linalg.inv(self.frame), points)
        return ((full[:, ::-1] + 0.5) / self.block - 0.5).T


def _levels(moving: Floats, fixed: Floats) -> list[tuple[_Level, _Level]]:
    """Return both pictures at rising resolution."""
    levels: list[tuple[_Level, _Level]] = []
    block = 1
    while not levels or min(*moving.shape, *fixed.shape) // block >= _COARSEST:
        if fixed.size <= _MOST_PIXELS * block**2:
            levels.append((_shrink(moving, block), _shrink(fixed, block)))
        block *= 2
    return levels[::-1]


def _shrink(picture: Floats, block: int) -> _Level:
    rows, columns = (extent // block for extent in picture.shape)
    blocks = picture[: rows * block, : columns * block].reshape(rows, block, columns, block)
    return _Level(gaussian_filter(blocks.mean(axis=(1, 3)), 1.0), block, picture.shape)


def _first_shift(moving: _Level, fixed: _Level) -> Floats:
    """Find the best whole-pixel shift of two levels, over all that leave half of it to see."""
    first, second = moving.pixels - moving.pixels.mean(), fixed.pixels - fixed.pixels.mean()
    ones = np.ones_like(first), np.ones_like(second)

    def sums(one: Floats, other: Floats) -> Floats:
        return np.asarray(correlate(one, other, mode="full", method="fft"))

    count = np.maximum(sums(*ones), 1)
    means = sums(first, ones[1]) / count, sums(ones[0], second) / count
    covariance = sums(first, second) / count - means[0] * means[1]
    variances = (
        sums(first**2, ones[1]) / count - means[0] ** 2,
        sums(ones[0], second**2) / count - means[1] ** 2,
    )
    coefficient = covariance / np.sqrt(np.maximum(variances[0] * variances[1], 1e-12))
    coefficient[count < second.size / 2] = -1
    row, column = np.unravel_index(np.argmax(coefficient), coefficient.shape)
    down, right = int(row) - second.shape[0] + 1, int(column) - second.shape[1] + 1
    move = np.array([[1, 0, right * fixed.block], [0, 1, down * fixed.block], [0, 0, 1]], float)
    return np.asarray(moving.frame @ move @ np.linalg.inv(fixed.frame))


def _climb(moving: _Level, fixed: _Level, matrix: Floats, motion: str) -> tuple[Floats, float]:
    """Climb to the nearest maximum of the coefficient; return its place and height."""
    points, slopes = fixed.grid(), tuple(np.gradient(moving.pixels))
    free = _FREE[motion]
    best, height, stride = matrix, -2.0, np.zeros(free.size)
    for _ in range(_STEPS):
        trial = best.ravel().copy()
        trial[free] += stride
        coefficient, step = _newton(moving, fixed, slopes, points, trial.reshape(3, 3), free)
        if coefficient > height:
            best, height, stride = trial.reshape(3, 3), coefficient, step
        else:
            stride = stride / 2
        if np.abs(stride).sum() * moving.unit < _STILL * moving.block:
            break
    return best, height


def _newton(
    moving: _Level,
    fixed: _Level,
    slopes: tuple[Floats, ...],
    points: Floats,
    matrix: Floats,
    free: NDArray[np.intp],
) -> tuple[float, Floats]:
    """Return the coefficient at a motion, and the step that the quadratic model takes from it."""
    moved = _apply(matrix, points)
    places = moving.places(moved)
    limits = np.array(moving.pixels.shape)[:, None] - 1
    seen = ((places >= 0) & (places <= limits)).all(axis=0)
    if seen.mean() < _OVERLAP:
        return -1.0, np.zeros(free.size)
    places, moved, points = places[:, seen], moved[seen], points[seen]
    image = _centred(map_coordinates(moving.pixels, places, order=1))
    reference = _centred(fixed.pixels.ravel()[seen])
    norm = float(np.linalg.norm(image) * np.linalg.norm(reference))
    if norm < 1e-9:
        return 0.0, np.zeros(free.size)
    down, right = (
        map_coordinates(slope, places, order=1) * (moving.unit / moving.block) for slope in slopes
    )
    jacobian = _centred(_derivatives(matrix, points, moved, right, down)[:, free])
    square = jacobian.T @ jacobian
    square += 1e-9 * np.trace(square) * np.eye(free.size)
    toward, away = np.linalg.solve(square, (jacobian.T @ np.stack([reference, image], axis=1))).T
    gain = _gain(image, reference, jacobian @ away)
    return float(image @ reference) / norm, gain * toward - away


def _gain(image: Floats, reference: Floats, explained: Floats) -> float:
    """Return the brightness that the reference is given: the lambda of the paper."""
    above, below = float(image @ (image - explained)), float(reference @ (image - explained))
    if below > 0:
        return above / below
    return float(np.linalg.norm(image) / np.linalg.norm(reference))


def _derivatives(
    matrix: Floats, points: Floats, moved: Floats, right: Floats, down: Floats
) -> Floats:
    """Return how the moved picture changes with the first eight entries of the matrix, (N, 8)."""
    x, y = (points / (points @ matrix[2, :2] + matrix[2, 2])[:, None]).T
    depth = 1 / (points @ matrix[2, :2] + matrix[2, 2])
    pull = right * moved[:, 0] + down * moved[:, 1]
    columns = (right * x, right * y, right * depth, down * x, down * y, down * depth)
    return np.stack([*columns, -pull * x, -pull * y], axis=1)


def _apply(matrix: Image, points: Image) -> Floats:
    """Take points (N, 2) through a homography."""
    moved = points @ matrix[:, :2].T + matrix[:, 2]
    return np.asarray(moved[:, :2] / moved[:, 2:])


def _centred(values: Floats) -> Floats:
    return np.asarray(values - values.mean(axis=0))


def _grey(image: Image) -> Floats:
    if image.ndim not in (2, 3) or min(image.shape[:2]) < 16:
        raise ArrayError(
            f"a picture of shape {image.shape} cannot be registered: give 16x16 or more"
        )
    grey = image if image.ndim == 2 else image.mean(axis=2)
    return grey.astype(np.float64)
