"""What word vectors know: the parallelogram of an analogy, learning from few labels, and dealt lists."""

from course_lib.plots.style import COLOURS, LINES

import matplotlib.pyplot as plt
import numpy as np

_MARKERS = "osD^vPX"


def parallelogram_figure(analogy, others):
    """The step from a to b put to c, in the plane through a, b and c; other words are seen from above.

    The first axis is the step b - a. Whatever a vector has outside the plane does not show.

    Args:
        analogy: three names to their vectors, (dimensions,): a, b and c.
        others: names of further words to their vectors.

    Returns:
        the figure.

    Raises:
        ValueError: not three words in the analogy, or words on one line, which span no plane.
    """
    if len(analogy) != 3:
        raise ValueError(f"Expected the three words a, b and c. Received: {list(analogy)}")
    a, b, c = (np.asarray(vector, dtype=float) for vector in analogy.values())
    step, side = b - a, c - a
    if np.linalg.norm(step) > 0:
        first = step / np.linalg.norm(step)
        second = side - side @ first * first
    if np.linalg.norm(step) < 1e-9 or np.linalg.norm(second) < 1e-9:
        raise ValueError(f"Expected words that span a plane. Received: {list(analogy)}, on a line")
    plane = np.stack([first, second / np.linalg.norm(second)], axis=1)  # (dimensions, 2)
    target = b - a + c
    at = {name: (vector - a) @ plane for name, vector in {**analogy, **others}.items()}
    figure, axes = plt.subplots(figsize=(4.2, 5), layout="constrained")
    for start, end, colour in ((a, b, COLOURS[0]), (c, target, COLOURS[1])):
        style = {"arrowstyle": "-|>", "color": colour, "linewidth": 2, "shrinkA": 5, "shrinkB": 3}
        axes.annotate("", (end - a) @ plane, (start - a) @ plane, arrowprops=style)
    for start, end in ((a, c), (b, target)):
        axes.plot(*np.array([(start - a) @ plane, (end - a) @ plane]).T, ":", color="0.6")
    axes.plot(*(target - a) @ plane, "x", color=COLOURS[1], markersize=9, markeredgewidth=2)
    axes.annotate("target", (target - a) @ plane, (7, 4), textcoords="offset points")
    for name, (x, y) in at.items():
        fill = COLOURS[0] if name in analogy else "white"
        axes.plot(x, y, "o", color=COLOURS[0], markerfacecolor=fill)
        axes.annotate(name, (x, y), (7, -11), textcoords="offset points")
    axes.set(xlabel="along the step from a to b", ylabel="across", aspect="equal")
    axes.margins(0.25, 0.12)
    return figure


def labels_figure(rows, *, marked=()):
    """Accuracy over the number of labels: a line a system, its interval at each mark.

    Args:
        rows: dict from names to dicts from numbers of labels to (mean, low, high).
        marked: names whose lines are thick.

    Returns:
        the figure.

    Raises:
        ValueError: no rows, or a marked name that is no row.
    """
    if not rows or not set(marked) <= set(rows):
        raise ValueError(f"Expected marked names out of {list(rows)}. Received: {list(marked)}")
    figure, axes = plt.subplots(figsize=(7, 3.8), layout="constrained")
    for number, (name, cells) in enumerate(rows.items()):
        counts = np.array(list(cells)) * 1.03 ** (number - len(rows) / 2)  # so that bars stay apart
        means, lows, highs = np.array(list(cells.values())).T
        axes.errorbar(
            counts,
            means,
            yerr=[means - lows, highs - means],
            color=COLOURS[number % len(COLOURS)],
            linestyle=LINES[number % len(LINES)],
            marker=_MARKERS[number % len(_MARKERS)],
            linewidth=2.4 if name in marked else 1.4,
            elinewidth=0.9,
            label=name,
        )
    ticks = sorted({count for cells in rows.values() for count in cells})
    axes.set(xscale="log", xlabel="labelled sentences", ylabel="accuracy")
    axes.set_xticks(ticks, [f"{count:,}" for count in ticks])
    axes.set_xticks([], minor=True)
    axes.legend(loc="upper left")
    return figure


def deals_figure(panels):
    """How a difference between two lists compares with all ways to deal the words: a panel a test.

    Args:
        panels: dict from titles to (true difference, differences of all deals).

    Returns:
        the figure.

    Raises:
        ValueError: no panels.
    """
    if not panels:
        raise ValueError("Expected at least one test. Received none")
    figure, row = plt.subplots(
        1, len(panels), figsize=(7.4, 2.5), sharey=True, squeeze=False, layout="constrained"
    )
    for axes, (title, (true, deals)) in zip(row[0], panels.items(), strict=True):
        axes.hist(deals, bins=41, color="0.8")
        axes.axvline(true, color=COLOURS[4], linewidth=2)
        axes.set(title=title, xlabel="difference of leans")
    row[0, 0].set_ylabel("deals")
    return figure
