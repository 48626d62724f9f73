"""What a forecaster has to beat."""

from course_lib.checks import positive_integer
from course_lib.forecasting.checked import numbers, rows

import numpy as np


def persistence(series, origins, horizon):
    """y_{t+k} = y_t for k = 1 ... horizon: tomorrow is like today.

    Args:
        series: (time,) numbers.
        origins: (windows,) rows t, such as `Windows.origins`.
        horizon: steps forecast after each origin.

    Returns:
        (windows, horizon).

    Raises:
        ValueError: a series of another shape, or origins that are no rows of it.
    """
    series, origins, ahead = _checked(series, origins, horizon)
    return np.repeat(series[origins][:, None], len(ahead), axis=1)


def drift(series, origins, horizon):
    """y_{t+k} = y_t + k (y_t - y_0) / t: the mean step so far goes on.

    Args and Returns: those of `persistence`.

    Raises:
        ValueError: a series of another shape, origins that are no rows of it, or an origin of 0, before
            any step.
    """
    series, origins, ahead = _checked(series, origins, horizon)
    if origins.min() < 1:
        raise ValueError(f"Expected origins of at least 1. Received: {origins.min()}")
    step = (series[origins] - series[0]) / origins
    return series[origins][:, None] + step[:, None] * ahead


def _checked(series, origins, horizon):
    """The series, the origins, and the steps 1 ... horizon."""
    series = numbers(series)
    if series.ndim != 1:
        raise ValueError(f"Expected a series of shape (time,). Received: {series.shape}")
    ahead = np.arange(1, positive_integer("horizon", horizon) + 1)
    return series, rows("origins", origins, len(series)), ahead
