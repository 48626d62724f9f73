"""Our layers against torch.nn: an implementation that shares no code with Keras.

course_lib.porting carries the weights over. CI sets COURSE_REQUIRE_TORCH, so that a missing torch
fails there.
"""

import os

from course_lib import porting, recurrent

import keras
import mutants
import numpy as np
import parity
import pytest

if os.environ.get("COURSE_REQUIRE_TORCH"):
    import torch
else:
    torch = pytest.importorskip("torch", reason="install the extra: pip install -e '.[torch]'")

TORCH_LAYER = {"SimpleRNN": "RNN", "GRU": "GRU", "LSTM": "LSTM"}


def as_torch(name, kernels, bias):
    """Gradients as torch lays them out; its two biases have the same gradient where Keras has one."""
    arrays = porting.torch_weights(TORCH_LAYER[name], [*kernels, bias])
    if name != "GRU":
        arrays["bias_hh"] = arrays["bias_ih"]
    return list(arrays.values())


def layers_with_weights_of_their_own(name, depth, bidirectional):
    """Built layers, each fed by the one before it; no two have the same weights."""
    layers, features = [], parity.FEATURES
    for k in range(depth):
        layer = getattr(recurrent, name)(
            parity.UNITS, return_sequences=True, return_state=True, dtype="float64"
        )
        if bidirectional:
            layer = keras.layers.Bidirectional(layer, dtype="float64")
        layer.build((parity.BATCH, parity.TIME, features))
        parity.set_random_weights(layer, seed=10 + k)
        layers.append(layer)
        features = parity.UNITS * (2 if bidirectional else 1)
    return layers


@pytest.mark.parametrize("bidirectional", [False, True], ids=["forward", "both directions"])
@pytest.mark.parametrize("depth", [1, 3])
@pytest.mark.parametrize("name", list(TORCH_LAYER))
def test_equals_torch_in_value_and_gradient(name, depth, bidirectional):
    layers = layers_with_weights_of_their_own(name, depth, bidirectional)

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
    theirs = porting.to_torch(layers)

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
        parity.same(ours, tensor.detach().numpy(), 1e-10)
    parity.same(input_gradient, x.grad.numpy(), 1e-10)

    gradients = results[len(expected) : -1]
    converted = [
        array
        for *kernels, bias in zip(gradients[0::3], gradients[1::3], gradients[2::3], strict=True)
        for array in as_torch(name, kernels, bias)
    ]
    for ours, parameter in zip(converted, theirs.parameters(), strict=True):
        parity.same(ours, parameter.grad.numpy(), 1e-10)


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
    _, states = porting.to_torch(layer)(packed)
    expected = states if name == "LSTM" else (states,)
    _, *mine = layer(inputs, mask=parity.MASKS["right"])
    for ours, tensor in zip(mine, expected, strict=True):
        parity.same(ours, tensor[0].detach().numpy(), 1e-10)


@pytest.mark.parametrize("bidirectional", [False, True], ids=["forward", "both directions"])
@pytest.mark.parametrize("name", list(TORCH_LAYER))
def test_two_layers_exchanged_would_be_seen(name, bidirectional):
    """Layers 2 and 3 take as many features as each other, so only their values can tell them apart."""
    with mutants.mistake(
        porting.to_torch, "enumerate(stack)", "enumerate([stack[0], *stack[:0:-1]])"
    ):
        assert mutants.sees(test_equals_torch_in_value_and_gradient, name, 3, bidirectional)
