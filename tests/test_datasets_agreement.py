"""Subjects and verbs found by rules: each rule on sentences made for it, then the real reviews."""

from course_lib.datasets import agreement_split, load_agreement
from course_lib.datasets.agreement import (
    PLURAL,
    SINGULAR,
    Agreement,
    find_agreement,
    split_agreement,
)

import numpy as np
import pytest

# teaches the rules that plot is singular and actors plural, as the reviews do
KNOWN = ["The plot is thin. The actors are good."] * 5


def found(text):
    return find_agreement([*KNOWN, text])[10:]


def test_the_words_up_to_the_verb():
    (example,) = found("I slept, but the whole plot of the film was new.")
    assert example.words == ("the", "whole", "plot", "of", "the", "film")
    assert (example.subject, example.verb, example.distance) == (2, "was", 3)
    assert not example.plural
    assert example.agrees
    assert not example.attractor


@pytest.mark.parametrize(
    ("text", "attractor"),
    [
        ("The plot that bored the actors was thin.", True),
        ("The actors who know the plot are good.", True),
        ("The plot that bored the director was thin.", False),
        ("The actors and the plot are good.", None),  # a list: "and" starts a subject of its own
    ],
)
def test_attractors(text, attractor):
    examples = [e for e in found(text) if e.distance]
    assert [e.attractor for e in examples] == ([] if attractor is None else [attractor])


def test_a_verb_of_the_other_number_does_not_agree():
    (example,) = found("The plot of films that have sharks")
    assert (example.verb, example.plural, example.agrees) == ("have", True, False)


@pytest.mark.parametrize(
    "text",
    [
        "I like the plot of films that are long.",  # "the" starts no sentence and follows no conjunction
        "The plot. Of course it is thin.",  # the sentence ends before the verb
        "The plot<br />is thin.",
        "The plot thickens and is thin.",  # followed by neither verb, preposition nor relative pronoun
        "The sharks are long.",  # a noun seen too rarely to know its number
        "The very long and sad plot is thin.",  # the noun comes too late
        "The plot of",
        "Bathe plot of films is thin.",
    ],
)
def test_what_is_no_example(text):
    assert found(text) == []


def test_a_noun_with_both_numbers_is_not_known():
    mixed = ["The cast is good."] * 5 + ["The cast are good."] * 5
    assert find_agreement(mixed) == []


@pytest.fixture(scope="module")
def reviews():
    return load_agreement()


def test_the_reviews(reviews):
    assert len(reviews) == 20_400
    assert all(e.verb in (PLURAL if e.plural else SINGULAR) for e in reviews)
    assert all(e.words[0] == "the" and 1 <= e.subject <= 3 for e in reviews)
    adjacent = [e for e in reviews if e.distance == 0]
    assert sum(e.agrees for e in adjacent) / len(adjacent) > 0.98
    assert not any(e.attractor for e in adjacent)


def test_every_subject_has_one_number(reviews):
    numbers = {}
    for example in reviews:
        noun, plural = example.words[example.subject], example.plural == example.agrees
        assert numbers.setdefault(noun, plural) == plural, noun
    assert not numbers["plot"]
    assert numbers["actors"]


def example(distance, *, plural=False, agrees=True, last="plot"):
    noun = "actors" if plural else "plot"
    words = ("the", noun, *["of"] * (distance - 1), *[last] * (distance > 0))
    return Agreement(
        words, 1, "are" if plural else "is", plural, agrees, plural == (last == "plot")
    )


def test_a_split_trains_on_short_ways_and_tests_on_long_ones():
    examples = [example(d, plural=d % 2 == 1) for d in range(30)] + [example(0)] * 20
    examples += [example(3, agrees=False)] * 5
    split = split_agreement(examples, adjacent=10, short=4, seed=1)
    assert set(split.distance[split.far]) == set(range(6, 26))
    near = [*split.train, *split.short]
    assert len(near) == len(set(near)) == 10 + 5
    assert len(split.short) == 4
    assert (split.distance[near] == 0).sum() == 10
    assert split.distance[near].max() == 5
    assert all(e.agrees for e in split.examples)
    np.testing.assert_array_equal(split.plural, [e.plural for e in split.examples])


def test_the_first_noun_is_the_subject():
    examples = [
        example(7, plural=True, last="plot"),
        example(8, last="actors"),
        example(0),
        example(1),
    ]
    split = split_agreement(examples, adjacent=1, short=1, seed=1)
    np.testing.assert_array_equal(split.first_noun([0, 1, 2]), [True, False, False])


def test_answers_are_scored_by_group():
    examples = [example(d, plural=d % 2 == 1, last="plot") for d in range(2, 26)]
    split = split_agreement([example(0), *examples], adjacent=1, short=4, seed=1)
    groups = split.groups
    between = {name: set(split.distance[group]) for name, group in groups.items()}
    assert max(between["0-5"]) <= 5 and between["6-25"] == set(range(6, 26))
    assert split.attractor[groups["attractor"]].all() and len(groups["attractor"]) == 10
    far = split.far
    right = split.plural[far]
    np.testing.assert_array_equal(
        split.balanced(np.stack([right, ~right, right | True]), far), [1, 0, 0.5]
    )
    np.testing.assert_array_equal(split.interval(np.stack([right, right]), far), [1, 1])
    low, high = split.interval(np.stack([right, ~right]), far)
    assert low == 0 and high == 1, "two networks that disagree: any mean may be drawn"


def test_all_groups_are_scored_at_once():
    """Every group has sentences of both numbers, and so have those with an attractor."""
    kinds = [(False, "plot"), (False, "actors"), (True, "plot")]
    examples = [example(d, plural=p, last=last) for d in range(1, 20) for p, last in kinds]
    split = split_agreement([example(0), *examples], adjacent=1, short=8, seed=1)
    right = split.by_group(lambda i: split.plural[i])
    assert list(right) == list(split.groups)
    assert set(split.scored(right).values()) == {(1, 1, 1)}
    at_odds = split.scored({name: np.stack([says, ~says]) for name, says in right.items()})
    assert set(at_odds.values()) == {(0.5, 0, 1)}
    words, plural = split.part(split.far[:3])
    assert words == [split.examples[i].words for i in split.far[:3]]
    np.testing.assert_array_equal(plural, split.plural[split.far[:3]])


def test_training_sentences_are_drawn_half_plural():
    examples = [example(d, plural=d == 1) for d in (0, 1, 2, 3, 4, 5)]
    split = split_agreement([*examples, *examples], adjacent=2, short=2, seed=1)
    drawn = split.half_plural(20, seed=0)
    assert len(drawn) == 20 and set(drawn) <= set(split.train)
    assert split.plural[drawn].tolist() == [True] * 10 + [False] * 10
    np.testing.assert_array_equal(drawn, split.half_plural(20, seed=0))
    assert drawn.tolist() != split.half_plural(20, seed=1).tolist()


@pytest.mark.parametrize("asked", [{"adjacent": 3, "short": 1}, {"adjacent": 2, "short": 2}])
def test_more_than_there_is_cannot_be_asked_for(asked):
    with pytest.raises(ValueError, match=r"Expected (adjacent of at most 2|short below 2)"):
        split_agreement([example(0), example(0)], **asked, seed=1)


def test_the_split_of_the_lesson_and_the_rule_that_needs_no_network():
    split = agreement_split(adjacent=2500)
    assert (len(split.train), len(split.short), len(split.far)) == (5100, 500, 1272)
    np.testing.assert_array_equal(split.first_noun(split.far), split.plural[split.far])
