"""Would the parity tests see a mistake? Make thirty, one at a time, and see each of them caught.

A mutation replaces one piece of the source of cells.py or recurrent.py. The mutated modules are then held
against Keras by the comparison the parity tests use (tests/parity.py). The source as it stands must
pass, so that a check that always fails cannot hide here.
"""

import sys
import types
from pathlib import Path

import course_lib
from course_lib import cells, recurrent

import keras
import numpy as np
import parity
import pytest

pytestmark = pytest.mark.skipif(
    keras.backend.backend() != "tensorflow",
    reason="asks whether the comparison can see a mistake; the comparison is the same everywhere",
)

# what is wrong with it: (module, piece of source, what stands there instead)
MUTATIONS = {
    # the vanilla cell
    "h is not fed back": (cells, "projected + self._recurrent(h, training))", "projected)"),
    "recurrent kernel transposed": (
        cells,
        "return ops.matmul(hidden_state, kernel)",
        "return ops.matmul(hidden_state, ops.transpose(kernel))",
    ),
    "input bias dropped": (cells, "projected + self._weight(self._input_bias())", "projected"),
    "bias counted twice": (
        cells,
        "projected + self._weight(self._input_bias())",
        "projected + 2 * self._weight(self._input_bias())",
    ),
    # the GRU
    "z and r swapped": (cells, "x_z, x_r, x_h = ops.split", "x_r, x_z, x_h = ops.split"),
    "z and r swapped on the recurrent side": (cells, "h_z, h_r, h_h =", "h_r, h_z, h_h ="),
    "z and r swapped on the recurrent side, reset before": (
        cells,
        "h_z, h_r = ops.split",
        "h_r, h_z = ops.split",
    ),
    "recurrent bias dropped": (cells, "recurrent + self._weight(self.bias[1])", "recurrent"),
    "one bias used on both sides": (cells, "self.bias[1]", "self.bias[0]"),
    "the other meaning of z": (
        cells,
        "z * h + (1 - z) * candidate",
        "(1 - z) * h + z * candidate",
    ),
    "reset gate left out": (cells, "x_h + r * h_h", "x_h + h_h"),
    "reset gate left out, reset before": (cells, "self._recurrent(r * h,", "self._recurrent(h,"),
    "reset gate on the input too": (cells, "x_h + r * h_h", "r * (x_h + h_h)"),
    "sigmoid for tanh in the candidate": (
        cells,
        "self.activation(x_h + r * h_h)",
        "self.recurrent_activation(x_h + r * h_h)",
    ),
    "reset before takes the wrong columns": (
        cells,
        'gates=("h",))',
        'gates=("r",))',
    ),
    # the LSTM
    "i and f swapped": (cells, "i, f, candidate, o =", "f, i, candidate, o ="),
    "candidate and o swapped": (cells, "i, f, candidate, o =", "i, f, o, candidate ="),
    "c is not carried": (cells, "return h, [h, c]", "return h, [h, states[1]]"),
    "c is returned for h": (cells, "return h, [h, c]", "return c, [h, c]"),
    "no tanh on the way out": (cells, "h = o * self.activation(c)", "h = o * c"),
    "no input gate": (cells, "f * c + i * candidate", "f * c + candidate"),
    "no forget gate": (cells, "c = f * c + i", "c = c + i"),
    "sigmoid built in": (cells, "i = self.recurrent_activation(i)", "i = ops.sigmoid(i)"),
    "forget bias at the wrong gate": (
        cells,
        "ops.ones(one_gate, dtype=dtype),\n                self.bias_initializer((2 *",
        "self.bias_initializer(one_gate, dtype=dtype),\n                ops.ones((2 *",
    ),
    # dropout
    "input dropout forgotten": (cells, "if training and self.dropout:", "if False:"),
    "recurrent dropout forgotten": (
        cells,
        "if not (training and self.recurrent_dropout):",
        "if True:",
    ),
    "dropout left on after training": (
        cells,
        "if training and self.dropout:",
        "if self.dropout:",
    ),
    # the loop
    "mask forgotten": (
        recurrent,
        "(projected, initial_state, mask)",
        "(projected, initial_state, None)",
    ),
    "mask turned round": (recurrent, 'return ops.cast(mask, "bool")', "return mask[:, ::-1]"),
    "direction forgotten": (recurrent, "go_backwards=self.go_backwards,", ""),
    "initial state forgotten": (
        recurrent,
        "sequences, initial_state=initial_state, mask",
        "sequences, mask",
    ),
    "zeros where masked forgotten": (
        recurrent,
        "zero_output_for_mask=self.zero_output_for_mask,",
        "",
    ),
    "training forgotten in the step": (
        recurrent,
        "_StepOnly(self.cell, training)",
        "_StepOnly(self.cell, False)",
    ),
    "training forgotten in the projection": (
        recurrent,
        "self.cell.project(sequences, training)",
        "self.cell.project(sequences)",
    ),
}


def mutated(module, piece, replacement):
    """course_lib.recurrent over course_lib.cells, with `piece` replaced in `module`."""
    made = {}
    for original in (cells, recurrent):
        source = Path(original.__file__).read_text(encoding="utf-8")
        if original is module:
            # the teaching variants, left out here, repeat lines of the cells they vary
            source = source.partition("# -- teaching variants")[0]
            assert source.count(piece) == 1, f"{piece!r} must occur once in {original.__name__}"
            source = source.replace(piece, replacement)
        # registered under another name: the real classes must stay what saved models load
        source = source.replace('serializable("course_lib")', 'serializable("mutant")')
        mutant = types.ModuleType(original.__name__)
        with pytest.MonkeyPatch.context() as patch:
            if made:
                patch.setattr(course_lib, "cells", made[cells])
                patch.setitem(sys.modules, "course_lib.cells", made[cells])
            exec(compile(source, f"mutant of {original.__name__}", "exec"), mutant.__dict__)
        made[original] = mutant
    return made[recurrent]


def largest_disagreement(module):
    """Over comparisons of tests/test_recurrent.py, in float64, up to the first that disagrees."""
    largest = 0.0
    for difference in comparisons(module):
        largest = max(largest, difference)
        if largest > 1e-6:
            break
    return largest


def comparisons(module):
    inputs, inside = parity.random_inputs(), parity.MASKS["inside"]
    everything = {"return_sequences": True, "return_state": True, "dtype": "float64"}

    fresh = [library.LSTM(parity.UNITS) for library in (module, keras.layers)]
    for layer in fresh:
        layer.build((None, None, parity.FEATURES))
    mine, theirs = (layer.get_weights()[2] for layer in fresh)
    yield np.abs(mine - theirs).max()

    for form in (
        "SimpleRNN",
        "GRU reset before",
        "GRU other activations",
        "LSTM other activations",
    ):
        name, arguments = parity.FORMS[form]
        layers = parity.pair(module, name, **arguments, **everything, go_backwards=True)
        rng = np.random.default_rng(5)
        states = [rng.normal(size=(parity.BATCH, parity.UNITS)) for _ in layers[0].state_size]
        yield parity.disagreement(*layers, inputs, initial_state=states, mask=inside)

    rates = {"dropout": 0.4, "recurrent_dropout": 0.3, "seed": 1}
    for training in (True, False):
        layers = parity.pair(module, "SimpleRNN", **everything, **rates)
        yield parity.disagreement(*layers, inputs, training=training)

    both = [
        keras.layers.Bidirectional(
            library.GRU(parity.UNITS, return_sequences=True, dtype="float64"), dtype="float64"
        )
        for library in (module, keras.layers)
    ]
    yield parity.disagreement(*parity.built_pair(*both), inputs, mask=inside)


def test_the_source_as_it_stands_passes():
    assert largest_disagreement(mutated(None, "", "")) <= 1e-10


@pytest.mark.parametrize("mistake", MUTATIONS)
def test_a_mistake_is_caught(mistake):
    module = mutated(*MUTATIONS[mistake])
    try:
        difference = largest_disagreement(module)
    except Exception:  # a mistake that does not run at all is caught as well
        return
    assert difference > 1e-6
