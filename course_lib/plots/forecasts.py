"""What an audit of a series of prices found."""

from course_lib.plots.style import COLOURS

import matplotlib.pyplot as plt


def audit_figure(audit):
    """The series with its test span, and each forecaster's skill and share of right directions.

    Args:
        audit: a `forecasting.Audit`.

    Returns:
        the figure: above, the closing prices on a logarithmic scale, the days tested in grey; below, one
        line a forecaster, a dot with its 95 % interval; dotted, "no change" and a coin; dashed, always
        "up".
    """
    figure = plt.figure(figsize=(9, 4.8), layout="constrained")
    above, below = figure.subfigures(2, 1, height_ratios=[1, 1])
    series = above.subplots()
    series.plot(audit.close.index, audit.close.to_numpy(), linewidth=1)
    series.axvspan(audit.origins[0], audit.origins[-1], color="0.9", zorder=0)
    series.set(yscale="log", ylabel="close")
    left, right = below.subplots(1, 2, sharey=True)
    names = list(audit.skills)
    for axes, measured, reference in ((left, audit.skills, 0), (right, audit.directions, 0.5)):
        for row, name in enumerate(names):
            value = measured[name]
            axes.plot([value.low, value.high], [row, row], color=COLOURS[0])
            axes.plot(value.estimate, row, "o", color=COLOURS[0])
        axes.axvline(reference, color="0.4", linestyle=":")
    right.axvline(audit.up, color=COLOURS[1], linestyle="--")
    left.set_yticks(range(len(names)), names)
    left.invert_yaxis()
    left.set_xlabel("skill against no change")
    right.set_xlabel("share of directions right")
    return figure
