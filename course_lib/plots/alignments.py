"""What a decoder looks at, and how errors grow with length."""

import matplotlib.pyplot as plt
import numpy as np


def attention_figure(panels):
    """Weights of attention as a map: a row for each sign written, a column for each sign read.

    Args:
        panels: list of (signs read, signs written, weights (written, read)); white is 0, dark blue 1.

    Returns:
        the figure.

    Raises:
        ValueError: weights of another shape.
    """
    figure, axes = plt.subplots(
        1, len(panels), figsize=(4 * len(panels), 3.4), layout="constrained", squeeze=False
    )
    for panel, (read, written, weights) in zip(axes[0], panels, strict=True):
        if np.shape(weights) != (len(written), len(read)):
            raise ValueError(
                f"Expected weights of shape (written, read) = ({len(written)}, {len(read)}). "
                f"Received: {np.shape(weights)}"
            )
        panel.imshow(weights, cmap="Blues", vmin=0, vmax=1, aspect="auto")
        panel.set_xticks(range(len(read)), list(read))
        panel.set_yticks(range(len(written)), list(written))
        panel.grid(False)
    return figure


def length_figure(groups, errors, *, xlabel, ylabel):
    """Error against length: a line a system, a dot a group of lengths; the scale begins at 0.

    Args:
        groups: names of the groups, shortest first.
        errors: dict from systems to one number a group.
        xlabel, ylabel: names of the axes.

    Returns:
        the figure.
    """
    figure, axes = plt.subplots(figsize=(7, 3.6), layout="constrained")
    for (name, values), marker in zip(errors.items(), "os^Dv", strict=False):
        axes.plot(list(groups), values, marker=marker, label=name)
    axes.set(xlabel=xlabel, ylabel=ylabel, ylim=(0, None))
    axes.legend()
    return figure
