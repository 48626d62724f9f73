"""People's Daily: sentences and names on lines made for them, then the real month, read a second way."""

import re
from collections import Counter

from course_lib.datasets import data_dir, load_people_daily
from course_lib.datasets.archive.errors import DataError
from course_lib.datasets.conll2003 import TAGS as CONLL_TAGS
from course_lib.datasets.people_daily import TAGS, read_sentences, without_repeats

import pytest


def names(sentences):
    """(kind, text) of every name, in order."""
    found = []
    for sentence in sentences:
        for character, tag in zip(sentence.characters, sentence.tags, strict=True):
            if tag.startswith("B-"):
                found.append((tag[2:], character))
            elif tag.startswith("I-"):
                kind, text = found.pop()
                assert kind == tag[2:]
                found.append((kind, text + character))
    return found


def texts(sentences):
    return ["".join(sentence.characters) for sentence in sentences]


@pytest.fixture(scope="module")
def month():
    return load_people_daily()


@pytest.fixture(scope="module")
def text():
    return (data_dir() / "people_daily" / "199801.txt").read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def everything(text):
    return list(read_sentences(line for line in text.splitlines() if line.strip()))


# ---------------------------------------------------------------------------- the rules


def test_characters_and_their_tags():
    (sentence,) = read_sentences(["新华社/nt  记者/n  在/p  北京/ns"])
    assert sentence.characters == tuple("新华社记者在北京")
    assert sentence.tags == ("B-ORG", "I-ORG", "I-ORG", "O", "O", "O", "B-LOC", "I-LOC")
    assert len(sentence) == 8


@pytest.mark.parametrize(
    ("words", "people"),
    [
        ("李/nr 鹏/nr 乔/nr 石/nr 朱/nr 镕基/nr", ["李鹏", "乔石", "朱镕基"]),
        ("欧阳/nr 修/nr 司马/nr 迁/nr", ["欧阳修", "司马迁"]),
        ("克林顿/nr 叶利钦/nr", ["克林顿", "叶利钦"]),
        ("江/nr 主席/n", ["江"]),
        ("桥本/nr 李/nr 鹏/nr", ["桥本", "李鹏"]),
        ("焦/nr 秋生/nr 银春/nr", ["焦秋生", "银春"]),
        ("陈/nr 方/nr 安生/nr", ["陈方安生"]),
        ("罗/nr 军/nr 陈/nr 志安/nr", ["罗军", "陈志安"]),
        ("李/nr 、/w 鹏/nr", ["李", "鹏"]),
        ("李/nr 。/w 鹏/nr", ["李", "鹏"]),
    ],
)
def test_surname_and_given_name_become_one(words, people):
    assert names(read_sentences([words])) == [("PER", person) for person in people]


def test_places_and_organizations_side_by_side_stay_apart():
    line = "河北省/ns 张家口/ns 党中央/nt 国务院/nt"
    assert names(read_sentences([line])) == [
        ("LOC", "河北省"),
        ("LOC", "张家口"),
        ("ORG", "党中央"),
        ("ORG", "国务院"),
    ]


def test_sentences_end_at_their_marks_and_with_the_paragraph():
    paragraphs = ["“/w 好/a ！/w ”/w 他/r 说/v 。/w 去/v ？/w ！/w ）/w 再/d", "见/v ，/w"]
    assert texts(read_sentences(paragraphs)) == ["“好！”", "他说。", "去？", "！）", "再", "见，"]


@pytest.mark.parametrize("item", ["好", "/n", "好/", "电台/n]nt", "好/名"])
def test_a_word_without_its_part_of_speech_is_refused_by_line(item):
    with pytest.raises(DataError, match="line 2: expected word/part-of-speech, received") as caught:
        list(read_sentences(["好/a", f"很/d {item} 。/w"]))
    assert repr(item) in str(caught.value)


def test_the_first_of_repeated_sentences_stays():
    seen = set()
    first = list(read_sentences(["李/nr 好/a 。/w 是/v 。/w 李/n 好/a 。/w"]))
    assert list(without_repeats(first, seen)) == first[:2]
    assert texts(without_repeats(read_sentences(["是/v 。/w 不/d 。/w"]), seen)) == ["不。"]


# ---------------------------------------------------------------------------- the real month


def test_the_split(month):
    parts = month.train, month.validation, month.test
    assert [len(part) for part in parts] == [35447, 4211, 4127]
    counts = [Counter(kind for kind, _ in names(part)) for part in parts]
    assert [(c["PER"], c["ORG"], c["LOC"]) for c in counts] == [
        (16473, 2694, 22301),
        (1443, 357, 2278),
        (1884, 347, 3228),
    ]
    assert [sum(map(len, part)) for part in parts] == [1490240, 175112, 168670]
    assert month.tags == TAGS == CONLL_TAGS[:7]


def test_no_sentence_comes_twice(month):
    every = [s.characters for part in (month.train, month.validation, month.test) for s in part]
    assert len(set(every)) == len(every) == 43785


def test_the_split_is_the_file_in_its_order_less_the_repeats(month, everything):
    kept, seen = [], {}
    for sentence in everything:
        if sentence.characters not in seen:
            kept.append(sentence)
        assert seen.setdefault(sentence.characters, sentence.tags) == sentence.tags
    assert [*month.train, *month.validation, *month.test] == kept
    assert len(everything) - len(kept) == 757


def test_no_paragraph_is_in_two_splits(month, text):
    paragraphs = [re.sub(r"/[A-Za-z]+\s*", "", p) for p in text.splitlines() if p.strip()]
    borders = {15587: month.validation, 17535: month.test}
    for border, part in borders.items():
        assert paragraphs[border].startswith("".join(part[0].characters))


def test_no_character_is_lost(text, everything):
    assert "".join(texts(everything)) == re.sub(r"/[A-Za-z]+\s*", "", text)


def test_sentences_break_where_a_pattern_breaks_them(text, everything):
    whole = [re.sub(r"/[A-Za-z]+[ ]*", "", line) for line in text.splitlines()]
    pattern = re.compile(r".*?[。！？][”’』）》]*|.+")
    again = [part for line in whole for part in pattern.findall(line)]
    assert texts(everything) == again


def test_names_are_those_that_patterns_find(text, everything):
    found = Counter(names(everything))
    for tag, kind in (("ns", "LOC"), ("nt", "ORG")):
        words = Counter(re.findall(rf"([^\s/]+)/{tag}\b", text))
        assert {name: n for (what, name), n in found.items() if what == kind} == words
    # double surnames, then pairs from left to right; runs of nr alone, for a pattern on all is slow
    runs = "\n".join(re.findall(r"[^\s/]+/nr(?:  [^\s/]+/nr)*", text)).replace("/nr", "")
    runs = re.sub(r"^(.)  (.)  (..)$", r"\1\2\3", runs, flags=re.M)
    runs = re.sub(r"(?<!\S)(.|欧阳|司徒|诸葛|司马|南宫|令狐)  (\S+)", r"\1\2", runs)
    people = Counter(runs.split())
    assert {name: n for (what, name), n in found.items() if what == "PER"} == people
    assert people.total() == 20084


def test_the_file_holds_no_brackets(text):
    assert "[" not in text and "]" not in text


def test_what_the_card_says_of_organizations(month):
    trained = {name for name in names(month.train) if name[0] == "ORG"}
    tested = [name for name in names(month.test) if name[0] == "ORG"]
    assert round(100 * sum(name in trained for name in tested) / len(tested)) == 99
