"""Linear rivals: what their features hold, and that they see order where they should."""

from course_lib import rivals

import numpy as np
import pytest


def test_features():
    assert rivals.words(("a", "b", "a")) == {"a": 1, "b": 1}
    assert set(rivals.runs(2)(("a", "b"))) == {
        ("^",), ("a",), ("b",), ("$",), ("^", "a"), ("a", "b"), ("b", "$")
    }  # fmt: skip
    assert rivals.ordered_pairs(("a", "b", "c")) == {("a", "b"): 1, ("a", "c"): 1, ("b", "c"): 1}
    assert rivals.places(("a", "b", "a", "c")) == {"a": -0.5, "b": -0.25, "c": 0.25}
    assert rivals.places(()) == {}
    assert rivals.halving(("a", "b", "a", "c")) == {"a": 1, "b": 0.5, "c": 0.125}
    with pytest.raises(ValueError, match="longest=0"):
        rivals.runs(0)


@pytest.fixture(scope="module")
def parts():
    """Does "a" come before "b"? Each sentence beside its twin; the two never touch."""
    rng = np.random.default_rng(0)

    def part(count):
        sentences = []
        for _ in range(count):
            one, two, three = (tuple(rng.choice(list("uvwxyz"), rng.integers(2, 5))) for _ in "123")
            sentences += [(*one, "a", *two, "b", *three), (*one, "b", *two, "a", *three)]
        return sentences, np.array([1, 0] * count)

    return part(200), part(50), part(50)


def test_counting_words_is_exactly_at_chance(parts):
    assert rivals.linear(rivals.words, *parts) == 0.5


def test_a_rival_that_is_told_sees_order(parts):
    assert rivals.linear(rivals.ordered_pairs, *parts) > 0.95
    assert rivals.linear(rivals.places, *parts) > 0.95


def test_features_may_be_arrays(parts):
    assert rivals.linear(lambda s: [s.index("a") - s.index("b")], *parts) == 1


def test_a_balanced_rival_does_not_give_the_rare_label_up():
    """ "z" is in every rare sentence, and in every fourth of the others, too."""
    sentences = [["z", "a"], *[["z", "b"]] * 3, *[["b"]] * 9]
    labels = np.array([1] + [0] * 12)
    part = (sentences, labels)
    blind = rivals.fit(rivals.words, part, part, strengths=(0.001,))
    fair = rivals.fit(rivals.words, part, part, strengths=(0.001,), balanced=True)
    assert blind([["z", "a"]]) == 0
    assert fair([["z", "a"]]) == 1


def test_the_validation_part_chooses_the_strength(parts):
    """Regularized to almost nothing, the rival says the commoner label always."""
    train, validation, _ = parts
    more = (train[0] + [("u", "a", "b")] * 50, np.append(train[1], np.zeros(50)))
    weak = rivals.fit(rivals.places, more, validation, strengths=(1e-9,))
    chosen = rivals.fit(rivals.places, more, validation, strengths=(1e-9, 10))
    assert (weak(validation[0]) == validation[1]).mean() == 0.5
    assert (chosen(validation[0]) == validation[1]).mean() > 0.9


# -- counts of neighbours ------------------------------------------------------------------------------

SENTENCES = [["to", "run"], ["a", "run"], ["a", "run", "run"]]
TAGS = [["O", "VERB"], ["O", "NOUN"], ["O", "NOUN", "VERB"]]


def test_shares_of_counts_by_hand():
    """P(y | a, w, c) of "run" in "a run .", each factor written out."""
    counts = rivals.NeighbourCounts(SENTENCES, TAGS)
    assert counts.tags == ["NOUN", "O", "VERB"]
    everywhere = np.array([2, 3, 2]) / 7
    run = (np.array([2, 0, 2]) + 0.1 * everywhere) / 4.1
    a_run = (np.array([2, 0, 0]) + run) / 3
    run_end = (np.array([1, 0, 2]) + run) / 4
    expected = {"none": run, "left": a_run, "right": run_end, "both": a_run * run_end / run}
    for sides, shares in expected.items():
        row = np.exp(counts.log_shares([["a", "run"]], sides)[1])
        np.testing.assert_allclose(row / row.sum(), shares / shares.sum(), rtol=1e-12)
    assert counts.answers(SENTENCES) == [tag for tags in TAGS for tag in tags]


def test_a_new_word_has_the_shares_of_all_words():
    counts = rivals.NeighbourCounts(SENTENCES, TAGS)
    np.testing.assert_allclose(np.exp(counts.log_shares([["new"]]))[0], np.array([2, 3, 2]) / 7)
    assert set(counts.words) == {"to", "a", "run"}
    with pytest.raises(KeyError):
        counts.words["new"]


def test_what_counts_cannot_take_is_named():
    with pytest.raises(ValueError, match="Sentence 1 has 2 words, 1 tags"):
        rivals.NeighbourCounts([["a"], ["b", "c"]], [["O"], ["O"]])
    with pytest.raises(ValueError, match="at least one word"):
        rivals.NeighbourCounts([[]], [[]])
    with pytest.raises(ValueError, match="'up'"):
        rivals.NeighbourCounts(SENTENCES, TAGS).log_shares(SENTENCES, "up")


def test_the_nearest_text_shares_rare_words():
    learned = {("the", "fan"): "a", ("the", "lamp"): "b", ("the", "lamp", "on"): "c"}
    asked = [("the", "fan", "on", "fan"), ("lamp",), ("lamp", "on", "the")]
    assert rivals.nearest(learned, asked) == ["a", "b", "c"]


@pytest.mark.parametrize(("learned", "asked"), [({}, [("a",)]), ({("a",): "b"}, [])])
def test_nothing_learned_or_asked_is_refused(learned, asked):
    with pytest.raises(ValueError, match="Expected texts to learn from"):
        rivals.nearest(learned, asked)


def test_a_mended_text_is_edited_with_its_translation():
    entry = {"fan": "F", "old": "O", "name": "N"}
    learned = {("name", "of", "lock"): "LDN", ("door", "open"): "DO"}
    owner = dict(zip("LDN", ["lock", "of", "name"], strict=True))

    def said(*words):
        return rivals.mended(
            learned, [words], entry, lambda text, signs: [owner.get(sign, "open") for sign in signs]
        )[0]

    assert said("name", "of", "lock") == "LDN"
    assert said("name", "of", "fan") == "FDN"  # replaced where the old word's signs stood
    assert said("name", "lock") == "LN"  # left out
    assert said("name", "of", "old", "lock") == "OLDN"  # put in before the word that follows
    assert said("name", "of", "lock", "old") == "LDNO"  # none follows: last
    with pytest.raises(ValueError, match="0 and 1"):
        rivals.mended({}, [("a",)], entry, None)


def test_a_look_up_asks_of_all_and_of_what_is_new_once():
    seen, new = (("a", "b"), "x"), (("a", "c"), "y")
    everything, only_new = rivals.looked_up([seen], [seen, new, (new[0], "z"), seen])
    assert everything == (["x", "y", "z", "x"], ["x"] * 4)
    assert only_new == (["y"], ["x"])
    with pytest.raises(ValueError, match="1 and 0"):
        rivals.looked_up([seen], [seen])


def test_out_of_fold_counts_in_the_other_folds_only():
    positions, fold = np.array([10, 20, 30, 40]), np.array([0, 1, 0, 1])

    def values(asked, counted):
        return np.array([[position, counted.sum()] for position in asked])

    found = rivals.out_of_fold(values, positions, fold)
    assert found.tolist() == [[10, 60], [20, 40], [30, 60], [40, 40]]


@pytest.mark.parametrize("fold", [[0, 1], [0, 0, 0], []])
def test_out_of_fold_needs_a_fold_for_each_and_two_of_them(fold):
    with pytest.raises(ValueError, match="two folds or more"):
        rivals.out_of_fold(lambda asked, counted: asked, [1, 2, 3], fold)


def test_features_of_names():
    assert [rivals.shape(word) for word in ("Paris", "1996", "U.S.", "McDonalds", "ß")] == [
        "Xxxxx", "0000", "X.X.", "XxXxxx", "x"
    ]  # fmt: skip
    first, second, third, fourth = rivals.name_features(
        ["In", "Paris", "it", "rained"], {"paris": ["2: 1", "4: 3"]}
    )
    assert first[:5] == ["starts In", "first True", "ends In", "ends In", "ends In"]
    assert second[:5] == ["starts Par", "first False", "ends is", "ends ris", "ends aris"]
    assert second[5:] == [
        "word -1 in", "shape -1 Xx", "word 0 paris", "shape 0 Xxxxx", "group 0 2: 1", "group 0 4: 3",
        "word 1 it", "shape 1 xx", "word 2 rained", "shape 2 xxxxxx",
    ]  # fmt: skip
    assert "group -1 2: 1" in third and "group -2 4: 3" in fourth
    assert "group 1 2: 1" in first
    assert not [
        feature for feature in fourth if feature.startswith(("word -3", "word 1", "word 0 in"))
    ]
    assert rivals.name_features([], {}) == []


def test_words_of_a_direction_are_in_one_group():
    rng = np.random.default_rng(0)
    directions = np.repeat(10 * rng.normal(size=(3, 8)), 20, axis=0)
    words = [f"w{n}" for n in range(60)]
    vectors = directions * rng.uniform(0.1, 5, (60, 1)) + 0.01 * rng.normal(size=(60, 8))
    groups = rivals.word_groups(words, vectors, sizes=(3, 1))
    assert [len(groups[word]) for word in words] == [2] * 60
    first = np.array([groups[word][0] for word in words]).reshape(3, 20)
    assert (first == first[:, :1]).all() and len(set(first[:, 0])) == 3
    assert {groups[word][1] for word in words} == {"1: 0"}
    with pytest.raises(ValueError, match="each of 60 words"):
        rivals.word_groups(words, vectors[1:])
    vectors[7] = 0
    with pytest.raises(ValueError, match=r"no vector of 0\. Received: 'w7'"):
        rivals.word_groups(words, vectors)


def test_a_two_way_interval_grows_with_what_varies():
    rng = np.random.default_rng(1)
    same = np.tile(rng.random(400) < 0.7, (5, 1))  # every draw of labels gives the same marks
    mean, low, high = rivals.two_way_interval(same)
    assert mean == same.mean()
    assert high - low == pytest.approx(2 * 1.96 * same[0].std() / 20, rel=0.1)
    shifted = np.array([[0.2], [0.8], [0.2], [0.8]]) + np.zeros((4, 50))  # examples are all alike
    _, low, high = rivals.two_way_interval(shifted)
    assert high - low == pytest.approx(2 * 1.96 * 0.3 / 2, rel=0.15)


@pytest.mark.parametrize("marks", [[1, 0, 1], [[1]], [[1, np.nan]], np.zeros((0, 3))])
def test_a_two_way_interval_needs_a_table(marks):
    with pytest.raises(ValueError, match="draws, examples"):
        rivals.two_way_interval(marks)


def test_opinion_weights_are_the_optimum():
    rng = np.random.default_rng(0)
    opinions, targets = rng.normal(size=(60, 5, 7, 3)), rng.integers(7, size=(60, 5))
    forbidden = rng.random((60, 5, 7)) < 0.3
    np.put_along_axis(forbidden, targets[..., None], False, axis=2)
    weights = rivals.opinion_weights(opinions, targets, forbidden)

    def loss(weights):
        scores = np.where(forbidden, -np.inf, opinions @ weights)
        scores = scores - np.log(np.exp(scores).sum(axis=2, keepdims=True))
        return -np.take_along_axis(scores, targets[..., None], axis=2).mean()

    for step in np.eye(3) * 0.02:
        assert loss(weights) < min(loss(weights + step), loss(weights - step))


@pytest.mark.parametrize(
    ("targets", "forbidden", "message"),
    [
        (np.zeros((2, 5), int), np.zeros((2, 5, 4), bool), r"shapes \(2, 5, 3, 2\)"),
        (np.zeros((2, 4), int), np.zeros((2, 5, 3), bool), "Expected opinions"),
        (np.zeros((2, 5), int), np.ones((2, 5, 3), bool), "a forbidden one"),
    ],
)
def test_opinions_that_do_not_fit_are_refused(targets, forbidden, message):
    with pytest.raises(ValueError, match=message):
        rivals.opinion_weights(np.zeros((2, 5, 3, 2)), targets, forbidden)
