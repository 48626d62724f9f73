"""A step repeated over time: layers that run the cells of `course_lib.cells` along a sequence.

`RNN` is `keras.layers.RNN` with one difference: the part of a time step that needs no state, x_t W + b,
is computed for the whole sequence in one matrix product, and only `cell.step` is repeated. The weights,
masks and results are those of `keras.layers.RNN(cell)`; what it does to the speed depends on backend and
sizes, and `make bench` measures it. `SimpleRNN`, `GRU` and `LSTM` take the
arguments of their namesakes in `keras.layers` and give the same results from the same weights.
"""

from course_lib import cells

import keras
import numpy as np
from keras import ops


class _StepOnly:
    """A cell whose inputs are already projected, for Keras's own loop to repeat."""

    def __init__(self, cell, training):
        self.cell, self.training = cell, training
        self.state_size = cell.state_size

    def call(self, projected, states):
        return self.cell.step(projected, list(states), self.training)

    __call__ = call


@keras.saving.register_keras_serializable("course_lib")
class RNN(keras.layers.RNN):
    """Repeat a cell over time: h_t = step(project(x_t), h_{t-1}) for t = 1 ... T.

    Shapes: inputs (batch, time, features); output (batch, units), or (batch, time, units) with
    `return_sequences`; states (batch, units) each, the hidden state first. The projected sequence,
    (batch, time, gates * units), is held in memory.

    Masks: where `mask` (batch, time) is False the state is carried over unchanged, wherever in the
    sequence that is. The output there repeats the one before it (zeros in a `Bidirectional` that
    returns sequences). A row that is masked throughout keeps its initial state and outputs zeros, on
    the JAX backend its initial state, as in Keras.

    Half precision: everything is computed in the layer's compute dtype. float16 cannot hold numbers
    above 65504: a larger pre-activation becomes inf, on which tanh and sigmoid saturate at 1, while
    ReLU and the cell state of an LSTM stay inf, and opposite infinities give NaN. bfloat16 has
    float32's range and does not overflow so.

    Args:
        cell: a cell of `course_lib.cells`; any other Keras cell, or `StackedRNNCells`, runs as it
            would in `keras.layers.RNN`.
        return_sequences, return_state, go_backwards, stateful, unroll, zero_output_for_mask: as in
            `keras.layers.RNN`.

    Raises:
        ValueError: inputs that are not (batch, time, features), have another feature size than the
            layer was built for, no time step, or an integer dtype; a mask that is not (batch, time).
    """

    def build(self, sequences_shape, initial_state_shape=None):
        super().build(sequences_shape, initial_state_shape)
        if hasattr(self.cell, "project"):
            self.input_spec = keras.layers.InputSpec(ndim=3, axes={-1: sequences_shape[-1]})

    def call(self, sequences, initial_state=None, mask=None, training=False):
        cells.require_floating(sequences, type(self).__name__)
        if sequences.shape[1] == 0:
            raise ValueError(
                f"{type(self).__name__} expected at least one time step. "
                f"Received inputs of shape {tuple(sequences.shape)} (batch, time, features)"
            )
        if mask is not None:
            mask = _checked_mask(mask, sequences, type(self).__name__)
        return super().call(
            sequences, initial_state=initial_state, mask=mask, training=bool(training)
        )

    def inner_loop(self, sequences, initial_state, mask, training=False):
        if not hasattr(self.cell, "project"):
            return super().inner_loop(sequences, initial_state, mask, training)
        projected = self.cell.project(sequences, training)  # (batch, time, gates * units)
        loop = keras.layers.RNN(
            _StepOnly(self.cell, training),
            return_sequences=self.return_sequences,
            go_backwards=self.go_backwards,
            stateful=self.stateful,
            unroll=self.unroll,
            zero_output_for_mask=self.zero_output_for_mask,
            name="loop",
        )
        return loop.inner_loop(projected, initial_state, mask)


def record(layer, inputs, *, initial_state=None, mask=None):
    """Every gate and state of a layer, at every time step of some sequences: for looking inside.

    Args:
        layer: a layer of this module with one cell of `course_lib.cells`, built and usually trained; of a
            `Bidirectional`, its `forward_layer` or `backward_layer`.
        inputs: (batch, time, features), what the layer would be called with.
        initial_state: list of arrays (batch, units); zeros by default.
        mask: (batch, time).

    Returns:
        dict from name to NumPy array (batch, time, units): the gates by their names in the cell's
        equations ("z", "r", "candidate"; "i", "f", "candidate", "o"), then the states "h" and, in an LSTM,
        "c". Where the mask is False the gates are NaN and the states those carried over. Entry t belongs
        to inputs[:, t], also in a layer that goes backwards.

    Raises:
        ValueError: a layer without one such cell.
    """
    cell = getattr(layer, "cell", None)
    if not hasattr(cell, "project"):
        raise ValueError(
            f"record expected a layer of course_lib.recurrent with one cell of course_lib.cells. Received "
            f"{type(layer).__name__}" + (f" with {type(cell).__name__}" if cell is not None else "")
        )
    inputs = ops.convert_to_tensor(inputs, dtype=cell.compute_dtype)
    batch, time = inputs.shape[:2]
    if mask is None:
        mask = ops.ones((batch, time))
    mask = ops.convert_to_numpy(_checked_mask(mask, inputs, "record"))
    projected = cell.project(inputs)  # (batch, time, gates * units)
    states = cell.get_initial_state(batch) if initial_state is None else list(initial_state)
    states = [ops.convert_to_numpy(state) for state in states]
    steps = [None] * time
    for t in reversed(range(time)) if layer.go_backwards else range(time):
        real = mask[:, t, None]
        gates = {}
        _, new = cell.step(
            projected[:, t], [ops.convert_to_tensor(s) for s in states], record=gates
        )
        states = [
            np.where(real, ops.convert_to_numpy(n), s) for n, s in zip(new, states, strict=True)
        ]
        steps[t] = {n: np.where(real, ops.convert_to_numpy(v), np.nan) for n, v in gates.items()}
        steps[t].update(zip(("h", "c"), states, strict=False))
    return {name: np.stack([step[name] for step in steps], axis=1) for name in steps[0]}


def _checked_mask(mask, sequences, owner):
    mask = keras.tree.flatten(mask)[0]
    expected, received = tuple(sequences.shape[:2]), tuple(mask.shape)
    agree = len(received) == 2 and all(
        None in pair or pair[0] == pair[1] for pair in zip(expected, received, strict=True)
    )
    if not agree:
        raise ValueError(
            f"{owner} expected a mask of shape (batch, time) = {expected}. Received shape {received}"
        )
    return ops.cast(mask, "bool")


def _of_cell(name):
    return property(lambda layer: getattr(layer.cell, name), doc=f"`{name}` of the cell.")


_LAYER_ARGUMENTS = (
    "activity_regularizer",
    "return_sequences",
    "return_state",
    "go_backwards",
    "stateful",
    "unroll",
)


class _CellLayer(RNN):
    """An RNN that makes its own cell, configured by the cell's and the layer's arguments together."""

    cell_name = ""  # Keras's, so that the paths of weights agree
    units = _of_cell("units")
    activation = _of_cell("activation")
    use_bias = _of_cell("use_bias")
    kernel_initializer = _of_cell("kernel_initializer")
    recurrent_initializer = _of_cell("recurrent_initializer")
    bias_initializer = _of_cell("bias_initializer")
    kernel_regularizer = _of_cell("kernel_regularizer")
    recurrent_regularizer = _of_cell("recurrent_regularizer")
    bias_regularizer = _of_cell("bias_regularizer")
    kernel_constraint = _of_cell("kernel_constraint")
    recurrent_constraint = _of_cell("recurrent_constraint")
    bias_constraint = _of_cell("bias_constraint")
    dropout = _of_cell("dropout")
    recurrent_dropout = _of_cell("recurrent_dropout")

    def __init__(self, cell_class, arguments):
        """`arguments`: the locals() of the subclass's __init__, sorted here into the cell's and ours."""
        cell_arguments = {
            name: value
            for name, value in arguments.items()
            if name not in ("self", "__class__", "kwargs")
        }
        layer_arguments = dict(arguments["kwargs"])
        if "implementation" in layer_arguments:
            cell_arguments["implementation"] = layer_arguments.pop("implementation")
        for name in _LAYER_ARGUMENTS:
            layer_arguments[name] = cell_arguments.pop(name)
        use_cudnn = cell_arguments.pop("use_cudnn", "auto")
        if use_cudnn not in ("auto", False):
            raise ValueError(
                f"{type(self).__name__} is written in keras.ops and has no cuDNN kernel: expected "
                f"use_cudnn 'auto' or False, received {use_cudnn!r}. "
                f"keras.layers.{type(self).__name__} takes the same weights and can use cuDNN."
            )
        cell = cell_class(
            **cell_arguments,
            dtype=layer_arguments.get("dtype"),
            trainable=layer_arguments.get("trainable", True),
            name=self.cell_name,
        )
        super().__init__(cell, **layer_arguments)
        self.input_spec = keras.layers.InputSpec(ndim=3)

    def get_config(self):
        layer = super().get_config()
        del layer["cell"]
        regularizer = keras.regularizers.serialize(self.activity_regularizer)
        return {**self.cell.get_config(), **layer, "activity_regularizer": regularizer}

    @classmethod
    def from_config(cls, config):
        return cls(**config)


@keras.saving.register_keras_serializable("course_lib")
class SimpleRNN(_CellLayer):
    """The vanilla recurrent layer: h_t = tanh(x_t W + h_{t-1} U + b).

    The equations are those of `course_lib.cells.SimpleRNNCell`; the arguments, defaults, weights and
    results those of `keras.layers.SimpleRNN`; shapes, masks and errors those of `RNN`.
    """

    cell_name = "simple_rnn_cell"

    def __init__(
        self,
        units,
        activation="tanh",
        use_bias=True,
        kernel_initializer="glorot_uniform",
        recurrent_initializer="orthogonal",
        bias_initializer="zeros",
        kernel_regularizer=None,
        recurrent_regularizer=None,
        bias_regularizer=None,
        activity_regularizer=None,
        kernel_constraint=None,
        recurrent_constraint=None,
        bias_constraint=None,
        dropout=0.0,
        recurrent_dropout=0.0,
        return_sequences=False,
        return_state=False,
        go_backwards=False,
        stateful=False,
        unroll=False,
        seed=None,
        **kwargs,
    ):
        super().__init__(cells.SimpleRNNCell, locals())


@keras.saving.register_keras_serializable("course_lib")
class GRU(_CellLayer):
    """The gated recurrent unit repeated over time.

    The equations are those of `course_lib.cells.GRUCell`; the arguments, defaults, weights and
    results those of `keras.layers.GRU`; shapes, masks and errors those of `RNN`.
    """

    cell_name = "gru_cell"

    def __init__(
        self,
        units,
        activation="tanh",
        recurrent_activation="sigmoid",
        use_bias=True,
        kernel_initializer="glorot_uniform",
        recurrent_initializer="orthogonal",
        bias_initializer="zeros",
        kernel_regularizer=None,
        recurrent_regularizer=None,
        bias_regularizer=None,
        activity_regularizer=None,
        kernel_constraint=None,
        recurrent_constraint=None,
        bias_constraint=None,
        dropout=0.0,
        recurrent_dropout=0.0,
        seed=None,
        return_sequences=False,
        return_state=False,
        go_backwards=False,
        stateful=False,
        unroll=False,
        reset_after=True,
        use_cudnn="auto",
        **kwargs,
    ):
        super().__init__(cells.GRUCell, locals())


@keras.saving.register_keras_serializable("course_lib")
class LSTM(_CellLayer):
    """Long short-term memory repeated over time; its states are [h_T, c_T].

    The equations are those of `course_lib.cells.LSTMCell`; the arguments, defaults, weights and
    results those of `keras.layers.LSTM`; shapes, masks and errors those of `RNN`.
    """

    cell_name = "lstm_cell"

    def __init__(
        self,
        units,
        activation="tanh",
        recurrent_activation="sigmoid",
        use_bias=True,
        kernel_initializer="glorot_uniform",
        recurrent_initializer="orthogonal",
        bias_initializer="zeros",
        unit_forget_bias=True,
        kernel_regularizer=None,
        recurrent_regularizer=None,
        bias_regularizer=None,
        activity_regularizer=None,
        kernel_constraint=None,
        recurrent_constraint=None,
        bias_constraint=None,
        dropout=0.0,
        recurrent_dropout=0.0,
        seed=None,
        return_sequences=False,
        return_state=False,
        go_backwards=False,
        stateful=False,
        unroll=False,
        use_cudnn="auto",
        **kwargs,
    ):
        super().__init__(cells.LSTMCell, locals())
