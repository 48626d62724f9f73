"""One time step of a recurrent network, as plain Keras layers.

Every cell splits a time step in two:

    project(inputs)            x_t W + b, which needs no state and so may be done for a whole sequence
    step(projected, states)    the recurrence itself, the equations line for line
    call(inputs, states)       step(project(inputs), states)

so a cell works wherever Keras expects one (`keras.layers.RNN(cell)`, `Bidirectional`,
`StackedRNNCells`, a saved model), and `course_lib.recurrent.RNN` can project all time steps in one
matrix product. Weight names, shapes and order are Keras's: `cell.set_weights(keras_cell.get_weights())`
carries a model over, in both directions.

Symbols: x_t input (batch, features), h_t hidden state (batch, units), W `kernel`, U
`recurrent_kernel`, b `bias`, σ `recurrent_activation`, tanh `activation`, * elementwise product.
"""

import difflib
import inspect

from course_lib import checks

import keras
from keras import ops

# keras.layers.RNN draws the dropout masks once, before its loop, only for instances of this class, and
# Keras does not export it. tests/contracts pins what we rely on.
from keras.src.layers.rnn.dropout_rnn_cell import DropoutRNNCell


def _activation(argument, value):
    """The Keras activation called `value`; a ValueError that says which argument was wrong."""
    try:
        return keras.activations.get(value)
    except ValueError:
        pass
    known = [name for name in dir(keras.activations) if not name.startswith("_")]
    close = difflib.get_close_matches(str(value), known, n=1)
    hint = f" Did you mean {close[0]!r}?" if close else ""
    raise ValueError(
        f"`{argument}` must be the name of a Keras activation, a callable or None (linear). "
        f"Received: {argument}={value!r}.{hint}"
    ) from None


def _rate(argument, value):
    """A dropout rate as a float in [0, 1); Keras would clip silently and ignore 1."""
    if not 0.0 <= value < 1.0:
        raise ValueError(f"Expected 0 <= {argument} < 1. Received: {argument}={value!r}")
    return float(value)


def named_arguments(cls, last):
    """The arguments of a class and of those it passes `**kwargs` on to, up to the class `last`.

    Returns:
        dict from name to `inspect.Parameter`; without `self`, `*args` and `**kwargs`.
    """
    found = {}
    for ancestor in cls.__mro__:
        if "__init__" in vars(ancestor):
            _, *own = inspect.signature(ancestor.__init__).parameters.values()
            kinds = [parameter.kind for parameter in own]
            for parameter in own:
                if parameter.kind not in (parameter.VAR_POSITIONAL, parameter.VAR_KEYWORD):
                    found.setdefault(parameter.name, parameter)
            if inspect.Parameter.VAR_KEYWORD not in kinds:
                break
        if ancestor is last:
            break
    return found


class Cell(keras.layers.Layer, DropoutRNNCell):
    """What all cells share: weights, projection, dropout and configuration.

    A subclass defines `step` and names two things: its `gates` in Keras's order, and its states, the
    hidden state first. The kernels of all gates stand side by side in one matrix: `kernel` is
    (features, gates * units), `recurrent_kernel` (units, gates * units). Every state is (batch, units).
    """

    gates = ()
    state_names = ("h",)

    def __init_subclass__(cls, **kwargs):
        super().__init_subclass__(**kwargs)
        arguments = named_arguments(cls, Cell).values()
        rest = inspect.Parameter("kwargs", inspect.Parameter.VAR_KEYWORD)  # name, dtype, ...
        by_kind = sorted([*arguments, rest], key=lambda parameter: parameter.kind)
        cls.__signature__ = inspect.Signature(by_kind)  # so that help() lists every argument

    def __init__(
        self,
        units,
        activation="tanh",
        use_bias=True,
        *,
        kernel_initializer="glorot_uniform",
        recurrent_initializer="orthogonal",
        bias_initializer="zeros",
        kernel_regularizer=None,
        recurrent_regularizer=None,
        bias_regularizer=None,
        kernel_constraint=None,
        recurrent_constraint=None,
        bias_constraint=None,
        dropout=0.0,
        recurrent_dropout=0.0,
        seed=None,
        implementation=2,
        **kwargs,
    ):
        units = checks.positive_integer("units", units)
        checks.one_of("implementation", implementation, (0, 1, 2))
        super().__init__(**kwargs)
        self.units = self.output_size = units
        states = len(self.state_names)
        self.state_size = units if states == 1 else [units] * states
        self.activation = _activation("activation", activation)
        self.use_bias = use_bias
        self.kernel_initializer = keras.initializers.get(kernel_initializer)
        self.recurrent_initializer = keras.initializers.get(recurrent_initializer)
        self.bias_initializer = keras.initializers.get(bias_initializer)
        self.kernel_regularizer = keras.regularizers.get(kernel_regularizer)
        self.recurrent_regularizer = keras.regularizers.get(recurrent_regularizer)
        self.bias_regularizer = keras.regularizers.get(bias_regularizer)
        self.kernel_constraint = keras.constraints.get(kernel_constraint)
        self.recurrent_constraint = keras.constraints.get(recurrent_constraint)
        self.bias_constraint = keras.constraints.get(bias_constraint)
        self.dropout = _rate("dropout", dropout)
        self.recurrent_dropout = _rate("recurrent_dropout", recurrent_dropout)
        self.seed = seed
        self.seed_generator = keras.random.SeedGenerator(seed)
        # As in Keras: one dropout mask for all gates (0 and 2), or one for each gate (1). Recurrent
        # dropout always takes one for each.
        self.implementation = 1 if self.recurrent_dropout else implementation
        if self.implementation == 1 and len(self.gates) > 1:
            self.dropout_mask_count = len(self.gates)

    # -- weights -----------------------------------------------------------------------------------

    def build(self, input_shape):
        features = input_shape[-1]
        if features is None or features <= 0:
            raise ValueError(
                f"{type(self).__name__} expected a known, positive number of features in the last "
                f"axis. Received: input_shape={tuple(input_shape)}"
            )
        width = len(self.gates) * self.units
        self.kernel = self.add_weight(
            name="kernel",
            shape=(features, width),
            initializer=self.kernel_initializer,
            regularizer=self.kernel_regularizer,
            constraint=self.kernel_constraint,
        )
        self.recurrent_kernel = self.add_weight(
            name="recurrent_kernel",
            shape=(self.units, width),
            initializer=self.recurrent_initializer,
            regularizer=self.recurrent_regularizer,
            constraint=self.recurrent_constraint,
        )
        self.bias = None
        if self.use_bias:
            self.bias = self.add_weight(
                name="bias",
                shape=self._bias_shape(),
                initializer=self._initial_bias,
                regularizer=self.bias_regularizer,
                constraint=self.bias_constraint,
            )
        self.input_spec = keras.layers.InputSpec(ndim=2, axes={-1: features})

    def _bias_shape(self):
        return (len(self.gates) * self.units,)

    def _initial_bias(self, shape, dtype=None):
        return self.bias_initializer(shape, dtype=dtype)

    def _input_bias(self):
        """The bias that is added to x_t W; a GRU that resets after keeps a second one for h U."""
        return self.bias

    def _weight(self, variable):
        # step and project may run outside this layer's own __call__, where Keras casts for us
        return ops.cast(variable, self.compute_dtype)

    # -- one time step -----------------------------------------------------------------------------

    def project(self, inputs, training=False):
        """x_t W + b for all gates at once.

        Args:
            inputs: one step (batch, features) or a whole sequence (batch, time, features).
            training: whether input dropout applies; one mask serves every time step.

        Returns:
            (batch, gates * units) or (batch, time, gates * units), in the cell's compute dtype.
        """
        inputs = ops.cast(inputs, self.compute_dtype)
        kernel = self._weight(self.kernel)
        if training and self.dropout:
            whole_sequence = len(inputs.shape) == 3
            first_step = inputs[:, 0] if whole_sequence else inputs
            mask = self.get_dropout_mask(first_step)
            projected = _masked_matmul(inputs, mask, kernel, over_time=whole_sequence)
        else:
            projected = ops.matmul(inputs, kernel)
        if self.use_bias:
            projected = projected + self._weight(self._input_bias())
        return projected

    def step(self, projected, states, training=False, record=None):
        """The recurrence: the new output and states from the projected input and the old states.

        Args:
            projected: what `project` returned for this step, (batch, gates * units).
            states: list of tensors (batch, units) in the order of `state_names`.
            training: whether recurrent dropout applies.
            record: a dict that takes each gate's activation, (batch, units), by the name it has in the
                equations; `course_lib.recurrent.record` collects them over a sequence.

        Returns:
            (output, new_states): output (batch, units), new_states a list like `states`, in the order
            of `state_names`.
        """
        raise NotImplementedError(f"{type(self).__name__} must define step()")

    def call(self, inputs, states, training=False):
        dtype = keras.backend.standardize_dtype(inputs.dtype)
        checks.floating(dtype, type(self).__name__)
        nested = keras.tree.is_nested(states)
        states = list(states) if nested else [states]
        output, states = self.step(self.project(inputs, training), states, training)
        return output, states if nested else states[0]

    def _recurrent(self, hidden_state, training, gates=None):
        """h U for the named gates, in that order (all of them by default); with recurrent dropout
        when training."""
        kernel = self._weight(self.recurrent_kernel)
        chosen = [self.gates.index(gate) for gate in gates or self.gates]
        if gates is not None:
            blocks = ops.split(kernel, len(self.gates), axis=1)
            kernel = ops.concatenate([blocks[gate] for gate in chosen], axis=1)
        if not (training and self.recurrent_dropout):
            return ops.matmul(hidden_state, kernel)
        mask = self.get_recurrent_dropout_mask(hidden_state)
        if isinstance(mask, list):
            mask = [mask[gate] for gate in chosen]
        return _masked_matmul(hidden_state, mask, kernel)

    def get_initial_state(self, batch_size=None):
        """Zeros: a list with one tensor (batch, units) for each state."""
        sizes = self.state_size if isinstance(self.state_size, list) else [self.state_size]
        return [ops.zeros((batch_size, size), dtype=self.compute_dtype) for size in sizes]

    def get_config(self):
        return {
            **super().get_config(),
            "units": self.units,
            "activation": keras.activations.serialize(self.activation),
            "use_bias": self.use_bias,
            "kernel_initializer": keras.initializers.serialize(self.kernel_initializer),
            "recurrent_initializer": keras.initializers.serialize(self.recurrent_initializer),
            "bias_initializer": keras.initializers.serialize(self.bias_initializer),
            "kernel_regularizer": keras.regularizers.serialize(self.kernel_regularizer),
            "recurrent_regularizer": keras.regularizers.serialize(self.recurrent_regularizer),
            "bias_regularizer": keras.regularizers.serialize(self.bias_regularizer),
            "kernel_constraint": keras.constraints.serialize(self.kernel_constraint),
            "recurrent_constraint": keras.constraints.serialize(self.recurrent_constraint),
            "bias_constraint": keras.constraints.serialize(self.bias_constraint),
            "dropout": self.dropout,
            "recurrent_dropout": self.recurrent_dropout,
            "seed": self.seed,
            "implementation": self.implementation,
        }


def _masked_matmul(inputs, mask, kernel, over_time=False):
    """(inputs * mask) @ kernel; a list of masks holds one for each gate's block of the kernel."""
    if over_time:  # the same units are dropped at every time step
        mask = keras.tree.map_structure(lambda m: ops.expand_dims(m, 1), mask)
    if not isinstance(mask, list):
        return ops.matmul(inputs * mask, kernel)
    blocks = ops.split(kernel, len(mask), axis=1)
    products = [ops.matmul(inputs * m, block) for m, block in zip(mask, blocks, strict=True)]
    return ops.concatenate(products, axis=-1)


@keras.saving.register_keras_serializable("course_lib")
class SimpleRNNCell(Cell):
    """The simple recurrent cell, after Elman (1990), with today's usual tanh.

        h_t = tanh(x_t W + h_{t-1} U + b)

    Shapes: x_t (batch, features), h_t (batch, units), W (features, units), U (units, units),
    b (units,). The output of a step is its new state h_t.

    >>> cell = SimpleRNNCell(5)
    >>> x, h = ops.ones((3, 4)), ops.zeros((3, 5))        # 3 sequences, 4 features, 5 units
    >>> output, states = cell(x, [h])
    >>> tuple(output.shape), len(states)
    ((3, 5), 1)
    >>> [(weight.name, tuple(weight.shape)) for weight in cell.weights]
    [('kernel', (4, 5)), ('recurrent_kernel', (5, 5)), ('bias', (5,))]

    Args:
        units: size of the hidden state, a positive integer.
        activation: what stands for tanh; None means linear.
        use_bias: whether b is there.
        kernel_initializer, recurrent_initializer, bias_initializer: what W, U and b start from.
        kernel_regularizer, recurrent_regularizer, bias_regularizer: a penalty on W, U and b that is
            added to the loss.
        kernel_constraint, recurrent_constraint, bias_constraint: what W, U and b are held to after
            every update.
        dropout, recurrent_dropout: fraction of x_t, of h_{t-1} that is dropped in training, in [0, 1);
            the same units at every time step of a sequence (Gal and Ghahramani, 2016).
        seed: seed of the dropout masks.
        implementation: 1 draws a mask of input dropout for each gate; 2 and 0 draw one for all gates.

    Raises:
        ValueError: units not a positive integer, an unknown activation, a rate outside [0, 1), another
            implementation, integer inputs, or inputs of another rank or feature size than the cell was
            built for.

    Sources: Elman, J. L. (1990). Finding structure in time. Cognitive Science 14(2), 179-211. Gal, Y. and
    Ghahramani, Z. (2016). A theoretically grounded application of dropout in recurrent neural networks.
    NeurIPS.
    """

    gates = ("h",)

    def step(self, projected, states, training=False, record=None):
        (h,) = states  # (batch, units)
        h = self.activation(projected + self._recurrent(h, training))
        return h, [h]


class GatedCell(Cell):
    """A cell whose gates have an activation of their own, `recurrent_activation`."""

    def __init__(
        self,
        units,
        activation="tanh",
        recurrent_activation="sigmoid",
        use_bias=True,
        **kwargs,
    ):
        super().__init__(units, activation, use_bias, **kwargs)
        self.recurrent_activation = _activation("recurrent_activation", recurrent_activation)

    def get_config(self):
        return {
            **super().get_config(),
            "recurrent_activation": keras.activations.serialize(self.recurrent_activation),
        }


@keras.saving.register_keras_serializable("course_lib")
class GRUCell(GatedCell):
    """The gated recurrent unit (Cho et al., 2014), in Keras's gate order z, r, h.

        z_t = σ(x_t W_z + b_z + h_{t-1} U_z + c_z)        update gate: 1 keeps the old state
        r_t = σ(x_t W_r + b_r + h_{t-1} U_r + c_r)        reset gate: 0 hides the old state
        ĥ_t = tanh(x_t W_h + b_h + r_t * (h_{t-1} U_h + c_h))      candidate, reset_after=True
        ĥ_t = tanh(x_t W_h + b_h + (r_t * h_{t-1}) U_h)            candidate, reset_after=False
        h_t = z_t * h_{t-1} + (1 - z_t) * ĥ_t

    `reset_after=True` (Keras's and cuDNN's form) multiplies the reset gate in after the matrix product
    and keeps a second bias for the recurrent side of each gate: bias is (2, 3 * units), input biases b
    in row 0, recurrent biases c in row 1. `reset_after=False` is the form of the published paper, with
    one bias, (3 * units,), and no c. Papers differ in what z means: here, as in Cho et al. (2014), Keras
    and PyTorch, z = 1 keeps the past; in Chung et al. (2014), z = 1 takes the candidate.

    Shapes: x_t (batch, features), h_t and all gates (batch, units), W (features, 3 * units),
    U (units, 3 * units).

    >>> cell = GRUCell(5)
    >>> output, (h,) = cell(ops.ones((3, 4)), cell.get_initial_state(3))
    >>> tuple(h.shape), tuple(cell.kernel.shape), tuple(cell.bias.shape)
    ((3, 5), (4, 15), (2, 15))
    >>> gates = {}
    >>> output, states = cell.step(cell.project(ops.ones((3, 4))), [h], record=gates)
    >>> sorted(gates)
    ['candidate', 'r', 'z']

    Args:
        units: size of the hidden state, a positive integer.
        activation: what stands for tanh.
        recurrent_activation: what stands for σ.
        reset_after: which of the two candidates.
        Others: see `SimpleRNNCell`.

    Raises:
        ValueError: see `SimpleRNNCell`.

    Sources: Cho, K. et al. (2014). Learning phrase representations using RNN encoder-decoder for
    statistical machine translation. EMNLP. Chung, J. et al. (2014). Empirical evaluation of gated
    recurrent neural networks on sequence modeling. arXiv:1412.3555.
    """

    gates = ("z", "r", "h")

    def __init__(
        self,
        units,
        activation="tanh",
        recurrent_activation="sigmoid",
        use_bias=True,
        *,
        reset_after=True,
        **kwargs,
    ):
        super().__init__(units, activation, recurrent_activation, use_bias, **kwargs)
        self.reset_after = reset_after

    def _bias_shape(self):
        return (2, 3 * self.units) if self.reset_after else (3 * self.units,)

    def _input_bias(self):
        return self.bias[0] if self.reset_after else self.bias

    def step(self, projected, states, training=False, record=None):
        (h,) = states  # (batch, units)
        x_z, x_r, x_h = ops.split(projected, 3, axis=-1)
        if self.reset_after:
            recurrent = self._recurrent(h, training)
            if self.use_bias:
                recurrent = recurrent + self._weight(self.bias[1])
            h_z, h_r, h_h = ops.split(recurrent, 3, axis=-1)
        else:
            h_z, h_r = ops.split(self._recurrent(h, training, gates=("z", "r")), 2, axis=-1)
        z = self.recurrent_activation(x_z + h_z)
        r = self.recurrent_activation(x_r + h_r)
        if self.reset_after:
            candidate = self.activation(x_h + r * h_h)
        else:
            candidate = self.activation(x_h + self._recurrent(r * h, training, gates=("h",)))
        h = z * h + (1 - z) * candidate
        if record is not None:
            record.update(z=z, r=r, candidate=candidate)
        return h, [h]

    def get_config(self):
        return {**super().get_config(), "reset_after": self.reset_after}


@keras.saving.register_keras_serializable("course_lib")
class LSTMCell(GatedCell):
    """Long short-term memory with a forget gate, in Keras's gate order i, f, c, o.

        i_t = σ(x_t W_i + h_{t-1} U_i + b_i)              input gate
        f_t = σ(x_t W_f + h_{t-1} U_f + b_f)              forget gate: 1 keeps the old cell state
        ĉ_t = tanh(x_t W_c + h_{t-1} U_c + b_c)           candidate
        o_t = σ(x_t W_o + h_{t-1} U_o + b_o)              output gate
        c_t = f_t * c_{t-1} + i_t * ĉ_t                   cell state
        h_t = o_t * tanh(c_t)                             hidden state, the output

    Shapes: x_t (batch, features), h_t, c_t and all gates (batch, units), W (features, 4 * units),
    U (units, 4 * units), b (4 * units,). States: [h_t, c_t].

    >>> cell = LSTMCell(5)
    >>> output, (h, c) = cell(ops.ones((3, 4)), cell.get_initial_state(3))
    >>> tuple(h.shape), tuple(c.shape), tuple(cell.kernel.shape)
    ((3, 5), (3, 5), (4, 20))
    >>> ops.convert_to_numpy(cell.bias)[5:10]               # the forget gate's
    array([1., 1., 1., 1., 1.], dtype=float32)

    Args:
        units: size of the hidden state, a positive integer.
        activation: what stands for tanh.
        recurrent_activation: what stands for σ.
        unit_forget_bias: whether b_f starts at 1, so that an untrained cell remembers
            (Gers et al., 2000; Jozefowicz et al., 2015).
        Others: see `SimpleRNNCell`.

    Raises:
        ValueError: see `SimpleRNNCell`.

    Sources: Hochreiter, S. and Schmidhuber, J. (1997). Long short-term memory. Neural Computation
    9(8), 1735-1780. Gers, F. A. et al. (2000). Learning to forget. Neural Computation 12(10),
    2451-2471. Jozefowicz, R. et al. (2015). An empirical exploration of recurrent network
    architectures. ICML.
    """

    gates = ("i", "f", "c", "o")
    state_names = ("h", "c")

    def __init__(
        self,
        units,
        activation="tanh",
        recurrent_activation="sigmoid",
        use_bias=True,
        *,
        unit_forget_bias=True,
        **kwargs,
    ):
        super().__init__(units, activation, recurrent_activation, use_bias, **kwargs)
        self.unit_forget_bias = unit_forget_bias

    def _initial_bias(self, shape, dtype=None):
        if not self.unit_forget_bias:
            return super()._initial_bias(shape, dtype)
        one_gate = (self.units,)
        return ops.concatenate(
            [
                self.bias_initializer(one_gate, dtype=dtype),
                ops.ones(one_gate, dtype=dtype),
                self.bias_initializer((2 * self.units,), dtype=dtype),
            ]
        )

    def step(self, projected, states, training=False, record=None):
        h, c = states  # (batch, units) each
        i, f, candidate, o = ops.split(projected + self._recurrent(h, training), 4, axis=-1)
        i = self.recurrent_activation(i)
        f = self.recurrent_activation(f)
        o = self.recurrent_activation(o)
        candidate = self.activation(candidate)
        c = f * c + i * candidate
        h = self._output(o, c)
        if record is not None:
            record.update(i=i, f=f, candidate=candidate, o=o)
        return h, [h, c]

    def _output(self, o, c):
        """h_t from the output gate and the new cell state."""
        return o * self.activation(c)

    def get_config(self):
        return {**super().get_config(), "unit_forget_bias": self.unit_forget_bias}
