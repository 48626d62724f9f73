"""Would the gradient checks see a mistake in the chain rule? Make them, one at a time, and see each caught.

A mutation replaces one piece of one class of scratch.py. The mutated network is then held against central
differences of its own loss, as tests/test_scratch.py does it. The source as it stands must pass.
"""

from course_lib import scratch

import keras
import numpy as np
import parity
import pytest
from mutants import mutant

pytestmark = pytest.mark.skipif(
    keras.backend.backend() != "tensorflow", reason="NumPy alone: the same under every backend"
)

# what is wrong with it: (class, piece of its source, what stands there instead, network that shows it)
MUTATIONS = {
    # through time
    "mask forgotten on the way forward": (
        "Network",
        "np.where(real, n, old) for n",
        "n for n",
        "SimpleRNN",
    ),
    "mask forgotten on the way back": (
        "Network",
        "np.where(real, d, 0.0)",
        "d",
        "SimpleRNN",
    ),
    "no gradient carried over a masked step": (
        "Network",
        "o + c for o, c in",
        "o for o, c in",
        "SimpleRNN",
    ),
    "the loss counted at the last step only": (
        "Network",
        "d_states[0] + d_hidden[:, t]",
        "d_states[0] + d_hidden[:, t] * (t == time - 1)",
        "GRU",
    ),
    "the loss through the final states forgotten": (
        "Network",
        "if d_final_states is None:",
        "if True:",
        "LSTM",
    ),
    "time run forwards on the way back": (
        "Network",
        "reversed(range(time))",
        "range(time)",
        "SimpleRNN",
    ),
    "gradients overwritten instead of added": (
        "SimpleRNN",
        'gradients["recurrent_kernel"] +=',
        'gradients["recurrent_kernel"][:] =',
        "SimpleRNN",
    ),
    # the vanilla network
    "activation's derivative forgotten": (
        "SimpleRNN",
        "dh * self._derivative(h)",
        "dh",
        "SimpleRNN",
    ),
    "derivative taken at the old state": (
        "SimpleRNN",
        "self._derivative(h)",
        "self._derivative(h_old)",
        "SimpleRNN",
    ),
    "new state for old": ("SimpleRNN", "h_old.T @ da", "h.T @ da", "SimpleRNN"),
    "recurrent kernel not transposed": (
        "SimpleRNN",
        "da @ recurrent_kernel.T",
        "da @ recurrent_kernel",
        "SimpleRNN",
    ),
    "bias averaged over the batch": ("SimpleRNN", "da.sum(axis=0)", "da.mean(axis=0)", "SimpleRNN"),
    # one gate
    "the path through the gate forgotten": (
        "SimplifiedGRU",
        "da @ recurrent_kernel.T + dh * z",
        "da @ recurrent_kernel.T",
        "SimplifiedGRU",
    ),
    "old and new exchanged in dz": (
        "SimplifiedGRU",
        "(h_old - candidate)",
        "(candidate - h_old)",
        "SimplifiedGRU",
    ),
    "the other meaning of z on the way back": (
        "SimplifiedGRU",
        "dh * (1 - z) * (1 - candidate**2)",
        "dh * z * (1 - candidate**2)",
        "SimplifiedGRU",
    ),
    # reset before the product
    "reset state taken for the state": (
        "GRUResetBefore",
        "(r * h_old).T @ da_h",
        "h_old.T @ da_h",
        "GRUResetBefore",
    ),
    "reset gate's product rule cut short": (
        "GRUResetBefore",
        "+ d_reset * r ",
        "+ d_reset ",
        "GRUResetBefore",
    ),
    "no path through the reset gate": (
        "GRUResetBefore",
        " + da_r @ u_r.T",
        "",
        "GRUResetBefore",
    ),
    # reset after the product
    "reset gate left out on the recurrent side": (
        "GRU",
        "[da_z, da_r, da_h * r]",
        "[da_z, da_r, da_h]",
        "GRU",
    ),
    "reset gate's derivative without the product": (
        "GRU",
        "da_h * h_h * r * (1 - r)",
        "da_h * r * (1 - r)",
        "GRU",
    ),
    "one bias gradient used for both": (
        "GRU",
        "d_recurrent_side.sum(axis=0)]",
        "d_input_side.sum(axis=0)]",
        "GRU",
    ),
    # the LSTM
    "what comes through h forgotten in dc": (
        "LSTM",
        "dc = dc + dh * o * (1 - tanh_c**2)",
        "dc = dc",
        "LSTM",
    ),
    "what comes from the next step forgotten in dc": ("LSTM", "dc = dc + dh", "dc = dh", "LSTM"),
    "output tanh's derivative forgotten": ("LSTM", "dh * o * (1 - tanh_c**2)", "dh * o", "LSTM"),
    "new cell state for old": ("LSTM", "dc * c_old * f", "dc * c * f", "LSTM"),
    "i for f on the way to the old cell state": ("LSTM", "dc * f)", "dc * i)", "LSTM"),
    "gates in another order on the way back": (
        "LSTM",
        "[da_i, da_f, da_c, da_o]",
        "[da_i, da_f, da_o, da_c]",
        "LSTM",
    ),
}


def passes(module, name):
    """Whether the network's gradients pass with and without a mask."""
    shapes = getattr(scratch, name).random(parity.FEATURES, parity.UNITS, seed=2).weights.values()
    rng = np.random.default_rng(2)
    weights = [rng.normal(scale=0.8, size=weight.shape) for weight in shapes]
    network = getattr(module, name)(*weights)
    return all(
        parity.central_differences(network, parity.MASKS[mask]).passed
        for mask in ("no mask", "inside")
    )


@pytest.mark.parametrize("name", sorted({network for *_, network in MUTATIONS.values()}))
def test_the_source_as_it_stands_passes(name):
    assert passes(scratch, name)


@pytest.mark.parametrize("mistake", MUTATIONS)
def test_a_mistake_is_caught(mistake):
    owner, piece, replacement, name = MUTATIONS[mistake]
    assert not passes(mutant(scratch, piece, replacement, getattr(scratch, owner)), name)
