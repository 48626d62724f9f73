"""Figures of maps and fixed points: what is drawn, not its pixels."""

from course_lib.plots import (
    cube_figure,
    predicted_figure,
    settling_figure,
    staircase_figure,
    switches_figure,
)

import matplotlib.pyplot as plt
import numpy as np
import pytest
from matplotlib.colors import to_hex


@pytest.fixture(autouse=True)
def closed():
    yield
    plt.close("all")


def fixed_points(axes):
    """(h, whether it is full) of the discs on the diagonal."""
    discs = [line for line in axes.lines if line.get_marker() == "o"]
    return [
        (round(float(disc.get_xdata()[0]), 2), to_hex(disc.get_markerfacecolor()) != "#ffffff")
        for disc in discs
    ]


def test_a_staircase_shows_which_points_are_stable():
    maps = {"forgets": lambda h: np.tanh(h / 2), "holds": lambda h: np.tanh(2 * h)}
    forgets, holds = staircase_figure(maps, starts=(0.5, -0.1), steps=3).axes
    assert fixed_points(forgets) == [(0, True)]
    assert fixed_points(holds) == [(-0.96, True), (0, False), (0.96, True)]
    paths = [line.get_xydata() for line in holds.lines if len(line.get_xdata()) == 7]
    h = np.tanh(2 * 0.5)
    np.testing.assert_allclose(paths[0][:4], [[0.5, 0.5], [0.5, h], [h, h], [h, np.tanh(2 * h)]])
    assert len(paths) == 2


def test_a_map_that_blinks_has_no_stable_point():
    (axes,) = staircase_figure({"blinks": lambda h: np.tanh(-2 * h)}, starts=(0.1,)).axes
    assert fixed_points(axes) == [(0, False)]


def test_a_cloud_keeps_the_colour_of_the_corner_where_it_ends():
    late = np.array([[1.0, 1, 1], [-1, -1, -1], [1, -1, 1]])
    first, last = settling_figure({"early": -late, "late": late}).axes
    np.testing.assert_allclose(first.collections[0].get_array(), [7, 0, 5])
    np.testing.assert_allclose(last.collections[0].get_array(), [7, 0, 5])
    assert [axes.get_title() for axes in (first, last)] == ["early", "late"]


def test_the_cube_counts_its_points_and_shows_every_eigenvalue():
    outputs, growing = np.zeros((4, 3)), np.array([0, 1, 1, 5])
    values = np.array([[0.5, 0.1j], [1.2, 0.3], [1.3, 0.2], [-1.1, 1.5]])
    space, plane = cube_figure(outputs, growing, values).axes
    labels = [text.get_text() for text in space.get_legend().get_texts()]
    assert labels == ["1 stable", "2 with 1 growing", "1 with 5 growing"]
    shown = np.concatenate([line.get_xydata() for line in plane.lines[1:]])
    np.testing.assert_allclose(shown, np.c_[values.ravel().real, values.ravel().imag])
    np.testing.assert_allclose(np.hypot(*plane.lines[0].get_xydata().T), 1)  # the unit circle


def test_predictions_stand_beside_the_diagonal():
    figure = predicted_figure([1.0, 2.0], {"good": [1, 2], "bad": [2, 1]}, label="pulse")
    good, bad = figure.axes
    np.testing.assert_allclose(good.collections[0].get_offsets(), [[1, 1], [2, 2]])
    np.testing.assert_allclose(bad.collections[0].get_offsets(), [[2, 1], [1, 2]])
    assert good.get_ylabel() == "pulse, measured" and bad.get_title() == "bad"
    x, y = good.lines[0].get_data()
    np.testing.assert_allclose(x, y)


def test_switches_have_a_panel_a_bit():
    pulses = np.array([[1.0, 0], [0, -0.4], [0, 0]])
    answers = np.array([[0.9, 0], [0.8, -0.2], [0.7, 0]])
    first, second = switches_figure(pulses, answers).axes
    assert [bar.get_height() for bar in second.patches] == [0, -0.4, 0]
    np.testing.assert_allclose(first.lines[0].get_ydata(), [0.9, 0.8, 0.7])
    assert [axes.get_ylabel() for axes in (first, second)] == ["A", "B"]
