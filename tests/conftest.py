"""Shared by all tests: double precision on every backend, and nothing drawn from the clock."""

import os

os.environ.setdefault(
    "JAX_ENABLE_X64", "1"
)  # parity is proven in float64; jax has it off by default

import course_lib  # noqa: F401  (its settings must be in place before Keras is imported)

import pytest


@pytest.fixture(autouse=True)
def fixed_seed(request):
    """Layers that a test makes start from the same weights in every run."""
    if "keras" in request.module.__dict__:
        request.module.keras.utils.set_random_seed(0)
