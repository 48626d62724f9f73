"""How fast are the course's layers beside keras.layers? Time of one training epoch, as a ratio.

Machines are noisy and shared, so the two are timed in turn, round after round, and the ratio is taken
within each round. Prints a table and writes results/bench_recurrent.json.
"""

import json
import statistics
import time
from pathlib import Path

from course_lib import recurrent
from course_lib.machine import hardware

import keras
import numpy as np

ROUNDS = 5
BATCHES, BATCH = 8, 64
SIZES = [  # (time, features, units)
    (50, 50, 32),
    (200, 50, 64),
    (200, 300, 64),
]
RESULT = Path(__file__).resolve().parents[1] / "results" / "bench_recurrent.json"


def epoch(layer_class, time_steps, features, units):
    """A function that trains one epoch and returns its seconds; compiled before it is returned."""
    keras.utils.set_random_seed(0)
    inputs = keras.Input((time_steps, features))
    outputs = keras.layers.Dense(1)(layer_class(units)(inputs))
    model = keras.Model(inputs, outputs)
    model.compile("adam", "mse")
    rng = np.random.default_rng(0)
    x = rng.normal(size=(BATCHES * BATCH, time_steps, features)).astype("float32")
    y = rng.normal(size=(len(x), 1)).astype("float32")

    def run():
        started = time.perf_counter()
        model.fit(x, y, batch_size=BATCH, verbose=0)
        return time.perf_counter() - started

    run()
    return run


def main():
    rows = []
    print(
        "layer      time features units   keras.layers   ours/keras: median (smallest to largest)"
    )
    for name in ("SimpleRNN", "GRU", "LSTM"):
        for sizes in SIZES:
            ours = epoch(getattr(recurrent, name), *sizes)
            theirs = epoch(getattr(keras.layers, name), *sizes)
            pairs = [(ours(), theirs()) for _ in range(ROUNDS)]
            ratios = [mine / other for mine, other in pairs]
            seconds = statistics.median(other for _, other in pairs)
            ratio = statistics.median(ratios)
            print(
                f"{name:<10}{sizes[0]:>5}{sizes[1]:>9}{sizes[2]:>6}{seconds:>13.2f} s"
                f"{ratio:>15.2f} ({min(ratios):.2f} to {max(ratios):.2f})",
                flush=True,
            )
            rows.append(
                {
                    "layer": name,
                    "time": sizes[0],
                    "features": sizes[1],
                    "units": sizes[2],
                    "keras_seconds": round(seconds, 3),
                    "ratios_ours_over_keras": [round(r, 3) for r in ratios],
                }
            )
    partial = RESULT.with_suffix(".partial")
    partial.write_text(json.dumps({"hardware": hardware(), "rows": rows}, indent=1) + "\n")
    partial.replace(RESULT)


if __name__ == "__main__":
    main()
