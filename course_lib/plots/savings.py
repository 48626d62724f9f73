"""What models save against one of them: a dot a model, with its interval."""

from course_lib.plots.intervals import interval_rows

import matplotlib.pyplot as plt
import numpy as np


def savings_figure(savings, *, against, ringed=(), unit="bits a word"):
    """Draw a dot and an interval for each model; the dashed line is the model that they are held against.

    Args:
        savings: model -> (savings of its seeds, (low, high)), as `language_models.saved` returns them; the
            first stands at the top.
        against: name of the model at 0.
        ringed: names of models that are drawn as hollow dots.
        unit: what is saved.

    Returns:
        the figure.

    Raises:
        ValueError: a name in `ringed` that is no model, or an interval whose ends are in the wrong order.
    """
    strangers = [name for name in ringed if name not in savings]
    if strangers:
        raise ValueError(f"ringed: expected some of {list(savings)}. Received: {strangers}")
    for name, (_, (low, high)) in savings.items():
        if low > high:
            raise ValueError(f"{name}: expected an interval (low, high). Received: ({low}, {high})")
    height = 0.9 + 0.33 * len(savings)
    figure, axes = plt.subplots(figsize=(7, height), layout="constrained")
    axes.axvline(0, color="black", linestyle="--", linewidth=1)
    rows = {name: (np.mean(gains), *ends) for name, (gains, ends) in savings.items()}
    interval_rows(axes, rows, hollow=ringed)
    axes.set_xlabel(f"{unit} saved against the {against}")
    return figure
