"""Every metric against an implementation that is not ours."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from skimage.metrics import (
    mean_squared_error,
    peak_signal_noise_ratio,
    structural_similarity,
)

from unblur.errors import ArrayError
from unblur.evaluation.metrics import (
    channel_argmax_accuracy,
    channel_argmax_baseline,
    mse,
    psf_similarity,
    psnr,
    ssim,
)

UNIT = st.floats(0, 1, width=32)
SHAPES = st.sampled_from([(11, 11), (17, 12), (13, 16, 1), (12, 15, 3)])


@st.composite
def pairs(draw):
    shape = draw(SHAPES)
    return tuple(draw(arrays(np.float32, shape, elements=UNIT)) for _ in range(2))


def noisy_pair(shape=(40, 52, 3), seed=0):
    rng = np.random.default_rng(seed)
    reference = rng.random(shape, dtype=np.float32)
    return np.clip(reference + 0.1 * rng.normal(size=shape), 0, 1).astype(np.float32), reference


@given(pairs())
def test_mse_agrees_with_scikit_image(pair):
    assert mse(*pair) == pytest.approx(mean_squared_error(*pair), rel=1e-6, abs=1e-12)


@given(pairs().filter(lambda pair: not np.array_equal(*pair)), st.sampled_from([1.0, 2.0, 255.0]))
def test_psnr_agrees_with_scikit_image(pair, data_range):
    image, reference = (array.astype(np.float64) for array in pair)
    if mse(image, reference) == 0:  # squares that underflow
        return
    expected = peak_signal_noise_ratio(reference, image, data_range=data_range)
    assert psnr(*pair, data_range=data_range) == pytest.approx(expected, rel=1e-6)


def test_psnr_of_equal_pictures_is_infinite():
    image, _ = noisy_pair()
    assert psnr(image, image) == float("inf")


@settings(deadline=None)
@given(pairs(), st.sampled_from([1.0, 2.0]))
def test_ssim_agrees_with_scikit_image(pair, data_range):
    expected = structural_similarity(
        *(array.astype(np.float64) for array in pair),
        data_range=data_range,
        gaussian_weights=True,
        sigma=1.5,
        use_sample_covariance=False,
        channel_axis=-1 if pair[0].ndim == 3 else None,
    )
    assert ssim(*pair, data_range=data_range) == pytest.approx(expected, abs=1e-6)


def test_psnr_and_ssim_agree_with_torchmetrics():
    torch = pytest.importorskip("torch")
    functional = pytest.importorskip("torchmetrics.functional.image")
    image, reference = noisy_pair()
    tensors = [
        torch.from_numpy(array.transpose(2, 0, 1)[None].astype(np.float64))
        for array in (image, reference)
    ]
    expected = functional.peak_signal_noise_ratio(*tensors, data_range=1.0)
    assert psnr(image, reference) == pytest.approx(float(expected), rel=1e-6)
    _, full = functional.structural_similarity_index_measure(
        *tensors, data_range=1.0, sigma=1.5, return_full_image=True
    )
    inner = full[..., 5:-5, 5:-5]  # torchmetrics adds mirrored pixels, the authors' code does not
    assert ssim(image, reference) == pytest.approx(float(inner.mean()), abs=1e-6)


def test_mean_of_psnrs_is_not_the_psnr_of_the_pooled_error():
    """The mistake that the style notes of this field warn of, told apart by two pictures."""
    reference = np.zeros((8, 8))
    scores = [psnr(reference + error, reference) for error in (0.1, 0.01)]
    assert np.mean(scores) == pytest.approx(30)
    assert 10 * np.log10(1 / np.mean([0.1**2, 0.01**2])) == pytest.approx(22.967, abs=1e-3)


def test_channel_argmax_accuracy_agrees_with_torchmetrics():
    torch = pytest.importorskip("torch")
    functional = pytest.importorskip("torchmetrics.functional.classification")
    image, reference = noisy_pair()
    scores = torch.from_numpy(image.reshape(-1, 3))
    labels = torch.from_numpy(reference.reshape(-1, 3).argmax(1))
    expected = functional.multiclass_accuracy(scores, labels, num_classes=3, average="micro")
    assert channel_argmax_accuracy(image, reference) == pytest.approx(float(expected))


def test_channel_argmax_gives_ties_to_the_lower_channel():
    grey = np.full((4, 4, 3), 0.5)
    red = np.full((4, 4, 3), [0.5, 0.4, 0.4])
    blue = np.full((4, 4, 3), [0.4, 0.4, 0.5])
    assert channel_argmax_accuracy(grey, red) == 1
    assert channel_argmax_accuracy(grey, blue) == 0


def test_baseline_is_the_best_constant_picture():
    _, reference = noisy_pair()
    constants = np.eye(3)
    best = max(
        channel_argmax_accuracy(np.broadcast_to(colour, reference.shape), reference)
        for colour in constants
    )
    assert channel_argmax_baseline(reference) == best


@given(
    arrays(np.float64, (7, 7), elements=st.floats(0, 1)).filter(lambda psf: psf.sum() > 0.1),
    st.integers(-3, 3),
    st.integers(-3, 3),
    st.floats(0.1, 10),
)
@settings(deadline=None)
def test_psf_similarity_ignores_shift_scale_and_size(psf, down, right, scale):
    moved = np.zeros((15, 15))
    moved[4 + down : 11 + down, 4 + right : 11 + right] = scale * psf
    assert psf_similarity(moved, psf) == pytest.approx(1)
    assert psf_similarity(psf, moved) == pytest.approx(1)


def test_psf_similarity_agrees_with_a_loop_over_shifts():
    rng = np.random.default_rng(1)
    first, second = rng.random((5, 5)), rng.random((7, 7))
    canvas = np.zeros((25, 25))
    canvas[9:16, 9:16] = second
    products = [
        np.sum(canvas[top : top + 5, left : left + 5] * first)
        for top in range(21)
        for left in range(21)
    ]
    expected = max(products) / np.sqrt(np.sum(first**2) * np.sum(second**2))
    assert psf_similarity(first, second) == pytest.approx(expected)


def test_psf_similarity_tells_a_psf_from_its_mirror_image():
    corner = np.array([[1.0, 1, 1, 1], [1, 0, 0, 0], [1, 0, 0, 0], [1, 0, 0, 0]])
    assert psf_similarity(corner, corner[::-1, ::-1]) < 0.8


@pytest.mark.parametrize("metric", [mse, psnr, ssim, channel_argmax_accuracy])
def test_metrics_take_read_only_pictures_and_leave_them_alone(metric):
    image, reference = noisy_pair()
    copies = image.copy(), reference.copy()
    image.flags.writeable = reference.flags.writeable = False
    metric(image, reference)
    np.testing.assert_array_equal((image, reference), copies)


@pytest.mark.parametrize("metric", [mse, psnr, ssim, channel_argmax_accuracy])
@pytest.mark.parametrize(
    ("image", "reference", "message"),
    [
        (np.zeros((12, 12, 3)), np.zeros((12, 12)), "shapes"),
        (np.zeros((12, 12, 3), np.uint8), np.zeros((12, 12, 3), np.uint8), "uint8"),
        (np.zeros((0, 12, 3)), np.zeros((0, 12, 3)), "empty"),
        (np.zeros(12), np.zeros(12), "no picture"),
    ],
)
def test_metrics_refuse_what_they_cannot_compare(metric, image, reference, message):
    with pytest.raises(ArrayError, match=message):
        metric(image, reference)


def test_small_grey_and_zero_arrays_are_refused():
    with pytest.raises(ArrayError, match="11x11"):
        ssim(np.zeros((10, 30)), np.zeros((10, 30)))
    with pytest.raises(ArrayError, match="no channels"):
        channel_argmax_accuracy(np.zeros((4, 4, 1)), np.zeros((4, 4, 1)))
    with pytest.raises(ArrayError, match="zero everywhere"):
        psf_similarity(np.zeros((3, 3)), np.ones((3, 3)))
