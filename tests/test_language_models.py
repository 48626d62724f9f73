"""N-grams, counted and fitted: against numbers by hand and against second, slow implementations."""

import math
from collections import Counter
from itertools import pairwise

from course_lib.language_models import (
    END,
    KneserNey,
    LogLinear,
    bits_with_ruler,
    count_ngrams,
    end_or_not,
    fitted_strings,
    interval,
    longest_runs_in,
    mixed,
    saved,
    share_explained,
    surprises,
)

import numpy as np
import pytest

TINY = ["aab", "ab", "ba"]


@pytest.fixture(scope="module")
def words():
    """A thousand words of a language that likes some strings better than others."""
    rng = np.random.default_rng(3)
    syllables = ["ba", "na", "ab", "cu", "c", "ano", "on", "tu", "o"]
    chances = np.array([9, 7, 5, 4, 3, 2, 2, 1, 1]) / 34
    return ["".join(rng.choice(syllables, rng.integers(1, 5), p=chances)) for _ in range(1000)]


@pytest.fixture(scope="module")
def counts(words):
    return count_ngrams(words, 5)


# ---------------------------------------------------------------------------- counting


def test_ends_are_counted_and_beginnings_begin():
    counts = count_ngrams(TINY, 3)
    assert counts[0] == {}
    assert counts[1] == {"a": 4, "b": 3, ".": 3}
    assert counts[2] == {".a": 2, "aa": 1, "ab": 2, "b.": 2, ".b": 1, "ba": 1, "a.": 1}
    assert counts[3] == {".aa": 1, "aab": 1, "ab.": 2, ".ab": 1, ".ba": 1, "ba.": 1}


def test_a_word_shorter_than_the_strings_is_counted_as_far_as_it_goes():
    assert count_ngrams(["a"], 5)[3:] == [{".a.": 1}, {}, {}]
    assert sum(KneserNey(count_ngrams(["a"], 5), 5).distribution(".a")) == pytest.approx(1)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: count_ngrams(["a"], 0), "longest: expected at least 1. Received: 0"),
        (lambda: count_ngrams(["a.b"], 2), "marks its end. Received: 'a.b'"),
        (lambda: KneserNey(count_ngrams(["a"], 2), 3), "order: expected 1 to 2"),
        (lambda: KneserNey(count_ngrams(["a"], 2), 0), "order: expected 1 to 2"),
        (lambda: KneserNey(count_ngrams([], 2), 2), "at least one word"),
        (lambda: KneserNey(count_ngrams(TINY, 2), 2).bits_per_sign([]), "expected at least one"),
        (lambda: KneserNey(count_ngrams(TINY, 2), 2).bits("a.b"), "Received: 'a.b'"),
        (lambda: KneserNey(count_ngrams(TINY, 2), 2).pruned(2), "expected at least 3"),
    ],
)
def test_what_makes_no_sense_is_refused(call, message):
    with pytest.raises(ValueError, match="xpected") as caught:
        call()
    assert message in str(caught.value)


# ---------------------------------------------------------------------------- the equation


def test_a_bigram_model_by_hand():
    # n_1 = 4 strings counted once, n_2 = 3 twice, n_3 = n_4 = 0: Y = 4 / (4 + 6) = 0.4, so
    # D(1) = 1 - 2 * 0.4 * 3 / 4 = 0.4, D(2) = 2 - 3 * 0.4 * 0 / 3 = 2, which is not below 2: 1
    model = KneserNey(count_ngrams(TINY, 2), 2)
    # left neighbours: a after . a b, b after a and ., the end after a and b
    assert model.probability("", "a") == pytest.approx(3 / 7)
    assert model.probability("", ".") == pytest.approx(2 / 7)
    # after a: b 2, a 1, end 1; the discounts free 1 + 0.4 + 0.4 of 4
    assert model.probability("a", "b") == pytest.approx((2 - 1) / 4 + 1.8 / 4 * 2 / 7)
    assert model.probability("a", "a") == pytest.approx((1 - 0.4) / 4 + 1.8 / 4 * 3 / 7)
    # after b: end 2, a 1; b never
    assert model.probability("b", "b") == pytest.approx(1.4 / 3 * 2 / 7)
    assert model.numbers == 3 + 7
    p = [model.probability(u, w) for u, w in pairwise(".ba.")]
    assert model.bits("ba") == pytest.approx([-math.log2(x) for x in p])


def slow(words, order, context, sign):
    """P(sign | context), from the words alone, by searching them anew for every number."""
    marked = [END + word + END for word in words]
    signs = sorted(set("".join(words)) | {END})

    def found(string):
        """Places where it stands; the first sign of a word is no single sign."""
        first = 1 if len(string) == 1 else 0
        return sum(word.startswith(string, i) for word in marked for i in range(first, len(word)))

    def c(string, k):
        if k == order or (k > 1 and string[0] == END):
            return found(string)
        return sum(found(left + string) > 0 for left in signs)

    def p(context, sign):
        k = len(context) + 1
        strings = {w[i : i + k] for w in marked for i in range(len(w) - k + 1) if k > 1 or i}
        values = {s: c(s, k) for s in strings}
        n = Counter(values.values())
        total = sum(v for s, v in values.items() if s[:-1] == context)
        if k == 1:
            return values[sign] / total
        shorter = p(context[1:], sign)
        if not total:
            return shorter
        d = {0: 0}
        for i in (1, 2, 3):
            d[i] = i / 2
            if n[1] and n[i]:
                estimate = i - (i + 1) * n[1] / (n[1] + 2 * n[2]) * n[i + 1] / n[i]
                d[i] = estimate if 0 < estimate < i else i / 2
        after = {s[-1]: v for s, v in values.items() if s[:-1] == context}
        freed = sum(d[min(v, 3)] for v in after.values())
        seen = after.get(sign, 0)
        return (seen - d[min(seen, 3)]) / total + freed / total * shorter

    return p(context[max(0, len(context) - order + 1) :], sign)


@pytest.mark.parametrize("order", [1, 2, 3, 4])
def test_equals_a_second_implementation(words, order):
    few = words[:60]
    model = KneserNey(count_ngrams(few, 4), order)
    for context in ("", ".", "a", ".b", "ba", "an", "ban", ".ba", "bana", "ttt", "nat", ".cub"):
        for sign in ("a", "b", "u", END):
            expected = slow(few, order, context, sign)
            assert model.probability(context, sign) == pytest.approx(expected, abs=1e-12)


@pytest.mark.parametrize("order", [1, 2, 3, 5])
def test_probabilities_add_up_to_one(counts, order):
    model = KneserNey(counts, order)
    for context in ("", ".", ".b", "ba", "bana", ".cuno", "zzz", "onaba"):
        assert sum(model.distribution(context)) == pytest.approx(1)
        assert min(model.distribution(context)) > 0


def test_predict_is_one_distribution_a_beginning(counts):
    model = KneserNey(counts, 3)
    predicted = model.predict(["", "ba"])
    assert predicted.shape == (2, len(model.signs))
    assert predicted.tolist() == [model.distribution("."), model.distribution(".ba")]


def test_bits_per_sign_is_the_mean_over_signs_not_over_words(counts):
    model = KneserNey(counts, 3)
    one, other = model.bits("ba"), model.bits("banano")
    assert (len(one), len(other)) == (3, 7)
    assert model.bits_per_sign(["ba", "banano"]) == pytest.approx((sum(one) + sum(other)) / 10)
    assert model.bits("z")[0] == math.inf


def test_longer_contexts_help_on_words_of_the_same_language(words):
    counts = count_ngrams(words[:800], 4)
    bits = [KneserNey(counts, n).bits_per_sign(words[800:]) for n in (1, 2, 3, 4)]
    assert bits == sorted(bits, reverse=True)


# ---------------------------------------------------------------------------- pruning


def test_pruning_to_everything_changes_nothing(counts, words):
    model = KneserNey(counts, 4)
    same = model.pruned(model.numbers)
    assert same.numbers == model.numbers
    assert same.bits_per_sign(words[:50]) == model.bits_per_sign(words[:50])


@pytest.mark.parametrize("numbers", [9, 40, 150])
def test_a_pruned_model_has_the_size_asked_for_and_adds_up_to_one(counts, numbers):
    model = KneserNey(counts, 4).pruned(numbers)
    assert model.numbers == numbers
    for context in ("", ".", "ba", ".ban", "nab"):
        assert sum(model.distribution(context)) == pytest.approx(1)


def test_pruning_takes_away_what_costs_least(counts, words):
    model = KneserNey(counts, 3)
    costs = [model.pruned(n).bits_per_sign(words) for n in range(9, model.numbers, 20)]
    assert costs == sorted(costs, reverse=True)
    # of all models that lack one string, that of `pruned` is hardly worse than the best
    best = min(_without(model, c, s).bits_per_sign(words) for c, s in _strings(model))
    assert model.pruned(model.numbers - 1).bits_per_sign(words) <= best + 1e-4


def _strings(model):
    return [(c, s) for c, of in model._stored.items() if len(c) == 2 for s in of]


def _without(model, context, sign):
    fewer = model.pruned(model.numbers)
    del fewer._stored[context][sign]
    fewer._weigh()
    return fewer


# ---------------------------------------------------------------------------- fitted strings


def softmax_of_sums(model, context):
    """P(sign | context) for each sign, straight from the definition."""
    scores = [
        sum(w for string, w in model.weights.items() if (context + sign).endswith(string))
        for sign in model.signs
    ]
    return np.exp(scores) / np.exp(scores).sum()


@pytest.fixture(scope="module")
def fitted(counts):
    return LogLinear(counts, KneserNey(counts, 4).pruned(150).strings, penalty=2.0)


def places(words):
    """(context, next sign) of every sign of the words."""
    for word in words:
        signs = END + word + END
        yield from ((signs[:t], signs[t]) for t in range(1, len(signs)))


def test_fitted_strings_are_a_softmax_over_sums_of_weights(fitted):
    assert (fitted.numbers, fitted.order) == (150, 4)
    # "nat" is a context that is not stored but whose end may be, "onabab" longer than any
    for context in ("", ".", ".b", "ba", "bana", "nat", "zzz", "onabab", ".cuno"):
        expected = softmax_of_sums(fitted, context)
        assert fitted.distribution(context) == pytest.approx(expected.tolist(), abs=1e-12)
        assert sum(fitted.distribution(context)) == pytest.approx(1, abs=1e-12)
    assert fitted.probability("b", "z") == 0
    assert LogLinear(count_ngrams(TINY, 2), ["ab"]).strings == [".", "a", "b", "ab"]
    assert fitted.bits("z")[0] == math.inf


def test_the_fit_is_at_the_one_minimum(fitted, words):
    # there, for every string: seen - expected = penalty * weight, both counted by walking the words
    seen, expected = Counter(), Counter()
    contexts = Counter()
    for context, sign in places(words):
        contexts[context[-3:]] += 1
        seen.update(s for s in fitted.weights if (context + sign).endswith(s))
    for context, times in contexts.items():
        for sign, p in zip(fitted.signs, softmax_of_sums(fitted, context), strict=True):
            for string in fitted.weights:
                if (context + sign).endswith(string):
                    expected[string] += times * p
    for string, weight in fitted.weights.items():
        assert seen[string] - expected[string] == pytest.approx(2 * weight, abs=0.5)
    assert fitted.bits_per_sign(words) < KneserNey(count_ngrams(words, 4), 2).bits_per_sign(words)


def test_the_start_does_not_change_where_the_fit_ends(counts, fitted):
    start = dict.fromkeys(fitted.strings, 0.3)
    again = LogLinear(counts, fitted.strings, penalty=2.0, start=start)
    assert again.distribution(".ba") == pytest.approx(fitted.distribution(".ba"), abs=1e-3)
    # but a good start leaves little to do
    cold = LogLinear(counts, fitted.strings, penalty=2.0, steps=1)
    warm = LogLinear(counts, fitted.strings, penalty=2.0, steps=1, start=fitted.weights)
    assert abs(warm.bits("bana")[0] - fitted.bits("bana")[0]) < 1e-3
    assert abs(cold.bits("bana")[0] - fitted.bits("bana")[0]) > 1e-2


def test_a_penalty_keeps_weights_small(counts, fitted):
    strict = LogLinear(counts, fitted.strings, penalty=50.0)
    size = [sum(w * w for w in model.weights.values()) for model in (strict, fitted)]
    assert size[0] < 0.5 * size[1]


def test_fitted_strings_lose_the_one_that_matters_least(fitted, words):
    matters = Counter()
    for context, _ in places(words):
        for sign, p in zip(fitted.signs, softmax_of_sums(fitted, context[-3:]), strict=True):
            for string, weight in fitted.weights.items():
                if (context + sign).endswith(string):
                    matters[string] += weight**2 * p * (1 - p)
    matters.update(dict.fromkeys(fitted.weights, 0.0))  # contexts that never came: 0
    order = sorted((v, s) for s, v in matters.items() if len(s) > 1)
    for dropped in (5, 30, 60, 90):
        smaller = fitted.pruned(150 - dropped, penalty=2.0, steps=1)
        assert set(fitted.strings) - set(smaller.strings) == {s for _, s in order[:dropped]}
    assert fitted.pruned(len(fitted.signs)).strings == sorted(fitted.signs)


def test_fitting_beats_counting_with_as_many_strings(words):
    counts = count_ngrams(words[:800], 4)
    counted = KneserNey(counts, 4).pruned(50)
    joint = LogLinear(counts, counted.strings)
    chosen = fitted_strings(counts, 4, 50, candidates=200)
    assert (joint.numbers, chosen.numbers) == (50, 50)
    assert set(joint.strings) == set(counted.strings) != set(chosen.strings)
    bits = [model.bits_per_sign(words[800:]) for model in (chosen, joint, counted)]
    assert bits == sorted(bits)


def test_a_thousand_signs_need_no_table_of_contexts_by_signs():
    rng = np.random.default_rng(0)
    signs = [chr(0x4E00 + i) for i in range(1500)]
    texts = ["".join(signs[int(1500 * x**3)] for x in rng.random(12)) for _ in range(1500)]
    counts = count_ngrams(texts, 3)
    model = fitted_strings(counts, 3, 6000, candidates=12000)
    assert model.numbers == 6000
    for context in (".", texts[0][:1], texts[3][:5]):
        assert sum(model.distribution(context)) == pytest.approx(1)
    largest = max(m.nnz for m in (model._sum, model._add, model._nest))
    assert largest <= 3 * 6000


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (
            lambda c: LogLinear(c, ["abc"]),
            "1 to 2 signs, the last of them counted. Received: 'abc'",
        ),
        (lambda c: LogLinear(c, ["az"]), "Received: 'az'"),
        (lambda c: LogLinear(c, [""]), "Received: ''"),
        (lambda c: LogLinear(c, [], penalty=0), "penalty: expected more than 0. Received: 0"),
        (lambda c: LogLinear(count_ngrams([], 2), []), "at least one word"),
        (lambda c: LogLinear(c, ["ab"]).pruned(2), "expected at least 3, one for each sign"),
    ],
)
def test_strings_that_cannot_be_fitted_are_refused(call, message):
    with pytest.raises(ValueError, match="xpected") as caught:
        call(count_ngrams(TINY, 2))
    assert message in str(caught.value)


# ---------------------------------------------------------------------------- intervals


def test_the_interval_is_that_of_a_mean_a_sign():
    rng = np.random.default_rng(0)
    lengths = rng.integers(2, 12, size=4000)
    differences = 0.1 * lengths + rng.normal(size=4000) * np.sqrt(lengths)
    low, high = interval(differences, lengths)
    error = 1 / np.sqrt(lengths.sum())  # each sign has standard deviation 1
    assert low < 0.1 < high
    assert (high - low) / (2 * 1.96 * error) == pytest.approx(1, abs=0.1)


def test_the_interval_of_several_models_is_that_of_their_mean():
    differences, lengths = np.array([[1.0, 3.0], [3.0, 1.0]]), [2, 2]
    assert interval(differences, lengths) == (1, 1)
    with pytest.raises(ValueError, match="one for each of 2 words"):
        interval(differences, [1, 2, 3])


def test_words_that_belong_together_are_drawn_together():
    rng = np.random.default_rng(4)
    series = np.repeat(np.arange(40), 25)
    differences = rng.normal(size=40)[series]  # one value a series
    single = interval(differences, np.ones(1000))
    together = interval(differences, np.ones(1000), together=[f"s{i}" for i in series])
    assert np.diff(together) / np.diff(single) == pytest.approx(5, rel=0.2)  # sqrt(25)
    lone = interval(differences, np.ones(1000), together=range(1000))
    assert lone == pytest.approx(single)
    assert saved(np.zeros(4), [1.0, 1, 3, 3], ["a", "a"], together="xx")[1] == (2, 2)
    with pytest.raises(ValueError, match="together: expected one label for each of 1000"):
        interval(differences, np.ones(1000), together=[1, 2])


# ---------------------------------------------------------------------------- a network without memory


def test_a_distribution_is_the_probabilities_one_by_one(counts):
    for model in (KneserNey(counts, 4), KneserNey(counts, 1), KneserNey(counts, 4).pruned(200)):
        for context in ("", ".", ".ba", "nan", "xyz", "zzb"):
            slow = [model.probability(context, sign) for sign in model.signs]
            assert model.distribution(context) == slow


# ---------------------------------------------------------------------------- copying


@pytest.mark.parametrize(
    ("text", "longest"),
    [("abcd", 4), ("xabcdx", 4), ("bcxde", 2), ("dabcxa", 3), ("xyz", 0), ("", 0), ("abcdabcd", 4)],
)
def test_the_longest_run_that_is_known(text, longest):
    assert longest_runs_in(["abcd", "de"], [text]) == [longest]


def test_the_longest_run_found_another_way(words):
    known, texts = words[:100], words[100:200]
    slow = [
        max(
            (
                j - i
                for i in range(len(t))
                for j in range(i + 1, len(t) + 1)
                if any(t[i:j] in k for k in known)
            ),
            default=0,
        )
        for t in texts
    ]
    assert longest_runs_in(known, texts) == slow
    assert longest_runs_in([], ["ab"]) == [0]
    assert longest_runs_in(["ab/cd"], ["b/c"], without="/") == [2]
    assert longest_runs_in(["ab/cd"], ["xbcx/"]) == [1]


# ---------------------------------------------------------------------------- poems


POEMS = ["abcab/cabca/bcabc/abcab", "abcabca/bcabcab/cabcabc/abcabca", "ccabb/aabbc/bbcca/ccbba"]


def test_counts_with_a_ruler_are_a_distribution_over_the_signs_that_may_come():
    model = KneserNey(count_ngrams(POEMS, 3), 3)
    text = POEMS[0]
    for t in (0, 3, 7, 20):  # at a place for a character
        options = [text[:t] + sign + text[t + 1 :] for sign in "abc"]
        p = [2 ** -bits_with_ruler(model, option, 0.3)[t] for option in options]
        assert sum(p) == pytest.approx(1)


def test_a_ruler_knows_the_line_ends_and_pays_once_for_the_form():
    model = KneserNey(count_ngrams(POEMS, 3), 3)
    five, seven = (bits_with_ruler(model, text, 0.25) for text in POEMS[:2])
    assert len(five) == 24 and len(seven) == 32
    assert five[5] == pytest.approx(2)  # "/" after five: a quarter
    assert [five[t] for t in (11, 17, 23)] == [0, 0, 0]
    assert [seven[t] for t in (7, 15, 23, 31)] == [0, 0, 0, 0]
    free = bits_with_ruler(model, POEMS[1], 0.0)
    assert seven[5] - free[5] == pytest.approx(-math.log2(0.75))


@pytest.mark.parametrize(
    "text", ["abcab/cabca/bcabc", "abca/cabc/bcab/abca", "abcab/cabca/bcabc/abc"]
)
def test_a_ruler_wants_a_quatrain(text):
    with pytest.raises(ValueError, match="four lines of five or of seven"):
        bits_with_ruler(KneserNey(count_ngrams(POEMS, 2), 2), text, 0.5)


def test_what_a_model_saves_a_sign_and_its_interval_over_texts():
    rng = np.random.default_rng(1)
    lengths = rng.integers(3, 9, 200)
    rival = rng.normal(5, 1, lengths.sum())
    bits = np.stack([rival - 0.5, rival - 0.3])
    words = ["a" * (length - 1) for length in lengths]  # and the end
    gains, (low, high) = saved(bits, rival, words)
    assert gains == pytest.approx([0.5, 0.3])
    assert low == pytest.approx(0.4) and high == pytest.approx(0.4)
    texts = np.split(rival - 4, np.cumsum(lengths)[:-1])
    sums = [text.sum() for text in texts]
    assert saved(np.full(lengths.sum(), 4), rival, words)[1] == pytest.approx(
        interval(sums, lengths)
    )
    with pytest.raises(ValueError, match="texts: expected"):
        saved(bits, rival, words[1:])


def test_whether_a_word_ends_and_which_letter_comes_are_the_bits_of_a_sign(counts, words):
    model, few = KneserNey(counts, 3), words[:20]
    p_end = model.ends(few)
    bits = np.concatenate([model.bits(word) for word in few])
    decided = end_or_not(p_end, few)
    ended = np.concatenate([[False] * len(word) + [True] for word in few])
    assert decided[ended] == pytest.approx(bits[ended])
    assert decided[~ended] == pytest.approx(-np.log2(1 - p_end[~ended]))
    assert (decided <= bits + 1e-12).all()


def test_a_push_at_a_place_moves_the_odds_there_and_later_places_share_the_last():
    # ends: P = 1/2 everywhere; pushed by ln 3 it is 3/4
    bits = end_or_not(np.full(7, 0.5), ["", "a", "bcd"], push=[0, np.log(3)])
    go_on, end = 2.0, -math.log2(0.75)
    assert bits == pytest.approx([1, 1, end, 1, go_on, go_on, end])
    with pytest.raises(ValueError, match="expected 2 probabilities"):
        end_or_not(np.full(3, 0.5), ["a"])


def test_the_share_that_groups_explain():
    rng = np.random.default_rng(2)
    groups = rng.integers(0, 4, 5000)
    values = np.stack(
        [groups * 2.0 + 1, rng.normal(size=5000), groups + rng.normal(size=5000)], axis=1
    )
    shares = share_explained(values, groups)
    # of the last column: variance of the labels over itself and one
    expected = [1, 0, groups.var() / (groups.var() + 1)]
    assert shares == pytest.approx(expected, abs=0.02)
    with pytest.raises(ValueError, match="expected 5000 labels"):
        share_explained(values, groups[1:])


def test_surprises_are_bits_of_the_right_answers():
    scores = [np.log([[0.5, 0.25, 0.25], [0.125, 0.125, 0.75]]), np.log([[1.0, 2.0, 1.0]])]
    assert surprises(scores, [[0, 1], [1]]) == pytest.approx([1, 3, 1])
    with pytest.raises(ValueError):
        surprises(scores, [[0, 1]])
    with pytest.raises(ValueError):
        surprises(scores, [[0, 1, 1], [1]])


def test_mixed_takes_the_weight_that_is_best_on_validation():
    never, half = np.full(2, np.inf), np.ones(2)
    model = {"test": [half, np.zeros(2)], "validation": [half, never]}
    rival = {"test": [np.full(2, 2.0)], "validation": [half * 2]}
    first, second = mixed(model, rival)["test"]
    # against 1/4 the model's 1/2 is better, and its 0 worse
    assert first == pytest.approx(-np.log2(0.95 * 0.5 + 0.05 * 0.25))
    assert second == pytest.approx(-np.log2(0.05 * 1 + 0.95 * 0.25))
    with pytest.raises(ValueError, match=r"expected 1 or 2 seeds\. Received: 3"):
        mixed(model, {part: of * 3 for part, of in rival.items()})
