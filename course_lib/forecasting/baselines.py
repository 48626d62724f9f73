"""What a forecaster has to beat."""

import numpy as np


def persistence(series, origins, horizon):
    """y_{t+k} = y_t for k = 1 ... horizon: tomorrow is like today.

    Args:
        series: (time,) numbers.
        origins: (windows,) rows t, such as `Windows.origins`.

    Returns:
        (windows, horizon).
    """
    return np.repeat(np.asarray(series, dtype="float64")[origins][:, None], horizon, axis=1)


def drift(series, origins, horizon):
    """y_{t+k} = y_t + k (y_t - y_0) / t: the mean step so far goes on. Arguments as in `persistence`.

    Raises:
        ValueError: an origin of 0, before any step.
    """
    series, origins = np.asarray(series, dtype="float64"), np.asarray(origins)
    if origins.min() < 1:
        raise ValueError(f"Expected origins of at least 1. Received: {origins.min()}")
    step = (series[origins] - series[0]) / origins
    return series[origins][:, None] + step[:, None] * np.arange(1, horizon + 1)
