"""The physics in NumPy, held against dense matrices and against the torch layers of training."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.ndimage import gaussian_filter
from skimage import data

from unblur.degradation import convolve, delta_psf, gaussian_psf, motion_psf
from unblur.degradation.convolution import fast_shape
from unblur.networks import octaves
from unblur.networks import spectral as layers
from unblur.runtime import spectral
from unblur.runtime.psf_statistics import PSFStatistics
from unblur.runtime.spectral import (
    WIENER_PAD,
    Deconvolution,
    gradients,
    halve,
    sine_window,
    upsample_psf,
)

# Sizes whose padded form needs no more padding for a fast transform: only there do both agree.
SIZES = [(33, 87), (27, 52), (48, 96), (77, 32)]


def random_psf(rng: np.random.Generator, size: int) -> np.ndarray:
    psf = gaussian_filter(rng.random((size, size)), 1.0) ** 4
    return (psf / psf.sum()).astype(np.float32)


def random_image(rng: np.random.Generator, *shape: int) -> np.ndarray:
    image = rng.random(shape, np.float32)
    image.flags.writeable = False
    return image


def test_the_sizes_for_the_comparison_are_fast():
    for size in SIZES:
        padded = (size[0] + 2 * WIENER_PAD, size[1] + 2 * WIENER_PAD)
        assert fast_shape(padded) == padded


class TorchDeconvolution:
    """The same two steps as the networks do them in training."""

    def __init__(self, image: np.ndarray, psf: np.ndarray) -> None:
        self.image = torch.from_numpy(image.copy())[None]
        self.size = image.shape[1] + 2 * WIENER_PAD, image.shape[2] + 2 * WIENER_PAD
        self.transfer = layers.otf(torch.from_numpy(psf)[None], *self.size)
        self.spectrum = layers.tapered_spectrum(self.padded(image), self.transfer, WIENER_PAD)

    @staticmethod
    def padded(image: np.ndarray) -> torch.Tensor:
        picture = torch.from_numpy(image.copy())[None]
        return torch.nn.functional.pad(picture, (WIENER_PAD,) * 4, mode="replicate")

    def solve(self, weight: torch.Tensor, guess: np.ndarray | None = None) -> np.ndarray:
        spectrum, prior = self.spectrum, None
        if guess is not None:
            prior = torch.fft.rfft2(self.padded(guess))
            spectrum = layers.completed_spectrum(self.image, prior, self.transfer, WIENER_PAD)
        solution = layers.wiener_step(spectrum, self.transfer, weight, prior)
        whole = torch.fft.irfft2(solution, s=self.size)[0]
        return whole[:, WIENER_PAD:-WIENER_PAD, WIENER_PAD:-WIENER_PAD].numpy()


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("side", [1, 9, 33])
def test_both_worlds_deconvolve_alike(size, side):
    rng = np.random.default_rng(side)
    image, guess = random_image(rng, 3, *size), random_image(rng, 3, *size)
    psf = random_psf(rng, side)
    numpy, torched = Deconvolution(image, psf), TorchDeconvolution(image, psf)
    prior = layers.spectrum_prior(*torched.size)
    for level in (0.3, 0.03, 0.003):
        wanted = torched.solve(level * prior)
        np.testing.assert_allclose(numpy.wiener(level), wanted, atol=2e-4)
    for level, result in zip((0.2, 0.02), numpy.data_steps(guess, (0.2, 0.02)), strict=True):
        wanted = torched.solve(level * prior, guess)
        np.testing.assert_allclose(result, wanted, atol=2e-4)


@settings(max_examples=20, deadline=None)
@given(st.integers(5, 40), st.integers(5, 40), st.floats(0.01, 10.0))
def test_a_data_step_leaves_a_guess_that_explains_the_picture(height, width, level):
    rng = np.random.default_rng(height)
    guess, psf = random_image(rng, 2, height, width), random_psf(rng, 5)
    blurred = np.stack([convolve(channel, psf, boundary="replicate") for channel in guess])
    (result,) = Deconvolution(blurred, psf).data_steps(guess, (level,))
    np.testing.assert_allclose(result, guess, atol=1e-4)


@pytest.mark.parametrize(("level", "winner"), [(1e-6, 0), (1e6, 1)])
def test_without_blur_a_data_step_is_the_picture_or_the_guess(level, winner):
    both = random_image(np.random.default_rng(0), 2, 3, 31, 46)
    (result,) = Deconvolution(both[0], delta_psf()).data_steps(both[1], (level,))
    np.testing.assert_allclose(result, both[winner], atol=1e-4)


def test_without_blur_and_regularisation_nothing_changes():
    image = random_image(np.random.default_rng(0), 3, 31, 46)
    np.testing.assert_allclose(Deconvolution(image, delta_psf(5)).wiener(1e-6), image, atol=1e-4)


def test_no_ghosts_come_in_over_the_border():
    image = np.zeros((1, 64, 64), np.float32)
    image[:, :, 40:] = 1
    blurred = convolve(image[0], motion_psf(9.0, 0.0), boundary="replicate")[None]
    result = Deconvolution(blurred, motion_psf(9.0, 0.0)).wiener(0.03)
    assert np.abs(result[:, :, :20]).max() < 0.1


def circulant(function, shape: tuple[int, int]) -> np.ndarray:
    """Matrix of a linear map of pictures, one column a pixel."""
    size = shape[0] * shape[1]
    return np.stack([function(pixel.reshape(shape)).ravel() for pixel in np.eye(size)], 1)


def circular_blur(psf: np.ndarray, shape: tuple[int, int]) -> np.ndarray:
    half = psf.shape[0] // 2

    def blur(picture: np.ndarray) -> np.ndarray:
        return sum(
            psf[row, column] * np.roll(picture, (row - half, column - half), (0, 1))
            for row in range(psf.shape[0])
            for column in range(psf.shape[1])
        )

    return circulant(blur, shape)


def test_both_steps_solve_the_dense_system(monkeypatch):
    monkeypatch.setattr(spectral, "WIENER_PAD", 2)  # the PSF then asks for 9 pixels
    rng = np.random.default_rng(1)
    image, guess, psf = rng.random((6, 5)), rng.random((6, 5)), random_psf(rng, 3)
    pad, shape = 9, fast_shape((24, 23))
    sides = [(pad, total - size - pad) for total, size in zip(shape, image.shape, strict=True)]
    inside = np.pad(np.ones(image.shape, bool), sides).ravel()
    blur = circular_blur(psf, shape)

    ramps = [np.minimum(1, np.minimum(np.arange(n) + 1, n - np.arange(n)) / pad) for n in shape]
    fade = np.outer(*ramps).ravel()
    padded = np.pad(image, sides, mode="edge").ravel()
    observed = fade * padded + (1 - fade) * (blur @ padded)

    fy, fx = np.fft.fftfreq(shape[0])[:, None], np.fft.fftfreq(shape[1])[None]
    shape_of_noise = 16 * (fy**2 + fx**2) + 0.02
    roughness = circulant(lambda x: np.fft.ifft2(shape_of_noise * np.fft.fft2(x)).real, shape)

    problem = Deconvolution(image[None].astype(np.float32), psf)
    wanted = np.linalg.solve(blur.T @ blur + 0.05 * roughness, blur.T @ observed)
    np.testing.assert_allclose(problem.wiener(0.05)[0].ravel(), wanted[inside], atol=2e-4)

    expected = np.pad(guess, sides, mode="edge").ravel()
    completed = np.where(inside, np.pad(image, sides).ravel(), blur @ expected)
    weight = 0.1 * roughness
    wanted = np.linalg.solve(blur.T @ blur + weight, blur.T @ completed + weight @ expected)
    (result,) = problem.data_steps(guess[None].astype(np.float32), (0.1,))
    np.testing.assert_allclose(result[0].ravel(), wanted[inside], atol=2e-4)


def test_both_worlds_draw_the_same_maps():
    rng = np.random.default_rng(2)
    shape, size = (45, 64), 17
    edges, observed = random_image(rng, 2, *shape) - 0.5, random_image(rng, 2, *shape) - 0.5
    statistics = PSFStatistics(shape)
    statistics.add(edges, observed)
    sharp, blurred = (torch.fft.rfft2(torch.from_numpy(maps))[None] for maps in (edges, observed))
    psf, flat = layers.psf_from_edges(sharp, blurred, torch.tensor(0.1), shape, size)
    wanted = torch.stack([psf, layers.autocorrelation(blurred, shape, size), flat], 1)[0]
    np.testing.assert_allclose(statistics.maps(0.1, size), wanted.numpy(), atol=1e-5)


def test_true_edges_give_the_psf_back():
    rng = np.random.default_rng(3)
    psf = motion_psf(11.0, 30.0, size=17)
    statistics = PSFStatistics(fast_shape((80, 90)))
    for _ in range(2):
        edges = np.zeros((2, 80, 90), np.float32)
        edges[:, 12:-12, 12:-12] = rng.normal(size=(2, 56, 66))
        blurred = [convolve(plane, psf, boundary="zero") for plane in edges]
        statistics.add(edges, np.stack(blurred))
    closed, correlation, _ = statistics.maps(1e-4, 17)
    np.testing.assert_allclose(closed, psf, atol=2e-3)
    assert correlation[8, 8] == correlation.max() == pytest.approx(1)
    np.testing.assert_allclose(correlation, correlation[::-1, ::-1], atol=1e-4)


def test_a_closed_form_is_moved_without_being_smeared():
    edges = np.random.default_rng(5).normal(size=(2, 48, 64)).astype(np.float32)
    statistics = PSFStatistics((48, 64))
    statistics.add(edges, np.roll(edges, (-2, 3), (1, 2)))  # 3 px to the right and 2 px up
    centred = statistics.closed_form(1e-6, 9, centre=(3.0, 2.0))
    assert statistics.closed_form(1e-6, 9)[2, 7] == pytest.approx(1, abs=1e-4)
    assert centred[4, 4] == pytest.approx(1, abs=1e-4)
    assert np.abs(centred).sum() == pytest.approx(1, abs=1e-2)
    half = statistics.closed_form(1e-6, 9, centre=(2.5, 2.0))[4]  # a sinc, half a pixel off
    np.testing.assert_allclose(half, np.sinc(np.arange(9) - 4.5), atol=0.02)


def test_a_photograph_gives_the_psf_back():
    sharp = data.camera()[40:232, 150:342].astype(np.float32) / 255
    psf = gaussian_psf(2.0, size=17)
    taper = sine_window(*sharp.shape)
    statistics = PSFStatistics(fast_shape(sharp.shape))
    statistics.add(gradients(sharp) * taper, gradients(convolve(sharp, psf)) * taper)
    closed = statistics.maps(0.01, 17)[0]
    assert (closed * psf).sum() > 0.95 * np.linalg.norm(closed) * np.linalg.norm(psf)


def test_a_window_without_edges_does_no_harm():
    rng = np.random.default_rng(4)
    edges = rng.normal(size=(2, 40, 40)).astype(np.float32)
    alone, together = PSFStatistics((40, 40)), PSFStatistics((40, 40))
    for statistics in (alone, together):
        statistics.add(edges, edges)
    together.add(np.zeros_like(edges), np.zeros_like(edges))
    np.testing.assert_array_equal(alone.maps(0.1, 9), together.maps(0.1, 9))
    assert np.isfinite(PSFStatistics((40, 40)).maps(0.1, 9)).all()


def test_both_worlds_agree_on_pixels():
    rng = np.random.default_rng(5)
    luma = random_image(rng, 34, 27)
    tensor = torch.from_numpy(luma.copy())[None, None]
    np.testing.assert_array_equal(gradients(luma), layers.gradients(tensor)[0].numpy())
    pooled = torch.nn.functional.avg_pool2d(tensor, 2)[0, 0].numpy()
    np.testing.assert_allclose(halve(luma), pooled, atol=1e-7)
    psf = random_psf(rng, 33)
    wanted = octaves.upsample_psf(torch.from_numpy(psf)[None])[0].numpy()
    np.testing.assert_allclose(upsample_psf(psf), wanted, atol=1e-7)
    window = torch.outer(*(torch.hann_window(n, periodic=False) for n in (34, 27))).sqrt()
    np.testing.assert_allclose(sine_window(34, 27), window.numpy(), atol=1e-6)
