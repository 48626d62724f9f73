"""A step repeated over time: layers that run the cells of `course_lib.cells` along a sequence.

`RNN` is `keras.layers.RNN` with one difference: the part of a time step that needs no state, x_t W + b,
is computed for the whole sequence in one matrix product, and only `cell.step` is repeated. The weights,
masks and results are those of `keras.layers.RNN(cell)`; what it does to the speed depends on backend and
sizes, and `make bench` measures it. `SimpleRNN`, `GRU` and `LSTM` take the
arguments of their namesakes in `keras.layers` and give the same results from the same weights.
"""

import inspect

from course_lib import cells, checks

import keras
import numpy as np
from keras import ops

# `rnn`, the loop over time that Keras's own recurrent layers run, is a function of each backend, and
# Keras does not export it. tests/contracts pins what we rely on.
from keras.src import backend


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

    >>> layer = RNN(cells.GRUCell(5), return_sequences=True, return_state=True)
    >>> outputs, h = layer(ops.ones((3, 7, 4)))             # 3 sequences of 7 steps, 4 features
    >>> tuple(outputs.shape), tuple(h.shape)
    ((3, 7, 5), (3, 5))

    Args:
        cell: a cell of `course_lib.cells`; any other Keras cell, or `StackedRNNCells`, runs as it
            would in `keras.layers.RNN`.
        return_sequences: whether the output is every h_t or the last one alone.
        return_state: whether the states after the last step are returned, too.
        go_backwards: whether the sequence is read from its end; every h_t then comes out in that order.
        stateful: whether a batch starts from the states that the batch before it left.
        unroll: whether the loop is written out step by step.
        zero_output_for_mask: whether masked steps put out zeros.

    Raises:
        ValueError: inputs that are not (batch, time, features), have another feature size than the
            layer was built for, no time step, or an integer dtype; a mask that is not (batch, time). With
            a cell of `course_lib.cells` also: another number of initial states than the cell has, or a
            state that is not (batch, units).
    """

    def build(self, sequences_shape, initial_state_shape=None):
        super().build(sequences_shape, initial_state_shape)
        if _is_ours(self.cell):
            self.input_spec = keras.layers.InputSpec(ndim=3, axes={-1: sequences_shape[-1]})

    def call(self, sequences, initial_state=None, mask=None, training=False):
        name = type(self).__name__
        checks.floating(keras.backend.standardize_dtype(sequences.dtype), name)
        if sequences.shape[1] == 0:
            raise ValueError(
                f"{name} expected at least one time step. "
                f"Received inputs of shape {tuple(sequences.shape)} (batch, time, features)"
            )
        if mask is not None:
            mask = _checked_mask(mask, sequences, name)
        if initial_state is not None and _is_ours(self.cell):
            initial_state = _checked_states(initial_state, self.cell, sequences, name)
        return super().call(
            sequences, initial_state=initial_state, mask=mask, training=bool(training)
        )

    def inner_loop(self, sequences, initial_state, mask, training=False):
        if not _is_ours(self.cell):
            return super().inner_loop(sequences, initial_state, mask, training)
        if self.stateful:
            # Copies, because Keras assigns to the variables after the loop, and torch differentiates
            # through what they held before.
            initial_state = [ops.copy(state) for state in initial_state]
        return backend.rnn(
            lambda projected, states: self.cell.step(projected, list(states), training),
            self.cell.project(sequences, training),  # (batch, time, gates * units)
            initial_state,
            go_backwards=self.go_backwards,
            mask=mask,
            unroll=self.unroll,
            input_length=sequences.shape[1],
            zero_output_for_mask=self.zero_output_for_mask,
            return_all_outputs=self.return_sequences,
        )


def record(layer, inputs, *, initial_state=None, mask=None):
    """Every gate and state of a layer, at every time step of some sequences: for looking inside.

    >>> run = record(LSTM(5), np.ones((3, 7, 4)))           # a layer is usually trained first
    >>> sorted(run), run["f"].shape
    (['c', 'candidate', 'f', 'h', 'i', 'o'], (3, 7, 5))

    Args:
        layer: a layer of this module with one cell of `course_lib.cells`; of a `Bidirectional`, its
            `forward_layer` or `backward_layer`. It is built where it is not yet.
        inputs: (batch, time, features), what the layer would be called with.
        initial_state: arrays or tensors (batch, units), one for each state; zeros by default.
        mask: (batch, time).

    Returns:
        dict from name to NumPy array (batch, time, units): the gates by their names in the cell's
        equations ("z", "r", "candidate"; "i", "f", "candidate", "o"), then the cell's `state_names` ("h"
        and, in an LSTM, "c"). Where the mask is False the gates are NaN and the states those carried
        over. Entry t belongs to inputs[:, t], also in a layer that goes backwards.

    Raises:
        ValueError: a layer without one such cell, inputs that are not (batch, time, features), a mask or
            initial states of another shape, a step that returns another number of states than it names,
            or a gate that has the name of a state.
    """
    cell = getattr(layer, "cell", None)
    if not isinstance(layer, RNN) or not _is_ours(cell):
        raise ValueError(
            f"record expected a layer of course_lib.recurrent with one cell of course_lib.cells. Received "
            f"{type(layer).__name__}" + (f" with {type(cell).__name__}" if cell is not None else "")
        )
    inputs = ops.convert_to_tensor(inputs, dtype=cell.compute_dtype)
    if not layer.built:
        layer.build(tuple(inputs.shape))
    expected = (None, None, cell.kernel.shape[0])
    checks.shape("inputs", inputs.shape, expected, "(batch, time, features)", "record")
    batch, time = inputs.shape[:2]
    if mask is None:
        mask = ops.ones((batch, time))
    mask = ops.convert_to_numpy(_checked_mask(mask, inputs, "record"))
    if initial_state is None:
        initial_state = cell.get_initial_state(batch)
    states = [
        _as_float(ops.convert_to_tensor(state, dtype=cell.compute_dtype))
        for state in _checked_states(initial_state, cell, inputs, "record")
    ]
    projected = cell.project(inputs)  # (batch, time, gates * units)
    steps = [None] * time
    for t in reversed(range(time)) if layer.go_backwards else range(time):
        real = mask[:, t, None]
        old = [ops.convert_to_tensor(state, dtype=cell.compute_dtype) for state in states]
        gates = {}
        _, new = cell.step(projected[:, t], old, record=gates)
        if len(new) != len(cell.state_names) or set(gates) & set(cell.state_names):
            raise ValueError(
                f"record expected a step to return one state for each of {type(cell).__name__}.state_names "
                f"= {cell.state_names} and gates of other names. Received {len(new)} states and gates "
                f"{sorted(gates)}"
            )
        states = [np.where(real, _as_float(n), s) for n, s in zip(new, states, strict=True)]
        steps[t] = {n: np.where(real, _as_float(v), np.nan) for n, v in gates.items()}
        steps[t].update(zip(cell.state_names, states, strict=True))
    return {name: np.stack([step[name] for step in steps], axis=1) for name in steps[0]}


def _is_ours(cell):
    """Whether the cell splits its step, so that the projection can be taken out of the loop."""
    return isinstance(cell, cells.Cell)


def _as_float(tensor):
    """A NumPy array in float32, or float64 where the tensor is: NumPy has no bfloat16."""
    double = keras.backend.standardize_dtype(tensor.dtype) == "float64"
    return ops.convert_to_numpy(ops.cast(tensor, "float64" if double else "float32"))


def _checked_mask(mask, sequences, owner):
    mask = keras.tree.flatten(mask)[0]
    checks.shape("a mask", mask.shape, sequences.shape[:2], "(batch, time)", owner)
    return ops.cast(mask, "bool")


def _checked_states(states, cell, sequences, owner):
    """The states as a list. One that is (1, units) would be stretched over the batch without a word."""
    states = list(states) if keras.tree.is_nested(states) else [states]
    sizes = cell.state_size if isinstance(cell.state_size, list) else [cell.state_size]
    if len(states) != len(sizes):
        raise ValueError(
            f"{owner} expected {len(sizes)} initial state(s), {', '.join(cell.state_names)}. "
            f"Received {len(states)}"
        )
    for state, size in zip(states, sizes, strict=True):
        expected = (sequences.shape[0], size)
        checks.shape("an initial state", state.shape, expected, "(batch, units)", owner)
    return states


class _CellLayer(RNN):
    """An RNN that makes its own cell.

    A subclass names its `cell_class`. Of the layer's arguments, those that the cell names go to the cell
    and the others to `RNN`. The layer answers to the cell's arguments by their names:
    `LSTM(2).recurrent_activation` is that of its cell.
    """

    cell_class = None
    cell_name = None  # Keras's, so that the paths of weights agree

    def __init_subclass__(cls, **kwargs):
        super().__init_subclass__(**kwargs)
        if cls.cell_class is None:
            return
        of_cell = cells.named_arguments(cls.cell_class, cells.Cell)
        of_layer = cells.named_arguments(cls, keras.layers.Layer)
        keyword_only = [
            parameter.replace(kind=parameter.KEYWORD_ONLY)
            for name, parameter in of_layer.items()
            if name not in ("units", "cell")
        ]
        by_kind = sorted([*of_cell.values(), *keyword_only], key=lambda parameter: parameter.kind)
        cls.__signature__ = inspect.Signature(by_kind)  # so that help() lists every argument
        for name in of_cell:
            setattr(cls, name, _of_cell(name))

    def __init__(self, units, *activations_and_bias, **kwargs):
        of_cell = cells.named_arguments(self.cell_class, cells.Cell)
        cell = self.cell_class(
            units,
            *activations_and_bias,
            **{name: kwargs.pop(name) for name in of_cell if name in kwargs},
            name=self.cell_name,
            dtype=kwargs.get("dtype"),
            trainable=kwargs.get("trainable", True),
        )
        super().__init__(cell, **kwargs)
        self.input_spec = keras.layers.InputSpec(ndim=3)

    def get_config(self):
        layer = super().get_config()
        del layer["cell"]
        regularizer = keras.regularizers.serialize(self.activity_regularizer)
        return {**self.cell.get_config(), **layer, "activity_regularizer": regularizer}

    @classmethod
    def from_config(cls, config):
        return cls(**config)


def _of_cell(name):
    return property(lambda layer: getattr(layer.cell, name), doc=f"`{name}` of the cell.")


class _GatedLayer(_CellLayer):
    """A layer for which Keras has a cuDNN kernel, and this module has none."""

    def __init__(self, units, *activations_and_bias, use_cudnn="auto", **kwargs):
        super().__init__(units, *activations_and_bias, **kwargs)
        if use_cudnn not in ("auto", False):
            raise ValueError(
                f"{type(self).__name__} is written in keras.ops and has no cuDNN kernel: expected "
                f"use_cudnn 'auto' or False, received {use_cudnn!r}. "
                f"keras.layers.{type(self).__name__} takes the same weights and can use cuDNN."
            )
        self.use_cudnn = use_cudnn

    def get_config(self):
        return {**super().get_config(), "use_cudnn": self.use_cudnn}


@keras.saving.register_keras_serializable("course_lib")
class SimpleRNN(_CellLayer):
    """The vanilla recurrent layer: h_t = tanh(x_t W + h_{t-1} U + b).

    Arguments, defaults, weights and results are those of `keras.layers.SimpleRNN`. Shapes, masks and
    errors are those of `RNN`.

    >>> layer = SimpleRNN(5)
    >>> tuple(layer(ops.ones((3, 7, 4))).shape)             # 3 sequences of 7 steps, 4 features
    (3, 5)
    >>> tuple(SimpleRNN(5, "relu", return_sequences=True)(ops.ones((3, 7, 4))).shape)
    (3, 7, 5)

    Args:
        units, activation, use_bias and others of the cell: see `course_lib.cells.SimpleRNNCell`.
        return_sequences, return_state and others of the loop: see `RNN`.
        activity_regularizer: a penalty on the outputs that is added to the loss.
    """

    cell_class = cells.SimpleRNNCell
    cell_name = "simple_rnn_cell"


@keras.saving.register_keras_serializable("course_lib")
class GRU(_GatedLayer):
    """The gated recurrent unit repeated over time; the equations stand in `course_lib.cells.GRUCell`.

    Arguments, defaults, weights and results are those of `keras.layers.GRU`. Shapes, masks and errors
    are those of `RNN`.

    >>> layer = GRU(5, return_state=True)
    >>> output, h = layer(ops.ones((3, 7, 4)))              # 3 sequences of 7 steps, 4 features
    >>> tuple(output.shape), tuple(h.shape)
    ((3, 5), (3, 5))
    >>> layer.reset_after
    True

    Args:
        units, activation, recurrent_activation, use_bias, reset_after and others of the cell: see
            `course_lib.cells.GRUCell` and `course_lib.cells.SimpleRNNCell`.
        return_sequences, return_state and others of the loop: see `RNN`.
        activity_regularizer: a penalty on the outputs that is added to the loss.
        use_cudnn: "auto" or False; there is no cuDNN kernel here.

    Raises:
        ValueError: `use_cudnn=True`, and what `RNN` and the cell raise.
    """

    cell_class = cells.GRUCell
    cell_name = "gru_cell"


@keras.saving.register_keras_serializable("course_lib")
class LSTM(_GatedLayer):
    """Long short-term memory repeated over time; the equations stand in `course_lib.cells.LSTMCell`.

    Arguments, defaults, weights and results are those of `keras.layers.LSTM`. Shapes, masks and errors
    are those of `RNN`. The states are [h_T, c_T].

    >>> layer = LSTM(5, return_sequences=True, return_state=True)
    >>> outputs, h, c = layer(ops.ones((3, 7, 4)))          # 3 sequences of 7 steps, 4 features
    >>> tuple(outputs.shape), tuple(h.shape), tuple(c.shape)
    ((3, 7, 5), (3, 5), (3, 5))

    Args:
        units, activation, recurrent_activation, use_bias, unit_forget_bias and others of the cell: see
            `course_lib.cells.LSTMCell` and `course_lib.cells.SimpleRNNCell`.
        return_sequences, return_state and others of the loop: see `RNN`.
        activity_regularizer: a penalty on the outputs that is added to the loss.
        use_cudnn: "auto" or False; there is no cuDNN kernel here.

    Raises:
        ValueError: `use_cudnn=True`, and what `RNN` and the cell raise.
    """

    cell_class = cells.LSTMCell
    cell_name = "lstm_cell"
