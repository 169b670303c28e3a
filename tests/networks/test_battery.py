"""One battery over every network of the registry."""

from __future__ import annotations

import copy
from collections.abc import Sequence
from dataclasses import asdict

import numpy as np
import pytest
import torch
import yaml
from pydantic import TypeAdapter

from unblur.cards import ModelCard
from unblur.errors import ConfigurationError
from unblur.networks.part import Network, NetworkPart, as_outputs
from unblur.networks.registry import REGISTRY, NetworkEntry, as_registry, find_network
from unblur.runtime.session import OnnxSession
from unblur.training.export import to_onnx

pytestmark = pytest.mark.parametrize("entry", REGISTRY, ids=lambda entry: entry.id)

_built: dict[str, Network] = {}


def built(entry: NetworkEntry) -> Network:
    """A network of the default shape, every weight moved off its start (some start at zero)."""
    if entry.id not in _built:
        torch.manual_seed(0)
        network = entry.build(entry.config()).eval()
        with torch.no_grad():
            for weights in network.parameters():
                weights += 0.01 * torch.randn(weights.shape)
        _built[entry.id] = network
    return _built[entry.id]


def sizes(entry: NetworkEntry) -> list[tuple[int, int]]:
    """The smallest size, and, if it may be, one neither square nor a power of two."""
    multiple, smallest = entry.config().size_multiple, entry.config().smallest
    least = -(-smallest // multiple) * multiple
    return [(least, least)] if entry.fixed_size else [(least, least), (least, least + multiple)]


def inputs(entry: NetworkEntry, batch: int, size: tuple[int, int]) -> tuple[torch.Tensor, ...]:
    return entry.random_inputs(torch.Generator().manual_seed(1), batch, *size)


def outputs(network: Network, tensors: Sequence[torch.Tensor]) -> list[torch.Tensor]:
    with torch.no_grad():
        return list(as_outputs(network(*tensors)))


def test_the_shape_survives_a_recipe(entry):
    config = entry.config()
    read = yaml.safe_load(yaml.safe_dump(asdict(config)))
    assert TypeAdapter(entry.config).validate_python(read) == config


def test_any_fitting_size_will_do(entry):
    for size in sizes(entry):
        for result in outputs(built(entry), inputs(entry, 1, size)):
            assert len(result) == 1
            assert torch.isfinite(result).all()


def test_the_same_input_gives_the_same_output_alone_or_in_a_batch(entry):
    network, tensors = built(entry), inputs(entry, 2, sizes(entry)[0])
    together, again = outputs(network, tensors), outputs(network, tensors)
    alone = outputs(network, [tensor[1:] for tensor in tensors])
    for one, two, three in zip(together, again, alone, strict=True):
        assert torch.equal(one, two)
        torch.testing.assert_close(one[1:], three, atol=1e-4, rtol=1e-4)


def test_the_same_seed_gives_the_same_weights(entry):
    states = []
    for _ in range(2):
        torch.manual_seed(7)
        states.append(entry.build(entry.config()).state_dict())
    assert all(torch.equal(states[0][name], states[1][name]) for name in states[0])


def test_the_gradient_reaches_every_weight(entry):
    network = copy.deepcopy(built(entry))
    results = as_outputs(network(*inputs(entry, 1, sizes(entry)[0])))
    sum((result**2).sum() for result in results).backward()
    for name, weights in network.named_parameters():
        assert weights.grad is not None, name
        assert torch.isfinite(weights.grad).all(), name
        assert weights.grad.abs().max() > 0, name


def test_nothing_is_computed_on_another_device(entry):
    network = copy.deepcopy(built(entry)).to("meta")  # knows shapes, and refuses to mix devices
    tensors = [tensor.to("meta") for tensor in inputs(entry, 1, sizes(entry)[0])]
    assert all(result.device.type == "meta" for result in outputs(network, tensors))


def test_the_parts_hold_every_trained_number(entry):
    network = built(entry)
    exported = {id(weights) for part in network.parts() for weights in part.module.parameters()}
    left = {name for name, weights in network.named_parameters() if id(weights) not in exported}
    assert left <= set(network.parts()[0].settings)
    ids = [part.id for part in network.parts()]
    assert len(ids) == len(set(ids))


def session(part: NetworkPart) -> OnnxSession:
    card = ModelCard(
        id=part.id,
        task=part.task,
        in_channels=part.in_channels,
        out_channels=part.out_channels,
        size_multiple=part.size_multiple,
        value_range=(0.0, 1.0),
        settings=part.settings,
        parameters=0,
        licence="",
        data="",
        recipe=(),
        steps=0,
        hours="",
        figures="",
        sha256="",
    )
    return OnnxSession(card, to_onnx(part), threads=1)


def test_onnx_runtime_agrees_at_every_size(entry):
    for part in built(entry).parts():
        runtime, multiple = session(part), part.size_multiple
        grid = [(1, 2), (3, 1), (5, 3)] if multiple > 1 else [None]
        for batch, factors in enumerate(grid, 1):
            shape = part.example
            if factors:
                shape = (batch, part.in_channels, factors[0] * multiple, factors[1] * multiple)
            batch_of = torch.rand(shape, generator=torch.Generator().manual_seed(batch))
            with torch.no_grad():
                wanted = part.module(batch_of).numpy()
            np.testing.assert_allclose(runtime.run(batch_of.numpy()), wanted, atol=1e-4)


def test_an_image_to_image_network_says_what_a_caller_must_know(entry):
    if not entry.image_to_image:
        pytest.skip("takes or gives something else")
    (part,) = built(entry).parts()
    assert part.task == "image-to-image"
    assert ("fixed_size" in part.settings) == entry.fixed_size
    if entry.fixed_size:
        assert part.settings["fixed_size"] == part.example[2:] == sizes(entry)[0]
    else:
        assert part.size_multiple == entry.config().size_multiple
    example = torch.rand(part.example, generator=torch.Generator().manual_seed(3))
    with torch.no_grad():
        result = part.module(example)
    assert result.shape == example.shape
    assert len(outputs(built(entry), [example])) == len(entry.gives)


def test_a_network_is_found_by_its_own_name_alone(entry):
    assert find_network(entry.id) is entry
    with pytest.raises(ConfigurationError, match=rf"no such network; use one of .*{entry.id}"):
        find_network(entry.id.upper())


def test_a_second_network_of_the_name_is_refused(entry):
    with pytest.raises(ConfigurationError, match=rf"{entry.id}: two networks"):
        as_registry((*REGISTRY, entry))
