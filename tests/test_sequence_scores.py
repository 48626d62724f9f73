"""The loss against -log p by hand, error rates and BLEU against a second implementation, by the book."""

import itertools
import math
from collections import Counter

from course_lib import sequence_scores
from course_lib.language_models import interval

import keras
import mutants
import numpy as np
import parity
import pytest
from keras import ops

BATCH, TIME, SIGNS = 3, 4, 5
MASK = np.array([[True, True, True, False], [False, True, False, True], [False] * TIME])


def random_scores(dtype="float64"):
    """Targets and logits."""
    rng = np.random.default_rng(1)
    targets = rng.integers(SIGNS, size=(BATCH, TIME))
    return targets, rng.normal(scale=3, size=(BATCH, TIME, SIGNS)).astype(dtype)


def by_hand(targets, logits, mask):
    """[-log p] of every target that counts, in order."""
    losses = []
    for b, t in itertools.product(range(BATCH), range(TIME)):
        if mask is None or mask[b, t]:
            scores = [math.exp(one) for one in logits[b, t]]
            losses.append(-math.log(scores[targets[b, t]] / sum(scores)))
    return losses


# -- the loss --------------------------------------------------------------------------------------


@pytest.mark.parametrize("mask", [None, MASK], ids=["no mask", "mask"])
def test_the_loss_is_the_mean_of_minus_log_p(mask):
    targets, logits = random_scores()
    expected = by_hand(targets, logits, mask)
    losses = ops.convert_to_numpy(sequence_scores.token_losses(targets, logits, mask))
    counts = np.ones(targets.shape, bool) if mask is None else mask
    np.testing.assert_allclose(losses[counts], expected, rtol=0, atol=1e-12)
    assert not losses[~counts].any()
    mean = sequence_scores.masked_cross_entropy(targets, logits, mask)
    parity.same(mean, np.mean(expected))


class _Loss(keras.layers.Layer):
    """The losses of the logits as a layer, for tests/parity.py to differentiate."""

    def __init__(self, targets, mask, dtype):
        super().__init__(dtype=dtype)
        self.targets, self.mask = targets, mask
        self.built = True

    def call(self, logits):
        return sequence_scores.masked_cross_entropy(self.targets, logits, self.mask)


def loss_and_gradient(targets, logits, mask, dtype="float64"):
    layer = _Loss(targets, mask, dtype)
    return parity.outputs_and_gradients(layer, logits)


def test_the_gradient_is_softmax_minus_the_target_over_the_number_of_targets():
    targets, logits = random_scores()
    loss, gradient = loss_and_gradient(targets, logits, MASK)
    p = np.exp(logits) / np.exp(logits).sum(axis=-1, keepdims=True)
    expected = (p - np.eye(SIGNS)[targets]) * MASK[:, :, None] / MASK.sum()
    parity.same(gradient / parity.weightings([loss])[0], expected)


def test_nothing_on_padding_is_looked_at():
    targets, logits = random_scores()
    expected = loss_and_gradient(targets, logits, MASK)
    logits[~MASK], targets[~MASK] = np.nan, 99
    for mine, other in zip(loss_and_gradient(targets, logits, MASK), expected, strict=True):
        parity.same(mine, other, 0)


def test_without_a_target_loss_and_gradient_are_0():
    targets, logits = random_scores()
    loss, gradient = loss_and_gradient(targets, logits, np.zeros_like(MASK))
    assert loss == 0 and not gradient.any()


@pytest.mark.parametrize("dtype", ["float16", "bfloat16"])
def test_half_precision_is_computed_in_float32(dtype):
    logits = ops.cast(np.array([[[60000.0, -60000.0, 0.0], [8.0, 8.0, 8.0]]]), dtype)
    losses = sequence_scores.token_losses([[1, 0]], logits)
    assert keras.backend.standardize_dtype(losses.dtype) == "float32"
    exact = ops.convert_to_numpy(ops.cast(logits, "float64"))[0, 0]
    expected = [[exact[0] - exact[1], math.log(3)]]
    np.testing.assert_allclose(ops.convert_to_numpy(losses), expected, rtol=1e-6)
    # 70,000 targets: their sum and their number are no float16
    many = ops.zeros((7, 10_000, 4), dtype=dtype)
    mean = sequence_scores.masked_cross_entropy(np.zeros((7, 10_000), int), many)
    np.testing.assert_allclose(float(mean), math.log(4), rtol=1e-5)


class _Drawn(keras.utils.PyDataset):
    """Two batches whose scores are of three signs and of four."""

    def __len__(self):
        return 2

    def __getitem__(self, index):
        x = np.random.default_rng(0).normal(size=(2, 3, 5)).astype("float32")
        drawn = np.array([4, 0, 2, 1][: 3 + index], "int32")
        return (x, drawn), np.array([[1, 0, 1], [0, 2, 0]]), np.ones((2, 3), "float32")


def test_the_number_of_signs_may_differ_from_batch_to_batch():
    scores, drawn = keras.Input((None, 5)), keras.Input((), dtype="int32")
    model = keras.Model([scores, drawn], ops.take(scores, drawn, axis=2))
    model.compile(loss=sequence_scores.MaskedCrossEntropy())
    expected = [
        float(sequence_scores.masked_cross_entropy(targets, x[:, :, drawn]))
        for (x, drawn), targets, _ in map(_Drawn().__getitem__, range(2))
    ]
    np.testing.assert_allclose(model.evaluate(_Drawn(), verbose=0), np.mean(expected), rtol=1e-5)


def test_a_forbidden_sign_costs_infinity_and_an_unknown_one_is_not_a_number():
    logits = np.array([[[0.0, -np.inf], [0.0, -np.inf], [0.0, 0.0], [0.0, 0.0]]])
    losses = ops.convert_to_numpy(sequence_scores.token_losses([[0, 1, 2, -1]], logits))
    np.testing.assert_array_equal(losses, [[0, np.inf, np.nan, np.nan]])


@pytest.mark.parametrize("padding", [None, 0])
def test_the_loss_of_compile_is_the_same_and_weights_weigh(padding):
    targets, logits = random_scores("float32")
    loss = sequence_scores.MaskedCrossEntropy(padding=padding)
    real = np.ones_like(MASK) if padding is None else targets != padding
    assert real.all() == (padding is None)
    for weights, counts in [(None, real), (MASK.astype("float32"), MASK & real)]:
        parity.same(
            loss(targets, logits, weights),
            np.float32(np.mean(by_hand(targets, logits, counts))),
            1e-5,
        )
    weights = np.random.default_rng(0).uniform(size=MASK.shape) * real
    losses = np.array(by_hand(targets, logits, None)).reshape(MASK.shape)
    expected = (weights * losses).sum() / weights.sum()
    parity.same(loss(targets, logits, weights), np.float32(expected), 1e-5)


def test_it_trains_with_weights_and_does_not_depend_on_the_padding():
    def fitted(padded):
        keras.utils.set_random_seed(1)
        ids = keras.Input((None,), dtype="int32")
        model = keras.Model(ids, keras.layers.Dense(SIGNS)(keras.layers.Embedding(SIGNS, 8)(ids)))
        model.compile("sgd", sequence_scores.MaskedCrossEntropy())
        inputs, targets = np.array([[1, 2, 3], [4, 1, 0]]), np.array([[2, 3, 4], [1, 2, 0]])
        weights = np.array([[1.0, 1, 1], [1, 1, 0]])
        arrays = [np.pad(array, [[0, 0], [0, padded]]) for array in (inputs, targets, weights)]
        return [float(np.ravel(model.train_on_batch(*arrays))[0]) for _ in range(3)]

    losses = fitted(0)
    np.testing.assert_allclose(fitted(7), losses, rtol=1e-5)
    assert losses[2] < losses[0]
    assert losses[0] == pytest.approx(math.log(SIGNS), abs=0.1)


def test_the_loss_is_made_again_from_its_configuration():
    loss = sequence_scores.MaskedCrossEntropy(padding=3, name="mine")
    again = keras.saving.deserialize_keras_object(keras.saving.serialize_keras_object(loss))
    assert (type(again), again.padding, again.name) == (type(loss), 3, "mine")


@pytest.mark.parametrize(
    ("targets", "logits", "mask", "expected"),
    [
        ((3, 4), (3, 4), None, r"logits of shape \(batch, time, signs\).*Received shape \(3, 4\)"),
        (
            (3, 5),
            (3, 4, 5),
            None,
            r"targets of shape \(batch, time\) = \(3, 4\). Received shape \(3, 5\)",
        ),
        ((3, 4, 1), (3, 4, 5), None, r"targets .*Received shape \(3, 4, 1\)"),
        (
            (3, 4),
            (3, 4, 5),
            (3, 1),
            r"a mask of shape \(batch, time\) = \(3, 4\). Received shape \(3, 1\)",
        ),
    ],
)
def test_shapes_that_do_not_fit_are_refused(targets, logits, mask, expected):
    given = np.zeros(targets, int), np.zeros(logits), mask and np.ones(mask, bool)
    for function in (sequence_scores.token_losses, sequence_scores.masked_cross_entropy):
        with pytest.raises(ValueError, match=f"token_losses expected {expected}"):
            function(*given)


def test_dtypes_and_weights_that_do_not_fit_are_refused():
    targets, logits = random_scores()
    with pytest.raises(ValueError, match=r"targets of an integer dtype. Received: float"):
        sequence_scores.token_losses(targets.astype("float32"), logits)
    with pytest.raises(ValueError, match="expected floating-point inputs, received dtype int"):
        sequence_scores.token_losses(targets, logits.astype("int32"))
    with pytest.raises(ValueError, match=r"weights of shape .* = \(3, 4\). Received shape \(3,\)"):
        sequence_scores.MaskedCrossEntropy()(targets, logits, np.ones(3))


# -- error rates -----------------------------------------------------------------------------------


def distance(one, other):
    """Edits between two sequences by the recurrence of Wagner and Fischer."""
    table = list(range(len(other) + 1))
    for i, sign in enumerate(one, 1):
        before, table[0] = table[0], i
        for j, against in enumerate(other, 1):
            before, table[j] = (
                table[j],
                min(table[j] + 1, table[j - 1] + 1, before + (sign != against)),
            )
    return table[-1]


def random_sequences(seed, count=60, longest=7):
    rng = np.random.default_rng(seed)
    return [
        rng.choice(["a", "b", "c", "dd"], size=n).tolist()
        for n in rng.integers(longest, size=count)
    ]


def test_an_error_rate_is_the_sum_of_edits_over_the_sum_of_lengths():
    references, predictions = random_sequences(1), random_sequences(2)
    predictions[:20] = references[:20]
    score = sequence_scores.error_rate(references, predictions)
    edits = [distance(r, p) for r, p in zip(references, predictions, strict=True)]
    assert score.edits.tolist() == edits
    assert score.lengths.tolist() == [len(r) for r in references]
    assert score.rate == sum(edits) / sum(map(len, references))
    assert score.wrong == sum(e > 0 for e in edits) / 60
    low, high = interval(score.edits, score.lengths)
    assert low < score.rate < high
    numbers = [[{"a": 1, "b": 2, "c": -1, "dd": -2}[s] for s in r] for r in references]
    assert sequence_scores.error_rate(numbers, numbers).rate == 0
    assert sequence_scores.error_rate([[-1]], [np.array([-2])]).rate == 1


def test_empty_references_add_edits_and_no_length():
    score = sequence_scores.error_rate(["", "ab", ""], ["xyz", "ab", ""])
    assert score.rate == 3 / 2 and score.wrong == 1 / 3
    assert sequence_scores.error_rate(["ab"], [""]).rate == 1
    with pytest.raises(ValueError, match=r"at least one sign. Received: empty ones alone"):
        sequence_scores.error_rate(["", []], ["", "x"])


def test_of_several_references_the_nearest_counts_and_of_equals_the_longest():
    references = [[list("abc"), list("xyz")], [list("a"), list("abcd")], [list("q")]]
    score = sequence_scores.error_rate(
        references, [list("xyz"), list("abd"), list("q")], alternatives=True
    )
    assert score.edits.tolist() == [0, 1, 0] and score.lengths.tolist() == [3, 4, 1]
    equals = [["ab", "abcd"], ["abcd", "ab"]]  # one edit away from "abc"
    score = sequence_scores.error_rate(equals, ["abc", "abc"], alternatives=True)
    assert score.edits.tolist() == [1, 1] and score.lengths.tolist() == [4, 4]


@pytest.mark.parametrize(
    ("references", "predictions", "alternatives", "expected"),
    [
        ([], [], False, "at least one. Received: 0 references and 0 predictions"),
        (["a"], ["a", "b"], False, "Received: 1 references and 2 predictions"),
        ("ab", ["a", "b"], False, "Expected a list of references. Received: str"),
        (["a"], "a", False, "Expected a list of predictions. Received: str"),
        (
            [3],
            ["a"],
            False,
            "Expected each reference to be a sequence. Received at index 0: int, 3",
        ),
        (
            ["a"],
            [None],
            False,
            "Expected each prediction to be a sequence. Received at index 0: None",
        ),
        ([["a"], []], ["a", "a"], True, r"at least one alternative.*for reference 1: \[\]"),
        (["a"], ["a"], True, "at least one alternative.*for reference 0: 'a'"),
    ],
)
def test_sequences_that_are_none_are_refused(references, predictions, alternatives, expected):
    with pytest.raises(ValueError, match=expected):
        sequence_scores.error_rate(references, predictions, alternatives=alternatives)


# -- translations ----------------------------------------------------------------------------------

REFERENCES = [
    "the cat sat on the mat today",
    "it slept there all day long",
    "then the dog came in and sat on it",
]
PREDICTIONS = [
    "the cat sat on a mat today",
    "it slept there all day",
    "then a dog came in and sat on the the mat",
]


def runs(words, n):
    return Counter(tuple(words[i : i + n]) for i in range(len(words) - n + 1))


def bleu_by_the_book(references, predictions, split=str.split):
    """Clipped precisions of 1 to 4 words, their geometric mean, and the penalty for being short."""
    pairs = [(split(r), split(p)) for r, p in zip(references, predictions, strict=True)]
    mean = 0.0
    for n in (1, 2, 3, 4):
        found = sum((runs(r, n) & runs(p, n)).total() for r, p in pairs)
        mean += math.log(found / sum(runs(p, n).total() for _, p in pairs)) / 4
    long, short = (sum(len(pair[side]) for pair in pairs) for side in (0, 1))
    return 100 * math.exp(mean) * min(1.0, math.exp(1 - long / short))


def chrf_by_the_book(references, predictions):
    """The mean precision and recall of runs of 1 to 6 characters, without spaces, as F2."""
    pairs = [
        tuple(side.replace(" ", "") for side in pair)
        for pair in zip(references, predictions, strict=True)
    ]
    precisions, recalls = [], []
    for n in range(1, 7):
        found = sum((runs(r, n) & runs(p, n)).total() for r, p in pairs)
        precisions.append(found / sum(runs(p, n).total() for _, p in pairs))
        recalls.append(found / sum(runs(r, n).total() for r, _ in pairs))
    precision, recall = np.mean(precisions), np.mean(recalls)
    return 100 * 5 * precision * recall / (4 * precision + recall)


def test_bleu_and_chrf_are_those_of_the_book():
    score = sequence_scores.bleu(REFERENCES, PREDICTIONS)
    assert score.score == pytest.approx(bleu_by_the_book(REFERENCES, PREDICTIONS))
    assert "tok:13a" in score.signature and "version:" in score.signature
    short = [one.rsplit(" ", 1)[0] for one in PREDICTIONS]
    expected = bleu_by_the_book(REFERENCES, short)
    assert sequence_scores.bleu(REFERENCES, short).score == pytest.approx(expected)
    score = sequence_scores.chrf(REFERENCES, PREDICTIONS)
    assert score.score == pytest.approx(chrf_by_the_book(REFERENCES, PREDICTIONS))
    assert "nw:0" in score.signature
    plus = sequence_scores.chrf(REFERENCES, PREDICTIONS, word_order=2)
    assert "nw:2" in plus.signature and plus.score != score.score


def test_chinese_is_split_into_characters():
    references = ["天地悠悠，过客匆匆", "潮起又潮落，潮落又潮起"]
    predictions = ["天地悠悠，行客匆匆", "潮起又潮落，潮落又潮平"]
    score = sequence_scores.bleu(references, predictions, tokenize="zh")
    assert score.score == pytest.approx(bleu_by_the_book(references, predictions, list))
    assert "tok:zh" in score.signature
    assert sequence_scores.bleu(references, predictions).score < 20  # a line is one word or two


def test_the_interval_holds_the_score_is_drawn_anew_and_shrinks():
    rng = np.random.default_rng(0)

    def scores(count, function, **arguments):
        chosen = rng.integers(3, size=count)
        return function(
            [REFERENCES[i] for i in chosen], [PREDICTIONS[i] for i in chosen], **arguments
        )

    for function in (sequence_scores.bleu, sequence_scores.chrf):
        few, many = scores(12, function), scores(192, function)
        for score in (few, many):
            assert 0 < score.low < score.score < score.high < 100
        assert many.high - many.low < 0.5 * (few.high - few.low)
        again = function(REFERENCES, PREDICTIONS)
        assert again == function(REFERENCES, PREDICTIONS)
        right = function(REFERENCES, REFERENCES)
        assert right[:3] == pytest.approx((100, 100, 100))
    assert "bs:50|" in scores(12, sequence_scores.bleu, resamples=50).signature


@pytest.mark.parametrize("function", [sequence_scores.bleu, sequence_scores.chrf])
def test_several_references_a_sentence_not_always_as_many(function):
    several = [[REFERENCES[0], PREDICTIONS[0]], REFERENCES[1], [PREDICTIONS[2]]]
    mended = [PREDICTIONS[0], REFERENCES[1], PREDICTIONS[2]]
    assert function(several, mended).score == pytest.approx(100)
    alone = function([[one] for one in REFERENCES], PREDICTIONS)
    assert alone == function(REFERENCES, PREDICTIONS)


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        (("ab", ["a", "b"]), "Expected a list of references. Received: str"),
        ((["a"], []), "Received: 1 references and 0 predictions"),
        (
            (["a"], [["a"]]),
            r"a string for each prediction. Received at index 0: \['a'\] and \['a'\]",
        ),
        (([[]], ["a"]), r"Received at index 0: \[\] and 'a'"),
        (([["a", None]], ["a"]), r"Received at index 0: \['a', None\]"),
    ],
)
def test_texts_that_are_none_are_refused(given, expected):
    for function in (sequence_scores.bleu, sequence_scores.chrf):
        with pytest.raises(ValueError, match=expected):
            function(*given)


def test_arguments_of_scores_are_checked():
    with pytest.raises(ValueError, match=r"`tokenize` to be one of '13a', .*tokenize='chinese'"):
        sequence_scores.bleu(["a"], ["a"], tokenize="chinese")
    with pytest.raises(ValueError, match="`resamples` to be at least 2"):
        sequence_scores.bleu(["a"], ["a"], resamples=1)
    with pytest.raises(ValueError, match="`word_order` to be a positive integer"):
        sequence_scores.chrf(["a"], ["a"], word_order=-1)


# -- would these comparisons see a mistake? --------------------------------------------------------

mean_by_hand = (test_the_loss_is_the_mean_of_minus_log_p, MASK)
several = (test_of_several_references_the_nearest_counts_and_of_equals_the_longest,)

# what is wrong with it: (function, piece of its source, what stands there instead, the test that sees it)
MUTATIONS = {
    "the mean over all steps": (
        sequence_scores._mean,
        "total = ops.sum(weights)",
        "total = ops.sum(ops.ones_like(weights))",
        mean_by_hand,
    ),
    "the sum": (
        sequence_scores._mean,
        "/ ops.where(ops.equal(total, 0), ops.ones_like(total), total)",
        "",
        mean_by_hand,
    ),
    "nothing divided by nothing": (
        sequence_scores._mean,
        "ops.where(ops.equal(total, 0), ops.ones_like(total), total)",
        "total",
        (test_without_a_target_loss_and_gradient_are_0,),
    ),
    "no softmax": (
        sequence_scores.token_losses,
        "ops.log_softmax(logits, axis=-1)",
        "logits",
        mean_by_hand,
    ),
    "padding computed with": (
        sequence_scores.token_losses,
        "logits = ops.where(mask[:, :, None], logits, 0.0)",
        "pass",
        (test_nothing_on_padding_is_looked_at,),
    ),
    "computed in half precision": (
        sequence_scores.token_losses,
        "logits = ops.cast(logits, 'float64' if dtype == 'float64' else 'float32')",
        "pass",
        (test_half_precision_is_computed_in_float32, "float16"),
    ),
    "an unknown sign taken for the first": (
        sequence_scores.token_losses,
        "losses = ops.where(exists, losses, float('nan'))",
        "pass",
        (test_a_forbidden_sign_costs_infinity_and_an_unknown_one_is_not_a_number,),
    ),
    "padding's id forgotten": (
        sequence_scores.MaskedCrossEntropy.__call__,
        "ops.where(ops.equal(targets, self.padding), 0.0, weights)",
        "weights",
        (test_the_loss_of_compile_is_the_same_and_weights_weigh, 0),
    ),
    "the mean of the rates": (
        sequence_scores.error_rate,
        "edits.sum() / lengths.sum()",
        "(edits / np.maximum(lengths, 1)).mean()",
        (test_an_error_rate_is_the_sum_of_edits_over_the_sum_of_lengths,),
    ),
    "of equals the shortest": (sequence_scores.error_rate, "-len(one)", "len(one)", several),
    "the farthest reference": (sequence_scores.error_rate, "min(", "max(", several),
    "only the first reference": (
        sequence_scores._scored,
        "most = max(map(len, references))",
        "most = 1",
        (test_several_references_a_sentence_not_always_as_many, sequence_scores.bleu),
    ),
    "only words split": (
        sequence_scores.bleu,
        "BLEU(tokenize=tokenize)",
        "BLEU()",
        (test_chinese_is_split_into_characters,),
    ),
    "an interval without its lower half": (
        sequence_scores._scored,
        "result._mean - result._ci",
        "result._mean",
        (test_the_interval_holds_the_score_is_drawn_anew_and_shrinks,),
    ),
}


test_a_mistake_is_caught, test_the_source_as_it_stands_passes = mutants.tests_of(MUTATIONS)


def test_the_interval_of_what_was_saved_draws_models_and_sequences():
    rng = np.random.default_rng(0)
    lengths = rng.integers(3, 12, size=200)
    before = rng.integers(1, 4, size=(5, 200))
    after = before - (rng.random((5, 200)) < 0.5)
    low, high = sequence_scores.saved_interval(before, after, lengths)
    saved = (before - after).mean(axis=0).sum() / lengths.sum()
    assert low < saved < high < low + 0.05
    # models that differ make it wider, though their mean is the same
    uneven = before - np.array([[0], [0], [0], [1], [1]]) * np.ones((5, 200), int)
    even = sequence_scores.saved_interval(before, before - 0.4, lengths)
    wide = sequence_scores.saved_interval(before, uneven, lengths)
    assert wide[1] - wide[0] > 3 * (even[1] - even[0])
    # one model: words alone
    alone = sequence_scores.saved_interval(before[:1], after[:1], lengths)
    assert alone[0] < alone[1]


@pytest.mark.parametrize("shapes", [((5, 3), (4, 3), 3), ((3,), (3,), 3), ((5, 3), (5, 3), 4)])
def test_savings_that_do_not_fit_are_refused(shapes):
    before, after, lengths = map(np.ones, shapes)
    with pytest.raises(ValueError, match="a length for each sequence"):
        sequence_scores.saved_interval(before, after, lengths)


def test_scores_of_groups_are_those_of_their_texts_alone():
    truth, first = ["天地悠悠", "过客匆匆", "潮起"], ["天地悠久", "过客匆匆", "潮起潮落"]
    groups = {"all": [True] * 3, "new": [True, False, True]}
    found = sequence_scores.group_scores(truth, {"x": [first, truth]}, groups)["x"]
    assert found["all"][1] == found["new"][1] == (pytest.approx(100), 1.0)
    assert found["all"][0] == (sequence_scores.chrf(truth, first).score, pytest.approx(1 / 3))
    assert found["new"][0] == (sequence_scores.chrf(truth[::2], first[::2]).score, 0.0)
    with pytest.raises(ValueError, match="3 references and 2 predictions"):
        sequence_scores.group_scores(truth, {"x": [first[:2]]}, groups)


def test_the_interval_of_chrf_holds_the_score_of_sacrebleu():
    truth, first = ["天地悠悠", "过客匆匆", "潮起"], ["天地悠久", "过客匆匆", "潮起潮落"]
    score = sequence_scores.chrf(truth, first).score
    alone = sequence_scores.chrf_interval(truth, [first])
    assert alone.score == pytest.approx(score) and alone.low < score < alone.high
    two = sequence_scores.chrf_interval(truth, [first, truth], [first])
    assert two.seeds == pytest.approx((0.0, 100 - score))
    assert two.low == pytest.approx(0) and two.high > 100 - score - 1e-9
    paired = sequence_scores.chrf_interval(truth, [first], [first])
    assert paired.low == paired.high == 0  # the same texts are drawn for both
    with pytest.raises(ValueError, match="at least one list"):
        sequence_scores.chrf_interval(truth, [])


def test_the_gain_in_order_asks_only_where_both_have_the_signs():
    truth = ["ab", "cd", "ef", "gh"] * 10
    ours = [["ab", "cd", "ef", "g"] * 10, ["ab", "dc", "e", "gh"] * 10]
    gain = sequence_scores.order_gain(truth, ours, [["ba", "cd", "x", "gh"] * 10])
    assert gain.ours.tolist() == [1, 2 / 3]
    assert gain.theirs.tolist() == [1 / 2, 2 / 3]
    assert gain.gains.tolist() == [1 / 2, 0]
    assert gain.low < 0.25 < gain.high


def test_leads_are_those_of_the_last():
    truth = ["abc", "bcd"]
    own, ahead = sequence_scores.leads(truth, {"x": [["abd", "bcd"]], "y": [truth]})
    assert ahead["x"].score == pytest.approx(own["y"].score - own["x"].score)
