"""Checkpoints: what is damaged, missing or of another network is told, and changes nothing."""

from __future__ import annotations

import pytest
import torch

from unblur.errors import ModelError
from unblur.networks.autoencoder import AutoencoderConfig
from unblur.networks.psf_estimator import PSFEstimator, PSFEstimatorConfig
from unblur.training.checkpoints import load_estimator, load_weights, read_checkpoint

CONFIG = PSFEstimatorConfig(
    octaves=(0,),
    edges=AutoencoderConfig(2, 4, (4,), (1,)),
    levels=(0.1,),
    cleaner_width=2,
    cleaner_blocks=0,
)


@pytest.fixture
def network():
    return PSFEstimator(CONFIG)


@pytest.fixture
def checkpoint(tmp_path, network):
    path = tmp_path / "last.ckpt"
    state = {f"network.{name}": value for name, value in network.state_dict().items()}
    torch.save({"state_dict": state, "global_step": 3}, path)
    return path


def test_weights_come_back_as_they_were(checkpoint, network):
    loaded = load_estimator(CONFIG, checkpoint)
    for name, value in network.state_dict().items():
        assert torch.equal(loaded.state_dict()[name], value)


@pytest.mark.parametrize("keep", [0, 10, 500, -300])
def test_a_torn_file_is_told(checkpoint, keep):
    checkpoint.write_bytes(checkpoint.read_bytes()[:keep])
    with pytest.raises(ModelError, match=r"last\.ckpt: damaged, or not a checkpoint"):
        read_checkpoint(checkpoint)


@pytest.mark.parametrize("content", [b"hello", b"\x80\x02}q\x00."])
def test_another_file_is_told(checkpoint, content):
    checkpoint.write_bytes(content)
    with pytest.raises(ModelError, match="damaged, or not a checkpoint"):
        read_checkpoint(checkpoint)


def test_other_content_is_told(checkpoint):
    torch.save({"weights": torch.zeros(3)}, checkpoint)
    with pytest.raises(ModelError, match="damaged, or not a checkpoint"):
        read_checkpoint(checkpoint)


class Trap:
    """Would run code where a pickle is trusted."""

    def __reduce__(self):
        return (pytest.fail, ("the checkpoint ran code",))


def test_nothing_in_a_checkpoint_is_executed(checkpoint):
    torch.save({"state_dict": {}, "global_step": Trap()}, checkpoint)
    with pytest.raises(ModelError):
        read_checkpoint(checkpoint)


def test_a_missing_file_is_told(tmp_path):
    with pytest.raises(ModelError, match=r"none\.ckpt: cannot be read \(No such file"):
        read_checkpoint(tmp_path / "none.ckpt")


@pytest.mark.parametrize(
    "change",
    [
        lambda state: state.pop("network.level"),
        lambda state: state.update({"network.extra": torch.zeros(1)}),
        lambda state: state.update({"network.level": torch.zeros(2)}),
    ],
)
def test_another_network_is_told_and_nothing_is_loaded(checkpoint, change):
    content = torch.load(checkpoint, weights_only=True)
    change(content["state_dict"])
    torch.save(content, checkpoint)
    network = PSFEstimator(CONFIG)
    before = {name: value.clone() for name, value in network.state_dict().items()}
    with pytest.raises(ModelError, match=r"last\.ckpt: does not fit .* first at network\."):
        load_weights(network, checkpoint)
    assert all(torch.equal(before[name], value) for name, value in network.state_dict().items())
