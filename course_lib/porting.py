"""Carry trained weights between Keras (ours or its own layers) and torch.nn.RNN, GRU and LSTM.

The two libraries compute the same equations and keep the weights differently:

                         Keras                                torch
    input kernel         kernel (features, gates * units)     weight_ih_l{k} (gates * units, features)
    recurrent kernel     recurrent_kernel (units, gates * …)  weight_hh_l{k} (gates * units, units)
    bias                 bias; a GRU's has two rows           bias_ih_l{k} and bias_hh_l{k}, always two
    gate order, GRU      z r h                                r z n
    gate order, LSTM     i f c o                              i f g o
    layer k, backwards   a layer of its own, Bidirectional    the suffix _l{k}_reverse

`torch_weights` and `keras_weights` convert arrays and need no torch; `to_torch` and `from_torch` make
whole modules and layers.
"""

import re

from course_lib import recurrent

import keras
import numpy as np

# position of each of torch's gates in Keras's order
_TORCH_ORDER = {"RNN": [0], "GRU": [1, 0, 2], "LSTM": [0, 1, 2, 3]}
_KERAS_NAME = {"RNN": "SimpleRNN", "GRU": "GRU", "LSTM": "LSTM"}


def torch_weights(kind, weights):
    """One direction of one layer, from Keras's arrays to torch's.

    Args:
        kind: "RNN", "GRU" or "LSTM".
        weights: what Keras's `get_weights()` returns: kernel, recurrent kernel and, if there is one, bias.

    Returns:
        dict with "weight_ih", "weight_hh" and, with a bias, "bias_ih", "bias_hh". Where Keras keeps one
        bias, it becomes bias_ih, and bias_hh is 0.
    """
    _require_kind(kind)
    kernel, recurrent_kernel, *bias = map(np.asarray, weights)
    arrays = {"weight_ih": kernel.T, "weight_hh": recurrent_kernel.T}
    if bias:
        two_rows = bias[0] if kind == "GRU" else np.stack([bias[0], np.zeros_like(bias[0])])
        if two_rows.ndim != 2:
            raise ValueError(
                "torch.nn.GRU resets after the matrix product and has two biases. Expected a GRU with "
                f"reset_after=True, bias (2, 3 * units). Received a bias of shape {bias[0].shape}"
            )
        arrays["bias_ih"], arrays["bias_hh"] = two_rows
    return {name: _reordered(array, _TORCH_ORDER[kind]) for name, array in arrays.items()}


def keras_weights(kind, arrays):
    """One direction of one layer, from torch's arrays to Keras's; the inverse of `torch_weights`.

    Args:
        kind: "RNN", "GRU" or "LSTM".
        arrays: dict with "weight_ih", "weight_hh" and, if there are biases, "bias_ih", "bias_hh".

    Returns:
        list for Keras's `set_weights`. Where Keras keeps one bias, it is the sum of torch's two.
    """
    _require_kind(kind)
    order = np.argsort(_TORCH_ORDER[kind])
    arrays = {name: _reordered(np.asarray(array), order) for name, array in arrays.items()}
    weights = [arrays["weight_ih"].T, arrays["weight_hh"].T]
    if "bias_ih" in arrays:
        biases = np.stack([arrays["bias_ih"], arrays["bias_hh"]])
        weights.append(biases if kind == "GRU" else biases.sum(axis=0))
    return weights


def to_torch(layers):
    """A torch module with the weights, and so the results, of one Keras layer or of a stack of them.

    Args:
        layers: a built SimpleRNN, GRU or LSTM of `course_lib.recurrent` or `keras.layers`, or a
            `Bidirectional` of one, or a list of such layers, of one kind, each fed by the one before it.

    Returns:
        torch.nn.RNN, GRU or LSTM on the CPU, `batch_first=True`, in the layers' dtype. Keras's dropout is
        not carried over: it drops inputs of a layer, the same at every step; torch's drops outputs between
        layers, others at every step.

    Raises:
        ValueError: a layer torch has no counterpart for (other activations, `reset_after=False`, one that
            only goes backwards, directions that are not concatenated), or layers that differ in kind,
            units, bias or number of directions.
        ImportError: torch is not installed.
    """
    import torch

    layers = layers if isinstance(layers, (list, tuple)) else [layers]
    stack = [_directions(layer) for layer in layers]
    described = {_described(layer) for directions in stack for layer in directions}
    both = {len(directions) for directions in stack}
    if len(described) != 1 or len(both) != 1:
        raise ValueError(
            "Expected layers that agree in kind, units, activation, bias, dtype and number of "
            f"directions. Received: {sorted(described, key=str)}, directions {sorted(both)}"
        )
    kind, units, activation, use_bias, dtype = described.pop()
    module = getattr(torch.nn, kind)(
        stack[0][0].cell.kernel.shape[0],
        units,
        num_layers=len(stack),
        bias=use_bias,
        batch_first=True,
        bidirectional=both == {2},
        dtype=getattr(torch, dtype),
        device="cpu",
        **({"nonlinearity": activation} if kind == "RNN" else {}),
    )
    state = {}
    for k, directions in enumerate(stack):
        for layer, reverse in zip(directions, ("", "_reverse"), strict=False):
            arrays = torch_weights(kind, layer.cell.get_weights())
            for name, array in arrays.items():
                state[f"{name}_l{k}{reverse}"] = torch.from_numpy(np.array(array))
    module.load_state_dict(state)
    return module


def from_torch(module, *, library=recurrent):
    """Keras layers with the weights, and so the results, of a torch.nn.RNN, GRU or LSTM.

    Args:
        module: the torch module. Its `dropout` is not carried over (see `to_torch`), nor its
            `batch_first`: Keras's inputs are always (batch, time, features).
        library: where the layers come from, `course_lib.recurrent` or `keras.layers`.

    Returns:
        list of built layers, one for each of the module's `num_layers`, `Bidirectional` where the module
        is. Every layer returns sequences, as torch does; call them one after the other.

    Raises:
        ValueError: another module, or an LSTM with `proj_size`, which Keras has not.
    """
    kind = type(module).__name__
    _require_kind(kind)
    if getattr(module, "proj_size", 0):
        raise ValueError(
            f"Keras has no LSTM with a projection. Received proj_size={module.proj_size}"
        )
    arguments = {"use_bias": module.bias, "return_sequences": True}
    if kind == "RNN":
        arguments["activation"] = module.nonlinearity
    arrays = {name: value.detach().cpu().numpy() for name, value in module.state_dict().items()}
    arguments["dtype"] = str(arrays["weight_ih_l0"].dtype)
    layers, features = [], module.input_size
    for k in range(module.num_layers):
        layer = getattr(library, _KERAS_NAME[kind])(module.hidden_size, **arguments)
        if module.bidirectional:
            layer = keras.layers.Bidirectional(layer, dtype=arguments["dtype"])
        layer.build((None, None, features))
        for direction, reverse in zip(_directions(layer), ("", "_reverse"), strict=False):
            own = re.compile(rf"(.*)_l{k}{reverse}")
            mine = {m[1]: array for name, array in arrays.items() if (m := own.fullmatch(name))}
            direction.set_weights(keras_weights(kind, mine))
        layers.append(layer)
        features = module.hidden_size * (2 if module.bidirectional else 1)
    return layers


def _reordered(array, order):
    """The blocks of gates along the first axis of torch's layout, in another order."""
    return np.concatenate([np.split(array, len(order))[gate] for gate in order])


def _require_kind(kind):
    if kind not in _TORCH_ORDER:
        raise ValueError(f"Expected one of {', '.join(_TORCH_ORDER)}. Received: {kind!r}")


def _directions(layer):
    if isinstance(layer, keras.layers.Bidirectional):
        if layer.merge_mode != "concat":
            raise ValueError(
                f"torch always puts the two directions side by side: expected a Bidirectional with "
                f"merge_mode='concat'. Received: {layer.merge_mode!r}"
            )
        return [layer.forward_layer, layer.backward_layer]
    if getattr(layer, "go_backwards", False):
        raise ValueError(f"torch has no layer that only goes backwards. Received: {layer.name!r}")
    return [layer]


def _described(layer):
    """(torch's kind, units, activation, use_bias, dtype) of a layer that torch can hold."""
    kinds = {keras_name: kind for kind, keras_name in _KERAS_NAME.items()}
    kind = kinds.get(type(layer).__name__)
    if kind is None or not layer.built:
        raise ValueError(
            f"Expected a built SimpleRNN, GRU or LSTM layer. Received: {type(layer).__name__}"
        )
    cell = layer.cell
    activation = keras.activations.serialize(cell.activation)
    allowed = ("tanh", "relu") if kind == "RNN" else ("tanh",)
    gates = "sigmoid" if kind == "RNN" else keras.activations.serialize(cell.recurrent_activation)
    if activation not in allowed or gates != "sigmoid":
        raise ValueError(
            f"torch.nn.{kind} computes {' or '.join(allowed)} with sigmoid gates. "
            f"Received: activation={activation!r}, recurrent_activation={gates!r}"
        )
    if kind == "GRU" and not cell.reset_after:
        raise ValueError(
            "torch.nn.GRU resets after the matrix product. Received: reset_after=False"
        )
    return (
        kind,
        cell.units,
        activation,
        cell.use_bias,
        keras.backend.standardize_dtype(cell.variable_dtype),
    )
