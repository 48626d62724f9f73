"""Attention against a loop over queries and values in NumPy, in value and gradient; masks; Keras's own."""

import os
import subprocess
import sys
from pathlib import Path

from course_lib import attention, scratch

import keras
import mutants
import numpy as np
import parity
import pytest
from keras import ops

BATCH, QUERIES, TIME, UNITS = 3, 2, 5, 6
QUERY_FEATURES, FEATURES = 3, 4

# how to make it, and the number of features of its queries
KINDS = {
    "Bahdanau": (attention.BahdanauAttention, {"units": UNITS}, QUERY_FEATURES),
    "general": (attention.LuongAttention, {}, QUERY_FEATURES),
    "general scaled": (attention.LuongAttention, {"scaled": True}, QUERY_FEATURES),
    "dot": (attention.LuongAttention, {"form": "dot"}, FEATURES),
    "dot scaled": (attention.LuongAttention, {"form": "dot", "scaled": True}, FEATURES),
}

_STEP = np.arange(TIME)
VALUE_MASKS = {
    "no mask": None,
    "right": np.array([[5], [2], [4]]) > _STEP,
    "inside": np.stack([_STEP % 2 == 0, _STEP != 1, (_STEP < 1) | (_STEP > 3)]),
    "a whole row": np.stack([_STEP >= 0, _STEP < 0, _STEP < 3]),
    "every row": np.zeros((BATCH, TIME), bool),
}
QUERY_MASKS = {"all queries": None, "some": np.array([[True, True], [True, False], [False, False]])}


def layer_of(kind, dtype="float64", **arguments):
    """A layer of this kind with random weights."""
    cls, given, query_features = KINDS[kind]
    layer = cls(**given, dtype=dtype, **arguments)
    layer.build((None, None, query_features), (None, None, FEATURES))
    parity.set_random_weights(layer)
    return layer


def random_pair(kind, steps=(QUERIES,), dtype="float64"):
    """A query and a value."""
    rng = np.random.default_rng(1)
    query = rng.normal(size=(BATCH, *steps, KINDS[kind][2]))
    return query.astype(dtype), rng.normal(size=(BATCH, TIME, FEATURES)).astype(dtype)


def score_by_hand(kind, weights, s, h):
    """One query and one value."""
    if kind == "Bahdanau":
        query_kernel, value_kernel, score_kernel = weights
        return np.tanh(s @ query_kernel + h @ value_kernel) @ score_kernel[:, 0]
    score = s @ weights[0] @ h if "general" in kind else s @ h
    return score / np.sqrt(FEATURES) if "scaled" in kind else score


def by_hand(kind, weights, query, value, query_mask=None, value_mask=None):
    """Contexts and weights, one query and one real value at a time; zeros where there is nothing."""
    batch, queries, _ = query.shape
    contexts, alphas = np.zeros((batch, queries, FEATURES)), np.zeros((batch, queries, TIME))
    for b in range(batch):
        real = range(TIME) if value_mask is None else np.flatnonzero(value_mask[b])
        for i in range(queries):
            if not len(real) or (query_mask is not None and not query_mask[b, i]):
                continue
            powers = {
                j: np.exp(score_by_hand(kind, weights, query[b, i], value[b, j])) for j in real
            }
            for j in real:
                alphas[b, i, j] = powers[j] / sum(powers.values())
                contexts[b, i] += alphas[b, i, j] * value[b, j]
    return contexts, alphas


class _OneInput(keras.layers.Layer):
    """Query and value side by side in one row, so that tests/parity.py can differentiate both."""

    def __init__(self, layer, split, **masks):
        super().__init__(dtype=layer.dtype_policy)
        self.layer, self.split, self.masks = layer, split, masks
        self.built = True

    def call(self, both):
        query = ops.reshape(both[:, : self.split], (BATCH, QUERIES, -1))
        value = ops.reshape(both[:, self.split :], (BATCH, TIME, FEATURES))
        return self.layer(query, value, **self.masks, return_attention_scores=True)


def outputs_and_gradients(layer, query, value, **masks):
    """(context, weights), gradients of the layer's weights, and that of query and value."""
    both = np.concatenate([query.reshape(BATCH, -1), value.reshape(BATCH, -1)], axis=1)
    split = query[0].size
    results = parity.outputs_and_gradients(_OneInput(layer, split, **masks), both)
    *gradients, of_both = results[2:]
    of_query, of_value = of_both[:, :split], of_both[:, split:]
    return (
        results[:2],
        gradients,
        [of_query.reshape(query.shape), of_value.reshape(value.shape)],
    )


# -- values and gradients --------------------------------------------------------------------------


@pytest.mark.parametrize("query_mask", QUERY_MASKS)
@pytest.mark.parametrize("value_mask", VALUE_MASKS)
@pytest.mark.parametrize("kind", KINDS)
def test_equals_a_loop_over_queries_and_values(kind, value_mask, query_mask):
    layer, (query, value) = layer_of(kind), random_pair(kind)
    masks = {"query_mask": QUERY_MASKS[query_mask], "value_mask": VALUE_MASKS[value_mask]}
    context, weights = layer(query, value, **masks, return_attention_scores=True)
    expected = by_hand(kind, layer.get_weights(), query, value, **masks)
    parity.same(context, expected[0])
    parity.same(weights, expected[1])
    parity.same(layer(query, value, **masks), expected[0])


@pytest.mark.parametrize("query_mask", QUERY_MASKS)
@pytest.mark.parametrize("value_mask", ["no mask", "inside", "a whole row"])
@pytest.mark.parametrize("kind", KINDS)
def test_gradients_are_those_of_the_loop(kind, value_mask, query_mask):
    layer, (query, value) = layer_of(kind), random_pair(kind)
    masks = {"query_mask": QUERY_MASKS[query_mask], "value_mask": VALUE_MASKS[value_mask]}
    outputs, gradients, of_inputs = outputs_and_gradients(layer, query, value, **masks)
    weightings = parity.weightings(outputs)
    weights = [np.array(weight, "float64") for weight in layer.get_weights()]

    def loss():
        by_loop = by_hand(kind, weights, query, value, **masks)
        return sum(np.sum(o * w) for o, w in zip(by_loop, weightings, strict=True))

    parameters = [*weights, query, value]
    check = scratch.gradient_check(
        loss,
        {str(i): array for i, array in enumerate(parameters)},
        {str(i): array for i, array in enumerate([*gradients, *of_inputs])},
        entries=15,
    )
    assert check.passed, check


@pytest.mark.parametrize("kind", KINDS)
def test_one_query_is_a_sequence_of_one(kind):
    layer, (query, value) = layer_of(kind), random_pair(kind)
    mask = VALUE_MASKS["inside"]
    contexts, weights = layer(query, value, value_mask=mask, return_attention_scores=True)
    for i in range(QUERIES):
        one = layer(query[:, i], value, value_mask=mask, return_attention_scores=True)
        parity.same(one[0], contexts[:, i])
        parity.same(one[1], weights[:, i])
    real = np.array([True, False, True])
    one = layer(query[:, 0], value, query_mask=real, return_attention_scores=True)
    for mine, whole in zip(one, layer(query, value, return_attention_scores=True), strict=True):
        whole = ops.convert_to_numpy(whole)[:, 0]
        parity.same(mine, np.where(real[:, None], whole, 0.0))


# -- padding ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", KINDS)
def test_nothing_on_padding_is_looked_at(kind):
    """What stands there may be anything, and no gradient goes there."""
    layer, (query, value) = layer_of(kind), random_pair(kind)
    masks = {"query_mask": QUERY_MASKS["some"], "value_mask": VALUE_MASKS["a whole row"]}
    expected = outputs_and_gradients(layer, query, value, **masks)
    query[~masks["query_mask"]] = np.nan
    value[~masks["value_mask"]] = np.nan
    value[2, 4] = np.inf
    outputs, gradients, of_inputs = outputs_and_gradients(layer, query, value, **masks)
    for mine, other in zip(
        [*outputs, *gradients, *of_inputs],
        [part for parts in expected for part in parts],
        strict=True,
    ):
        parity.same(mine, other, 0)
    assert not of_inputs[0][~masks["query_mask"]].any()
    assert not of_inputs[1][~masks["value_mask"]].any()
    assert of_inputs[1][masks["value_mask"]].all(axis=-1).any()


@pytest.mark.parametrize("kind", KINDS)
def test_the_weights_of_what_is_real_add_up_to_1(kind):
    layer, (query, value) = layer_of(kind), random_pair(kind)
    mask = VALUE_MASKS["a whole row"]
    context, weights = layer(query, value, value_mask=mask, return_attention_scores=True)
    weights = ops.convert_to_numpy(weights)
    np.testing.assert_allclose(weights.sum(axis=2), np.array([[1], [0], [1]]) * np.ones(QUERIES))
    assert (weights[np.broadcast_to(mask[:, None], weights.shape)] > 0).all()
    assert not ops.convert_to_numpy(context)[1].any()


@pytest.mark.parametrize("policy", ["float32", "float16", "mixed_float16", "mixed_bfloat16"])
@pytest.mark.parametrize("kind", KINDS)
def test_masked_rows_have_finite_gradients_in_every_precision(kind, policy):
    layer = layer_of(kind, policy)
    query, value = random_pair(kind, dtype="float32")
    for mask in VALUE_MASKS.values():
        _, gradients, of_inputs = outputs_and_gradients(layer, query, value, value_mask=mask)
        for gradient in [*gradients, *of_inputs]:
            assert np.isfinite(gradient.astype("float32")).all()


# -- precision -------------------------------------------------------------------------------------


@pytest.mark.parametrize("policy", ["mixed_float16", "mixed_bfloat16", "float16"])
@pytest.mark.parametrize("kind", KINDS)
def test_half_precision_comes_out_in_half_and_close(kind, policy):
    layer, (query, value) = layer_of(kind, policy), random_pair(kind, dtype="float32")
    mask = VALUE_MASKS["inside"]
    half = "bfloat16" if "bfloat16" in policy else "float16"
    outputs = layer(query, value, value_mask=mask, return_attention_scores=True)
    weights = [ops.convert_to_numpy(ops.cast(w, "float64")) for w in layer.weights]
    expected = by_hand(kind, weights, query, value, value_mask=mask)
    for mine, other in zip(outputs, expected, strict=True):
        assert keras.backend.standardize_dtype(mine.dtype) == half
        mine = ops.convert_to_numpy(ops.cast(mine, "float32"))
        assert np.abs(mine - other).max() <= 32 * (2**-8 if half == "bfloat16" else 2**-11)


@pytest.mark.parametrize("kind", ["dot", "general"])
def test_scores_may_exceed_what_float16_holds(kind):
    layer = layer_of(kind, "mixed_float16")
    query = np.full((1, 1, KINDS[kind][2]), 300.0, "float32")
    value = np.full((1, 3, FEATURES), 300.0, "float32") * np.array([[[1], [0.5], [-1]]], "float32")
    if kind == "general":
        layer.kernel.assign(ops.ones(layer.kernel.shape))
    context, weights = layer(query, value, return_attention_scores=True)
    np.testing.assert_array_equal(ops.convert_to_numpy(weights)[0, 0], [1, 0, 0])
    np.testing.assert_array_equal(ops.convert_to_numpy(context), 300)


# -- beside Keras ----------------------------------------------------------------------------------


def test_dot_equals_keras_attention():
    query, value = random_pair("dot")
    for mask in (None, VALUE_MASKS["inside"]):
        theirs = keras.layers.Attention(dtype="float64")(
            [query, value], mask=None if mask is None else [None, ops.convert_to_tensor(mask)]
        )
        parity.same(layer_of("dot")(query, value, value_mask=mask), theirs, 1e-10)


def test_bahdanau_with_projections_of_1_equals_keras_additive_attention():
    _, value = random_pair("dot")
    query = value[:, :QUERIES] * 0.7
    layer = attention.BahdanauAttention(FEATURES, dtype="float64")
    layer.build(query.shape, value.shape)
    layer.set_weights([np.eye(FEATURES), np.eye(FEATURES), np.ones((FEATURES, 1))])
    theirs = keras.layers.AdditiveAttention(use_scale=False, dtype="float64")
    parity.same(layer(query, value), theirs([query, value]), 1e-10)


@pytest.mark.parametrize("kind", KINDS)
def test_masks_that_keras_attached_are_used_and_the_querys_goes_on(kind):
    ids = np.array([[1, 2, 0, 0, 0], [0, 0, 0, 0, 0], [3, 1, 2, 4, 1]])
    asked = np.array([[2, 1], [3, 0], [0, 0]])
    layer = layer_of(kind, "float32")
    embeddings = [
        keras.layers.Embedding(5, size, mask_zero=True) for size in (KINDS[kind][2], FEATURES)
    ]
    query, value = embeddings[0](asked), embeddings[1](ids)
    context, weights = layer(query, value, return_attention_scores=True)
    expected = by_hand(
        kind,
        layer.get_weights(),
        ops.convert_to_numpy(query),
        ops.convert_to_numpy(value),
        asked != 0,
        ids != 0,
    )
    parity.same(context, expected[0].astype("float32"), 1e-5)
    parity.same(weights, expected[1].astype("float32"), 1e-5)
    np.testing.assert_array_equal(ops.convert_to_numpy(layer.compute_mask(query, asked)), asked)
    # the mask is what the next layer takes for its own
    pooled = keras.layers.GlobalAveragePooling1D()(context)
    mean = ops.convert_to_numpy(context)[0].mean(axis=0)
    np.testing.assert_allclose(ops.convert_to_numpy(pooled)[0], mean, rtol=1e-5)
    first = ops.convert_to_numpy(context)[1, 0]  # the only real query of its row
    np.testing.assert_allclose(ops.convert_to_numpy(pooled)[1], first, atol=1e-6)


# -- shapes, models, configuration -----------------------------------------------------------------


@pytest.mark.parametrize("policy", ["float32", "mixed_float16"])
@pytest.mark.parametrize("steps", [(), (QUERIES,)], ids=["one query", "queries"])
@pytest.mark.parametrize("kind", KINDS)
def test_the_shape_that_is_promised_is_the_shape_that_comes(kind, steps, policy):
    cls, given, query_features = KINDS[kind]
    layer = cls(**given, dtype=policy)
    query, value = random_pair(kind, steps, "float32")
    assert layer.compute_output_shape(query.shape, value.shape) == (BATCH, *steps, FEATURES)
    for scores in (False, True):
        symbolic = layer(
            keras.Input((*steps, query_features)),
            keras.Input((TIME, FEATURES)),
            return_attention_scores=scores,
        )
        real = layer(query, value, return_attention_scores=scores)
        symbolic, real = keras.tree.flatten(symbolic), keras.tree.flatten(real)
        assert [tuple(one.shape[1:]) for one in symbolic] == [tuple(o.shape[1:]) for o in real]
        dtypes = [keras.backend.standardize_dtype(o.dtype) for o in real]
        assert [one.dtype for one in symbolic] == dtypes


def model_with(kind):
    """Query, value and both masks in; context and weights out; no length is known."""
    query = keras.Input((None, KINDS[kind][2]), name="query")
    value = keras.Input((None, FEATURES), name="value")
    query_mask = keras.Input((None,), dtype="bool", name="query_mask")
    value_mask = keras.Input((None,), dtype="bool", name="value_mask")
    cls, given, _ = KINDS[kind]
    context, weights = cls(**given, name="attention")(
        query,
        value,
        query_mask=query_mask,
        value_mask=value_mask,
        return_attention_scores=True,
    )
    return keras.Model([query, value, query_mask, value_mask], [context, weights])


@pytest.mark.parametrize("kind", ["Bahdanau", "general", "general scaled"])
def test_trains_in_a_model_with_unknown_lengths(kind):
    model = model_with(kind)
    model.compile("adam", ["mse", None])
    query, value = random_pair(kind, dtype="float32")
    losses = []
    for length in (5, 3, 5, 3):
        inputs = [
            query,
            value[:, :length],
            QUERY_MASKS["some"],
            VALUE_MASKS["a whole row"][:, :length],
        ]
        losses.append(model.train_on_batch(inputs, np.ones((BATCH, QUERIES, FEATURES))))
    losses = [float(np.ravel(loss)[0]) for loss in losses]
    assert np.isfinite(losses).all()
    assert losses[2] < losses[0]


LOADS = """
import course_lib.attention, keras, numpy as np, sys
folder = sys.argv[1]
inputs = np.load(folder + "/inputs.npz")
outputs = keras.models.load_model(folder + "/model.keras")([inputs[name] for name in sorted(inputs)])
np.savez(folder + "/outputs.npz", *map(keras.ops.convert_to_numpy, outputs))
"""


@pytest.mark.parametrize("kind", ["Bahdanau", "dot scaled"])
def test_a_saved_model_says_the_same_in_a_fresh_process(kind, tmp_path):
    model, (query, value) = model_with(kind), random_pair(kind, dtype="float32")
    inputs = [query, value, QUERY_MASKS["some"], VALUE_MASKS["inside"]]
    expected = model(inputs)
    model.save(tmp_path / "model.keras")
    np.savez(tmp_path / "inputs.npz", **dict(zip("abcd", inputs, strict=True)))
    root = str(Path(__file__).resolve().parents[1])
    environment = {**os.environ, "PYTHONPATH": root, "KERAS_BACKEND": keras.backend.backend()}
    subprocess.run(
        [sys.executable, "-c", LOADS, str(tmp_path)], check=True, env=environment, cwd=tmp_path
    )
    with np.load(tmp_path / "outputs.npz") as outputs:
        for name, other in zip(outputs.files, expected, strict=True):
            parity.same(outputs[name], other, 1e-6)


@pytest.mark.parametrize("kind", KINDS)
def test_a_layer_is_made_again_from_its_configuration(kind):
    cls, given, query_features = KINDS[kind]
    layer = cls(
        **given,
        kernel_initializer=keras.initializers.RandomNormal(stddev=0.5, seed=1),
        kernel_regularizer=keras.regularizers.L2(0.1),
        kernel_constraint=keras.constraints.NonNeg(),
        dtype="mixed_float16",
        name="mine",
    )
    again = cls.from_config(layer.get_config())
    assert again.get_config() == layer.get_config()
    assert {name: getattr(again, name) for name in given} == given
    again.build((None, query_features), (None, None, FEATURES))
    assert len(again.losses) == len(again.weights) == {"B": 3, "g": 1, "d": 0}[kind[0]]
    for weight in again.weights:
        assert weight.constraint is not None and np.std(ops.convert_to_numpy(weight)) < 1
    penalty = sum(0.1 * np.sum(np.square(weight)) for weight in again.get_weights())
    np.testing.assert_allclose(sum(map(ops.convert_to_numpy, again.losses)), penalty, rtol=1e-3)


# -- what is refused -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("shapes", "masks", "expected"),
    [
        (
            ((3,), (3, 5, 4)),
            {},
            r"a query of shape .*or \(batch, features\).*Received shape \(3,\)",
        ),
        (
            ((3, 2, 3), (3, 4)),
            {},
            r"a value of shape \(batch, time, features\).*Received shape \(3, 4\)",
        ),
        (
            ((3, 2, 0), (3, 5, 4)),
            {},
            r"known, positive number of features. Received shape \(3, 2, 0\)",
        ),
        (((3, 2, 3), (2, 5, 4)), {}, r"a value .* = \(3, None, 4\). Received shape \(2, 5, 4\)"),
        (
            ((3, 2, 3), (3, 0, 4)),
            {},
            r"at least one time step. Received a value of shape \(3, 0, 4\)",
        ),
        (
            ((3, 2, 3), (3, 5, 4)),
            {"value_mask": (3, 2)},
            r"a value_mask of shape \(batch, time\) = \(3, 5\). Received shape \(3, 2\)",
        ),
        (((3, 2, 3), (3, 5, 4)), {"value_mask": (1, 5)}, r"Received shape \(1, 5\)"),
        (
            ((3, 2, 3), (3, 5, 4)),
            {"query_mask": (3, 5)},
            r"a query_mask of shape \(batch, queries\) = \(3, 2\). Received shape \(3, 5\)",
        ),
        (
            ((3, 3), (3, 5, 4)),
            {"query_mask": (3, 1)},
            r"a query_mask of shape \(batch,\) = \(3,\). Received shape \(3, 1\)",
        ),
    ],
)
def test_wrong_shapes_are_refused(shapes, masks, expected):
    query, value = (np.zeros(shape, "float32") for shape in shapes)
    masks = {name: np.ones(shape, bool) for name, shape in masks.items()}
    for layer in (attention.BahdanauAttention(UNITS), attention.LuongAttention()):
        with pytest.raises(ValueError, match=f"{type(layer).__name__} expected .*{expected}"):
            layer(query, value, **masks)


@pytest.mark.parametrize("kind", KINDS)
def test_another_number_of_features_than_it_was_built_for_is_refused(kind):
    layer, (query, value) = layer_of(kind), random_pair(kind)
    with pytest.raises(ValueError, match=r"expected a query .*Received shape"):
        layer(query[..., :2], value)
    with pytest.raises(ValueError, match=r"expected a value .*Received shape"):
        layer(query, value[..., :2])
    with pytest.raises(ValueError, match="expected floating-point inputs, received dtype int32"):
        layer(query, np.zeros(value.shape, "int32"))


def test_arguments_are_checked():
    with pytest.raises(ValueError, match=r"`units` to be a positive integer. Received: units=0"):
        attention.BahdanauAttention(0)
    with pytest.raises(
        ValueError, match=r"`form` to be one of 'general', 'dot'. Received: form='sum'"
    ):
        attention.LuongAttention("sum")
    with pytest.raises(ValueError, match=r"same number of features.*Received: 3 and 4"):
        attention.LuongAttention("dot")(*random_pair("general"))


# -- would these comparisons see a mistake? --------------------------------------------------------

loop = test_equals_a_loop_over_queries_and_values
padding = test_nothing_on_padding_is_looked_at
Base, Bahdanau, Luong = (
    attention.Attention,
    attention.BahdanauAttention,
    attention.LuongAttention,
)

# what is wrong with it: (function, piece of its source, what stands there instead, the test that sees it)
MUTATIONS = {
    "value mask forgotten": (
        Base.call,
        "real = value_mask[:, None, :]",
        "real = None",
        (loop, "Bahdanau", "inside", "all queries"),
    ),
    "values on padding computed with": (
        Base.call,
        "ops.where(value_mask[:, :, None], value, 0.0)",
        "value",
        (padding, "Bahdanau"),
    ),
    "queries on padding computed with": (
        Base.call,
        "ops.where(query_mask, query, 0.0)",
        "query",
        (padding, "general"),
    ),
    "query mask forgotten": (
        Base.call,
        "ops.logical_and(real, query_mask)",
        "real",
        (loop, "dot", "inside", "some"),
    ),
    "softmax over the queries": (
        attention._softmax,
        "ops.softmax(scores, axis=-1)",
        "ops.softmax(scores, axis=1)",
        (loop, "dot", "no mask", "all queries"),
    ),
    "a row without values divided by 0": (
        attention._softmax,
        "ops.where(total > 0, total, 1.0)",
        "total",
        (loop, "general", "a whole row", "all queries"),
    ),
    "a row without values looks everywhere": (
        attention._softmax,
        "ops.where(real, ops.exp(scores - largest), 0.0)",
        "ops.exp(scores - largest)",
        (loop, "general", "a whole row", "all queries"),
    ),
    "padding scores 0": (
        attention._softmax,
        "powers = ops.where(real, ops.exp(scores - largest), 0.0)",
        "powers = ops.exp(ops.where(real, scores, 0.0) - largest)",
        (loop, "general", "inside", "all queries"),
    ),
    "no tanh": (
        Bahdanau.score,
        "ops.tanh(query + value)",
        "query + value",
        (loop, "Bahdanau", "no mask", "all queries"),
    ),
    "the kernels exchanged": (
        Bahdanau.score,
        "self._weight(self.value_kernel)",
        "self._weight(self.query_kernel)",
        (loop, "Bahdanau", "no mask", "all queries"),
    ),
    "not scaled": (
        Luong.score,
        "scores / value.shape[-1] ** 0.5 if self.scaled else scores",
        "scores",
        (loop, "dot scaled", "no mask", "all queries"),
    ),
    "divided by the features, not their root": (
        Luong.score,
        "** 0.5",
        "** 1",
        (loop, "general scaled", "no mask", "all queries"),
    ),
    "scores in half precision": (
        Base.__init__,
        "else 'float32'",
        "else self.compute_dtype",
        (test_scores_may_exceed_what_float16_holds, "dot"),
    ),
    "an argument forgotten in the configuration": (
        Luong.get_config,
        "'scaled': self.scaled",
        "",
        (test_a_layer_is_made_again_from_its_configuration, "dot scaled"),
    ),
    "the penalty forgotten": (
        Base._add_kernel,
        "regularizer=self.kernel_regularizer",
        "regularizer=None",
        (test_a_layer_is_made_again_from_its_configuration, "Bahdanau"),
    ),
    "another shape promised": (
        Base.compute_output_shape,
        "value_shape[-1]",
        "query_shape[-1]",
        (
            test_the_shape_that_is_promised_is_the_shape_that_comes,
            "Bahdanau",
            (QUERIES,),
            "float32",
        ),
    ),
}


test_a_mistake_is_caught, test_the_source_as_it_stands_passes = mutants.tests_of(MUTATIONS)
