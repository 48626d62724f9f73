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
    with pytest.raises(ValueError, match="at least 1 word"):
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


def test_features_may_be_arrays(parts):
    assert rivals.linear(lambda s: [s.index("a") - s.index("b")], *parts) == 1
