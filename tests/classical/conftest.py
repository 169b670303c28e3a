import numpy as np
import pytest
from skimage import data


@pytest.fixture(scope="session")
def camera():
    """Grey picture (200, 210), in [0, 1]."""
    return data.camera()[60:260, 150:360].astype(np.float32) / 255


@pytest.fixture(scope="session")
def coffee():
    """Colour picture (150, 161, 3), in [0, 1]."""
    return data.coffee()[100:250, 200:361].astype(np.float32) / 255


@pytest.fixture
def lopsided():
    """PSF (5, 5) without any symmetry: a filter that loses the phase fails on it."""
    psf = np.array(
        [
            [0, 0, 1, 0, 0],
            [0, 0, 3, 0, 0],
            [0, 0, 4, 6, 2],
            [0, 0, 0, 1, 5],
            [0, 0, 0, 0, 3],
        ],
        np.float32,
    )
    return psf / psf.sum()
