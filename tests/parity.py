"""How the tests compare: a layer with the equations of its cell, and two layers with each other.

Sizes are all different, so that a transposed or swapped axis cannot pass, and the weights are random
and different in every gate, so that two swapped gates cannot.
"""

from course_lib import recurrent, scratch

import keras
import numpy as np
from equations import CELLS
from keras import ops
from keras.src.backend.common import dtypes

# Outside TensorFlow, Keras 3.15 computes some ops of a float64 layer in float32 (tanh on JAX, matmul on
# torch): two layers in "float64" then differ by 1e-7, and on JAX a SimpleRNN, Keras's or ours, does not
# run at all (its state goes into the scan in float64 and comes out in float32). tests/contracts pins this.
dtypes.BIT64_TO_BIT32_DTYPE["float64"] = "float64"

BATCH, TIME, FEATURES, UNITS = 3, 7, 4, 5
TOLERANCE = {"float32": 1e-5, "float64": 1e-10}

_ROW = np.arange(TIME)
# no row reads the same backwards, or a mask turned round would pass
MASKS = {
    "no mask": None,
    "left": np.stack([_ROW >= 3, _ROW >= 0, _ROW >= 5]),
    "right": np.stack([_ROW < 4, _ROW < 7, _ROW < 1]),
    "inside": np.stack([_ROW % 3 == 0, _ROW != 2, (_ROW < 2) | (_ROW > 3)]),
    "a whole row": np.stack([_ROW >= 0, _ROW < 0, _ROW < 3]),
    "every row": np.zeros((BATCH, TIME), bool),
}


def random_inputs(seed=1, batch=BATCH, time=TIME, features=FEATURES):
    return np.random.default_rng(seed).normal(size=(batch, time, features))


def random_states(cell, seed=5, batch=BATCH):
    """NumPy arrays (batch, units) for the states of a cell of ours."""
    rng = np.random.default_rng(seed)
    return [rng.normal(size=(batch, cell.units)) for _ in cell.state_names]


def set_random_weights(layer, seed=2):
    """Normal weights, each entry different; large enough that gates leave their linear middle."""
    rng = np.random.default_rng(seed)
    layer.set_weights([rng.normal(scale=0.8, size=w.shape) for w in layer.get_weights()])


def same(mine, expected, tolerance=1e-12):
    """Assert that two arrays or tensors agree in shape and, within the tolerance, in value."""
    mine, expected = (ops.convert_to_numpy(array) for array in (mine, expected))
    np.testing.assert_allclose(mine, expected, atol=tolerance, rtol=0, strict=True)


def cell_of(name, dtype="float64", **arguments):
    """The cell of a row of the table, built, with random weights."""
    row = CELLS[name]
    cell = row.cell(UNITS, dtype=dtype, **{**row.arguments, **arguments})
    cell.build((None, FEATURES))
    set_random_weights(cell)
    return cell


def layer_of(name, loop=recurrent.RNN, dtype="float64", cell=None, **options):
    """The cell of a row of the table in a loop over time, ours or Keras's, with random weights.

    `cell` holds further arguments of the cell.
    """
    row = CELLS[name]
    cell = row.cell(UNITS, dtype=dtype, **{**row.arguments, **(cell or {})})
    layer = loop(cell, dtype=dtype, **options)
    layer.build((BATCH, TIME, FEATURES))
    set_random_weights(layer)
    return layer


def built_pair(ours, theirs, shape=(BATCH, TIME, FEATURES)):
    """Build both layers for `shape` and give both the same random weights."""
    ours.build(shape)
    theirs.build(shape)
    set_random_weights(theirs)
    ours.set_weights(theirs.get_weights())
    return ours, theirs


def pair(name, **options):
    """Our layer and Keras's of a row of the table, with the same random weights."""
    row = CELLS[name]
    arguments = {**row.arguments, **options}
    ours = getattr(recurrent, row.keras)(UNITS, **arguments)
    if keras.backend.backend() == "jax" and row.keras == "GRU" and "use_bias" in arguments:
        # Keras 3.15's shortcut for an unmasked GRU on JAX makes the missing bias in float64 when x64 is
        # on, and then fails on a float32 state; its general loop does not.
        arguments["use_cudnn"] = False
    return built_pair(ours, getattr(keras.layers, row.keras)(UNITS, **arguments))


def disagreement(ours, theirs, inputs, **call_arguments):
    """Largest difference in outputs, states, and gradients by weight and by input.

    Each is measured against the largest entry of its own tensor where that exceeds 1.
    """
    results = [outputs_and_gradients(layer, inputs, **call_arguments) for layer in (ours, theirs)]
    differences = []
    for mine, other in zip(*results, strict=True):
        assert mine.shape == other.shape, f"shapes differ: {mine.shape} and {other.shape}"
        if not np.isfinite(mine).all():
            return np.inf
        differences.append(np.abs(mine - other).max() / max(1.0, np.abs(other).max()))
    return max(differences)


def outputs_and_gradients(layer, inputs, **call_arguments):
    """NumPy arrays: all outputs of the layer, then the gradients of a random weighting of them.

    Every output and state enters the loss with its own random weight, so that no error cancels.
    """
    inputs = ops.convert_to_tensor(inputs, dtype=layer.compute_dtype)

    def loss_and_outputs(call, inputs):
        outputs = keras.tree.flatten(call(inputs))
        loss = sum(
            ops.sum(ops.cast(output, "float64") * ops.convert_to_tensor(weighting, dtype="float64"))
            for output, weighting in zip(outputs, weightings(outputs), strict=True)
        )
        return loss, outputs

    outputs, gradients = _BACKENDS[keras.backend.backend()](
        layer, inputs, loss_and_outputs, call_arguments
    )
    return [ops.convert_to_numpy(tensor) for tensor in [*outputs, *gradients]]


def weightings(outputs):
    """The random weights by which `outputs_and_gradients` sums each output into its loss."""
    rng = np.random.default_rng(3)
    return [rng.normal(size=np.shape(output)) for output in outputs]


def central_differences(network, mask):
    """`gradient_check` of a network of `scratch`: weights, inputs and initial states.

    The loss weighs every h_t and every final state at random.
    """
    rng = np.random.default_rng(5)
    inputs = random_inputs()
    initial = [rng.normal(size=(BATCH, network.units)) for _ in range(network.state_count)]
    hidden, tape = network.forward(inputs, initial, mask)
    d_hidden, *d_final = weightings([hidden, *tape.states])

    def loss():
        hidden, tape = network.forward(inputs, initial, mask)
        total = np.sum(hidden * d_hidden)
        return total + sum(np.sum(s * d) for s, d in zip(tape.states, d_final, strict=True))

    gradients = network.backward(d_hidden, tape, d_final_states=d_final)
    named = {f"initial_state_{i}": state for i, state in enumerate(initial)}
    claimed = {f"initial_state_{i}": d for i, d in enumerate(gradients["initial_states"])}
    return scratch.gradient_check(
        loss, {**network.weights, "inputs": inputs, **named}, {**gradients, **claimed}
    )


def differences_of_equations(name, layer, mask):
    """`gradient_check` of a layer against central differences of the equations of its row.

    The layer returns sequences and states. Checked are all weights and the inputs; the loss weighs every
    output and every final state at random.
    """
    row, inputs = CELLS[name], random_inputs()
    arguments = {} if mask is None else {"mask": ops.convert_to_tensor(mask)}
    results = outputs_and_gradients(layer, inputs, **arguments)
    outputs, gradients = results[: 1 + len(row.states)], results[1 + len(row.states) :]
    random_weights = weightings(outputs)
    weights = row.weights(layer.cell)

    def loss():
        hidden, states, _ = row.run(layer.cell, inputs, weights, mask=mask)
        each = zip([hidden, *states], random_weights, strict=True)
        return sum(np.sum(output * weighting) for output, weighting in each)

    claimed = dict(zip([*weights, "inputs"], gradients, strict=True))
    return scratch.gradient_check(loss, {**weights, "inputs": inputs}, claimed, entries=20)


def _tensorflow(layer, inputs, loss_and_outputs, call_arguments):
    import tensorflow as tf

    with tf.GradientTape() as tape:
        tape.watch(inputs)
        loss, outputs = loss_and_outputs(lambda x: layer(x, **call_arguments), inputs)
    variables = [v.value for v in layer.trainable_variables]
    return outputs, tape.gradient(loss, [*variables, inputs])


def _jax(layer, inputs, loss_and_outputs, call_arguments):
    import jax

    def loss(trainable, inputs):
        fixed = [v.value for v in layer.non_trainable_variables]

        def call(x):
            return layer.stateless_call(trainable, fixed, x, **call_arguments)[0]

        return loss_and_outputs(call, inputs)

    trainable = [v.value for v in layer.trainable_variables]
    # Not under jax.jit, which would make the mask a constant and each mask a new program to compile.
    gradients, outputs = jax.grad(loss, argnums=(0, 1), has_aux=True)(trainable, inputs)
    return outputs, [*gradients[0], gradients[1]]


def _torch(layer, inputs, loss_and_outputs, call_arguments):
    inputs = inputs.detach().clone().requires_grad_()
    layer.zero_grad()
    loss, outputs = loss_and_outputs(lambda x: layer(x, **call_arguments), inputs)
    loss.backward()
    return outputs, [v.value.grad for v in layer.trainable_variables] + [inputs.grad]


_BACKENDS = {"tensorflow": _tensorflow, "jax": _jax, "torch": _torch}
