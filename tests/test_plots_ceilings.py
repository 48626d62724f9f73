"""Skills under their ceilings, by what is drawn."""

from course_lib.forecasting import Interval
from course_lib.plots import ceiling_figure

import matplotlib.pyplot as plt


def test_every_skill_has_its_row_and_every_ceiling_its_line():
    skills = {"HAR": Interval(0.3, 0.2, 0.4), "EWMA": Interval(0.25, 0.1, 0.35)}
    figure = ceiling_figure(skills, {"Gaussian": 0.56, "fat": 0.45}, xlabel="skill")
    axes = figure.axes[0]
    assert [tick.get_text() for tick in axes.get_yticklabels()] == ["HAR", "EWMA"]
    assert axes.get_ylim()[0] > axes.get_ylim()[1]  # the first row is on top
    drawn = [line.get_xdata() for line in axes.lines]
    assert [list(map(float, pair)) for pair in drawn if len(pair) == 2] == [
        [0.2, 0.4],
        [0.1, 0.35],
        [0, 0],
        [0.56, 0.56],
        [0.45, 0.45],
    ]
    legend = [text.get_text() for text in axes.get_legend().get_texts()]
    assert legend == ["ceiling: Gaussian, 0.56", "ceiling: fat, 0.45"]
    plt.close(figure)
