"""Cells that a lesson takes apart: the SimpleRNN, GRU and LSTM with one thing changed."""

from course_lib import cells

import keras
from keras import ops


@keras.saving.register_keras_serializable("course_lib")
class IRNNCell(cells.SimpleRNNCell):
    """A simple recurrent cell with ReLU whose recurrent kernel starts as the identity.

        h_t = max(0, x_t W + h_{t-1} U + b)         U = I before training

    With U = I and ReLU an untrained cell copies its state where x_t W is 0, and the gradient flows back
    unchanged. The gates of the LSTM are there for the same reason.

    >>> cell = IRNNCell(2)
    >>> output, states = cell(ops.zeros((1, 4)), [ops.array([[0.3, 0.7]])])
    >>> ops.convert_to_numpy(output)
    array([[0.3, 0.7]], dtype=float32)

    Args:
        units: size of the hidden state, a positive integer.
        kernel_initializer: what W starts from; the paper draws W from a normal distribution of standard
            deviation 0.001.
        Others: see `cells.SimpleRNNCell`.

    Source: Le, Q. V., Jaitly, N. and Hinton, G. E. (2015). A simple way to initialize recurrent networks
    of rectified linear units. arXiv:1504.00941.
    """

    def __init__(
        self,
        units,
        activation="relu",
        use_bias=True,
        *,
        recurrent_initializer="identity",
        **kwargs,
    ):
        super().__init__(
            units, activation, use_bias, recurrent_initializer=recurrent_initializer, **kwargs
        )


@keras.saving.register_keras_serializable("course_lib")
class SimplifiedGRUCell(cells.GatedCell):
    """The GRU with its update gate alone: no reset gate. Gate order z, h.

        z_t = σ(x_t W_z + h_{t-1} U_z + b_z)              update gate: 1 keeps the old state
        ĥ_t = tanh(x_t W_h + h_{t-1} U_h + b_h)           candidate
        h_t = z_t * h_{t-1} + (1 - z_t) * ĥ_t

    Shapes: W (features, 2 * units), U (units, 2 * units), b (2 * units,).

    >>> cell = SimplifiedGRUCell(5)
    >>> output, states = cell(ops.ones((3, 4)), cell.get_initial_state(3))
    >>> tuple(output.shape), tuple(cell.kernel.shape)
    ((3, 5), (4, 10))

    Args: see `cells.GRUCell`; there is no `reset_after`.

    Source: Ravanelli, M. et al. (2018). Light gated recurrent units for speech recognition. IEEE
    Transactions on Emerging Topics in Computational Intelligence 2(2), 92-102. The authors drop the reset
    gate, as this cell does. They also replace tanh by ReLU and normalise over the batch, which this cell
    does not.
    """

    gates = ("z", "h")

    def step(self, projected, states, training=False, record=None):
        (h,) = states  # (batch, units)
        z, candidate = ops.split(projected + self._recurrent(h, training), 2, axis=-1)
        z = self.recurrent_activation(z)
        candidate = self.activation(candidate)
        h = z * h + (1 - z) * candidate
        if record is not None:
            record.update(z=z, candidate=candidate)
        return h, [h]


@keras.saving.register_keras_serializable("course_lib")
class PeepholeLSTMCell(cells.LSTMCell):
    """An LSTM whose gates see the cell state through weights of one number a unit, the peepholes p.

        i_t = σ(x_t W_i + h_{t-1} U_i + p_i * c_{t-1} + b_i)
        f_t = σ(x_t W_f + h_{t-1} U_f + p_f * c_{t-1} + b_f)
        ĉ_t = tanh(x_t W_c + h_{t-1} U_c + b_c)
        c_t = f_t * c_{t-1} + i_t * ĉ_t
        o_t = σ(x_t W_o + h_{t-1} U_o + p_o * c_t + b_o)      the output gate sees the new cell state
        h_t = o_t * tanh(c_t)

    A fourth weight stands after the LSTM's three: `peepholes` (3, units), rows i, f, o. It is zero before
    training, so that the cell starts as a plain LSTM.

    >>> cell = PeepholeLSTMCell(5)
    >>> cell.build((None, 4))
    >>> [(weight.name, tuple(weight.shape)) for weight in cell.weights]
    [('kernel', (4, 20)), ('recurrent_kernel', (5, 20)), ('bias', (20,)), ('peepholes', (3, 5))]

    Args: see `cells.LSTMCell`.

    Source: Gers, F. A. and Schmidhuber, J. (2000). Recurrent nets that time and count. IJCNN.
    """

    def build(self, input_shape):
        super().build(input_shape)
        self.peepholes = self.add_weight(
            name="peepholes", shape=(3, self.units), initializer="zeros"
        )

    def step(self, projected, states, training=False, record=None):
        h, c = states  # (batch, units) each
        i, f, candidate, o = ops.split(projected + self._recurrent(h, training), 4, axis=-1)
        peepholes = self._weight(self.peepholes)
        i = self.recurrent_activation(i + peepholes[0] * c)
        f = self.recurrent_activation(f + peepholes[1] * c)
        candidate = self.activation(candidate)
        c = f * c + i * candidate
        o = self.recurrent_activation(o + peepholes[2] * c)
        h = self._output(o, c)
        if record is not None:
            record.update(i=i, f=f, candidate=candidate, o=o)
        return h, [h, c]


@keras.saving.register_keras_serializable("course_lib")
class CoupledLSTMCell(cells.LSTMCell):
    """An LSTM that writes exactly where it forgets: i = 1 - f. Gate order f, c, o.

        f_t = σ(x_t W_f + h_{t-1} U_f + b_f)
        ĉ_t = tanh(x_t W_c + h_{t-1} U_c + b_c)
        o_t = σ(x_t W_o + h_{t-1} U_o + b_o)
        c_t = f_t * c_{t-1} + (1 - f_t) * ĉ_t
        h_t = o_t * tanh(c_t)

    Shapes: W (features, 3 * units), U (units, 3 * units), b (3 * units,).

    >>> cell = CoupledLSTMCell(5)
    >>> output, (h, c) = cell(ops.ones((3, 4)), cell.get_initial_state(3))
    >>> tuple(h.shape), tuple(c.shape), tuple(cell.kernel.shape)
    ((3, 5), (3, 5), (4, 15))

    Args: see `cells.LSTMCell`.

    Source: Greff, K. et al. (2017). LSTM: a search space odyssey. IEEE Transactions on Neural Networks and
    Learning Systems 28(10), 2222-2232. The paper calls it "CIFG" (coupled input and forget gate).
    """

    gates = ("f", "c", "o")

    def _initial_bias(self, shape, dtype=None):
        bias = self.bias_initializer(shape, dtype=dtype)
        if not self.unit_forget_bias:
            return bias
        return ops.concatenate([ops.ones((self.units,), dtype=dtype), bias[self.units :]])

    def step(self, projected, states, training=False, record=None):
        h, c = states  # (batch, units) each
        f, candidate, o = ops.split(projected + self._recurrent(h, training), 3, axis=-1)
        f = self.recurrent_activation(f)
        o = self.recurrent_activation(o)
        candidate = self.activation(candidate)
        c = f * c + (1 - f) * candidate
        h = self._output(o, c)
        if record is not None:
            record.update(f=f, candidate=candidate, o=o)
        return h, [h, c]


@keras.saving.register_keras_serializable("course_lib")
class LinearOutputLSTMCell(cells.LSTMCell):
    """An LSTM as some lecture notes write it, without the last tanh: h_t = o_t * c_t.

    The other equations and all weights are those of `LSTMCell`. The hidden state is no longer bounded
    by 1, since c_t is not.

    >>> cell = LinearOutputLSTMCell(2)
    >>> output, (h, c) = cell(ops.ones((1, 4)), [ops.zeros((1, 2)), ops.full((1, 2), 100.0)])
    >>> bool(ops.all(h > 1))
    True

    Args: see `cells.LSTMCell`.

    Source: Greff, K. et al. (2017). LSTM: a search space odyssey. IEEE Transactions on Neural Networks and
    Learning Systems 28(10), 2222-2232. The paper calls it "NOAF" (no output activation function).
    """

    def _output(self, o, c):
        return o * c
