"""Forecasts of a series: what is read and forecast, how it is tested, and what an audit found."""

from course_lib.plots.intervals import interval_rows
from course_lib.plots.style import COLOURS

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.ticker import LogFormatter


def window_figure(series, origin, *, history, horizon):
    """One window on a series: the values that are read, the origin T, and the values to be forecast.

    Args:
        series: pandas Series of values by day.
        origin: row of the last value that is read.
        history, horizon: values read, the origin among them, and values forecast after it.

    Returns:
        the figure.

    Raises:
        ValueError: a window that does not lie in the series.
    """
    first, last = origin - history + 1, origin + horizon
    if first < 0 or last >= len(series):
        raise ValueError(
            f"Expected a window inside rows 0 to {len(series) - 1}. Received: rows {first} to {last}"
        )
    shown = series.iloc[max(0, first - history) : last + history + 1]
    read, ahead = series.iloc[first : origin + 1], series.iloc[origin + 1 : last + 1]
    figure, axes = plt.subplots(figsize=(9, 2.6), layout="constrained")
    axes.plot(shown.index, shown, color="0.75", linewidth=1)
    axes.plot(read.index, read, "o-", markersize=3.5, color=COLOURS[0])
    axes.plot(ahead.index, ahead, "s--", markersize=4.5, color=COLOURS[1], markerfacecolor="white")
    axes.axvline(series.index[origin], color="0.4", linestyle=":")
    height = axes.get_ylim()[1]
    labels = (
        (read.index[len(read) // 2], f"{history} days read", COLOURS[0]),
        (series.index[origin], "T", "0.2"),
        (ahead.index[-1], f"{horizon} forecast", COLOURS[1]),
    )
    for (place, text, colour), side in zip(labels, ("center", "center", "left"), strict=True):
        axes.annotate(
            text, (place, height), (0, 3), textcoords="offset points", ha=side, color=colour
        )
    axes.set_ylabel("close")
    return figure


def walk_forward_figure(days, splits):
    """The spans of a walk-forward test, one row a fold: dark what is trained on, hatched what is tested.

    Args:
        days: (windows,) the day of each window's origin.
        splits: (train, test) rows of windows, as `forecasting.walk_forward` gives them.

    Returns:
        the figure.
    """
    figure, axes = plt.subplots(figsize=(9, 0.7 + 0.36 * len(splits)), layout="constrained")
    days = np.asarray(days)
    looks = (("train", {"color": COLOURS[0]}), ("test", {"facecolor": "white", "hatch": "////"}))
    for row, split in enumerate(splits):
        for rows, (name, look) in zip(split, looks, strict=True):
            begin, end = days[rows[0]], days[rows[-1]]
            axes.barh(row, end - begin, left=begin, height=0.62, edgecolor=COLOURS[0], **look)
            if not row:
                axes.annotate(
                    name, (begin + (end - begin) / 2, -0.42), ha="center", annotation_clip=False
                )
    axes.set_yticks(range(len(splits)), [f"fold {row + 1}" for row in range(len(splits))])
    axes.invert_yaxis()
    axes.tick_params(axis="y", length=0)
    return figure


def audit_figure(audit):
    """The series with its test span, and each forecaster's skill and share of right directions.

    Args:
        audit: a `forecasting.Audit`.

    Returns:
        the figure: above, the closing prices on a logarithmic scale, the days tested in grey; below, one
        line a forecaster, a dot with its 95 % interval; dotted, "no change" and a coin; dashed, always
        "up".
    """
    figure = plt.figure(figsize=(9, 4.8), layout="constrained")
    above, below = figure.subfigures(2, 1, height_ratios=[1, 1])
    series = above.subplots()
    series.plot(audit.close.index, audit.close.to_numpy(), linewidth=1)
    series.axvspan(audit.origins[0], audit.origins[-1], color="0.9", zorder=0)
    series.set(yscale="log", ylabel="close")
    for ticks in (series.yaxis.set_major_formatter, series.yaxis.set_minor_formatter):
        ticks(LogFormatter(labelOnlyBase=False, minor_thresholds=(2, 0.5)))
    left, right = below.subplots(1, 2, sharey=True)
    for axes, measured, reference in ((left, audit.skills, 0), (right, audit.directions, 0.5)):
        rows = {name: (it.estimate, it.low, it.high) for name, it in measured.items()}
        interval_rows(axes, rows)
        axes.axvline(reference, color="0.4", linestyle=":")
    right.axvline(audit.up, color=COLOURS[1], linestyle="--")
    left.set_xlabel("skill against no change")
    right.set_xlabel("share of directions right")
    return figure
