"""Scores and errors as lines of text."""

import numpy as np


def score_table(rows, digits=3):
    """A name, the mean and, where there are several values, their range and number: one line a row.

    Args:
        rows: dict from names to a number or a sequence of numbers, one a seed.
        digits: decimal places.
    """
    width, lines = max(map(len, rows)), []
    for name, values in rows.items():
        values = np.atleast_1d(values)
        line = f"{name:<{width}}  {values.mean():.{digits}f}"
        if len(values) > 1:
            line += (
                f"   {values.min():.{digits}f} to {values.max():.{digits}f}, {len(values)} seeds"
            )
        lines.append(line)
    return "\n".join(lines)


def error_table(rows):
    """`score_table` with four decimal places, which small errors need."""
    return score_table(rows, digits=4)
