"""Figures of a gradient on its way back: over a sentence, beside its bound, and term by term."""

from course_lib.plots.style import COLOURS

import matplotlib.pyplot as plt
import numpy as np


def gradient_map(panels, radii, words, *, decades=4, ylabel="spectral radius ρ", marked=1):
    """How much of the gradient is left at each word: one row a radius, one column a word.

    Args:
        panels: title to sizes (radii, words), 1 at the last word; one panel each, below each other.
        radii: the spectral radius of each row, ascending.
        words: what stands under the columns.
        decades: the colours run from 10 ** -decades to 10 ** decades; what lies outside has the end's.
        ylabel: what the rows are, where it is not the radius.
        marked: the row with a dashed line; None for no line.

    Returns:
        the figure.

    Raises:
        ValueError: sizes of another shape.
    """
    for title, sizes in panels.items():
        if np.shape(sizes) != (len(radii), len(words)):
            raise ValueError(
                f"{title}: expected sizes (radii, words) = {(len(radii), len(words))}. "
                f"Received {np.shape(sizes)}"
            )
    figure, column = plt.subplots(
        len(panels), 1, figsize=(9.5, 0.9 + 2 * len(panels)), sharex=True, squeeze=False,
        layout="constrained",
    )  # fmt: skip
    half = (radii[1] - radii[0]) / 2 if len(radii) > 1 else 0.5
    edges = (-0.5, len(words) - 0.5, radii[0] - half, radii[-1] + half)
    for axes, (title, sizes) in zip(column[:, 0], panels.items(), strict=True):
        picture = axes.imshow(
            np.log10(np.maximum(sizes, 1e-300)), aspect="auto", origin="lower", extent=edges,
            vmin=-decades, vmax=decades, interpolation="nearest", cmap="inferno",
        )  # fmt: skip
        if marked is not None:
            axes.axhline(marked, color="black", linewidth=0.8, linestyle="--")
        axes.set_title(title, loc="left")
        axes.set_ylabel(ylabel)
    column[-1, 0].set_xticks(range(len(words)), words, rotation=60, ha="right", fontsize=9)
    ticks = np.linspace(-decades, decades, 5)
    bar = figure.colorbar(picture, ax=list(column[:, 0]), ticks=ticks, pad=0.01)
    bar.ax.set_yticklabels([f"$10^{{{tick:.0f}}}$" for tick in ticks])
    bar.set_label("size of the gradient")
    return figure


def product_figure(factors, signs):
    """Vectors and matrices beside each other, every entry with its number, dark where it is large.

    Args:
        factors: (title, array) pairs; arrays (n,), drawn as a row, or (rows, columns).
        signs: what stands between two neighbours, such as "·" and "=".

    Returns:
        the figure.

    Raises:
        ValueError: not one sign less than factors.
    """
    if len(signs) != len(factors) - 1:
        raise ValueError(f"Expected {len(factors) - 1} signs. Received {len(signs)}")
    figure, axes = plt.subplots(figsize=(9, 1.9), layout="constrained")
    left = 0.0
    for (title, values), sign in zip(factors, [*signs, ""], strict=True):
        values = np.atleast_2d(values)
        rows, columns = values.shape
        for (row, column), value in np.ndenumerate(values):
            dark = min(1.0, abs(value))
            corner = (left + column, rows / 2 - row - 1)
            axes.add_patch(plt.Rectangle(corner, 1, 1, facecolor=COLOURS[0], alpha=0.8 * dark))
            axes.add_patch(plt.Rectangle(corner, 1, 1, facecolor="none", edgecolor="0.4"))
            axes.text(
                corner[0] + 0.5, corner[1] + 0.5, f"{value:.3f}", ha="center", va="center",
                color="white" if dark > 0.5 else "black", fontsize=10,
            )  # fmt: skip
        axes.text(left + columns / 2, 1.35, title, ha="center", va="center", fontsize=13)
        left += columns
        axes.text(left + 0.35, 0, sign, ha="center", va="center", fontsize=15)
        left += 0.7
    axes.set(xlim=(-0.1, left - 0.6), ylim=(-1.1, 1.7))
    axes.axis("off")
    return figure


def terms_figure(terms, *, ends=None):
    """What each time step adds to the gradient of the weights, by its distance from the end.

    Args:
        terms: name to the sizes of the terms (seeds, timesteps), first step first; the line is their
            geometric mean, the band runs from the smallest to the largest.
        ends: name to a text that stands at the far end of its line.

    Returns:
        the figure.
    """
    figure, axes = plt.subplots(figsize=(7.5, 3.2), layout="constrained")
    for number, (name, sizes) in enumerate(terms.items()):
        sizes = np.maximum(np.atleast_2d(sizes)[:, ::-1], 1e-12)
        back, colour = np.arange(sizes.shape[1]), COLOURS[number % len(COLOURS)]
        axes.plot(back, np.exp(np.log(sizes).mean(axis=0)), color=colour, label=name)
        axes.fill_between(back, sizes.min(axis=0), sizes.max(axis=0), color=colour, alpha=0.12)
        if ends:
            height = np.exp(np.log(sizes[:, -1]).mean())
            axes.text(back[-1] + 1, height, ends[name], color=colour, va="center")
    axes.set(yscale="log", xlabel="steps back from the end", ylabel="size of the term")
    axes.legend()
    return figure


def spread_figure(rows, *, xlabel, ylabel):
    """The median of several curves, and a band from the least to the greatest; logarithmic upwards.

    Args:
        rows: one curve a row (curves, steps), its numbers above 0; the first step is called 1.
        xlabel, ylabel: what stands at the axes.

    Returns:
        the figure.

    Raises:
        ValueError: rows of another form, or a number that is not above 0.
    """
    rows = np.asarray(rows, dtype=float)
    if rows.ndim != 2 or not rows.size or not (rows > 0).all():
        raise ValueError(
            f"Expected rows (curves, steps) of numbers above 0. Received shape {rows.shape}, "
            f"least {rows.min(initial=np.inf)}"
        )
    steps = np.arange(1, rows.shape[1] + 1)
    figure, axes = plt.subplots(figsize=(6, 3.2), layout="constrained")
    axes.axhline(1, color="0.6", lw=1)
    axes.fill_between(steps, rows.min(axis=0), rows.max(axis=0), color=COLOURS[0], alpha=0.2, lw=0)
    axes.semilogy(steps, np.median(rows, axis=0), color=COLOURS[0])
    axes.set(xlabel=xlabel, ylabel=ylabel)
    axes.xaxis.get_major_locator().set_params(integer=True)
    return figure
