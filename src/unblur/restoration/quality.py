"""Better or faster: what each quality does."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, get_args

from unblur.errors import ArgumentError
from unblur.restoration.hypotheses import SEARCHES

__all__ = ["QUALITIES", "Effort", "Quality", "effort_of"]

Quality = Literal["fast", "balanced", "best"]
QUALITIES: tuple[Quality, ...] = get_args(Quality)


@dataclass(frozen=True)
class Effort:
    """How much is done for a picture.

    Parameters
    ----------
    passes : int
        Data steps and second networks in turn; without any the first network's estimate is the
        result.
    searches : int
        Other PSFs that are looked for, unless the picture is sharp.
    """

    passes: int
    searches: int


def effort_of(quality: Quality, passes: int) -> Effort:
    """Return what a quality stands for.

    Parameters
    ----------
    quality
        "fast", "balanced" or "best".
    passes
        How many the model was trained for.

    Raises
    ------
    ArgumentError
        If there is no such quality.
    """
    if quality not in QUALITIES:
        raise ArgumentError(f"{quality!r} is no quality: choose of {', '.join(QUALITIES)}")
    efforts = {
        "fast": Effort(passes=0, searches=1),
        "balanced": Effort(passes=1, searches=2),
        "best": Effort(passes=passes, searches=len(SEARCHES)),
    }
    return efforts[quality]
