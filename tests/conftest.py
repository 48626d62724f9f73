"""Shared by all tests: double precision on every backend, and nothing drawn from the clock."""

import gc
import itertools
import os
import tempfile

os.environ.setdefault(
    "JAX_ENABLE_X64", "1"
)  # parity is proven in float64; jax has it off by default

if os.environ.get("KERAS_BACKEND") == "jax" and "JAX_COMPILATION_CACHE_DIR" not in os.environ:
    # Called outside a model, a layer's loop is compiled anew at every call, for half a second. With a
    # cache, shared by pytest's workers and gone after the run, each kind of loop is compiled once.
    JAX_CACHE = tempfile.TemporaryDirectory(prefix="course-jax-")
    os.environ["JAX_COMPILATION_CACHE_DIR"] = JAX_CACHE.name
    os.environ["JAX_PERSISTENT_CACHE_MIN_COMPILE_TIME_SECS"] = "0"
    os.environ.setdefault(
        "JAX_DISABLE_MOST_OPTIMIZATIONS", "1"
    )  # compiles in two thirds of the time

import course_lib  # noqa: F401  (its settings must be in place before Keras is imported)

import pytest


@pytest.fixture(autouse=True)
def fixed_seed(request):
    """Layers that a test makes start from the same weights in every run."""
    if "keras" in request.module.__dict__:
        request.module.keras.utils.set_random_seed(0)


if os.environ.get("KERAS_BACKEND") == "jax":
    import jax

    TESTS_DONE = itertools.count(1)

    @pytest.fixture(autouse=True)
    def room_for_compiled_programs():
        """JAX keeps all it has compiled, in memory maps. Linux grants a process 65,530 of these; the
        tests need more, and the worker then dies while it loads a program. So they go now and then.
        """
        yield
        if next(TESTS_DONE) % 100 == 0:
            jax.clear_caches()
            gc.collect()
