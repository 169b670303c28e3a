"""The page on a billion photographs says what the simulation makes of what was measured."""

import importlib.util
import json
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PAGE = ROOT / "docs" / "guide" / "billion.md"


@pytest.fixture(scope="module")
def simulation():
    path = ROOT / "benchmarks" / "simulate.py"
    spec = importlib.util.spec_from_file_location("simulate", path)
    module = importlib.util.module_from_spec(spec)
    sys.modules["simulate"] = module  # dataclasses look it up
    spec.loader.exec_module(module)
    yield module
    del sys.modules["simulate"]


@pytest.fixture(scope="module")
def found(simulation) -> dict:
    return json.loads(simulation.MEASURED.read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def costs(simulation, found):
    measured = {name: found[name] for name in simulation.NAMES}
    return simulation.Costs(
        **measured, **simulation.ASSUMED, cores=16, drivers=1, prices=[0.02, 0.05]
    )


def test_the_page_is_up_to_date(simulation, found, costs):
    text = PAGE.read_text(encoding="utf-8")
    for line in simulation.answer(costs, found, simulation.FLEETS[:3]).splitlines():
        assert line in text, "python benchmarks/simulate.py --page docs/guide/billion.md"


def test_one_worker_takes_what_its_stages_take(simulation, costs):
    done = simulation.simulate(costs, 1, pictures=50)
    varied = 1 / (done.rate * costs.core_seconds)
    assert varied == pytest.approx(1, abs=0.15)  # times of restoring vary by a third
    assert done.bottleneck == "cores"
    assert done.shares["cores"] > 0.95


@pytest.mark.parametrize("stage", ["driver", "store", "links"])
def test_a_stage_that_is_too_slow_is_the_fullest_and_sets_the_rate(simulation, costs, stage):
    slow = {"driver": {"driver": 1.0}, "store": {"store": 0.05}, "links": {"link": 0.05}}[stage]
    changed = simulation.replace(costs, restore=0.01, **slow)
    done = simulation.simulate(changed, 16)
    seconds = {"driver": 1.0, "store": changed.seconds_on(0.05), "links": changed.seconds_on(0.05)}
    assert done.bottleneck == stage
    assert done.rate == pytest.approx(1 / seconds[stage], rel=0.05)
