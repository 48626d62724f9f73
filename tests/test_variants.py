"""The teaching variants against their equations, written out once more in NumPy, and in Keras's loop."""

from course_lib import cells, recurrent, variants

import keras
import numpy as np
import parity
import pytest
from keras import ops


def sigmoid(a):
    return 1 / (1 + np.exp(-a))


def irnn(x, h, weights):
    w, u, b = weights
    return (np.maximum(0, x @ w + h @ u + b),)


def simplified_gru(x, h, weights):
    w, u, b = weights
    z, candidate = np.split(x @ w + h @ u + b, 2, axis=1)
    return (sigmoid(z) * h + (1 - sigmoid(z)) * np.tanh(candidate),)


def peephole(x, h, c, weights):
    w, u, b, (p_i, p_f, p_o) = weights
    i, f, candidate, o = np.split(x @ w + h @ u + b, 4, axis=1)
    new = sigmoid(f + p_f * c) * c + sigmoid(i + p_i * c) * np.tanh(candidate)
    return sigmoid(o + p_o * new) * np.tanh(new), new


def coupled(x, h, c, weights):
    w, u, b = weights
    f, candidate, o = np.split(x @ w + h @ u + b, 3, axis=1)
    c = sigmoid(f) * c + (1 - sigmoid(f)) * np.tanh(candidate)
    return sigmoid(o) * np.tanh(c), c


def linear_output(x, h, c, weights):
    w, u, b = weights
    i, f, candidate, o = np.split(x @ w + h @ u + b, 4, axis=1)
    c = sigmoid(f) * c + sigmoid(i) * np.tanh(candidate)
    return sigmoid(o) * c, c


EQUATIONS = {
    variants.IRNNCell: irnn,
    variants.SimplifiedGRUCell: simplified_gru,
    variants.PeepholeLSTMCell: peephole,
    variants.CoupledLSTMCell: coupled,
    variants.LinearOutputLSTMCell: linear_output,
}


@pytest.fixture(params=EQUATIONS, ids=lambda variant: variant.__name__)
def variant(request):
    return request.param


def layer_of(variant, loop=keras.layers.RNN, dtype="float64", **arguments):
    layer = loop(variant(parity.UNITS, dtype=dtype), dtype=dtype, **arguments)
    layer.build((parity.BATCH, parity.TIME, parity.FEATURES))
    parity.set_random_weights(layer)
    return layer


@pytest.mark.parametrize("loop", [keras.layers.RNN, recurrent.RNN], ids=["Keras's", "ours"])
@pytest.mark.parametrize("mask", ["no mask", "inside"])
def test_a_layer_computes_the_equations(variant, loop, mask):
    layer = layer_of(variant, loop, return_sequences=True, return_state=True)
    inputs, mask = parity.random_inputs(), parity.MASKS[mask]
    arguments = {} if mask is None else {"mask": ops.convert_to_tensor(mask)}
    outputs, *states = [ops.convert_to_numpy(o) for o in layer(inputs, **arguments)]

    real = np.ones(inputs.shape[:2], bool) if mask is None else mask
    expected = [np.zeros((parity.BATCH, parity.UNITS))] * len(states)
    for t in range(parity.TIME):
        new = EQUATIONS[variant](inputs[:, t], *expected, layer.get_weights())
        expected = [
            np.where(real[:, t, None], n, old) for n, old in zip(new, expected, strict=True)
        ]
        np.testing.assert_allclose(outputs[:, t], expected[0], atol=1e-12)
    for state, other in zip(states, expected, strict=True):
        np.testing.assert_allclose(state, other, atol=1e-12)


def test_both_loops_have_the_same_gradients(variant):
    ours, theirs = (
        layer_of(variant, loop, return_sequences=True) for loop in (recurrent.RNN, keras.layers.RNN)
    )
    mask = ops.convert_to_tensor(parity.MASKS["right"])
    assert parity.disagreement(ours, theirs, parity.random_inputs(), mask=mask) <= 1e-10


def test_a_saved_variant_loads_with_its_arguments(variant, tmp_path):
    inputs = keras.Input((parity.TIME, parity.FEATURES))
    cell = variant(3, activation="softsign", dropout=0.1, use_bias=True)
    model = keras.Model(inputs, keras.layers.RNN(cell)(inputs))
    parity.set_random_weights(model)
    model.save(tmp_path / "model.keras")
    loaded = keras.models.load_model(tmp_path / "model.keras")
    assert loaded.layers[1].cell.get_config() == cell.get_config()
    x = parity.random_inputs().astype("float32")
    np.testing.assert_allclose(*(ops.convert_to_numpy(m(x)) for m in (model, loaded)), atol=1e-6)


def test_variants_run_backwards_stacked_and_unbiased(variant):
    stack = keras.layers.StackedRNNCells([variant(3, use_bias=False), variant(2)])
    layer = keras.layers.Bidirectional(keras.layers.RNN(stack))
    assert layer(parity.random_inputs().astype("float32")).shape == (parity.BATCH, 4)


# -- what makes each of them what it is ------------------------------------------------------------


def test_an_untrained_irnn_copies_its_state():
    cell = variants.IRNNCell(parity.UNITS)
    state = np.random.default_rng(1).uniform(size=(2, parity.UNITS)).astype("float32")
    output, _ = cell(np.zeros((2, parity.FEATURES), "float32"), [state])
    np.testing.assert_array_equal(ops.convert_to_numpy(output), state)


@pytest.mark.parametrize("special", [variants.PeepholeLSTMCell])
def test_without_peepholes_it_is_an_lstm(special):
    plain, special = layer_of(cells.LSTMCell), layer_of(special)
    special.set_weights([*plain.get_weights(), np.zeros((3, parity.UNITS))])
    x = parity.random_inputs()
    np.testing.assert_array_equal(*(ops.convert_to_numpy(layer(x)) for layer in (plain, special)))


def test_forget_gates_start_at_one():
    for cell_class, start in [
        (variants.CoupledLSTMCell, 0),
        (variants.PeepholeLSTMCell, parity.UNITS),
    ]:
        cell = cell_class(parity.UNITS)
        cell.build((None, parity.FEATURES))
        expected = np.zeros(cell.bias.shape)
        expected[start : start + parity.UNITS] = 1
        np.testing.assert_array_equal(ops.convert_to_numpy(cell.bias), expected)
        cell = cell_class(parity.UNITS, unit_forget_bias=False)
        cell.build((None, parity.FEATURES))
        assert not ops.convert_to_numpy(cell.bias).any()


# -- looking inside --------------------------------------------------------------------------------

GATES = {
    cells.SimpleRNNCell: {"h"},
    variants.IRNNCell: {"h"},
    cells.GRUCell: {"z", "r", "candidate", "h"},
    variants.SimplifiedGRUCell: {"z", "candidate", "h"},
    cells.LSTMCell: {"i", "f", "candidate", "o", "h", "c"},
    variants.PeepholeLSTMCell: {"i", "f", "candidate", "o", "h", "c"},
    variants.CoupledLSTMCell: {"f", "candidate", "o", "h", "c"},
    variants.LinearOutputLSTMCell: {"i", "f", "candidate", "o", "h", "c"},
}


@pytest.mark.parametrize("cell_class", GATES, ids=lambda c: c.__name__)
@pytest.mark.parametrize("backwards", [False, True], ids=["forwards", "backwards"])
def test_recorded_states_are_the_layers_own(cell_class, backwards):
    layer = layer_of(cell_class, recurrent.RNN, return_sequences=True, go_backwards=backwards)
    inputs, mask = parity.random_inputs(), parity.MASKS["inside"]
    recorded = recurrent.record(layer, inputs, mask=mask)
    assert set(recorded) == GATES[cell_class]
    outputs = ops.convert_to_numpy(layer(inputs, mask=ops.convert_to_tensor(mask)))
    outputs = outputs[:, ::-1] if backwards else outputs
    np.testing.assert_allclose(recorded["h"][mask], outputs[mask], atol=1e-12)
    for name, values in recorded.items():
        assert values.shape == (parity.BATCH, parity.TIME, parity.UNITS)
        assert np.isfinite(values[mask]).all()
        if name not in ("h", "c"):
            assert np.isnan(values[~mask]).all()


def test_recorded_gates_obey_the_equations():
    """h and c follow from the recorded gates, so no two names can have been exchanged."""
    inputs = parity.random_inputs()
    gru = recurrent.record(layer_of(cells.GRUCell, recurrent.RNN), inputs)
    old = np.concatenate([np.zeros_like(gru["h"][:, :1]), gru["h"][:, :-1]], axis=1)
    np.testing.assert_allclose(gru["h"], gru["z"] * old + (1 - gru["z"]) * gru["candidate"])

    lstm = recurrent.record(layer_of(cells.LSTMCell, recurrent.RNN), inputs)
    old = np.concatenate([np.zeros_like(lstm["c"][:, :1]), lstm["c"][:, :-1]], axis=1)
    np.testing.assert_allclose(lstm["c"], lstm["f"] * old + lstm["i"] * lstm["candidate"])
    np.testing.assert_allclose(lstm["h"], lstm["o"] * np.tanh(lstm["c"]))


def test_record_starts_from_the_given_state():
    layer = layer_of(cells.LSTMCell, recurrent.RNN)
    inputs = parity.random_inputs()
    whole = recurrent.record(layer, inputs)
    rest = recurrent.record(
        layer, inputs[:, 3:], initial_state=[whole["h"][:, 2], whole["c"][:, 2]]
    )
    np.testing.assert_allclose(rest["o"], whole["o"][:, 3:], atol=1e-12)


def test_record_refuses_what_it_cannot_look_into():
    inputs = parity.random_inputs()
    for layer in (keras.layers.LSTM(2), keras.layers.Dense(2)):
        with pytest.raises(ValueError, match="record expected a layer of"):
            recurrent.record(layer, inputs)
