"""Recurrent networks in NumPy, with the gradient of every line derived by hand. No Keras here.

Each network is two small methods that a reader can check with a pencil:

    step(x_t, states)               one step forward; also returns what the way back will need
    step_back(d_states, saved, …)   the chain rule for that step, line for line in reverse

and everything else, the loop over time, masks, different lengths, is shared (`Network.forward` and
`Network.backward`, which is backpropagation through time). Arrays are float64. Weights have the names,
shapes and order of `course_lib.cells`, so `SimpleRNN(*cell.get_weights())` computes what the cell does.

Symbols: x_t (batch, features), h_t (batch, units), W `kernel`, U `recurrent_kernel`, b `bias`,
σ the sigmoid, * elementwise product, dX the derivative of the loss with respect to X.
"""

from dataclasses import dataclass

from course_lib.checks import positive_integer

import numpy as np


def sigmoid(a):
    """σ(a) = 1 / (1 + exp(-a)), without overflow; its derivative is σ(a) (1 - σ(a))."""
    return 0.5 * (1.0 + np.tanh(0.5 * a))


class Network:
    """A step repeated over time, and the way back through it.

    Shapes: inputs (batch, time, features), states (batch, units) each, mask (batch, time).

    Args:
        *weights: arrays in the order of `weight_names`, as `get_weights()` of the cell returns them.

    Raises:
        ValueError: another number of weights, or shapes that do not fit together.
    """

    weight_names = ("kernel", "recurrent_kernel", "bias")
    gates = ()
    state_count = 1

    def __init__(self, *weights):
        name = type(self).__name__
        if len(weights) != len(self.weight_names):
            raise ValueError(
                f"{name} expected {len(self.weight_names)} weights {self.weight_names}. "
                f"Received {len(weights)}"
            )
        self.weights = {
            name: np.array(weight, dtype="float64")  # our own copy: a check may perturb it
            for name, weight in zip(self.weight_names, weights, strict=True)
        }
        for weight_name, expected in self._shapes().items():
            received = self.weights[weight_name].shape
            if received != expected:
                raise ValueError(
                    f"{name}: expected {weight_name} of shape {expected}, received {received}"
                )

    @classmethod
    def random(cls, features, units, *, seed, scale=None):
        """A network with normal weights of standard deviation `scale` (1/√units by default), bias 0."""
        rng = np.random.default_rng(seed)
        scale = 1 / np.sqrt(units) if scale is None else scale
        width = len(cls.gates) * units
        kernel = rng.normal(scale=scale, size=(features, width))
        recurrent_kernel = rng.normal(scale=scale, size=(units, width))
        return cls(kernel, recurrent_kernel, np.zeros(cls._bias_shape(width)))

    @property
    def units(self):
        return self.weights["recurrent_kernel"].shape[0]

    @staticmethod
    def _bias_shape(width):
        return (width,)

    def _shapes(self):
        features, units = self.weights["kernel"].shape[0], self.units
        width = len(self.gates) * units
        return {
            "kernel": (features, width),
            "recurrent_kernel": (units, width),
            "bias": self._bias_shape(width),
        }

    # -- one time step, in the subclass --------------------------------------------------------------

    def step(self, x, states):
        """(new states, what step_back needs); states is a tuple of (batch, units), h first."""
        raise NotImplementedError(f"{type(self).__name__} must define step()")

    def step_back(self, d_states, saved, gradients):
        """Chain rule for one step: adds to `gradients` in place, returns (dx, d_old_states)."""
        raise NotImplementedError(f"{type(self).__name__} must define step_back()")

    # -- through time --------------------------------------------------------------------------------

    def forward(self, inputs, initial_states=None, mask=None):
        """Run the step along the sequence.

        Args:
            inputs: (batch, time, features).
            initial_states: one array (batch, units) for each state; zeros by default.
            mask: (batch, time), True on real steps. Elsewhere the states are carried over unchanged, and
                the inputs are not looked at.

        Returns:
            (hidden, tape): every h_t, (batch, time, units), and what `backward` needs.
        """
        inputs = np.asarray(inputs, dtype="float64")
        features = self.weights["kernel"].shape[0]
        if inputs.ndim != 3 or inputs.shape[1] == 0 or inputs.shape[2] != features:
            raise ValueError(
                f"{type(self).__name__} expected inputs (batch, time, {features}) with at least one time "
                f"step. Received shape {inputs.shape}"
            )
        batch, time, _ = inputs.shape
        mask = _checked_mask(mask, (batch, time))
        # a masked step's gradient is 0, and 0 times NaN is NaN: do not compute with what stands there
        inputs = np.where(mask[:, :, None], inputs, 0.0)
        if initial_states is None:
            initial_states = [np.zeros((batch, self.units))] * self.state_count
        states = tuple(np.asarray(state, dtype="float64") for state in initial_states)
        if [state.shape for state in states] != [(batch, self.units)] * self.state_count:
            raise ValueError(
                f"Expected {self.state_count} initial state(s) of shape {(batch, self.units)}. "
                f"Received {[state.shape for state in states]}"
            )
        hidden = np.empty((batch, time, self.units))
        steps = []
        for t in range(time):
            new, saved = self.step(inputs[:, t], states)
            real = mask[:, t, None]
            states = tuple(np.where(real, n, old) for n, old in zip(new, states, strict=True))
            hidden[:, t] = states[0]
            steps.append((real, saved))
        return hidden, Tape(steps, states, inputs.shape)

    def backward(self, d_hidden, tape, *, d_final_states=None, truncate=None):
        """Backpropagation through time: from the last step to the first, adding as it goes.

        Args:
            d_hidden: derivative of the loss with respect to every h_t, (batch, time, units).
            tape: what `forward` returned.
            d_final_states: derivatives with respect to the states after the last step, where the loss
                uses them.
            truncate: truncated BPTT: the sequence is cut into blocks of so many steps, and no gradient
                flows from one block into the one before it.

        Returns:
            dict: the gradient of each weight, and "inputs" and "initial_states".
        """
        batch, time, _ = tape.shape
        d_hidden = np.asarray(d_hidden, dtype="float64")
        if d_hidden.shape != (batch, time, self.units):
            raise ValueError(
                f"Expected d_hidden of shape {(batch, time, self.units)}. Received {d_hidden.shape}"
            )
        if truncate is not None:
            truncate = positive_integer("truncate", truncate)
        gradients = {name: np.zeros_like(weight) for name, weight in self.weights.items()}
        d_inputs = np.zeros(tape.shape)
        if d_final_states is None:
            d_final_states = [np.zeros((batch, self.units))] * self.state_count
        d_states = tuple(np.asarray(d, dtype="float64") for d in d_final_states)
        if [d.shape for d in d_states] != [(batch, self.units)] * self.state_count:
            raise ValueError(
                f"Expected the derivative of each final state, {self.state_count} of shape "
                f"{(batch, self.units)}. Received {[d.shape for d in d_states]}"
            )
        for t in reversed(range(time)):
            d_states = (d_states[0] + d_hidden[:, t], *d_states[1:])
            real, saved = tape.steps[t]
            through_step = tuple(np.where(real, d, 0.0) for d in d_states)
            carried_over = tuple(np.where(real, 0.0, d) for d in d_states)
            d_inputs[:, t], d_old = self.step_back(through_step, saved, gradients)
            d_states = tuple(o + c for o, c in zip(d_old, carried_over, strict=True))
            if truncate is not None and t > 0 and t % truncate == 0:
                d_states = tuple(np.zeros_like(d) for d in d_states)
        return {**gradients, "inputs": d_inputs, "initial_states": list(d_states)}


@dataclass(frozen=True)
class Tape:
    """What a forward pass leaves for the way back; `states` are those after the last step."""

    steps: list
    states: tuple
    shape: tuple


# f, and f' written with h = f(a), which is at hand on the way back
ACTIVATIONS = {
    "tanh": (np.tanh, lambda h: 1 - h**2),
    "sigmoid": (sigmoid, lambda h: h * (1 - h)),
    "relu": (lambda a: np.maximum(a, 0.0), lambda h: (h > 0).astype("float64")),
}


class SimpleRNN(Network):
    """h_t = tanh(x_t W + h_{t-1} U + b); on the way back, with a_t what stands inside tanh:

        da_t = dh_t * (1 - h_t²)
        dW += x_tᵀ da_t      dU += h_{t-1}ᵀ da_t      db += Σ_batch da_t
        dx_t = da_t Wᵀ       dh_{t-1} = da_t Uᵀ

    Args:
        *weights: as in `Network`.
        activation: "tanh", "sigmoid" or "relu", whose derivative then stands for 1 - h_t².
    """

    gates = ("h",)

    def __init__(self, *weights, activation="tanh"):
        super().__init__(*weights)
        if activation not in ACTIVATIONS:
            raise ValueError(
                f"Expected activation {', '.join(ACTIVATIONS)}. Received: {activation!r}"
            )
        self._f, self._derivative = ACTIVATIONS[activation]

    def step(self, x, states):
        (h_old,) = states
        kernel, recurrent_kernel, bias = self.weights.values()
        h = self._f(x @ kernel + h_old @ recurrent_kernel + bias)
        return (h,), (x, h_old, h)

    def step_back(self, d_states, saved, gradients):
        (dh,) = d_states
        x, h_old, h = saved
        kernel, recurrent_kernel, _ = self.weights.values()
        da = dh * self._derivative(h)
        gradients["kernel"] += x.T @ da
        gradients["recurrent_kernel"] += h_old.T @ da
        gradients["bias"] += da.sum(axis=0)
        return da @ kernel.T, (da @ recurrent_kernel.T,)


class SimplifiedGRU(Network):
    """The GRU without a reset gate (gates z, h); z = 1 keeps the old state.

    z_t = σ(x_t W_z + h_{t-1} U_z + b_z)
    ĥ_t = tanh(x_t W_h + h_{t-1} U_h + b_h)
    h_t = z_t * h_{t-1} + (1 - z_t) * ĥ_t
    """

    gates = ("z", "h")

    def step(self, x, states):
        (h_old,) = states
        kernel, recurrent_kernel, bias = self.weights.values()
        a_z, a_h = np.split(x @ kernel + h_old @ recurrent_kernel + bias, 2, axis=1)
        z, candidate = sigmoid(a_z), np.tanh(a_h)
        h = z * h_old + (1 - z) * candidate
        return (h,), (x, h_old, z, candidate)

    def step_back(self, d_states, saved, gradients):
        (dh,) = d_states
        x, h_old, z, candidate = saved
        kernel, recurrent_kernel, _ = self.weights.values()
        da_z = dh * (h_old - candidate) * z * (1 - z)
        da_h = dh * (1 - z) * (1 - candidate**2)
        da = np.concatenate([da_z, da_h], axis=1)
        gradients["kernel"] += x.T @ da
        gradients["recurrent_kernel"] += h_old.T @ da
        gradients["bias"] += da.sum(axis=0)
        return da @ kernel.T, (da @ recurrent_kernel.T + dh * z,)


class GRUResetBefore(Network):
    """The GRU of the paper, `GRUCell(reset_after=False)`: the reset gate acts before the matrix product.

    z_t = σ(x_t W_z + h_{t-1} U_z + b_z)
    r_t = σ(x_t W_r + h_{t-1} U_r + b_r)
    ĥ_t = tanh(x_t W_h + (r_t * h_{t-1}) U_h + b_h)
    h_t = z_t * h_{t-1} + (1 - z_t) * ĥ_t
    """

    gates = ("z", "r", "h")

    def step(self, x, states):
        (h_old,) = states
        kernel, recurrent_kernel, bias = self.weights.values()
        u_z, u_r, u_h = np.split(recurrent_kernel, 3, axis=1)
        x_z, x_r, x_h = np.split(x @ kernel + bias, 3, axis=1)
        z = sigmoid(x_z + h_old @ u_z)
        r = sigmoid(x_r + h_old @ u_r)
        candidate = np.tanh(x_h + (r * h_old) @ u_h)
        h = z * h_old + (1 - z) * candidate
        return (h,), (x, h_old, z, r, candidate)

    def step_back(self, d_states, saved, gradients):
        (dh,) = d_states
        x, h_old, z, r, candidate = saved
        kernel, recurrent_kernel, _ = self.weights.values()
        u_z, u_r, u_h = np.split(recurrent_kernel, 3, axis=1)
        da_z = dh * (h_old - candidate) * z * (1 - z)
        da_h = dh * (1 - z) * (1 - candidate**2)
        d_reset = da_h @ u_h.T  # with respect to r * h_old
        da_r = d_reset * h_old * r * (1 - r)
        da = np.concatenate([da_z, da_r, da_h], axis=1)
        gradients["kernel"] += x.T @ da
        gradients["recurrent_kernel"] += np.concatenate(
            [h_old.T @ da_z, h_old.T @ da_r, (r * h_old).T @ da_h], axis=1
        )
        gradients["bias"] += da.sum(axis=0)
        dh_old = dh * z + d_reset * r + da_z @ u_z.T + da_r @ u_r.T
        return da @ kernel.T, (dh_old,)


class GRU(Network):
    """The GRU in Keras's and PyTorch's usual form, `GRUCell()`: the reset gate acts after the product.

        z_t = σ(x_t W_z + b_z + h_{t-1} U_z + c_z)
        r_t = σ(x_t W_r + b_r + h_{t-1} U_r + c_r)
        ĥ_t = tanh(x_t W_h + b_h + r_t * (h_{t-1} U_h + c_h))
        h_t = z_t * h_{t-1} + (1 - z_t) * ĥ_t

    bias is (2, 3 * units): the input biases b in row 0, the recurrent biases c in row 1.
    """

    gates = ("z", "r", "h")

    @staticmethod
    def _bias_shape(width):
        return (2, width)

    def step(self, x, states):
        (h_old,) = states
        kernel, recurrent_kernel, (bias, recurrent_bias) = self.weights.values()
        x_z, x_r, x_h = np.split(x @ kernel + bias, 3, axis=1)
        h_z, h_r, h_h = np.split(h_old @ recurrent_kernel + recurrent_bias, 3, axis=1)
        z = sigmoid(x_z + h_z)
        r = sigmoid(x_r + h_r)
        candidate = np.tanh(x_h + r * h_h)
        h = z * h_old + (1 - z) * candidate
        return (h,), (x, h_old, z, r, candidate, h_h)

    def step_back(self, d_states, saved, gradients):
        (dh,) = d_states
        x, h_old, z, r, candidate, h_h = saved
        kernel, recurrent_kernel, _ = self.weights.values()
        da_z = dh * (h_old - candidate) * z * (1 - z)
        da_h = dh * (1 - z) * (1 - candidate**2)
        da_r = da_h * h_h * r * (1 - r)
        d_input_side = np.concatenate([da_z, da_r, da_h], axis=1)
        d_recurrent_side = np.concatenate([da_z, da_r, da_h * r], axis=1)
        gradients["kernel"] += x.T @ d_input_side
        gradients["recurrent_kernel"] += h_old.T @ d_recurrent_side
        gradients["bias"] += [d_input_side.sum(axis=0), d_recurrent_side.sum(axis=0)]
        return d_input_side @ kernel.T, (dh * z + d_recurrent_side @ recurrent_kernel.T,)


class LSTM(Network):
    """Long short-term memory; states (h, c), gates in Keras's order i, f, c, o.

        i_t, f_t, o_t = σ(x_t W + h_{t-1} U + b), each with its own columns
        ĉ_t = tanh(x_t W_c + h_{t-1} U_c + b_c)
        c_t = f_t * c_{t-1} + i_t * ĉ_t
        h_t = o_t * tanh(c_t)

    On the way back dc_t is the sum of what comes from the next step and what comes through h_t; the
    path from c_t to c_{t-1} is a product with f_t alone.
    """

    gates = ("i", "f", "c", "o")
    state_count = 2

    def step(self, x, states):
        h_old, c_old = states
        kernel, recurrent_kernel, bias = self.weights.values()
        a_i, a_f, a_c, a_o = np.split(x @ kernel + h_old @ recurrent_kernel + bias, 4, axis=1)
        i, f, o = sigmoid(a_i), sigmoid(a_f), sigmoid(a_o)
        candidate = np.tanh(a_c)
        c = f * c_old + i * candidate
        h = o * np.tanh(c)
        return (h, c), (x, h_old, c_old, i, f, candidate, o, c)

    def step_back(self, d_states, saved, gradients):
        dh, dc = d_states
        x, h_old, c_old, i, f, candidate, o, c = saved
        kernel, recurrent_kernel, _ = self.weights.values()
        tanh_c = np.tanh(c)
        dc = dc + dh * o * (1 - tanh_c**2)
        da_i = dc * candidate * i * (1 - i)
        da_f = dc * c_old * f * (1 - f)
        da_c = dc * i * (1 - candidate**2)
        da_o = dh * tanh_c * o * (1 - o)
        da = np.concatenate([da_i, da_f, da_c, da_o], axis=1)
        gradients["kernel"] += x.T @ da
        gradients["recurrent_kernel"] += h_old.T @ da
        gradients["bias"] += da.sum(axis=0)
        return da @ kernel.T, (da @ recurrent_kernel.T, dc * f)


class CoupledLSTM(Network):
    """The LSTM that writes as much as it forgets, i_t = 1 - f_t; states (h, c), gates f, c, o.

    c_t = f_t * c_{t-1} + (1 - f_t) * ĉ_t, and all else as in `LSTM`: no |c| ever exceeds 1. Its layer is
    `recurrent.RNN(variants.CoupledLSTMCell(units))`.

    Source: Greff, K. et al. (2017). LSTM: a search space odyssey. IEEE Transactions on Neural Networks and
    Learning Systems 28(10), 2222-2232, there "CIFG".
    """

    gates = ("f", "c", "o")
    state_count = 2

    def step(self, x, states):
        h_old, c_old = states
        kernel, recurrent_kernel, bias = self.weights.values()
        a_f, a_c, a_o = np.split(x @ kernel + h_old @ recurrent_kernel + bias, 3, axis=1)
        f, o = sigmoid(a_f), sigmoid(a_o)
        candidate = np.tanh(a_c)
        c = f * c_old + (1 - f) * candidate
        h = o * np.tanh(c)
        return (h, c), (x, h_old, c_old, f, candidate, o, c)

    def step_back(self, d_states, saved, gradients):
        dh, dc = d_states
        x, h_old, c_old, f, candidate, o, c = saved
        kernel, recurrent_kernel, _ = self.weights.values()
        tanh_c = np.tanh(c)
        dc = dc + dh * o * (1 - tanh_c**2)
        da_f = dc * (c_old - candidate) * f * (1 - f)
        da_c = dc * (1 - f) * (1 - candidate**2)
        da_o = dh * tanh_c * o * (1 - o)
        da = np.concatenate([da_f, da_c, da_o], axis=1)
        gradients["kernel"] += x.T @ da
        gradients["recurrent_kernel"] += h_old.T @ da
        gradients["bias"] += da.sum(axis=0)
        return da @ kernel.T, (da @ recurrent_kernel.T, dc * f)


# -- losses ------------------------------------------------------------------------------------------


def softmax_cross_entropy(logits, targets, mask=None):
    """-Σ_t log softmax(logits_t)[target_t], summed over time and averaged over the batch.

    Args:
        logits: (batch, time, classes).
        targets: whole numbers (batch, time), the right class at each step.
        mask: (batch, time), True on the steps that count. The others are not looked at: their logits may
            be NaN, their targets -1.

    Returns:
        (loss, d_logits): d_logits = (softmax(logits) - one_hot(targets)) / batch on real steps.
    """
    logits, targets = np.asarray(logits, dtype="float64"), np.asarray(targets)
    if logits.ndim != 3 or targets.shape != logits.shape[:2]:
        raise ValueError(
            f"Expected logits (batch, time, classes) and targets (batch, time). "
            f"Received {logits.shape} and {targets.shape}"
        )
    mask = _counted_steps(mask, logits)
    logits, targets = np.where(mask[..., None], logits, 0.0), _whole(targets, mask)
    if targets.min() < 0 or targets.max() >= logits.shape[2]:
        raise ValueError(
            f"Expected targets from 0 to {logits.shape[2] - 1}. "
            f"Received {targets.min()} to {targets.max()}"
        )
    weight = mask / len(mask)
    shifted = logits - logits.max(axis=-1, keepdims=True)  # softmax is the same, exp stays finite
    log_probability = shifted - np.log(np.exp(shifted).sum(axis=-1, keepdims=True))
    right = np.take_along_axis(log_probability, targets[..., None], axis=-1)[..., 0]
    d_logits = np.exp(log_probability)
    d_logits -= targets[..., None] == np.arange(logits.shape[2])
    return -(weight * right).sum(), d_logits * weight[..., None]


def squared_error(predictions, targets, mask=None):
    """½ Σ_t ‖prediction_t - target_t‖², summed over time and averaged over the batch.

    Args:
        predictions, targets: (batch, time, outputs).
        mask: (batch, time), True on the steps that count. The others are not looked at and may be NaN.

    Returns:
        (loss, d_predictions): d_predictions = (prediction - target) / batch on real steps.
    """
    predictions, targets = (np.asarray(a, dtype="float64") for a in (predictions, targets))
    if predictions.ndim != 3 or predictions.shape != targets.shape:
        raise ValueError(
            f"Expected predictions and targets of one shape (batch, time, outputs). "
            f"Received {predictions.shape} and {targets.shape}"
        )
    mask = _counted_steps(mask, predictions)[..., None]
    weight = mask / len(mask)
    predictions, targets = (np.where(mask, a, 0.0) for a in (predictions, targets))
    difference = predictions - targets
    return 0.5 * (weight * difference**2).sum(), weight * difference


def _checked_mask(mask, shape):
    """The mask as booleans of this shape; all True by default."""
    mask = np.ones(shape, bool) if mask is None else np.asarray(mask)
    if mask.shape != shape:
        raise ValueError(f"Expected a mask of shape {shape}. Received {mask.shape}")
    if mask.dtype != bool and not np.isin(mask, (0, 1)).all():
        raise ValueError(
            f"Expected a mask of True and False, or 1 and 0. Received {np.unique(mask)[:5].tolist()}"
        )
    return mask.astype(bool)


def _counted_steps(mask, outputs):
    """The mask of a loss, whose mean needs a row and whose sum a step."""
    if not outputs.size:
        raise ValueError(
            f"Expected at least one row and one time step. Received shape {outputs.shape}"
        )
    return _checked_mask(mask, outputs.shape[:2])


def _whole(targets, mask):
    """The targets as integers, 0 where the mask is False."""
    if not np.issubdtype(targets.dtype, np.number):
        raise ValueError(f"Expected targets that are whole numbers. Received: {targets.dtype}")
    targets = np.where(mask, targets, 0)
    wrong = targets != np.floor(targets)
    if wrong.any():
        raise ValueError(f"Expected targets that are whole numbers. Received: {targets[wrong][0]}")
    return targets.astype("int64")


# -- the check ---------------------------------------------------------------------------------------


@dataclass(frozen=True)
class GradientCheck:
    """What `gradient_check` found: one row for each parameter, its worst entry.

    `rows` holds (name, index, claimed, numeric, error); `passed` says whether every error is within
    the tolerance. Printed, it is a table.
    """

    rows: list
    tolerance: float

    @property
    def passed(self):
        return all(error <= self.tolerance for *_, error in self.rows)

    def __repr__(self):
        width = max(len(row[0]) for row in self.rows)
        return "\n".join(f"{row[0]:<{width}}  {self._verdict(*row[1:])}" for row in self.rows)

    def _verdict(self, index, claimed, numeric, error):
        if error <= self.tolerance:  # the rest would be rounding noise
            return f"agrees, error below {self.tolerance:.0e}"
        place = ", ".join(str(int(i)) for i in index)
        return (
            f"DISAGREES, most at [{place}]: claimed {claimed:.6g}, numeric {numeric:.6g}, "
            f"error {error:.2g}"
        )


def gradient_check(
    loss, parameters, gradients, *, epsilon=1e-5, tolerance=1e-7, entries=None, seed=0
):
    """Hold claimed gradients against central differences, entry by entry.

        numeric = (L(θ + ε) - L(θ - ε)) / 2ε
        error = |claimed - numeric| / the largest |claimed| or |numeric| in the same parameter

    Dividing by the parameter's largest gradient, not the entry's own, keeps entries whose true gradient
    is 0 from looking like errors. The central difference is wrong by about ε², so ε = 1e-5 in float64
    leaves 1e-9 or so; a loss with a kink (ReLU) within ε of the point can disagree without a mistake.

    Args:
        loss: function without arguments that returns the loss, a number, from the arrays in
            `parameters`; they are changed in place and put back.
        parameters: dict of name to float64 array.
        gradients: dict with, for each of those names, the claimed gradient, of the same shape.
        epsilon: ε.
        tolerance: the largest error that passes.
        entries: check so many entries of each parameter, drawn at random; all by default.
        seed: seed of that draw.

    Returns:
        GradientCheck: print it, or assert its `passed`.

    Raises:
        ValueError: nothing to check; a parameter that is not a writable float64 array with an entry; a
            gradient that is missing or has another shape; or a loss that is not a finite number or that
            changes without a change of the parameters (dropout left on?).
    """
    if not parameters:
        raise ValueError("Expected at least one parameter to check. Received none")
    if not epsilon > 0:
        raise ValueError(f"Expected an epsilon above 0. Received: {epsilon}")
    if entries is not None:
        entries = positive_integer("entries", entries)
    start = _finite(loss(), "the parameters as given")
    if _finite(loss(), "the parameters as given") != start:
        raise ValueError(
            "The loss changed between two calls with the same parameters. Dropout left on?"
        )
    rng = np.random.default_rng(seed)
    rows = []
    for name, parameter in parameters.items():
        if not isinstance(parameter, np.ndarray) or parameter.dtype != np.float64:
            kind = getattr(parameter, "dtype", type(parameter).__name__)
            raise ValueError(f"Expected parameter {name!r} to be a float64 array. Received {kind}")
        if not parameter.flags.writeable:
            raise ValueError(f"Parameter {name!r} is read-only: give a copy, np.array(...)")
        if not parameter.size:
            raise ValueError(
                f"Expected parameter {name!r} to have entries. Received shape {parameter.shape}"
            )
        if name not in gradients:
            raise ValueError(f"No gradient for {name!r} among {sorted(gradients)}")
        claimed = np.asarray(gradients[name], dtype="float64")
        if claimed.shape != parameter.shape:
            raise ValueError(
                f"Expected a gradient of shape {parameter.shape} for {name!r}. Received {claimed.shape}"
            )
        chosen = np.arange(parameter.size)
        if entries is not None and entries < parameter.size:
            chosen = np.sort(rng.choice(parameter.size, entries, replace=False))
        numeric = np.array([_slope(loss, parameter, i, epsilon, name) for i in chosen])
        expected = claimed.reshape(-1)[chosen]
        sizes = np.abs([expected, numeric])
        scale = sizes[np.isfinite(sizes)].max(
            initial=0
        )  # one that is not finite has its own error only
        errors = np.abs(expected - numeric) / (scale or 1.0)
        errors = np.where(np.isfinite(errors), errors, np.inf)
        worst = int(np.argmax(errors))
        index = np.unravel_index(chosen[worst], parameter.shape)
        rows.append((name, index, expected[worst], numeric[worst], errors[worst]))
    return GradientCheck(rows, tolerance)


def _slope(loss, parameter, flat_index, epsilon, name):
    """Central difference of the loss along one entry, which is put back whatever happens."""
    index = np.unravel_index(flat_index, parameter.shape)
    kept = parameter[index]
    try:
        parameter[index] = kept + epsilon
        above = _finite(loss(), f"{name}{list(map(int, index))} raised by {epsilon}")
        parameter[index] = kept - epsilon
        below = _finite(loss(), f"{name}{list(map(int, index))} lowered by {epsilon}")
    finally:
        parameter[index] = kept
    return (above - below) / (2 * epsilon)


def _finite(value, where):
    value = float(value)
    if not np.isfinite(value):
        raise ValueError(f"Expected a finite loss. Received {value} at {where}")
    return value
