"""What holds for every test."""

from __future__ import annotations

import pytest
from hypothesis import settings

from unblur.runtime import devices

# time tells nothing about a property, and a busy machine must not fail it
settings.register_profile("unhurried", deadline=None, max_examples=50)
settings.load_profile("unhurried")


@pytest.fixture(autouse=True, scope="session")
def the_cpu_is_taken():
    """What else is installed must not change what a test sees, unless it asks for it."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(devices, "AUTOMATIC", ())
        yield
