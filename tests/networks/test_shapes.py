"""Shapes of networks: what cannot be built is refused before it is built."""

from __future__ import annotations

from dataclasses import replace

import pytest
import torch

from unblur.errors import ArgumentError
from unblur.networks.autoencoder import Autoencoder, AutoencoderConfig
from unblur.networks.psf_estimator import PSFEstimatorConfig
from unblur.networks.wiener_autoencoder import WienerAutoencoderConfig

SMALL = AutoencoderConfig(3, 4, (4, 8), (1, 1), unshuffle=2)
ESTIMATOR, RESTORER = PSFEstimatorConfig(), WienerAutoencoderConfig()


@pytest.mark.parametrize(
    ("config", "changes", "reason"),
    [
        (SMALL, {"blocks": (1, 1, 1)}, "2 widths for 3 levels"),
        (SMALL, {"widths": (), "blocks": ()}, "0 widths"),
        (SMALL, {"widths": (4, 0)}, "at least 1"),
        (SMALL, {"unshuffle": 0}, "at least 1"),
        (SMALL, {"blocks": (1, -1)}, "blocks must be zero or more"),
        (ESTIMATOR, {"size": 32}, "odd and positive, not 32"),
        (ESTIMATOR, {"octaves": ()}, "octaves must fall to 0"),
        (ESTIMATOR, {"octaves": (0, 1)}, "octaves must fall to 0"),
        (ESTIMATOR, {"octaves": (2, 1)}, "octaves must fall to 0"),
        (ESTIMATOR, {"levels": (0.1,)}, "with 1 levels the edge predictor must have 2 channels"),
        (ESTIMATOR, {"levels": (0.1, 0.0)}, "levels must be positive"),
        (ESTIMATOR, {"cleaner_width": 0}, "must be positive"),
        (RESTORER, {"second": SMALL}, "second autoencoder must have 13 channels in and 7 out"),
        (RESTORER, {"data_levels": (0.1, -1.0)}, "levels must be positive"),
    ],
)
def test_what_cannot_be_built_is_refused(config, changes, reason):
    with pytest.raises(ArgumentError, match=reason):
        replace(config, **changes)


def test_an_untrained_autoencoder_says_nothing():
    picture = torch.rand(2, 3, 12, 8)
    with torch.no_grad():
        assert torch.equal(Autoencoder(SMALL)(picture), torch.zeros(2, 4, 12, 8))


def test_sizes_follow_from_the_shape():
    assert SMALL.size_multiple == 4
    assert (ESTIMATOR.size_multiple, ESTIMATOR.smallest) == (64, 132)
    assert (RESTORER.size_multiple, RESTORER.smallest) == (8, 8)
