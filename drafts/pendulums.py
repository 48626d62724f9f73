"""A double pendulum on paper: its rods, the path of its lower ball, and where a network takes it to be."""

from course_lib.plots.style import COLOURS

import matplotlib.pyplot as plt
import numpy as np


def pendulum(axes, places, *, colour=COLOURS[0], label=None, path=True, line="-"):
    """Draw a pendulum at its last place, and the path that its lower ball has come along.

    Args:
        axes: where to draw.
        places: (timesteps, 4), x and y of the upper ball, x and y of the lower.
        colour, line: of path and rods.
        label: the path's, for a legend.
        path: whether the path is drawn.
    """
    places = np.asarray(places)
    if path:
        axes.plot(places[:, 2], places[:, 3], line, color=colour, linewidth=1.3, label=label)
    upper, lower = places[-1, :2], places[-1, 2:]
    rods = np.stack([(0, 0), upper, lower])
    axes.plot(
        rods[:, 0], rods[:, 1], linestyle="-", color=colour, linewidth=2, solid_capstyle="round"
    )
    axes.plot(*upper, "o", color=colour, markersize=9)
    axes.plot(*lower, "o", markerfacecolor="white", markeredgecolor=colour, markersize=11)
    axes.plot(0, 0, "s", color="black", markersize=5)
    axes.set(aspect="equal", xlim=(-2.15, 2.15), ylim=(-2.25, 0.7))
    axes.set_axis_off()


def dream_figure(truth, said, sights, seen, *, moments, step):
    """What was and what a network says, side by side, with the lower ball's path; below, sideways, in time.

    Args:
        truth, said: (timesteps, 4), places of both balls; the network's may be (networks, timesteps, 4),
            of which the first is drawn above and all are drawn below.
        sights: (timesteps, 2), the upper ball as seen.
        seen: (timesteps,), true where it is seen.
        moments: steps at which the pendulum is drawn.
        step: seconds of one step.

    Returns:
        the figure: above one panel a moment, below two.
    """
    said = np.asarray(said)
    said = said[None] if said.ndim == 2 else said
    figure = plt.figure(figsize=(9, 6.2), layout="constrained")
    grid = figure.add_gridspec(3, len(moments), height_ratios=(2.4, 1, 1))
    since = 0
    for column, moment in enumerate(moments):
        axes = figure.add_subplot(grid[0, column])
        span = slice(since, moment + 1)
        pendulum(axes, truth[span], label="what was")
        pendulum(axes, said[0, span], colour=COLOURS[1], label="what it says", line="--")
        light = "light" if seen[moment] else "dark"
        axes.set_title(f"{(moment + 1) * step:.1f} s, {light}")
        if not column:
            axes.legend(loc="upper center", bbox_to_anchor=(0.5, 0.02), ncols=2, fontsize=8)
        since = max(0, moment - round(0.5 / step))
    seconds = step * np.arange(1, len(truth) + 1)
    for row, (name, place) in enumerate({"upper ball": 0, "lower ball": 2}.items(), start=1):
        axes = figure.add_subplot(grid[row, :])
        for start, end in _dark_spans(np.asarray(seen, bool)):
            axes.axvspan(seconds[start] - step, seconds[end], color="0.9", linewidth=0)
        axes.plot(seconds, truth[:, place], color=COLOURS[0], linestyle="-", label="what was")
        for number, each in enumerate(said):
            label = None if number else "what it says"
            axes.plot(
                seconds, each[:, place], color=COLOURS[1], linestyle="--", linewidth=1, label=label
            )
        if place == 0:
            lit = np.flatnonzero(seen)
            axes.plot(step * lit, sights[lit, 0], ".", color="black", markersize=4, label="seen")
            axes.legend(loc="upper left", bbox_to_anchor=(1, 1))
            axes.tick_params(labelbottom=False)
        axes.set(ylabel=f"{name}\nsideways, m", xlim=(0, seconds[-1]))
    axes.set_xlabel("seconds; grey is dark")
    return figure


def _dark_spans(seen):
    """(first, last) step of every span in which nothing is seen."""
    edges = np.flatnonzero(np.diff(np.concatenate([[True], seen, [True]]).astype(int)))
    return [(start, end - 1) for start, end in zip(edges[::2], edges[1::2], strict=True)]
