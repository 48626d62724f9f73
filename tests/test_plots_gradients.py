"""Figures of gradients: what is drawn, not its pixels."""

from course_lib.plots import (
    gradient_map,
    product_figure,
    spread_figure,
    terms_figure,
)

import matplotlib.pyplot as plt
import numpy as np
import pytest


@pytest.fixture(autouse=True)
def closed():
    yield
    plt.close("all")


def test_a_map_has_a_row_a_radius_and_a_column_a_word():
    sizes = np.array([[0.01, 0.1, 1], [100, 10, 1]])
    figure = gradient_map({"tanh": sizes, "ReLU": sizes * 0}, [0.5, 1.5], ["a", "b", "c"])
    first, second, _ = figure.axes
    picture = first.images[0]
    np.testing.assert_allclose(picture.get_array(), [[-2, -1, 0], [2, 1, 0]])
    np.testing.assert_allclose(picture.get_extent(), (-0.5, 2.5, 0, 2))  # each row at its radius
    assert picture.origin == "lower" and np.isfinite(second.images[0].get_array()).all()
    assert [label.get_text() for label in second.get_xticklabels()] == ["a", "b", "c"]


def test_a_map_refuses_sizes_of_another_shape():
    with pytest.raises(ValueError, match=r"\(2, 3\).*\(3, 2\)"):
        gradient_map({"tanh": np.ones((3, 2))}, [0.5, 1.5], ["a", "b", "c"])


def test_a_product_shows_every_number_where_it_stands():
    matrix = np.array([[0.1, 0.2], [0.3, -0.9]])
    figure = product_figure([("v", [1.0, 0.0]), ("M", matrix), ("w", [0.1, 0.2])], ["·", "="])
    texts = {text.get_text(): text.get_position() for text in figure.axes[0].texts}
    assert texts["v"][0] < texts["·"][0] < texts["M"][0] < texts["="][0] < texts["w"][0]
    assert texts["0.300"][0] < texts["-0.900"][0]
    assert texts["0.300"][1] == texts["-0.900"][1] < texts["v"][1], "the second row is below"
    filled = [p.get_alpha() for p in figure.axes[0].patches if p.get_alpha() is not None]
    np.testing.assert_allclose(filled, 0.8 * np.array([1, 0, 0.1, 0.2, 0.3, 0.9, 0.1, 0.2]))
    with pytest.raises(ValueError, match="Expected 1 signs"):
        product_figure([("v", [1.0]), ("w", [1.0])], [])


def test_terms_stand_by_their_distance_from_the_end():
    (axes,) = terms_figure({"plain": np.array([[0.01, 1.0], [0.04, 4.0]])}).axes
    (line,) = axes.lines
    np.testing.assert_allclose(line.get_xdata(), [0, 1])
    np.testing.assert_allclose(line.get_ydata(), [2, 0.02])  # the geometric mean of the seeds


def test_a_spread_is_a_median_in_a_band_from_the_least_to_the_greatest():
    axes = spread_figure([[1, 4], [2, 1], [9, 2]], xlabel="words back", ylabel="left").axes[0]
    _, median = axes.lines
    assert median.get_xdata().tolist() == [1, 2] and median.get_ydata().tolist() == [2, 2]
    corners = {tuple(corner) for corner in axes.collections[0].get_paths()[0].vertices.tolist()}
    assert corners == {(1, 1), (1, 9), (2, 1), (2, 4)}
    assert axes.get_yscale() == "log"
    assert (axes.get_xlabel(), axes.get_ylabel()) == ("words back", "left")


@pytest.mark.parametrize("rows", [[1, 2], [[1, 0]], [[1, np.nan]], np.ones((0, 3))])
def test_a_spread_needs_rows_of_numbers_above_0(rows):
    with pytest.raises(ValueError, match="curves, steps"):
        spread_figure(rows, xlabel="", ylabel="")


def test_a_text_stands_at_the_far_end_of_its_line():
    terms = {"plain": np.array([[0.01, 1.0], [0.04, 4.0]]), "IRNN": np.ones((1, 2))}
    (axes,) = terms_figure(terms, ends={"plain": "error 0.17", "IRNN": "error 0.01"}).axes
    first, second = axes.texts
    assert (first.get_text(), second.get_text()) == ("error 0.17", "error 0.01")
    np.testing.assert_allclose([first.get_position(), second.get_position()], [(2, 0.02), (2, 1)])


def test_rows_of_a_map_may_be_something_else_than_radii():
    maps = {"tanh": np.ones((2, 1))}
    (axes, _) = gradient_map(maps, [1, 2], ["a"], ylabel="inputs", marked=None).axes
    assert axes.get_ylabel() == "inputs" and not axes.lines
    (axes, _) = gradient_map(maps, [1, 2], ["a"], marked=2).axes
    assert [line.get_ydata()[0] for line in axes.lines] == [2]
