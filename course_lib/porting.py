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

from course_lib import cells, checks, recurrent

import keras
import numpy as np

# position of each of torch's gates in Keras's order
_TORCH_ORDER = {"RNN": [0], "GRU": [1, 0, 2], "LSTM": [0, 1, 2, 3]}
_KERAS_NAME = {"RNN": "SimpleRNN", "GRU": "GRU", "LSTM": "LSTM"}
_KERNELS, _BIASES = ("weight_ih", "weight_hh"), ("bias_ih", "bias_hh")
_NAMES = (*_KERNELS, *_BIASES)


def torch_weights(kind, weights):
    """One direction of one layer, from Keras's arrays to torch's.

    >>> weights = [np.zeros((4, 20)), np.zeros((5, 20)), np.zeros(20)]      # 4 features, 5 units
    >>> {name: array.shape for name, array in torch_weights("LSTM", weights).items()}
    {'weight_ih': (20, 4), 'weight_hh': (20, 5), 'bias_ih': (20,), 'bias_hh': (20,)}

    Args:
        kind: "RNN", "GRU" or "LSTM".
        weights: what Keras's `get_weights()` returns: kernel, recurrent kernel and, if there is one, bias.

    Returns:
        dict with "weight_ih", "weight_hh" and, with a bias, "bias_ih", "bias_hh". Where Keras keeps one
        bias, it becomes bias_ih, and bias_hh is 0.

    Raises:
        ValueError: another kind; more or fewer arrays than one direction of one layer has, as of a
            `Bidirectional` or a cell with peepholes; a GRU with one bias (`reset_after=False`); or other
            shapes than those of the kind.
    """
    checks.one_of("kind", kind, _TORCH_ORDER)
    weights = [np.asarray(array) for array in weights]
    received = ", ".join(str(array.shape) for array in weights) or "none"
    if len(weights) not in (2, 3):
        raise ValueError(
            f"Expected the two or three arrays of one direction of one {_KERAS_NAME[kind]}: kernel, "
            f"recurrent kernel and perhaps bias. Received {len(weights)} arrays of shapes {received}. "
            "Of a Bidirectional, convert `forward_layer` and `backward_layer` apart; peepholes have no "
            "counterpart in torch"
        )
    kernel, recurrent_kernel, *bias = weights
    if kind == "GRU" and bias and bias[0].ndim == 1:
        raise ValueError(
            "torch.nn.GRU resets after the matrix product and has two biases. Expected a GRU with "
            f"reset_after=True, bias (2, 3 * units). Received a bias of shape {bias[0].shape}"
        )
    gates = len(_TORCH_ORDER[kind])
    units = recurrent_kernel.shape[0] if recurrent_kernel.ndim else 0
    width = gates * units
    expected = [
        (*kernel.shape[:1], width),
        (units, width),
        (2, width) if kind == "GRU" else (width,),
    ]
    if units == 0 or any(a.shape != e for a, e in zip(weights, expected, strict=False)):
        raise ValueError(
            f"Expected kernel (features, {gates} * units), recurrent kernel (units, {gates} * units) and "
            f"perhaps bias {'(2, 3 * units)' if kind == 'GRU' else f'({gates} * units,)'} of a "
            f"{_KERAS_NAME[kind]}. Received arrays of shapes {received}"
        )
    arrays = dict(zip(_KERNELS, (kernel.T, recurrent_kernel.T), strict=True))
    if bias:
        two = bias[0] if kind == "GRU" else (bias[0], np.zeros_like(bias[0]))
        arrays.update(zip(_BIASES, two, strict=True))
    return {name: _reordered(array, _TORCH_ORDER[kind]) for name, array in arrays.items()}


def keras_weights(kind, arrays):
    """One direction of one layer, from torch's arrays to Keras's; the inverse of `torch_weights`.

    >>> arrays = {"weight_ih": np.zeros((15, 4)), "weight_hh": np.zeros((15, 5))}       # no biases
    >>> [weight.shape for weight in keras_weights("GRU", arrays)]
    [(4, 15), (5, 15)]

    Args:
        kind: "RNN", "GRU" or "LSTM".
        arrays: dict with "weight_ih", "weight_hh" and, if there are biases, "bias_ih", "bias_hh".

    Returns:
        list for Keras's `set_weights`. Where Keras keeps one bias, it is the sum of torch's two.

    Raises:
        ValueError: another kind, another set of names (those of a module end in _l0 and so on), or other
            shapes than those of the kind.
    """
    checks.one_of("kind", kind, _TORCH_ORDER)
    if set(arrays) not in (set(_KERNELS), set(_NAMES)):
        raise ValueError(
            f"Expected the arrays {', '.join(_KERNELS)} and perhaps both {' and '.join(_BIASES)}, of one "
            f"direction of one layer. Received: {', '.join(map(str, arrays)) or 'none'}. `from_torch` "
            "takes a whole module, with its _l0 and _reverse"
        )
    arrays = {name: np.asarray(arrays[name]) for name in _NAMES if name in arrays}
    gates = len(_TORCH_ORDER[kind])
    shapes = {name: array.shape for name, array in arrays.items()}
    units = shapes["weight_hh"][-1] if shapes["weight_hh"] else 0
    rows = (gates * units,)
    expected = {
        "weight_ih": (*rows, *shapes["weight_ih"][1:2]),
        "weight_hh": (*rows, units),
        "bias_ih": rows,
        "bias_hh": rows,
    }
    if units == 0 or any(expected[name] != shape for name, shape in shapes.items()):
        raise ValueError(
            f"Expected weight_ih ({gates} * units, features), weight_hh ({gates} * units, units) and "
            f"biases ({gates} * units,) of a torch.nn.{kind}. Received: {shapes}"
        )
    order = np.argsort(_TORCH_ORDER[kind])
    arrays = {name: _reordered(array, order) for name, array in arrays.items()}
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
        torch.nn.RNN, GRU or LSTM on the CPU, `batch_first=True`, in the dtype of the layers' weights.
        Keras's dropout is not carried over: it drops inputs of a layer, the same at every step; torch's
        drops outputs between layers, others at every step.

    Raises:
        ValueError: a layer torch has no counterpart for (another cell, other activations,
            `reset_after=False`, one that only goes backwards, directions that are not concatenated), no
            layer, one that is not built, layers that differ in kind, units, bias, dtype or number of
            directions, or one that does not fit on the outputs of the one before it.
        ImportError: torch is not installed.
    """
    import torch

    layers = layers if isinstance(layers, (list, tuple)) else [layers]
    if not layers:
        raise ValueError("Expected at least one layer. Received an empty list")
    stack = [_directions(layer) for layer in layers]
    described = {_described(layer) for directions in stack for layer in directions}
    both = {len(directions) for directions in stack}
    if len(described) != 1 or len(both) != 1:
        raise ValueError(
            "Expected layers that agree in kind, units, activation, bias, dtype and number of "
            f"directions. Received: {sorted(described, key=str)}, directions {sorted(both)}"
        )
    kind, units, activation, use_bias, dtype = described.pop()
    for above, directions in enumerate(stack[1:], 1):
        features, expected = directions[0].cell.kernel.shape[0], len(directions) * units
        if features != expected:
            raise ValueError(
                f"Expected layers each fed by the one before it: layer {above} (from 0) takes {features} "
                f"features, and the one before it puts out {expected}"
            )
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
                # float32 holds every bfloat16, which torch does not read from NumPy
                array = array.astype("float32") if dtype == "bfloat16" else array
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
        ValueError: another module or a subclass, which may compute something else; an LSTM with
            `proj_size`, which Keras has not; weights of several dtypes.
    """
    import torch

    kind = type(module).__name__
    if kind not in _TORCH_ORDER or type(module) is not getattr(torch.nn, kind):
        raise ValueError(
            f"Expected a torch.nn module, one of {', '.join(_TORCH_ORDER)}. "
            f"Received: {type(module).__module__}.{kind}"
        )
    if getattr(module, "proj_size", 0):
        raise ValueError(
            f"Keras has no LSTM with a projection. Received proj_size={module.proj_size}"
        )
    dtypes = {str(value.dtype).removeprefix("torch.") for value in module.parameters()}
    if len(dtypes) != 1:
        raise ValueError(f"Expected weights of one dtype. Received: {', '.join(sorted(dtypes))}")
    arguments = {"use_bias": module.bias, "return_sequences": True, "dtype": dtypes.pop()}
    if kind == "RNN":
        arguments["activation"] = module.nonlinearity
    if arguments["dtype"] in ("bfloat16", "float16"):
        # The weights are replaced, and not every backend can draw orthogonal ones in half precision.
        arguments["recurrent_initializer"] = "glorot_uniform"
    layers, features = [], module.input_size
    for k in range(module.num_layers):
        layer = getattr(library, _KERAS_NAME[kind])(module.hidden_size, **arguments)
        if module.bidirectional:
            layer = keras.layers.Bidirectional(layer, dtype=arguments["dtype"])
        layer.build((None, None, features))
        for direction, reverse in zip(_directions(layer), ("", "_reverse"), strict=False):
            arrays = {
                name: _as_numpy(getattr(module, f"{name}_l{k}{reverse}"))
                for name in (_NAMES if module.bias else _KERNELS)
            }
            direction.set_weights(keras_weights(kind, arrays))
        layers.append(layer)
        features = module.hidden_size * (2 if module.bidirectional else 1)
    return layers


def _as_numpy(tensor):
    """A torch tensor in NumPy; bfloat16, which NumPy has not, as float32, which holds every value of it."""
    tensor = tensor.detach().cpu()
    return (tensor.float() if "bfloat16" in str(tensor.dtype) else tensor).numpy()


def _reordered(array, order):
    """The blocks of gates along the first axis of torch's layout, in another order."""
    return np.concatenate([np.split(array, len(order))[gate] for gate in order])


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


def _is_of(kind, layer, cell):
    """Whether layer and cell are of torch's kind; a subclass of a cell may compute something else."""
    name = _KERAS_NAME[kind]
    layers = (getattr(recurrent, name), getattr(keras.layers, name))
    return isinstance(layer, layers) and type(cell) in (
        getattr(cells, f"{name}Cell"),
        getattr(keras.layers, f"{name}Cell"),
    )


def _described(layer):
    """(torch's kind, units, activation, use_bias, dtype) of a layer that torch can hold."""
    cell = getattr(layer, "cell", None)
    kind = next((kind for kind in _KERAS_NAME if _is_of(kind, layer, cell)), None)
    if kind is None or not layer.built:
        raise ValueError(
            f"Expected a built SimpleRNN, GRU or LSTM layer. Received: {type(layer).__name__}"
            + (f" with {type(cell).__name__}" if cell is not None else "")
            + ("" if kind is None else ", not built")
        )
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
