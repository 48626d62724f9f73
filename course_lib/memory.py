"""Networks of `scratch` on trial: several at once on one problem, what they learn, and how far they reach.

    def problem(sequences, seed):
        return adding_problem(sequences, 50, seed)

    networks = [start("LSTM", 12, seed=seed) for seed in (1, 2, 3)]
    trial = train(networks, problem, updates=300, rate=0.01)
    trial.errors[-1]          the mean squared error of each network after the last update

Lessons 04, 05 and 06 put their cells through one and the same contest (`CONTEST`, `compete`), so that the
figure of each goes on where that of the lesson before stopped.
"""

import copy
from dataclasses import dataclass

from course_lib import scratch

import numpy as np

NETWORKS = {
    "plain": scratch.SimpleRNN,
    "IRNN": scratch.SimpleRNN,
    "one gate": scratch.SimplifiedGRU,
    "GRU": scratch.GRU,
    "LSTM": scratch.LSTM,
    "coupled LSTM": scratch.CoupledLSTM,
}

OPEN = 20.0
"""The bias of a gate that is nailed open: σ(20) is 1 to eight decimals."""

BATCH = 32
TEST_SEQUENCES, TEST_SEED = 500, 1000
"""Errors are measured on so many sequences, which no network is trained on."""


def start(
    kind, units, *, seed, features=2, input_scale=None, biases=None, identity=None, held=None
):
    """An untrained network, started as Keras starts its layers.

    W is uniform (Glorot), U orthogonal, and b is 0, but 1 for a forget gate. The IRNN
    has ReLU, and U starts as the identity.

    Args:
        kind: one of `NETWORKS`.
        units: the size of the state.
        seed: of the random weights.
        features: the size of the input.
        input_scale: without it W is Glorot's; with it W is normal with this standard deviation, so that
            two kinds of network can be started alike.
        biases: gate name to a number, for example {"f": 3.9, "i": -3.9}; replaces that gate's bias.
        identity: whether U starts as the identity; without it only the IRNN's does.
        held: the name of a gate whose weights are 0, as in `train`.

    Raises:
        ValueError: another kind, a gate that it does not have, or the identity for a network with gates.

    Source: Le, Q. V., Jaitly, N. and Hinton, G. E. (2015), arXiv:1504.00941, for the IRNN.
    """
    if kind not in NETWORKS:
        raise ValueError(f"Expected one of {', '.join(map(repr, NETWORKS))}. Received: {kind!r}")
    make = NETWORKS[kind]
    activation = {"activation": "relu"} if kind == "IRNN" else {}
    rng = np.random.default_rng(seed)
    width = len(make.gates) * units
    if input_scale is None:
        limit = np.sqrt(6 / (features + width))
        kernel = rng.uniform(-limit, limit, size=(features, width))
    else:
        kernel = rng.normal(scale=input_scale, size=(features, width))
    identity = kind == "IRNN" if identity is None else identity
    if identity and width != units:
        raise ValueError(f"Expected a network without gates for U = I. Received: {kind!r}")
    recurrent_kernel = np.eye(units) if identity else _orthogonal(rng, units, width)
    bias = make.random(features, units, seed=0).weights["bias"]  # zeros, in its own shape
    network = make(kernel, recurrent_kernel, bias, **activation)
    biases = {**({"f": 1.0} if "f" in make.gates else {}), **(biases or {})}
    for gate, value in biases.items():
        bias = network.weights["bias"]
        (bias[0] if bias.ndim == 2 else bias)[columns(network, gate)] = value
    if held is not None:
        _fix(network, held, bias=None)
    return network


def columns(network, gate):
    """Where a gate's units stand in the last axis of kernel, recurrent kernel and bias: a slice.

    Raises:
        ValueError: the network has no such gate.
    """
    if gate not in network.gates:
        raise ValueError(
            f"{type(network).__name__} has the gates {', '.join(network.gates)}. Received: {gate!r}"
        )
    first = network.gates.index(gate) * network.units
    return slice(first, first + network.units)


def _orthogonal(rng, rows, width):
    """`rows` orthonormal rows of `width` entries, as Keras's initializer draws them."""
    q, r = np.linalg.qr(rng.normal(size=(width, rows)))
    return (q * np.sign(np.diag(r))).T


@dataclass(frozen=True)
class Trial:
    """What `train` saw.

    Attributes:
        updates: after how many updates the errors were measured, (measurements,).
        errors: mean squared errors on the test sequences, (measurements, networks).
        networks: as trained.
        readouts: V (units,) and c, a number, of each network: its answer is h V + c. Where a network gives
            several answers at a time, V (units, answers) and c (answers,).
    """

    updates: np.ndarray
    errors: np.ndarray
    networks: list
    readouts: list

    def answers(self, inputs):
        """What each network answers at every step, (networks, sequences, timesteps), or
        (networks, sequences, timesteps, answers) where it gives several.
        """
        return np.stack(
            [
                network.forward(inputs)[0] @ V + c
                for network, (V, c) in zip(self.networks, self.readouts, strict=True)
            ]
        )


def train(
    networks, problem, *, updates, rate, seeds=None, every=100, nailed=None, held=None, deaf=None
):
    """Train networks of one kind and size, each on data of its own, with a readout y = h V + c.

    The updates are Adam's; the gradient of each network is shortened to norm 1 where it is longer. The
    networks are put together to one network whose weights are blocks, one block a network and 0
    elsewhere: one pass then serves them all, and each learns exactly what it would learn alone.

    Args:
        networks: of `scratch`, alike in kind and shapes; they are trained in place.
        problem: function of (sequences, seed) that returns (inputs, targets); the seed may be a NumPy
            generator. Targets (sequences, answers) are answers after the last step, (sequences, timesteps,
            answers) answers at every step. Updates use `BATCH` new sequences each, and lower the sum of the
            answers' mean squared errors.
        updates: how many.
        rate: Adam's learning rate.
        seeds: of the data and the readout, one a network; 1, 2, 3, ... by default.
        every: updates between two measurements; the last update is always measured.
        nailed: the name of a gate that is held open: its weights are 0, its bias is `OPEN`, and all of them
            stay so.
        held: the name of a gate that stays where it started: its weights are 0, its bias is that of the
            start, and all of them stay so.
        deaf: the name of a gate that reads nothing: its weights are 0 and stay so, and its bias learns.

    Returns:
        Trial.

    Raises:
        ValueError: networks that differ in kind or shape, another number of seeds, or an unknown gate.
    """
    seeds = range(1, len(networks) + 1) if seeds is None else seeds
    test = problem(TEST_SEQUENCES, TEST_SEED)
    if len(seeds) != len(networks):
        raise ValueError(f"Expected {len(networks)} seeds, one a network. Received {len(seeds)}")
    fixed = {gate for gate in (nailed, held) if gate is not None}
    for network in networks:
        for gate in fixed | ({deaf} if deaf else set()):
            _fix(network, gate, bias=OPEN if gate == nailed else None)
    blocks = _Blocks(networks)
    rngs = [np.random.default_rng(100 + seed) for seed in seeds]
    answers = test[1].shape[-1]
    V = np.zeros((blocks.count, blocks.units, blocks.count, answers))
    for k, rng in enumerate(rngs):
        V[k, :, k] = rng.normal(scale=blocks.units**-0.5, size=(blocks.units, answers))
    V = V.reshape(-1, blocks.count * answers)
    weights = {**blocks.network.weights, "V": V, "c": np.zeros(blocks.count * answers)}
    learns = {**blocks.learns(fixed, deaf), "V": V != 0, "c": True}
    adam = _Adam(weights, rate)
    measured, errors = [], []
    for update in range(1, updates + 1):
        inputs, targets = (
            np.concatenate(part, axis=-1)
            for part in zip(*(problem(BATCH, rng) for rng in rngs), strict=True)
        )
        gradients = gradients_of(blocks.network, weights, inputs, targets)
        gradients = {name: gradient * learns[name] for name, gradient in gradients.items()}
        adam.update(blocks.shortened(gradients))
        if update % every == 0 or update == updates:
            measured.append(update)
            errors.append(_errors(blocks, weights, *test))
    blocks.hand_back()
    V = V.reshape(blocks.count, blocks.units, blocks.count, answers)
    c = weights["c"].reshape(blocks.count, answers)
    if answers == 1:
        readouts = [(V[k, :, k, 0].copy(), float(c[k, 0])) for k in range(blocks.count)]
    else:
        readouts = [(V[k, :, k].copy(), c[k].copy()) for k in range(blocks.count)]
    return Trial(np.array(measured), np.array(errors), list(networks), readouts)


def _fix(network, gate, *, bias):
    """A gate that hears nothing: its weights are 0. It stands at `bias`, or where it did if None."""
    where = columns(network, gate)
    for name, weight in network.weights.items():
        if name != "bias":
            weight[..., where] = 0.0
        elif bias is not None:
            weight[..., where] = bias


def gradients_of(network, weights, inputs, targets):
    """Of the sum over the answers' columns of their mean squared errors, by name of the weight.

    Args:
        network: of `scratch`.
        weights: its weights, the readout V (units, answers) and c (answers,).
        inputs: (sequences, timesteps, features).
        targets: (sequences, answers) after the last step, or (sequences, timesteps, answers).
    """
    hidden, tape = network.forward(inputs)
    every_step = targets.ndim == 3
    read = hidden if every_step else hidden[:, -1:]
    targets = targets if every_step else targets[:, None]
    d_answers = 2 * (read @ weights["V"] + weights["c"] - targets) / (read.shape[0] * read.shape[1])
    d_hidden = np.zeros_like(hidden)
    d_hidden[:, -read.shape[1] :] = d_answers @ weights["V"].T
    gradients = network.backward(d_hidden, tape)
    return {
        **{name: gradients[name] for name in network.weights},
        "V": np.tensordot(read, d_answers, ((0, 1), (0, 1))),
        "c": d_answers.sum(axis=(0, 1)),
    }


def _errors(blocks, weights, inputs, targets):
    hidden, _ = blocks.network.forward(np.concatenate([inputs] * blocks.count, axis=2))
    read = hidden if targets.ndim == 3 else hidden[:, -1]
    answers = (read @ weights["V"] + weights["c"]).reshape(-1, blocks.count, targets.shape[-1])
    return ((answers - targets.reshape(-1, 1, targets.shape[-1])) ** 2).mean(axis=(0, 2))


class _Blocks:
    """Networks of one kind as one network with block-diagonal weights, `network`.

    Network k reads the k-th `features` inputs; its units are the k-th of every gate.
    """

    def __init__(self, networks):
        first = networks[0]
        shapes = {name: weight.shape for name, weight in first.weights.items()}
        for network in networks:
            theirs = {name: weight.shape for name, weight in network.weights.items()}
            if type(network) is not type(first) or theirs != shapes:
                raise ValueError(
                    f"Expected networks of one kind and shape, {type(first).__name__} {shapes}. "
                    f"Received {type(network).__name__} {theirs}"
                )
        self.networks = networks
        self.count, self.units = len(networks), first.units
        self.features = first.weights["kernel"].shape[0]
        self._bias_rows = first.weights["bias"].shape[:-1]
        self.network = copy.copy(first)  # with its activation
        self.network.weights = {
            name: self._empty(name).reshape(self._flat(name)) for name in shapes
        }
        for k, network in enumerate(networks):
            for name, weight in network.weights.items():
                self._block(self.network.weights[name], name, k)[...] = weight.reshape(
                    *weight.shape[:-1], -1, self.units
                )
        gates = len(first.gates)
        self._owner = np.tile(np.repeat(np.arange(self.count), self.units), gates)

    def _empty(self, name):
        rows = {
            "kernel": (self.count, self.features),
            "recurrent_kernel": (self.count, self.units),
            "bias": self._bias_rows,
        }[name]
        return np.zeros((*rows, len(self.networks[0].gates), self.count, self.units))

    def _flat(self, name):
        shape = self._empty(name).shape
        columns_ = int(np.prod(shape[-3:]))
        return (*self._bias_rows, columns_) if name == "bias" else (shape[0] * shape[1], columns_)

    def _block(self, flat, name, k):
        """The k-th network's part of a big weight, (rows, gates, units); a view."""
        whole = flat.reshape(self._empty(name).shape)
        return whole[..., k, :] if name == "bias" else whole[k, :, :, k, :]

    def learns(self, fixed, deaf=None):
        """For every weight 1 where it belongs to a network and to no fixed gate, else 0.

        Of a deaf gate only the bias learns.
        """
        masks = {}
        for name, weight in self.network.weights.items():
            mask = np.zeros_like(weight)
            for k in range(self.count):
                self._block(mask, name, k)[...] = 1
            silent = fixed if name == "bias" or deaf is None else fixed | {deaf}
            for gate in silent:
                mask[..., columns(self.network, gate)] = 0
            masks[name] = mask
        return masks

    def shortened(self, gradients):
        """The gradients, those of each network together no longer than 1."""
        squares = np.zeros(self.count)
        for name, gradient in gradients.items():
            by_column = (gradient**2).reshape(-1, gradient.shape[-1]).sum(axis=0)
            owner = self._owner_of(name, gradient)
            squares += np.bincount(owner, by_column, self.count)
        factor = 1 / np.maximum(1, np.sqrt(squares))
        return {
            name: gradient * factor[self._owner_of(name, gradient)]
            for name, gradient in gradients.items()
        }

    def _owner_of(self, name, weight):
        """Of which network a weight's columns are."""
        if name in ("V", "c"):
            return np.repeat(np.arange(self.count), weight.shape[-1] // self.count)
        return self._owner

    def hand_back(self):
        """Write the trained weights into the networks."""
        for k, network in enumerate(self.networks):
            for name, weight in network.weights.items():
                weight[...] = self._block(self.network.weights[name], name, k).reshape(weight.shape)


class _Adam:
    """Adam, in place on a dict of arrays.

    Source: Kingma, D. P. and Ba, J. (2015). Adam: a method for stochastic optimization. ICLR.
    """

    def __init__(self, weights, rate):
        self._weights, self._rate, self._updates = weights, rate, 0
        self._mean = {name: np.zeros_like(weight) for name, weight in weights.items()}
        self._square = {name: np.zeros_like(weight) for name, weight in weights.items()}

    def update(self, gradients):
        self._updates += 1
        for name, gradient in gradients.items():
            self._mean[name] += 0.1 * (gradient - self._mean[name])
            self._square[name] += 0.001 * (gradient**2 - self._square[name])
            mean = self._mean[name] / (1 - 0.9**self._updates)
            square = self._square[name] / (1 - 0.999**self._updates)
            self._weights[name] -= self._rate * mean / (np.sqrt(square) + 1e-8)


# -- what can be measured before training, and after -------------------------------------------------


def reach(network, inputs, *, seed=0):
    """How much of the last state's gradient arrives at the input of every step.

    A random direction at the last hidden state stands for the gradient of a loss.

    Returns:
        (timesteps,): the mean size of the derivative with respect to each step's input, as a share of that
        at the last step. The first entry is the share left over the whole sequence. Where nothing arrives
        at the last step either, as behind ReLUs that are all off, every share is 0.
    """
    hidden, tape = network.forward(inputs)
    d_hidden = np.zeros_like(hidden)
    d_hidden[:, -1] = np.random.default_rng(seed).normal(size=hidden[:, -1].shape)
    sizes = np.linalg.norm(network.backward(d_hidden, tape)["inputs"], axis=2).mean(axis=0)
    return sizes / sizes[-1] if sizes[-1] else np.zeros_like(sizes)


def state_size(network, inputs):
    """The mean |entry| of the memory after the last step: of c in an LSTM, of h elsewhere."""
    _, tape = network.forward(inputs)
    return float(np.abs(tape.states[-1]).mean())


def alive(network, inputs):
    """How many units are on, above 0, at some step of some of these sequences; for networks with ReLU."""
    hidden, _ = network.forward(inputs)
    return int((hidden > 0).any(axis=(0, 1)).sum())


def readable(network, problem, *, sequences=600, seed=0):
    """The mean squared error of the best linear readout of the last state: how much of the answer is in it.

    Least squares on two thirds of new sequences, measured on the rest. The network is not trained.

    Args:
        network: of `scratch`.
        problem: function of (sequences, seed) that returns inputs and answers (sequences, 1).
        sequences: how many.
        seed: of the sequences.
    """
    inputs, answers = problem(sequences, seed)
    hidden, _ = network.forward(inputs)
    state = np.c_[hidden[:, -1], np.ones(sequences)]
    fitted = 2 * sequences // 3
    weights = np.linalg.lstsq(state[:fitted], answers[:fitted], rcond=None)[0]
    return float(np.mean((state[fitted:] @ weights - answers[fitted:]) ** 2))


# -- the contest of lessons 04, 05 and 06 ------------------------------------------------------------


def contest(timesteps):
    """Who takes part: name to the arguments of `start` that make it.

    "b_f" and "b_i" say that a gate's bias starts at ±ln(timesteps - 1): the gate stands at
    1 - 1/timesteps, so that (1 - 1/timesteps) ** timesteps, about 0.37, is left of a memory that is
    multiplied by it at every step; the input gate stands at 1/timesteps. "i from 0.27" starts f and i where
    "i = 1 - f" has them, and does not tie them. "Leaky" is the cell with one gate whose z reads nothing and
    stays at 1 - 1/timesteps. Two cells start as "leaky, W Glorot" does, weight by weight, and differ in
    what `compete` lets training change: of "leaky, own z" the bias of z as well, so that each unit learns a
    z of its own; of "leaky, may read" all of z.

    W starts from 0.1 in the plain, the leaky cell and the IRNN, and with Glorot's in the others, where the
    name does not say so.

    Source: Tallec, C. and Ollivier, Y. (2018). Can recurrent neural networks warp time? ICLR, where every
    unit draws a time of its own up to `timesteps`.
    """
    long = float(np.log(timesteps - 1))
    leaky = {"kind": "one gate", "biases": {"z": long}, "held": "z"}
    return {
        "plain": {"kind": "plain", "input_scale": 0.1},
        "plain, W from 0.3": {"kind": "plain", "input_scale": 0.3},
        "plain, U = I": {"kind": "plain", "input_scale": 0.1, "identity": True},
        "plain, W Glorot": {"kind": "plain"},
        "IRNN": {"kind": "IRNN", "input_scale": 0.1},
        "IRNN, W Glorot": {"kind": "IRNN"},
        "leaky": {**leaky, "input_scale": 0.1},
        "leaky, W Glorot": leaky,
        "leaky, own z": leaky,
        "leaky, may read": leaky,
        "one gate": {"kind": "one gate"},
        "one gate, W from 0.1": {"kind": "one gate", "input_scale": 0.1},
        "GRU": {"kind": "GRU"},
        "GRU, W from 0.1": {"kind": "GRU", "input_scale": 0.1},
        "LSTM": {"kind": "LSTM"},
        "LSTM, b_f": {"kind": "LSTM", "biases": {"f": long}},
        "LSTM, b_i": {"kind": "LSTM", "biases": {"i": -long}},
        "LSTM, b_f and b_i": {"kind": "LSTM", "biases": {"f": long, "i": -long}},
        "LSTM, i = 1 - f": {"kind": "coupled LSTM"},
        "LSTM, i from 0.27": {"kind": "LSTM", "biases": {"i": -1.0}},
    }


_TRAINS = {"leaky, own z": "bias", "leaky, may read": "all"}
"""What `compete` lets training change of the gate that starts without weights; by default nothing."""


@dataclass(frozen=True)
class Result:
    """One row of the contest, one value a seed each.

    Attributes:
        name: of `contest`.
        reach: share of the gradient that is left at the first step, before training.
        size: size of the memory after the last step, before training.
        readable: error of the best linear readout of the last state, before training.
        reach_after, size_after: the same after training.
        curve: errors in training, (measurements, seeds); `updates` says when.
        error: the last of them.
        networks, readouts: as trained.
    """

    name: str
    reach: np.ndarray
    size: np.ndarray
    readable: np.ndarray
    reach_after: np.ndarray
    size_after: np.ndarray
    updates: np.ndarray
    curve: np.ndarray
    networks: list
    readouts: list

    @property
    def error(self):
        return self.curve[-1]

    def solved_after(self, below=0.02):
        """For each seed the first measured update with an error below; infinity where there is none."""
        return np.array(
            [min(self.updates[errors < below], default=np.inf) for errors in self.curve.T]
        )


def compete(name, problem, *, timesteps, units, updates, rate, seeds, edit=None, held=None):
    """Measure one of `contest` before training, train it, and measure again: a `Result`.

    Args:
        name: of `contest`.
        problem, updates, rate, seeds: as in `train`.
        timesteps: the length of the problem's sequences.
        units: the size of the state.
        edit: function that changes an untrained network in place, before anything is measured.
        held: the name of a gate that stays where it started, as in `train`; the leaky cell's z always does.

    Raises:
        ValueError: a name that does not take part.
    """
    entries = contest(timesteps)
    if name not in entries:
        raise ValueError(f"Expected one of {', '.join(map(repr, entries))}. Received: {name!r}")
    networks = [start(units=units, seed=seed, **entries[name]) for seed in seeds]
    for network in networks if edit else ():
        edit(network)
    inputs, _ = problem(200, TEST_SEED)

    def measured():
        return (
            np.array([reach(n, inputs, seed=s)[0] for n, s in zip(networks, seeds, strict=True)]),
            np.array([state_size(network, inputs) for network in networks]),
        )

    before = measured()
    text = np.array([readable(network, problem) for network in networks])
    theirs = entries[name].get("held")  # the gate that starts without weights
    trains = _TRAINS.get(name)
    trial = train(
        networks,
        problem,
        updates=updates,
        rate=rate,
        seeds=seeds,
        held=held or (None if trains else theirs),
        deaf=theirs if trains == "bias" else None,
    )
    return Result(
        name, *before, text, *measured(), trial.updates, trial.errors, networks, trial.readouts
    )
