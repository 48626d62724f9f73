"""The Brown Corpus: the rules on lines made for them, then the real texts."""

from collections import Counter

from course_lib.datasets import BROWN_GENRES, OTHER_NUMBER, load_brown, verbs_after_nouns
from course_lib.datasets.archive.errors import DataError
from course_lib.datasets.brown import read_text

import pytest

PARTS = ("train", "validation", "test")


@pytest.fixture(scope="module")
def brown():
    return load_brown()


# ---------------------------------------------------------------------------- the rules


def test_a_line_is_a_sentence():
    text = read_text("ca01", "\n\n\tThe/at jury/nn said/vbd ./.\n\n\tYes/rb\n")
    assert text.sentences == (("The", "jury", "said", "."), ("Yes",))
    assert text.tags == (("at", "nn", "vbd", "."), ("rb",))
    assert text.genre == "press: reportage"


def test_the_last_slash_parts_word_and_tag():
    text = read_text("cr09", "1/2/cd and/or/cc //.")
    assert text.sentences == (("1/2", "and/or", "/"),)
    assert text.tags == (("cd", "cc", "."),)


@pytest.mark.parametrize("token", ["word", "/nn", "word/"])
def test_a_token_without_word_or_tag_is_refused(token):
    with pytest.raises(DataError, match="brown ca01: expected a word"):
        read_text("ca01", f"The/at {token}")


# ---------------------------------------------------------------------------- the real texts


def test_every_text_is_in_one_part(brown):
    assert [len(getattr(brown, name)) for name in PARTS] == [400, 50, 50]
    names = [text.name for name in PARTS for text in getattr(brown, name)]
    assert len(set(names)) == 500
    assert [text.name for text in brown.test[:2]] == ["ca10", "ca20"]
    assert [text.name for text in brown.validation[:2]] == ["ca09", "ca19"]


def test_every_genre_is_tested_but_the_smallest(brown):
    for name in PARTS:
        genres = Counter(text.genre for text in getattr(brown, name))
        assert set(BROWN_GENRES.values()) - set(genres) <= {"science fiction", "humor"}


def test_the_first_sentence(brown):
    first = brown.train[0]
    assert " ".join(first.sentences[0]).startswith("The Fulton County Grand Jury said Friday")
    assert first.tags[0][:4] == ("at", "np-tl", "nn-tl", "jj-tl")


def test_the_card_counts_words_and_ends(brown):
    def with_ends(texts):
        return sum(len(sentence) + 1 for text in texts for sentence in text.sentences)

    assert with_ends(brown.train) == 975_903
    sentences = [s for name in PARTS for text in getattr(brown, name) for s in text.sentences]
    assert len(sentences) == 57_340 and min(map(len, sentences)) == 1
    assert len({word.lower() for s in sentences for word in s}) == 49_815


def test_words_and_tags_pair(brown):
    for name in PARTS:
        for text in getattr(brown, name):
            assert [*map(len, text.sentences)] == [*map(len, text.tags)]


def test_two_loads_give_the_same_split(brown):
    assert load_brown() == brown


def test_plain_words():
    text = read_text("ca01", "The/at 1,000/cd A4/nn 's/nn --/--")
    assert text.plain == (("the", "N", "a4", "'s", "--"),)


def test_verbs_after_nouns():
    lines = [
        "The/at cats/nns at/in the/at window/nn were/bed full/jj",
        "The/at cats/nns were/bed full/jj",
        "Cats/nns-hl were/bed full/jj",  # the second word
        "The/at man/nn who/wps was/bedz there/rb has/hvz gone/vbn",  # after no noun
    ]
    found = verbs_after_nouns([read_text("ca01", "\n".join(lines))])
    assert [(f.verb, f.plural, f.misleads, len(f.words)) for f in found] == [
        ("were", True, True, 5),
        ("were", True, False, 2),
    ]
    assert all(OTHER_NUMBER[OTHER_NUMBER[verb]] == verb for verb in OTHER_NUMBER)
