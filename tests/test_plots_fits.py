"""Fits and leads, by what is drawn."""

import matplotlib

matplotlib.use("Agg")

from course_lib.plots import fit_figure, leads_figure

import matplotlib.pyplot as plt
import numpy as np
import pytest


def test_a_fit_is_the_best_straight_lines_and_every_point_is_drawn():
    x = np.arange(5.0)
    fits = fit_figure({"half": (x, 3 + x / 2), "odd": (x, [0, 1, 0, 1, 0])}, "counted", "learned")
    assert fits.loc["half"].tolist() == pytest.approx([1, 0.5])
    assert fits.loc["odd"].tolist() == pytest.approx([0, 0], abs=1e-12)
    left, right = plt.gcf().axes
    assert left.get_title() == "half" and right.get_title() == "odd"
    assert left.get_ylabel() == "learned" and right.get_xlabel() == "counted"
    np.testing.assert_array_equal(left.lines[0].get_xydata(), np.column_stack([x, 3 + x / 2]))
    assert left.lines[1].get_slope() == 1


@pytest.mark.parametrize(("x", "y"), [([1, 2], [1]), ([1], [1]), ([], [])])
def test_points_that_do_not_belong_together_are_refused(x, y):
    with pytest.raises(ValueError, match=f"a: expected two.*{len(x)} x and {len(y)} y"):
        fit_figure({"a": (x, y)}, "", "")


def test_leads_stand_beside_a_line_at_nothing():
    axes = leads_figure({"one": (0.1, 0.0, 0.2), "two": (-0.3, -0.4, -0.2)}, "ahead by")
    assert [label.get_text() for label in axes.get_yticklabels()] == ["one", "two"]
    assert axes.get_xlabel() == "ahead by"
    assert [line.get_xdata()[0] for line in axes.lines if line.get_linestyle() == ":"] == [0]
    assert [0.0, 0.2] in [list(line.get_xdata()) for line in axes.lines]
