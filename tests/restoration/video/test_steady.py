"""Frames as arrays: order, memory of what was, steadiness."""

import numpy as np
import pytest
from scipy import ndimage

import unblur
from unblur.restoration.field import BlurField
from unblur.restoration.video.steady import CONTEXT, FrameSettings, mean_field, restore_frames

PSF = unblur.motion_psf(7, 30)


@pytest.fixture(scope="module")
def restorer():
    return unblur.Restorer(threads=1, quality="fast")


def test_the_result_of_a_frame_depends_on_few_around_it(moving, restorer):
    frames, settings = moving(CONTEXT + 6), FrameSettings(psf=PSF)
    everything = list(restore_frames(frames, restorer, settings))
    assert len(everything) == len(frames)
    late = list(restore_frames(frames[2:], restorer, settings, skip=CONTEXT))
    for one, other in zip(everything[2 + CONTEXT :], late, strict=True):
        np.testing.assert_array_equal(one, other)


def test_few_frames_are_held(moving, restorer):
    taken = 0

    def frames():
        nonlocal taken
        for frame in moving(14):
            taken += 1
            yield frame

    settings = FrameSettings(psf=PSF)
    for number, _ in enumerate(restore_frames(frames(), restorer, settings), 1):
        assert taken <= number + CONTEXT


@pytest.mark.parametrize("kind", ["grey", "alpha", "deep"])
def test_kinds_come_back(moving, restorer, kind):
    frames = moving(3)
    if kind == "grey":
        frames = [frame[..., 1] for frame in frames]
    elif kind == "alpha":
        frames = [np.dstack([frame, np.full(frame.shape[:2], 77, np.uint8)]) for frame in frames]
    else:
        frames = [frame.astype(np.uint16) * 257 for frame in frames]
    for frame in frames:
        frame.flags.writeable = False
    for one, other in zip(
        frames, restore_frames(frames, restorer, FrameSettings(psf=PSF)), strict=True
    ):
        assert (one.shape, one.dtype) == (other.shape, other.dtype)
        assert not np.array_equal(one, other)
        assert kind != "alpha" or (other[..., 3] == 77).all()


def test_a_still_noisy_scene_is_steadier_than_its_source(moving, restorer):
    still = moving(1)[0]
    frames = [unblur.degrade(still, PSF, noise=0.01, seed=seed) for seed in range(8)]
    noise = {}
    for neighbours in (True, False):
        settings = FrameSettings(psf=PSF, neighbours=neighbours)
        result = np.array(list(restore_frames(frames, restorer, settings)), float)
        noise[neighbours] = np.std(result, axis=0, ddof=1).mean()
    source = np.std(np.array(frames, float), axis=0, ddof=1).mean()
    assert noise[True] < 0.9 * source
    assert noise[True] < 0.7 * noise[False]


def test_psfs_that_are_alike_are_averaged_and_others_are_not():
    def field(psf, trust=1.0):
        large = np.zeros((33, 33), np.float32)
        edge = (33 - psf.shape[0]) // 2
        large[edge : 33 - edge, edge : 33 - edge] = psf
        return BlurField(large, trust=trust)

    own = field(unblur.motion_psf(9, 30))
    like = field(unblur.motion_psf(9, 33), trust=0.5)
    other = field(unblur.motion_psf(13, 120))
    found = mean_field([(own, 1.0), (like, 1.0), (other, 1.0)], own)
    between = (own.psf + like.psf) / 2
    assert np.abs(found.psf - between).sum() < 0.05
    assert found.psf.sum() == pytest.approx(1)
    assert found.trust == pytest.approx(2.5 / 3)


def test_frames_that_a_coder_has_smoothed_come_back_nearly_as_they_are(moving, restorer):
    smooth = [ndimage.gaussian_filter(frame, (1.0, 1.0, 0)) for frame in moving(6, (128, 160))]
    errors = {}
    for neighbours in (True, False):
        settings = FrameSettings(neighbours=neighbours)
        pairs = zip(smooth, restore_frames(smooth, restorer, settings), strict=True)
        errors[neighbours] = np.mean(
            [np.mean((one.astype(float) - two) ** 2) for one, two in pairs]
        )
    assert errors[True] < (255 * 0.005) ** 2
    assert errors[True] < 0.25 * errors[False]
