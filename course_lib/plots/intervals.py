"""Rows of estimates with their intervals, which several figures have in common."""

from course_lib.plots.style import COLOURS


def interval_rows(axes, rows, *, hollow=()):
    """One row a name, the first at the top: a dot at the estimate, a line from low to high.

    Args:
        axes: where they are drawn; its rows are named and turned top down.
        rows: name -> (estimate, low, high).
        hollow: names whose dots are not filled.
    """
    for place, (name, (estimate, low, high)) in enumerate(rows.items()):
        fill = "white" if name in hollow else COLOURS[0]
        axes.plot([low, high], [place, place], "-", color=COLOURS[0])
        axes.plot([estimate], [place], "o", color=COLOURS[0], markerfacecolor=fill)
    axes.set_yticks(range(len(rows)), list(rows))
    axes.set_ylim(len(rows) - 0.5, -0.5)
