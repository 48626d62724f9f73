"""The figure of savings: where dots and intervals stand, and what is refused."""

from course_lib.plots import savings_figure

import matplotlib.pyplot as plt
import pytest

SAVINGS = {"one": ([0.1, 0.3], (0.05, 0.4)), "two": ([-0.1], (-0.2, 0.1))}


def test_a_dot_is_the_mean_over_seeds_and_the_line_is_the_interval():
    figure = savings_figure(SAVINGS, against="rival", ringed=["two"])
    (axes,) = figure.axes
    zero, *rows = axes.lines
    assert list(zero.get_xdata()) == [0, 0]
    assert [list(line.get_xdata()) for line in rows] == [
        [0.05, 0.4],
        [pytest.approx(0.2)],
        [-0.2, 0.1],
        [-0.1],
    ]
    assert [line.get_ydata()[0] for line in rows] == [0, 0, 1, 1]
    assert [rows[i].get_markerfacecolor() == "white" for i in (1, 3)] == [False, True]
    assert [label.get_text() for label in axes.get_yticklabels()] == ["one", "two"]
    assert axes.get_ylim()[0] > axes.get_ylim()[1]  # the first stands at the top
    assert axes.get_xlabel() == "bits a word saved against the rival"
    plt.close(figure)


def test_a_ring_around_nobody_and_a_reversed_interval_are_refused():
    with pytest.raises(ValueError, match="three"):
        savings_figure(SAVINGS, against="rival", ringed=["three"])
    with pytest.raises(ValueError, match="low, high"):
        savings_figure({"one": ([0.1], (0.4, 0.05))}, against="rival")
