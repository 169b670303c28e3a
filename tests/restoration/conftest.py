"""Stand-ins for networks: functions with a card, so that the physics around them can be tested."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest
from skimage import data

from unblur.cards import ModelCard


@dataclass(frozen=True)
class FunctionSession:
    """A network that is a plain function of a batch (B, C, H, W)."""

    function: Callable[[np.ndarray], np.ndarray]
    settings: Mapping[str, Any]
    size_multiple: int = 8

    @property
    def card(self) -> ModelCard:
        return ModelCard(
            id="function", task="test", in_channels=13, out_channels=3,
            size_multiple=self.size_multiple, value_range=(0.0, 1.0), settings=self.settings,
            parameters=0, licence="", data="", recipe=(), steps=0, hours="", figures="", sha256="",
        )  # fmt: skip

    def run(self, batch: np.ndarray) -> np.ndarray:
        assert batch.shape[2] % self.size_multiple == 0
        assert batch.shape[3] % self.size_multiple == 0
        return self.function(batch)


@pytest.fixture(scope="session")
def function_session() -> Callable[..., FunctionSession]:
    """A network of a function and what the sides of its pictures must be multiples of."""
    return lambda function, multiple: FunctionSession(function, {}, multiple)


@pytest.fixture(scope="session")
def candidate() -> Callable[[int], FunctionSession]:
    """A mixer that always takes the same one of its four RGB candidates."""
    settings = {"levels": (0.3, 0.03, 0.003), "data_levels": (0.2, 0.02), "passes": 3}

    def make(number: int) -> FunctionSession:
        return FunctionSession(lambda batch: batch[:, 3 * number : 3 * number + 3], settings)

    return make


@pytest.fixture(scope="session")
def cat() -> np.ndarray:
    """A photograph, float32 (300, 451, 3) in [0, 1]."""
    return data.chelsea().astype(np.float32) / 255
