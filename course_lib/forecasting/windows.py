"""Windows of a series, and splits of them, that cannot see the future."""

from dataclasses import dataclass

import numpy as np
import pandas as pd
from sklearn.preprocessing import StandardScaler


def check_series(series, *, max_gap=None):
    """Refuse a series that would make windows lie: out of order, with repeats, holes or holes in values.

    Args:
        series: pandas Series or DataFrame indexed by time (dates or numbers), one row a time step.
        max_gap: the longest step between two rows, such as "12D" for trading days around holidays. By
            default all steps must be equal.

    Raises:
        ValueError: an index that is not of dates or numbers, goes back, repeats, or has a longer step
            than allowed; a value that is missing, infinite or no number. The message names the place.
    """
    index = series.index
    if not isinstance(index, pd.DatetimeIndex) and not pd.api.types.is_numeric_dtype(index):
        raise ValueError(f"Expected an index of dates or numbers. Received: {index.dtype}")
    if index.hasnans:
        raise ValueError(
            f"Expected a time for every row. Received none in row {int(np.argmax(index.isna()))}"
        )
    dated = isinstance(index, pd.DatetimeIndex)
    steps, zero = index[1:] - index[:-1], pd.Timedelta(0) if dated else 0
    if (steps < zero).any():
        row = int(np.argmax(steps < zero))
        raise ValueError(
            f"Expected rows sorted by time. Received {index[row + 1]} after {index[row]}"
        )
    if (steps == zero).any():
        raise ValueError(
            f"Expected every time once. Received {index[int(np.argmax(steps == zero))]} twice"
        )
    if max_gap is not None:
        longest = pd.Timedelta(max_gap) if dated else max_gap
        rule, wrong = f"steps of at most {longest}", steps > longest
    else:
        usual = steps.value_counts().index[0] if len(steps) else zero
        rule, wrong = (
            f"equal steps of {usual}, or max_gap, the longest that is allowed",
            steps != usual,
        )
    if wrong.any():
        row = int(np.argmax(wrong))
        raise ValueError(f"Expected {rule}. Received a step of {steps[row]} after {index[row]}")
    require_finite(series)


@dataclass(frozen=True, eq=False)
class Windows:
    """What is read and what is to be forecast, at every origin; made by `make_windows`.

    Attributes:
        values: (time, features), what may be read.
        target: (time,) or (time, features), what is forecast.
        history: time steps read, the origin among them.
        horizon: time steps forecast, all after the origin.
    """

    values: np.ndarray
    target: np.ndarray
    history: int
    horizon: int

    def __len__(self):
        return len(self.values) - self.history - self.horizon + 1

    @property
    def origins(self):
        """(windows,), the row of each window's origin: the last one that is read."""
        return np.arange(self.history - 1, len(self.values) - self.horizon)

    @property
    def inputs(self):
        """(windows, history, features), values[t - history + 1 ... t]. A view that cannot be written to."""
        return _sliding(self.values[: len(self.values) - self.horizon], self.history)

    @property
    def futures(self):
        """(windows, horizon) or (windows, horizon, features), target[t + 1 ... t + horizon], a view.

        `futures[:, -1]` is T -> T+horizon; `futures.sum(axis=1)` of daily log returns is the return of
        the whole horizon.
        """
        return _sliding(self.target[self.history :], self.horizon)


def make_windows(series, history, horizon, *, target=None, max_gap=None):
    """All windows of a series: n values give n - history - horizon + 1 of them.

    Args:
        series: what may be read; pandas Series or DataFrame (checked by `check_series`), or an array
            (time,) or (time, features), whose steps are taken to be equal.
        history, horizon: time steps read up to the origin, and forecast after it; at least 1.
        target: what is forecast, as long as the series and, in pandas, with the same index; the series
            itself by default. A column of a DataFrame may be given by its name.
        max_gap: as in `check_series`.

    Raises:
        ValueError: a series that is too short, or that `check_series` refuses; another index or length
            of the target.
    """
    if history < 1 or horizon < 1:
        raise ValueError(
            f"Expected history and horizon of at least 1. Received: {history} and {horizon}"
        )
    if isinstance(target, str):
        target = series[target]
    target = series if target is None else target
    for one in (series, target):
        if isinstance(one, (pd.Series, pd.DataFrame)):
            check_series(one, max_gap=max_gap)
        else:
            require_finite(one)
    pandas = isinstance(series, (pd.Series, pd.DataFrame)) and hasattr(target, "index")
    if len(series) != len(target) or (pandas and not series.index.equals(target.index)):
        raise ValueError(
            f"Expected a target with the times of the series. "
            f"Received: {len(series)} rows, and {len(target)} of the target"
        )
    if len(series) < history + horizon:
        raise ValueError(
            f"Expected at least history + horizon = {history + horizon} rows. Received: {len(series)}"
        )
    values, target = np.array(series, dtype="float64"), np.array(target, dtype="float64")
    if values.ndim > 2 or target.ndim > 2:
        raise ValueError(
            f"Expected (time,) or (time, features). Received: {values.shape} and {target.shape}"
        )
    return Windows(values.reshape(len(values), -1), target, history, horizon)


class TrainingScaler:
    """(x - mean) / deviation, both taken from the rows that the training windows read, and from no other.

    Args:
        windows: `Windows`.
        train: indices of the training windows.

    scikit-learn's `StandardScaler` computes them; it is kept in `scaler`. A row that is in many windows
    counts once, and a feature that never changes is only centred.
    """

    def __init__(self, windows, train):
        read = windows.origins[train][:, None] - np.arange(windows.history)
        self.scaler = StandardScaler().fit(windows.values[np.unique(read)])

    def transform(self, inputs):
        """inputs (..., features), scaled."""
        return (inputs - self.scaler.mean_) / self.scaler.scale_

    def inverse_transform(self, scaled):
        return scaled * self.scaler.scale_ + self.scaler.mean_


def walk_forward(windows, *, folds, test_size=None, train_size=None):
    """Train on the past, test on what follows, move on: lists of (train, test) window indices.

    Between the last training window and the first test window `horizon` windows are left out (the
    embargo): whatever a training target has seen, even the price from which a return is counted, lies
    before the first test origin. With two folds or more these are the splits of scikit-learn's
    `TimeSeriesSplit`, which refuses one.

    Args:
        windows: `Windows`.
        folds: number of test spans. They follow each other and end with the last window.
        test_size: windows in each; by default all spans, the first training span too, are about equal.
        train_size: windows in each training span, which then rolls along. By default it expands: every fold
            trains on all that came before.

    Raises:
        ValueError: too few windows for these folds, or less than one fold or window to test on.
    """
    test_size = len(windows) // (folds + 1) if test_size is None else test_size
    if folds < 1 or test_size < 1 or (train_size is not None and train_size < 1):
        raise ValueError(
            "Expected folds, test_size and train_size of at least 1. "
            f"Received: {folds}, {test_size} and {train_size}"
        )
    first = len(windows) - folds * test_size - windows.horizon
    if first < max(1, train_size or 1):
        raise ValueError(
            f"Expected at least {train_size or 1} training windows in the first fold. Received: {first}, "
            f"left of {len(windows)} by {folds} tests of {test_size} and an embargo of {windows.horizon}"
        )
    starts = range(len(windows) - folds * test_size, len(windows), test_size)
    ends = [start - windows.horizon for start in starts]
    return [
        (np.arange(end - train_size if train_size else 0, end), np.arange(start, start + test_size))
        for start, end in zip(starts, ends, strict=True)
    ]


def hold_out(train, size, horizon):
    """The last windows of a training span, for early stopping or calibration: (fit, validation).

    The `horizon` windows before them are left out, as in `walk_forward`.

    Raises:
        ValueError: nothing is left to fit on.
    """
    if not 1 <= size < len(train) - horizon:
        raise ValueError(
            f"Expected 1 to {len(train) - horizon - 1} windows to hold out of {len(train)}, with an "
            f"embargo of {horizon}. Received: {size}"
        )
    return train[: -size - horizon], train[-size:]


def _sliding(values, length):
    """(windows, length, ...), every run of `length` rows."""
    view = np.lib.stride_tricks.sliding_window_view(values, length, axis=0)
    return np.moveaxis(view, -1, 1)


def require_finite(values):
    array = np.asarray(values)
    if not np.issubdtype(array.dtype, np.number):
        raise ValueError(f"Expected numbers. Received values of type {array.dtype}")
    wrong = ~np.isfinite(array)
    if wrong.any():
        place = tuple(int(i) for i in np.argwhere(wrong)[0])
        at = f" ({values.index[place[0]]})" if hasattr(values, "index") else ""
        raise ValueError(f"Expected finite values. Received {array[place]} in row {place[0]}{at}")
