"""Logs without dates: how many weekdays are told after how many lines, and one log dated again."""

from course_lib.plots.style import COLOURS

import matplotlib.pyplot as plt
import numpy as np

WEEK = ("Mo", "Tu", "We", "Th", "Fr", "Sa", "Su")


def told_figure(right, sees=()):
    """The share of windows told right after each line, a curve a network.

    Args:
        right: name -> (seeds, windows, lines), whether each line was told right.
        sees: lines where a dotted mark stands, such as the receptive fields.

    Returns:
        the figure.

    Raises:
        ValueError: an array of other than three axes, or of other than the first one's lines.
    """
    shapes = {name: np.shape(each) for name, each in right.items()}
    if {len(shape) for shape in shapes.values()} != {3} or len({s[2] for s in shapes.values()}) > 1:
        raise ValueError(f"Expected (seeds, windows, lines), the same lines for all. Got {shapes}")
    figure, axes = plt.subplots(figsize=(8, 3), layout="constrained")
    for name, each in right.items():
        curve = np.mean(each, axis=(0, 1))
        axes.plot(np.arange(1, len(curve) + 1), curve, label=name)
    for line in sees:
        axes.axvline(line, color="0.6", linestyle=":", linewidth=1)
    axes.set(xlabel="lines read so far", ylabel="weekday told", ylim=(0, 1))
    axes.legend(loc="upper left", ncols=len(right))
    return figure


def dated_figure(counts, belief, weekdays):
    """A log above, and below what a network believes of the weekday of each of its lines.

    Args:
        counts: (lines,), as the network reads them.
        belief: (lines, 7), probabilities from Monday to Sunday; the darker, the larger.
        weekdays: (lines,), the truth, 0 to 6: drawn as a line.

    Returns:
        the figure.

    Raises:
        ValueError: shapes that do not fit each other.
    """
    counts, belief, weekdays = np.asarray(counts), np.asarray(belief), np.asarray(weekdays)
    if belief.shape != (len(counts), len(WEEK)) or weekdays.shape != counts.shape:
        raise ValueError(
            "Expected counts (lines,), belief (lines, 7) and weekdays (lines,). "
            f"Received {counts.shape}, {belief.shape} and {weekdays.shape}"
        )
    figure, (above, below) = plt.subplots(2, figsize=(8, 4), sharex=True, layout="constrained")
    above.plot(counts, "-", linewidth=1)
    above.set_ylabel("count, scaled")
    below.imshow(belief.T, cmap="Greys", vmin=0, vmax=1, aspect="auto", interpolation="nearest")
    below.plot(weekdays, color=COLOURS[1], linestyle="-", linewidth=1.5)
    below.set(xlabel="line", yticks=range(len(WEEK)), yticklabels=WEEK)
    return figure
