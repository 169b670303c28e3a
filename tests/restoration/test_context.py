"""How far a tile's border is seen: by the reach of the filter, and by what a wrong border does."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import fft

from unblur.degradation import delta_psf, disk_psf, gaussian_psf, motion_psf
from unblur.degradation.convolution import otf
from unblur.restoration.context import LEAST, MOST, NETWORK, context_of


@pytest.mark.parametrize("psf", [delta_psf(), gaussian_psf(1.0), disk_psf(1.5)])
def test_small_blurs_need_the_least(psf):
    assert context_of(psf) == (LEAST, LEAST)


def test_a_motion_reaches_far_along_itself_and_not_across():
    assert context_of(motion_psf(21, 0)) == (LEAST, MOST)
    assert context_of(motion_psf(21, 90)) == (MOST, LEAST)


def test_larger_disks_reach_further():
    reached = [context_of(disk_psf(radius)) for radius in (2, 3, 5, 7)]
    assert all(down == across for down, across in reached)
    assert reached == sorted(reached)
    assert reached[0] < reached[-1]


def test_a_psf_of_any_size_has_room():
    assert min(context_of(disk_psf(60))) > 60


@pytest.mark.parametrize("psf", [disk_psf(4), disk_psf(6), motion_psf(9, 30)])
def test_beyond_it_a_wrong_border_is_hardly_seen(psf):
    """Of white noise put beyond the border, a hundredth comes further in than the filter's part."""
    side, context = 512, context_of(psf)[1]
    assert context < MOST
    wrong = np.zeros((side, side))
    wrong[:, : side // 2] = np.random.default_rng(0).normal(size=(side, side // 2))
    transfer = otf(psf, wrong.shape)
    fy, fx = fft.fftfreq(side)[:, None], fft.rfftfreq(side)[None]
    gain = transfer.conj() / (np.abs(transfer) ** 2 + 0.03 * (16 * (fy**2 + fx**2) + 0.02))
    seen = fft.irfft2(fft.rfft2(wrong) * gain, s=wrong.shape)
    power = (seen**2).mean(0)
    inside = power[side // 2 + context - NETWORK]
    assert inside < 0.02 * power[side // 4]
