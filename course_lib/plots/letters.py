"""Texts with every sign on a ground whose lightness says a number, such as the state of one unit."""

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.colors import Normalize
from matplotlib.patches import Rectangle


def coloured_letters(axes, texts, values, *, limit=1.0):
    """Write one text a line, each sign on a square: dark for -limit, light for +limit.

    Args:
        axes: where to write; its frame and ticks are taken away.
        texts: strings.
        values: for each text one number a sign. Values beyond the limit are drawn as the limit.
        limit: the colour scale runs from -limit to limit.

    Returns:
        the scale, for a colour bar.

    Raises:
        ValueError: another number of texts than of values, or of signs than of numbers in one of them.
    """
    if len(texts) != len(values):
        raise ValueError(f"Expected values for each of {len(texts)} texts. Received: {len(values)}")
    scale = plt.cm.ScalarMappable(Normalize(-limit, limit), plt.rcParams["image.cmap"])
    for row, (text, numbers) in enumerate(zip(texts, values, strict=True)):
        if len(text) != len(numbers):
            raise ValueError(
                f"Expected one value for each of the {len(text)} signs of {text!r}. "
                f"Received: {len(numbers)}"
            )
        for place, (sign, number) in enumerate(zip(text, numbers, strict=True)):
            colour = scale.to_rgba(number)
            axes.add_patch(Rectangle((place, row), 1, 1, facecolor=colour, edgecolor="white"))
            light = 0.299 * colour[0] + 0.587 * colour[1] + 0.114 * colour[2] > 0.5
            ink = "black" if light else "white"
            axes.text(place + 0.5, row + 0.52, sign, color=ink, ha="center", va="center", size=12)
    axes.set(xlim=(0, max(map(len, texts))), ylim=(len(texts), 0), aspect="equal")
    axes.set_axis_off()
    return scale


def by_place(axes, values, places, groups):
    """Draw the mean of some values at each place, one line a group: such as a unit along a line of verse.

    Args:
        axes: where to draw.
        values, places, groups: one number, one place and one name each.

    Raises:
        ValueError: not as many places and groups as values.
    """
    values, places, groups = map(np.asarray, (values, places, groups))
    if not values.shape == places.shape == groups.shape:
        raise ValueError(
            "Expected one place and one group for each value. "
            f"Received shapes: {values.shape}, {places.shape}, {groups.shape}"
        )
    for group, marker in zip(np.unique(groups), "osD^v", strict=False):
        at = np.unique(places[groups == group])
        means = [values[(groups == group) & (places == place)].mean() for place in at]
        axes.plot(at, means, marker=marker, label=str(group))
    axes.legend()
