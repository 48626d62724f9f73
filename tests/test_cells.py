"""The cells by themselves, row by row of the table in equations.py: a step, configuration, dropout,
penalties and constraints, saving, and what they refuse."""

import inspect
import subprocess
import sys

from course_lib import cells, recurrent, variants

import keras
import numpy as np
import parity
import pytest
from equations import CELLS, KERAS_CELLS, ONE_OF_EACH
from keras import ops

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
STEP = parity.random_inputs()[:, 0]


@pytest.mark.parametrize("name", CELLS)
def test_a_step_computes_the_equations(name):
    row, cell = CELLS[name], parity.cell_of(name)
    assert cell.state_names == row.states
    states = parity.random_states(cell)
    output, new = cell(ops.convert_to_tensor(STEP), [ops.convert_to_tensor(s) for s in states])
    _, expected, inside = row.run(cell, STEP[:, None], states=states)
    parity.same(output, inside["h"][:, 0])
    for mine, other in zip(new, expected, strict=True):
        parity.same(mine, other)


@pytest.mark.parametrize("name", CELLS)
def test_projecting_a_sequence_is_projecting_each_step(name):
    cell = parity.cell_of(name)
    inputs = parity.random_inputs()
    whole = ops.convert_to_numpy(cell.project(inputs))
    assert whole.shape == (parity.BATCH, parity.TIME, len(cell.gates) * parity.UNITS)
    for t in range(parity.TIME):
        parity.same(whole[:, t], cell.project(inputs[:, t]), 1e-14)


def test_a_bare_state_comes_back_bare():
    cell = cells.GRUCell(parity.UNITS)
    inputs = ops.convert_to_tensor(STEP, dtype="float32")
    output, state = cell(inputs, ops.zeros((parity.BATCH, parity.UNITS)))
    assert not isinstance(state, list)
    assert tuple(output.shape) == tuple(state.shape) == (parity.BATCH, parity.UNITS)


@pytest.mark.parametrize("name", ONE_OF_EACH)
def test_states_start_at_zero_in_the_compute_dtype(name):
    cell = CELLS[name].cell(parity.UNITS, dtype="mixed_float16")
    states = cell.get_initial_state(parity.BATCH)
    assert len(states) == len(CELLS[name].states)
    for state in states:
        assert keras.backend.standardize_dtype(state.dtype) == "float16"
        np.testing.assert_array_equal(
            ops.convert_to_numpy(state), np.zeros((parity.BATCH, parity.UNITS)), strict=False
        )


@pytest.mark.parametrize("gates", [("z", "h"), ("h", "z"), ("r",), ("z", "r", "h")])
def test_the_recurrent_product_is_that_of_the_named_gates_in_their_order(gates):
    cell = parity.cell_of("GRU", recurrent_dropout=0.5, seed=1)
    h = parity.random_states(cell)[0]
    blocks = np.split(ops.convert_to_numpy(cell.recurrent_kernel), 3, axis=1)
    masks = [ops.convert_to_numpy(m) for m in cell.get_recurrent_dropout_mask(h)]
    chosen = [("z", "r", "h").index(gate) for gate in gates]
    tensor = ops.convert_to_tensor(h)
    parity.same(
        cell._recurrent(tensor, False, gates),
        np.concatenate([h @ blocks[gate] for gate in chosen], axis=1),
    )
    parity.same(
        cell._recurrent(tensor, True, gates),
        np.concatenate([(h * masks[gate]) @ blocks[gate] for gate in chosen], axis=1),
    )


# -- dropout ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "rates",
    [
        {"dropout": 0.4, "implementation": 2},
        {"dropout": 0.4, "implementation": 1},
        {"recurrent_dropout": 0.4},
        {"dropout": 0.4, "recurrent_dropout": 0.3},
    ],
    ids=["inputs, one mask", "inputs, a mask for each gate", "states", "both"],
)
@pytest.mark.parametrize("name", ONE_OF_EACH)
def test_dropout_multiplies_every_step_by_the_same_masks(name, rates):
    """With one sequence, (x * mask) W is x (mask * W): the equations with other weights."""
    row = CELLS[name]
    layer = parity.layer_of(name, return_sequences=True, cell={**rates, "seed": 1})
    cell, inputs = layer.cell, parity.random_inputs(batch=1)
    (h,) = cell.get_initial_state(1)[:1]
    drawn = {
        "kernel": cell.get_dropout_mask(ops.convert_to_tensor(inputs[:, 0])),
        "recurrent_kernel": cell.get_recurrent_dropout_mask(h),
    }
    weights = row.weights(cell)
    dropped = 0
    for kernel, masks in drawn.items():
        if masks is None:
            continue
        one_for_each = rates != {"dropout": 0.4, "implementation": 2} and len(cell.gates) > 1
        assert isinstance(masks, list) == one_for_each
        masks = masks if one_for_each else [masks] * len(cell.gates)
        columns = [np.repeat(ops.convert_to_numpy(mask).T, parity.UNITS, axis=1) for mask in masks]
        weights[kernel] = weights[kernel] * np.concatenate(columns, axis=1)
        dropped += np.sum(weights[kernel] == 0)
    assert dropped
    parity.same(layer(inputs, training=True), row.run(cell, inputs, weights)[0])
    parity.same(layer(inputs, training=False), row.run(cell, inputs)[0])


# -- penalties and constraints ---------------------------------------------------------------------


@pytest.mark.parametrize("part", ["kernel", "recurrent", "bias"])
@pytest.mark.parametrize("name", ONE_OF_EACH)
def test_a_penalty_falls_on_its_own_weight(name, part):
    penalty = {f"{part}_regularizer": keras.regularizers.L2(0.25)}
    layer = parity.layer_of(name, cell=penalty)
    weight = layer.cell.recurrent_kernel if part == "recurrent" else getattr(layer.cell, part)
    assert len(layer.losses) == 1
    parity.same(layer.losses[0], 0.25 * np.sum(ops.convert_to_numpy(weight) ** 2))


@pytest.mark.parametrize("part", ["kernel", "recurrent", "bias"])
@pytest.mark.parametrize("name", ONE_OF_EACH)
def test_a_constraint_holds_its_own_weight_after_an_update(name, part):
    """Every update here sets weights to 0.5; the constraint then makes entries of one of them 0.25."""

    class Halved(keras.constraints.Constraint):
        def __call__(self, weight):
            return weight / 2

    layer = parity.layer_of(name, cell={f"{part}_constraint": Halved()})
    gradients = [ops.convert_to_tensor(weight.value - 0.5) for weight in layer.trainable_variables]
    keras.optimizers.SGD(1.0).apply(gradients, layer.trainable_variables)
    constrained = {"kernel": "kernel", "recurrent": "recurrent_kernel", "bias": "bias"}[part]
    for weight in layer.cell.weights:
        expected = 0.25 if weight.name == constrained else 0.5
        parity.same(weight, np.full(weight.shape, expected))


# -- configuration and saving ----------------------------------------------------------------------


@pytest.mark.parametrize("name", CELLS)
def test_a_cell_is_made_again_from_its_configuration(name):
    row = CELLS[name]
    cell = row.cell(3, **{**EVERYTHING, **row.arguments})
    config = cell.get_config()
    assert row.cell.from_config(config).get_config() == config
    for argument, value in row.arguments.items():
        assert config[argument] == value
    arguments = inspect.signature(row.cell).parameters
    assert set(arguments) - {"kwargs"} <= set(config), "an argument is missing from get_config"


@pytest.mark.parametrize("name", KERAS_CELLS)
def test_the_configuration_holds_kerass(name):
    row = CELLS[name]
    for ours, theirs in [
        (row.cell, getattr(keras.layers, f"{row.keras}Cell")),
        (getattr(recurrent, row.keras), getattr(keras.layers, row.keras)),
    ]:
        for arguments in ({}, {**EVERYTHING, **row.arguments}):
            config = ours(3, **arguments).get_config()
            expected = theirs(3, **arguments).get_config()
            assert {name: config[name] for name in expected} == {**expected, "name": config["name"]}
            assert ours.from_config(config).get_config() == config


def saved_model():
    """Every row of the table, Keras's loop, a stack and a layer that makes its own cell."""
    inputs = keras.Input((None, parity.FEATURES))
    outputs = [
        recurrent.RNN(row.cell(3, **row.arguments))(inputs)
        for name, row in CELLS.items()
        if name in ONE_OF_EACH or row.arguments
    ]
    hidden = keras.layers.Bidirectional(recurrent.LSTM(2, return_sequences=True))(inputs)
    stacked = keras.layers.StackedRNNCells([cells.LSTMCell(3), variants.CoupledLSTMCell(2)])
    hidden = keras.layers.RNN(stacked, return_sequences=True)(hidden)
    outputs.append(recurrent.SimpleRNN(2, activation="relu")(hidden))
    return keras.Model(inputs, keras.layers.Concatenate()(outputs))


FRESH = """
import sys
import course_lib.recurrent, course_lib.variants
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
    np.testing.assert_allclose(np.load(files[2]), ops.convert_to_numpy(model(inputs)), atol=1e-5)


# -- bad input -------------------------------------------------------------------------------------


@pytest.mark.parametrize("units", [0, -3, 2.5, True, None, "8"])
@pytest.mark.parametrize("name", ONE_OF_EACH)
def test_units_must_be_a_positive_integer(name, units):
    with pytest.raises(ValueError, match=f"positive integer. Received: units={units!r}"):
        CELLS[name].cell(units)


@pytest.mark.parametrize("name", ONE_OF_EACH)
def test_an_unknown_activation_is_named_with_a_suggestion(name):
    with pytest.raises(ValueError, match=r"activation='tanhh'. Did you mean 'tanh'?"):
        CELLS[name].cell(2, activation="tanhh")


@pytest.mark.parametrize("name", [n for n in ONE_OF_EACH if "RNN" not in n])
def test_an_unknown_recurrent_activation_is_named(name):
    with pytest.raises(ValueError, match=r"recurrent_activation='sigmoyd'. Did you mean 'sigmoid'"):
        CELLS[name].cell(2, recurrent_activation="sigmoyd")


@pytest.mark.parametrize("rate", [-0.1, 1.0, 1.5, float("nan")])
@pytest.mark.parametrize("argument", ["dropout", "recurrent_dropout"])
def test_rates_must_lie_in_the_half_open_unit_interval(argument, rate):
    with pytest.raises(ValueError, match=f"Expected 0 <= {argument} < 1. Received: {argument}="):
        cells.LSTMCell(2, **{argument: rate})


def test_another_implementation_is_refused():
    with pytest.raises(ValueError, match=r"`implementation` to be one of 0, 1, 2. Received: .*=3"):
        cells.LSTMCell(2, implementation=3)


@pytest.mark.parametrize("name", ONE_OF_EACH)
def test_wrong_inputs_are_refused(name):
    cell = CELLS[name].cell(parity.UNITS)
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
