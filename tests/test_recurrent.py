"""Our layers against Keras's: same weights, then equal values and equal gradients."""

import inspect
import itertools

from course_lib import cells, recurrent

import keras
import numpy as np
import parity
import pytest
from keras import ops

LAYERS = ("SimpleRNN", "GRU", "LSTM")


@pytest.mark.parametrize("dtype", parity.TOLERANCE)
@pytest.mark.parametrize("mask", parity.MASKS)
@pytest.mark.parametrize("form", parity.FORMS)
def test_equals_keras_in_value_and_gradient(form, mask, dtype):
    name, arguments = parity.FORMS[form]
    ours, theirs = parity.pair(
        recurrent, name, **arguments, dtype=dtype, return_sequences=True, return_state=True
    )
    difference = parity.disagreement(ours, theirs, parity.random_inputs(), mask=parity.MASKS[mask])
    assert difference <= parity.TOLERANCE[dtype]


@pytest.mark.parametrize("options", list(itertools.product([False, True], repeat=4)))
@pytest.mark.parametrize("name", LAYERS)
def test_every_combination_of_layer_options_equals_keras(name, options):
    names = ("return_sequences", "return_state", "go_backwards", "unroll")
    ours, theirs = parity.pair(
        recurrent, name, dtype="float64", **dict(zip(names, options, strict=True))
    )
    inputs, inside = parity.random_inputs(), parity.MASKS["inside"]
    assert parity.disagreement(ours, theirs, inputs) <= 1e-10
    if keras.backend.backend() == "torch" and ours.go_backwards and ours.unroll:
        # Keras 3.15 itself cannot: it turns the mask round with torch.flip after torch.unbind made it
        # a tuple. Fails here once that is mended; then compare.
        with pytest.raises(AttributeError, match="'tuple' object has no attribute 'shape'"):
            theirs(inputs, mask=inside)
    else:
        assert parity.disagreement(ours, theirs, inputs, mask=inside) <= 1e-10


@pytest.mark.parametrize("name", LAYERS)
def test_starts_from_the_initial_state_it_is_given(name):
    ours, theirs = parity.pair(recurrent, name, dtype="float64", return_sequences=True)
    rng = np.random.default_rng(5)
    states = [rng.normal(size=(parity.BATCH, parity.UNITS)) for _ in ours.state_size]
    inputs = parity.random_inputs()
    assert parity.disagreement(ours, theirs, inputs, initial_state=states) <= 1e-10
    from_zero = ops.convert_to_numpy(ours(inputs))
    assert np.abs(from_zero - ops.convert_to_numpy(ours(inputs, initial_state=states))).max() > 0.01


@pytest.mark.parametrize("name", LAYERS)
def test_stateful_carries_the_state_between_batches_and_resets(name):
    ours, theirs = parity.pair(recurrent, name, dtype="float64", stateful=True)
    first, second = parity.random_inputs(1), parity.random_inputs(2)
    for inputs in (first, second):
        mine, other = (ops.convert_to_numpy(layer(inputs)) for layer in (ours, theirs))
        np.testing.assert_allclose(mine, other, atol=1e-10)
    whole = getattr(recurrent, name)(parity.UNITS, dtype="float64")
    whole.build(first.shape)
    whole.set_weights(ours.trainable_variables)
    expected = ops.convert_to_numpy(whole(np.concatenate([first, second], axis=1)))
    np.testing.assert_allclose(mine, expected, atol=1e-10)
    ours.reset_state()
    np.testing.assert_allclose(
        ops.convert_to_numpy(ours(first)), ops.convert_to_numpy(whole(first)), atol=1e-10
    )


@pytest.mark.parametrize("mask", parity.MASKS)
@pytest.mark.parametrize("name", LAYERS)
def test_equals_a_hand_written_loop_over_the_cell(name, mask):
    layer, _ = parity.pair(
        recurrent, name, dtype="float64", return_sequences=True, return_state=True
    )
    inputs, mask = parity.random_inputs(), parity.MASKS[mask]
    outputs, *states = (ops.convert_to_numpy(tensor) for tensor in layer(inputs, mask=mask))

    looped = [np.zeros((parity.BATCH, parity.UNITS)) for _ in layer.state_size]
    output = np.zeros((parity.BATCH, parity.UNITS))
    for t in range(parity.TIME):
        new_output, new_states = layer.cell(
            ops.convert_to_tensor(inputs[:, t]), [ops.convert_to_tensor(s) for s in looped]
        )
        keep = np.ones((parity.BATCH, 1), bool) if mask is None else mask[:, t : t + 1]
        output = np.where(keep, ops.convert_to_numpy(new_output), output)
        looped = [
            np.where(keep, ops.convert_to_numpy(new), old)
            for new, old in zip(new_states, looped, strict=True)
        ]
        np.testing.assert_allclose(outputs[:, t], output, atol=1e-12)
    for state, expected in zip(states, looped, strict=True):
        np.testing.assert_allclose(state, expected, atol=1e-12)


@pytest.mark.parametrize("mask", parity.MASKS)
@pytest.mark.parametrize("form", parity.FORMS)
def test_our_cells_run_inside_kerass_own_rnn(form, mask):
    name, arguments = parity.FORMS[form]
    cell = getattr(cells, f"{name}Cell")(parity.UNITS, **arguments, dtype="float64")
    ours = keras.layers.RNN(cell, return_sequences=True, return_state=True, dtype="float64")
    theirs = getattr(keras.layers, name)(
        parity.UNITS, **arguments, return_sequences=True, return_state=True, dtype="float64"
    )
    parity.built_pair(ours, theirs)
    difference = parity.disagreement(ours, theirs, parity.random_inputs(), mask=parity.MASKS[mask])
    assert difference <= 1e-10


@pytest.mark.parametrize(
    ("merge_mode", "return_sequences"),
    [("concat", False), ("concat", True), ("sum", False), ("mul", True), ("ave", False)],
)
@pytest.mark.parametrize("name", LAYERS)
def test_bidirectional_equals_keras(name, merge_mode, return_sequences):
    def wrapped(module):
        layer = getattr(module, name)(
            parity.UNITS, return_sequences=return_sequences, return_state=True, dtype="float64"
        )
        return keras.layers.Bidirectional(layer, merge_mode=merge_mode, dtype="float64")

    ours, theirs = parity.built_pair(wrapped(recurrent), wrapped(keras.layers))
    for mask in (None, parity.MASKS["left"], parity.MASKS["inside"]):
        assert parity.disagreement(ours, theirs, parity.random_inputs(), mask=mask) <= 1e-10


@pytest.mark.parametrize("outer", [keras.layers.RNN, recurrent.RNN])
def test_stacked_cells_equal_keras(outer):
    def stacked(module, outer):
        stack = [
            module.LSTMCell(parity.UNITS, dtype="float64"),
            module.GRUCell(6, dtype="float64"),
            module.SimpleRNNCell(2, dtype="float64"),
        ]
        stack = keras.layers.StackedRNNCells(stack, dtype="float64")
        return outer(stack, return_sequences=True, return_state=True, dtype="float64")

    ours = stacked(cells, outer)
    theirs = stacked(keras.layers, keras.layers.RNN)
    parity.built_pair(ours, theirs)
    for mask in (None, parity.MASKS["inside"]):
        assert parity.disagreement(ours, theirs, parity.random_inputs(), mask=mask) <= 1e-10


@pytest.mark.parametrize("implementation", [1, 2])
@pytest.mark.parametrize("rates", [(0.4, 0.0), (0.0, 0.4), (0.4, 0.3)])
@pytest.mark.parametrize("name", LAYERS)
def test_dropout_drops_what_keras_drops(name, rates, implementation):
    if name == "SimpleRNN" and implementation == 1:
        implementation = 2  # keras.layers.SimpleRNN has one form
    arguments = {"dropout": rates[0], "recurrent_dropout": rates[1], "seed": 11}
    if name != "SimpleRNN":
        arguments["implementation"] = implementation
        arguments["use_cudnn"] = (
            False  # Keras 3.15 fails with "auto" for dropout and implementation=1
        )
    ours, theirs = parity.pair(recurrent, name, dtype="float64", return_sequences=True, **arguments)
    inputs = parity.random_inputs()
    assert parity.disagreement(ours, theirs, inputs, training=True) <= 1e-10
    assert parity.disagreement(ours, theirs, inputs, training=False) <= 1e-10
    trained, tested = (
        ops.convert_to_numpy(ours(inputs, training=training)) for training in (True, False)
    )
    assert np.abs(trained - tested).max() > 0.01


@pytest.mark.parametrize("policy", ["mixed_float16", "mixed_bfloat16", "float16"])
@pytest.mark.parametrize("name", LAYERS)
def test_half_precision_computes_in_half_and_stays_close_to_keras(name, policy):
    # the weights are replaced, and neither JAX nor torch on a CPU can draw orthogonal ones in float16
    initial = {"recurrent_initializer": "glorot_uniform"}
    ours, theirs = parity.pair(recurrent, name, dtype=policy, return_sequences=True, **initial)
    inputs = parity.random_inputs().astype("float32")
    half = "bfloat16" if "bfloat16" in policy else "float16"
    for output in (mine := ours(inputs), other := theirs(inputs)):
        assert keras.backend.standardize_dtype(output.dtype) == half
    mine, other = (ops.convert_to_numpy(ops.cast(x, "float32")) for x in (mine, other))
    precision = 2**-8 if half == "bfloat16" else 2**-11
    assert np.abs(mine - other).max() <= 16 * precision


@pytest.mark.parametrize("name", LAYERS)
def test_float16_saturates_where_the_projection_overflows(name):
    layer = getattr(recurrent, name)(parity.UNITS, dtype="mixed_float16")
    inputs = np.full((parity.BATCH, parity.TIME, parity.FEATURES), 1000.0, "float32")
    layer.build(inputs.shape)
    layer.cell.kernel.assign(ops.full(layer.cell.kernel.shape, 100.0))  # x W = 400,000 > 65,504
    assert np.isinf(ops.convert_to_numpy(layer.cell.project(inputs))).all()
    output = ops.convert_to_numpy(layer(inputs)).astype("float32")
    assert np.isfinite(output).all()
    if name == "SimpleRNN":
        np.testing.assert_array_equal(output, 1.0)


@pytest.mark.parametrize("name", LAYERS)
def test_arguments_and_defaults_are_kerass(name):
    ours = inspect.signature(getattr(recurrent, name)).parameters
    theirs = inspect.signature(getattr(keras.layers, name)).parameters
    assert list(ours.values()) == list(theirs.values())


@pytest.mark.parametrize("name", LAYERS)
def test_initial_weights_have_kerass_names_and_values(name):
    layers = []
    for module in (recurrent, keras.layers):
        layer = getattr(module, name)(
            parity.UNITS,
            kernel_initializer=keras.initializers.GlorotUniform(seed=1),
            recurrent_initializer=keras.initializers.Orthogonal(seed=2),
            bias_initializer=keras.initializers.RandomNormal(seed=3),
            name="recurrent",
        )
        layer.build((None, None, parity.FEATURES))
        layers.append(layer)
    ours, theirs = layers
    assert [w.path for w in ours.weights] == [w.path for w in theirs.weights]
    for mine, other in zip(ours.get_weights(), theirs.get_weights(), strict=True):
        np.testing.assert_array_equal(mine, other)


@pytest.mark.parametrize("name", LAYERS)
def test_trains_in_a_model_with_unknown_length(name):
    inputs = keras.Input((None, parity.FEATURES))
    mask = keras.Input((None,), dtype="bool")
    hidden = getattr(recurrent, name)(parity.UNITS, return_sequences=True)(inputs, mask=mask)
    pooled = keras.layers.Bidirectional(getattr(recurrent, name)(2))(hidden, mask=mask)
    model = keras.Model([inputs, mask], keras.layers.Dense(1)(pooled))
    model.compile("adam", "mse")
    target = np.ones((parity.BATCH, 1))
    losses = []
    for length in (7, 4, 7, 4):
        x = parity.random_inputs(time=length)
        m = parity.MASKS["inside"][:, :length]
        losses.append(model.train_on_batch([x, m], target))
    assert np.isfinite(losses).all()
    assert losses[2] < losses[0]


# -- bad input -------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", LAYERS)
@pytest.mark.parametrize(
    ("shape", "expected"),
    [
        ((3, 4), "expected ndim=3, found ndim=2"),
        ((3, 7, 2, 4), "expected ndim=3, found ndim=4"),
        ((3, 7, 6), r"to have value 4, but received input with shape \(3, 7, 6\)"),
        ((3, 0, 4), r"at least one time step. Received inputs of shape \(3, 0, 4\)"),
    ],
)
def test_wrong_shapes_are_refused(name, shape, expected):
    layer = getattr(recurrent, name)(parity.UNITS)
    layer(parity.random_inputs())
    with pytest.raises(ValueError, match=expected):
        layer(np.zeros(shape))


@pytest.mark.parametrize("name", LAYERS)
def test_integer_inputs_are_refused(name):
    with pytest.raises(ValueError, match="expected floating-point inputs, received dtype int32"):
        getattr(recurrent, name)(parity.UNITS)(np.zeros((3, 7, 4), "int32"))


@pytest.mark.parametrize("shape", [(3, 6), (2, 7), (3, 7, 1), (7,)])
def test_a_mask_of_another_shape_is_refused(shape):
    with pytest.raises(ValueError, match=r"mask of shape \(batch, time\) = \(3, 7\). Received"):
        recurrent.GRU(parity.UNITS)(parity.random_inputs(), mask=np.ones(shape, bool))


def test_a_row_masked_throughout_keeps_its_initial_state():
    layer, theirs = parity.pair(recurrent, "LSTM", return_state=True, return_sequences=True)
    mask = parity.MASKS["a whole row"]
    states = [np.full((parity.BATCH, parity.UNITS), value, "float32") for value in (0.3, 0.7)]
    results = layer(parity.random_inputs(), mask=mask, initial_state=states)
    outputs, h, c = (ops.convert_to_numpy(tensor) for tensor in results)
    # before the first step that counts, Keras puts out zeros, and on JAX the initial state
    before = np.float32(0.3 if keras.backend.backend() == "jax" else 0.0)
    np.testing.assert_array_equal(outputs[1], before)
    kerass = theirs(parity.random_inputs(), mask=mask, initial_state=states)[0]
    np.testing.assert_array_equal(ops.convert_to_numpy(kerass)[1], before)
    np.testing.assert_array_equal(h[1], np.float32(0.3))
    np.testing.assert_array_equal(c[1], np.float32(0.7))


def test_cudnn_is_refused_with_a_way_out():
    with pytest.raises(ValueError, match=r"no cuDNN kernel.*received True.*keras.layers.GRU"):
        recurrent.GRU(parity.UNITS, use_cudnn=True)
