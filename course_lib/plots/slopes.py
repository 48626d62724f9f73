"""The same systems under two conditions, side by side."""

from course_lib.plots.style import COLOURS

import matplotlib.pyplot as plt
import numpy as np

_MARKERS = "osD^vPX"


def slopes_figure(rows, *, label, marked=()):
    """One line a system, from its score under one condition to its score under the other.

    A mark is a mean and the bar at it an interval. Names stand at the right ends, in the order of the
    means there, pushed apart where they would cover each other.

    Args:
        rows: dict from names to dicts from two conditions, the same two for all, to (mean, low, high); what
            `interval_table` takes, too.
        label: what the scores are, beside the axis.
        marked: names to show in colour and dashed.

    Returns:
        the figure.

    Raises:
        ValueError: no rows, conditions that are not the same two, or a marked name that is no row.
    """
    conditions = {tuple(cells) for cells in rows.values()}
    if len(conditions) != 1 or len(next(iter(conditions))) != 2:
        raise ValueError(f"Expected the same two conditions in every row. Received: {conditions}")
    if not set(marked) <= set(rows):
        raise ValueError(f"Expected marked names out of {list(rows)}. Received: {list(marked)}")
    figure, axes = plt.subplots(figsize=(7, 4), layout="constrained")
    shifts = np.linspace(-0.05, 0.05, len(rows))
    for number, ((name, cells), shift) in enumerate(zip(rows.items(), shifts, strict=True)):
        means, lows, highs = np.array(list(cells.values())).T
        axes.errorbar(
            np.arange(2) + shift,
            means,
            yerr=[means - lows, highs - means],
            color=COLOURS[1 if name in marked else 0],
            linestyle="--" if name in marked else "-",
            marker=_MARKERS[number % len(_MARKERS)],
            markersize=6,
            elinewidth=0.8,
            linewidth=1.6,
            label=name,
        )
    low, high = axes.get_ylim()
    ends = sorted(((list(cells.values())[1][0], name) for name, cells in rows.items()))
    heights = np.array([mean for mean, _ in ends])
    for k in range(1, len(heights)):
        heights[k] = max(heights[k], heights[k - 1] + 0.055 * (high - low))
    heights -= (heights - [mean for mean, _ in ends]).mean()
    for height, (mean, name) in zip(heights, ends, strict=True):
        ink = COLOURS[1 if name in marked else 0]
        axes.plot([1.07, 1.12], [mean, height], color="0.7", linewidth=0.8)
        axes.text(1.13, height, name, va="center", size=9, color=ink)
    axes.set(xlim=(-0.15, 1.85), ylabel=label)
    axes.set_xticks([0, 1], next(iter(conditions)))
    axes.tick_params(axis="x", length=0)
    return figure
