"""Transforms for export, against NumPy's."""

from __future__ import annotations

import warnings

import numpy as np
import onnxruntime
import pytest
import torch

from unblur.networks.dft import inverse_dft, picture_dft, psf_dft

SIZES = [(8, 12), (9, 14), (16, 7), (5, 5), (1, 2), (96, 130)]


class Transforms(torch.nn.Module):
    """Half spectrum of a picture, and the picture back from it."""

    def forward(self, image: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
        spectrum = picture_dft(image)
        return (*spectrum, inverse_dft(spectrum, image.shape[-1]))


@pytest.fixture(scope="module")
def exported(tmp_path_factory: pytest.TempPathFactory) -> onnxruntime.InferenceSession:
    """The transforms as an ONNX file, open in size."""
    path = tmp_path_factory.mktemp("dft") / "dft.onnx"
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # the older exporter, as unblur uses it
        torch.onnx.export(
            Transforms(),
            (torch.rand(1, 2, 6, 8),),
            path,
            input_names=["input"],
            dynamic_axes={"input": {0: "batch", 2: "height", 3: "width"}},
            opset_version=17,
            dynamo=False,
        )
    return onnxruntime.InferenceSession(path, providers=["CPUExecutionProvider"])


@pytest.mark.parametrize("size", SIZES)
def test_the_exported_transforms_are_those_of_numpy(exported, size):
    image = np.random.default_rng(0).random((3, 2, *size), dtype=np.float32)
    real, imaginary, back = exported.run(None, {"input": image})
    wanted = np.fft.rfft2(image)
    np.testing.assert_allclose(real + 1j * imaginary, wanted, atol=2e-6 * wanted.real.max())
    np.testing.assert_allclose(back, image, atol=1e-5)


@pytest.mark.parametrize("size", SIZES)
def test_the_transforms_of_training_are_the_same(size):
    image = np.random.default_rng(1).random((3, *size), dtype=np.float32)
    real, imaginary, back = (part.numpy() for part in Transforms()(torch.from_numpy(image)))
    np.testing.assert_allclose(real + 1j * imaginary, np.fft.rfft2(image), rtol=1e-4, atol=1e-4)
    np.testing.assert_allclose(back, image, atol=1e-6)


@pytest.mark.parametrize("size", [size for size in SIZES if min(size) >= 5])
def test_a_transfer_function_is_that_of_the_centred_psf(size):
    psf = np.random.default_rng(2).random((5, 5), dtype=np.float32)
    padded = np.zeros(size, np.float32)
    padded[:5, :5] = psf
    wanted = np.fft.rfft2(np.roll(padded, (-2, -2), (0, 1)))
    real, imaginary = psf_dft(torch.from_numpy(psf), *size)
    np.testing.assert_allclose(real.numpy() + 1j * imaginary.numpy(), wanted, atol=1e-5)


def test_a_psf_larger_than_the_picture_wraps_around():
    psf = np.random.default_rng(3).random((7, 7), dtype=np.float32)
    wrapped = np.zeros((4, 5), np.float32)
    for row, column in np.ndindex(7, 7):
        wrapped[(row - 3) % 4, (column - 3) % 5] += psf[row, column]
    real, imaginary = psf_dft(torch.from_numpy(psf), 4, 5)
    np.testing.assert_allclose(
        real.numpy() + 1j * imaginary.numpy(), np.fft.rfft2(wrapped), atol=1e-5
    )
