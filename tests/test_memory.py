"""Networks on trial: started as Keras starts them, trained side by side as if each were alone."""

from course_lib import memory, scratch
from course_lib.datasets import adding_problem, flip_flops, memory_keys

import keras
import numpy as np
import pytest

KINDS = tuple(memory.NETWORKS)


def adding(sequences, seed):
    return adding_problem(sequences, 6, seed)


def keys(sequences, seed):
    return memory_keys(sequences, 6, seed)


def trial(networks, problem, **arguments):
    return memory.train(networks, problem, updates=5, rate=0.02, every=2, **arguments)


@pytest.mark.parametrize("problem", [adding, keys])
@pytest.mark.parametrize("kind", KINDS)
def test_side_by_side_is_as_alone(kind, problem):
    features = 2 if problem is adding else 4
    together = [memory.start(kind, 3, seed=s, features=features) for s in (1, 2, 3)]
    alone = [memory.start(kind, 3, seed=s, features=features) for s in (1, 2, 3)]
    seen = trial(together, problem)
    assert seen.errors.shape == (3, 3) and list(seen.updates) == [2, 4, 5]
    for k, network in enumerate(alone):
        one = trial([network], problem, seeds=[k + 1])
        np.testing.assert_allclose(one.errors[:, 0], seen.errors[:, k], rtol=1e-9)
        for name, weight in network.weights.items():
            np.testing.assert_allclose(weight, together[k].weights[name], atol=1e-9)
        np.testing.assert_allclose(one.readouts[0][0], seen.readouts[k][0], atol=1e-9)


def switches(sequences, seed):
    return flip_flops(sequences, 6, 2, seed)


def test_several_answers_side_by_side_are_as_alone():
    together, alone = (
        [memory.start("GRU", 3, seed=s, features=2) for s in (1, 2, 3)] for _ in range(2)
    )
    seen = trial(together, switches)
    inputs, held = switches(memory.TEST_SEQUENCES, memory.TEST_SEED)
    answers = seen.answers(inputs)
    assert answers.shape == (3, *held.shape)
    np.testing.assert_allclose(((answers - held) ** 2).mean(axis=(1, 2, 3)), seen.errors[-1])
    for k, network in enumerate(alone):
        one = trial([network], switches, seeds=[k + 1])
        np.testing.assert_allclose(one.errors[:, 0], seen.errors[:, k], rtol=1e-9)
        for name, weight in network.weights.items():
            np.testing.assert_allclose(weight, together[k].weights[name], atol=1e-9)
        for mine, theirs in zip(one.readouts[0], seen.readouts[k], strict=True):
            assert mine.shape in {(3, 2), (2,)}
            np.testing.assert_allclose(mine, theirs, atol=1e-9)


def test_training_follows_the_gradient_of_the_mean_squared_error():
    network = memory.start("LSTM", 3, seed=1)
    weights = {**network.weights, "V": np.ones((3, 1)) / 2, "c": np.zeros(1)}
    inputs, sums = adding_problem(4, 5, 0)

    def loss():
        hidden, _ = network.forward(inputs)
        return np.mean((hidden[:, -1] @ weights["V"] + weights["c"] - sums) ** 2)

    claimed = memory.gradients_of(network, weights, inputs, sums)
    check = scratch.gradient_check(loss, weights, claimed)
    assert check.passed, check


def test_every_step_counts_where_every_step_has_a_target():
    network = memory.start("GRU", 2, seed=1, features=4)
    weights = {**network.weights, "V": np.ones((2, 1)) / 2, "c": np.zeros(1)}
    inputs, display = memory_keys(4, 5, 0)

    def loss():
        return np.mean((network.forward(inputs)[0] @ weights["V"] + weights["c"] - display) ** 2)

    claimed = memory.gradients_of(network, weights, inputs, display)
    check = scratch.gradient_check(loss, weights, claimed)
    assert check.passed, check


def test_it_learns_and_errors_are_those_of_the_answers():
    networks = [memory.start("GRU", 6, seed=s) for s in (1, 2)]
    seen = memory.train(networks, adding, updates=300, rate=0.02, every=10)
    test = adding(memory.TEST_SEQUENCES, memory.TEST_SEED)
    assert seen.errors[-1].max() < 0.02 < seen.errors[0].min()
    answers = seen.answers(test[0])
    assert answers.shape == (2, memory.TEST_SEQUENCES, 6)
    np.testing.assert_allclose(
        ((answers[:, :, -1] - test[1][:, 0]) ** 2).mean(axis=1), seen.errors[-1]
    )


@pytest.mark.parametrize("gate", scratch.LSTM.gates)
def test_a_nailed_gate_stays_open(gate):
    networks = [memory.start("LSTM", 3, seed=s) for s in (1, 2)]
    trial(networks, adding, nailed=gate)
    for network in networks:
        where = memory.columns(network, gate)
        assert (network.weights["bias"][where] == memory.OPEN).all()
        assert not network.weights["kernel"][:, where].any()
        assert not network.weights["recurrent_kernel"][:, where].any()
        others = np.delete(network.weights["kernel"], np.r_[where], axis=1)
        assert others.all(), "the other gates have learned"


def test_a_held_gate_stays_where_it_started():
    networks = [memory.start("LSTM", 3, seed=s, biases={"i": -2}) for s in (1, 2)]
    trial(networks, adding, held="i")
    for network in networks:
        where = memory.columns(network, "i")
        assert (network.weights["bias"][where] == -2).all()
        assert not network.weights["kernel"][:, where].any()
        assert not network.weights["recurrent_kernel"][:, where].any()
        others = np.delete(network.weights["kernel"], np.r_[where], axis=1)
        assert others.all(), "the other gates have learned"


def test_a_gate_is_held_in_the_contest_and_beside_a_nailed_one():
    row = memory.compete(
        "LSTM, b_i", adding, timesteps=6, units=3, updates=2, rate=0.01, seeds=[1], held="i"
    )
    assert not row.networks[0].weights["kernel"][:, memory.columns(row.networks[0], "i")].any()
    network = memory.start("LSTM", 3, seed=1)
    trial([network], adding, nailed="f", held="o")
    bias = network.weights["bias"]
    assert (bias[memory.columns(network, "f")] == memory.OPEN).all()
    assert (bias[memory.columns(network, "o")] == 0).all()


@pytest.mark.parametrize("name", ["leaky", "leaky, W Glorot"])
def test_the_gate_of_the_leaky_cell_reads_nothing(name):
    entry = memory.compete(name, adding, timesteps=6, units=3, updates=20, rate=0.05, seeds=[1, 2])
    for network in entry.networks:
        where = memory.columns(network, "z")
        np.testing.assert_array_equal(network.weights["bias"][where], np.log(5))
        assert not network.weights["kernel"][:, where].any()
        assert not network.weights["recurrent_kernel"][:, where].any()
        assert network.weights["bias"][3:].all(), "the candidate has learned"


def test_gradients_are_shortened_network_by_network():
    networks = [memory.start("plain", 2, seed=s) for s in (1, 2)]
    blocks = memory._Blocks(networks)
    big = {name: np.zeros_like(weight) for name, weight in blocks.network.weights.items()}
    blocks._block(big["kernel"], "kernel", 0)[0, 0, 0] = 3
    big["c"] = np.array([4.0, 0.5])
    short = blocks.shortened(big)
    np.testing.assert_allclose(short["c"], [0.8, 0.5])
    assert short["kernel"].max() == pytest.approx(0.6)


@pytest.mark.parametrize(
    ("kind", "layer"),
    [("plain", keras.layers.SimpleRNN), ("GRU", keras.layers.GRU), ("LSTM", keras.layers.LSTM)],
)
def test_the_start_is_keras_s(kind, layer):
    keras.utils.set_random_seed(1)
    layer = layer(64)
    layer.build((None, None, 2))
    ours = memory.start(kind, 64, seed=1).weights
    for mine, theirs in zip(ours.values(), layer.get_weights(), strict=True):
        assert mine.shape == theirs.shape
        assert mine.std() == pytest.approx(theirs.std(), rel=0.15)
        assert np.abs(mine).max() == pytest.approx(np.abs(theirs).max(), rel=0.3)
    U = ours["recurrent_kernel"]
    np.testing.assert_allclose(U @ U.T, np.eye(64), atol=1e-12)
    np.testing.assert_array_equal(ours["bias"], layer.get_weights()[2])


def test_starts_that_are_asked_for():
    lstm = memory.start("LSTM", 3, seed=1, biases={"f": 4, "i": -4}).weights["bias"]
    np.testing.assert_array_equal(lstm, [-4] * 3 + [4] * 3 + [0] * 6)
    gru = memory.start("GRU", 2, seed=1, biases={"z": 3}).weights["bias"]
    np.testing.assert_array_equal(gru, [[3, 3, 0, 0, 0, 0], [0] * 6])
    irnn = memory.start("IRNN", 3, seed=1, input_scale=0.1)
    np.testing.assert_array_equal(irnn.weights["recurrent_kernel"], np.eye(3))
    assert (irnn.forward(-np.ones((1, 1, 2)))[0] >= 0).all(), "ReLU"
    plain = memory.start("plain", 3, seed=1, input_scale=0.1)
    np.testing.assert_array_equal(plain.weights["kernel"], irnn.weights["kernel"])


def test_reach_is_the_share_of_the_last_step_s_gradient():
    """An accumulator keeps all of it; a forget gate of 1/2 halves it at every step."""
    inputs = np.ones((2, 6, 1))
    kernel = np.array([[0, 0, 0.01, 0]])  # i, f, c, o: only the candidate sees the input
    for bias, share in ((20.0, 1.0), (0.0, 0.5)):
        network = scratch.LSTM(kernel, np.zeros((1, 4)), np.array([0, bias, 0, 20]))
        sizes = memory.reach(network, inputs)
        np.testing.assert_allclose(sizes, share ** np.arange(5, -1, -1), rtol=0.01)
    assert memory.state_size(network, inputs) == pytest.approx(0.005 * (2 - 2**-5), rel=0.01)


def test_readable_tells_a_state_that_holds_the_answer_from_one_that_does_not():
    kernel = np.array([[0, 0, 0.02, 0], [20, 0, 0, 0]])  # writes where the mark is
    adds = scratch.LSTM(kernel, np.zeros((1, 4)), np.array([-10, 20, 0, 20]))
    forgets = scratch.LSTM(kernel, np.zeros((1, 4)), np.array([-10, -20, 0, 20]))
    assert memory.readable(adds, adding) < 1e-5
    assert memory.readable(forgets, adding) > 0.1


def test_reach_of_a_network_whose_units_are_all_off_is_0():
    dead = memory.start("IRNN", 3, seed=1)
    dead.weights["bias"][:] = -100
    np.testing.assert_array_equal(memory.reach(dead, np.ones((2, 4, 2))), np.zeros(4))


def test_a_unit_is_alive_that_is_on_once():
    kernel = np.array([[1.0, -1.0, 1.0]])
    network = scratch.SimpleRNN(kernel, np.zeros((3, 3)), np.array([0, 0, -5.0]), activation="relu")
    assert memory.alive(network, np.array([[[1.0], [2.0]]])) == 1
    assert memory.alive(network, np.array([[[1.0], [2.0]], [[-1.0], [6.0]]])) == 3


@pytest.mark.parametrize("name", memory.contest(6))
def test_everybody_competes_under_the_same_conditions(name):
    row = memory.compete(name, adding, timesteps=6, units=3, updates=4, rate=0.02, seeds=(1, 2))
    assert row.name == name and row.curve.shape == (1, 2) and len(row.networks) == 2
    for values in (row.reach, row.size, row.readable, row.reach_after, row.size_after):
        assert values.shape == (2,) and np.isfinite(values).all()
    assert (row.reach != row.reach_after).all(), "measured before training and after"


def test_an_edit_comes_before_every_measurement():
    def forgetful(network):
        network.weights["bias"][memory.columns(network, "f")] = -30

    setting = {"timesteps": 6, "units": 3, "updates": 1, "rate": 0.02, "seeds": (1, 2)}
    row = memory.compete("LSTM, i = 1 - f", adding, **setting)
    edited = memory.compete("LSTM, i = 1 - f", adding, **setting, edit=forgetful)
    assert (edited.size > row.size).all(), "all that comes is written"
    assert (edited.reach != row.reach).all()
    for network in edited.networks:
        assert (network.weights["bias"][memory.columns(network, "f")] < -29).all()


def test_leaky_cells_start_alike_and_differ_in_what_training_may_change():
    setting = {"timesteps": 6, "units": 3, "updates": 3, "rate": 0.02, "seeds": (1, 2)}
    names = {"leaky, W Glorot": "held", "leaky, own z": "bias", "leaky, may read": "all"}
    rows = {name: memory.compete(name, adding, **setting) for name in names}
    for name, row in rows.items():
        np.testing.assert_array_equal(row.reach, rows["leaky, W Glorot"].reach)
        np.testing.assert_array_equal(row.readable, rows["leaky, W Glorot"].readable)
        for network in row.networks:
            z = memory.columns(network, "z")
            for weight in ("kernel", "recurrent_kernel"):
                assert (network.weights[weight][:, z] != 0).any() == (names[name] == "all")
            moved = not np.allclose(network.weights["bias"][..., z], np.log(5))
            assert moved == (names[name] != "held")


@pytest.mark.parametrize("arguments", memory.contest(6).values(), ids=memory.contest(6))
def test_whoever_competes_can_be_made_alone(arguments):
    assert memory.start(units=3, seed=1, **arguments).weights


def test_biases_of_the_contest_stand_for_its_length():
    entries = memory.contest(50)
    assert scratch.sigmoid(entries["LSTM, b_i"]["biases"]["i"]) == pytest.approx(1 / 50)
    tied = memory.start("coupled LSTM", 3, seed=1).weights["bias"][:3]
    i = scratch.sigmoid(entries["LSTM, i from 0.27"]["biases"]["i"])
    np.testing.assert_allclose(i, 1 - scratch.sigmoid(tied))
    assert scratch.sigmoid(entries["LSTM, b_f and b_i"]["biases"]["f"]) == pytest.approx(1 - 1 / 50)
    assert scratch.sigmoid(entries["LSTM, b_f and b_i"]["biases"]["i"]) == pytest.approx(1 / 50)
    assert entries["plain"]["input_scale"] == entries["IRNN"]["input_scale"], "started alike"


def test_solved_after_is_the_first_time_below():
    curve = np.array([[0.1, 0.2], [0.01, 0.2], [0.03, 0.1]])
    row = memory.Result("x", *[None] * 5, np.array([50, 100, 150]), curve, [], [])
    np.testing.assert_array_equal(row.solved_after(), [100, np.inf])
    np.testing.assert_array_equal(row.error, [0.03, 0.1])


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: memory.start("BiLSTM", 3, seed=1), "Expected one of 'plain'.*'BiLSTM'"),
        (lambda: memory.start("GRU", 3, seed=1, biases={"f": 1}), "gates z, r, h. Received: 'f'"),
        (
            lambda: memory.compete(
                "GRU, b_f", adding, timesteps=6, units=3, updates=1, rate=1, seeds=[1]
            ),
            "Expected one of 'plain'.*'GRU, b_f'",
        ),
        (
            lambda: trial([memory.start(k, 3, seed=1) for k in ("GRU", "LSTM")], adding),
            "one kind and shape, GRU .* Received LSTM",
        ),
        (lambda: trial([memory.start("GRU", 3, seed=1)], adding, seeds=[1, 2]), "1 seeds.*2"),
        (
            lambda: trial([memory.start("GRU", 3, seed=1)], adding, nailed="o"),
            "gates z, r, h. Received: 'o'",
        ),
        (
            lambda: trial([memory.start("GRU", 3, seed=1)], adding, held="i"),
            "gates z, r, h. Received: 'i'",
        ),
    ],
)
def test_what_does_not_fit_is_refused(call, message):
    with pytest.raises(ValueError, match=message):
        call()


def test_the_identity_is_a_start_of_networks_without_gates():
    network = memory.start("plain", 3, seed=1, input_scale=0.1, identity=True)
    np.testing.assert_array_equal(network.weights["recurrent_kernel"], np.eye(3))
    other = memory.start("IRNN", 3, seed=1, identity=False).weights["recurrent_kernel"]
    np.testing.assert_allclose(other @ other.T, np.eye(3), atol=1e-12)
    assert abs(other - np.eye(3)).max() > 0.1
    with pytest.raises(ValueError, match=r"without gates.*'GRU'"):
        memory.start("GRU", 3, seed=1, identity=True)
