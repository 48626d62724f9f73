"""Figures of contests: what is drawn, not its pixels."""

from types import SimpleNamespace

from course_lib.plots import (
    COLOURS,
    contest_figure,
    display_figure,
    inside_figure,
    learning_figure,
    lock_figure,
)

import matplotlib.pyplot as plt
import numpy as np
import pytest
from matplotlib.colors import to_rgb


@pytest.fixture(autouse=True)
def closed():
    yield
    plt.close("all")


def row(name, reach, size, error):
    return SimpleNamespace(
        name=name, reach=np.array(reach), size=np.array(size), error=np.array(error)
    )


def test_a_line_a_cell_a_dot_a_seed_and_a_bar_at_the_median():
    rows = [
        row("plain", [0.0, 0.2, 0.9], [1, 2, 9], [0.1, 0.3, 0.2]),
        row("GRU", [0.5, 0.7, 0.6], [2, 2, 5], [0.01, 0.03, 0.02]),
    ]
    figure = contest_figure(rows, no_skill=1 / 6, marked=["GRU"])
    reach, size, error = figure.axes
    assert [label.get_text() for label in reach.get_yticklabels()] == ["plain", "GRU"]
    dots, bar, _, other_bar = (c.get_offsets() for c in size.collections)
    np.testing.assert_allclose(dots, [[1, 1], [2, 1], [9, 1]])  # the first row stands on top
    np.testing.assert_allclose(bar, [[2, 1]])
    np.testing.assert_allclose(other_bar, [[2, 0]])
    np.testing.assert_allclose(error.collections[3].get_offsets(), [[0.02, 0]])
    np.testing.assert_allclose(reach.collections[0].get_offsets()[:, 0], [1e-6, 0.2, 0.9])
    assert [line.get_xdata()[0] for line in error.lines if line.get_linestyle() == ":"] == [1 / 6]
    np.testing.assert_allclose(size.collections[1].get_edgecolor()[0, :3], to_rgb(COLOURS[0]))
    np.testing.assert_allclose(size.collections[3].get_edgecolor()[0, :3], to_rgb(COLOURS[1]))


def test_rows_may_go_by_other_names():
    rows = [row("GRU, W Glorot", [0.5], [2], [0.01]), row("plain, W Glorot", [0.5], [2], [0.3])]
    figure = contest_figure(rows, no_skill=1 / 6, marked=["GRU"], names=["GRU", "plain"])
    reach = figure.axes[0]
    assert [label.get_text() for label in reach.get_yticklabels()] == ["GRU", "plain"]
    for place, colour in ((1, COLOURS[1]), (3, COLOURS[0])):
        np.testing.assert_allclose(reach.collections[place].get_edgecolor()[0, :3], to_rgb(colour))
    with pytest.raises(ValueError, match="Expected 2 names, one a row"):
        contest_figure(rows, no_skill=1 / 6, names=["GRU"])


def test_a_display_has_a_bar_and_a_dot_at_every_step():
    shown = {"one": np.array([0.1, 0.2, 0.3]), "two": np.zeros((2, 3))}
    figure = display_figure("0.3 M+, 0 MR, 1 .", np.array([0, 0.3, 0]), shown)
    first, second = figure.axes
    assert [bar.get_height() for bar in first.patches] == [0, 0.3, 0]
    np.testing.assert_allclose(first.collections[0].get_offsets()[:, 1], [0.1, 0.2, 0.3])
    assert len(second.collections) == 2, "both networks"
    assert [a.get_title(loc="left") for a in figure.axes] == ["one", "two"]
    assert [label.get_text() for label in second.get_xticklabels()] == ["0.3\nM+", "0\nMR", "1\n."]


def test_inside_a_cell_the_memory_is_a_line_a_unit():
    inputs = np.array([[0.5, 0], [0.9, 1], [0.2, 0], [0.4, 1]])
    steps = np.arange(1, 5)
    full = np.outer(steps, [1, -2, 3])
    figure = inside_figure({"small": np.ones((4, 2)) / 4, "full": full}, inputs)
    numbers, other_numbers, memory, full_memory = figure.axes
    assert [a.get_title() for a in (numbers, other_numbers)] == ["small", "full"]
    assert [bar.get_height() for bar in numbers.patches] == [0.5, 0.9, 0.2, 0.4]
    dark = [bar.get_facecolor()[:3] == to_rgb(COLOURS[0]) for bar in numbers.patches]
    assert dark == [False, True, False, True], "the marked ones"
    marks = [line for line in full_memory.lines if line.get_linestyle() == ":"]
    assert [mark.get_xdata()[0] for mark in marks] == [2, 4]
    units = [line for line in full_memory.lines if line.get_linestyle() == "-"]
    np.testing.assert_allclose([line.get_ydata() for line in units], full.T)
    np.testing.assert_allclose(units[0].get_xdata(), steps)
    assert len(memory.patches) == 0 and len(full_memory.patches) == 2, "grey where |c| > 1"
    np.testing.assert_allclose(full_memory.get_ylim(), [-13.2, 13.2])
    np.testing.assert_allclose(memory.get_ylim(), [-0.275, 0.275])


def test_learning_is_a_line_a_seed_and_their_mean():
    updates, errors = np.array([100, 200]), np.array([[0.2, 0.4], [0.01, 0.03]])
    figure = learning_figure(
        {"LSTM": (updates, errors), "GRU": (updates, errors / 2)}, no_skill=0.5
    )
    lstm, gru = figure.axes
    assert (lstm.get_title(), gru.get_title()) == ("LSTM", "GRU")
    none, one, two, mean = lstm.lines
    assert none.get_linestyle() == ":" and none.get_ydata()[0] == 0.5
    np.testing.assert_allclose([one.get_ydata(), two.get_ydata()], errors.T)
    np.testing.assert_allclose(mean.get_xydata(), [[100, 0.3], [200, 0.02]])
    assert mean.get_linewidth() > one.get_linewidth()
    np.testing.assert_allclose(gru.lines[3].get_ydata(), [0.15, 0.01])
    assert lstm.get_yscale() == "log"


def test_panels_can_be_chosen_and_named():
    rows = [row("plain", [0.1, 0.2], [1, 3], [0.1, 0.3])]
    figure = contest_figure(rows, no_skill=0.17, panels={"reach": "left", "error": "wrong"})
    left, wrong = figure.axes
    assert [axes.get_title() for axes in (left, wrong)] == ["left", "wrong"]
    assert left.get_xlabel() == "share of the gradient left"
    assert wrong.get_xlabel() == "mean squared error"
    words = [text.get_text() for text in figure.legends[0].get_texts()]
    assert words == ["one seed", "median of the seeds", "nothing learned"]
    low, high = left.get_ylim()
    assert low < -0.3 and high > 0.3, "the bar of the only row is whole"
    assert [line.get_xdata()[0] for line in wrong.lines if line.get_linestyle() == ":"] == [0.17]
    assert not [line for line in left.lines if line.get_linestyle() == ":"]


def test_a_lock_has_a_bar_a_word_above_a_line_a_reading():
    words, states = ["the", "cats", "in"], {"cats": [0, 0.9, 0.8], "cat": [0, -0.7, -0.6]}
    figure = lock_figure(words, [0.5, 0.1, 0.9], states)
    gate, state = figure.axes
    assert [bar.get_height() for bar in gate.patches] == [0.5, 0.1, 0.9]
    drawn = {line.get_label(): list(line.get_ydata()) for line in state.lines}
    assert {name: drawn[name] for name in states} == states
    assert [label.get_text() for label in state.get_xticklabels()] == words
    assert [text.get_text() for text in figure.legends[0].get_texts()] == ["cats", "cat"]


@pytest.mark.parametrize(
    "gate, state, named", [([1, 0], [0] * 3, "2: gate"), ([1, 0, 1], [0] * 4, "4: cat")]
)
def test_a_lock_has_one_value_a_word(gate, state, named):
    with pytest.raises(ValueError, match=f"each of 3 words. Received {named}"):
        lock_figure(["a", "cat", "is"], gate, {"cat": state})
