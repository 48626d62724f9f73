"""What the course assumes of Keras, each assumption in a test of its own.

An upgrade that changes one of these breaks the test that names it, here, and not a lesson somewhere.
"""

import keras
import numpy as np
import pytest
from keras import ops

BATCH, TIME, FEATURES, UNITS = 2, 5, 3, 4
RNG = np.random.default_rng(0)
INPUTS = RNG.normal(size=(BATCH, TIME, FEATURES)).astype("float32")


def sigmoid(x):
    return 1 / (1 + np.exp(-x))


def with_random_weights(layer):
    layer.build(INPUTS.shape)
    layer.set_weights([RNG.normal(size=w.shape) for w in layer.get_weights()])
    return layer


def test_an_embedding_makes_the_mask_and_passes_it_on():
    embedding = keras.layers.Embedding(10, 3, mask_zero=True)
    mask = ops.convert_to_numpy(embedding.compute_mask(np.array([[0, 4, 0]])))
    np.testing.assert_array_equal(mask, [[False, True, False]])


@pytest.mark.parametrize("name", ["SimpleRNN", "GRU", "LSTM"])
def test_an_explicit_mask_equals_the_mask_an_embedding_sends(name):
    """Keras 3.16 will stop passing masks on by itself; the explicit form must mean the same."""
    ids = np.array([[0, 0, 1, 2, 3], [4, 5, 0, 1, 0]])
    embedding = keras.layers.Embedding(6, FEATURES, mask_zero=True)
    layer = with_random_weights(getattr(keras.layers, name)(UNITS))
    sent = layer(embedding(ids))
    explicit = layer(embedding(ids), mask=ids != 0)
    np.testing.assert_array_equal(ops.convert_to_numpy(sent), ops.convert_to_numpy(explicit))


def test_a_masked_step_repeats_the_state_and_the_output():
    layer = with_random_weights(keras.layers.GRU(UNITS, return_sequences=True))
    mask = np.array([[True, True, False, True, False]] * BATCH)
    outputs = ops.convert_to_numpy(layer(INPUTS, mask=mask))
    np.testing.assert_array_equal(outputs[:, 2], outputs[:, 1])
    np.testing.assert_array_equal(outputs[:, 4], outputs[:, 3])
    kept = ops.convert_to_numpy(layer(INPUTS[:, [0, 1, 3]]))
    np.testing.assert_allclose(outputs[:, 3], kept[:, 2], atol=1e-6)


def test_bidirectional_outputs_zeros_where_masked():
    layer = keras.layers.Bidirectional(keras.layers.GRU(UNITS, return_sequences=True))
    mask = np.array([[True, True, False, True, False]] * BATCH)
    outputs = ops.convert_to_numpy(layer(INPUTS, mask=mask))
    np.testing.assert_array_equal(outputs[:, ~mask[0]], 0.0)


def test_the_gates_of_a_gru_stand_in_the_order_z_r_h():
    layer = with_random_weights(keras.layers.GRUCell(UNITS))
    kernel, recurrent_kernel, bias = layer.get_weights()
    x, h = INPUTS[:, 0], RNG.normal(size=(BATCH, UNITS)).astype("float32")
    x_z, x_r, x_h = np.split(x @ kernel + bias[0], 3, axis=1)
    h_z, h_r, h_h = np.split(h @ recurrent_kernel + bias[1], 3, axis=1)
    z, r = sigmoid(x_z + h_z), sigmoid(x_r + h_r)
    expected = z * h + (1 - z) * np.tanh(x_h + r * h_h)
    output, _ = layer(x, [h])
    np.testing.assert_allclose(ops.convert_to_numpy(output), expected, atol=1e-5)


def test_the_gates_of_an_lstm_stand_in_the_order_i_f_c_o():
    layer = with_random_weights(keras.layers.LSTMCell(UNITS))
    kernel, recurrent_kernel, bias = layer.get_weights()
    x = INPUTS[:, 0]
    h, c = RNG.normal(size=(2, BATCH, UNITS)).astype("float32")
    i, f, candidate, o = np.split(x @ kernel + h @ recurrent_kernel + bias, 4, axis=1)
    expected_c = sigmoid(f) * c + sigmoid(i) * np.tanh(candidate)
    output, (_, new_c) = layer(x, [h, c])
    np.testing.assert_allclose(ops.convert_to_numpy(new_c), expected_c, atol=1e-5)
    np.testing.assert_allclose(
        ops.convert_to_numpy(output), sigmoid(o) * np.tanh(expected_c), atol=1e-5
    )


def test_reset_after_is_the_default_and_has_two_biases():
    assert keras.layers.GRU(UNITS).reset_after is True
    for reset_after, shape in [(True, (2, 3 * UNITS)), (False, (3 * UNITS,))]:
        cell = keras.layers.GRUCell(UNITS, reset_after=reset_after)
        cell.build((None, FEATURES))
        assert tuple(cell.bias.shape) == shape


def test_the_forget_bias_starts_at_one():
    cell = keras.layers.LSTMCell(UNITS)
    cell.build((None, FEATURES))
    gates = cell.get_weights()[2].reshape(4, UNITS)
    np.testing.assert_array_equal(gates, [[0] * UNITS, [1] * UNITS, [0] * UNITS, [0] * UNITS])


def test_bidirectional_returns_forward_states_then_backward_states():
    layer = keras.layers.Bidirectional(keras.layers.LSTM(UNITS, return_state=True))
    output, *states = (ops.convert_to_numpy(tensor) for tensor in layer(INPUTS))
    assert len(states) == 4
    forward_h, _, backward_h, _ = states
    np.testing.assert_array_equal(output, np.concatenate([forward_h, backward_h], axis=1))
    _, h, c = layer.forward_layer(INPUTS)
    np.testing.assert_allclose(ops.convert_to_numpy(h), states[0], atol=1e-6)
    np.testing.assert_allclose(ops.convert_to_numpy(c), states[1], atol=1e-6)


def test_bidirectional_turns_the_backward_outputs_round():
    layer = keras.layers.Bidirectional(
        keras.layers.GRU(UNITS, return_sequences=True), merge_mode=None
    )
    _, backward = layer(INPUTS)
    alone = ops.flip(layer.backward_layer(INPUTS), axis=1)
    np.testing.assert_allclose(
        ops.convert_to_numpy(backward), ops.convert_to_numpy(alone), atol=1e-6
    )


def test_one_dropout_mask_serves_every_time_step():
    layer = keras.layers.SimpleRNN(
        64, dropout=0.5, activation=None, return_sequences=True, recurrent_initializer="zeros"
    )
    ones = np.ones((BATCH, TIME, 64), "float32")
    outputs = ops.convert_to_numpy(layer(ones, training=True))
    for t in range(1, TIME):
        np.testing.assert_allclose(outputs[:, t], outputs[:, 0], atol=1e-6)
    again = ops.convert_to_numpy(layer(ones, training=True))
    assert np.abs(again - outputs).max() > 0.01, "the next batch must draw a new mask"


def test_float64_is_kept_by_the_ops_of_a_cell_once_the_table_says_so():
    """tests/parity.py mends this table; without it tanh (JAX) and matmul (torch) return float32."""
    from keras.src.backend.common import dtypes

    def result_dtypes():
        x = ops.ones((2, 2), dtype="float64")
        results = ops.matmul(x, x), x * x, 1 - x, x + x, ops.tanh(x), ops.sigmoid(x), ops.relu(x)
        return {keras.backend.standardize_dtype(result.dtype) for result in results}

    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(dtypes.BIT64_TO_BIT32_DTYPE, "float64", "float64")
        assert result_dtypes() == {"float64"}
        if keras.backend.backend() != "tensorflow":
            # what Keras does by itself; where it no longer does, parity.py need not mend it
            patch.setitem(dtypes.BIT64_TO_BIT32_DTYPE, "float64", "float32")
            assert "float32" in result_dtypes()


def test_the_dropout_base_class_is_where_we_import_it_from():
    from keras.src.layers.rnn.dropout_rnn_cell import DropoutRNNCell

    for cell in (keras.layers.SimpleRNNCell, keras.layers.GRUCell, keras.layers.LSTMCell):
        assert issubclass(cell, DropoutRNNCell)
    for method in ("get_dropout_mask", "get_recurrent_dropout_mask", "reset_dropout_mask"):
        assert callable(getattr(DropoutRNNCell, method))


def test_the_loop_over_time_is_where_we_import_it_from_and_returns_what_we_read():
    """`course_lib.recurrent.RNN` gives it the step and the projected sequence."""
    from keras.src import backend

    def step(x, states):
        (total,) = states
        return total + x, [total + x]

    total = INPUTS.cumsum(axis=1)
    inputs, zeros = ops.convert_to_tensor(INPUTS), ops.zeros((BATCH, FEATURES))
    options = {"go_backwards": False, "mask": None, "unroll": False, "input_length": TIME}
    for zero, everything in [(False, False), (True, True)]:
        last, outputs, (state,) = backend.rnn(
            step,
            inputs,
            [zeros],
            **options,
            zero_output_for_mask=zero,
            return_all_outputs=everything,
        )
        for final in (last, state):
            np.testing.assert_allclose(ops.convert_to_numpy(final), total[:, -1], atol=1e-6)
        if everything:
            np.testing.assert_allclose(ops.convert_to_numpy(outputs), total, atol=1e-6)


def test_rnn_calls_inner_loop_and_prepares_masks_before_it():
    """`course_lib.recurrent.RNN` overrides inner_loop and leaves everything around it to Keras."""
    seen = {}

    class Probe(keras.layers.RNN):
        def inner_loop(self, sequences, initial_state, mask, training=False):
            seen.update(shape=tuple(sequences.shape), states=len(initial_state), training=training)
            seen["dropout"] = self.cell._dropout_mask is not None
            return super().inner_loop(sequences, initial_state, mask, training)

    layer = Probe(keras.layers.LSTMCell(UNITS, dropout=0.5))
    layer(INPUTS, training=True)
    assert seen == {"shape": INPUTS.shape, "states": 2, "training": True, "dropout": True}


def test_go_backwards_returns_the_sequence_backwards():
    forward = with_random_weights(keras.layers.GRU(UNITS, return_sequences=True))
    backward = keras.layers.GRU(UNITS, return_sequences=True, go_backwards=True)
    backward.build(INPUTS.shape)
    backward.set_weights(forward.get_weights())
    np.testing.assert_allclose(
        ops.convert_to_numpy(backward(INPUTS)),
        ops.convert_to_numpy(forward(INPUTS[:, ::-1].copy())),
        atol=1e-6,
    )


def test_states_of_stateful_layers_are_carried_by_the_trainers_but_not_on_jax():
    """`course_lib.training.ResetStates` refuses JAX. Fails here once Keras carries them there, too."""
    inputs = keras.Input(batch_shape=(BATCH, TIME, FEATURES))
    layer = keras.layers.GRU(UNITS, stateful=True)
    model = keras.Model(inputs, layer(inputs))
    first, second = np.split(
        model.predict(np.concatenate([INPUTS, INPUTS]), batch_size=BATCH, verbose=0), 2
    )
    carried = np.abs(second - first).max() > 1e-3
    assert carried == (keras.backend.backend() != "jax")
