"""Losses of pictures, each against another implementation or a plain loop."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from scipy.ndimage import gaussian_filter
from skimage.metrics import structural_similarity
from torchmetrics.functional.image import (
    multiscale_structural_similarity_index_measure,
    structural_similarity_index_measure,
)

from unblur.errors import ArrayError
from unblur.evaluation.metrics import channel_argmax_accuracy
from unblur.training.picture_losses import (
    PICTURE_LOSSES,
    argmax_accuracy,
    edge_error,
    frequency_error,
    ms_ssim,
    multi_scale_error,
    ssim,
)


@pytest.fixture
def pair() -> tuple[torch.Tensor, torch.Tensor]:
    """Two pictures that resemble each other, (2, 3, 40, 32)."""
    generator = torch.Generator().manual_seed(0)
    target = torch.rand(2, 3, 40, 32, generator=generator)
    return 0.7 * target + 0.3 * torch.rand(2, 3, 40, 32, generator=generator), target


def test_ssim_is_that_of_others(pair):
    ours = ssim(*pair).item()
    _, whole = structural_similarity_index_measure(*pair, data_range=1.0, return_full_image=True)
    # theirs counts windows that reach over the border as well, and mirrors the picture there
    assert ours == pytest.approx(whole[..., 5:-5, 5:-5].mean().item(), abs=1e-5)
    arrays = [[p.numpy().transpose(1, 2, 0) for p in pictures.double()] for pictures in pair]
    others = [
        structural_similarity(
            *both,
            data_range=1.0,
            channel_axis=2,
            gaussian_weights=True,
            sigma=1.5,
            use_sample_covariance=False,
        )
        for both in zip(*arrays, strict=True)
    ]
    assert ours == pytest.approx(np.mean(others), abs=1e-5)


def test_ms_ssim_is_that_of_others():
    generator = torch.Generator().manual_seed(1)
    target = torch.rand(1, 3, 176, 184, generator=generator)
    result = 0.9 * target + 0.1 * torch.rand(1, 3, 176, 184, generator=generator)
    other = multiscale_structural_similarity_index_measure(result, target, data_range=1.0)
    assert ms_ssim(result, target).item() == pytest.approx(other.item(), abs=1e-4)


def test_ms_ssim_of_a_small_picture_has_the_scales_that_fit(pair):
    one_scale = [picture[..., :16, :16] for picture in pair]
    per_picture = [ssim(*(p[n : n + 1] for p in one_scale)).item() for n in range(2)]
    assert ms_ssim(*one_scale).item() == pytest.approx(np.mean(per_picture), abs=1e-6)
    # 40 x 32 has two: contrast at full size, the whole at half size
    weights = np.array([0.0448, 0.2856]) / 0.3304
    wanted = []
    for result, target in zip(*(pictures.double().numpy() for pictures in pair), strict=True):
        half = (blocks(result), blocks(target))
        contrast, whole = terms(result, target)[1], np.prod(terms(*half), 0)
        wanted.append(contrast.mean() ** weights[0] * whole.mean() ** weights[1])
    assert ms_ssim(*pair).item() == pytest.approx(np.mean(wanted), abs=1e-5)


def blocks(picture: np.ndarray) -> np.ndarray:
    """Half the size, by means of 2 x 2 pixels."""
    channels, height, width = picture.shape
    return picture.reshape(channels, height // 2, 2, width // 2, 2).mean((2, 4))


def terms(one: np.ndarray, two: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Luminance and contrast-structure of SSIM, window by window."""

    def mean(picture: np.ndarray) -> np.ndarray:
        return gaussian_filter(picture, (0, 1.5, 1.5), radius=5)[:, 5:-5, 5:-5]

    covariance = mean(one * two) - mean(one) * mean(two)
    variances = mean(one**2) - mean(one) ** 2 + mean(two**2) - mean(two) ** 2
    luminance = (2 * mean(one) * mean(two) + 1e-4) / (mean(one) ** 2 + mean(two) ** 2 + 1e-4)
    return luminance, (2 * covariance + 9e-4) / (variances + 9e-4)


@pytest.mark.parametrize("loss", [ssim, ms_ssim])
def test_a_picture_below_the_window_is_refused(loss):
    with pytest.raises(ArrayError, match="11 x 11 or more, not 10 x 40"):
        loss(torch.rand(1, 3, 10, 40), torch.rand(1, 3, 10, 40))


def test_edges_are_differences_of_neighbours(pair):
    difference = (pair[0] - pair[1]).double().numpy()
    rows = [abs(difference[..., n + 1, :] - difference[..., n, :]).mean() for n in range(39)]
    columns = [abs(difference[..., n + 1] - difference[..., n]).mean() for n in range(31)]
    assert edge_error(*pair).item() == pytest.approx(np.mean(rows) + np.mean(columns), rel=1e-5)


def test_frequencies_are_those_of_numpy(pair):
    spectrum = np.fft.rfft2(pair[0].double().numpy()) - np.fft.rfft2(pair[1].double().numpy())
    wanted = (abs(spectrum.real).mean() + abs(spectrum.imag).mean()) / 2
    assert frequency_error(*pair).item() == pytest.approx(wanted, rel=1e-5)


def test_scales_are_means_of_blocks(pair):
    difference = (pair[0] - pair[1]).double().numpy()
    wanted = []
    for factor in (1, 2, 4):
        blocks = difference.reshape(2, 3, 40 // factor, factor, 32 // factor, factor)
        wanted.append(abs(blocks.mean((3, 5))).mean())
    assert multi_scale_error(*pair).item() == pytest.approx(np.mean(wanted), rel=1e-5)


def test_the_plain_ones_are_their_formulas(pair):
    difference = (pair[0] - pair[1]).double().numpy()
    for name, wanted in {
        "l1": abs(difference).mean(),
        "mse": (difference**2).mean(),
        "charbonnier": np.sqrt(difference**2 + 9e-6).mean(),
    }.items():
        assert PICTURE_LOSSES[name](*pair).item() == pytest.approx(wanted, rel=1e-5)


@pytest.mark.parametrize("name", PICTURE_LOSSES)
def test_every_loss_is_least_for_equal_pictures_and_leads_there(pair, name):
    target = pair[1]
    loss = PICTURE_LOSSES[name]
    least = loss(target, target).item()
    assert 0 <= least + 1e-6 < 0.004
    result = pair[0].clone().requires_grad_()
    value = loss(result, target)
    value.backward()
    assert torch.isfinite(result.grad).all()
    step = 1e-3 * result.grad / result.grad.abs().max()
    assert least < loss(result - step, target).item() < value.item()


@pytest.mark.parametrize("name", PICTURE_LOSSES)
def test_the_slope_is_finite_where_the_pictures_are_equal_or_flat(name):
    for target in (torch.rand(1, 3, 16, 16), torch.zeros(1, 3, 16, 16)):
        result = target.clone().requires_grad_()
        PICTURE_LOSSES[name](result, target).backward()
        assert torch.isfinite(result.grad).all()


def test_accuracy_is_that_of_the_evaluation(pair):
    arrays = [[p.numpy().transpose(1, 2, 0) for p in pictures] for pictures in pair]
    wanted = [channel_argmax_accuracy(*both) for both in zip(*arrays, strict=True)]
    assert argmax_accuracy(*pair).item() == pytest.approx(np.mean(wanted), abs=1e-6)


def test_in_a_tie_the_lower_index_counts():
    grey, red = torch.full((1, 3, 2, 2), 0.5), torch.zeros(1, 3, 2, 2)
    red[:, 0] = 1
    assert argmax_accuracy(grey, red).item() == 1
    assert argmax_accuracy(grey, red.roll(1, 1)).item() == 0
