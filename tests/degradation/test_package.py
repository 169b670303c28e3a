from __future__ import annotations

import subprocess
import sys

from unblur import degradation


def test_public_names_are_sorted_and_there():
    assert degradation.__all__ == sorted(degradation.__all__, key=_isort_key)
    assert all(hasattr(degradation, name) for name in degradation.__all__)
    assert degradation.__doc__


def _isort_key(name):
    """Constants, then classes, then functions, as the linter sorts them."""
    return (0 if name.isupper() else 1 if name[0].isupper() else 2, name)


def test_import_is_light():
    code = (
        "import sys, unblur.degradation as d; d.Degradation(d.gaussian_psf(1.0));"
        "heavy = {'torch', 'skimage', 'matplotlib', 'scipy.signal', 'scipy.stats'};"
        "assert not heavy & set(sys.modules), heavy & set(sys.modules)"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
