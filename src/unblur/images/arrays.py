"""Whatever picture a caller holds in memory, as an image and back to the same kind."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import ArrayLike, NDArray
from PIL import Image as PillowImage

from unblur.errors import ArrayError
from unblur.images.color import FloatArray, to_dtype, to_float

__all__ = ["Picture", "Restore", "as_image"]

Picture: TypeAlias = ArrayLike | PillowImage.Image
Restore: TypeAlias = Callable[[FloatArray], Any]

_EXPANDED_MODES = {"1": "L", "P": "RGB", "PA": "RGBA"}
_KEPT_MODES = ("L", "LA", "RGB", "RGBA", "I;16", "F")


def as_image(picture: Picture) -> tuple[FloatArray, Restore]:
    """Turn an array or a Pillow image into an image, with the way back.

    Parameters
    ----------
    picture : ndarray or PIL.Image.Image
        An array (H, W), (H, W, 1), (H, W, 3), or with alpha as last channel (H, W, 2),
        (H, W, 4); uint8, uint16, uint32 (scaled by the full range of the type) or float (taken
        to be in [0, 1]: the range is never guessed from the values). Or a Pillow image of mode
        1, L, LA, P, PA, RGB, RGBA, I;16 or F. Not modified.

    Returns
    -------
    image : ndarray of float32
        (H, W, C) with C = 1 or 3, without alpha; read-only.
    restore : callable
        Turns an image of the same shape into the kind given: same type, number of dimensions and
        mode, alpha put back untouched. Integers are rounded and clipped, floats are not clipped.
        Modes 1 and P come back as L and RGB(A), since new colours are not in their palette.

    Raises
    ------
    ArrayError
        For any other shape, type or mode, for empty arrays, NaN and infinity; and by `restore`,
        when the shape has changed.

    Examples
    --------
    >>> import numpy as np
    >>> image, restore = as_image(np.full((2, 2, 4), 255, np.uint8))
    >>> image.shape, float(image.max())
    ((2, 2, 3), 1.0)
    >>> restore(image).shape
    (2, 2, 4)
    """
    if isinstance(picture, PillowImage.Image):
        return _from_pillow(picture)
    return _from_array(np.asarray(picture))


def _from_array(array: NDArray[Any]) -> tuple[FloatArray, Restore]:
    if array.ndim not in (2, 3) or (array.ndim == 3 and array.shape[2] not in (1, 2, 3, 4)):
        raise ArrayError(
            f"an image is (H, W) or (H, W, C) with C = 1, 3, or 2, 4 with alpha, not {array.shape}"
        )
    if array.size == 0:
        raise ArrayError(f"the image is empty: its shape is {array.shape}")
    if array.dtype.kind == "b":
        raise ArrayError("a bool array is a mask, not an image: give uint8, uint16 or float")
    cube = array.reshape(*array.shape[:2], -1)
    colours = cube.shape[2] - (cube.shape[2] in (2, 4))
    alpha = cube[:, :, colours:].copy()  # now, before the caller changes the array
    image = to_float(cube[:, :, :colours])
    if array.dtype.kind == "f" and not np.isfinite(image).all():
        raise ArrayError("the image contains NaN or infinity: replace them first")
    image.setflags(write=False)
    dtype, shape = array.dtype, array.shape

    def restore(result: FloatArray) -> NDArray[Any]:
        _check_shape(result, image.shape)
        pixels = to_dtype(result, dtype)
        if alpha.size:
            pixels = np.concatenate([pixels, alpha], axis=2, dtype=dtype)
        return pixels.reshape(shape)

    return image, restore


def _from_pillow(picture: PillowImage.Image) -> tuple[FloatArray, Restore]:
    source = picture
    if picture.mode in _EXPANDED_MODES:
        transparent = picture.mode == "P" and "transparency" in picture.info
        source = picture.convert("RGBA" if transparent else _EXPANDED_MODES[picture.mode])
    if source.mode not in _KEPT_MODES:
        raise ArrayError(f"Pillow mode {source.mode} is not supported: use picture.convert('RGB')")
    image, restore_array = _from_array(np.asarray(source))
    info = dict(picture.info)
    if source is not picture:
        info.pop("transparency", None)  # now in the alpha channel

    def restore(result: FloatArray) -> PillowImage.Image:
        restored = PillowImage.fromarray(restore_array(result))
        restored.info = info
        return restored

    return image, restore


def _check_shape(result: FloatArray, shape: tuple[int, ...]) -> None:
    if result.shape != shape:
        raise ArrayError(f"the result must have the shape of the image {shape}, not {result.shape}")
