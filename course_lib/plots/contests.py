"""Cells beside each other: the contest of lessons 04 to 06, how they learn it, what goes on inside, a
calculator's display, and one unit over a sentence."""

from course_lib.plots.style import COLOURS

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.lines import Line2D

PANELS = {"reach": "before training", "size": "before training", "error": "after training"}
AXES = {
    "reach": "share of the gradient left",
    "size": "mean size of the memory",
    "error": "mean squared error",
}


def contest_figure(rows, *, no_skill, marked=(), panels=PANELS, names=None):
    """One line a cell, one panel a measurement, one dot a seed, a bar at their median.

    Args:
        rows: results with `name`, `reach`, `size` and `error`, arrays with one value a seed; the first
            stands on top (`course_lib.memory.Result`).
        no_skill: the error of whoever has learned nothing, a dotted line.
        marked: names to show in colour: those that a lesson adds.
        panels: the measurements that are shown, each with its title; the error stands last. What is
            measured stands under the axis, and a key of the signs under the figure.
        names: what the rows are called in the figure, and in `marked`; by default their own names.

    Returns:
        the figure.

    Raises:
        ValueError: another number of names than of rows.
    """
    rows = list(rows)
    names = [row.name for row in rows] if names is None else list(names)
    if len(names) != len(rows):
        raise ValueError(f"Expected {len(rows)} names, one a row. Received {len(names)}")
    figure, columns = plt.subplots(
        1, len(panels), figsize=(8.4, 1.5 + 0.34 * len(rows)), sharey=True, layout="constrained"
    )
    places = np.arange(len(rows))[::-1]
    for axes, (field, title) in zip(columns, panels.items(), strict=True):
        for place, name, row in zip(places, names, rows, strict=True):
            values = np.maximum(getattr(row, field), 1e-6)  # what is smaller stands at the edge
            colour = COLOURS[1] if name in marked else COLOURS[0]
            axes.axhline(place, color="0.9", linewidth=0.8, zorder=0)
            axes.scatter(values, [place] * len(values), s=22, facecolors="none", edgecolors=colour)
            axes.scatter(
                [np.median(values)], [place], s=180, marker="|", color=colour, linewidth=2.5
            )
        axes.set(xscale="log", title=title, xlabel=AXES[field])
    columns[0].set_yticks(places, names)
    columns[0].set_xlim(left=5e-7)
    columns[0].set_ylim(-0.6, len(rows) - 0.4)  # whole bars at the edges
    dotted = columns[-1].axvline(no_skill, color="black", linestyle=":", linewidth=1)
    for axes in columns:
        axes.tick_params(axis="y", length=0)
    sign = {"color": "0.3", "linestyle": "none"}
    circle = Line2D([], [], marker="o", markerfacecolor="none", markersize=5, **sign)
    bar = Line2D([], [], marker="|", markersize=13, markeredgewidth=2.5, **sign)
    words = ["one seed", "median of the seeds", "nothing learned"]
    figure.legend([circle, bar, dotted], words, loc="outside lower center", ncols=3)
    return figure


def inside_figure(cells, inputs):
    """What the memory does while one sequence of the adding problem is read: one column a cell.

    Top: the numbers, the two marked ones dark. Bottom: the memory c, one line a unit, each column on its
    own scale. Where |c| is above 1, and tanh is nearly flat, the ground is grey; dotted lines stand at the
    marks.

    Args:
        cells: name, the column's title, to the memory, (timesteps, units).
        inputs: (timesteps, 2), a number and a mark at each step.

    Returns:
        the figure.
    """
    figure, grid = plt.subplots(
        2, len(cells), figsize=(2.3 * len(cells) + 0.6, 3.4), sharex=True, squeeze=False,
        height_ratios=(1, 3), layout="constrained",
    )  # fmt: skip
    steps = np.arange(1, len(inputs) + 1)
    numbers, marked = inputs[:, 0], inputs[:, 1] == 1
    for (name, memory), (top, bottom) in zip(cells.items(), grid.T, strict=True):
        top.bar(steps, numbers, color=np.where(marked, COLOURS[0], "0.85"))
        bottom.plot(steps, memory, color=COLOURS[0], linestyle="-", linewidth=0.9)
        limit = 1.1 * np.abs(memory).max()
        for edge in (1, -1):
            if limit > 1:
                bottom.axhspan(edge, edge * limit, color="0.9", linewidth=0, zorder=0)
        for step in steps[marked]:
            bottom.axvline(step, color="black", linestyle=":", linewidth=1)
        top.set(title=name, ylim=(0, 1), yticks=[])
        bottom.set(ylim=(-limit, limit), xlabel="step")
    grid[0, 0].set_ylabel("number")
    grid[1, 0].set_ylabel("memory c")
    return figure


def learning_figure(curves, *, no_skill):
    """Errors during training: one panel a network, one thin line a seed, a thick one at their mean.

    Args:
        curves: name, the panel's title, to (updates, errors), arrays (measurements,) and
            (measurements, seeds), as in `course_lib.memory.Trial`.
        no_skill: the error of whoever has learned nothing, a dotted line.

    Returns:
        the figure.
    """
    figure, row = plt.subplots(
        1, len(curves), figsize=(1.75 * len(curves) + 0.6, 2.5), sharex=True, sharey=True,
        squeeze=False, layout="constrained",
    )  # fmt: skip
    for axes, (name, (updates, errors)) in zip(row[0], curves.items(), strict=True):
        axes.axhline(no_skill, color="black", linestyle=":", linewidth=1)
        axes.plot(updates, errors, color=COLOURS[3], linestyle="-", linewidth=0.9)
        axes.plot(updates, errors.mean(axis=1), color=COLOURS[0], linestyle="-", linewidth=2.2)
        axes.set(title=name, yscale="log", xlabel="update")
    row[0, 0].set(ylabel="mean squared error", xlim=(0, None))
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


def lock_figure(words, gate, states):
    """One unit while it reads a sentence: its update gate, a bar a word, above its state, lines.

    Args:
        words: of the sentence.
        gate: (words,), the unit's z at each word.
        states: name to (words,), the unit's state; several are readings of sentences as long as this one.

    Returns:
        the figure.

    Raises:
        ValueError: a gate or a state that has not one value a word.
    """
    for name, values in {"gate": gate, **states}.items():
        if len(values) != len(words):
            raise ValueError(
                f"Expected one value for each of {len(words)} words. Received {len(values)}: {name}"
            )
    figure, (top, bottom) = plt.subplots(
        2, 1, figsize=(8, 3.6), sharex=True, height_ratios=(1, 1.3), layout="constrained"
    )
    places = np.arange(len(words))
    top.bar(places, gate, color=COLOURS[0])
    top.set(ylim=(0, 1), yticks=(0, 0.5, 1), ylabel="gate z")
    for name, values in states.items():
        bottom.plot(places, values, marker="o", label=name)
    bottom.axhline(0, color="0.8", linewidth=0.8, zorder=0)
    bottom.set(ylim=(-1.05, 1.05), yticks=(-1, 0, 1), ylabel="state h")
    bottom.set_xticks(places, words)
    figure.legend(loc="outside lower center")
    return figure
