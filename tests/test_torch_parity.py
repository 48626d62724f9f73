"""Our layers against torch.nn: an implementation that shares no code with Keras.

torch keeps each gate's weights as rows, in its own order, with two biases everywhere; `as_torch` below
says how Keras's arrays become those. CI sets COURSE_REQUIRE_TORCH, so that a missing torch fails there.
"""

import os

from course_lib import recurrent

import keras
import numpy as np
import parity
import pytest
from keras import ops

if os.environ.get("COURSE_REQUIRE_TORCH"):
    import torch
else:
    torch = pytest.importorskip("torch", reason="install the extra: pip install -e '.[torch]'")

# Keras's gate order -> torch's: GRU z r h -> r z n, LSTM i f c o -> i f g o
TORCH_ORDER = {"SimpleRNN": [0], "GRU": [1, 0, 2], "LSTM": [0, 1, 2, 3]}
TORCH_LAYER = {"SimpleRNN": "RNN", "GRU": "GRU", "LSTM": "LSTM"}


def as_torch(name, array):
    """(rows, gates * units) in Keras's gate order -> (gates * units, rows) in torch's."""
    blocks = np.split(array, len(TORCH_ORDER[name]), axis=-1)
    return np.concatenate([blocks[gate] for gate in TORCH_ORDER[name]], axis=-1).T


def torch_parameters(name, cell):
    """weight_ih, weight_hh, bias_ih, bias_hh of one direction of one layer."""
    kernel, recurrent_kernel, bias = cell.get_weights()
    input_bias, recurrent_bias = bias if name == "GRU" else (bias, np.zeros_like(bias))
    return [as_torch(name, a) for a in (kernel, recurrent_kernel, input_bias, recurrent_bias)]


def forward_and_backward(name, layers, bidirectional):
    """A torch layer holding the weights of our stack of layers."""
    theirs = getattr(torch.nn, TORCH_LAYER[name])(
        parity.FEATURES,
        parity.UNITS,
        num_layers=len(layers),
        bidirectional=bidirectional,
        batch_first=True,
        dtype=torch.float64,
        device="cpu",
    )
    arrays = []
    for layer in layers:
        directions = (layer.forward_layer, layer.backward_layer) if bidirectional else (layer,)
        for direction in directions:
            arrays += torch_parameters(name, direction.cell)
    with torch.no_grad():
        for parameter, array in zip(theirs.parameters(), arrays, strict=True):
            parameter.copy_(torch.from_numpy(np.ascontiguousarray(array)))
    return theirs


@pytest.mark.parametrize("bidirectional", [False, True], ids=["forward", "both directions"])
@pytest.mark.parametrize("depth", [1, 3])
@pytest.mark.parametrize("name", list(TORCH_LAYER))
def test_equals_torch_in_value_and_gradient(name, depth, bidirectional):
    layers = []
    for _ in range(depth):
        layer = getattr(recurrent, name)(
            parity.UNITS, return_sequences=True, return_state=True, dtype="float64"
        )
        layers.append(
            keras.layers.Bidirectional(layer, dtype="float64") if bidirectional else layer
        )

    class Stack(keras.layers.Layer):
        """The layers one upon another: the last outputs, then every layer's states in order."""

        def call(self, x):
            states = []
            for layer in layers:
                x, *layer_states = layer(x)
                states += layer_states
            return [x, *states]

    stack = Stack(dtype="float64")
    stack.recurrent_layers = layers
    inputs = parity.random_inputs()
    stack(inputs)
    for layer in layers:
        parity.set_random_weights(layer, seed=len(layer.name))
    theirs = forward_and_backward(name, layers, bidirectional)

    x = torch.tensor(inputs, device="cpu", requires_grad=True)
    outputs, states = theirs(x)
    h, *c = states if name == "LSTM" else (states,)
    per_state = [
        tensor for pair in zip(h, *c, strict=True) for tensor in pair
    ]  # h1, c1, h2, c2 ...
    expected = [outputs, *per_state]
    rng = np.random.default_rng(3)
    loss = sum(
        (tensor * torch.from_numpy(rng.normal(size=tensor.shape))).sum() for tensor in expected
    )
    loss.backward()

    results = parity.outputs_and_gradients(stack, inputs)
    mine, input_gradient = results[: len(expected)], results[-1]
    for ours, tensor in zip(mine, expected, strict=True):
        np.testing.assert_allclose(ours, tensor.detach().numpy(), atol=1e-10)
    np.testing.assert_allclose(input_gradient, x.grad.numpy(), atol=1e-10)

    weight_gradients = results[len(expected) : -1]
    kernels = weight_gradients[0::3], weight_gradients[1::3]
    theirs_by_kind = list(theirs.parameters())
    for kind in (0, 1):
        for ours, parameter in zip(kernels[kind], theirs_by_kind[kind::4], strict=True):
            np.testing.assert_allclose(as_torch(name, ours), parameter.grad.numpy(), atol=1e-10)
    for ours, input_bias, recurrent_bias in zip(
        weight_gradients[2::3], theirs_by_kind[2::4], theirs_by_kind[3::4], strict=True
    ):
        rows = zip(ours, (input_bias, recurrent_bias), strict=True)
        if name != "GRU":
            rows = [(ours, input_bias)]
        for row, parameter in rows:
            np.testing.assert_allclose(as_torch(name, row), parameter.grad.numpy(), atol=1e-10)


@pytest.mark.parametrize("name", list(TORCH_LAYER))
def test_a_right_padded_mask_equals_torchs_packed_sequence(name):
    layer = getattr(recurrent, name)(parity.UNITS, return_state=True, dtype="float64")
    inputs = parity.random_inputs()
    layer(inputs)
    parity.set_random_weights(layer)
    lengths = parity.MASKS["right"].sum(axis=1)
    packed = torch.nn.utils.rnn.pack_padded_sequence(
        torch.from_numpy(inputs), torch.from_numpy(lengths), batch_first=True, enforce_sorted=False
    )
    _, states = forward_and_backward(name, [layer], bidirectional=False)(packed)
    expected = states if name == "LSTM" else (states,)
    _, *mine = layer(inputs, mask=parity.MASKS["right"])
    for ours, tensor in zip(mine, expected, strict=True):
        np.testing.assert_allclose(
            ops.convert_to_numpy(ours), tensor[0].detach().numpy(), atol=1e-10
        )
