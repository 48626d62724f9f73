"""Figures of contests: what is drawn, not its pixels."""

from types import SimpleNamespace

from course_lib.plots import COLOURS, contest_figure, display_figure, inside_figure

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


def test_a_line_a_cell_a_dot_a_seed_and_a_bar_at_the_mean():
    rows = [
        row("plain", [0.0, 0.2], [1, 3], [0.1, 0.3]),
        row("GRU", [0.5, 0.7], [2, 2], [0.01, 0.03]),
    ]
    figure = contest_figure(rows, no_skill=1 / 6, marked=["GRU"])
    reach, size, error = figure.axes
    assert [label.get_text() for label in reach.get_yticklabels()] == ["plain", "GRU"]
    dots, bar, _, other_bar = (c.get_offsets() for c in size.collections)
    np.testing.assert_allclose(dots, [[1, 1], [3, 1]])  # the first row stands on top
    np.testing.assert_allclose(bar, [[2, 1]])
    np.testing.assert_allclose(other_bar, [[2, 0]])
    np.testing.assert_allclose(error.collections[3].get_offsets(), [[0.02, 0]])
    np.testing.assert_allclose(reach.collections[0].get_offsets()[:, 0], [1e-6, 0.2])
    assert [line.get_xdata()[0] for line in error.lines if line.get_linestyle() == ":"] == [1 / 6]
    np.testing.assert_allclose(size.collections[1].get_edgecolor()[0, :3], to_rgb(COLOURS[0]))
    np.testing.assert_allclose(size.collections[3].get_edgecolor()[0, :3], to_rgb(COLOURS[1]))


def test_a_display_has_a_bar_and_a_dot_at_every_step():
    shown = {"one": np.array([0.1, 0.2, 0.3]), "two": np.zeros((2, 3))}
    figure = display_figure("0.3 M+, 0 MR, 1 .", np.array([0, 0.3, 0]), shown)
    first, second = figure.axes
    assert [bar.get_height() for bar in first.patches] == [0, 0.3, 0]
    np.testing.assert_allclose(first.collections[0].get_offsets()[:, 1], [0.1, 0.2, 0.3])
    assert len(second.collections) == 2, "both networks"
    assert [a.get_title(loc="left") for a in figure.axes] == ["one", "two"]
    assert [label.get_text() for label in second.get_xticklabels()] == ["0.3\nM+", "0\nMR", "1\n."]


def test_inside_a_cell_gates_are_means_and_the_memory_is_a_line_a_unit():
    inputs = np.array([[0.5, 0], [0.9, 1], [0.2, 0], [0.4, 1]])
    steps = np.arange(1, 5)
    small = {"f": np.full((4, 2), 0.7), "i": np.array([[0.1, 0.3]] * 4), "c": np.ones((4, 2)) / 4}
    full = small | {"c": np.outer(steps, [1, -2, 3])}
    figure = inside_figure({"small": small, "full": full}, inputs)
    numbers, other_numbers, gates, _, memory, full_memory = figure.axes
    assert [a.get_title() for a in (numbers, other_numbers)] == ["small", "full"]
    assert [bar.get_height() for bar in numbers.patches] == [0.5, 0.9, 0.2, 0.4]
    dark = [bar.get_facecolor()[:3] == to_rgb(COLOURS[0]) for bar in numbers.patches]
    assert dark == [False, True, False, True], "the marked ones"
    f, i, *marks = gates.lines
    np.testing.assert_allclose(f.get_ydata(), 0.7)
    np.testing.assert_allclose(i.get_ydata(), 0.2)
    assert (f.get_linestyle(), i.get_linestyle()) == ("-", "--"), "told apart without colour"
    assert [mark.get_xdata()[0] for mark in marks] == [2, 4]
    units = [line for line in full_memory.lines if line.get_linestyle() == "-"]
    np.testing.assert_allclose([line.get_ydata() for line in units], full["c"].T)
    np.testing.assert_allclose(units[0].get_xdata(), steps)
    assert len(memory.patches) == 0 and len(full_memory.patches) == 2, "grey where |c| > 1"
    np.testing.assert_allclose(full_memory.get_ylim(), [-13.2, 13.2])
    np.testing.assert_allclose(memory.get_ylim(), [-0.275, 0.275])


def test_panels_can_be_chosen_and_named():
    rows = [row("plain", [0.1, 0.2], [1, 3], [0.1, 0.3])]
    figure = contest_figure(rows, no_skill=0.17, panels={"reach": "left", "error": "wrong"})
    left, wrong = figure.axes
    assert [axes.get_title() for axes in (left, wrong)] == ["left", "wrong"]
    assert [line.get_xdata()[0] for line in wrong.lines if line.get_linestyle() == ":"] == [0.17]
    assert not [line for line in left.lines if line.get_linestyle() == ":"]
