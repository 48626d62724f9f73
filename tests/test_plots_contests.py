"""Figures of contests: what is drawn, not its pixels."""

from types import SimpleNamespace

from course_lib.plots import COLOURS, contest_figure, display_figure

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
