"""How this machine computes: what its digits depend on, in one short fingerprint.

Another processor, another BLAS or another version of a library rounds sums in another order. A lesson's
outputs carry the fingerprint of the arithmetic that made them. Where it is this machine's own, every digit
must come out again. Elsewhere digits may differ; `course_lib.runner.comparison` says what may not.

A fingerprint has two halves: the results of a few small computations, hashed by the part of the arithmetic
they go through, and the versions of the packages that compute.
"""

import contextlib
import functools
import hashlib
import importlib.metadata
import json
import os
import subprocess
import sys

# The settings under which two machines may print the same digits. Each operation runs in one thread and
# without the newest instructions. Two operations may run side by side, which changes no sum. No accelerator
# computes. The backend is the one that the lessons talk about.
REPRODUCIBLE = {
    "KERAS_BACKEND": "tensorflow",
    "ONEDNN_MAX_CPU_ISA": "AVX2",
    "TF_NUM_INTRAOP_THREADS": "1",
    "TF_NUM_INTEROP_THREADS": "2",
    "CUDA_VISIBLE_DEVICES": "-1",
}

# Another arithmetic on the same machine: older instructions for NumPy and BLAS, oneDNN for TensorFlow.
OTHER_ARITHMETIC = {
    **REPRODUCIBLE,
    "OPENBLAS_CORETYPE": "Nehalem",
    "NPY_DISABLE_CPU_FEATURES": "X86_V3 X86_V4 AVX512_ICL AVX512_SPR",
    "TF_ENABLE_ONEDNN_OPTS": "1",
    "ONEDNN_MAX_CPU_ISA": "SSE41",
}

# a package whose new version may round, draw or stop otherwise
_PACKAGES = (
    "arch",
    "gensim",
    "keras",
    "numpy",
    "pandas",
    "scikit-learn",
    "scipy",
    "sklearn-crfsuite",
    "statsmodels",
    "tensorflow",
)

_PARTS = {
    "elementwise": "NumPy's functions of single numbers",
    "blas": "matrix products",
    "lapack": "linear algebra",
    "backend": "Keras's backend",
}

VARIABLE = "COURSE_ARITHMETIC"  # one process computes it, its children believe it


def fingerprint() -> dict:
    """The fingerprint of the arithmetic that a process started now, with this environment, would use.

    Returns:
        dict with "versions" (package -> version) and, for each part of the arithmetic, a hash of 8 digits.

    Raises:
        RuntimeError: the computations failed; the message ends with what Python said.
    """
    known = os.environ.get(VARIABLE)
    return json.loads(known) if known else _measured(tuple(sorted(os.environ.items())))


def reproducible_fingerprint() -> dict:
    """The fingerprint under `REPRODUCIBLE`: what `course run` writes into a lesson.

    Raises:
        RuntimeError: as `fingerprint`.
    """
    return json.loads(handed_down({**os.environ, **REPRODUCIBLE})[VARIABLE])


def handed_down(environment: dict) -> dict:
    """`environment` with the fingerprint that belongs to it: child processes then need not compute it."""
    environment = {name: value for name, value in environment.items() if name != VARIABLE}
    measured = _measured(tuple(sorted(environment.items())))
    return {**environment, VARIABLE: json.dumps(measured)}


@functools.cache
def _measured(environment):
    # in a process of its own: the settings are read when NumPy and TensorFlow are first imported
    command = [sys.executable, "-m", "course_lib.runner.arithmetic"]
    run = subprocess.run(command, env=dict(environment), capture_output=True, text=True)
    if run.returncode:
        last = run.stderr.strip().splitlines()[-1:] or [f"exit code {run.returncode}"]
        raise RuntimeError(f"The fingerprint of the arithmetic cannot be computed: {last[0]}")
    return json.loads(run.stdout.splitlines()[-1])


def difference(saved: dict | None, here: dict) -> str:
    """Why digits need not agree: one phrase, empty where they must.

    Args:
        saved: the fingerprint in a notebook; None where it has none, and digits are then compared.
        here: this machine's.
    """
    if saved is None or saved == here:
        return ""
    packages = {**saved.get("versions", {}), **here["versions"]}
    for package in sorted(packages):
        then, now = (it.get("versions", {}).get(package) for it in (saved, here))
        if then != now:
            return f"{package} {now or 'missing'} here, {then or 'none'} where they were saved"
    parts = [text for part, text in _PARTS.items() if saved.get(part) != here.get(part)]
    return f"{' and '.join(parts) or 'the fingerprint itself'} round otherwise here"


def _versions():
    found = {}
    for package in _PACKAGES:
        for name in (package, f"{package}-cpu"):
            with contextlib.suppress(importlib.metadata.PackageNotFoundError):
                found[package] = importlib.metadata.version(name)
    return found


def _hash(*arrays):
    import numpy as np

    digest = hashlib.sha256()
    for array in arrays:
        digest.update(np.ascontiguousarray(array).tobytes())
    return digest.hexdigest()[:8]


def _compute():
    import course_lib  # noqa: F401  (its settings must be in place before Keras is imported)

    import keras
    import numpy as np
    import scipy.linalg
    from keras import ops

    rng = np.random.default_rng(0)
    numbers = rng.normal(size=10_007)
    single = numbers.astype("float32")
    elementwise = [
        function(array)
        for array in (numbers, single)
        for function in (np.exp, np.tanh, np.sin, np.sum, np.var, np.linalg.norm)
    ]
    square, tall = rng.normal(size=(93, 93)), rng.normal(size=(211, 93))
    blas = [
        product
        for a, b in ((square, tall), (square.astype("float32"), tall.astype("float32")))
        for product in (b @ a, b.T @ b, b @ a[0], np.einsum("ij,kj->ik", b, b))
    ]
    lapack = [
        np.linalg.solve(square, tall.T),
        np.linalg.svd(tall)[1],
        np.linalg.eigvals(square),
        scipy.linalg.cholesky(tall.T @ tall),
    ]

    keras.utils.set_random_seed(0)
    layers = [
        keras.layers.Conv1D(24, 5, activation="relu"),
        keras.layers.LSTM(37, return_sequences=True),
        keras.layers.GRU(19),
        keras.layers.Dense(3, activation="softmax"),
    ]
    model = keras.Sequential([keras.Input((31, 11)), *layers])
    model.compile("adam", "categorical_crossentropy")
    inputs = rng.normal(size=(64, 31, 11)).astype("float32")
    model.fit(inputs, np.eye(3)[rng.integers(3, size=64)], epochs=2, batch_size=16, verbose=0)
    backend = [
        *model.get_weights(),
        ops.convert_to_numpy(model(inputs)),
        ops.convert_to_numpy(ops.exp(ops.convert_to_tensor(single))),
        ops.convert_to_numpy(ops.sum(ops.convert_to_tensor(single))),
    ]
    return {
        "versions": _versions(),
        "elementwise": _hash(*elementwise),
        "blas": _hash(*blas),
        "lapack": _hash(*lapack),
        "backend": _hash(*backend),
    }


if __name__ == "__main__":
    print(json.dumps(_compute()))
