"""The look of the course's figures: opaque white, so that they read in dark themes, and told apart by
line style and lightness as well as by colour, so that they read in greyscale."""

import matplotlib.pyplot as plt
from cycler import cycler

COLOURS = ("#16325c", "#d9822b", "#3a9188", "#9a9a9a", "#7b2d43")  # dark to light and back
LINES = ("-", "--", "-.", ":", (0, (5, 1, 1, 1, 1, 1)))


def course_style():
    """Set matplotlib's defaults for a lesson; call it once, after the imports."""
    plt.rcParams.update(
        {
            "axes.prop_cycle": cycler(color=COLOURS) + cycler(linestyle=LINES),
            "axes.spines.top": False,
            "axes.spines.right": False,
            "figure.facecolor": "white",
            "figure.dpi": 100,
            "font.size": 10,
            "axes.titlesize": 10,
            "legend.frameon": False,
            "image.cmap": "cividis",
            "svg.hashsalt": "recurrence",
        }
    )


def state_heatmap(axes, states, words=None, *, limit=1.0):
    """Draw states (time, units) as a picture: one column a time step, one row a unit.

    Args:
        axes: where to draw.
        states: array (time, units).
        words: labels of the time steps, at most one each.
        limit: the colour scale runs from -limit to limit.

    Returns:
        the image, for a colour bar.
    """
    image = axes.imshow(states.T, vmin=-limit, vmax=limit, aspect="auto", interpolation="nearest")
    axes.set_ylabel("unit")
    if words is not None:
        axes.set_xticks(range(len(words)), words, rotation=60, ha="right")
    return image
