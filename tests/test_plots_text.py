"""Coloured words, by what they show."""

import re

from course_lib.plots import MarkedNames, coloured_names, coloured_sentences, coloured_words

import matplotlib.pyplot as plt
import numpy as np
import pytest


def shown(figure):
    texts = [text.get_text() for text in figure.axes[0].texts]
    plt.close(figure)
    return texts


def test_every_word_and_value_is_drawn():
    texts = shown(coloured_words((["boy", "meets"], [0.25, 1]), ends=("she", "he")))
    assert texts == ["boy", "0.25", "meets", "1.00", "0", "she", "1", "he"]


def test_long_texts_are_wrapped_inside_the_figure():
    figure = coloured_words((["wonderful"] * 30, [0.5] * 30))
    axes, renderer = figure.axes[0], figure.canvas.get_renderer()
    paper = figure.bbox
    for text in axes.texts:
        box = text.get_window_extent(renderer)
        assert paper.x0 <= box.x0
        assert box.x1 <= paper.x1
        assert paper.y0 <= box.y0
        assert box.y1 <= paper.y1
    assert len({text.get_position()[1] for text in axes.texts}) > 4
    plt.close(figure)


def test_colour_says_the_value():
    figure = coloured_words((["a", "b", "c"], [0, 0.5, 1]))
    low, middle, high = (
        t.get_bbox_patch().get_facecolor() for t in figure.axes[0].texts if t.get_text() in "abc"
    )
    assert low[0] > low[2]  # orange
    assert high[2] > high[0]  # blue
    assert min(middle) > 0.9
    plt.close(figure)


@pytest.mark.parametrize(
    ("texts", "options", "message"),
    [
        ([], {}, "at least one pair"),
        ([(["a"], [0.1, 0.2])], {}, "1 words, 2 values"),
        ([(["a"], [1.5])], {}, "from 0 to 1"),
        ([(["a"], [float("nan")])], {}, "from 0 to 1"),
        ([(["a"], [0.5])], {"titles": []}, "1 titles"),
    ],
)
def test_refuses(texts, options, message):
    with pytest.raises(ValueError, match=message):
        coloured_words(*texts, **options)


def test_sentences_are_cut_and_what_is_unknown_is_named(capsys):
    def values(words):
        return [len(word) / 10 for word in words]

    known = {"boy", "meets", "girl"}
    figure = coloured_sentences(values, "Boy meets gynoid", "a gynoid meets girl", known=known)
    texts = shown(figure)
    assert texts[:8] == ["boy", "0.30", "meets", "0.50", "meets", "0.50", "girl", "0.40"]
    assert capsys.readouterr().out == "left out, unknown: gynoid, a\n"
    plt.close(coloured_sentences(values, "boy", known=known))
    assert capsys.readouterr().out == ""


def test_a_sentence_without_a_known_word_is_refused():
    with pytest.raises(ValueError, match="known word"):
        coloured_sentences(len, "a gynoid", known={"boy"})


def test_without_a_middle_there_is_one_colour():
    figure = coloured_words((["a", "b", "c"], [0, 0.5, 1]), middle=0)
    none, half, most = (
        np.array(text.get_bbox_patch().get_facecolor()[:3])
        for text in figure.axes[0].texts
        if text.get_text() in ("a", "b", "c")
    )
    assert min(none) > 0.9
    assert min(none) > min(half) > min(most)
    key = next(text for text in figure.axes[0].texts if text.get_text() == "0")
    assert min(key.get_bbox_patch().get_facecolor()[:3]) > 0.9  # 0 is no colour in the key, either


def test_a_name_is_one_box_with_its_kind_and_share():
    figure = coloured_names(
        (["Shares", "in", "New", "York", "rose"], [("LOC", 2, 4, 0.987)]),
        (["Bob", "likes", "Rome"], [("LOC", 2, 3, 1), ("PER", 0, 1, 0.5)]),  # in any order
        (["nothing", "here"], []),
    )
    boxes = {
        text.get_text(): text.get_bbox_patch().get_facecolor()[:3]
        for text in figure.axes[0].texts
        if text.get_bbox_patch()
    }
    labels = [text.get_text() for text in figure.axes[0].texts if not text.get_bbox_patch()]
    plt.close(figure)
    words = ["Shares", "in", "New York", "rose", "Bob", "likes", "Rome", "nothing", "here"]
    assert list(boxes) == words
    assert labels == ["LOC 0.99", "PER 0.50", "LOC 1.00"]
    assert boxes["New York"] == boxes["Rome"]
    assert len({boxes[word] for word in ("Bob", "Rome", "likes")}) == 3
    assert boxes["Shares"] == (1, 1, 1)


@pytest.mark.parametrize(
    ("sentences", "message"),
    [
        ([], "at least one pair"),
        ([(["a"], [("PER", 0, 2, 1)])], "within 1 words"),
        ([(["a"], [("PER", 0, 0, 1)])], "within 1 words"),
        ([([*"abc"], [("PER", 0, 2, 1), ("LOC", 1, 3, 1)])], "side by side"),
        ([(["a"], [("PER", 0, 1, 1.5)])], "from 0 to 1"),
        ([(["a"], [("PER", 0, 1, float("nan"))])], "from 0 to 1"),
    ],
)
def test_refuses_names(sentences, message):
    with pytest.raises(ValueError, match=message):
        coloured_names(*sentences)


def test_marked_names_in_text_and_html():
    shown = MarkedNames(
        ("总理李鹏在北京", [("LOC", 5, 7), ("PER", 2, 4)]),
        ("a<b", []),
        meanings={"李鹏": "Li & Peng"},
    )
    assert repr(shown) == "总理[李鹏 PER, Li & Peng]在[北京 LOC]\na<b"
    page = shown._repr_html_()
    assert page.count("<p ") == 2 and "a&lt;b" in page
    assert page.count("<ruby") == page.count("color:black") == 2
    assert page.count("<rt>") == 1 and "<rt>Li &amp; Peng</rt>" in page
    person, place = (page.split(name)[0].rsplit("background:", 1)[1][:7] for name in ("李", "北"))
    assert person != place
    plain = re.sub(r"<rt>.*?</rt>|<[^>]+>", "", page)
    assert plain == "总理李鹏 PER在北京 LOCa&lt;b"


@pytest.mark.parametrize(
    ("sentences", "message"),
    [
        ([], "at least one pair"),
        ([("中国", [("LOC", 0, 3)])], "within 2 characters"),
        ([("中国人", [("LOC", 0, 2), ("PER", 1, 3)])], "side by side"),
        ([("中国", [("LOC", 1, 1)])], "side by side"),
    ],
)
def test_marked_names_refuses_what_cannot_be_marked(sentences, message):
    with pytest.raises(ValueError, match=message):
        MarkedNames(*sentences)
