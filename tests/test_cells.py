"""The cells by themselves: the split of a step, configuration, saving, and what they refuse."""

import subprocess
import sys

from course_lib import cells, recurrent

import keras
import numpy as np
import parity
import pytest
from keras import ops

CELLS = (cells.SimpleRNNCell, cells.GRUCell, cells.LSTMCell)
EVERYTHING = {
    "activation": "softsign",
    "use_bias": True,
    "kernel_initializer": "he_normal",
    "recurrent_initializer": "glorot_normal",
    "bias_initializer": "ones",
    "kernel_regularizer": "l2",
    "recurrent_regularizer": "l1",
    "bias_regularizer": "l1",
    "kernel_constraint": "max_norm",
    "recurrent_constraint": "unit_norm",
    "bias_constraint": "non_neg",
    "dropout": 0.25,
    "recurrent_dropout": 0.5,
    "seed": 7,
}


@pytest.mark.parametrize("cell_class", CELLS)
def test_projecting_a_sequence_is_projecting_each_step(cell_class):
    cell = cell_class(parity.UNITS, dtype="float64")
    cell.build((None, parity.FEATURES))
    parity.set_random_weights(cell)
    inputs = parity.random_inputs()
    whole = ops.convert_to_numpy(cell.project(inputs))
    assert whole.shape == (parity.BATCH, parity.TIME, len(cell.gates) * parity.UNITS)
    for t in range(parity.TIME):
        np.testing.assert_allclose(
            whole[:, t], ops.convert_to_numpy(cell.project(inputs[:, t])), atol=1e-14
        )


@pytest.mark.parametrize("cell_class", CELLS)
def test_call_is_step_after_project(cell_class):
    cell = cell_class(parity.UNITS)
    inputs = ops.convert_to_tensor(parity.random_inputs()[:, 0], dtype="float32")
    states = cell.get_initial_state(parity.BATCH)
    called, _ = cell(inputs, states)
    stepped, _ = cell.step(cell.project(inputs), states)
    np.testing.assert_array_equal(ops.convert_to_numpy(called), ops.convert_to_numpy(stepped))


def test_a_bare_state_comes_back_bare():
    cell = cells.GRUCell(parity.UNITS)
    inputs = ops.convert_to_tensor(parity.random_inputs()[:, 0], dtype="float32")
    output, state = cell(inputs, ops.zeros((parity.BATCH, parity.UNITS)))
    assert not isinstance(state, list)
    assert tuple(output.shape) == tuple(state.shape) == (parity.BATCH, parity.UNITS)


@pytest.mark.parametrize("name", ["SimpleRNN", "GRU", "LSTM"])
def test_the_configuration_is_complete(name):
    for ours, theirs in [
        (getattr(cells, f"{name}Cell"), getattr(keras.layers, f"{name}Cell")),
        (getattr(recurrent, name), getattr(keras.layers, name)),
    ]:
        config = ours(3, **EVERYTHING).get_config()
        expected = theirs(3, **EVERYTHING).get_config()
        assert set(expected) <= set(config)
        assert {k: config[k] for k in expected if k != "name"} == {
            k: v for k, v in expected.items() if k != "name"
        }
        assert ours.from_config(config).get_config() == config


@pytest.mark.parametrize("name", ["SimpleRNN", "GRU", "LSTM"])
def test_regularizers_and_constraints_act(name):
    def penalties(module):
        keras.utils.set_random_seed(1)
        layer = getattr(module, name)(3, **{**EVERYTHING, "dropout": 0, "recurrent_dropout": 0})
        layer(parity.random_inputs().astype("float32"))
        layer.weights[0].assign(layer.weights[0].constraint(layer.weights[0] * 10))
        losses = [float(ops.convert_to_numpy(loss)) for loss in layer.losses]
        return losses, ops.convert_to_numpy(layer.weights[0])

    (mine, kernel), (other, expected) = penalties(recurrent), penalties(keras.layers)
    np.testing.assert_allclose(mine, other, rtol=1e-6)
    np.testing.assert_allclose(kernel, expected, rtol=1e-6)


def saved_model():
    inputs = keras.Input((None, parity.FEATURES))
    hidden = recurrent.RNN(cells.GRUCell(3, reset_after=False), return_sequences=True)(inputs)
    hidden = keras.layers.Bidirectional(recurrent.LSTM(2, return_sequences=True))(hidden)
    stacked = keras.layers.StackedRNNCells([cells.LSTMCell(3), cells.SimpleRNNCell(2)])
    hidden = keras.layers.RNN(stacked, return_sequences=True)(hidden)
    return keras.Model(inputs, recurrent.SimpleRNN(2, activation="relu")(hidden))


FRESH = """
import sys
import course_lib.recurrent
import keras, numpy
model = keras.models.load_model(sys.argv[1])
inputs = numpy.load(sys.argv[2])
numpy.save(sys.argv[3], keras.ops.convert_to_numpy(model(inputs)))
"""


def test_a_saved_model_loads_in_a_fresh_process_that_imports_only_course_lib(tmp_path):
    model = saved_model()
    parity.set_random_weights(model)
    inputs = parity.random_inputs().astype("float32")
    files = [str(tmp_path / name) for name in ("model.keras", "in.npy", "out.npy")]
    model.save(files[0])
    np.save(files[1], inputs)
    subprocess.run([sys.executable, "-c", FRESH, *files], check=True)
    np.testing.assert_allclose(np.load(files[2]), ops.convert_to_numpy(model(inputs)), atol=1e-6)


# -- bad input -------------------------------------------------------------------------------------


@pytest.mark.parametrize("units", [0, -3, 2.5, True, None, "8"])
@pytest.mark.parametrize("cell_class", CELLS)
def test_units_must_be_a_positive_integer(cell_class, units):
    with pytest.raises(ValueError, match=f"positive integer. Received: units={units!r}"):
        cell_class(units)


@pytest.mark.parametrize("cell_class", CELLS)
def test_an_unknown_activation_is_named_with_a_suggestion(cell_class):
    with pytest.raises(ValueError, match=r"activation='tanhh'. Did you mean 'tanh'?"):
        cell_class(2, activation="tanhh")


@pytest.mark.parametrize("cell_class", CELLS[1:])
def test_an_unknown_recurrent_activation_is_named(cell_class):
    with pytest.raises(ValueError, match=r"recurrent_activation='sigmoyd'. Did you mean 'sigmoid'"):
        cell_class(2, recurrent_activation="sigmoyd")


@pytest.mark.parametrize("rate", [-0.1, 1.0, 1.5, float("nan")])
@pytest.mark.parametrize("argument", ["dropout", "recurrent_dropout"])
def test_rates_must_lie_in_the_half_open_unit_interval(argument, rate):
    with pytest.raises(ValueError, match=f"Expected 0 <= {argument} < 1. Received: {argument}="):
        cells.LSTMCell(2, **{argument: rate})


@pytest.mark.parametrize("cell_class", CELLS)
def test_wrong_inputs_are_refused(cell_class):
    cell = cell_class(parity.UNITS)
    states = cell.get_initial_state(parity.BATCH)
    cell(np.zeros((parity.BATCH, parity.FEATURES), "float32"), states)
    with pytest.raises(ValueError, match="expected ndim=2, found ndim=3"):
        cell(np.zeros((parity.BATCH, parity.TIME, parity.FEATURES), "float32"), states)
    with pytest.raises(ValueError, match="to have value 4, but received input with shape"):
        cell(np.zeros((parity.BATCH, 9), "float32"), states)
    with pytest.raises(ValueError, match="expected floating-point inputs, received dtype int32"):
        cell(np.zeros((parity.BATCH, parity.FEATURES), "int32"), states)


def test_an_unknown_feature_size_is_refused():
    with pytest.raises(ValueError, match="positive number of features"):
        cells.GRUCell(3).build((None, None))
