"""What a decoder looks at, and how errors grow with length."""

import html

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


class AlignmentTable:
    """Weights of attention as a table of text, for scripts that the figures' fonts lack.

    A column for each sign read, a row for each sign written; the darker a cell, the larger its weight, and
    weights from 0.1 on are printed. In a notebook it is a coloured table, elsewhere plain text.

    >>> print(AlignmentTable(["fan", "speed"], "速度", [[0.25, 0.75], [0.04, 0.96]]))
        fan  speed
    速  .25    .75
    度         .96

    Args:
        read, written: signs of any script.
        weights: (written, read), each from 0 to 1.

    Raises:
        ValueError: weights of another shape, or outside 0 to 1.
    """

    def __init__(self, read, written, weights):
        weights = np.asarray(weights, dtype=float)
        if weights.shape != (len(written), len(read)):
            raise ValueError(
                f"Expected weights of shape (written, read) = ({len(written)}, {len(read)}). "
                f"Received: {weights.shape}"
            )
        if not ((weights >= 0) & (weights <= 1 + 1e-6)).all():
            raise ValueError("Expected weights from 0 to 1. Received others")
        self._read, self._written, self._weights = list(read), list(written), weights

    def __repr__(self):
        widths = [max(len(word), 3) for word in self._read]
        lines = ["  " + "".join(f"  {w:>{n}}" for w, n in zip(self._read, widths, strict=True))]
        for sign, row in zip(self._written, self._weights, strict=True):
            cells = zip(row, widths, strict=True)
            lines.append(sign + "".join(f"  {_short(weight):>{n}}" for weight, n in cells))
        return "\n".join(line.rstrip() for line in lines)

    def _repr_html_(self):
        def cell(weight):
            ink = "white" if weight > 0.5 else "black"
            shade = (
                f"background: rgb({_blend(weight, 8)}, {_blend(weight, 81)}, {_blend(weight, 156)})"
            )
            style = f"{shade}; color: {ink}; text-align: center; min-width: 3em"
            return f'<td style="{style}">{_short(weight)}</td>'

        head = "".join(f"<th>{html.escape(word)}</th>" for word in self._read)
        body = "".join(
            f"<tr><th>{html.escape(sign)}</th>{''.join(map(cell, row))}</tr>"
            for sign, row in zip(self._written, self._weights, strict=True)
        )
        return f"<table><thead><tr><th></th>{head}</tr></thead><tbody>{body}</tbody></table>"


def _short(weight):
    """ ".25", and nothing for what is below 0.1."""
    return f"{weight:.2f}".removeprefix("0") if weight >= 0.1 else ""


def _blend(weight, dark):
    """One part of a colour between white and dark blue."""
    return round(255 + min(weight, 1) * (dark - 255))
