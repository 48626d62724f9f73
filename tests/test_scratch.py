"""Three answers to one question: hand-written backpropagation through time, the automatic derivative of our
Keras cells, and central differences must give the same gradients."""

import functools

from course_lib import recurrent, scratch, variants

import keras
import numpy as np
import parity
import pytest

# scratch network, the layer that holds the cell with the same weights
PAIRS = {
    "SimpleRNN": (scratch.SimpleRNN, lambda: recurrent.SimpleRNN(parity.UNITS, **FLAGS)),
    "SimpleRNN relu": (
        functools.partial(scratch.SimpleRNN, activation="relu"),
        lambda: recurrent.SimpleRNN(parity.UNITS, activation="relu", **FLAGS),
    ),
    "SimpleRNN sigmoid": (
        functools.partial(scratch.SimpleRNN, activation="sigmoid"),
        lambda: recurrent.SimpleRNN(parity.UNITS, activation="sigmoid", **FLAGS),
    ),
    "simplified GRU": (
        scratch.SimplifiedGRU,
        lambda: recurrent.RNN(variants.SimplifiedGRUCell(parity.UNITS, dtype="float64"), **FLAGS),
    ),
    "GRU reset before": (
        scratch.GRUResetBefore,
        lambda: recurrent.GRU(parity.UNITS, reset_after=False, **FLAGS),
    ),
    "GRU": (scratch.GRU, lambda: recurrent.GRU(parity.UNITS, **FLAGS)),
    "LSTM": (scratch.LSTM, lambda: recurrent.LSTM(parity.UNITS, **FLAGS)),
    "coupled LSTM": (
        scratch.CoupledLSTM,
        lambda: recurrent.RNN(variants.CoupledLSTMCell(parity.UNITS, dtype="float64"), **FLAGS),
    ),
}
FLAGS = {"return_sequences": True, "return_state": True, "dtype": "float64"}


def networks(name):
    network, layer = PAIRS[name]
    layer = layer()
    layer.build((parity.BATCH, parity.TIME, parity.FEATURES))
    parity.set_random_weights(layer)
    return network(*layer.get_weights()), layer


@pytest.fixture(params=PAIRS)
def name(request):
    return request.param


@pytest.mark.parametrize("mask", parity.MASKS)
def test_hand_written_gradients_equal_automatic_differentiation(name, mask):
    network, layer = networks(name)
    inputs, mask = parity.random_inputs(), parity.MASKS[mask]
    arguments = {} if mask is None else {"mask": keras.ops.convert_to_tensor(mask)}
    results = parity.outputs_and_gradients(layer, inputs, **arguments)
    outputs, theirs = results[: 1 + network.state_count], results[1 + network.state_count :]

    hidden, tape = network.forward(inputs, mask=mask)
    for mine, other in zip([hidden, *tape.states], outputs, strict=True):
        np.testing.assert_allclose(mine, other, atol=1e-12)

    d_hidden, *d_final_states = parity.weightings(outputs)
    mine = network.backward(d_hidden, tape, d_final_states=d_final_states)
    for parameter, other in zip([*network.weight_names, "inputs"], theirs, strict=True):
        error = np.abs(mine[parameter] - other).max() / max(1.0, np.abs(other).max())
        assert error <= 1e-10, f"{parameter}: {error}"


@pytest.mark.parametrize("mask", ["no mask", "inside", "a whole row"])
def test_hand_written_gradients_equal_central_differences(name, mask):
    network, _ = networks(name)
    check = parity.central_differences(network, parity.MASKS[mask])
    assert check.passed, check


@pytest.mark.parametrize("length", [1, 2, 30])
def test_gradients_at_other_lengths(name, length):
    network, _ = networks(name)
    inputs = parity.random_inputs(time=length)
    targets = np.random.default_rng(6).integers(0, parity.UNITS, inputs.shape[:2])

    def loss():
        return scratch.softmax_cross_entropy(network.forward(inputs)[0], targets)[0]

    hidden, tape = network.forward(inputs)
    d_hidden = scratch.softmax_cross_entropy(hidden, targets)[1]
    gradients = network.backward(d_hidden, tape)
    check = scratch.gradient_check(loss, network.weights, gradients, entries=15)
    assert check.passed, check


def test_a_mask_in_the_loss_hides_padding(name):
    """Padding on the right, hidden in the loss: as if the shorter sequence had been run alone."""
    network, _ = networks(name)
    inputs = parity.random_inputs(batch=1)
    targets = np.random.default_rng(6).integers(0, parity.UNITS, inputs.shape[:2])
    mask = np.arange(parity.TIME)[None] < 4

    def gradients(inputs, targets, mask):
        hidden, tape = network.forward(inputs, mask=mask)
        return network.backward(scratch.softmax_cross_entropy(hidden, targets, mask)[1], tape)

    padded, alone = gradients(inputs, targets, mask), gradients(inputs[:, :4], targets[:, :4], None)
    for parameter in network.weight_names:
        np.testing.assert_allclose(padded[parameter], alone[parameter], atol=1e-14)


def test_truncation_cuts_between_blocks(name):
    """The truncated gradient is the sum over blocks run apart, each from the state it began with."""
    network, _ = networks(name)
    inputs = parity.random_inputs(time=6)
    hidden, tape = network.forward(inputs)
    d_hidden = np.random.default_rng(7).normal(size=hidden.shape)
    whole = network.backward(d_hidden, tape, truncate=2)

    states, parts = None, []
    for start in (0, 2, 4):
        piece = slice(start, start + 2)
        _, tape = network.forward(inputs[:, piece], states)
        states = tape.states
        parts.append(network.backward(d_hidden[:, piece], tape))
    for parameter in network.weight_names:
        expected = sum(part[parameter] for part in parts)
        np.testing.assert_allclose(whole[parameter], expected, atol=1e-12)
        full = network.backward(d_hidden, network.forward(inputs)[1])[parameter]
        assert np.abs(full - expected).max() > 1e-3, "truncation should change the gradient"


@pytest.mark.parametrize("loss", ["softmax_cross_entropy", "squared_error"])
@pytest.mark.parametrize("mask", [None, "inside"])
def test_losses(loss, mask):
    rng = np.random.default_rng(8)
    predictions = rng.normal(size=(parity.BATCH, parity.TIME, 6))
    mask = mask and parity.MASKS[mask]
    if loss == "softmax_cross_entropy":
        targets = rng.integers(0, 6, predictions.shape[:2])
        each_step = keras.ops.convert_to_numpy(
            keras.losses.sparse_categorical_crossentropy(targets, predictions, from_logits=True)
        )
    else:
        targets = rng.normal(size=predictions.shape)
        each_step = 0.5 * ((predictions - targets) ** 2).sum(-1)
    function = getattr(scratch, loss)
    value, gradient = function(predictions, targets, mask)
    counted = each_step if mask is None else np.where(mask, each_step, 0)
    assert value == pytest.approx(counted.sum(axis=1).mean(), rel=1e-6)
    check = scratch.gradient_check(
        lambda: function(predictions, targets, mask)[0],
        {"predictions": predictions},
        {"predictions": gradient},
    )
    assert check.passed, check


def test_cross_entropy_of_huge_logits_is_finite():
    logits = np.array([[[1e4, -1e4, 0.0]]])
    assert scratch.softmax_cross_entropy(logits, [[0]])[0] == 0
    assert scratch.softmax_cross_entropy(logits, [[1]])[0] == 2e4


def test_what_a_mask_hides_is_not_looked_at():
    mask = [[True, True, False]]
    loss, gradient = scratch.squared_error(np.zeros((1, 3, 1)), [[[1], [2], [np.nan]]], mask)
    assert loss == 2.5
    assert gradient.tolist() == [[[-1.0], [-2.0], [0.0]]]
    loss, gradient = scratch.squared_error([[[0], [0], [np.inf]]], [[[1], [2], [3]]], mask)
    assert loss == 2.5 and gradient[0, 2, 0] == 0

    logits = np.zeros((1, 3, 2))
    logits[0, 2] = np.nan, -np.inf
    for hidden in (-1, -100, 7, np.nan):
        loss, gradient = scratch.softmax_cross_entropy(logits, np.array([[0, 1, hidden]]), mask)
        assert loss == pytest.approx(2 * np.log(2))
        assert gradient.tolist() == [[[-0.5, 0.5], [0.5, -0.5], [0.0, 0.0]]]


@pytest.mark.parametrize("hidden", [np.nan, np.inf, 1e300])
def test_what_stands_under_the_mask_reaches_neither_states_nor_gradients(name, hidden):
    network, _ = networks(name)
    inputs = parity.random_inputs()
    mask = parity.MASKS["inside"]

    def all_of(inputs):
        outputs, tape = network.forward(inputs, mask=mask)
        d_hidden = np.random.default_rng(3).normal(size=outputs.shape)
        return [outputs, *network.backward(d_hidden, tape).values()]

    spoiled = np.where(mask[..., None], inputs, hidden)
    for one, other in zip(
        all_of(spoiled), all_of(np.where(mask[..., None], inputs, 0)), strict=True
    ):
        np.testing.assert_array_equal(one, other)


def test_a_mask_is_of_yes_and_no():
    for mask in ([[0.5, 1.0]], [[2, 1]], [[np.nan, 1]], [["a", ""]]):
        with pytest.raises(ValueError, match=r"mask of True and False, or 1 and 0\. Received"):
            scratch.squared_error(np.zeros((1, 2, 1)), np.zeros((1, 2, 1)), mask)
        with pytest.raises(ValueError, match="mask of True and False"):
            scratch.SimpleRNN.random(2, 3, seed=0).forward(np.zeros((1, 2, 2)), mask=mask)
    predictions = np.ones((1, 2, 1))
    for mask in ([[1, 0]], [[1.0, 0.0]], [[True, False]]):
        assert scratch.squared_error(predictions, 0 * predictions, mask)[0] == 0.5


# -- gradient_check --------------------------------------------------------------------------------------


def quadratic():
    parameters = {"a": np.arange(1.0, 7.0).reshape(2, 3), "b": np.array([2.0, -1.0])}
    gradients = {name: value.copy() for name, value in parameters.items()}
    return lambda: 0.5 * sum(np.sum(p**2) for p in parameters.values()), parameters, gradients


def test_gradient_check_names_parameter_index_and_size():
    loss, parameters, gradients = quadratic()
    assert scratch.gradient_check(loss, parameters, gradients).passed
    gradients["a"][1, 2] += 0.06
    check = scratch.gradient_check(loss, parameters, gradients)
    assert not check.passed
    (name, index, claimed, numeric, error), (_, _, _, _, error_b) = check.rows
    assert (name, tuple(index), claimed) == ("a", (1, 2), 6.06)
    assert numeric == pytest.approx(6.0)
    assert error == pytest.approx(0.06 / 6.06)
    assert error_b < 1e-9
    assert repr(check).splitlines() == [
        "a  DISAGREES, most at [1, 2]: claimed 6.06, numeric 6, error 0.0099",
        "b  agrees, error below 1e-07",
    ]


def test_gradient_check_puts_parameters_back():
    _, parameters, gradients = quadratic()
    before = {name: value.copy() for name, value in parameters.items()}

    def loss():
        if parameters["b"][1] != -1.0:
            raise RuntimeError("in the middle")
        return 1.0

    with pytest.raises(RuntimeError):
        scratch.gradient_check(loss, parameters, gradients)
    for name, value in before.items():
        np.testing.assert_array_equal(parameters[name], value)


def test_gradient_check_sees_a_gradient_that_is_zero_or_not_finite():
    loss, parameters, gradients = quadratic()
    check = scratch.gradient_check(loss, parameters, {n: 0 * g for n, g in gradients.items()})
    assert [error for *_, error in check.rows] == [1.0, 1.0]
    gradients["b"][0] = np.nan
    assert scratch.gradient_check(loss, parameters, gradients).rows[1][-1] == np.inf


def test_gradient_check_of_parameters_that_do_not_matter():
    check = scratch.gradient_check(lambda: 1.0, {"a": np.ones(3)}, {"a": np.zeros(3)})
    assert check.passed


@pytest.mark.parametrize(
    ("parameters", "gradients", "message"),
    [
        ({"a": [1.0]}, {"a": [1.0]}, "'a' to be a float64 array. Received list"),
        ({"a": np.ones(2, "float32")}, {"a": np.ones(2)}, "Received float32"),
        ({"a": np.ones(2)}, {"b": np.ones(2)}, "No gradient for 'a'"),
        ({"a": np.ones(2)}, {"a": np.ones(3)}, r"shape \(2,\) for 'a'. Received \(3,\)"),
        ({"a": np.broadcast_to(1.0, (2,))}, {"a": np.ones(2)}, "read-only"),
    ],
)
def test_gradient_check_refuses(parameters, gradients, message):
    with pytest.raises(ValueError, match=message):
        scratch.gradient_check(lambda: 1.0, parameters, gradients)


@pytest.mark.parametrize(
    ("parameters", "arguments", "message"),
    [
        ({}, {}, "at least one parameter"),
        ({"a": np.ones((0, 2))}, {}, "'a' to have entries. Received shape \\(0, 2\\)"),
        (
            {"a": np.ones(2)},
            {"entries": 0},
            "`entries` to be a positive integer. Received: entries=0",
        ),
        ({"a": np.ones(2)}, {"entries": 1.5}, "Received: entries=1.5"),
        ({"a": np.ones(2)}, {"epsilon": 0.0}, "epsilon above 0. Received: 0.0"),
    ],
)
def test_a_check_that_would_look_at_nothing_is_refused(parameters, arguments, message):
    with pytest.raises(ValueError, match=message):
        scratch.gradient_check(lambda: 1.0, parameters, parameters, **arguments)


def test_gradient_check_points_at_the_entry_that_is_not_a_number():
    loss, parameters, gradients = quadratic()
    gradients["a"][1, 1] = np.nan
    _, index, claimed, numeric, error = scratch.gradient_check(loss, parameters, gradients).rows[0]
    assert tuple(index) == (1, 1) and np.isnan(claimed) and error == np.inf
    assert numeric == pytest.approx(5.0)


def test_gradient_check_refuses_a_loss_that_changes_or_is_not_finite():
    rng = np.random.default_rng(0)
    one = {"a": np.ones(1)}
    with pytest.raises(ValueError, match="changed between two calls"):
        scratch.gradient_check(rng.normal, one, one)
    with pytest.raises(ValueError, match=r"finite loss\. Received nan"):
        scratch.gradient_check(lambda: np.nan, one, one)


# -- bad input -------------------------------------------------------------------------------------------


def test_networks_refuse_wrong_shapes(name):
    network, _ = networks(name)
    weights = list(network.weights.values())
    with pytest.raises(ValueError, match="expected 3 weights"):
        type(network)(*weights[:2])
    with pytest.raises(ValueError, match="recurrent_kernel of shape"):
        type(network)(weights[0], weights[1][:, :-1], weights[2])
    with pytest.raises(ValueError, match=r"inputs \(batch, time, 4\)"):
        network.forward(np.zeros((2, 3, 5)))
    with pytest.raises(ValueError, match="at least one time step"):
        network.forward(np.zeros((2, 0, 4)))
    with pytest.raises(ValueError, match=r"mask of shape \(2, 3\)"):
        network.forward(np.zeros((2, 3, 4)), mask=np.ones((3, 2)))
    with pytest.raises(ValueError, match="initial state"):
        network.forward(np.zeros((2, 3, 4)), [np.zeros((2, 4))] * network.state_count)
    hidden, tape = network.forward(np.zeros((2, 3, 4)))
    with pytest.raises(ValueError, match="d_hidden of shape"):
        network.backward(hidden[:, 1:], tape)
    for truncate in (0, 2.5):
        with pytest.raises(ValueError, match=f"positive integer. Received: truncate={truncate}"):
            network.backward(hidden, tape, truncate=truncate)
    for final in (np.zeros((2, 4, 1)), [np.zeros(parity.UNITS)] * network.state_count):
        with pytest.raises(ValueError, match="derivative of each final state"):
            network.backward(hidden, tape, d_final_states=final)


def test_losses_refuse_wrong_shapes():
    with pytest.raises(ValueError, match="targets from 0 to 2"):
        scratch.softmax_cross_entropy(np.zeros((1, 2, 3)), [[0, 3]])
    with pytest.raises(ValueError, match=r"targets \(batch, time\)"):
        scratch.softmax_cross_entropy(np.zeros((1, 2, 3)), [0, 1])
    with pytest.raises(ValueError, match="one shape"):
        scratch.squared_error(np.zeros((1, 2, 3)), np.zeros((1, 2)))
    with pytest.raises(ValueError, match=r"whole numbers\. Received: 0\.5"):
        scratch.softmax_cross_entropy(np.zeros((1, 2, 3)), [[0, 0.5]])
    with pytest.raises(ValueError, match=r"whole numbers\. Received: nan"):
        scratch.softmax_cross_entropy(np.zeros((1, 2, 3)), [[0, np.nan]])
    with pytest.raises(ValueError, match="whole numbers"):
        scratch.softmax_cross_entropy(np.zeros((1, 2, 3)), [["0", "1"]])
    with pytest.raises(ValueError, match=r"at least one row and one time step.*\(0, 2, 3\)"):
        scratch.softmax_cross_entropy(np.zeros((0, 2, 3)), np.zeros((0, 2), int))
    with pytest.raises(ValueError, match=r"at least one row and one time step.*\(1, 0, 3\)"):
        scratch.squared_error(np.zeros((1, 0, 3)), np.zeros((1, 0, 3)))
    with pytest.raises(ValueError, match="mask of shape"):
        scratch.squared_error(np.zeros((1, 2, 3)), np.zeros((1, 2, 3)), np.ones((1, 3)))


def test_an_unknown_activation_is_refused():
    weights = scratch.SimpleRNN.random(2, 3, seed=0).weights.values()
    with pytest.raises(ValueError, match=r"activation tanh, sigmoid, relu\. Received: 'elu'"):
        scratch.SimpleRNN(*weights, activation="elu")


def test_a_network_keeps_its_own_copy_of_the_weights(name):
    _, layer = networks(name)
    weights = layer.get_weights()
    network = PAIRS[name][0](*weights)
    network.weights["kernel"][:] = 0
    assert weights[0].any()


def test_random_networks_have_the_cells_shapes(name):
    network, _ = networks(name)
    drawn = type(network).random(parity.FEATURES, parity.UNITS, seed=1)
    shapes = {weight: array.shape for weight, array in network.weights.items()}
    assert {weight: array.shape for weight, array in drawn.weights.items()} == shapes
