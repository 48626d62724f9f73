"""Word vectors: counts against a loop, chances against their formula, scores against gensim and SciPy."""

from collections import Counter

from course_lib.embeddings import (
    Vocabulary,
    analogy_scores,
    count_words,
    keyed_vectors,
    nearest,
    similarity_lead,
    similarity_score,
    train_gensim,
)

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


def test_noise_follows_counts_to_the_power_of_three_quarters():
    vocabulary = Vocabulary(("a", "b", "c"), np.array([16, 1, 1]))
    np.testing.assert_allclose(vocabulary.noise(), [0.8, 0.1, 0.1])


# ---------------------------------------------------------------- evaluation

VECTORS = RNG.normal(size=(40, 5))
KEYED = keyed_vectors(WORDS, VECTORS)
WITH_ZEROS = keyed_vectors(WORDS, VECTORS * (np.arange(40) % 3 != 2)[:, None])  # w2, w5, ...
VOCABULARY = count_words(TEXTS, min_count=1)
RATED = [["w1", "w2", 1.0], ["w3", "w4", 2.0], ["w5", "w6", 3.0], ["w7", "w8", 4.0]]


FRAME = pd.DataFrame(RATED, columns=["word1", "word2", "score"])


def gensims(**wrong):
    sizes = {"dimensions": 4, "window": 2, "negatives": 2, "sample": 0, "rate": 0.1} | wrong
    return train_gensim(TEXTS, VOCABULARY, **sizes)


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


def test_a_lead_is_the_difference_of_two_scores_and_its_interval_holds_it():
    rng = np.random.default_rng(3)
    people = rng.normal(size=(40, 5))
    unit = people / np.linalg.norm(people, axis=1, keepdims=True)
    pairs = pd.DataFrame(
        [[a.upper(), b, float(unit[i] @ unit[j])] for i, a in enumerate(WORDS) for j, b in
         enumerate(WORDS[:i])] + [["w1", "nowhere", 3.0]],
        columns=["word1", "word2", "score"],
    )  # fmt: skip
    good = keyed_vectors(WORDS, people + 0.1 * rng.normal(size=(40, 5)))
    poor = keyed_vectors(WORDS, people + 3 * rng.normal(size=(40, 5)))
    lead, low, high = similarity_lead(good, poor, pairs, draws=200)
    both = [similarity_score(keyed, pairs)["spearman"] for keyed in (good, poor)]
    assert lead == pytest.approx(both[0] - both[1], abs=1e-6)
    assert 0.3 < low < lead < high < low + 0.3
    back = similarity_lead(poor, good, pairs, draws=200)
    assert back == pytest.approx((-lead, -high, -low))
    assert similarity_lead(good, good, pairs, draws=5) == (0, 0, 0)
    assert similarity_lead(good, poor, pairs, draws=200, seed=1)[1:] != (low, high)


def test_gensims_vectors_are_those_of_word2vec_for_the_words_and_their_order():
    texts = [[word.lower() for word in text] for text in TEXTS] * 3
    vocabulary = count_words(texts, min_count=4)
    sizes = {"dimensions": 6, "window": 2, "negatives": 3, "sample": 0.05}
    keyed = train_gensim(texts, vocabulary, rate=0.1, passes=2, seed=5, **sizes)
    theirs = Word2Vec(
        texts, sg=1, vector_size=6, window=2, negative=3, sample=0.05, min_count=4,
        alpha=0.1, min_alpha=0.002, workers=1, seed=5, epochs=2,
    )  # fmt: skip
    assert tuple(keyed.index_to_key) == vocabulary.words
    assert keyed.vectors.shape == (len(vocabulary), 6)
    lengths = np.linalg.norm(keyed.vectors, axis=1).mean()
    assert lengths == pytest.approx(np.linalg.norm(theirs.wv.vectors, axis=1).mean(), rel=0.2)
    again = train_gensim(texts, vocabulary, rate=0.1, passes=2, seed=5, **sizes)
    assert np.array_equal(keyed.vectors, again.vectors)
    other = train_gensim(texts, vocabulary, rate=0.1, passes=2, seed=6, **sizes)
    assert not np.allclose(keyed.vectors, other.vectors)


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
            lambda: count_words([["a", "b"]], min_count=2),
            "at least min_count=2 times. Received texts with 2",
        ),
        (lambda: VOCABULARY.keep_probability(-1), "sample=-1"),
        (lambda: count_words([b"ab"]), "lists of words. Received a string, b'ab'"),
        (lambda: count_words([{"a": 3}]), "in their order. Received: dict"),
        (lambda: count_words([["a", float("nan")]], min_count=1), "all strings.*Received: nan"),
        (lambda: count_words([["a", None]], min_count=1), "Received: None"),
        (lambda: count_words([["a", 1]], min_count=1), "Received: 1"),
        (lambda: count_words([]), "none of them that frequent"),
        (lambda: Vocabulary(("a", "b"), np.array([3])), r"2 words, 2 different, and counts \[3\]"),
        (lambda: Vocabulary(("a", "a"), np.array([3, 1])), "2 words, 1 different"),
        (lambda: Vocabulary(("a", "b"), np.array([3, 0])), r"counts \[3 0\]"),
        (lambda: Vocabulary(("a", "b"), np.array([3.5, 1])), "counts"),
        (lambda: Vocabulary((), np.array([], int)), "Received 0 words"),
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
        (lambda: similarity_lead(KEYED, KEYED, FRAME, draws=0), "draws=0"),
        (lambda: similarity_lead(KEYED, KEYED, FRAME[:2]), "Received 2 such pairs of 2"),
        (
            lambda: similarity_lead(KEYED, keyed_vectors(["w0", "x"], np.eye(2)), FRAME),
            "the same words. Received 40 that only one",
        ),
        (lambda: gensims(dimensions=0), "dimensions=0"),
        (lambda: gensims(passes=1.5), "passes=1.5"),
        (lambda: gensims(rate=0), "Expected rate > 0. Received: rate=0"),
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
