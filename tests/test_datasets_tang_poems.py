"""Tang poems: the rules on poems made for them, then the real ones."""

import re
from collections import Counter

from course_lib.datasets import (
    GLOSSES,
    UNKNOWN_POETS,
    gloss,
    glossed,
    load_tang_couplets,
    load_tang_poems,
    load_tang_quatrains,
)
from course_lib.datasets.archive.errors import DataError
from course_lib.datasets.tang_poems import (
    Couplet,
    Poem,
    Quatrain,
    _poem,
    middle_couplets,
    quatrains,
    without_variants,
)
from course_lib.language_models import longest_runs_in

import pytest

PARTS = ("train", "validation", "test", "new_poets")


@pytest.fixture(scope="module")
def poems():
    return load_tang_poems()


@pytest.fixture(scope="module")
def split():
    return load_tang_quatrains()


# ---------------------------------------------------------------------------- the rules


@pytest.mark.parametrize(
    ("verses", "lines"),
    [
        (("甲乙丙丁戊，己庚辛壬癸。", "子丑寅卯辰，巳午未申酉。"), 4),
        (("甲乙丙丁戊，己庚辛壬癸。子丑寅卯辰？巳午未申酉！",), 4),
        (("甲乙丙丁戊己庚，甲乙丙丁戊己辛。", "甲乙丙丁戊己壬；甲乙丙丁戊己癸。"), 4),
        (("甲乙丙丁戊，己庚辛壬癸。", "子丑寅卯辰。"), 0),  # three lines
        (("甲乙丙丁戊，己庚辛壬癸。", "子丑寅卯，巳午未申酉。"), 0),  # one too short
        (("甲乙丙丁，己庚辛壬。", "子丑寅卯，巳午未申。"), 0),  # four characters
        (("甲乙丙丁戊，己庚辛壬癸。", "子丑□卯辰，巳午未申酉。"), 0),  # one lost
        (("甲乙丙丁戊，己庚辛壬癸。", "子丑(卯辰，巳午未申酉。"), 0),  # a bracket
        ((), 0),
    ],
)
def test_which_poems_are_quatrains(verses, lines):
    found = quatrains([Poem("李白", "題", verses)])
    assert [len(poem.lines) for poem in found] == [lines] * bool(lines)


def test_a_quatrain_knows_its_characters_and_its_series():
    poem = Quatrain("胡曾", "詠史詩 嶓冢", ("甲乙丙丁戊", "己庚辛壬癸", "子丑寅卯辰", "巳午未申酉"))
    assert poem.characters == "甲乙丙丁戊己庚辛壬癸子丑寅卯辰巳午未申酉"
    assert poem.series == ("胡曾", "詠史詩")


@pytest.mark.parametrize(("changed", "kept"), [(0, 1), (10, 1), (11, 2)])
def test_half_of_the_places_make_a_variant(changed, kept):
    text = "甲乙丙丁戊己庚辛壬癸子丑寅卯辰巳午未申酉"
    other = "東" * changed + text[changed:]
    cut = [Quatrain("a", "b", tuple(t[i : i + 5] for i in range(0, 20, 5))) for t in (text, other)]
    assert without_variants(cut) == cut[:kept]


def test_lines_at_other_places_make_no_variant():
    lines = ("甲乙丙丁戊", "己庚辛壬癸", "子丑寅卯辰", "巳午未申酉")
    poems = [Quatrain("a", "b", lines), Quatrain("a", "c", lines[1:] + lines[:1])]
    assert without_variants(poems) == poems


def eight_lines(count=8, length=5):
    signs = map(chr, range(ord("一"), ord("龥")))
    return ["".join(next(signs) for _ in range(length)) for _ in range(count)]


def as_poem(lines):
    return Poem(
        "李白", "題", tuple(f"{a}，{b}。" for a, b in zip(lines[::2], lines[1::2], strict=True))
    )


def test_the_middle_couplets_are_the_second_and_the_third():
    lines = eight_lines()
    found = middle_couplets([as_poem(lines)])
    assert [(one.upper, one.lower) for one in found] == [(lines[2], lines[3]), (lines[4], lines[5])]
    assert found[0].characters == lines[2] + lines[3]


@pytest.mark.parametrize(
    "lines",
    [
        eight_lines(6),
        eight_lines(10),
        [*eight_lines(7), "甲乙丙丁"],
        [*eight_lines(7), "甲乙丙丁□"],
        eight_lines(8, 4),
    ],
)
def test_other_poems_have_no_middle_couplets(lines):
    lines = lines + ["甲乙丙丁戊"] * (len(lines) % 2)
    assert middle_couplets([as_poem(lines)]) == []


def test_a_couplet_that_shares_a_line_is_a_variant():
    a, b, c, d = eight_lines(4)
    couplets = [Couplet("x", "y", *pair) for pair in ((a, b), (a, c), (d, b), (b, a), (c, d))]
    assert without_variants(couplets) == [couplets[0], couplets[3], couplets[4]]


def test_a_poem_without_its_title_is_refused():
    with pytest.raises(DataError, match="author, title and paragraphs"):
        _poem({"author": "李白", "paragraphs": []})


# ---------------------------------------------------------------------------- the real poems


def test_every_poem_is_there_in_order(poems):
    assert len(poems) == 57607
    assert poems[0].author == "太宗皇帝" and poems[0].verses[0] == "秦川雄帝宅，函谷壯皇居。"
    deer = [poem for poem in poems if "空山不見人，但聞人語響。" in poem.verses]
    assert [poem.author for poem in deer] == ["王維"]


def test_the_forms_counted_another_way(poems, split):
    # without the rare characters beyond the first plane, which this pattern does not know
    found = Counter()
    for poem in poems:
        text = "".join(poem.verses)
        for length in (5, 7):
            found[length] += bool(
                re.fullmatch(rf"([一-鿿㐀-䶿]{{{length}}}[，。？！；、]){{4}}", text)
            )
    assert 3850 < found[5] <= 3976 and 10400 < found[7] <= 10570
    assert sum(len(getattr(split, name)) for name in PARTS) == 13477


def test_the_parts_are_as_large_as_the_card_says(split):
    sizes = {
        name: (
            len(getattr(split, name)),
            sum(len(poem.lines[0]) == 5 for poem in getattr(split, name)),
            len({poem.author for poem in getattr(split, name)}),
        )
        for name in PARTS
    }
    assert sizes == {
        "train": (11434, 3019, 1198),
        "validation": (674, 201, 150),
        "test": (695, 147, 126),
        "new_poets": (674, 198, 93),
    }


def test_what_belongs_together_stays_together(split):
    series = [{poem.series for poem in getattr(split, name)} for name in PARTS]
    assert sum(map(len, series)) == len(set.union(*series))
    train, validation, test, new = (
        {poem.author for poem in getattr(split, name)} for name in PARTS
    )
    assert validation <= train and test <= train
    assert not new & (train | validation | test | UNKNOWN_POETS)


def test_no_held_out_poem_is_a_variant_of_one_in_training(split):
    train = [poem.characters for poem in split.train]
    for name in PARTS[1:]:
        held_out = [poem.characters for poem in getattr(split, name)]
        runs = longest_runs_in(train, held_out)
        assert max(runs) <= 7  # a line in common, quoted or by chance
        assert 2.8 < sum(runs) / len(runs) < 3.2


def test_the_variants_are_what_the_parts_lack(split):
    kept = {poem.characters for name in PARTS for poem in getattr(split, name)}
    assert len(split.variants) == 1069
    assert sum(poem.characters in kept for poem in split.variants) == 380  # character by character


def test_two_loads_give_the_same_split(split):
    assert load_tang_quatrains() == split


def test_couplets_are_split_by_poet():
    split = load_tang_couplets()
    parts = {name: getattr(split, name) for name in ("train", "validation", "test")}
    assert {name: len(part) for name, part in parts.items()} == {
        "train": 34097,
        "validation": 4230,
        "test": 4387,
    }
    poets = [{one.author for one in part} for part in parts.values()]
    assert list(map(len, poets)) == [1030, 111, 54]
    assert sum(map(len, poets)) == len(set.union(*poets)) and poets[0] > UNKNOWN_POETS
    assert len(split.variants) == 2278
    lines = [{one.upper for one in part} | {one.lower for one in part} for part in parts.values()]
    at_upper = [{one.upper for one in part} for part in parts.values()]
    assert not at_upper[0] & (at_upper[1] | at_upper[2])
    assert len(lines[0] & lines[2]) <= 2  # a line quoted at the other place
    assert ("星垂平野闊", "月湧大江流") in {(one.upper, one.lower) for one in split.test}


def test_the_glosses_are_those_of_the_commonest_characters(split):
    counts = Counter(character for poem in split.train for character in poem.characters)
    commonest = {character for character, _ in counts.most_common(500)}
    assert len(GLOSSES) == 502
    assert len(commonest - GLOSSES.keys()) <= 2  # ties
    assert gloss("花落知多少") == "flower fall know many few"
    assert gloss("落□") == "fall □"
    assert glossed("花落/知") == "  花落   flower fall\n  知   know\n"
