"""Windows of a series, and splits of them, that cannot see the future."""

from dataclasses import dataclass
from numbers import Real

from course_lib.checks import positive_integer
from course_lib.forecasting.checked import finite, is_real, require_same_times, rows

import numpy as np
import pandas as pd
from sklearn.preprocessing import StandardScaler


def check_series(series, *, max_gap=None):
    """Refuse a series of which windows would be wrong.

    Windows take neighbouring rows for neighbouring times. So the rows must be in the order of time, no time
    may come twice, no step may be left out, and no value may be missing.

    Args:
        series: pandas Series or DataFrame with at least one row, one row a time step. Its index says the
            time: dates, time spans, periods or numbers.
        max_gap: the longest step between two rows, such as "12D" for trading days around holidays. It is
            a number where the index is of numbers or periods. By default all steps must be equal.

    Raises:
        ValueError: no pandas object, or one without rows; an index of something else, that goes back,
            repeats, or has a longer step than allowed; a value that is missing, infinite or no number.
            The message names the place.
    """
    if not isinstance(series, (pd.Series, pd.DataFrame)) or not len(series):
        received = "one without rows" if hasattr(series, "iloc") else type(series).__name__
        raise ValueError(
            f"Expected a pandas Series or DataFrame with at least one row. Received: {received}"
        )
    index, times = series.index, _times(series.index)
    back, same = times[1:] < times[:-1], times[1:] == times[:-1]
    if back.any():
        row = int(np.argmax(back))
        raise ValueError(
            f"Expected rows sorted by time. Received {index[row + 1]} after {index[row]}"
        )
    if same.any():
        raise ValueError(f"Expected every time once. Received {index[int(np.argmax(same))]} twice")
    _check_steps(index, times[1:] - times[:-1], max_gap)
    finite(series)


def _times(index):
    """The index as an array or index that can be compared and subtracted."""
    spans = isinstance(index, (pd.DatetimeIndex, pd.TimedeltaIndex))
    periods = isinstance(index, pd.PeriodIndex)
    if not (spans or periods or is_real(index.dtype)):
        raise ValueError(
            f"Expected an index of dates or numbers. Received: {index.dtype}. "
            "pd.to_datetime makes dates of text and of date objects"
        )
    if index.hasnans:
        raise ValueError(
            f"Expected a time for every row. Received none in row {int(np.argmax(index.isna()))}"
        )
    if spans:
        return index
    if periods:
        return index.astype("int64").to_numpy()
    # small integers would overflow in a difference
    kind = {"i": "int64", "u": "uint64"}.get(getattr(index.dtype, "kind", "f"), "float64")
    times = index.to_numpy(dtype=kind)
    if not np.isfinite(times).all():
        row = int(np.argmin(np.isfinite(times)))
        raise ValueError(f"Expected a time for every row. Received {times[row]} in row {row}")
    return times


def _check_steps(index, steps, max_gap):
    """Refuse a step longer than `max_gap`, or without one any step unlike the others."""
    dated = isinstance(steps, pd.TimedeltaIndex)
    decimal = not dated and steps.dtype.kind == "f"
    slack = 0.0
    if decimal:  # rounding moves the difference of two times by so much
        dtype = getattr(index.dtype, "numpy_dtype", index.dtype)
        slack = 2 * float(np.spacing(np.abs(index.to_numpy(dtype=dtype)).max()))
    if max_gap is not None:
        longest = _longest(max_gap, dated)
        rule = f"steps of at most {longest}"
        wrong = steps > (longest + slack if decimal else longest)
    elif not len(steps):
        return
    elif decimal:
        usual = np.median(steps)
        rule, wrong = f"equal steps of {usual:.6g}", np.abs(steps - usual) > slack
    else:
        usual = pd.Series(steps).value_counts().index[0]
        rule, wrong = f"equal steps of {usual}", steps != usual
    if wrong.any():
        row = int(np.argmax(wrong))
        rule += "" if max_gap is not None else ", or max_gap, the longest that is allowed"
        step, at = (f"{number:.6g}" if decimal else number for number in (steps[row], index[row]))
        raise ValueError(f"Expected {rule}. Received a step of {step} after {at}")


def _longest(max_gap, dated):
    numeric = isinstance(max_gap, Real) and not isinstance(max_gap, bool)
    try:
        longest = pd.Timedelta(max_gap) if dated and not numeric else max_gap
    except ValueError:
        longest = None
    if longest is None or numeric == dated or not longest > (pd.Timedelta(0) if dated else 0):
        kind = "time, such as '12D'," if dated else "number"
        raise ValueError(f"Expected as max_gap a {kind} above 0. Received: {max_gap!r}")
    return longest


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
        ValueError: history or horizon not a positive integer; a series that is too short, or that
            `check_series` refuses; values that are no finite numbers; a target of another length, with
            another index, or a name that is no column.
    """
    history = positive_integer("history", history)
    horizon = positive_integer("horizon", horizon)
    if target is None:
        target = series
    elif np.isscalar(target):
        columns = list(series.columns) if isinstance(series, pd.DataFrame) else []
        if target not in columns:
            raise ValueError(f"Expected as target a column, one of {columns}. Received: {target!r}")
        target = series[target]
    for one in (series, target):
        if isinstance(one, (pd.Series, pd.DataFrame)):
            check_series(one, max_gap=max_gap)
    values, future = np.array(finite(series)), np.array(finite(target))  # copies
    if not 1 <= values.ndim <= 2 or not 1 <= future.ndim <= 2:
        raise ValueError(
            f"Expected (time,) or (time, features). Received: {values.shape} and {future.shape}"
        )
    if not values[:1].size or not future[:1].size:
        raise ValueError(
            f"Expected at least one row and one feature. Received: {values.shape} and {future.shape}"
        )
    if len(values) != len(future):
        raise ValueError(
            f"Expected a target as long as the series. Received: {len(values)} rows, and {len(future)} of "
            "the target"
        )
    require_same_times(series=series, target=target)
    if len(values) < history + horizon:
        raise ValueError(
            f"Expected at least history + horizon = {history + horizon} rows. Received: {len(values)}"
        )
    return Windows(values.reshape(len(values), -1), future, history, horizon)


class TrainingScaler:
    """(x - mean) / deviation, both taken from the rows that the training windows read, and from no other.

    Args:
        windows: `Windows`.
        train: numbers of the training windows, or a mask of the windows.

    scikit-learn's `StandardScaler` computes them; it is kept in `scaler`. A row that is in many windows
    counts once, and a feature that never changes is only centred.

    Raises:
        ValueError: training windows that are not there, or inputs whose last axis is not the features.
    """

    def __init__(self, windows, train):
        origins = windows.origins[rows("train", train, len(windows))]
        read = origins[:, None] - np.arange(windows.history)
        self.scaler = StandardScaler().fit(windows.values[np.unique(read)])

    def transform(self, inputs):
        """inputs (..., features), scaled; of a single feature, values of any shape."""
        self._check(inputs)
        return (inputs - self.scaler.mean_) / self.scaler.scale_

    def inverse_transform(self, scaled):
        """What `transform` made `scaled` of."""
        self._check(scaled)
        return scaled * self.scaler.scale_ + self.scaler.mean_

    def _check(self, values):
        features, shape = len(self.scaler.mean_), np.shape(values)
        if features > 1 and shape[-1:] != (features,):
            raise ValueError(f"Expected values of shape (..., {features}). Received: {shape}")


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
    folds = positive_integer("folds", folds)
    test_size = len(windows) // (folds + 1) if test_size is None else test_size
    test_size = positive_integer("test_size", test_size)
    if train_size is not None:
        train_size = positive_integer("train_size", train_size)
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

    Args:
        train: numbers of the training windows, in ascending order, such as those of `walk_forward`.
        size: windows to hold out.
        horizon: steps that a target spans, `Windows.horizon`.

    Raises:
        ValueError: training windows in another form or order, a size or horizon that is no positive
            integer, or nothing is left to fit on.
    """
    train = np.asarray(train)
    ascending = train.ndim == 1 and np.issubdtype(train.dtype, np.integer)
    if not ascending or (train[1:] <= train[:-1]).any():
        raise ValueError(
            "Expected the numbers of the training windows, ascending. "
            f"Received: {train.dtype} of shape {train.shape}, {train[:3].tolist()}, ..."
        )
    size, horizon = positive_integer("size", size), positive_integer("horizon", horizon)
    if size >= len(train) - horizon:
        raise ValueError(
            f"Expected 1 to {len(train) - horizon - 1} windows to hold out of {len(train)}, with an "
            f"embargo of {horizon}. Received: {size}"
        )
    return train[: -size - horizon], train[-size:]


def _sliding(values, length):
    """(windows, length, ...), every run of `length` rows."""
    view = np.lib.stride_tricks.sliding_window_view(values, length, axis=0)
    return np.moveaxis(view, -1, 1)
