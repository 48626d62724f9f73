"""Maps that a state goes through again and again: staircases, and where three outputs come to rest."""

from course_lib.plots.style import COLOURS

import matplotlib.pyplot as plt
import numpy as np

MARKERS = ("o", "s", "^", "*", "D")
"""A fixed point by the number of its growing directions; the stable one is a disc."""


def staircase_figure(maps, starts, *, steps=12, reach=1.25):
    """The path of a number under h -> F(h): up or down to the curve, then across to the diagonal.

    Where the curve meets the diagonal stands a fixed point: full if F is flatter there than the diagonal,
    so that it is stable, else hollow.

    Args:
        maps: title to F, which works on arrays entry by entry.
        starts: the first h of each staircase.
        steps: the stairs of each.
        reach: the axes run from -reach to reach.

    Returns:
        the figure, one panel a map.
    """
    figure, row = plt.subplots(
        1, len(maps), figsize=(3.1 * len(maps), 3.2), sharey=True, layout="constrained"
    )
    line = np.linspace(-reach, reach, 4000)  # an even number, so that 0 is not among them
    for axes, (title, F) in zip(np.atleast_1d(row), maps.items(), strict=True):
        axes.plot(line, line, color="0.6", linestyle="-", linewidth=1, label="h stays")
        axes.plot(line, F(line), color=COLOURS[0], linestyle="-", label="F(h)")
        for start in starts:
            h, path = start, [(start, start)]
            for _ in range(steps):
                new = float(F(np.array(h)))
                path += [(h, new), (new, new)]
                h = new
            axes.plot(*zip(*path, strict=True), color=COLOURS[1], linestyle="-", linewidth=1.2)
            axes.plot([start], [start], marker=".", color=COLOURS[1], linestyle="")
        beside = np.sign(F(line) - line)
        for place in np.flatnonzero(np.diff(beside)):
            h = line[place : place + 2].mean()
            slope = np.diff(F(line[place : place + 2]))[0] / np.diff(line[place : place + 2])[0]
            axes.plot(
                [h], [h], marker="o", markersize=8, markeredgecolor=COLOURS[0], linestyle="", zorder=4,
                markerfacecolor=COLOURS[0] if abs(slope) < 1 else "white",
            )  # fmt: skip
        axes.set(title=title, xlabel="h now", xlim=(-reach, reach), ylim=(-reach, reach))
        axes.set_aspect("equal")
    first = np.atleast_1d(row)[0]
    first.set_ylabel("h one step later")
    first.legend(loc="upper left", fontsize=8)
    return figure


def settling_figure(outputs):
    """Three outputs of many states as a cloud in space, at several times.

    Args:
        outputs: title to (states, 3), the same states in the same order each time. Those that end in the
            same corner have the same colour in every panel.

    Returns:
        the figure, one panel a time.
    """
    figure = plt.figure(figsize=(2.6 * len(outputs), 2.9))
    *_, last = outputs.values()
    corner = (last > 0) @ [1, 2, 4]
    for number, (title, cloud) in enumerate(outputs.items(), 1):
        axes = figure.add_subplot(1, len(outputs), number, projection="3d")
        axes.scatter(*cloud.T, c=corner, cmap="cividis", s=7, alpha=0.7, vmin=0, vmax=7)
        _space(axes, title)
    figure.subplots_adjust(left=0.01, right=0.97, bottom=0.06, top=0.92, wspace=0.08)
    return figure


def cube_figure(outputs, growing, eigenvalues):
    """Fixed points by what they answer, and all their eigenvalues beside the unit circle.

    Args:
        outputs: (points, 3).
        growing: (points,), how many directions grow there: the marker.
        eigenvalues: (points, units), complex.

    Returns:
        the figure.
    """
    figure = plt.figure(figsize=(8.6, 4.2))
    space = figure.add_subplot(1, 2, 1, projection="3d")
    plane = figure.add_subplot(1, 2, 2)
    circle = np.exp(1j * np.linspace(0, 2 * np.pi, 200))
    plane.plot(circle.real, circle.imag, color="black", linestyle="-", linewidth=0.8)
    for number in np.unique(growing):
        chosen = growing == number
        style = {
            "marker": MARKERS[min(number, 4)],
            "color": COLOURS[(0, 1, 2, 4, 3)[min(number, 4)]],
        }
        label = f"{chosen.sum()} with {number} growing" if number else f"{chosen.sum()} stable"
        space.scatter(*outputs[chosen].T, s=55, depthshade=False, label=label, **style)
        values = eigenvalues[chosen].ravel()
        plane.plot(values.real, values.imag, linestyle="", markersize=4, alpha=0.6, **style)
    _space(space, "what they answer")
    space.legend(loc="upper center", bbox_to_anchor=(0.5, -0.04), fontsize=8, ncols=2)
    plane.set(aspect="equal", xlabel="real part", ylabel="imaginary part", title="eigenvalues")
    figure.subplots_adjust(left=0.01, right=0.98, bottom=0.18, top=0.92, wspace=0.3)
    return figure


def _space(axes, title):
    axes.set(xlim=(-1.4, 1.4), ylim=(-1.4, 1.4), zlim=(-1.4, 1.4), title=title)
    for axis, letter in zip((axes.xaxis, axes.yaxis, axes.zaxis), "ABC", strict=True):
        axis.set_ticks([-1, 0, 1])
        axis.set_tick_params(labelsize=7, pad=-2)
        axis.set_label_text(letter)
        axis.labelpad = -8


def predicted_figure(measured, predictions, *, label):
    """What was measured against what was predicted: one panel a rule, the diagonal is agreement.

    Args:
        measured: (cases,).
        predictions: name of the rule to (cases,).
        label: what both are.

    Returns:
        the figure.
    """
    figure, row = plt.subplots(
        1, len(predictions), figsize=(2.9 * len(predictions), 3), sharey=True, layout="constrained"
    )
    ends = [min(measured) * 0.9, max(measured) * 1.1]
    for axes, (name, values) in zip(np.atleast_1d(row), predictions.items(), strict=True):
        axes.plot(ends, ends, color="0.6", linestyle="-", linewidth=1)
        axes.scatter(values, measured, s=18, facecolors="none", edgecolors=COLOURS[0])
        axes.set(title=name, xlabel="predicted")
    np.atleast_1d(row)[0].set_ylabel(f"{label}, measured")
    return figure


def switches_figure(pulses, answers):
    """Pulses as bars and what is answered as a line, one panel a bit.

    Args:
        pulses: (timesteps, bits).
        answers: (timesteps, bits).

    Returns:
        the figure.
    """
    bits = pulses.shape[1]
    figure, column = plt.subplots(
        bits, 1, figsize=(8, 0.7 + 0.9 * bits), sharex=True, sharey=True, squeeze=False,
        layout="constrained",
    )  # fmt: skip
    places = np.arange(len(pulses))
    for number, axes in enumerate(column[:, 0]):
        axes.bar(places, pulses[:, number], width=0.8, color=COLOURS[1], label="pulse")
        axes.plot(places, answers[:, number], color=COLOURS[0], linestyle="-", label="answer")
        axes.axhline(0, color="black", linestyle="-", linewidth=0.6)
        axes.set_ylabel("ABCDEFGH"[number], rotation=0, labelpad=10)
    column[0, 0].legend(loc="upper left", bbox_to_anchor=(1, 1))
    column[-1, 0].set_xlabel("step")
    return figure
