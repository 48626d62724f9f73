"""Letters on coloured ground: what is written where, how light, and in which ink."""

from course_lib.plots import by_place, coloured_letters

import matplotlib.pyplot as plt
import numpy as np
import pytest
from matplotlib.colors import to_rgb


@pytest.fixture
def axes():
    figure, axes = plt.subplots()
    yield axes
    plt.close(figure)


def lightness(colour):
    return np.dot(to_rgb(colour[:3]), (0.299, 0.587, 0.114))


def test_every_sign_stands_on_its_square(axes):
    coloured_letters(axes, ["ab", "c."], [[-1, 1], [0, 0.5]])
    written = {text.get_text(): text.get_position() for text in axes.texts}
    assert written == {"a": (0.5, 0.52), "b": (1.5, 0.52), "c": (0.5, 1.52), ".": (1.5, 1.52)}
    assert [square.get_xy() for square in axes.patches] == [(0, 0), (1, 0), (0, 1), (1, 1)]
    assert axes.get_ylim() == (2, 0)  # the first text is on top


def test_the_larger_the_number_the_lighter_the_ground(axes):
    coloured_letters(axes, ["abcd"], [[-1, -0.2, 0.4, 1]])
    grounds = [lightness(square.get_facecolor()) for square in axes.patches]
    assert grounds == sorted(grounds)
    for text, ground in zip(axes.texts, grounds, strict=True):
        assert abs(lightness(to_rgb(text.get_color())) - ground) >= 0.45


def test_the_limit_sets_the_scale(axes):
    scale = coloured_letters(axes, ["ab"], [[2, 5]], limit=2)
    assert (scale.norm.vmin, scale.norm.vmax) == (-2, 2)
    first, second = (square.get_facecolor() for square in axes.patches)
    assert first == scale.to_rgba(2) and np.allclose(first, second, atol=0.02)


@pytest.mark.parametrize(
    ("values", "message"), [([], "each of 1 texts"), ([[1]], "each of the 2 signs of 'ab'")]
)
def test_numbers_that_do_not_fit_are_refused(axes, values, message):
    with pytest.raises(ValueError, match=message):
        coloured_letters(axes, ["ab"], values)


def test_means_at_each_place_one_line_a_group():
    figure, axes = plt.subplots()
    by_place(axes, [1, 3, 5, 0, 2], [0, 0, 1, 0, 2], ["a", "a", "a", "b", "b"])
    a, b = axes.lines
    assert (a.get_label(), list(a.get_xdata()), list(a.get_ydata())) == ("a", [0, 1], [2, 5])
    assert (b.get_label(), list(b.get_xdata()), list(b.get_ydata())) == ("b", [0, 2], [0, 2])
    with pytest.raises(ValueError, match="one place and one group"):
        by_place(axes, [1, 2], [0, 1], ["a"])
    plt.close(figure)
