"""Memory that was freed, but that the C library keeps for later."""

from __future__ import annotations

import ctypes
import sys
from functools import lru_cache
from typing import Any

from unblur.runtime.checks import default_threads

__all__ = ["give_back_memory", "reuse_memory"]

# Of the GNU library's ``mallopt``, and the most that it comes to by itself.
_TRIM_THRESHOLD, _MMAP_THRESHOLD, _ARENAS = -1, -3, -8
_LARGEST = 32 << 20


def give_back_memory() -> None:
    """Hand freed memory back to the system.

    The GNU library keeps large pieces of it between tiles and, as they come from several threads,
    ever more of them. Elsewhere nothing happens.
    """
    library = _library()
    if library is not None and hasattr(library, "malloc_trim"):
        library.malloc_trim(0)


@lru_cache(maxsize=1)
def reuse_memory() -> None:
    """Let freed memory be used again, from now on, before it goes back to the system.

    Memory that is new to a process is cleared and mapped page by page, a tenth of the time that a
    tile takes. The GNU library learns from the pieces that are freed which ones to keep: it is
    told at once what it would learn from one of 32 MB. It keeps apart what different threads
    free, in up to eight heaps for each processor; one for each is enough, and twice as much memory
    is used again. Elsewhere nothing happens.
    """
    library = _library()
    if library is not None and hasattr(library, "mallopt"):
        library.mallopt(_MMAP_THRESHOLD, _LARGEST)
        library.mallopt(_TRIM_THRESHOLD, 2 * _LARGEST)
        library.mallopt(_ARENAS, default_threads())


@lru_cache(maxsize=1)
def _library() -> Any:
    return ctypes.CDLL(None) if sys.platform == "linux" else None
