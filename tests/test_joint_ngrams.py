"""Letters and phonemes aligned, against all cuts listed; pronunciations, against all sentences listed."""

import itertools
import math

from course_lib.joint_ngrams import JointNgram, LongestMatch, NearestSpelling, align
from course_lib.language_models import KneserNey, count_ngrams

import numpy as np
import pytest

WORDS = ["tax", "at", "act", "cat", "mixed", "phone", "shop", "ship", "hop", "ran", "phase", "rat"]
SAID = [
    said.split()
    for said in (
        "T AE K S", "AE T", "AE K T", "K AE T", "M IH K S T", "F OW N", "SH AA P", "SH IH P",
        "HH AA P", "R AE N", "F EY Z", "R AE T",
    )
]  # fmt: skip


def cuts(word, said):
    """Every way to give each letter 0 to 2 phonemes."""
    for takes in itertools.product(range(3), repeat=len(word)):
        if sum(takes) == len(said):
            ends = np.cumsum(takes)
            yield [
                (letter, tuple(said[end - take : end]))
                for letter, take, end in zip(word, takes, ends, strict=True)
            ]


def by_listing(words, pronunciations, iterations):
    """The same expectation maximisation, with every cut listed; P of the words after each iteration."""
    p, likelihoods = None, []
    for _ in range(iterations):
        counts, total_log = {}, 0.0
        for word, said in zip(words, pronunciations, strict=True):
            listed = list(cuts(word, said))
            weights = [math.prod(p[unit] for unit in cut) if p else 1.0 for cut in listed]
            total_log += math.log(sum(weights))
            for cut, weight in zip(listed, weights, strict=True):
                for unit in cut:
                    counts[unit] = counts.get(unit, 0.0) + weight / sum(weights)
        letters = {letter for letter, _ in counts}
        totals = {a: sum(n for (b, _), n in counts.items() if a == b) for a in letters}
        p = {unit: n / totals[unit[0]] for unit, n in counts.items()}
        likelihoods.append(total_log)
    return p, likelihoods


def best_by_listing(p, word, said):
    return max(math.prod(p[unit] for unit in cut) for cut in cuts(word, said))


@pytest.mark.parametrize("iterations", [1, 2, 6])
def test_the_alignment_is_the_best_of_all_cuts(iterations):
    p, _ = by_listing(WORDS, SAID, iterations)
    found = align(WORDS, SAID, iterations=iterations)
    for word, said, cut in zip(WORDS, SAID, found, strict=True):
        assert [letter for letter, _ in cut] == list(word)
        assert [phoneme for _, q in cut for phoneme in q] == said
        best = best_by_listing(p, word, said)
        assert math.prod(p[unit] for unit in cut) == pytest.approx(best, rel=1e-9)


def test_iterations_never_lower_the_likelihood():
    _, likelihoods = by_listing(WORDS, SAID, 8)
    assert all(after >= before - 1e-9 for before, after in itertools.pairwise(likelihoods[1:]))


def test_x_says_two_phonemes_and_a_silent_letter_none():
    found = align(WORDS, SAID)
    assert found[0] == [("t", ("T",)), ("a", ("AE",)), ("x", ("K", "S"))]
    assert ("e", ()) in found[WORDS.index("phone")]


def test_a_word_that_cannot_be_cut_takes_no_part():
    words, said = [*WORDS, "w"], [*SAID, ["D", "AH", "B", "AH", "L", "Y", "UW"]]
    assert align(words, said) == [*align(WORDS, SAID), None]


def test_order_and_company_of_the_same_words_change_nothing():
    backwards = align(WORDS[::-1], SAID[::-1])[::-1]
    assert align(WORDS, SAID) == backwards
    assert align(WORDS * 2, SAID * 2) == align(WORDS, SAID) * 2


def test_a_silent_word_and_long_words_are_aligned():
    found = align(["e", "a" * 60, "ea"], [(), ["AA"] * 60, ["AA"]])
    assert found[0] == [("e", ())]
    assert found[1] == [("a", ("AA",))] * 60


@pytest.mark.parametrize(
    ("words", "said", "message"),
    [
        ([], [], "at least one. Received: 0"),
        (["a"], [], "1 spellings and 0 pronunciations"),
        (["a", ""], [["EY"], []], "an empty one"),
        (["w"], [["D", "AH", "B"]], "at most 2 phonemes a letter"),
    ],
)
def test_what_cannot_be_aligned_is_refused(words, said, message):
    with pytest.raises(ValueError, match=message):
        align(words, said)


def joint(order):
    return JointNgram(
        align(WORDS, SAID), lambda words: KneserNey(count_ngrams(words, order), order)
    )


@pytest.mark.parametrize("order", [1, 2, 3, 5])
@pytest.mark.parametrize("word", ["tax", "chap", "hat", "phon", "x"])
def test_the_search_finds_the_best_of_all_sentences(order, word):
    model = joint(order)
    units = sorted({unit for cut in align(WORDS, SAID) for unit in cut})
    sign = {unit: chr(0xE000 + number) for number, unit in enumerate(units)}
    of_letter = [[unit for unit in units if unit[0] == letter] for letter in word]
    scores = {}
    for sentence in itertools.product(*of_letter):
        bits = sum(model.model.bits("".join(map(sign.get, sentence))))
        said = tuple(phoneme for _, q in sentence for phoneme in q)
        scores[said] = min(bits, scores.get(said, math.inf))
    found = model.pronounce(word, beam=10_000)
    assert scores[found] == pytest.approx(min(scores.values()), rel=1e-9)


def test_training_words_come_back_and_strange_letters_say_nothing():
    model = joint(4)
    assert [model.pronounce(word) for word in WORDS] == [tuple(said) for said in SAID]
    assert model.pronounce("c?at") == model.pronounce("cat")
    assert model.pronounce("") == ()
    assert model.units == len({unit for cut in align(WORDS, SAID) for unit in cut})


def test_the_table_takes_the_longest_context_that_was_seen():
    table = LongestMatch(align(WORDS, SAID))
    assert [table.pronounce(word) for word in WORDS] == [tuple(said) for said in SAID]
    aligned = [[("a", ("X",)), ("b", ())], [("a", ("Y",)), ("c", ())], [("a", ("Y",)), ("d", ())]]
    table = LongestMatch([*aligned, None])
    assert table.pronounce("ab") == ("X",)  # "ab" was seen
    assert table.pronounce("az") == ("Y",)  # "a" alone: two of three
    assert table.pronounce("?") == ()


def test_the_nearest_spelling_is_the_one_with_the_fewest_edits():
    nearest = NearestSpelling(["phone", "ship", "shop"], [["F"], ["IH"], ["AA"]])
    assert nearest.pronounce("phones") == ("F",)
    assert nearest.pronounce("shap") == ("IH",)  # of equals the first
    with pytest.raises(ValueError, match="1 spellings and 0 pronunciations"):
        NearestSpelling(["a"], [])


@pytest.mark.parametrize("kind", [LongestMatch, lambda words: JointNgram(words, None)])
def test_without_words_nothing_is_learned(kind):
    with pytest.raises(ValueError, match="at least one word"):
        kind([None])


def test_a_beam_is_a_positive_integer():
    with pytest.raises(ValueError, match="beam"):
        joint(2).pronounce("cat", beam=0)
