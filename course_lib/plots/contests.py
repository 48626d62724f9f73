"""Cells beside each other: the contest that grows from lesson 04 to 06, and a calculator's display."""

from course_lib.plots.style import COLOURS

import matplotlib.pyplot as plt
import numpy as np


def contest_figure(rows, *, no_skill, marked=()):
    """One line a cell, one panel a measurement, one dot a seed, a bar at their mean.

    Args:
        rows: results with `name`, `reach`, `size` and `error`, arrays with one value a seed; the first
            stands on top (`course_lib.memory.Result`).
        no_skill: the error of whoever has learned nothing, a dotted line.
        marked: names to show in colour: those that a lesson adds.

    Returns:
        the figure.
    """
    panels = {
        "share of the gradient left\n(before training)": "reach",
        "size of the memory\n(before training)": "size",
        "mean squared error\n(after training)": "error",
    }
    figure, columns = plt.subplots(
        1, len(panels), figsize=(9, 0.9 + 0.34 * len(rows)), sharey=True, layout="constrained"
    )
    places = np.arange(len(rows))[::-1]
    for axes, (title, field) in zip(columns, panels.items(), strict=True):
        for place, row in zip(places, rows, strict=True):
            values = np.maximum(getattr(row, field), 1e-6)  # what is smaller stands at the edge
            colour = COLOURS[1] if row.name in marked else COLOURS[0]
            axes.axhline(place, color="0.9", linewidth=0.8, zorder=0)
            axes.scatter(values, [place] * len(values), s=22, facecolors="none", edgecolors=colour)
            axes.scatter([values.mean()], [place], s=180, marker="|", color=colour, linewidth=2.5)
        axes.set(xscale="log", title=title)
    columns[0].set_yticks(places, [row.name for row in rows])
    columns[0].set_xlim(left=5e-7)
    columns[2].axvline(no_skill, color="black", linestyle=":", linewidth=1)
    for axes in columns:
        axes.tick_params(axis="y", length=0)
    return figure


def display_figure(line, wanted, shown):
    """What a calculator's display must show at each step, and what networks show: one panel a network.

    Args:
        line: the steps as typed, such as "0.3 M+, 0.1 MR".
        wanted: (timesteps,), outlined bars.
        shown: name to (timesteps,) or (networks, timesteps), dots.

    Returns:
        the figure.
    """
    figure, column = plt.subplots(
        len(shown), 1, figsize=(8, 0.8 + 1.2 * len(shown)), sharex=True, sharey=True, squeeze=False,
        layout="constrained",
    )  # fmt: skip
    labels = [step.strip().replace(" ", "\n") for step in line.split(",")]
    places = np.arange(len(labels))
    for axes, (name, values) in zip(column[:, 0], shown.items(), strict=True):
        axes.bar(places, wanted, width=0.8, color="0.88", edgecolor="0.35", label="wanted")
        for number, answers in enumerate(np.atleast_2d(values)):
            axes.scatter(
                places,
                answers,
                s=26,
                color=COLOURS[4],
                zorder=3,
                label="shown" if not number else None,
            )
        axes.set_title(name, loc="left")
        axes.axhline(0, color="black", linewidth=0.8)
    column[0, 0].legend(loc="upper left", bbox_to_anchor=(1, 1))
    column[-1, 0].set_xticks(places, labels)
    return figure
