"""Sentences with one man and one woman: the rules on sentences made for them, then the real reviews."""

from collections import Counter

from course_lib.datasets import load_boy_meets_girl
from course_lib.datasets.boy_meets_girl import MEN, WOMEN, find_meetings

import pytest


def test_a_sentence_and_its_swapped_twin():
    (meeting,) = find_meetings(["It is old. Boy meets girl! The end."])
    assert meeting.words == ("boy", "meets", "girl")
    assert (meeting.man, meeting.woman, meeting.man_first) == (0, 2, True)
    twin = meeting.swapped()
    assert twin.words == ("girl", "meets", "boy")
    assert (twin.man, twin.woman, twin.man_first) == (2, 0, False)
    assert twin.swapped() == meeting


@pytest.mark.parametrize(
    "text",
    [
        "Boy meets boy.",  # no woman
        "She says he's the man.",  # two men: the first hides in "he's"
        "Boy girl.",  # too short
        "The boy. The girl.",  # two sentences
        "A boyish girl arrives.",
        "the boy and the girl " + "very " * 40,
    ],
)
def test_what_is_no_meeting(text):
    assert find_meetings([text]) == []


def test_words_are_cut_as_glove_cuts_them():
    (meeting,) = find_meetings(["The girl didn't see Dad's car, or did"])
    assert meeting.words == (
        "the",
        "girl",
        "did",
        "n't",
        "see",
        "dad",
        "'s",
        "car",
        ",",
        "or",
        "did",
    )


def test_repeats_are_dropped_across_calls():
    seen = set()
    assert len(find_meetings(["Boy meets girl. Boy meets girl."], seen)) == 1
    assert find_meetings(["boy meets girl"], seen) == []


@pytest.fixture(scope="module")
def data():
    return load_boy_meets_girl()


def test_real_sentences(data):
    parts = (data.train, data.validation, data.test)
    everything = [meeting for part in parts for meeting in part]
    assert len({meeting.words for meeting in everything}) == len(everything)
    for meeting in everything:
        assert meeting.words[meeting.man] in MEN
        assert meeting.words[meeting.woman] in WOMEN
        assert Counter(meeting.words) == Counter(meeting.swapped().words)
        assert meeting.man_first != meeting.swapped().man_first
    assert not MEN & WOMEN
