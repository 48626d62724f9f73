"""Attention: a query looks at every step of a sequence and takes a weighted mean of them.

    e_ij = score(s_i, h_j)                            how well step j answers query i
    α_ij = exp(e_ij) / Σ_k exp(e_ik)                  the weights, over the real steps k alone
    c_i  = Σ_j α_ij h_j                               the context

The query s_i is the state of a decoder, the values h_1 ... h_T are the outputs of an encoder. The two
layers differ in the score: `BahdanauAttention` adds, `LuongAttention` multiplies. What the network does
with c_i is its own affair: Bahdanau et al. feed it to the decoder's next step, Luong et al. put [c_i, s_i]
through one more layer with tanh.
"""

from course_lib import checks

import keras
import numpy as np
from keras import ops


class Attention(keras.layers.Layer):
    """What both kinds share: masks, softmax, weighted mean. A subclass defines `score` and its weights.

    Shapes: query (batch, queries, query features), or (batch, query features) for one step of a decoder;
    value (batch, time, features). The context is (batch, queries, features) or (batch, features), the
    weights α (batch, queries, time) or (batch, time).

    Masks: `value_mask` (batch, time) is False where no value is, on padding. Nothing there is looked at,
    not even NaN, and no gradient goes there. A row without any value has weights and a context of zeros.
    `query_mask`, (batch, queries) or (batch,), does the same for queries. Pass both explicitly. A mask that
    Keras attached to a query or value is used where none is passed, and that of the query goes on with the
    context.

    Half precision: scores, softmax and mean are computed in float32 and rounded at the end, so that a dot
    product may exceed 65504, the largest number of float16. A layer in float64 computes in float64.
    """

    def __init__(
        self,
        *,
        kernel_initializer="glorot_uniform",
        kernel_regularizer=None,
        kernel_constraint=None,
        **kwargs,
    ):
        super().__init__(**kwargs)
        self.kernel_initializer = keras.initializers.get(kernel_initializer)
        self.kernel_regularizer = keras.regularizers.get(kernel_regularizer)
        self.kernel_constraint = keras.constraints.get(kernel_constraint)
        self.supports_masking = True
        double = keras.backend.standardize_dtype(self.compute_dtype) == "float64"
        self._precision = "float64" if double else "float32"

    def build(self, query_shape, value_shape):
        for what, shape, ranks in [("query", query_shape, (2, 3)), ("value", value_shape, (3,))]:
            axes = "(batch, time, features)"
            if 2 in ranks:
                axes += " or (batch, features)"
            if len(shape) not in ranks or not shape[-1]:
                raise ValueError(
                    f"{type(self).__name__} expected a {what} of shape {axes} with a known, positive "
                    f"number of features. Received shape {tuple(shape)}"
                )
        self._features = query_shape[-1], value_shape[-1]
        self._build_weights(*self._features)

    def _build_weights(self, query_features, features):
        raise NotImplementedError(f"{type(self).__name__} must define _build_weights()")

    def score(self, query, value):
        """e: (batch, queries, time) from query (batch, queries, ...) and value (batch, time, ...)."""
        raise NotImplementedError(f"{type(self).__name__} must define score()")

    def call(self, query, value, query_mask=None, value_mask=None, return_attention_scores=False):
        for tensor in (query, value):
            checks.floating(keras.backend.standardize_dtype(tensor.dtype), type(self).__name__)
        self._require_shapes(query, value, query_mask, value_mask)
        one_query = len(query.shape) == 2
        query, value = ops.cast(query, self._precision), ops.cast(value, self._precision)
        if one_query:
            query = query[:, None]
        real = None  # whether there is a query i and a value j, (batch, queries or 1, time or 1)
        if value_mask is not None:
            value_mask = ops.cast(value_mask, "bool")
            # a gradient of 0 times NaN is NaN: do not compute with what stands where no value is
            value = ops.where(value_mask[:, :, None], value, 0.0)
            real = value_mask[:, None, :]
        if query_mask is not None:
            query_mask = ops.cast(query_mask, "bool")
            query_mask = query_mask[:, None, None] if one_query else query_mask[:, :, None]
            query = ops.where(query_mask, query, 0.0)
            real = query_mask if real is None else ops.logical_and(real, query_mask)
        weights = _softmax(self.score(query, value), real)  # (batch, queries, time)
        context = ops.matmul(weights, value)  # (batch, queries, features)
        if one_query:
            weights, context = weights[:, 0], context[:, 0]
        context = ops.cast(context, self.compute_dtype)
        if return_attention_scores:
            return context, ops.cast(weights, self.compute_dtype)
        return context

    def _weight(self, variable):
        return ops.cast(variable, self._precision)

    def _add_kernel(self, name, shape):
        return self.add_weight(
            name=name,
            shape=shape,
            initializer=self.kernel_initializer,
            regularizer=self.kernel_regularizer,
            constraint=self.kernel_constraint,
        )

    def _require_shapes(self, query, value, query_mask, value_mask):
        owner = type(self).__name__
        batch, *queries, _ = query.shape
        axes = ["batch", "queries"][: 1 + len(queries)]
        expected = (None, *queries, self._features[0])
        checks.shape("a query", query.shape, expected, f"({', '.join(axes)}, features)", owner)
        expected = (batch, None, self._features[1])
        checks.shape("a value", value.shape, expected, "(batch, time, features)", owner)
        if value.shape[1] == 0:
            raise ValueError(
                f"{owner} expected at least one time step. "
                f"Received a value of shape {tuple(value.shape)} (batch, time, features)"
            )
        if value_mask is not None:
            expected = value.shape[:2]
            checks.shape("a value_mask", value_mask.shape, expected, "(batch, time)", owner)
        if query_mask is not None:
            axes = "(batch, queries)" if queries else "(batch,)"
            checks.shape("a query_mask", query_mask.shape, query.shape[:-1], axes, owner)

    def compute_output_shape(self, query_shape, value_shape):
        return (*query_shape[:-1], value_shape[-1])

    def compute_output_spec(
        self, query, value, query_mask=None, value_mask=None, return_attention_scores=False
    ):
        self._require_shapes(query, value, query_mask, value_mask)
        shapes = [self.compute_output_shape(query.shape, value.shape)]
        if return_attention_scores:
            shapes.append((*query.shape[:-1], value.shape[1]))
        specs = [keras.KerasTensor(shape, dtype=self.compute_dtype) for shape in shapes]
        return tuple(specs) if return_attention_scores else specs[0]

    def get_config(self):
        return {
            **super().get_config(),
            "kernel_initializer": keras.initializers.serialize(self.kernel_initializer),
            "kernel_regularizer": keras.regularizers.serialize(self.kernel_regularizer),
            "kernel_constraint": keras.constraints.serialize(self.kernel_constraint),
        }


def _softmax(scores, real):
    """Softmax over the last axis where `real` is True, zeros elsewhere: also where nothing is real."""
    if real is None:
        return ops.softmax(scores, axis=-1)
    real = ops.logical_and(real, ops.ones_like(scores, dtype="bool"))
    scores = ops.where(real, scores, float(np.finfo("float32").min))
    largest = ops.stop_gradient(ops.max(scores, axis=-1, keepdims=True))
    powers = ops.where(real, ops.exp(scores - largest), 0.0)
    total = ops.sum(powers, axis=-1, keepdims=True)  # at least 1 if anything is real
    return powers / ops.where(total > 0, total, 1.0)


@keras.saving.register_keras_serializable("course_lib")
class BahdanauAttention(Attention):
    """Additive attention: a small network with one hidden layer scores each pair of query and value.

        e_ij = tanh(s_i W + h_j U) · v

    Weights: W `query_kernel` (query features, units), U `value_kernel` (features, units), v `score_kernel`
    (units, 1). Query and value may have different numbers of features. There are no biases. Memory for
    every pair: (batch, queries, time, units).

    Shapes, masks and half precision: see `Attention`.

    >>> layer = BahdanauAttention(8)
    >>> encoded, decoded = ops.ones((3, 7, 4)), ops.ones((3, 5, 6))       # 7 values, 5 queries
    >>> mask = np.arange(7) < np.array([[7], [4], [0]])
    >>> context, weights = layer(decoded, encoded, value_mask=mask, return_attention_scores=True)
    >>> tuple(context.shape), tuple(weights.shape)
    ((3, 5, 4), (3, 5, 7))
    >>> ops.convert_to_numpy(weights)[:, 0].round(2)                      # all values are alike here
    array([[0.14, 0.14, 0.14, 0.14, 0.14, 0.14, 0.14],
           [0.25, 0.25, 0.25, 0.25, 0.  , 0.  , 0.  ],
           [0.  , 0.  , 0.  , 0.  , 0.  , 0.  , 0.  ]], dtype=float32)
    >>> tuple(layer(decoded[:, 0], encoded, value_mask=mask).shape)       # one step of a decoder
    (3, 4)

    Args:
        units: size of the hidden layer, a positive integer.
        kernel_initializer, kernel_regularizer, kernel_constraint: what each of W, U and v starts from, a
            penalty on it, what it is held to.

    Call arguments:
        query, value, query_mask, value_mask: see `Attention`.
        return_attention_scores: whether the weights α are returned, too: (context, weights).

    Raises:
        ValueError: units not a positive integer; a query or value of another rank, batch or number of
            features, of an integer dtype, or a value without a step; a mask of another shape.

    Source: Bahdanau, D., Cho, K. and Bengio, Y. (2015). Neural machine translation by jointly learning to
    align and translate. ICLR.
    """

    def __init__(self, units, **kwargs):
        units = checks.positive_integer("units", units)
        super().__init__(**kwargs)
        self.units = units

    def _build_weights(self, query_features, features):
        self.query_kernel = self._add_kernel("query_kernel", (query_features, self.units))
        self.value_kernel = self._add_kernel("value_kernel", (features, self.units))
        self.score_kernel = self._add_kernel("score_kernel", (self.units, 1))

    def score(self, query, value):
        query = ops.matmul(query, self._weight(self.query_kernel))[:, :, None]
        value = ops.matmul(value, self._weight(self.value_kernel))[:, None]
        hidden = ops.tanh(query + value)  # (batch, queries, time, units)
        return ops.matmul(hidden, self._weight(self.score_kernel))[..., 0]

    def get_config(self):
        return {**super().get_config(), "units": self.units}


@keras.saving.register_keras_serializable("course_lib")
class LuongAttention(Attention):
    """Multiplicative attention: the score is a product of query and value.

        e_ij = s_i · h_j                              form "dot", no weights
        e_ij = s_i W · h_j                            form "general"
        e_ij / sqrt(features)                         either, scaled

    Weight: W `kernel` (query features, features). Unscaled dot products grow with the number of features,
    and a softmax of large scores looks at one step alone.

    Shapes, masks and half precision: see `Attention`.

    >>> layer = LuongAttention("general")
    >>> encoded, decoded = ops.ones((3, 7, 4)), ops.ones((3, 5, 6))       # 7 values, 5 queries
    >>> context, weights = layer(decoded, encoded, return_attention_scores=True)
    >>> tuple(context.shape), tuple(weights.shape), tuple(layer.kernel.shape)
    ((3, 5, 4), (3, 5, 7), (6, 4))

    Args:
        form: "general" or "dot"; for "dot" query and value need the same number of features.
        scaled: whether scores are divided by the root of the number of the values' features.
        kernel_initializer, kernel_regularizer, kernel_constraint: what W starts from, a penalty on it, what
            it is held to.

    Call arguments:
        query, value, query_mask, value_mask: see `Attention`.
        return_attention_scores: whether the weights α are returned, too: (context, weights).

    Raises:
        ValueError: another form; in "dot", different numbers of features; else see `BahdanauAttention`.

    Sources: Luong, M.-T., Pham, H. and Manning, C. D. (2015). Effective approaches to attention-based
    neural machine translation. EMNLP. The scale: Vaswani, A. et al. (2017). Attention is all you need.
    NeurIPS.
    """

    def __init__(self, form="general", *, scaled=False, **kwargs):
        checks.one_of("form", form, ("general", "dot"))
        super().__init__(**kwargs)
        self.form = form
        self.scaled = scaled

    def _build_weights(self, query_features, features):
        self.kernel = None
        if self.form == "general":
            self.kernel = self._add_kernel("kernel", (query_features, features))
        elif query_features != features:
            raise ValueError(
                'LuongAttention("dot") expected query and value with the same number of features; '
                f'form "general" takes any. Received: {query_features} and {features}'
            )

    def score(self, query, value):
        if self.kernel is not None:
            query = ops.matmul(query, self._weight(self.kernel))
        scores = ops.matmul(query, ops.transpose(value, (0, 2, 1)))  # (batch, queries, time)
        return scores / value.shape[-1] ** 0.5 if self.scaled else scores

    def get_config(self):
        return {**super().get_config(), "form": self.form, "scaled": self.scaled}
