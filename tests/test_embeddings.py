"""Word vectors: pairs against a loop, the loss against its formula, scores against gensim and SciPy."""

from collections import Counter

from course_lib.embeddings import (
    SkipGram,
    SkipGramPairs,
    Vocabulary,
    analogy_scores,
    count_words,
    keyed_vectors,
    nearest,
    similarity_score,
)

import keras
import numpy as np
import pandas as pd
import pytest
from gensim.models import Word2Vec
from scipy.stats import spearmanr

RNG = np.random.default_rng(0)
WORDS = [f"w{i}" for i in range(40)]
TEXTS = [
    [WORDS[i] for i in np.minimum(RNG.zipf(1.5, n) - 1, 39)] for n in RNG.integers(0, 60, size=80)
]
LETTERS = [["a", "b", "c"], ["d", "e"], ["a", "b", "c", "d", "e", "f"], ["f"]]


def batches(texts=TEXTS, *, min_count=1, **arguments):
    sizes = {"groups": 2, "group_size": 8, "shared": 3, **arguments}
    vocabulary = count_words(texts, min_count=min_count)
    return SkipGramPairs(texts, vocabulary, **sizes), vocabulary


def drawn_pairs(data, vocabulary):
    """The epoch's pairs as words, in order."""
    inputs = [data[i][0] for i in range(len(data))]
    centers = np.concatenate([x["centers"].ravel() for x in inputs])[: data.pairs]
    contexts = np.concatenate([x["contexts"].ravel() for x in inputs])[: data.pairs]
    words = np.array(vocabulary.words)
    return list(zip(words[centers].tolist(), words[contexts].tolist(), strict=True))


# ---------------------------------------------------------------- vocabulary


def test_counts_are_those_of_counter_and_rare_words_go():
    vocabulary = count_words(TEXTS, min_count=4)
    counts = Counter(word for text in TEXTS for word in text)
    expected = {word: count for word, count in counts.items() if count >= 4}
    assert dict(zip(vocabulary.words, vocabulary.counts.tolist(), strict=True)) == expected
    assert 0 < len(vocabulary) < len(counts)
    assert (np.diff(vocabulary.counts) <= 0).all()
    assert [vocabulary.words[vocabulary.index[word]] for word in expected] == list(expected)


def test_keep_probability_is_that_of_gensim():
    vocabulary = count_words(TEXTS, min_count=2)
    model = Word2Vec(min_count=2, sample=0.01)
    model.build_vocab(TEXTS)
    theirs = [model.wv.get_vecattr(word, "sample_int") / (2**32 - 1) for word in vocabulary.words]
    assert min(theirs) < 0.5 and max(theirs) == 1
    np.testing.assert_allclose(vocabulary.keep_probability(0.01), theirs, atol=1e-6)
    assert (vocabulary.keep_probability(0) == 1).all()


# --------------------------------------------------------------------- pairs


def test_without_chance_the_pairs_are_those_of_a_loop():
    data, vocabulary = batches(LETTERS, window=1, sample=0)
    expected = [
        (text[i], text[j])
        for text in LETTERS
        for i in range(len(text))
        for j in (i - 1, i + 1)
        if 0 <= j < len(text)
    ]
    assert data.pairs == len(expected)
    assert Counter(drawn_pairs(data, vocabulary)) == Counter(expected)


def test_no_pair_reaches_over_a_rare_words_gap_or_into_another_text():
    texts = [["a", "b", "rare", "c", "a"], ["x", "y", "x", "y"], ["b", "c"]]
    data, vocabulary = batches(texts, min_count=2, window=1, sample=0)
    pairs = Counter(drawn_pairs(data, vocabulary))
    assert pairs["b", "c"] == pairs["c", "b"] == 2  # "rare" is gone, and its neighbours meet
    assert not any("rare" in pair for pair in pairs)
    assert not any(len({"x", "y"} & set(pair)) == 1 for pair in pairs)


def test_the_reach_is_uniform_from_one_to_the_window():
    text = [f"{i:04}" for i in range(3000)]
    data, vocabulary = batches([text], window=4, sample=0, groups=8, group_size=64)
    distances = Counter(abs(int(a) - int(b)) for a, b in drawn_pairs(data, vocabulary))
    # A context at distance d is in reach with probability (5 - d) / 4, on either side.
    for distance, share in {1: 1.0, 2: 0.75, 3: 0.5, 4: 0.25}.items():
        assert distances[distance] / 6000 == pytest.approx(share, abs=0.04)
    assert set(distances) == {1, 2, 3, 4}


def test_both_sides_of_a_centre_reach_equally_far():
    text = [f"{i:03}" for i in range(500)]
    data, vocabulary = batches([text], window=5, sample=0)
    offsets = {}
    for center, context in drawn_pairs(data, vocabulary):
        offsets.setdefault(int(center), []).append(int(context) - int(center))
    for center in range(5, 495):
        reach = max(offsets[center])
        assert sorted(offsets[center]) == [*range(-reach, 0), *range(1, reach + 1)]


def test_frequent_words_are_thinned_out_at_the_rate_that_is_said():
    texts = [["the", "cat"] * 5000 + ["dog", "emu"] * 100]
    data, vocabulary = batches(texts, window=1, sample=0.05, groups=8, group_size=64)
    expected = vocabulary.counts * vocabulary.keep_probability(0.05)
    seen = Counter(center for center, _ in drawn_pairs(data, vocabulary))
    for word in vocabulary.words:
        # each word kept has two neighbours
        assert seen[word] / 2 == pytest.approx(expected[vocabulary.index[word]], rel=0.06)


def test_centres_come_in_random_order():
    text = [f"{i:03}" for i in range(900)]
    data, vocabulary = batches([text], window=2, sample=0)
    centers = [int(center) for center, _ in drawn_pairs(data, vocabulary)]
    assert abs(np.corrcoef(centers, np.arange(len(centers)))[0, 1]) < 0.15


def test_negatives_follow_counts_to_the_power_of_three_quarters():
    data, vocabulary = batches(groups=50, shared=400)
    drawn = np.concatenate([data[i][0]["negatives"].ravel() for i in range(3)])
    shares = np.bincount(drawn, minlength=len(vocabulary)) / len(drawn)
    expected = vocabulary.counts**0.75 / np.sum(vocabulary.counts**0.75)
    np.testing.assert_allclose(shares, expected, atol=0.006)
    assert np.abs(expected - vocabulary.counts / vocabulary.counts.sum()).max() > 0.02


def test_the_seed_decides_everything_and_epochs_differ():
    def epoch(data):
        return [{name: x.tolist() for name, x in data[i][0].items()} for i in range(len(data))]

    one, two = (batches(seed=4, sample=0.01)[0] for _ in range(2))
    other = batches(seed=5, sample=0.01)[0]
    first = epoch(one)
    assert first == epoch(two) == epoch(one)
    assert first[0]["centers"] != epoch(other)[0]["centers"]
    assert first[0]["negatives"] != epoch(other)[0]["negatives"]
    for data in (one, two):
        data.on_epoch_end()
    assert epoch(one) == epoch(two) != first
    assert len(epoch(one)) == len(first)


def test_every_batch_has_the_shape_and_type_that_is_said():
    data, vocabulary = batches(groups=3, group_size=7, shared=5)
    shapes = {"centers": (3, 7), "contexts": (3, 7), "negatives": (3, 5)}
    assert len(data) == -(-data.pairs // 21)
    for i in (0, len(data) - 1):
        (inputs,) = data[i]
        assert {name: x.shape for name, x in inputs.items()} == shapes
        assert all(x.dtype == "int32" and x.max() < len(vocabulary) for x in inputs.values())


# --------------------------------------------------------------------- model


def log_sigmoid(z):
    return -np.log1p(np.exp(-z))


def test_the_loss_is_the_sum_in_the_docstring():
    data, vocabulary = batches()
    model = SkipGram(len(vocabulary), 6, negatives=4)
    u, v = (RNG.normal(size=(len(vocabulary), 6)) for _ in range(2))
    model.set_weights([u, v])
    (inputs,) = data[0]
    expected = 0.0
    for g in range(2):
        for center, context in zip(inputs["centers"][g], inputs["contexts"][g], strict=True):
            expected -= log_sigmoid(u[center] @ v[context])
            for n in inputs["negatives"][g]:
                expected -= 4 / 3 * log_sigmoid(-(u[center] @ v[n]))
    loss = model.compute_loss(y_pred=model({k: keras.ops.array(x) for k, x in inputs.items()}))
    assert keras.ops.convert_to_numpy(loss) == pytest.approx(expected, rel=1e-4)
    assert float(model.loss_per_pair.result()) == pytest.approx(expected / 16, rel=1e-4)


def test_one_step_of_gradient_descent_is_word2vecs_update():
    """u_c += lr (1 - s) v_o and so on, worked out by hand and added up over the batch."""
    data, vocabulary = batches()
    model = SkipGram(len(vocabulary), 6, negatives=5)
    u, v = (RNG.normal(size=(len(vocabulary), 6)) for _ in range(2))
    model.set_weights([u, v])
    model.compile(keras.optimizers.SGD(0.1), jit_compile=False)
    (inputs,) = data[0]
    model.fit(inputs, batch_size=2, epochs=1, verbose=0)

    s = lambda z: 1 / (1 + np.exp(-z))  # noqa: E731
    new_u, new_v = u.copy(), v.copy()
    for g in range(2):
        for c, o in zip(inputs["centers"][g], inputs["contexts"][g], strict=True):
            pull = 0.1 * (1 - s(u[c] @ v[o]))
            new_u[c] += pull * v[o]
            new_v[o] += pull * u[c]
            for n in inputs["negatives"][g]:
                push = 0.1 * 5 / 3 * s(u[c] @ v[n])
                new_u[c] -= push * v[n]
                new_v[n] -= push * u[c]
    np.testing.assert_allclose(model.vectors, new_u, atol=1e-4)
    np.testing.assert_allclose(model.get_weights()[1], new_v, atol=1e-4)


def test_fit_learns_which_words_stand_together():
    rng = np.random.default_rng(1)
    camps = [["red", "green", "blue", "pink"], ["one", "two", "three", "four"]]
    texts = [rng.choice(camps[i % 2], 12).tolist() for i in range(400)]
    data, vocabulary = batches(texts, sample=0, groups=8, group_size=128, shared=16)
    model = SkipGram(len(vocabulary), 8)
    model.compile(keras.optimizers.Adagrad(0.1), jit_compile=False)
    history = model.fit(data, epochs=3, verbose=0).history["loss_per_pair"]
    assert history[0] < 6 * np.log(2) and history[-1] < history[0]
    keyed = keyed_vectors(vocabulary.words, model.vectors)
    for camp in camps:
        for metric in ("cosine", "euclidean"):
            assert set(nearest(keyed, camp[0], metric=metric, count=3)["word"]) == set(camp[1:])


def test_training_begins_at_six_log_two():
    data, vocabulary = batches()
    model = SkipGram(len(vocabulary), 10)
    inputs = {name: keras.ops.array(x) for name, x in data[0][0].items()}
    loss = keras.ops.convert_to_numpy(model.compute_loss(y_pred=model(inputs)))
    assert loss / 16 == pytest.approx(6 * np.log(2))
    assert 0.04 < np.abs(model.vectors).max() <= 0.05


def test_a_model_comes_back_from_its_file(tmp_path):
    model = SkipGram(7, 3, negatives=2)
    model.save(tmp_path / "model.keras")
    again = keras.saving.load_model(tmp_path / "model.keras")
    assert again.negatives == 2
    np.testing.assert_array_equal(again.vectors, model.vectors)


# ---------------------------------------------------------------- evaluation

VECTORS = RNG.normal(size=(40, 5))
KEYED = keyed_vectors(WORDS, VECTORS)
WITH_ZEROS = keyed_vectors(WORDS, VECTORS * (np.arange(40) % 3 != 2)[:, None])  # w2, w5, ...
VOCABULARY = count_words(TEXTS, min_count=1)
RATED = [["w1", "w2", 1.0], ["w3", "w4", 2.0], ["w5", "w6", 3.0], ["w7", "w8", 4.0]]


def score_of(*rows, keyed=KEYED):
    return similarity_score(keyed, pd.DataFrame(rows, columns=["word1", "word2", "score"]))


def questions_of(*rows, **arguments):
    return analogy_scores(KEYED, pd.DataFrame(rows, columns=["section", *"abcd"]), **arguments)


def test_nearest_by_either_metric_is_a_brute_force_search():
    unit = VECTORS / np.linalg.norm(VECTORS, axis=1, keepdims=True)
    for positive, negative in (["w3"], []), (["w1", "w2"], ["w9"]):
        plus, minus = ([int(word[1:]) for word in words] for words in (positive, negative))
        others = [i for i in range(40) if i not in plus + minus]
        aim = unit[plus].sum(axis=0) - unit[minus].sum(axis=0)
        cosine = unit @ aim / np.linalg.norm(aim)
        expected = sorted(others, key=lambda i: -cosine[i])[:6]
        found = nearest(KEYED, positive, negative, count=6)
        assert found["word"].tolist() == [WORDS[i] for i in expected]
        np.testing.assert_allclose(found["cosine"], cosine[expected], rtol=1e-5)

        aim = VECTORS[plus].sum(axis=0) - VECTORS[minus].sum(axis=0)
        distance = np.linalg.norm(VECTORS - aim, axis=1)
        expected = sorted(others, key=lambda i: distance[i])[:6]
        found = nearest(KEYED, positive, negative, metric="euclidean", count=6)
        assert found["word"].tolist() == [WORDS[i] for i in expected]
        np.testing.assert_allclose(found["euclidean"], distance[expected], rtol=1e-5)
    everything = nearest(KEYED, "w3", metric="euclidean", count=100)
    assert len(everything) == 39 and np.isfinite(everything["euclidean"]).all()


def test_similarity_is_spearmans_of_the_cosines():
    first, second = RNG.permutation(40)[:15], RNG.permutation(40)[:15]
    pairs = pd.DataFrame(
        {
            "word1": [WORDS[i].upper() for i in first] + ["nowhere"],
            "word2": [WORDS[i] for i in second] + ["w1"],
            "score": RNG.uniform(0, 10, 16),
        }
    )
    a, b = VECTORS[first], VECTORS[second]
    cosine = (a * b).sum(axis=1) / np.linalg.norm(a, axis=1) / np.linalg.norm(b, axis=1)
    expected = spearmanr(cosine, pairs["score"][:15])
    score = similarity_score(KEYED, pairs)
    assert score["spearman"] == pytest.approx(expected.statistic)
    assert score["p_value"] == pytest.approx(expected.pvalue)
    assert (score["used"], score["left_out"]) == (15, 1)


def test_words_with_odd_signs_are_counted_as_what_they_are():
    words = ["#metoo", "a b", "straße", "New York", "x\u2028y", *WORDS]
    keyed = keyed_vectors(words, RNG.normal(size=(45, 5)))
    for odd in words[:5]:
        for pair in ([odd, "w9"], ["w9", odd]):
            score = score_of(*RATED, [*pair, 2.5], keyed=keyed)
            cosines = [keyed.similarity(a, b) for a, b, _ in RATED] + [keyed.similarity(*pair)]
            assert score["spearman"] == pytest.approx(spearmanr(cosines, [1, 2, 3, 4, 2.5])[0])
            assert score["used"] == 5


@pytest.mark.parametrize("dtype", ["int64", "Int64", "float32", "uint8"])
def test_scores_may_be_whole_numbers_of_any_type(dtype):
    pairs = pd.DataFrame(RATED, columns=["word1", "word2", "score"]).astype({"score": dtype})
    assert similarity_score(KEYED, pairs[pairs["score"] > 0]) == score_of(*RATED)


def test_vectors_of_zeros_are_near_to_nothing():
    found = nearest(WITH_ZEROS, "w1", count=40)
    assert len(found) == 39 - 13 and np.isfinite(found["cosine"]).all()
    assert not set(found["word"]) & {f"w{i}" for i in range(2, 40, 3)}
    assert nearest(WITH_ZEROS, "w1", count=3)["word"].tolist() == found["word"].tolist()[:3]


def test_analogies_by_section_are_a_brute_force_count():
    rng = np.random.default_rng(2)
    rows = [rng.choice(40, 4, replace=False) for _ in range(60)]
    unit = VECTORS / np.linalg.norm(VECTORS, axis=1, keepdims=True)
    answers = []
    for i, (a, b, c, _) in enumerate(rows):
        score = unit @ (unit[b] - unit[a] + unit[c])
        score[[a, b, c]] = -np.inf
        if i % 3:
            rows[i][3] = np.argmax(score)
        answers.append(np.argmax(score) == rows[i][3])
    questions = pd.DataFrame([[WORDS[i] for i in row] for row in rows], columns=list("abcd"))
    questions.insert(0, "section", ["z"] * 20 + ["y"] * 25 + ["x"] * 15)
    questions.loc[len(questions)] = ["empty", "Athens", "Greece", "w1", "w2"]
    scores = analogy_scores(KEYED, questions)
    assert scores.index.tolist() == ["z", "y", "x", "empty", "all"]
    correct = [sum(answers[:20]), sum(answers[20:45]), sum(answers[45:]), 0, sum(answers)]
    assert scores["correct"].tolist() == correct
    assert scores["asked"].tolist() == [20, 25, 15, 0, 60]
    assert scores["left_out"].tolist() == [0, 0, 0, 1, 1]
    assert scores["accuracy"]["z"] == correct[0] / 20 and np.isnan(scores["accuracy"]["empty"])


def test_only_the_most_frequent_words_are_asked_for():
    rows = [["s", "w0", "w1", "w2", "w3"], ["s", "w0", "w1", "w2", "w30"]]
    questions = pd.DataFrame(rows, columns=["section", *"abcd"])
    assert analogy_scores(KEYED, questions, most_frequent=10)["asked"]["all"] == 1
    assert analogy_scores(KEYED, questions)["asked"]["all"] == 2


@pytest.mark.parametrize(
    ("wrong", "expected"),
    [
        (lambda: count_words(["one text"]), "lists of words. Received a string, 'one text'"),
        (
            lambda: SkipGramPairs(["ab"], count_words([["a", "b"]], min_count=1)),
            "Received a string",
        ),
        (
            lambda: count_words([["a", "b"]], min_count=2),
            "at least min_count=2 times. Received texts with 2",
        ),
        (
            lambda: batches([["a"], ["b"]]),
            "2 words of the vocabulary and no pair, once subsampling had left",
        ),
        (lambda: batches(window=0), "`window` to be a positive integer. Received: window=0"),
        (lambda: batches(window=2.5), "window=2.5"),
        (lambda: batches(groups=2.0), "groups=2.0"),
        (lambda: batches(group_size=True), "group_size=True"),
        (lambda: batches(shared=0), "shared=0"),
        (lambda: batches(sample=-1), "sample=-1"),
        (lambda: batches(sample=float("nan")), "sample=nan"),
        (lambda: VOCABULARY.keep_probability(-1), "sample=-1"),
        (lambda: count_words([b"ab"]), "lists of words. Received a string, b'ab'"),
        (lambda: count_words([{"a": 3}]), "in their order. Received: dict"),
        (lambda: SkipGramPairs([{"w0", "w1"}], VOCABULARY), "in their order. Received: set"),
        (lambda: count_words([["a", float("nan")]], min_count=1), "all strings.*Received: nan"),
        (lambda: count_words([["a", None]], min_count=1), "Received: None"),
        (lambda: count_words([["a", 1]], min_count=1), "Received: 1"),
        (lambda: count_words([]), "none of them that frequent"),
        (lambda: Vocabulary(("a", "b"), np.array([3])), r"2 words, 2 different, and counts \[3\]"),
        (lambda: Vocabulary(("a", "a"), np.array([3, 1])), "2 words, 1 different"),
        (lambda: Vocabulary(("a", "b"), np.array([3, 0])), r"counts \[3 0\]"),
        (lambda: Vocabulary(("a", "b"), np.array([3.5, 1])), "counts"),
        (lambda: Vocabulary((), np.array([], int)), "Received 0 words"),
        (lambda: SkipGram(0), "words=0"),
        (lambda: SkipGram(5.5), "words=5.5"),
        (lambda: SkipGram(5, 0), "dimensions=0"),
        (lambda: SkipGram(5, negatives=0), "negatives=0"),
        (lambda: SkipGram(5, negatives=float("nan")), "negatives=nan"),
        (
            lambda: keyed_vectors(["a", "b"], np.ones((3, 2))),
            r"2 words and vectors of shape \(3, 2",
        ),
        (lambda: keyed_vectors(["a", "a"], np.ones((2, 2))), "each of 1 different words"),
        (lambda: keyed_vectors("ab", np.ones((2, 2))), "Received 1 words"),
        (lambda: keyed_vectors([], np.ones((0, 2))), "at least one. Received 0 words"),
        (lambda: keyed_vectors(["a"], [["1", "2"]]), "numbers. Received values of type <U1"),
        (lambda: keyed_vectors(["a"], [[1j, 2]]), "type complex128"),
        (
            lambda: keyed_vectors(["a", "b"], [[1, 2], [1, np.nan]]),
            "float32. Received others for 'b'",
        ),
        (lambda: keyed_vectors(["a", "b"], [[1e300, 2], [1, 2]]), "Received others for 'a'"),
        (
            lambda: keyed_vectors(["a", "b"], pd.DataFrame(np.eye(2), index=["b", "a"])),
            "row 0 the vector of 'b' for 'a'",
        ),
        (lambda: nearest(KEYED, "w1", metric="dot"), "metric='dot'"),
        (lambda: nearest(KEYED, []), r"positive=\[\]"),
        (lambda: nearest(KEYED, "w1", count=0), "count=0"),
        (lambda: nearest(KEYED, "w1", count=2.5), "count=2.5"),
        (lambda: nearest(KEYED, "w1", "w1"), r"has a direction. Received w1 - w1, which is 0"),
        (lambda: nearest(WITH_ZEROS, "w2"), "have a direction. Received zeros for 'w2'"),
        (lambda: score_of(["a", "b", 1.0]), "three pairs.*Received 0 such pairs of 1"),
        (lambda: score_of(["w1", "w2", 1.0], ["w1", "w3", 2.0]), "Received 2 such pairs of 2"),
        (lambda: score_of(*RATED, ["c\td", "w1", 1.0]), r"Received: \['c\\td', 'w1'\]"),
        (lambda: score_of(*RATED, ["w1", "New\nYork", 1.0]), "without tabs or line breaks"),
        (lambda: score_of(*RATED, [np.nan, "w1", 1.0]), r"Received: \[nan, 'w1'\]"),
        (lambda: score_of(*RATED, ["", "w1", 1.0]), r"Received: \['', 'w1'\]"),
        (lambda: score_of(*RATED, ["#a", "#b", 1.0]), "two words that begin with #"),
        (lambda: score_of(*RATED, ["w1", "w9", np.nan]), "type float64, 1 of them missing"),
        (lambda: score_of(*RATED, ["w1", "w9", "5"]), "Received values of type object"),
        (lambda: score_of(*([a, b, 1.0] for a, b, _ in RATED)), "that vary. Received 4 pairs"),
        (lambda: questions_of(["s", "New York", "w1", "w2", "w3"]), r"Received: \['New York'"),
        (lambda: questions_of(["s", "", "w1", "w2", "w3"]), "four words without spaces"),
        (lambda: questions_of(["s", np.nan, "w1", "w2", "w3"]), "four words without spaces"),
        (lambda: questions_of(["s", ":", "w1", "w2", "w3"]), r"Received: \[':'"),
        (lambda: questions_of([np.nan, "w0", "w1", "w2", "w3"]), "a section for every question"),
        (lambda: questions_of(["all", "w0", "w1", "w2", "w3"]), "other than 'all'"),
        (
            lambda: questions_of(["s", "w0", "w1", "w2", "w3"], most_frequent=5.5),
            "most_frequent=5.5",
        ),
        (
            lambda: analogy_scores(KEYED, pd.DataFrame(columns=["section", *"abcd"])),
            "Received 0 questions",
        ),
    ],
)
def test_what_cannot_be_is_refused(wrong, expected):
    with pytest.raises(ValueError, match=expected):
        wrong()


@pytest.mark.parametrize("metric", ["cosine", "euclidean"])
def test_a_word_without_a_vector_is_named(metric):
    with pytest.raises(KeyError, match="nowhere"):
        nearest(KEYED, ["w1", "nowhere"], metric=metric)
    with pytest.raises(KeyError, match="3 has no vector"):  # a row is no word
        nearest(KEYED, [3], metric=metric)
    by_number = keyed_vectors(range(10, 50), VECTORS)
    assert nearest(by_number, [13], metric=metric)["word"].tolist() == [
        10 + int(word[1:]) for word in nearest(KEYED, "w3", metric=metric)["word"]
    ]


def test_only_batches_that_are_there_are_given():
    data, _ = batches()
    np.testing.assert_equal(data[-1], data[len(data) - 1])
    for index in (len(data), -len(data) - 1):
        with pytest.raises(IndexError, match=f"Received: {index}"):
            data[index]


def test_targets_and_weights_that_would_have_no_effect_are_refused():
    data, vocabulary = batches()
    (inputs,) = data[0]
    model = SkipGram(len(vocabulary), 4)
    model.compile("sgd", jit_compile=False)
    with pytest.raises(ValueError, match=r"nor sample weights\. Received sample weights"):
        model.train_on_batch(inputs, sample_weight=np.ones(2))
    with pytest.raises(ValueError, match="Received targets"):
        model.train_on_batch(inputs, np.ones(2))


def test_the_loss_of_a_large_batch_is_finite_in_half_precision():
    model = SkipGram(20, 4, dtype="mixed_float16")
    rng = np.random.default_rng(0)
    shapes = {"centers": (64, 128), "contexts": (64, 128), "negatives": (64, 32)}
    inputs = {name: keras.ops.array(rng.integers(0, 20, shape)) for name, shape in shapes.items()}
    logits = model(inputs)
    assert keras.backend.standardize_dtype(logits[0].dtype) == "float16"
    loss = keras.ops.convert_to_numpy(model.compute_loss(y_pred=logits))
    assert loss / (64 * 128) == pytest.approx(6 * np.log(2), rel=1e-2)


def test_the_last_batch_is_filled_up_with_the_first_pairs():
    data, _ = batches(LETTERS, window=1, sample=0, group_size=3)  # 16 pairs, batches of 6
    for name in ("centers", "contexts"):
        rows = np.concatenate([data[i][0][name].ravel() for i in range(len(data))])
        assert len(rows) == 18
        assert rows[16:].tolist() == rows[:2].tolist()
