"""Home Assistant's strings: the rules on strings made for them, then the real ones."""

import json

from course_lib.datasets import HomeString, commonest, load_home_strings, phrases
from course_lib.datasets.archive.errors import DataError
from course_lib.datasets.home_strings import read_strings

import pytest

PARTS = ("train", "validation", "test")


@pytest.fixture(scope="module")
def home():
    return load_home_strings()


def encoded(tree):
    return json.dumps(tree, ensure_ascii=False).encode()


# ---------------------------------------------------------------------------- the rules


def test_strings_at_the_same_place_are_a_pair():
    english = {"state": {"on": "On", "off": "Off"}, "name": "Lamp", "only": "English"}
    chinese = {"name": "灯", "state": {"off": "关闭", "on": "开启"}}
    assert read_strings("lamp", encoded(english), encoded(chinese)) == [
        HomeString("lamp", "On", "开启"),
        HomeString("lamp", "Off", "关闭"),
        HomeString("lamp", "Lamp", "灯"),
    ]


@pytest.mark.parametrize("content", [b"{", b"[]", b'{"a": {"b": 1}}', b'{"a": ["b"]}', b"\xff"])
def test_what_is_no_tree_of_strings_is_refused(content):
    with pytest.raises(DataError, match="home_strings lamp: expected JSON"):
        read_strings("lamp", content, b"{}")


@pytest.mark.parametrize(
    ("english", "chinese"),
    [
        ("Lock {name}", "锁定"),
        ("Lock", "锁定 {name}"),
        ("Phase 2", "相位"),
        ("PIN code", "PIN 码"),
        ("a b c d e f g h i", "一"),
        ("A", "一" * 15),
        ("", "一"),
        ("Lock", ""),
    ],
)
def test_what_is_not_plain_or_too_long_is_left_out(english, chinese):
    assert phrases([HomeString("x", english, chinese)]) == []


def test_marks_and_capitals_go():
    said = [HomeString("x", " The device’s name (optional).", "设备名称，可选。")]
    assert phrases(said) == [(("the", "device's", "name", "optional"), "设备名称，可选")]


def test_the_longest_that_is_taken():
    eight = HomeString("x", "a b c d e f g h", "一" * 14)
    assert phrases([eight]) and phrases([eight], most_words=7) == []
    assert phrases([eight], most_characters=13) == []


def test_the_commonest_translation_wins_and_of_equals_the_first():
    said = [
        (("on",), "开"),
        (("off",), "关"),
        (("on",), "开启"),
        (("off",), "关闭"),
        (("off",), "关闭"),
    ]
    assert commonest(said) == {("on",): "开", ("off",): "关闭"}


# ---------------------------------------------------------------------------- the real strings


def test_every_component_is_in_one_part(home):
    components = [{string.component for string in getattr(home, part)} for part in PARTS]
    assert [*map(len, components)] == [710, 47, 189]
    assert len(set.union(*components)) == 946
    assert [len(getattr(home, part)) for part in PARTS] == [34_065, 2_752, 7_605]


def test_parts_are_in_the_order_of_their_names(home):
    for part in PARTS:
        names = [string.component for string in getattr(home, part)]
        assert names == sorted(names)


def test_a_string_is_its_translation(home):
    assert HomeString("number", "Carbon monoxide", "一氧化碳") in [*home.train, *home.test]


def test_the_card_counts_phrases(home):
    assert [len(phrases(getattr(home, part))) for part in PARTS] == [21_971, 1_899, 5_027]
    known = {words for words, _ in phrases(home.train)}
    new = {words for words, _ in phrases(home.test)} - known
    assert len(known) == 10_478 and len(new) == 2_017


def test_two_loads_give_the_same_split(home):
    assert load_home_strings() == home
