"""What was learned against what was counted, and leads with their intervals."""

from course_lib.plots.intervals import interval_rows
from course_lib.plots.style import COLOURS

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd


def fit_figure(panels, across, up):
    """One panel a name: its points, and the dashed line of those where both numbers are the same.

    Args:
        panels: name -> (x, y), two arrays of one length, at least two points.
        across, up: what x and y are.

    Returns:
        a frame with one row a name: correlation and slope, of the straight line that fits best.

    Raises:
        ValueError: x and y of other lengths, or fewer than two points.
    """
    for name, (x, y) in panels.items():
        if len(x) != len(y) or len(x) < 2:
            raise ValueError(
                f"{name}: expected two or more points. Received {len(x)} x and {len(y)} y"
            )
    _, axes = plt.subplots(
        1, len(panels), figsize=(2.6 * len(panels), 2.8), squeeze=False, layout="constrained"
    )
    fits = {}
    for panel, (name, (x, y)) in zip(axes[0], panels.items(), strict=True):
        panel.plot(x, y, ".", markersize=1.5, color=COLOURS[0], rasterized=True)
        panel.axline((0, 0), slope=1, color="black", linestyle="--", linewidth=1)
        panel.set(title=name, xlabel=across)
        fits[name] = {"correlation": np.corrcoef(x, y)[0, 1], "slope": np.polyfit(x, y, 1)[0]}
    axes[0, 0].set_ylabel(up)
    return pd.DataFrame(fits).T


def leads_figure(rows, across):
    """One row a name: a lead and its interval, and a dotted line at 0.

    Args:
        rows: name -> (lead, low, high).
        across: what the lead is.

    Returns:
        the axes.
    """
    _, axes = plt.subplots(figsize=(7, 0.7 + 0.3 * len(rows)), layout="constrained")
    interval_rows(axes, rows)
    axes.axvline(0, color="black", linestyle=":")
    axes.set_xlabel(across)
    return axes
