"""How fast are the course's layers on an accelerator, beside keras.layers and torch.nn?

    KERAS_BACKEND=jax python benchmarks/gpu.py        writes results/gpu_<backend>.json

One step of training (forward and backward, to weights and inputs) and one of inference, of one layer that
returns sequences. Ours, Keras's and torch.nn's are timed in turn, round after round. The ratio of ours to
Keras's is taken within a round. The first two are compiled by JAX, the third is torch's own kernel.
"""

import json
import os
import statistics
import time

os.environ.setdefault("XLA_PYTHON_CLIENT_PREALLOCATE", "false")  # torch wants memory, too

from course_lib import machine, recurrent

import keras
import numpy as np

ROUNDS = 15
BATCH, TIME = 64, 512
UNITS = (128, 512)  # as many features as units
DTYPES = ("float32", "bfloat16")
LAYERS = {"SimpleRNN": "RNN", "GRU": "GRU", "LSTM": "LSTM"}  # torch's names


def jax_steps(layer_class, units, dtype):
    """{"training": f, "inference": f}: each computes one step and waits for it."""
    import jax

    keras.utils.set_random_seed(0)
    # JAX has no QR decomposition in bfloat16, which Keras's orthogonal initializer needs
    start = {"recurrent_initializer": "glorot_uniform"}
    layer = layer_class(units, return_sequences=True, dtype=dtype, **start)
    layer.build((BATCH, TIME, units))
    rng = np.random.default_rng(0)
    x = jax.numpy.asarray(rng.normal(size=(BATCH, TIME, units)), dtype=dtype)
    weights = [v.value for v in layer.trainable_variables]
    rest = [v.value for v in layer.non_trainable_variables]

    def outputs(weights, x):
        return layer.stateless_call(weights, rest, x)[0]

    def loss(weights, x):
        return outputs(weights, x).astype("float32").sum()

    compiled = {
        "training": jax.jit(jax.grad(loss, argnums=(0, 1))),
        "inference": jax.jit(outputs),
    }
    return {
        name: lambda step=step: jax.block_until_ready(step(weights, x))
        for name, step in compiled.items()
    }


def torch_steps(name, units, dtype):
    """The same of torch.nn, on its accelerator."""
    import torch

    module = getattr(torch.nn, name)(units, units, batch_first=True)
    module = module.to("cuda", getattr(torch, dtype))
    module.flatten_parameters()  # else cuDNN copies the weights at every call
    x = torch.randn(BATCH, TIME, units, device="cuda", dtype=getattr(torch, dtype))

    def training():
        leaf = x.detach().requires_grad_()
        module(leaf)[0].float().sum().backward()
        torch.cuda.synchronize()

    def inference():
        with torch.no_grad():
            module(x)
        torch.cuda.synchronize()

    return {"training": training, "inference": inference}


def milliseconds(step):
    started = time.perf_counter()
    step()
    return 1000 * (time.perf_counter() - started)


def timed(steps):
    """One list of milliseconds for each of `steps`, which are called in turn."""
    for step in steps:
        for _ in range(3):  # compiles, and lets the clocks rise
            step()
    rounds = [[milliseconds(step) for step in steps] for _ in range(ROUNDS)]
    return list(zip(*rounds, strict=True))


def why_not(step):
    """What stops a step from running on this backend; empty where it runs."""
    try:
        step()
    except Exception as error:
        return f"{type(error).__name__}: {error}".splitlines()[0]
    return ""


def compare(name, units, dtype):
    """Rows of the table for one layer at one size: one for training, one for inference."""
    steps = {
        "ours": jax_steps(getattr(recurrent, name), units, dtype),
        "keras.layers": jax_steps(getattr(keras.layers, name), units, dtype),
        "torch.nn": torch_steps(LAYERS[name], units, dtype),
    }
    for what in ("training", "inference"):
        reasons = {library: why_not(those[what]) for library, those in steps.items()}
        runs = [library for library, reason in reasons.items() if not reason]
        times = dict(zip(runs, timed([steps[library][what] for library in runs]), strict=True))
        row = {
            "layer": name,
            "units": units,
            "dtype": dtype,
            "step": what,
            "milliseconds": {it: round(statistics.median(times[it]), 3) for it in runs},
            "does_not_run": {library: reason for library, reason in reasons.items() if reason},
        }
        if "keras.layers" in runs:
            pairs = zip(times["ours"], times["keras.layers"], strict=True)
            ratios = [mine / other for mine, other in pairs]
            row["ours_over_keras"] = [round(f(ratios), 3) for f in (statistics.median, min, max)]
        yield row


def main():
    if keras.backend.backend() != "jax":
        raise SystemExit("Expected KERAS_BACKEND=jax: the steps are compiled by JAX.")
    import torch

    rows = []
    print(f"batch {BATCH}, {TIME} steps; milliseconds; ours/keras: [median, smallest, largest]")
    for name in LAYERS:
        for units in UNITS:
            for dtype in DTYPES:
                for row in compare(name, units, dtype):
                    times = "  ".join(f"{k} {v:>8.2f}" for k, v in row["milliseconds"].items())
                    ratio = row.get("ours_over_keras", "")
                    print(
                        f"{name:<10}{units:>4} {dtype:<9}{row['step']:<10} {times}  {ratio}",
                        *row["does_not_run"],
                        flush=True,
                    )
                    rows.append(row)
    import jax

    result = {
        "batch": BATCH,
        "time": TIME,
        "rounds": ROUNDS,
        "hardware": {
            **machine.hardware(),
            "device": torch.cuda.get_device_name(0),
            "jax": jax.__version__,
            "torch": torch.__version__,
        },
        "rows": rows,
    }
    folder = os.environ.get("COURSE_RESULTS") or machine.checkout() / "results"
    content = json.dumps(result, indent=1) + "\n"
    machine.write_atomically(machine.Path(folder) / "gpu_jax.json", content.encode())


if __name__ == "__main__":
    main()
