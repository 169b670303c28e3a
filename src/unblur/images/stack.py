"""A measured stack: planes over depth, time and channels, in the numbers of the detector."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from unblur.errors import ArrayError

__all__ = ["Channel", "Stack", "StackKind"]

StackKind = Literal["ome", "imagej", "plain"]

SPATIAL = "ZYX"
"""Axes along which light spreads; all others only count pictures."""


@dataclass(frozen=True)
class Channel:
    """What a file says of one channel.

    Parameters
    ----------
    name : str
        Of the dye, say; empty if unknown.
    wavelength : float or None
        Of its emission, in nanometres.
    """

    name: str = ""
    wavelength: float | None = None


@dataclass(frozen=True, eq=False)
class Stack:
    """A stack with what is needed to write it as it was.

    Parameters
    ----------
    values : ndarray
        Integers or floats, one axis for each letter of `axes`; in the numbers of the detector,
        which are never scaled.
    axes : str
        A letter for each axis: X and Y of the plane, Z depth, T time, C channel, S sample of
        colour, others for series of another kind.
    voxel : tuple of (float or None)
        Distances along Z, Y and X in micrometres.
    channels : tuple of Channel
        One for each channel, or none if the file is silent.
    na, index : float or None
        Numerical aperture and refractive index of the objective's immersion.
    kind : {"ome", "imagej", "plain"}
        How the file carries its metadata.
    description : str
        The OME-XML, or what else stood in the first page.
    extras : tuple of (name, value)
        What only the writer of this kind of file understands.
    notes : tuple of str
        What had to be left out, each in one sentence.

    Raises
    ------
    ArrayError
        When axes and values do not fit, or there is no plane.

    Examples
    --------
    >>> import numpy as np
    >>> stack = Stack(np.zeros((5, 2, 8, 9), np.uint16), "ZCYX")
    >>> stack.extent("C"), stack.extent("T")
    (2, 1)
    """

    values: NDArray[Any]
    axes: str
    voxel: tuple[float | None, float | None, float | None] = (None, None, None)
    channels: tuple[Channel, ...] = ()
    na: float | None = None
    index: float | None = None
    kind: StackKind = "plain"
    description: str = ""
    extras: tuple[tuple[str, Any], ...] = field(default=(), repr=False)
    notes: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if len(self.axes) != self.values.ndim or len(set(self.axes)) != len(self.axes):
            raise ArrayError(
                f"the axes {self.axes!r} do not fit a stack of {self.values.shape}: give a letter "
                "for each, as in TCZYX"
            )
        if not {"Y", "X"} <= set(self.axes) or self.values.size == 0:
            raise ArrayError(f"a stack has planes of Y and X, not {self.axes!r}")
        if self.values.dtype.kind not in "iuf":
            raise ArrayError(f"a stack holds integers or floats, not {self.values.dtype}")

    def extent(self, axis: str) -> int:
        """Tell the length of an axis.

        Parameters
        ----------
        axis : str
            Its letter.

        Returns
        -------
        int
            1 if there is no such axis.
        """
        return int(self.values.shape[self.axes.index(axis)]) if axis in self.axes else 1

    @property
    def channel_axis(self) -> str:
        """Letter of the axis that tells channels apart: C, or S for the samples of colour."""
        return "S" if "S" in self.axes and "C" not in self.axes else "C"

    def as_type(self, dtype: np.dtype[Any]) -> Stack:
        """Round the values to another type, if all fit into it.

        Parameters
        ----------
        dtype : dtype
            Of integers or floats.

        Returns
        -------
        Stack
            With all else that this one says.

        Raises
        ------
        ArrayError
            When one does not: nothing is clipped.
        """
        if dtype.kind == "f":
            return self.with_values(self.values.astype(dtype))
        limits = np.iinfo(dtype)
        low, high = (float(each) for each in (self.values.min(), self.values.max()))
        if round(low) < limits.min or round(high) > limits.max:
            raise ArrayError(
                f"values from {low:.6g} to {high:.6g} do not fit into {dtype}: keep them as floats"
            )
        return self.with_values(np.rint(self.values).astype(dtype))

    def with_values(self, values: NDArray[Any]) -> Stack:
        """Put other values into the same frame.

        Parameters
        ----------
        values : ndarray
            Of the same shape and any type.

        Returns
        -------
        Stack
            With all else that this one says.

        Raises
        ------
        ArrayError
            When the shape is another.
        """
        if values.shape != self.values.shape:
            raise ArrayError(f"the values must be {self.values.shape}, not {values.shape}")
        return replace(self, values=values)
