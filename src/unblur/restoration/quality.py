"""Better or faster: how often a restoration is compared with the picture and bettered."""

from __future__ import annotations

from typing import Literal, get_args

from unblur.errors import ArgumentError

__all__ = ["QUALITIES", "Quality", "passes_of"]

Quality = Literal["fast", "balanced", "best"]
QUALITIES: tuple[Quality, ...] = get_args(Quality)


def passes_of(quality: Quality, most: int) -> int:
    """Return how many passes of the second network a quality stands for.

    Parameters
    ----------
    quality
        "fast": the first network alone; "balanced": one pass; "best": all.
    most
        Passes that the model was trained for.

    Raises
    ------
    ArgumentError
        If there is no such quality.
    """
    if quality not in QUALITIES:
        raise ArgumentError(f"{quality!r} is no quality: choose of {', '.join(QUALITIES)}")
    return {"fast": 0, "balanced": 1, "best": most}[quality]
