"""What a decoder looks at, and error against length, by what is drawn."""

from course_lib.plots import AlignmentTable, attention_figure, length_figure

import matplotlib.pyplot as plt
import numpy as np
import pytest


@pytest.fixture(autouse=True)
def closed():
    yield
    plt.close("all")


def test_a_row_is_a_sign_written_and_a_column_one_read():
    weights = np.array([[0.9, 0.1, 0.0], [0.0, 0.2, 0.8]])
    figure = attention_figure([("cat", ["K", "AE"], weights), ("a", ["EY"], [[1.0]])])
    first, second = figure.axes
    assert [tick.get_text() for tick in first.get_xticklabels()] == ["c", "a", "t"]
    assert [tick.get_text() for tick in first.get_yticklabels()] == ["K", "AE"]
    (image,) = first.images
    np.testing.assert_array_equal(image.get_array(), weights)
    assert image.get_clim() == second.images[0].get_clim() == (0, 1)
    assert first.get_ylim()[0] > first.get_ylim()[1]  # the first sign is on top


def test_weights_of_another_shape_are_refused():
    with pytest.raises(ValueError, match=r"\(2, 3\). Received: \(3, 2\)"):
        attention_figure([("cat", ["K", "AE"], np.zeros((3, 2)))])


def test_every_system_has_a_line_and_errors_begin_at_zero():
    errors = {"plain": [0.2, 0.5], "attention": [0.2, 0.25]}
    figure = length_figure(["short", "long"], errors, xlabel="letters", ylabel="error")
    (axes,) = figure.axes
    drawn = {line.get_label(): line.get_ydata().tolist() for line in axes.lines}
    assert drawn == errors
    assert len({line.get_marker() for line in axes.lines}) == 2
    assert axes.get_ylim()[0] == 0
    assert (axes.get_xlabel(), axes.get_ylabel()) == ("letters", "error")


def test_a_table_is_dark_where_the_weight_is():
    table = AlignmentTable(["<b>", "fan"], "风速", [[0.05, 0.95], [1.0, 0.0]])
    first, second = table._repr_html_().split("<tr>")[2:]
    assert "风" in first and "速" in second
    assert "rgb(20, 90, 161)" in first and ".95" in first and ".05" not in first
    assert "rgb(8, 81, 156)" in second and "1.00" in second
    assert "&lt;b&gt;" in table._repr_html_() and "<b>" not in table._repr_html_()
    assert repr(table).splitlines() == ["    <b>  fan", "风       .95", "速  1.00"]


@pytest.mark.parametrize("weights", [np.zeros((2, 1)), [[0.5, 1.5]], [[np.nan, 0]], [[-0.1, 1]]])
def test_a_table_refuses_what_are_no_weights(weights):
    with pytest.raises(ValueError, match="Expected weights"):
        AlignmentTable(["a", "b"], "风", weights)
