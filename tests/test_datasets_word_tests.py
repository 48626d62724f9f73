"""Analogies and similarity: the readers on lines made for them, then the real lists."""

import shutil

from course_lib.datasets import (
    ASSOCIATION_TESTS,
    association_lists,
    data_dir,
    load_analogies,
    load_word_similarity,
)
from course_lib.datasets.archive.errors import DamagedDataError, DataError, MissingDataError
from course_lib.datasets.word_tests import read_analogies, read_pairs

import pytest

SECTIONS = {
    "capital-common-countries": 506,
    "capital-world": 4524,
    "currency": 866,
    "city-in-state": 2467,
    "family": 506,
    "gram1-adjective-to-adverb": 992,
    "gram2-opposite": 812,
    "gram3-comparative": 1332,
    "gram4-superlative": 1122,
    "gram5-present-participle": 1056,
    "gram6-nationality-adjective": 1599,
    "gram7-past-tense": 1560,
    "gram8-plural": 1332,
    "gram9-plural-verbs": 870,
}


def test_questions_belong_to_the_section_above_them():
    questions = read_analogies([": one\n", "a b c d\n", "E f G h\n", ": two\n", "i j k l"])
    assert questions.values.tolist() == [
        ["one", "a", "b", "c", "d"],
        ["one", "E", "f", "G", "h"],
        ["two", "i", "j", "k", "l"],
    ]


@pytest.mark.parametrize("line", ["a b c", "a b c d e", "", ": two words"])
def test_a_line_that_is_no_question_is_refused_by_number(line):
    with pytest.raises(DataError, match="line 3: expected four words in a section") as caught:
        read_analogies([": one", "a b c d", line])
    assert repr(line) in str(caught.value)


def test_a_question_without_a_section_is_refused():
    with pytest.raises(DataError, match="line 1"):
        read_analogies(["a b c d"])


def test_pairs_and_scores():
    pairs = read_pairs(["# word\tword\tmean\n", "tiger\tcat\t7.35\n", "Mars\twater\t0\n"])
    assert pairs.values.tolist() == [["tiger", "cat", 7.35], ["Mars", "water", 0.0]]


@pytest.mark.parametrize(
    "line", ["a\tb", "a\tb\tc", "a b 3", "a\tb\t3\t4", "a\tb\t11", "a\tb\t-1", "a\tb\tnan"]
)
def test_a_line_that_is_no_pair_is_refused_by_number(line):
    with pytest.raises(DataError, match=r"line 2: expected two words and a score of 0\.\.10"):
        read_pairs(["a\tb\t10", line])


def test_analogies_as_published():
    questions = load_analogies()
    assert list(questions.columns) == ["section", "a", "b", "c", "d"]
    assert questions.groupby("section", sort=False).size().to_dict() == SECTIONS
    assert list(questions["section"].unique()) == list(SECTIONS)
    assert questions.iloc[0].tolist()[1:] == ["Athens", "Greece", "Baghdad", "Iraq"]
    assert not questions.duplicated().any()
    assert questions.duplicated(["a", "b", "c", "d"]).sum() == 171
    text = (data_dir() / "word_tests" / "questions-words.txt").read_text(encoding="utf-8")
    again = [line.split(" ") for line in text.splitlines() if not line.startswith(":")]
    assert questions[["a", "b", "c", "d"]].values.tolist() == again


@pytest.mark.parametrize(
    ("name", "rows", "pair", "score"),
    [
        ("wordsim353", 353, ("tiger", "cat"), 7.35),
        ("wordsim353", 353, ("closet", "clothes"), 8.00),
        ("simlex999", 999, ("clothes", "closet"), 3.27),
        ("simlex999", 999, ("shore", "coast"), 8.83),
    ],
)
def test_similarity_as_published(name, rows, pair, score):
    pairs = load_word_similarity(name)
    assert list(pairs.columns) == ["word1", "word2", "score"]
    assert len(pairs) == rows and pairs["score"].dtype == "float64"
    found = pairs[(pairs["word1"] == pair[0]) & (pairs["word2"] == pair[1])]
    assert found["score"].tolist() == [score]


def test_money_and_cash_were_rated_twice():
    pairs = load_word_similarity("wordsim353")
    assert pairs[pairs["word2"] == "cash"]["score"].tolist() == [9.15, 9.08]


@pytest.mark.parametrize("name", ["wordsim", "WordSim353", "", None])
def test_another_list_is_refused(name):
    with pytest.raises(
        ValueError, match=r"Expected one of \['wordsim353', 'simlex999'\]; received"
    ):
        load_word_similarity(name)


def test_similarity_needs_the_data_too(tmp_path, monkeypatch):
    monkeypatch.setenv("COURSE_DATA", str(tmp_path))
    with pytest.raises(MissingDataError, match="course data fetch word_tests"):
        load_word_similarity("simlex999")


def test_a_changed_score_is_refused(tmp_path, monkeypatch):
    shutil.copytree(data_dir() / "word_tests", tmp_path / "word_tests")
    monkeypatch.setenv("COURSE_DATA", str(tmp_path))
    path = tmp_path / "word_tests" / "simlex999.txt"
    path.write_bytes(path.read_bytes().replace(b"3.27", b"3.28"))
    with pytest.raises(DamagedDataError, match=r"simlex999\.txt is not the file"):
        load_word_similarity("wordsim353")


def test_lists_that_are_compared_are_equally_long_and_no_word_is_in_both():
    lists = association_lists()
    assert {name for test in ASSOCIATION_TESTS for name in test} == set(lists)
    for one, other, *_ in (*ASSOCIATION_TESTS, ("his", "hers"), ("career", "family")):
        assert len(lists[one]) == len(lists[other]) == 8
        assert len({*lists[one], *lists[other]}) == 16
    lists["his"].clear()
    assert association_lists()["his"][0] == "male"  # a fresh copy each time
