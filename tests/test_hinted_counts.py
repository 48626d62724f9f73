"""Tables that know quatrains: against probabilities by hand, and against knowing what is not yet read."""

import math

from course_lib.hinted_counts import DISCOUNT, HINTS, HintedCounts
from course_lib.language_models import KneserNey, bits_with_ruler, count_ngrams

import numpy as np
import pytest

CHARACTERS = "abcdefg"


@pytest.fixture(scope="module")
def poems():
    """Quatrains of which the ends of lines 2 and 4 repeat those of lines 1 and 2, mostly."""
    rng = np.random.default_rng(5)

    def poem():
        length = 5 if rng.random() < 0.4 else 7
        lines = ["".join(rng.choice([*CHARACTERS], length)) for _ in range(4)]
        for line in (1, 3):
            if rng.random() < 0.9:
                lines[line] = lines[line][:-1] + lines[line // 2][-1]
        return "/".join(lines)

    return [poem() for _ in range(200)]


@pytest.fixture(scope="module")
def strings(poems):
    return KneserNey(count_ngrams(poems[:150], 2), 2)


@pytest.fixture(scope="module")
def model(strings, poems):
    return HintedCounts(strings, poems[:150], poems[150:], places=300)


def with_weights(counts, poems, hints=HINTS, longer=(), mutual=(), **weights):
    model = HintedCounts(counts, poems, poems[:5], hints, longer=longer, mutual=mutual, places=20)
    model.weights = {name: weights.get(name, 0.0) for name in model.weights}
    return model


def test_at_every_place_the_characters_share_one(model, poems):
    text = poems[160]
    signs = [t for t, sign in enumerate(text) if sign != "/"]
    for t in (signs[0], signs[4], signs[9], signs[-1]):
        options = [text[:t] + sign + text[t + 1 :] for sign in CHARACTERS]
        bits = np.array([model.bits(option)[t] for option in options])
        free = np.array([model.bits(option)[5] for option in options]) if t == 5 else 0
        assert np.sum(2.0 ** -(bits - free)) == pytest.approx(1)


def test_the_strings_alone_are_the_counts_with_a_ruler(strings, poems):
    plain = with_weights(strings, poems[:150], strings=1.0)
    share = np.mean([text.index("/") == 5 for text in poems[:150]])
    for text in poems[150:155]:
        assert plain.bits(text) == pytest.approx(bits_with_ruler(strings, text, share))


def test_a_hint_alone_is_an_absolutely_discounted_table(strings):
    """P(w | k) = (c(k, w) - D) / c(k, .) + g P(w), up to a factor of all w; by hand at the first place."""
    poems = ["aabbc/abcab/bcabc/cabca", "abbbc/abcab/bcabc/cabca", "cabbc/abcab/bcabc/cabca"]
    first = {"first": lambda lines, length: "k" if lines == [""] else None}
    single = {sign: "".join(poems).count(sign) / 60 for sign in "abc"}
    model = with_weights(KneserNey(count_ngrams(poems, 2), 2), poems, first, first=1.0, single=1.0)
    c = {"a": 2, "b": 0, "c": 1}
    g = DISCOUNT * 2 / 3
    p = {sign: max(c[sign] - DISCOUNT, 0) / 3 + g * single[sign] for sign in "abc"}
    for text in poems:
        expected = -math.log2(p[text[0]] / sum(p.values()))
        assert model.bits(text)[0] == pytest.approx(expected, abs=1e-5)


def test_a_hint_that_falls_back_on_the_strings_is_discounted_beside_them(strings, poems):
    always = {"always": lambda lines, length: "k"}
    model = with_weights(strings, poems[:150], always, longer=["always"], strings=1.0, always=1.0)
    counted = {sign: "".join(poems[:150]).count(sign) for sign in CHARACTERS}
    total, g = sum(counted.values()), DISCOUNT * 7 / sum(counted.values())
    text = poems[150]
    before = {sign: strings.probability(".", sign) for sign in CHARACTERS}
    p = {sign: (n - DISCOUNT) / total + g * before[sign] for sign, n in counted.items()}
    assert model.bits(text)[0] == pytest.approx(-math.log2(p[text[0]] / sum(p.values())), abs=1e-4)


def test_what_rhymes_is_counted_both_ways_round():
    """After "a" comes "b" in training, never "a" after "b": only a mutual hint makes that likelier."""
    poems = ["cccab/cccab/cccab/cccab"] * 3
    strings = KneserNey(count_ngrams([*poems, "abcba/abcba/abcba/abcba"], 1), 1)
    hint = {"last": lambda lines, length: lines[-1][-1] if lines[-1][3:] else None}
    one, both = (
        with_weights(strings, poems, hint, mutual=mutual, single=1.0, last=1.0)
        for mutual in ((), ("last",))
    )
    ordinary, turned = "cccab/cccab/cccab/cccab", "cccba/cccba/cccba/cccba"
    assert both.bits(turned)[4] < one.bits(turned)[4] - 1
    assert both.bits(ordinary)[4] == pytest.approx(one.bits(ordinary)[4])
    with pytest.raises(ValueError, match="mutual: expected a hint that answers with a character"):
        HintedCounts(strings, poems, poems, longer=(), mutual=["place"])


def test_nothing_is_known_before_it_is_read(strings, poems):
    """The length is None in the first five places, and no hint sees the character that comes."""
    seen = []

    def spy(lines, length):
        seen.append((len("/".join(lines)), length, lines[-1]))

    HintedCounts(strings, poems[:10], poems[:1], {"spy": spy}, longer=(), mutual=(), places=1)
    assert {length for at, length, _ in seen if at < 5} == {None}
    assert None not in {length for at, length, _ in seen if at >= 5}
    assert max(len(line) for *_, line in seen) == 6


def test_hints_help_where_they_should(model, strings, poems):
    share = np.mean([text.index("/") == 5 for text in poems[:150]])
    saved = [
        np.mean(bits_with_ruler(strings, text, share)) - np.mean(model.bits(text))
        for text in poems[150:]
    ]
    assert np.mean(saved) > 0.1
    assert model.weights["rhyme"] > 0.5
    assert model.weights["rhyme"] > 2 * max(abs(model.weights[n]) for n in ("place", "two back"))


def test_places_that_the_hints_answer_with():
    lines = ["abcde", "fgabc", "d"]
    assert HINTS["place"](lines, 5) == (5, 3, 1)
    assert HINTS["pair at its place"](lines, 5) == (5, 1, "d")
    assert HINTS["above"](lines, 5) == (1, "g")
    assert HINTS["two back"](["ab"], None) == "a" and HINTS["two back"](["a"], None) is None
    assert HINTS["rhyme"](["abcde", "fgab"], 5) == "e"
    assert HINTS["rhyme"](["abcde", "fgabc", "abcde", "fgab"], 5) == "c"
    assert HINTS["rhyme"](["abcde", "fgabc", "abcd"], 5) is None
    assert HINTS["rhyme"](["abcd"], None) is None and HINTS["above"](["a"], None) is None


def test_what_is_no_hint_and_what_is_no_quatrain(strings, poems, model):
    for names in ({"longer": ["tone"]}, {"mutual": ["tone"]}):
        with pytest.raises(ValueError, match="longer, mutual: expected some of"):
            HintedCounts(strings, poems[:5], poems[:5], **names)
    with pytest.raises(ValueError, match="four lines of five or of seven"):
        model.bits("abc/abc/abc/abc")
