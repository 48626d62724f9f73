"""The CRF against the sum, the maximum and the gradients over all paths, listed one by one."""

import inspect
import itertools

from course_lib import tagging as crf_module
from course_lib.datasets.conll2003 import TAGS
from course_lib.tagging import CRF, Tagger, bio_constraints
from course_lib.training import LengthBatches

import keras
import mutants
import numpy as np
import pandas as pd
import parity
import pytest
from keras import ops

NAMES = ("O", "B-X", "I-X", "B-Y", "I-Y")
BIO = bio_constraints(NAMES)
FREE = (None, None)
TIME = 4
MASKS = {
    "none": None,
    "right": [[1, 1, 1, 1], [1, 1, 1, 0], [1, 0, 0, 0]],
    "holes, left, no word": [[1, 0, 1, 1], [0, 0, 1, 1], [0, 0, 0, 0]],
}
TOLERANCES = {"float32": 1e-6, "float64": 1e-10}


def random_crf(constraints=FREE, dtype="float64"):
    layer = crf_module.CRF(len(NAMES), *constraints, dtype=dtype)
    layer.build((None, None, len(NAMES)))
    rng = np.random.default_rng(1)
    layer.set_weights([rng.normal(size=w.shape) for w in layer.get_weights()])
    return layer


def random_inputs(mask, constraints=FREE, time=TIME):
    """Emissions, allowed tags, and the mask as an array; what stands on padding is random."""
    rng = np.random.default_rng(2)
    num_tags = len(NAMES)
    emissions = rng.normal(size=(3, time, num_tags))
    mask = np.ones((3, time), bool) if mask is None else np.array(mask, bool)
    tags = rng.integers(0, num_tags, size=(3, time))
    for row in range(3):
        while not allowed(tags[row, mask[row]][None], *constraints)[0]:
            tags[row] = rng.integers(0, num_tags, size=time)
    return emissions, tags, mask


def allowed(paths, forbidden, forbidden_start):
    """Which of these paths (paths, length) take no forbidden step."""
    if forbidden is None or not paths.shape[1]:
        return np.ones(len(paths), bool)
    return ~(forbidden_start[paths[:, 0]] | forbidden[paths[:, :-1], paths[:, 1:]].any(axis=1))


def all_paths(length, constraints):
    """Every allowed path of this length: (paths, length)."""
    paths = np.array(list(itertools.product(range(len(NAMES)), repeat=length)), dtype=int)
    return paths[allowed(paths, *constraints)]


def path_scores(weights, emissions, paths):
    """s(y) of every path of one sentence without padding; in keras.ops, so that it has gradients."""
    transitions, start, end = weights
    if not paths.shape[1]:
        return ops.zeros_like(start[:1])
    emissions, transitions = ops.reshape(emissions, [-1]), ops.reshape(transitions, [-1])
    at_words = ops.take(emissions, paths + len(NAMES) * np.arange(paths.shape[1]))
    between = ops.take(transitions, paths[:, :-1] * len(NAMES) + paths[:, 1:])
    ends = ops.take(start, paths[:, 0]) + ops.take(end, paths[:, -1])
    return ops.sum(at_words, axis=1) + ops.sum(between, axis=1) + ends


def enumerated(layer, emissions, tags, mask):
    """log Z and s(tags), each (batch,), from the list of all allowed paths."""
    constraints = (layer.forbidden, layer.forbidden_start)
    weights = [ops.convert_to_tensor(weight) for weight in layer.trainable_variables]
    tags, mask = ops.convert_to_numpy(tags), ops.convert_to_numpy(mask)
    log_z, scores = [], []
    for row in range(len(mask)):
        words = np.flatnonzero(mask[row])
        sentence = ops.take(emissions[row], words, axis=0)
        paths = all_paths(len(words), constraints)
        log_z.append(ops.logsumexp(path_scores(weights, sentence, paths)))
        scores.append(path_scores(weights, sentence, tags[row, words][None])[0])
    return [ops.stack(log_z), ops.stack(scores)]


class _Scores(keras.layers.Layer):
    """log Z and s(y) of a CRF as the outputs of a layer, for tests/parity.py to differentiate."""

    def __init__(self, crf, function):
        super().__init__(dtype=crf.dtype)
        self.crf, self.function = crf, function
        self.built = self.supports_masking = True

    def call(self, emissions, **arguments):
        return self.function(self.crf, emissions, **arguments)


def by_the_layer(layer, emissions, tags, mask):
    return [layer.log_partition(emissions, mask), layer.path_score(emissions, tags, mask)]


def numpy_forward(layer, emissions):
    """log Z of one sentence by the forward algorithm in NumPy, written apart from the layer."""
    transitions, start, end = (np.asarray(weight, "float64") for weight in layer.get_weights())
    transitions = np.where(layer.forbidden, -np.inf, transitions)
    start = np.where(layer.forbidden_start, -np.inf, start)
    alpha = start + emissions[0]
    for emission in emissions[1:]:
        alpha = emission + np.logaddexp.reduce(alpha[:, None] + transitions, axis=0)
    return np.logaddexp.reduce(alpha + end)


# -- values and gradients ------------------------------------------------------------------------------


@pytest.mark.parametrize("dtype", TOLERANCES)
@pytest.mark.parametrize("constraints", [FREE, BIO], ids=["free", "BIO"])
@pytest.mark.parametrize("mask", MASKS)
def test_values_and_gradients_equal_those_of_all_paths_listed(mask, constraints, dtype):
    if dtype == "float32" and mask != "holes, left, no word":
        pytest.skip("float64 sees more")
    layer = random_crf(constraints, dtype)
    emissions, tags, mask = random_inputs(MASKS[mask], constraints)
    results = [
        parity.outputs_and_gradients(_Scores(layer, function), emissions, tags=tags, mask=mask)
        for function in (by_the_layer, enumerated)
    ]
    assert len(results[0]) == 6  # log Z, s(y); A, a, b, emissions
    for mine, listed in zip(*results, strict=True):
        scale = max(1.0, np.abs(listed).max())
        np.testing.assert_allclose(mine / scale, listed / scale, atol=TOLERANCES[dtype], rtol=0)


@pytest.mark.parametrize("time", [1, 2, 5, 40])
def test_log_partition_equals_a_numpy_forward_algorithm(time):
    layer = random_crf()
    emissions, _, _ = random_inputs(None, time=time)
    expected = [numpy_forward(layer, sentence) for sentence in emissions]
    result = ops.convert_to_numpy(layer.log_partition(emissions))
    np.testing.assert_allclose(result, expected, rtol=1e-12)


def test_without_transitions_it_is_a_softmax_at_each_word():
    layer = CRF(len(NAMES), dtype="float64")
    emissions, tags, _ = random_inputs(None)
    logs = emissions - np.logaddexp.reduce(emissions, axis=2, keepdims=True)
    chosen = np.take_along_axis(logs, tags[:, :, None], axis=2).sum(axis=(1, 2))
    losses = ops.convert_to_numpy(layer.negative_log_likelihood(emissions, tags))
    np.testing.assert_allclose(losses, -chosen, rtol=1e-12)


@pytest.mark.parametrize("constraints", [FREE, BIO], ids=["free", "BIO"])
@pytest.mark.parametrize("mask", MASKS)
def test_viterbi_finds_the_best_of_all_paths_and_its_score(mask, constraints):
    layer = random_crf(constraints)
    for seed in range(2):
        emissions, _, real = random_inputs(MASKS[mask], constraints)
        emissions = emissions + np.random.default_rng(seed).normal(scale=2, size=emissions.shape)
        paths, scores = map(ops.convert_to_numpy, layer.viterbi(emissions, real))
        assert paths.dtype == np.int32
        for row in range(3):
            words = np.flatnonzero(real[row])
            candidates = all_paths(len(words), constraints)
            listed = path_scores(layer.get_weights(), emissions[row, words], candidates)
            listed = ops.convert_to_numpy(listed)
            assert paths[row, words].tolist() == candidates[listed.argmax()].tolist()
            assert scores[row] == pytest.approx(listed.max(), abs=1e-10)
            assert not paths[row, ~real[row]].any()


@pytest.mark.parametrize("constraints", [FREE, BIO], ids=["free", "BIO"])
@pytest.mark.parametrize("mask", MASKS)
def test_marginals_equal_the_share_of_the_paths_listed(mask, constraints):
    layer = random_crf(constraints)
    emissions, _, mask = random_inputs(MASKS[mask], constraints)
    marginals = ops.convert_to_numpy(layer.marginals(emissions, mask))
    expected = np.zeros_like(emissions)
    for row in range(3):
        words = np.flatnonzero(mask[row])
        paths = all_paths(len(words), constraints)
        scores = path_scores(layer.get_weights(), emissions[row, words], paths)
        scores = ops.convert_to_numpy(scores)
        shares = np.exp(scores - np.logaddexp.reduce(scores))
        for path, share in zip(paths, shares, strict=True):
            expected[row, words, path] += share
    np.testing.assert_allclose(marginals, expected, atol=1e-10)


# -- padding, length, size -----------------------------------------------------------------------------


@pytest.mark.parametrize("padding", [0.0, 1e4, np.nan, np.inf, -np.inf])
def test_padding_changes_nothing_whatever_it_holds(padding):
    layer = random_crf(BIO)
    emissions, tags, _ = random_inputs(None, BIO)
    padded = np.concatenate([emissions, np.full((3, 3, len(NAMES)), padding)], axis=1)
    padded_tags = np.concatenate([tags, np.full((3, 3), 2)], axis=1)
    mask = np.arange(TIME + 3)[None] < np.array([[TIME]] * 3)
    results = [
        parity.outputs_and_gradients(_Scores(layer, by_the_layer), e, tags=t, mask=m)
        for e, t, m in [(emissions, tags, mask[:, :TIME]), (padded, padded_tags, mask)]
    ]
    for short, long in zip(*results, strict=True):
        if short.ndim == 3:
            assert not long[:, TIME:].any()
            long = long[:, :TIME]
        np.testing.assert_allclose(long, short, rtol=1e-12, atol=1e-14)
    short, long = (
        ops.convert_to_numpy(layer.viterbi(*a)[0]) for a in [(emissions,), (padded, mask)]
    )
    np.testing.assert_array_equal(long[:, :TIME], short)


class _Marginals(_Scores):
    """p(y_t = j) of a CRF as the output of a layer."""

    def __init__(self, crf):
        super().__init__(crf, lambda crf, emissions, mask: [crf.marginals(emissions, mask)])


@pytest.mark.parametrize("hidden", [np.nan, np.inf])
def test_what_stands_in_holes_changes_nothing_either(hidden):
    """Values, gradients, paths, their scores and marginals, whose gradients people train with, too."""
    layer = random_crf(BIO)
    emissions, tags, mask = random_inputs(MASKS["holes, left, no word"], BIO)
    spoiled = np.where(mask[..., None], emissions, hidden)
    zero = np.where(mask[..., None], emissions, 0)
    for make, arguments in [(by_the_layer, {"tags": tags, "mask": mask}), (None, {"mask": mask})]:
        probe = _Scores(layer, make) if make else _Marginals(layer)
        both = [parity.outputs_and_gradients(probe, e, **arguments) for e in (zero, spoiled)]
        for one, other in zip(*both, strict=True):
            np.testing.assert_array_equal(other, one)
    for one, other in zip(layer.viterbi(zero, mask), layer.viterbi(spoiled, mask), strict=True):
        np.testing.assert_array_equal(*map(ops.convert_to_numpy, (one, other)))


def test_marginals_of_a_long_sentence_are_probabilities_in_float32():
    emissions = np.random.default_rng(0).normal(scale=10, size=(2, 300, len(NAMES)))
    marginals, exact = (
        ops.convert_to_numpy(random_crf(BIO, dtype).marginals(emissions))
        for dtype in ("float32", "float64")
    )
    np.testing.assert_allclose(marginals.sum(axis=2), 1, atol=1e-5)
    np.testing.assert_allclose(marginals, exact, atol=1e-3)


@pytest.mark.parametrize("size", [1.0, 1e3])
def test_stable_at_a_thousand_words_and_large_emissions(size):
    time = 1000 if keras.backend.backend() != "torch" else 300  # torch loops in Python
    emissions = np.random.default_rng(0).normal(scale=size, size=(2, time, len(NAMES)))
    inputs = keras.Input((None, len(NAMES)))
    scaled = keras.layers.Dense(len(NAMES), kernel_initializer="identity")(inputs)
    layer = CRF(len(NAMES), *BIO)
    model = Tagger(inputs, layer(scaled))
    layer.set_weights(random_crf().get_weights())
    expected = [numpy_forward(random_crf(BIO), sentence) for sentence in emissions]

    paths = ops.convert_to_numpy(layer.viterbi(emissions[:, :50])[0])
    assert not BIO[0][paths[:, :-1], paths[:, 1:]].any() and not BIO[1][paths[:, 0]].any()
    tags = np.random.default_rng(1).choice([0, 1, 3], size=(2, time))  # O, B-X, B-Y: all allowed
    weights = random_crf().get_weights()
    score = [path_scores(weights, emissions[row], tags[row : row + 1])[0] for row in (0, 1)]

    before = model.get_weights()
    model.compile(keras.optimizers.SGD(1.0))
    loss = model.train_on_batch(emissions, tags)
    assert loss == pytest.approx((sum(expected) - float(sum(score))) / (2 * time), rel=1e-4)
    gradients = [old - new for old, new in zip(before, model.get_weights(), strict=True)]
    assert all(np.isfinite(gradient).all() and gradient.any() for gradient in gradients)


def test_forbidden_steps_are_never_chosen_however_much_the_emissions_ask_for_them():
    forbidden, forbidden_start = bio_constraints(TAGS)
    layer = CRF(len(TAGS), forbidden, forbidden_start)
    emissions = np.random.default_rng(0).normal(scale=1e3, size=(50, 30, len(TAGS)))
    emissions[:, :, [TAGS.index("I-PER"), TAGS.index("I-LOC")]] += 5e3
    paths = ops.convert_to_numpy(layer.viterbi(emissions)[0])
    alone = emissions.argmax(axis=2)
    assert forbidden[alone[:, :-1], alone[:, 1:]].any() and forbidden_start[alone[:, 0]].any()
    assert not forbidden[paths[:, :-1], paths[:, 1:]].any()
    assert not forbidden_start[paths[:, 0]].any()


def test_half_precision_policies_compute_in_float32():
    layer = random_crf(BIO, "mixed_float16")
    emissions, tags, _ = random_inputs(None, time=40)
    tags = ops.convert_to_numpy(layer.viterbi(emissions)[0])  # allowed ones
    exact = random_crf(BIO, "float64").negative_log_likelihood(emissions, tags)
    half = layer.negative_log_likelihood(emissions, tags)
    np.testing.assert_allclose(*map(ops.convert_to_numpy, (half, exact)), rtol=1e-5)


# -- BIO -----------------------------------------------------------------------------------------------


def test_bio_allows_what_the_scheme_allows_and_nothing_else():
    forbidden, forbidden_start = BIO
    assert [NAMES[i] for i in np.flatnonzero(forbidden_start)] == ["I-X", "I-Y"]
    steps = {(NAMES[i], NAMES[j]) for i, j in np.argwhere(forbidden)}
    into_x = {("O", "I-X"), ("B-Y", "I-X"), ("I-Y", "I-X")}
    into_y = {("O", "I-Y"), ("B-X", "I-Y"), ("I-X", "I-Y")}
    assert steps == into_x | into_y


@pytest.mark.parametrize("tags", [["O", "PER"], ["O", "B-"], ["O", "E-X"], ["O", "O"]])
def test_names_that_are_not_bio_are_refused(tags):
    with pytest.raises(ValueError, match=r"Expected .*Received"):
        bio_constraints(tags)


@pytest.mark.parametrize(
    ("tags", "expected"),
    [
        ({"O", "B-X"}, "in the order of their numbers, at least one. Received: set"),
        ({"B-X": 1, "O": 0}, "Received: dict"),
        ("O", "Received: str"),
        ([], r"Received: \[\]"),
        ({0: "O"}, "Received: dict"),
        ([0, 1], "Received: 0"),
        (["O", None], "Received: None"),
        (["O", "b-X"], "Received: 'b-X'"),
        (["O", "B_X"], "Received: 'B_X'"),
    ],
)
def test_tags_without_an_order_or_a_name_are_refused(tags, expected):
    with pytest.raises(ValueError, match=expected):
        bio_constraints(tags)


def test_names_may_come_in_any_ordered_form():
    for tags in (np.array(NAMES), pd.Series(NAMES, index=[3, 1, 0, 2, 4]), pd.Index(NAMES)):
        for one, other in zip(bio_constraints(tags), BIO, strict=True):
            np.testing.assert_array_equal(one, other)


def test_forbidden_steps_are_not_trained():
    layer = random_crf(BIO)
    emissions, tags, mask = random_inputs(None, BIO)
    results = parity.outputs_and_gradients(
        _Scores(layer, by_the_layer), emissions, tags=tags, mask=mask
    )
    transitions, start = results[2:4]
    assert not transitions[BIO[0]].any() and not start[BIO[1]].any()
    assert transitions[~BIO[0]].all() and start[~BIO[1]].all()


def test_a_compiled_model_decodes_sentences_of_unknown_length():
    layer = random_crf(BIO)
    emissions, words = keras.Input((None, len(NAMES)), dtype="float64"), keras.Input((None,))

    class Decoded(keras.layers.Layer):
        def call(self, emissions, words):
            return [*layer.viterbi(emissions, words), layer.marginals(emissions, words)]

        def compute_output_shape(self, emissions_shape, words_shape):
            return [words_shape, words_shape[:1], emissions_shape]

    model = keras.Model([emissions, words], Decoded(dtype="float64")(emissions, words))
    for time in (1, 3, 6):
        inputs = random_inputs(None, time=time)[0], np.ones((3, time))
        expected = [*layer.viterbi(*inputs), layer.marginals(*inputs)]
        for one, other in zip(model.predict_on_batch(inputs), expected, strict=True):
            np.testing.assert_allclose(one, ops.convert_to_numpy(other), rtol=1e-12)


# -- as a layer and in a model -------------------------------------------------------------------------


def sentences(count=200):
    """Words 1 ... 6; only the word before says whether 5 is tagged 2 or 3: neighbours matter."""
    rng = np.random.default_rng(0)
    ids = [rng.integers(1, 7, size=n).tolist() for n in rng.integers(2, 9, size=count)]
    tags = []
    for words in ids:
        path = []
        for word in words:
            if word == 5:
                path.append(2 if path and path[-1] == 1 else 3)
            else:
                path.append(int(word == 4))
        tags.append(path)
    return ids, tags


def tagger():
    ids = keras.Input((None,), dtype="int32")
    emissions = keras.layers.Dense(4)(keras.layers.Embedding(7, 8)(ids))
    return Tagger(ids, CRF(4)(emissions))


def test_a_tagger_learns_what_no_word_says_alone_and_survives_saving(tmp_path):
    ids, tags = sentences()
    model = tagger()
    model.compile(keras.optimizers.Adam(0.1))
    data = LengthBatches(ids, tags, batch_size=25, seed=0, multiple_of=1)  # time is not known
    history = model.fit(data, epochs=8, verbose=0).history["loss"]
    assert history[-1] < 0.1 * history[0]

    batch, true, weights = data[0]
    emissions = ops.convert_to_numpy(model(batch))
    paths, scores = map(ops.convert_to_numpy, model.crf.viterbi(emissions, weights))
    assert np.mean((paths == true)[weights > 0]) > 0.99
    alone = emissions.argmax(axis=2)
    assert np.mean((alone == true)[weights > 0]) < 0.99

    losses = ops.convert_to_numpy(model.crf.negative_log_likelihood(emissions, true, weights))
    measured = model.evaluate(batch, true, sample_weight=weights, batch_size=64, verbose=0)
    assert measured == pytest.approx(losses.sum() / weights.sum(), rel=1e-5)

    model.save(tmp_path / "tagger.keras")
    loaded = keras.models.load_model(tmp_path / "tagger.keras")
    assert isinstance(loaded, Tagger)
    np.testing.assert_allclose(loaded.predict(batch, verbose=0), emissions, rtol=1e-6)
    again, scores_again = map(ops.convert_to_numpy, loaded.crf.viterbi(loaded(batch), weights))
    np.testing.assert_array_equal(again, paths)
    np.testing.assert_allclose(scores_again, scores, rtol=1e-6)


def some_sentences(time=None):
    """Ids, tags and weights of 12 sentences; `time` steps long, or as long as they are."""
    ids, tags = sentences(12)
    if time:
        ids, tags = [(row * time)[:time] for row in ids], [(row * time)[:time] for row in tags]
    return LengthBatches(ids, tags, batch_size=12, multiple_of=1)[0]


@pytest.fixture
def compiler(monkeypatch):
    """Keras does not compile where `reproducible` was called in the same process, as other tests do."""
    if keras.backend.backend() == "torch":
        pytest.skip("Keras leaves PyTorch's compiler to its users")
    if keras.backend.backend() == "tensorflow":
        from tensorflow.python.framework import config

        monkeypatch.setattr(config, "is_op_determinism_enabled", lambda: False)


@pytest.mark.usefixtures("compiler")
@pytest.mark.parametrize("time", [None, 5])
@pytest.mark.parametrize("known", [True, False], ids=["length known", "length not known"])
def test_a_tagger_learns_the_same_compiled(time, known):
    """Keras chooses jit_compile=True by itself where it finds a GPU."""
    batch, true, weights = some_sentences(time)
    results = []
    for compiled in (False, True):
        keras.utils.set_random_seed(1)
        ids = keras.Input((batch.shape[1] if known else None,), dtype="int32")
        emissions = keras.layers.Dense(4)(keras.layers.Embedding(7, 8)(ids))
        model = Tagger(ids, CRF(4)(emissions))
        model.compile(keras.optimizers.Adam(0.1), jit_compile=compiled)
        losses = [model.train_on_batch(batch, true, weights) for _ in range(3)]
        results.append([*losses, *model.get_weights()])
        assert losses[-1] < losses[0]
    for plain, compiled in zip(*results, strict=True):
        np.testing.assert_allclose(compiled, plain, rtol=1e-4, atol=1e-5)


def test_keras_may_choose_to_compile_it():
    assert all(layer.supports_jit for layer in tagger()._flatten_layers())


@pytest.mark.usefixtures("compiler")
def test_decoding_compiled_is_decoding():
    layer = random_crf(BIO, "float32")

    class Decoded(keras.layers.Layer):
        def call(self, emissions):
            return [*layer.viterbi(emissions), layer.marginals(emissions)]

        def compute_output_shape(self, shape):
            return [shape[:2], shape[:1], shape]

    inputs = keras.Input((None, len(NAMES)))
    model = keras.Model(inputs, Decoded()(inputs))
    emissions = random_inputs(None)[0].astype("float32")
    model.compile(jit_compile=True)
    expected = [*layer.viterbi(emissions), layer.marginals(emissions)]
    for one, other in zip(model.predict(emissions, verbose=0), expected, strict=True):
        np.testing.assert_allclose(one, ops.convert_to_numpy(other), rtol=1e-5, atol=1e-6)


def test_the_configuration_is_complete():
    layer = random_crf(BIO)
    twin = CRF.from_config(layer.get_config())
    twin.build((None, None, len(NAMES)))
    twin.set_weights(layer.get_weights())
    assert twin.get_config() == layer.get_config()
    emissions, _, _ = random_inputs(None)
    for a, b in zip(layer.viterbi(emissions), twin.viterbi(emissions), strict=True):
        np.testing.assert_array_equal(ops.convert_to_numpy(a), ops.convert_to_numpy(b))


def test_the_layer_passes_emissions_on_unchanged():
    emissions, _, _ = random_inputs(None)
    np.testing.assert_array_equal(ops.convert_to_numpy(random_crf()(emissions)), emissions)


def test_a_tagger_without_a_crf_at_its_end_says_so():
    ids = keras.Input((None,), dtype="int32")
    with pytest.raises(ValueError, match=r"CRF as its last layer\. Received: Embedding"):
        _ = Tagger(ids, keras.layers.Embedding(3, 2)(ids)).crf


# -- what is refused -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        ((0,), "positive integer. Received: num_tags=0"),
        ((2.0,), "positive integer"),
        (
            (3, np.zeros((2, 2), bool)),
            r"boolean of shape \(3, 3\). Received: bool of shape \(2, 2\)",
        ),
        ((2, np.zeros((2, 2))), "Received: float64"),
        ((2, None, np.array([True, True])), "every start forbidden"),
    ],
)
def test_a_crf_that_cannot_be_is_refused(arguments, expected):
    with pytest.raises(ValueError, match=expected):
        CRF(*arguments)


@pytest.mark.parametrize(
    ("emissions", "tags", "mask", "expected"),
    [
        ((3, 5), (3, 5), None, r"emissions \(batch, time, 5\)"),
        ((3, 4, 4), (3, 4), None, r"Received shape \(3, 4, 4\)"),
        ((3, 0, 5), (3, 0), None, "at least one step"),
        ((3, 4, 5), (3, 4), (3, 3), r"a mask of shape .* \(3, 4\). Received shape \(3, 3\)"),
        ((3, 4, 5), (3, 4, 1), None, r"tags of shape .* \(3, 4\). Received shape \(3, 4, 1\)"),
    ],
)
def test_shapes_that_do_not_fit_are_refused(emissions, tags, mask, expected):
    mask = None if mask is None else np.ones(mask)
    with pytest.raises(ValueError, match=expected):
        CRF(5).negative_log_likelihood(np.zeros(emissions), np.zeros(tags, int), mask)


def test_tags_that_do_not_exist_are_refused_on_words_and_ignored_on_padding():
    layer, emissions = random_crf(), random_inputs(None)[0]
    tags = np.full((3, TIME), 1)
    tags[0, -1], tags[1, -1] = -1, 7
    with pytest.raises(ValueError, match=r"from 0 to 4 on every word. Received: \[-1, 7\]"):
        layer.path_score(emissions, tags)
    mask = np.ones((3, TIME))
    mask[:, -1] = 0
    assert np.isfinite(ops.convert_to_numpy(layer.path_score(emissions, tags, mask))).all()


def test_tags_are_not_cut_to_whole_numbers():
    layer, emissions = random_crf(), random_inputs(None)[0]
    tags = np.ones((3, TIME))
    expected = ops.convert_to_numpy(layer.path_score(emissions, tags.astype(int)))
    for same in (tags, tags.astype("float32").tolist(), tags.astype("uint8"), tags.astype(bool)):
        scores = ops.convert_to_numpy(layer.path_score(emissions, same))
        np.testing.assert_array_equal(scores, expected)
    for value in (1.7, np.nan):
        tags[0, 0] = value
        with pytest.raises(ValueError, match=rf"whole numbers on every word. Received: {value}"):
            layer.path_score(emissions, tags)
    mask = np.ones((3, TIME), bool)
    mask[0, 0] = False
    assert np.isfinite(ops.convert_to_numpy(layer.path_score(emissions, tags, mask))).all()
    with pytest.raises(ValueError, match=r"tags of an integer dtype. Received: float32"):
        layer.path_score(emissions, ops.ones((3, TIME), dtype="float32"))
    with pytest.raises(ValueError, match="whole numbers"):
        layer.path_score(emissions, np.full((3, TIME), "1"))


def test_a_sentence_whose_tags_do_not_exist_has_no_score():
    """Tensors cannot be looked at in a compiled graph: -1 must not be taken for the last tag there."""
    layer, emissions = random_crf(), random_inputs(None)[0]
    tags = np.ones((3, TIME), int)
    expected = ops.convert_to_numpy(layer.path_score(emissions, tags))
    for wrong in (-1, len(NAMES), -100):
        tags[1, 2] = wrong
        scores = ops.convert_to_numpy(layer.path_score(emissions, ops.convert_to_tensor(tags)))
        assert np.isnan(scores[1])
        np.testing.assert_array_equal(scores[[0, 2]], expected[[0, 2]])
        mask = np.ones((3, TIME))
        mask[1, 2] = 0
        scores = layer.path_score(emissions, ops.convert_to_tensor(tags), mask)
        assert np.isfinite(ops.convert_to_numpy(scores)).all()
    batch, true, weights = some_sentences()
    model = tagger()
    model.compile("sgd")
    assert np.isfinite(model.test_on_batch(batch, true, weights))
    assert np.isfinite(model.test_on_batch(batch, true, weights.astype(bool)))
    assert np.isnan(model.test_on_batch(batch, true, 0.5 * weights))  # no weights of classes
    true[0, 0] = -1
    model = tagger()
    model.compile("sgd")
    assert np.isnan(model.test_on_batch(batch, true, weights))
    with pytest.raises(ValueError, match=r"tags of an integer dtype. Received: float32"):
        model.test_on_batch(batch, true.astype("float32"), weights)


# -- would these comparisons see a mistake? ------------------------------------------------------------

ONE_BACKEND = pytest.mark.skipif(
    keras.backend.backend() != "tensorflow",
    reason="whether a mistake is seen is the same everywhere",
)

# what is wrong with it: (piece of the source, what stands there instead)
MUTATIONS = {
    "emission forgotten": ("new = emission + reduce(", "new = reduce("),
    "transitions turned round": ("[self.transitions, ops", "[ops.transpose(self.transitions), ops"),
    "maximum for the sum": ("reduce(alpha[", "ops.max(alpha["),
    "mask forgotten": ("ops.where(is_word, new, alpha)", "new"),
    "start scores forgotten": ("ops.expand_dims(self.start, 0)", "0 * self.start[None]"),
    "the start comes back": ("full_like(new[:, :1], IMPOSSIBLE)", "zeros_like(new[:, :1])"),
    "end scores forgotten": ("ops.cast(self.end, self._precision)", "0 * self.end"),
    "constraints forgotten": ("ops.where(forbidden, IMPOSSIBLE, ", "ops.where(forbidden, 0.0, "),
    "start constraint forgotten": ("self.forbidden_start[None]]", "0 < 0 * self.forbidden_start[None]]"),
    "pointers to the tag itself": ("ops.where(is_word, tag_before, tag)", "tag"),
    "pointers ignore the mask": ("ops.where(is_word, tag_before, tag)", "tag_before"),
    "pointers of the word after": ("[self._alpha_0(emissions)[None], alphas[:-1]]", "[alphas]"),
    "pointers without transitions": ("None] + self._steps()", "None] + 0 * self._steps()"),
    "last tag without end scores": ("ending = (last + self._last_step())", "ending = (last)"),
    "holes are no neighbours": ("tags = ops.take_along_axis(tags, order, axis=1)", ""),
    "steps into padding counted": ("steps = ops.where(time < words, steps, 0.0)", ""),
    "backward without emissions": ("(emission + beta[:, : self.num_tags])", "(beta[:, :-1])"),
    "backward without mask": ("ops.where(is_word, before, beta)", "before"),
    "path of the tags before": ("[tags_before[1:], last_tag[None]]", "[tags_before]"),
    "marginals of the word before": ("[betas_before[1:], last_beta[None]]", "[betas_before]"),
}  # fmt: skip


def method_with(piece):
    """The method of CRF that `piece` of MUTATIONS stands in."""
    methods = [it for it in vars(crf_module.CRF).values() if inspect.isfunction(it)]
    (method,) = (it for it in methods if mutants.occurs(mutants.source_of(it), piece))
    return method


def mistake_is_seen():
    """Whether a comparison above fails for the CRF as it is now."""
    rows = "holes, left, no word", BIO
    return (
        mutants.sees(test_values_and_gradients_equal_those_of_all_paths_listed, *rows, "float64")
        or mutants.sees(test_viterbi_finds_the_best_of_all_paths_and_its_score, *rows)
        or mutants.sees(test_marginals_equal_the_share_of_the_paths_listed, *rows)
    )


@ONE_BACKEND
def test_the_source_as_it_stands_passes():
    for method in {method_with(piece) for piece, _ in MUTATIONS.values()}:
        with mutants.mistake(method):  # compiled anew, with nothing replaced
            assert not mistake_is_seen()


@ONE_BACKEND
@pytest.mark.parametrize("name", MUTATIONS)
def test_a_mistake_is_caught(name):
    piece, replacement = MUTATIONS[name]
    with mutants.mistake(method_with(piece), piece, replacement):
        assert mistake_is_seen()
