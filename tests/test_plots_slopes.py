"""The figure of two conditions."""

from course_lib.plots import slopes_figure

import matplotlib.pyplot as plt
import numpy as np
import pytest

ROWS = {
    "bag": {"shared": (0.9, 0.88, 0.92), "apart": (0.8, 0.78, 0.82)},
    "GRU": {"shared": (0.85, 0.83, 0.87), "apart": (0.801, 0.78, 0.83)},
    "mean": {"shared": (0.84, 0.83, 0.85), "apart": (0.7, 0.69, 0.72)},
}


@pytest.fixture
def axes():
    figure = slopes_figure(ROWS, label="accuracy", marked=["GRU"])
    yield figure.axes[0]
    plt.close(figure)


def test_a_line_goes_from_the_first_condition_to_the_second(axes):
    lines = [container.lines[0] for container in axes.containers]
    assert [list(line.get_ydata()) for line in lines] == [[0.9, 0.8], [0.85, 0.801], [0.84, 0.7]]
    assert [line.get_linestyle() for line in lines] == ["-", "--", "-"]
    assert [tick.get_text() for tick in axes.get_xticklabels()] == ["shared", "apart"]
    assert axes.get_ylabel() == "accuracy"


def test_the_bars_are_the_intervals(axes):
    (bars,) = axes.containers[1].lines[2]
    ends = [sorted(segment[:, 1]) for segment in bars.get_segments()]
    np.testing.assert_allclose(ends, [[0.83, 0.87], [0.78, 0.83]])


def test_names_stand_in_the_order_of_the_means_and_apart(axes):
    places = {text.get_text(): text.get_position()[1] for text in axes.texts}
    assert sorted(places, key=places.get) == ["mean", "bag", "GRU"]
    low, high = axes.get_ylim()
    assert places["GRU"] - places["bag"] > 0.04 * (high - low)


@pytest.mark.parametrize(
    ("rows", "marked", "message"),
    [
        ({}, [], "same two conditions"),
        ({"bag": {"shared": (1, 1, 1)}}, [], "same two conditions"),
        (ROWS | {"other": {"x": (1, 1, 1), "y": (1, 1, 1)}}, [], "same two conditions"),
        (ROWS, ["LSTM"], "marked names"),
    ],
)
def test_refuses(rows, marked, message):
    with pytest.raises(ValueError, match=message):
        slopes_figure(rows, label="accuracy", marked=marked)
