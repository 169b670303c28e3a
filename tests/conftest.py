"""What holds for every test."""

from __future__ import annotations

from hypothesis import settings

# time tells nothing about a property, and a busy machine must not fail it
settings.register_profile("unhurried", deadline=None, max_examples=50)
settings.load_profile("unhurried")
