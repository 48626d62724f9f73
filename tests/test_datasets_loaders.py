"""The loaders, on the real data: run `make data` (or `course data fetch`) first.

Nothing here is skipped when data is missing; the loader's own error says what to run.
"""

import csv
import itertools
import json
import re
import shutil
from collections import Counter

from course_lib import datasets
from course_lib.datasets import (
    data_dir,
    drawn_reviews,
    load_analogies,
    load_brown,
    load_chinese_vectors,
    load_cmudict,
    load_conll2003,
    load_csi300,
    load_glove,
    load_home_strings,
    load_imdb,
    load_imdb_in_blocks,
    load_people_daily,
    load_power_curves,
    load_rotten_tomatoes,
    load_tang_poems,
    load_traffic,
    review_words,
)
from course_lib.datasets.archive.errors import DamagedDataError, DataError, MissingDataError
from course_lib.datasets.conll2003 import TAGS, Sentence, numbered, places_and_clubs, read_sentences
from course_lib.datasets.csi300 import check_bars
from course_lib.datasets.glove import _rewritten
from course_lib.datasets.imdb import without_repeats

import numpy as np
import pandas as pd
import pytest

LOADERS = {
    "csi300": load_csi300,
    "conll2003": load_conll2003,
    "imdb": load_imdb,
    "glove": load_glove,
    "traffic": load_traffic,
    "power_curves": load_power_curves,
    "people_daily": load_people_daily,
    "word_tests": load_analogies,
    "cmudict": load_cmudict,
    "tang_poems": load_tang_poems,
    "brown": load_brown,
    "home_strings": load_home_strings,
    "glove_100d": lambda: load_glove(100),
    "chinese_vectors": load_chinese_vectors,
}
ON_DEMAND = [name for name in LOADERS if datasets.get_source(name).on_demand]


@pytest.fixture(scope="module")
def bars():
    return load_csi300()


@pytest.fixture(scope="module")
def conll():
    return load_conll2003()


@pytest.fixture(scope="module")
def imdb():
    return load_imdb()


@pytest.fixture(scope="module")
def glove():
    return load_glove()


# ---------------------------------------------------------------------------- all of them


def test_every_source_has_a_loader():
    assert list(LOADERS) == list(datasets.sources())


@pytest.mark.parametrize("name", [name for name in LOADERS if name not in ON_DEMAND])
def test_a_loader_never_downloads_but_says_what_to_run(name, tmp_path, monkeypatch):
    monkeypatch.setenv("COURSE_DATA", str(tmp_path))
    with pytest.raises(MissingDataError, match=f"course data fetch {name}.*make data"):
        LOADERS[name]()
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("name", LOADERS)
def test_a_truncated_file_is_refused_by_name(name, tmp_path, monkeypatch):
    monkeypatch.setenv("COURSE_DATA", str(tmp_path))
    (tmp_path / name).mkdir()
    for member in datasets.get_source(name).members:
        (tmp_path / name / member.file).write_bytes(b"half a file")
    first = datasets.get_source(name).members[0].file
    with pytest.raises(DamagedDataError, match=f"course data fetch {name} --force") as caught:
        LOADERS[name]()
    assert str(tmp_path / name / first) in str(caught.value)


def test_one_changed_digit_is_refused(tmp_path, monkeypatch):
    shutil.copytree(data_dir() / "csi300", tmp_path / "csi300")
    monkeypatch.setenv("COURSE_DATA", str(tmp_path))
    assert len(load_csi300()) == 4857
    path = tmp_path / "csi300" / "csi300.csv"
    path.write_bytes(path.read_bytes().replace(b"970.032", b"970.033"))
    with pytest.raises(DamagedDataError, match=r"csi300\.csv is not the file that was published"):
        load_csi300()


# ---------------------------------------------------------------------------- csi300


def test_csi300_shape(bars):
    assert bars.shape == (4857, 5)
    assert list(bars.columns) == ["open", "high", "low", "close", "volume"]
    assert set(bars.dtypes) == {np.dtype("float64")}
    assert isinstance(bars.index, pd.DatetimeIndex) and bars.index.name == "date"
    assert (bars.index[0], bars.index[-1]) == (pd.Timestamp(2006, 1, 6), pd.Timestamp(2025, 12, 31))
    assert bars.index.is_monotonic_increasing and bars.index.is_unique
    assert (bars.index.day_of_week < 5).all()


def test_csi300_values_are_those_of_the_file(bars):
    with (data_dir() / "csi300" / "csi300.csv").open(encoding="utf-8-sig", newline="") as lines:
        rows = list(csv.DictReader(lines))
    for column in bars.columns:
        assert bars[column].tolist() == [float(row[column]) for row in rows]
    assert [str(day.date()) for day in bars.index] == [row["date"] for row in rows]


def test_csi300_largest_daily_move(bars):
    moves = bars["close"].pct_change().abs()
    assert round(100 * moves.max(), 2) == 9.34
    assert moves.idxmax() == pd.Timestamp(2008, 9, 19)


BAR = {"open": 10.0, "high": 12.0, "low": 9.0, "close": 11.0, "volume": 5.0}


def two_days(**second):
    days = pd.DatetimeIndex(["2020-01-02", "2020-01-03"], name="date")
    return pd.DataFrame([BAR, BAR | second], index=days)


def test_sound_bars_pass():
    check_bars(two_days())
    check_bars(two_days(open=9.0, low=9.0, close=12.0, volume=0.0))


@pytest.mark.parametrize(
    ("broken", "rule"),
    [
        ({"high": 10.5}, "high at least"),
        ({"low": 10.5}, "low at most"),
        ({"open": float("nan")}, "finite"),
        ({"volume": float("inf")}, "finite"),
        ({"volume": -1.0}, "volume"),
        ({"low": -9.0}, "positive"),
    ],
)
def test_bars_that_no_market_makes_are_refused(broken, rule):
    with pytest.raises(DataError, match=f"expected .*{rule}.* at 2020-01-03"):
        check_bars(two_days(**broken))


@pytest.mark.parametrize("order", [[1, 0], [0, 0]])
def test_days_out_of_order_or_twice_are_refused(order):
    with pytest.raises(DataError, match="days that increase"):
        check_bars(two_days().iloc[order])


# ---------------------------------------------------------------------------- conll2003


def test_conll_official_counts(conll):
    assert [len(split) for split in splits(conll)] == [14041, 3250, 3453]
    assert [sum(map(len, split)) for split in splits(conll)] == [203621, 51362, 46435]


def test_conll_places_and_clubs_are_as_often_the_one_as_the_other(conll):
    found = places_and_clubs(conll.test, 10)
    totals = Counter()
    for mention in found:
        totals[mention.word, mention.is_club] += mention.weight
    for word in {mention.word for mention in found}:
        assert totals[word, False] == pytest.approx(totals[word, True])
    assert len(found) == 869  # counted by hand-written loops over the file, too
    assert {len(mention.left) <= 10 and len(mention.right) <= 10 for mention in found} == {True}


def test_mentions_keep_their_neighbours_in_order():
    def sentence(text, *names):
        words = text.split()
        tags = [dict(names).get(word, "O") for word in words]
        return Sentence(tuple(words), ("NN",) * len(words), tuple(tags))

    place, club = ("Turin", "B-LOC"), ("Turin", "B-ORG")
    sentences = [
        sentence("the rain in Turin fell all day", place),
        sentence("Turin beat Rome again", club, ("Rome", "B-ORG")),  # Rome is never a place here
        sentence("snow in Turin today", place),
        sentence("Turin 1996", place),  # a dateline
    ]
    found = places_and_clubs(sentences, 2)
    assert found == [
        ("turin", ("rain", "in"), ("fell", "all"), False, 0.5),
        ("turin", ("snow", "in"), ("today",), False, 0.5),
        ("turin", (), ("beat", "rome"), True, 1.0),
    ]
    word_id = {
        word: n
        for n, word in enumerate(
            ["turin", "rain", "in", "fell", "all", "snow", "today", "beat", "rome"], 1
        )
    }
    words, around = numbered(found, word_id, 2)
    assert words.tolist() == [[1], [1], [1]]
    assert around.tolist() == [[2, 3, 4, 5], [6, 3, 7, 0], [0, 0, 8, 9]]


def test_conll_entities_as_published(conll):
    # Table 2 of Tjong Kim Sang and De Meulder (2003).
    published = {
        "LOC": [7140, 1837, 1668],
        "MISC": [3438, 922, 702],
        "ORG": [6321, 1341, 1661],
        "PER": [6600, 1842, 1617],
    }
    for kind, counts in published.items():
        found = [
            sum(sentence.tags.count(f"B-{kind}") for sentence in split) for split in splits(conll)
        ]
        assert found == counts


def test_conll_sentences_are_whole(conll):
    first = conll.train[0]
    assert " ".join(first.words) == "EU rejects German call to boycott British lamb ."
    assert first.pos == ("NNP", "VBZ", "JJ", "NN", "TO", "VB", "JJ", "NN", ".")
    assert first.tags == ("B-ORG", "O", "B-MISC", "O", "O", "O", "B-MISC", "O", "O")
    for split in splits(conll):
        for sentence in split:
            assert len(sentence) == len(sentence.pos) == len(sentence.tags) > 0
            assert "-DOCSTART-" not in sentence.words
    assert conll.tags == TAGS and len(TAGS) == 9 and TAGS[0] == "O"


def test_conll_agrees_with_a_second_reading(conll):
    text = (data_dir() / "conll2003" / "test.txt").read_text(encoding="utf-8")
    blocks = [block for block in text.split("\n\n") if block and "-DOCSTART-" not in block]
    again = [[line.split(" ") for line in block.strip().split("\n")] for block in blocks]
    assert [[[w, p, t] for w, p, _, t in rows] for rows in again] == [
        [[w, p, t] for w, p, t in zip(s.words, s.pos, s.tags, strict=True)] for s in conll.test
    ]


def splits(conll):
    return conll.train, conll.validation, conll.test


def test_sentences_end_at_blank_lines_and_articles():
    lines = ["-DOCSTART- -X- -X- O", "", "A DT I-NP O", "-DOCSTART- -X- -X- O", "B NN I-NP B-PER"]
    assert [(s.words, s.pos, s.tags) for s in read_sentences(lines)] == [
        (("A",), ("DT",), ("O",)),
        (("B",), ("NN",), ("B-PER",)),
    ]


@pytest.mark.parametrize(
    ("tags", "complaint"),
    [
        (["O", "I-PER"], "line 2: expected B-PER or I-PER before I-PER, received O"),
        (["B-ORG", "I-PER"], "line 2: expected B-PER or I-PER before I-PER, received B-ORG"),
        (["B-PER", "", "I-PER"], "line 3: expected B-PER"),
        (["B-DATE"], "line 1: expected one of"),
    ],
)
def test_tags_that_are_not_bio2_are_refused(tags, complaint):
    lines = [f"word NN I-NP {tag}" if tag else "" for tag in tags]
    with pytest.raises(DataError, match=complaint):
        list(read_sentences(lines))


def test_a_line_with_other_columns_is_refused():
    with pytest.raises(DataError, match="line 1: expected 4 columns, received 3"):
        list(read_sentences(["word NN O"]))


# ---------------------------------------------------------------------------- imdb


def test_imdb_split(imdb):
    assert (len(imdb.train), len(imdb.validation), len(imdb.test)) == (20000, 0, 4904)
    assert np.bincount(imdb.train.labels).tolist() == [9996, 10004]
    assert np.bincount(imdb.test.labels).tolist() == [2436, 2468]
    assert imdb.train.labels.dtype == imdb.test.labels.dtype == np.int8
    assert len(set(imdb.train.texts) | set(imdb.test.texts)) == 24904


def test_imdb_is_the_documented_shuffle_of_the_file():
    with (data_dir() / "imdb" / "reviews.csv").open(encoding="utf-8", newline="") as lines:
        rows = [row for row in csv.DictReader(lines) if row["source"] == "imdb"]
    labels = {}
    for row in rows:
        assert labels.setdefault(row["text"], row["label"]) == row["label"]
    texts = list(labels)
    order = np.random.default_rng(2011).permutation(24904)
    assert order[:5].tolist() == [606, 16822, 19736, 24521, 7273]
    raw = load_imdb(clean=False)
    assert raw.train.texts == [texts[row] for row in order[:20000]]
    assert raw.test.texts == [texts[row] for row in order[20000:]]
    assert raw.test.labels.tolist() == [int(labels[text]) for text in raw.test.texts]
    assert sum(text.count("<br />") for text in raw.train.texts + raw.test.texts) == 101608


def test_imdb_cleaning_replaces_line_breaks_only(imdb):
    raw = load_imdb(clean=False)
    assert imdb.test.texts == [text.replace("<br />", " ") for text in raw.test.texts]
    assert not any("<br />" in text for text in imdb.train.texts)


def test_imdb_validation_is_the_end_of_train(imdb):
    held = load_imdb(validation=2000)
    assert held.train.texts == imdb.train.texts[:18000]
    assert held.validation.texts == imdb.train.texts[18000:]
    assert held.validation.labels.tolist() == imdb.train.labels[18000:].tolist()
    assert held.test.texts == imdb.test.texts


def test_rotten_tomatoes_is_the_documented_shuffle_of_the_file():
    with (data_dir() / "imdb" / "reviews.csv").open(encoding="utf-8", newline="") as lines:
        rows = [row for row in csv.DictReader(lines) if row["source"] == "rotten_tomatoes"]
    split = load_rotten_tomatoes()
    order = np.random.default_rng(2005).permutation(8530)
    assert split.train.texts + split.test.texts == [rows[i]["text"] for i in order]
    labels = [*split.train.labels.tolist(), *split.test.labels.tolist()]
    assert labels == [int(rows[i]["label"]) for i in order]
    assert (len(split.train), len(split.test)) == (7530, 1000)
    assert len({*split.train.texts, *split.test.texts}) == 8530
    assert sum(labels) == 4265


@pytest.mark.parametrize("validation", [-1, 20001])
def test_imdb_validation_out_of_range(validation):
    with pytest.raises(ValueError, match=r"0\.\.20,000; received"):
        load_imdb(validation=validation)


def test_repeats_are_dropped_and_the_first_kept():
    rows = pd.DataFrame({"text": ["b", "a", "b", "c"], "label": [1, 0, 1, 1]})
    assert without_repeats(rows)["text"].tolist() == ["b", "a", "c"]


def test_one_text_with_two_labels_is_refused():
    rows = pd.DataFrame({"text": ["b", "a", "b"], "label": [1, 0, 0]})
    with pytest.raises(DataError, match="two for 1 texts, the first at row 2"):
        without_repeats(rows)


# ---------------------------------------------------------------------------- glove


def test_glove_shape(glove):
    assert glove.vectors.shape == (400000, 50) and glove.vectors.dtype == np.float32
    assert isinstance(glove.vectors, np.memmap) and not glove.vectors.flags.writeable
    assert len(glove) == len(glove.words) == len(set(glove.words)) == len(glove.index) == 400000
    assert glove.words[:5] == ["the", ",", ".", "of", "to"]
    assert glove.index["to"] == 4
    assert repr(glove) == "WordVectors(400,000 words, 50 dimensions)"


def test_glove_rows_belong_to_their_words(glove):
    # The opening of the published glove.6B.50d.txt.
    published = [0.418, 0.24968, -0.41242, 0.1217, 0.34527]
    np.testing.assert_allclose(glove["the"][:5], published, rtol=1e-6)
    target = glove["king"] - glove["man"] + glove["woman"]
    near = glove.vectors @ target / np.linalg.norm(glove.vectors, axis=1) / np.linalg.norm(target)
    near[[glove.index[word] for word in ("king", "man", "woman")]] = -1
    assert glove.words[near.argmax()] == "queen"
    assert round(float(near.max()), 3) == 0.861


def small_json(folder, rows, words):
    text = {"size": len(words), "dimensions": 2, "words": words, "vectors": rows}
    text["unkVector"] = [0, 0, 0, -1]
    (folder / "vectors.json").write_text(json.dumps(text, separators=(",", ":")))


def test_glove_of_100_is_rewritten_row_by_row(tmp_path):
    words = ["the", '"', "[", "[1]", '":[', "naïve"]
    rows = {word: [place + 0.5, -place, 9.0, place] for place, word in enumerate(words)}
    small_json(tmp_path, dict(reversed(rows.items())), words)  # in any order
    assert _rewritten(tmp_path) == words
    vectors = np.load(tmp_path / "vectors.npy")
    assert vectors.dtype == np.float32
    assert vectors.tolist() == [[place + 0.5, -place] for place in range(6)]
    written = (tmp_path / "vectors.npy").stat().st_mtime_ns
    assert _rewritten(tmp_path) == words
    assert (tmp_path / "vectors.npy").stat().st_mtime_ns == written


def test_glove_of_100_without_a_row_is_refused(tmp_path):
    small_json(tmp_path, {"the": [1, 2, 9, 0]}, ["the", "of"])
    with pytest.raises(DataError, match="every word, 1 lack"):
        _rewritten(tmp_path)
    assert not (tmp_path / "vectors.npy").exists()
    (tmp_path / "vectors.json").write_text("{}")
    with pytest.raises(DataError, match="words and then vectors"):
        _rewritten(tmp_path)


def test_glove_has_50_or_100_dimensions():
    with pytest.raises(ValueError, match=r"50 or 100 dimensions\. Received: 300"):
        load_glove(300)


@pytest.mark.skipif(
    datasets.status("glove_100d")[0].state != "present", reason="fetched only when asked for"
)
def test_glove_of_100():
    large = load_glove(100)
    assert repr(large) == "WordVectors(341,479 words, 100 dimensions)"
    assert large.words[:5] == ["the", ",", ".", "of", "to"]
    # The opening of the published glove.6B.100d.txt.
    np.testing.assert_allclose(large["the"][:4], [-0.038194, -0.24487, 0.72812, -0.39961])


def test_glove_lookup(glove):
    assert "king" in glove and "King" not in glove and "" not in glove
    np.testing.assert_array_equal(glove["king"], glove.vectors[glove.index["king"]])
    with pytest.raises(KeyError, match="'king' is there"):
        glove["King"]
    with pytest.raises(KeyError, match="no vector for 'qqzzx'") as caught:
        glove["qqzzx"]
    assert "is there" not in str(caught.value)


def test_glove_matrix(glove):
    vocabulary = ["", "[UNK]", "king", "qqzzx", "queen"]
    start = glove.matrix(vocabulary, seed=7)
    assert start.weights.shape == (5, 50) and start.weights.dtype == np.float32
    assert (start.found, start.unknown, start.coverage) == (2, ("[UNK]", "qqzzx"), 0.5)
    np.testing.assert_array_equal(start.weights[0], np.zeros(50))
    np.testing.assert_array_equal(start.weights[2], glove["king"])
    np.testing.assert_array_equal(start.weights[4], glove["queen"])
    for row in (1, 3):
        assert np.abs(start.weights[row]).max() <= 0.05 and start.weights[row].std() > 0.02
    assert (start.weights[1] != start.weights[3]).all()


def test_glove_matrix_seed(glove):
    vocabulary = ["king", "qqzzx"]
    first = glove.matrix(vocabulary, seed=1).weights
    np.testing.assert_array_equal(first, glove.matrix(vocabulary, seed=1).weights)
    assert (first[1] != glove.matrix(vocabulary, seed=2).weights[1]).all()
    np.testing.assert_array_equal(first[1], glove.matrix(["zzqqx", "qqzzx"], seed=1).weights[1])


def test_glove_encode(glove):
    encoded = glove.encode([["the", "cat"], ("cat", "zzqqx", "the")], seed=1)
    assert encoded.word_id == {"cat": 1, "the": 2, "zzqqx": 3}
    assert encoded.ids == [[2, 1], [1, 3, 2]]
    assert encoded.vectors.shape == (4, 50)
    assert encoded.vectors.dtype == np.float32
    assert not encoded.vectors[0].any()
    assert encoded.vectors[1:].std() == pytest.approx(1)
    ratio = encoded.vectors[2] / glove["the"]
    np.testing.assert_allclose(ratio, ratio[0], rtol=1e-5)


def test_sentences_padded_in_front(glove):
    encoded = glove.encode([["the", "cat"], ["cat"]], seed=1)
    padded = encoded.padded([1, 0], 3)
    assert padded.shape == (2, 3, 50) and not padded[0, :2].any() and not padded[1, 0].any()
    np.testing.assert_array_equal(padded[0, 2], encoded.vectors[encoded.word_id["cat"]])
    np.testing.assert_array_equal(padded[1, 1], encoded.vectors[encoded.word_id["the"]])
    with pytest.raises(ValueError, match="at least 2 words"):
        encoded.padded([0], 1)


def test_glove_encode_of_nothing(glove):
    with pytest.raises(ValueError, match="at least one word"):
        glove.encode([[]], seed=1)


def test_glove_matrix_of_nothing(glove):
    start = glove.matrix([], seed=0)
    assert (start.weights.shape, start.found, start.coverage) == ((0, 50), 0, 0.0)


def test_blocks_keep_neighbours_of_the_file_together():
    """Reviews of one film are neighbours in the file; every part is one stretch of each label."""
    blocks, shuffled = load_imdb_in_blocks(), load_imdb()
    parts = blocks.train, blocks.validation, blocks.test
    assert [len(part) for part in parts] == [14_942, 4_980, 4_982]
    everything = [text for part in parts for text in part.texts]
    assert sorted(everything) == sorted(shuffled.train.texts + shuffled.test.texts)
    for part in parts:
        assert abs(part.labels.mean() - 0.5) < 0.01
        assert np.flatnonzero(np.diff(part.labels)).size == 1  # negative ones first, as in the file


def test_neighbours_in_the_file_share_films():
    """Words that few reviews have, such as names of characters, stand in neighbours far more often."""
    texts = load_imdb_in_blocks().train.texts[:3000]
    words = [set(re.findall(r"\b[A-Z][a-z]{3,}\b", text)) for text in texts]
    found = Counter(word for one in words for word in one)
    rare = [{word for word in one if 2 <= found[word] <= 8} for one in words]
    beside = np.mean([len(a & b) > 1 for a, b in itertools.pairwise(rare)])
    apart = np.mean([len(a & b) > 1 for a, b in zip(rare, rare[100:], strict=False)])
    assert beside > 0.05
    assert apart < beside / 20


def test_drawn_reviews_are_whole_or_both_ends():
    train = load_imdb_in_blocks().train
    words, labels = drawn_reviews(train, 50, longest=20)
    again, _ = drawn_reviews(train, 60, longest=20)
    assert words == again[:50]  # the same ones every time
    chosen = np.random.default_rng(0).permutation(len(train))[:50]
    for kept, label, i in zip(words, labels, chosen, strict=True):
        text = review_words(train.texts[i])
        assert kept == (text if len(text) <= 20 else text[:10] + text[-10:])
        assert label == train.labels[i]


@pytest.mark.parametrize(("how_many", "longest"), [(0, 20), (15_000, 20), (5, 7), (5, 0)])
def test_drawn_reviews_says_what_it_cannot_draw(how_many, longest):
    with pytest.raises(ValueError, match="Expected"):
        drawn_reviews(load_imdb_in_blocks().train, how_many, longest=longest)


# ---------------------------------------------------------------------------- chinese_vectors


def test_chinese_vectors_are_those_of_the_file():
    vectors = load_chinese_vectors()
    assert len(vectors) == len(set(vectors.words)) == 125796
    assert vectors.vectors.shape == (125796, 100) and vectors.vectors.dtype == np.float32
    assert not vectors.vectors.flags.writeable
    # word2vec's binary format: the counts, then each word, a blank, and its numbers
    raw = (data_dir() / "chinese_vectors" / "words.vector").read_bytes()
    assert raw.startswith(b"125796 100\n")
    for word in ("中国", "医生", "李"):
        start = raw.index(f"\n{word} ".encode()) + len(f"\n{word} ".encode())
        np.testing.assert_array_equal(vectors[word], np.frombuffer(raw, "<f4", 100, start))
        assert vectors.words[vectors.index[word]] == word


def test_chinese_vectors_hold_what_their_card_says():
    vectors = load_chinese_vectors()
    lengths = Counter(len(w) for w in vectors.words if re.fullmatch("[\u4e00-\u9fff]+", w))
    assert [lengths[n] for n in (1, 2, 3)] == [5051, 62700, 27646] and lengths.total() == 114540

    def alike(one, other):
        one, other = vectors[one], vectors[other]
        return one @ other / np.linalg.norm(one) / np.linalg.norm(other)

    assert round(float(alike("医生", "医师")), 2) == 0.83
    assert round(float(alike("医生", "护士")), 2) == 0.79
