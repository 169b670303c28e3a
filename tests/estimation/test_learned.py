"""The learned estimator in NumPy does what its networks were trained in."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from skimage import data

from unblur.degradation import Degradation, motion_psf
from unblur.estimation.learned import LearnedEstimator
from unblur.estimation.pyramid import halve_luma
from unblur.images.color import srgb_to_linear
from unblur.networks.autoencoder import AutoencoderConfig
from unblur.networks.psf_estimator import PSFEstimator, PSFEstimatorConfig
from unblur.runtime import load_session
from unblur.training.export import ExportFacts, export_part

FACTS = ExportFacts("none", (), 0, "none", "none")
EDGES = AutoencoderConfig(2, 4, (4, 8), (1, 1), unshuffle=4)
SIDE = 144  # with its borders a length that both sides transform as it is, at every octave


@pytest.fixture
def network():
    torch.manual_seed(1)
    config = PSFEstimatorConfig(octaves=(1, 0, 0), edges=EDGES, cleaner_width=4, levels=(0.03,))
    network = PSFEstimator(config).eval()
    with torch.no_grad():
        for weights in network.parameters():
            weights += 0.05 * torch.randn(weights.shape)
    return network


@pytest.fixture
def luma():
    scene = data.camera()[100 : 100 + SIDE + 14, 150 : 150 + SIDE + 14].astype(np.float32) / 255
    return Degradation(motion_psf(9, 30, size=15), boundary="valid").apply(scene, 0)


def test_the_estimate_is_that_of_the_trained_network(tmp_path, network, luma):
    for part in network.parts():
        export_part(part, tmp_path, FACTS)
    sessions = [load_session(tmp_path / f"psf-{name}.onnx") for name in ("edges", "cleaner")]
    with torch.no_grad():
        wanted = network(torch.from_numpy(luma)[None, None])[-1][0].numpy()
    np.testing.assert_allclose(LearnedEstimator(*sessions).estimate([luma]), wanted, atol=2e-6)


def test_windows_side_by_side_give_the_same_psf(tmp_path, network, luma):
    for part in network.parts():
        export_part(part, tmp_path, FACTS)
    sessions = [load_session(tmp_path / f"psf-{name}.onnx") for name in ("edges", "cleaner")]
    estimator, windows = LearnedEstimator(*sessions), [luma, luma[::-1], luma[:, ::-1]]
    wanted = estimator.estimate(windows)
    np.testing.assert_array_equal(estimator.estimate(windows, threads=3), wanted)
    assert not np.array_equal(estimator.estimate(windows[:1]), wanted)


def test_light_is_halved_where_it_was_blurred(luma):
    light = srgb_to_linear(luma).reshape(SIDE // 2, 2, SIDE // 2, 2).mean((1, 3))
    np.testing.assert_allclose(srgb_to_linear(halve_luma(luma, linear=True)), light, atol=1e-6)
    stored = luma.reshape(SIDE // 2, 2, SIDE // 2, 2).mean((1, 3))
    np.testing.assert_allclose(halve_luma(luma, linear=False), stored, atol=1e-6)
