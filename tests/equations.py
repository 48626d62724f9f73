"""The equations of every cell, written out once more in NumPy, and the table that drives the tests.

A row of `CELLS` is one form of one cell. Most tests of test_cells.py and test_recurrent.py run once for
each row. A new cell is tested by a function here and a line in the table; docs/add_a_cell.md says how.

Nothing of course_lib computes here. Each function is one time step, as the papers write it:

    step(x, h, [c,] w, f, σ)

with x (batch, features), the states (batch, units), the weights w.kernel, w.recurrent_kernel, w.bias and
whatever else the cell has, f the activation and σ that of the gates. It returns every gate and every new
state by its name. The output is the state "h".
"""

import dataclasses
from collections.abc import Callable
from types import SimpleNamespace

from course_lib import cells, variants

import numpy as np

ACTIVATIONS = {
    "tanh": np.tanh,
    "sigmoid": lambda a: 1 / (1 + np.exp(-a)),
    "relu": lambda a: np.maximum(a, 0),
    "softsign": lambda a: a / (1 + np.abs(a)),
    "hard_sigmoid": lambda a: np.clip(a / 6 + 0.5, 0, 1),
}


def simple_rnn(x, h, w, f, σ):
    return {"h": f(x @ w.kernel + h @ w.recurrent_kernel + w.bias)}


def gru(x, h, w, f, σ):
    bias, recurrent_bias = (0, 0) if w.bias is NO_BIAS else w.bias
    x_z, x_r, x_h = np.split(x @ w.kernel + bias, 3, axis=1)
    h_z, h_r, h_h = np.split(h @ w.recurrent_kernel + recurrent_bias, 3, axis=1)
    z, r = σ(x_z + h_z), σ(x_r + h_r)
    candidate = f(x_h + r * h_h)
    return {"z": z, "r": r, "candidate": candidate, "h": z * h + (1 - z) * candidate}


def gru_reset_before(x, h, w, f, σ):
    x_z, x_r, x_h = np.split(x @ w.kernel + w.bias, 3, axis=1)
    u_z, u_r, u_h = np.split(w.recurrent_kernel, 3, axis=1)
    z, r = σ(x_z + h @ u_z), σ(x_r + h @ u_r)
    candidate = f(x_h + (r * h) @ u_h)
    return {"z": z, "r": r, "candidate": candidate, "h": z * h + (1 - z) * candidate}


def simplified_gru(x, h, w, f, σ):
    z, candidate = np.split(x @ w.kernel + h @ w.recurrent_kernel + w.bias, 2, axis=1)
    z, candidate = σ(z), f(candidate)
    return {"z": z, "candidate": candidate, "h": z * h + (1 - z) * candidate}


def lstm(x, h, c, w, f, σ):
    i, forget, candidate, o = np.split(x @ w.kernel + h @ w.recurrent_kernel + w.bias, 4, axis=1)
    i, forget, candidate, o = σ(i), σ(forget), f(candidate), σ(o)
    c = forget * c + i * candidate
    return {"i": i, "f": forget, "candidate": candidate, "o": o, "h": o * f(c), "c": c}


def peephole_lstm(x, h, c, w, f, σ):
    i, forget, candidate, o = np.split(x @ w.kernel + h @ w.recurrent_kernel + w.bias, 4, axis=1)
    p_i, p_f, p_o = w.peepholes
    i, forget, candidate = σ(i + p_i * c), σ(forget + p_f * c), f(candidate)
    c = forget * c + i * candidate
    o = σ(o + p_o * c)
    return {"i": i, "f": forget, "candidate": candidate, "o": o, "h": o * f(c), "c": c}


def coupled_lstm(x, h, c, w, f, σ):
    forget, candidate, o = np.split(x @ w.kernel + h @ w.recurrent_kernel + w.bias, 3, axis=1)
    forget, candidate, o = σ(forget), f(candidate), σ(o)
    c = forget * c + (1 - forget) * candidate
    return {"f": forget, "candidate": candidate, "o": o, "h": o * f(c), "c": c}


def linear_output_lstm(x, h, c, w, f, σ):
    step = lstm(x, h, c, w, f, σ)
    return {**step, "h": step["o"] * step["c"]}


NO_BIAS = 0.0


@dataclasses.dataclass(frozen=True)
class Row:
    """One form of one cell.

    cell: the class. step: its equations, above. states: their names, "h" first. arguments: those that
    choose the form. keras: the layer of keras.layers that computes the same, if there is one.
    """

    cell: type
    step: Callable
    states: tuple = ("h",)
    arguments: dict = dataclasses.field(default_factory=dict)
    keras: str | None = None

    def weights(self, cell):
        """The cell's weights as float64 arrays by their names, as `step` takes them."""
        arrays = zip((weight.name for weight in cell.weights), cell.get_weights(), strict=True)
        return {name: np.array(array, "float64") for name, array in arrays}

    def run(self, cell, inputs, weights=None, states=None, mask=None, backwards=False):
        """The equations along a sequence, as a layer of the cell should run them.

        Returns:
            (outputs, final states, inside): outputs (batch, time, units) in the order of the inputs, and
            every gate and state at every step, gates NaN and states carried over where masked.
        """
        f = ACTIVATIONS[cell.activation.__name__]
        gates = getattr(cell, "recurrent_activation", None)
        σ = gates and ACTIVATIONS[gates.__name__]
        w = SimpleNamespace(
            **{"bias": NO_BIAS, **(self.weights(cell) if weights is None else weights)}
        )
        batch, time, _ = inputs.shape
        if states is None:
            states = [np.zeros((batch, cell.units)) for _ in self.states]
        real = np.ones((batch, time, 1), bool) if mask is None else mask[:, :, None]
        inside = [None] * time
        for t in reversed(range(time)) if backwards else range(time):
            named = self.step(inputs[:, t], *states, w, f, σ)
            states = [
                np.where(real[:, t], named.pop(name), old)
                for name, old in zip(self.states, states, strict=True)
            ]
            inside[t] = {name: np.where(real[:, t], gate, np.nan) for name, gate in named.items()}
            inside[t].update(zip(self.states, states, strict=True))
        inside = {name: np.stack([step[name] for step in inside], axis=1) for name in inside[0]}
        return inside["h"], states, inside


OTHER = {"activation": "softsign", "recurrent_activation": "hard_sigmoid"}
UNBIASED = {"use_bias": False}
LSTM_STATES = ("h", "c")

CELLS = {
    "SimpleRNN": Row(cells.SimpleRNNCell, simple_rnn, keras="SimpleRNN"),
    "SimpleRNN without bias": Row(
        cells.SimpleRNNCell, simple_rnn, arguments=UNBIASED, keras="SimpleRNN"
    ),
    "SimpleRNN relu": Row(
        cells.SimpleRNNCell, simple_rnn, arguments={"activation": "relu"}, keras="SimpleRNN"
    ),
    "GRU": Row(cells.GRUCell, gru, keras="GRU"),
    "GRU without bias": Row(cells.GRUCell, gru, arguments=UNBIASED, keras="GRU"),
    "GRU reset before": Row(
        cells.GRUCell, gru_reset_before, arguments={"reset_after": False}, keras="GRU"
    ),
    "GRU other activations": Row(cells.GRUCell, gru, arguments=OTHER, keras="GRU"),
    "LSTM": Row(cells.LSTMCell, lstm, LSTM_STATES, keras="LSTM"),
    "LSTM without bias": Row(cells.LSTMCell, lstm, LSTM_STATES, UNBIASED, keras="LSTM"),
    "LSTM other activations": Row(cells.LSTMCell, lstm, LSTM_STATES, OTHER, keras="LSTM"),
    "IRNN": Row(variants.IRNNCell, simple_rnn),
    "simplified GRU": Row(variants.SimplifiedGRUCell, simplified_gru),
    "peephole LSTM": Row(variants.PeepholeLSTMCell, peephole_lstm, LSTM_STATES),
    "coupled LSTM": Row(variants.CoupledLSTMCell, coupled_lstm, LSTM_STATES),
    "linear output LSTM": Row(variants.LinearOutputLSTMCell, linear_output_lstm, LSTM_STATES),
}

KERAS_CELLS = {name: row for name, row in CELLS.items() if row.keras}
"""The rows that Keras has, too."""

ONE_OF_EACH = list({row.cell: name for name, row in reversed(CELLS.items())}.values())[::-1]
"""The plain form of every class: for what does not depend on the form."""
