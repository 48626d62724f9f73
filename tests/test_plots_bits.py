"""The square of two bits: where each answer stands, and on which side of the line."""

from course_lib.plots import two_bits_figure

import matplotlib.pyplot as plt
import pytest


@pytest.fixture
def panels():
    figure = two_bits_figure()
    yield figure.axes
    plt.close(figure)


def answers(axes):
    return {text.get_position(): text.get_text() for text in axes.texts}


def test_yes_is_exactly_one(panels):
    left, right = map(answers, panels)
    assert left == {(0, 0): "no", (0, 1): "yes", (1, 0): "yes", (1, 1): "no"}
    assert right == {(x, y): "no" if x * y > 0 else "yes" for x in (-1, 1) for y in (-1, 1)}


def test_the_line_of_the_sum_is_wrong_in_the_ringed_corner_only(panels):
    line, ring = panels[0].lines
    (x0, x1), (y0, y1) = line.get_data()
    assert x0 + y0 == x1 + y1  # a sum: before + after = constant
    wrong = [
        place
        for place, word in answers(panels[0]).items()
        if (sum(place) > x0 + y0) != (word == "yes")
    ]
    assert wrong == [(ring.get_xdata()[0], ring.get_ydata()[0])]
