"""CMUdict: entries on lines made for them, then the real dictionary, read a second way."""

import re
from collections import defaultdict

from course_lib.datasets import data_dir, load_cmudict
from course_lib.datasets.archive.errors import DataError
from course_lib.datasets.cmudict import (
    CONSONANTS,
    PHONEMES,
    VOWELS,
    DictionaryEntry,
    read_entries,
    said_alike,
    stems,
    unstressed,
)

import pytest


@pytest.fixture(scope="module")
def dictionary():
    return load_cmudict()


@pytest.fixture(scope="module")
def parts(dictionary):
    return dictionary.train, dictionary.validation, dictionary.test


@pytest.fixture(scope="module")
def text():
    return (data_dir() / "cmudict" / "cmudict.dict").read_text(encoding="ascii")


# ---------------------------------------------------------------------------- the rules


def test_variants_become_one_entry():
    tomato, aaron = read_entries(
        ["tomato T AH0 M EY1 T OW2", "tomato(2) T AH0 M AA1 T OW2", "aaron's EH1 R AH0 N Z # name"]
    )
    assert tomato.spelling == "tomato"
    assert [said[3] for said in tomato.pronunciations] == ["EY1", "AA1"]
    assert aaron.spelling == "aaron's"
    assert aaron.pronunciations == (("EH1", "R", "AH0", "N", "Z"),)


def test_a_pronunciation_that_repeats_another_is_dropped():
    (entry,) = read_entries(["so S OW1", "so(2) S OW1", "so(3) S OW0"])
    assert entry.pronunciations == (("S", "OW1"), ("S", "OW0"))


@pytest.mark.parametrize(
    ("line", "complaint"),
    [
        ("", "expected a spelling and its ARPAbet phonemes, received ''"),
        ("b", "received 'b'"),
        ("b # name", "received 'b # name'"),
        ("b B IY", "received 'b B IY'"),  # a vowel without its stress
        ("b B1 IY1", "received 'b B1 IY1'"),  # a consonant with one
        ("b XX", "received 'b XX'"),
        ("B B IY1", "received 'B B IY1'"),
        ("b(2) B IY1", "expected variant 1 of 'b', received variant 2"),
        ("a EY1", "expected variant 2 of 'a', received variant 1"),
        ("a(3) EY1", "expected variant 2 of 'a', received variant 3"),
    ],
)
def test_a_line_that_breaks_a_rule_is_refused_by_number(line, complaint):
    with pytest.raises(DataError, match="cmudict line 2") as caught:
        read_entries(["a AH0", line])
    assert complaint in str(caught.value)


def test_inflected_forms_and_other_punctuation_share_a_stem():
    families = {
        "accord": ["accord", "accord's", "accords", "according", "accordance"],
        "nation": ["nation", "nation's", "nations'", "national", "nationally"],
        "happi": ["happy", "happiness"],
        "xray": ["xray", "x-ray", "x-rays"],
        "pm": ["pm", "p.m.", "p.m", "p.m.'s"],
    }
    stem_of = stems(word for family in families.values() for word in family)
    assert {stem: [w for w in stem_of if stem_of[w] == stem] for stem in families} == families


def test_phonemes():
    assert (len(CONSONANTS), len(VOWELS), len(PHONEMES), len(set(PHONEMES))) == (24, 15, 69, 69)
    assert {"AH0", "AH1", "AH2", "ZH"} <= set(PHONEMES) and "AH" not in PHONEMES


# ---------------------------------------------------------------------------- the real dictionary


def test_the_split(parts):
    assert [len(part) for part in parts] == [113408, 6271, 6373]
    plain = [[e.spelling for e in part if e.spelling.isalpha()] for part in parts]
    assert [len(words) for words in plain] == [105766, 5839, 5888]
    assert [sum(map(len, words)) for words in plain] == [783069, 43327, 43427]
    assert [sum(len(e.pronunciations) for e in part) for part in parts] == [121571, 6738, 6855]


def test_no_stem_is_in_two_parts(parts):
    where = defaultdict(set)
    stem_of = stems(entry.spelling for part in parts for entry in part)
    for number, part in enumerate(parts):
        for entry in part:
            where[stem_of[entry.spelling]].add(number)
    assert len(where) == 86374
    assert all(len(numbers) == 1 for numbers in where.values())
    # the sizes are those of stems, not of words
    shares = [sum(numbers == {i} for numbers in where.values()) for i in range(3)]
    assert shares == [77737, 4319, 4318]


def test_parts_keep_the_order_of_the_dictionary(parts, text):
    place = {}
    for line in text.splitlines():
        place.setdefault(line.split()[0].partition("(")[0], len(place))
    for part in parts:
        order = [place[entry.spelling] for entry in part]
        assert order == sorted(order)
    assert sorted(place) == sorted(e.spelling for part in parts for e in part)


def test_pronunciations_are_those_that_a_pattern_finds(parts, text):
    found = defaultdict(dict)
    for spelling, phonemes in re.findall(r"^([^ (]+)\S* ([A-Z0-2 ]+?)(?: #.*)?$", text, re.M):
        found[spelling][tuple(phonemes.split())] = None
    assert len(found) == 126052
    for part in parts:
        for entry in part:
            assert entry.pronunciations == tuple(found[entry.spelling])


def test_every_phoneme_is_used_and_no_other(parts):
    used = {sign for part in parts for e in part for said in e.pronunciations for sign in said}
    assert used == set(PHONEMES)


def test_what_the_card_says(parts):
    entries = [entry for part in parts for entry in part]
    plain = {entry.spelling for entry in entries if entry.spelling.isalpha()}
    assert len(entries) - len(plain) == 8559
    assert sum("'" in entry.spelling for entry in entries) == 7478
    assert sum(word[:-1] in plain for word in plain if word.endswith("s")) == 13657
    several = [len(entry.pronunciations) for entry in entries if len(entry.pronunciations) > 1]
    assert (len(several), max(several)) == (8445, 4)


def test_without_stress_and_words_of_letters_alone(dictionary):
    entries = [
        DictionaryEntry("it's", (("IH1", "T", "S"),)),
        DictionaryEntry("record", (("R", "AH0", "K"), ("R", "EH1", "K"), ("R", "AH1", "K"))),
    ]
    assert unstressed(entries) == [("record", [("R", "AH", "K"), ("R", "EH", "K")])]
    found = unstressed(dictionary.test)
    assert len(found) == 5888
    assert {sign for _, ways in found for said in ways for sign in said} <= {*VOWELS, *CONSONANTS}


def test_said_alike():
    entries = read_entries(
        [
            "pair P EH1 R",
            "pare P EH1 R",
            "pear P EH1 R",
            "red R EH1 D",
            "read R EH1 D",
            "read(2) R IY1 D",
        ]
    )
    entries += read_entries(["reed R IY1 D", "it's IH1 T S", "its IH1 T S"])
    words = ["pear", "pair", "red", "read", "reed", "it's", "its", "unheard"]
    # read(2) is no first pronunciation; it's has a sign that is no letter
    assert said_alike(entries, words) == {
        "pair": "pear",
        "pear": "pair",
        "red": "read",
        "read": "red",
    }
    assert said_alike(entries, [*words, "pare"]) == {
        "red": "read",
        "read": "red",
    }  # three are no pair
