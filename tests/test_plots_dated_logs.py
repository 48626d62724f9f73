"""Figures of logs without dates."""

from course_lib.plots import dated_figure, told_figure

import matplotlib.pyplot as plt
import numpy as np
import pytest


@pytest.fixture(autouse=True)
def closed():
    yield
    plt.close("all")


def test_a_curve_is_the_share_told_right_after_each_line():
    right = np.array([[[1, 0, 1], [1, 0, 0]], [[1, 1, 1], [0, 0, 1]]], dtype=bool)
    (axes,) = told_figure({"one": right, "two": ~right}, sees=(2,)).axes
    one, two, mark = axes.lines
    assert one.get_xdata().tolist() == [1, 2, 3]
    assert one.get_ydata().tolist() == [0.75, 0.25, 0.75]
    assert two.get_ydata().tolist() == [0.25, 0.75, 0.25]
    assert mark.get_xdata() == [2, 2]
    assert [text.get_text() for text in axes.get_legend().get_texts()] == ["one", "two"]


@pytest.mark.parametrize(
    "right", [{"one": np.ones((2, 3))}, {"one": np.ones((1, 2, 3)), "two": np.ones((1, 2, 4))}]
)
def test_a_curve_refuses_what_has_no_lines(right):
    with pytest.raises(ValueError, match=r"Expected \(seeds, windows, lines\)"):
        told_figure(right)


def test_a_dated_log_has_a_column_a_line_and_a_row_a_day():
    belief = np.eye(7)[[2, 2, 3, 4]]
    above, below = dated_figure([5, 6, 7, 8], belief, [2, 2, 3, 3]).axes
    assert above.lines[0].get_ydata().tolist() == [5, 6, 7, 8]
    assert np.array_equal(below.images[0].get_array(), belief.T)
    assert below.lines[0].get_ydata().tolist() == [2, 2, 3, 3]
    assert [label.get_text() for label in below.get_yticklabels()][:3] == ["Mo", "Tu", "We"]


@pytest.mark.parametrize(
    ("belief", "weekdays"), [(np.ones((3, 7)), [0] * 4), (np.ones((4, 7)), [0] * 3)]
)
def test_a_dated_log_refuses_other_shapes(belief, weekdays):
    with pytest.raises(ValueError, match="Received"):
        dated_figure(np.zeros(4), belief, weekdays)
