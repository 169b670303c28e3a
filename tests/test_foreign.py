"""Checkpoints of other projects: random weights, saved as those projects save them."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image
from skimage import data

from unblur import ArgumentError, ModelError, Restorer
from unblur.foreign import CheckpointNetwork

needs_spandrel = pytest.mark.skipif(
    find_spec("spandrel") is None, reason="the extra 'foreign' is not installed"
)


@pytest.fixture
def cat() -> np.ndarray:
    return data.chelsea()[80:144, 100:196]  # uint8 (64, 96, 3)


def nafnet() -> torch.nn.Module:
    from spandrel.architectures.NAFNet import NAFNet

    network = NAFNet(
        img_channel=3, width=8, middle_blk_num=1, enc_blk_nums=[1, 1], dec_blk_nums=[1, 1]
    )
    for name, weights in network.named_parameters():
        if name.endswith((".beta", ".gamma")):  # zero at the start: the blocks would do nothing
            torch.nn.init.normal_(weights, std=0.5)
    return network


def fftformer() -> torch.nn.Module:
    from spandrel.architectures.FFTformer import FFTformer

    return FFTformer(dim=8, num_blocks=[1, 1, 1], num_refinement_blocks=1)


@pytest.fixture
def saved(tmp_path: Path) -> Callable[..., tuple[torch.nn.Module, Path]]:
    """Build a network and save it; also loads spandrel, as only we can without torchvision."""

    def save(
        build: Callable[[], torch.nn.Module], suffix: str = ".pth"
    ) -> tuple[torch.nn.Module, Path]:
        with pytest.raises(ModelError, match="no such file"):
            CheckpointNetwork(tmp_path / "absent.pth", 1)
        torch.manual_seed(0)
        network, path = build().eval(), tmp_path / f"network{suffix}"
        if suffix == ".safetensors":
            from safetensors.torch import save_file

            save_file(network.state_dict(), path)
        else:
            torch.save({"params": network.state_dict()}, path)
        return network, path

    return save


@needs_spandrel
@pytest.mark.parametrize(
    ("build", "suffix"), [(nafnet, ".pth"), (nafnet, ".safetensors"), (fftformer, ".pth")]
)
def test_a_checkpoint_restores_as_in_its_own_project(saved, cat, build, suffix):
    network, path = saved(build, suffix)
    picture = torch.from_numpy(cat).permute(2, 0, 1)[None] / 255
    with torch.inference_mode():
        wanted = network(picture).clamp(0, 1)[0].permute(1, 2, 0).numpy() * 255
    result, report = Restorer(path, threads=1).restore_with_report(cat)
    assert result.dtype == np.uint8
    assert np.abs(result - wanted).max() <= 0.51
    assert np.abs(wanted - cat).max() > 2  # it does something
    assert (report.tiles, report.blur) == (1, None)


@needs_spandrel
def test_a_large_picture_goes_through_in_tiles(saved):
    _, path = saved(nafnet)
    picture = np.random.default_rng(0).integers(0, 65536, (300, 700), dtype=np.uint16)
    result, report = Restorer(path, threads=1).restore_with_report(picture)
    assert (result.shape, result.dtype) == (picture.shape, picture.dtype)
    assert report.tiles > 1
    with pytest.raises(ArgumentError, match="takes no PSF"):
        Restorer(path, threads=1).restore(picture, np.ones((3, 3)) / 9)


@needs_spandrel
def test_the_program_takes_a_checkpoint(saved, cat, tmp_path):
    _, path = saved(nafnet)
    Image.fromarray(cat).save(tmp_path / "cat.png")
    words = ["restore", tmp_path / "cat.png", "-o", tmp_path / "out.png", "--model", path]
    subprocess.run([sys.executable, "-m", "unblur", *map(str, words)], check=True, timeout=300)
    restored = Restorer(path, threads=1).restore(cat)
    np.testing.assert_array_equal(np.asarray(Image.open(tmp_path / "out.png")), restored)


@needs_spandrel
def test_what_is_no_restorer_is_refused(saved, tmp_path):
    def enlarger() -> torch.nn.Module:
        from spandrel.architectures.Compact import Compact

        return Compact(num_feat=8, num_conv=1, upscale=2)

    _, path = saved(enlarger)
    with pytest.raises(ModelError, match="does not make one picture of one, of the same size"):
        Restorer(path)
    torch.save({"weight": torch.zeros(3)}, path)
    with pytest.raises(ModelError, match="of no architecture that spandrel knows; export it"):
        Restorer(path)
    path.write_bytes(b"no checkpoint")
    with pytest.raises(ModelError, match="damaged, or no checkpoint"):
        Restorer(path)


@pytest.mark.parametrize("missing", ["torch", "spandrel"])
def test_a_missing_package_is_named_with_its_extra(missing, tmp_path):
    (tmp_path / "network.pth").touch()
    code = (
        f"import sys; sys.modules[{missing!r}] = None\n"
        "import unblur\n"
        "try: unblur.Restorer('network.pth')\n"
        "except unblur.MissingExtraError as error: print(error)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=tmp_path, capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == (f"{missing} is not installed: run pip install 'unblur[foreign]'")
