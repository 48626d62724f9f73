"""Two bits and one answer, as a square: what a sum can tell apart, and what a product can."""

from course_lib.plots.style import COLOURS

import matplotlib.pyplot as plt


def two_bits_figure():
    """Draw "exactly one of two" for a sum of two bits, and for the product of two numbers of size 1.

    On the left no straight line has both *yes* on one side and both *no* on the other: the line shown
    leaves one corner, ringed, on the wrong side. On the right the sign of the product is the answer.

    Returns:
        the figure; its label describes it in one sentence.
    """
    figure, (left, right) = plt.subplots(1, 2, figsize=(7, 3.1), layout="constrained")
    figure.set_label(
        "A square of four answers: a line cannot part yes from no, the sign of a product can."
    )
    left.fill_between([-0.5, 1.0], [1.0, -0.5], -0.5, color="0.92")
    left.plot([-0.5, 1.0], [1.0, -0.5], color="black", linestyle="--")
    left.plot([1], [1], "o", markersize=38, fillstyle="none", color="black", label="wrong")
    for x, y in ((0, 0), (-1.5, -1.5)):  # where the product is positive: no
        right.fill_between([x, x + 1.5], y, y + 1.5, color="0.92")
    for axes, values, title in (
        (left, (0, 1), "a sum: one line, one mistake"),
        (right, (-1, 1), "a product: its sign is the answer"),
    ):
        for i, before in enumerate(values):
            for j, after in enumerate(values):
                word, colour = ("no", COLOURS[0]) if i == j else ("yes", COLOURS[1])
                place = {"ha": "center", "va": "center", "weight": "bold"}
                axes.text(before, after, word, color=colour, size=13, **place)
        edge = 0.5 * (values[1] - values[0]) / (1 if values[0] == 0 else 2)
        names = [f"none: {values[0]}", f"a mark: {values[1]}"]
        axes.set_xticks(values, names)
        axes.set_yticks(values, names, rotation=90, va="center")
        axes.set(
            xlim=(values[0] - edge, values[1] + edge), ylim=(values[0] - edge, values[1] + edge)
        )
        axes.set(title=title, xlabel="before the word", ylabel="after the word")
    right.axhline(0, color="black", linestyle="--", zorder=1)
    right.axvline(0, color="black", linestyle="--", zorder=1)
    for axes in (left, right):
        axes.set_aspect("equal")
        axes.grid(visible=False)
    return figure
