"""Memory that was freed, but that the C library keeps for later."""

from __future__ import annotations

import ctypes
import sys
from functools import lru_cache
from typing import Any

__all__ = ["give_back_memory"]


def give_back_memory() -> None:
    """Hand freed memory back to the system.

    The GNU library keeps large pieces of it between tiles and, as they come from several threads,
    ever more of them. Elsewhere nothing happens.
    """
    library = _library()
    if library is not None and hasattr(library, "malloc_trim"):
        library.malloc_trim(0)


@lru_cache(maxsize=1)
def _library() -> Any:
    return ctypes.CDLL(None) if sys.platform == "linux" else None
