"""Skills with their intervals, and how high a skill could be."""

from course_lib.plots.intervals import interval_rows
from course_lib.plots.style import COLOURS

import matplotlib.pyplot as plt


def ceiling_figure(skills, ceilings, *, xlabel):
    """One row a forecaster, a dot with its interval; upright lines at 0 and at each ceiling.

    Args:
        skills: name -> an interval with `estimate`, `low` and `high`, such as a `forecasting.Interval`.
        ceilings: name -> the highest skill that is possible under the assumption of that name.
        xlabel: of the axis of skills.

    Returns:
        the figure; the numbers stand at the right of their rows.
    """
    figure, axes = plt.subplots(figsize=(9, 0.9 + 0.38 * len(skills)), layout="constrained")
    interval_rows(axes, {name: (it.estimate, it.low, it.high) for name, it in skills.items()})
    axes.axvline(0, color="0.4", linestyle=":")
    for number, (name, height) in enumerate(ceilings.items()):
        label = f"ceiling: {name}, {height:.2f}"
        axes.axvline(height, color=COLOURS[1], linestyle=("-", "--", "-.")[number % 3], label=label)
    numbers = axes.secondary_yaxis("right")
    numbers.set_yticks(range(len(skills)), [str(skill) for skill in skills.values()])
    for side in (axes, numbers):
        side.tick_params(axis="y", length=0)
    numbers.spines["right"].set_visible(False)
    axes.set_xlabel(xlabel)
    axes.legend(loc="lower center", bbox_to_anchor=(0.5, 1), ncols=max(1, len(ceilings)))
    return figure
