"""Forecasting without fooling yourself: windows, splits, canaries for leaks, and scores with intervals.

One picture holds for the whole module. At the origin t a forecaster has read the values up to and
including t, and says what t+1 ... t+horizon will bring:

    values   ... t-history+1  ...  t | t+1 ... t+horizon ...
                 what is read        | what is forecast

MAE, RMSE and the pinball loss over all forecasts are `mean_absolute_error`, `root_mean_squared_error` and
`mean_pinball_loss` of scikit-learn.
"""

import math
from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy import stats
from sklearn.metrics import r2_score
from sklearn.preprocessing import StandardScaler
from statsmodels.stats.proportion import proportion_confint

# -- series and windows ------------------------------------------------------------------------------


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
    _require_finite(series)


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
            _require_finite(one)
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


# -- splits ------------------------------------------------------------------------------------------


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


# -- baselines ---------------------------------------------------------------------------------------


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


# -- canaries ----------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Canary:
    """What a canary found. `leaks` is the verdict; `measured` the numbers behind it, by name."""

    name: str
    leaks: bool
    measured: dict

    def __str__(self):
        numbers = ", ".join(
            f"{name} {value:,}" if isinstance(value, int) else f"{name} {value:.3g}"
            for name, value in self.measured.items()
        )
        return f"{self.name}: {'LEAK' if self.leaks else 'no leak seen'} ({numbers})"


def corrupt_future(pipeline, series, *, cuts=5, seed=0):
    """Spoil every value after a day; nothing that was said up to that day may change.

    Sees: scalers, filters, fillings and feature choices that have read the whole series; inputs that
    reach past their origin; and, if the pipeline forecasts, training targets that reach past the first
    test origin. Only at the cuts: a leak that shows at a few other origins escapes it.

    Args:
        pipeline: function of a series that returns (outputs, origins): one row of numbers for each origin,
            either what the model is given when it forecasts there, or the forecast itself; and the row t
            of each origin. It must compute the same twice (fixed seeds).
        series: the raw series, array, Series or DataFrame, before any preparation. After a cut its rows
            are replaced by rows drawn from the whole series, times random factors of 2 to 5, which keeps
            prices positive and highs above lows.
        cuts: origins after which to spoil: the first one and others spread evenly.

    Returns:
        `Canary` that leaks if outputs changed, appeared or disappeared; "changed" is their number over all
        cuts, "of" the number compared.
    """
    if cuts < 1:
        raise ValueError(f"Expected at least 1 cut. Received: {cuts}")
    rng = np.random.default_rng(seed)
    outputs, origins = _outputs(pipeline, series)
    chosen = np.unique(np.linspace(0, len(origins) - 1, cuts).astype(int))
    changed = compared = 0
    spread = np.ma.filled(np.ma.masked_invalid(outputs).std(axis=0), 0.0)
    tolerance = 1e-6 * spread  # another order of summing, not another input
    for cut in origins[chosen]:
        spoiled, origins_then = _outputs(pipeline, _spoiled(series, cut, rng))
        before, after = origins[origins <= cut], origins_then[origins_then <= cut]
        both = np.intersect1d(before, after)
        old = outputs[np.isin(origins, both)]
        new = spoiled[np.isin(origins_then, both)]
        differ = ~np.isclose(new, old, 1e-6, tolerance, equal_nan=True).all(axis=1)
        changed += differ.sum() + len(np.setxor1d(before, after))
        compared += len(np.union1d(before, after))
    return Canary(
        "corrupt the future", bool(changed), {"changed": int(changed), "of": int(compared)}
    )


def shuffle_targets(pipeline, inputs, targets, *, rounds=5, seed=0):
    """Deal the targets out anew; whoever still forecasts them has read the answers.

    Sees: scores on windows that were trained on; features or settings chosen with the help of the
    test targets. Not: inputs that reach into the future, which no longer belong to their targets.

    Args:
        pipeline: function of (inputs, targets) that trains and returns (forecasts, test): forecasts of the
            targets of the windows `test`, an array of indices. It must not look at the targets elsewhere.
        inputs: (windows, ...); targets: (windows,), 0 and 1 if the forecasts are probabilities.
        rounds: shuffles, at least 2; more of them see smaller leaks.

    Returns:
        `Canary`; skill is R2 on the test windows, which without a relation is at most 0 but for chance.
        It leaks if the mean over the rounds is above 0 by a t test at 1 %.
    """
    if rounds < 2:
        raise ValueError(f"Expected at least 2 rounds. Received: {rounds}")
    rng = np.random.default_rng(seed)
    targets = np.asarray(targets, dtype="float64")
    skills = [_skill_of(pipeline, inputs, rng.permutation(targets)) for _ in range(rounds)]
    chance = stats.t.ppf(0.99, rounds - 1) * np.std(skills, ddof=1) / math.sqrt(rounds)
    measured = {
        "skill": _skill_of(pipeline, inputs, targets),
        "shuffled": float(np.mean(skills)),
        "by chance": float(chance),
    }
    return Canary("shuffle the targets", bool(np.mean(skills) > chance), measured)


def shift_by_one(pipeline, inputs, targets, *, horizon=1):
    """Give every target the inputs of one step earlier; older news must be worth less.

    Sees: skill that has nothing to do with the latest values, as of a model tested on windows that lie
    among its training windows, or of targets smoothed together with their inputs. Not: a leak that
    reaches just as far as the target. Without skill there is nothing to see.

    Args:
        pipeline, inputs, targets: as in `shuffle_targets`; windows in the order of time, one step apart.
        horizon: steps that the targets span, for `diebold_mariano`.

    Returns:
        `Canary`; skill is R2 on the targets forecast both times, p that of the rise of their errors.
        It leaks if R2 is above 0 beyond chance and the shift does not raise the mean squared error by
        1 % at least and beyond chance (both one-sided Diebold-Mariano tests at 5 %). On few windows that
        may also be want of data: look at the numbers.
    """
    targets = np.asarray(targets, dtype="float64")
    forecasts, test = _forecasts(pipeline, inputs, targets)
    older, test_older = _forecasts(pipeline, inputs[:-1], targets[1:])
    _, here, there = np.intersect1d(test, test_older + 1, return_indices=True)
    truth, forecasts, older = targets[test[here]], forecasts[here], older[there]
    errors, older_errors = (truth - forecasts) ** 2, (truth - older) ** 2
    measured = {"skill": r2_score(truth, forecasts), "shifted": r2_score(truth, older)}
    skilled = _p_smaller(errors, (truth - truth.mean()) ** 2, horizon) < 0.05
    rises = older_errors.mean() > 1.01 * errors.mean()
    p_value = _p_smaller(errors, older_errors, horizon) if rises else 1.0
    return Canary("shift by one", skilled and p_value >= 0.05, {**measured, "p": p_value})


# -- scores ------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Interval:
    """An estimate with its confidence interval, low <= high."""

    estimate: float
    low: float
    high: float

    def __str__(self):
        return f"{self.estimate:.3f} [{self.low:.3f}, {self.high:.3f}]"

    def __contains__(self, value):
        return self.low <= value <= self.high


def skill(truth, forecast, baseline):
    """1 - MSE(forecast) / MSE(baseline): 1 is perfect, 0 no better than the baseline, below 0 worse.

    All three of one shape. Murphy (1988).

    Raises:
        ValueError: different shapes, values that are not finite, or a baseline without an error.
    """
    truth, forecast, baseline = _alike(truth=truth, forecast=forecast, baseline=baseline)
    error = np.mean((truth - baseline) ** 2)
    if error == 0:
        raise ValueError("Expected a baseline that errs somewhere. Received one without an error")
    return float(1 - np.mean((truth - forecast) ** 2) / error)


def directional_accuracy(change, forecast, *, horizon=1, confidence=0.95):
    """The share of changes whose sign was forecast, with Wilson's interval (1927).

    Changes over `horizon` steps taken at every step overlap, and n of them tell at least as
    much as n / horizon apart: the interval is that of n / horizon observations, on the safe side.

    Args:
        change: (n,) true changes; those of exactly 0 are left out.
        forecast: (n,) forecast changes, or anything with their sign; a 0 counts as half a hit.

    Raises:
        ValueError: different shapes, values that are not finite, no change at all.
    """
    change, forecast = _alike(change=change, forecast=forecast)
    moved = change != 0
    if not moved.any():
        raise ValueError("Expected changes. Received only zeros")
    hits = (1 + np.sign(change[moved]) * np.sign(forecast[moved])) / 2
    return _share(hits, horizon, confidence)


def interval_coverage(truth, low, high, *, horizon=1, confidence=0.95):
    """The share of truths with low <= truth <= high, with Wilson's interval, as in `directional_accuracy`.

    Raises:
        ValueError: different shapes, values that are not finite, or low above high.
    """
    truth, low, high = _alike(truth=truth, low=low, high=high)
    if (low > high).any():
        raise ValueError(
            f"Expected low <= high. Received at {int(np.argmax(low > high))} a low above its high"
        )
    return _share((low <= truth) & (truth <= high), horizon, confidence)


def pinball_losses(truth, quantiles, levels):
    """max(q e, (q - 1) e) with e = truth - forecast, averaged over the levels q: one loss a forecast.

    The mean over all of them is scikit-learn's `mean_pinball_loss`; one by one they can be tested and
    bootstrapped. Koenker and Bassett (1978).

    Args:
        truth: (n,). quantiles: (n, levels). levels: between 0 and 1.

    Returns:
        (n,).
    """
    truth, quantiles, levels = map(np.asarray, (truth, quantiles, levels))
    if quantiles.shape != (*truth.shape, *levels.shape):
        raise ValueError(
            f"Expected quantiles of shape {(*truth.shape, *levels.shape)}, (truths, levels). "
            f"Received: {quantiles.shape}"
        )
    if (levels <= 0).any() or (levels >= 1).any():
        raise ValueError(f"Expected levels between 0 and 1. Received: {levels}")
    error = truth[:, None] - quantiles
    return np.maximum(levels * error, (levels - 1) * error).mean(axis=1)


@dataclass(frozen=True)
class DieboldMariano:
    """`difference` is the mean loss of the first minus that of the second: below 0 the first is better."""

    difference: float
    statistic: float
    p_value: float

    def __str__(self):
        return f"difference {self.difference:.3g}, t = {self.statistic:.2f}, p = {self.p_value:.3f}"


def diebold_mariano(losses, other_losses, *, horizon=1, lags=None):
    """Do two forecasters differ in mean loss? Two-sided.

        d_t = L_t - L'_t            V = γ_0 + 2 (γ_1 + ... + γ_lags), γ_k the autocovariances of d
        t   = mean(d) / sqrt(V / n) * sqrt((n + 1 - 2h + h (h - 1) / n) / n),     h = lags + 1

    against Student's t with n - 1 degrees of freedom. Errors of good forecasts h steps ahead are correlated
    up to lag h - 1. The sum can come out 0 or less; then the lags are weighted 1 - k / h, which cannot.

    Args:
        losses, other_losses: (n,), the loss of each forecast, such as squared errors, in the order of time.
        horizon: steps the forecasts look ahead.
        lags: autocovariances counted, horizon - 1 by default; more where losses have a longer memory.

    Raises:
        ValueError: different shapes, values that are not finite, losses that differ nowhere, or fewer than
            2 h of them.

    Diebold and Mariano (1995); the second root is by Harvey, Leybourne and Newbold (1997).
    """
    losses, other_losses = _alike(losses=losses, other_losses=other_losses)
    difference = losses - other_losses
    n, h = len(difference), horizon if lags is None else lags + 1
    if n < 2 * h or n < 2:
        raise ValueError(
            f"Expected at least {max(2, 2 * h)} losses for {h - 1} lags. Received: {n}"
        )
    if not np.ptp(difference):
        raise ValueError("Expected losses whose difference varies. Received a constant one")
    centred = difference - difference.mean()
    covariances = np.array([centred[k:] @ centred[: n - k] / n for k in range(h)])
    variance = 2 * covariances.sum() - covariances[0]
    if variance <= 1e-12 * covariances[0]:
        variance = 2 * covariances @ (1 - np.arange(h) / h) - covariances[0]
    small_sample = math.sqrt((n + 1 - 2 * h + h * (h - 1) / n) / n)
    statistic = difference.mean() / math.sqrt(variance / n) * small_sample
    p_value = 2 * stats.t.sf(abs(statistic), n - 1)
    return DieboldMariano(float(difference.mean()), float(statistic), float(p_value))


def block_bootstrap(
    statistic, *arrays, block=None, horizon=1, confidence=0.95, rounds=1000, seed=0
):
    """A percentile interval of any statistic of a series, from redrawn blocks that keep its memory.

    Blocks of `block` neighbours are drawn with replacement and strung together to the old length, the
    arrays alike. Künsch (1989). arch's `MovingBlockBootstrap` draws.

    Args:
        statistic: function of the arrays that returns a number, such as a mean or a skill. It sees numbers
            out of order beyond a block: give it losses or returns, not prices.
        *arrays: (n, ...) each, one row a forecast, in the order of time.
        block: neighbours in a block. By default the largest of arch's `optimal_block_length` for the
            arrays' columns (Politis and White, 2004), at least `horizon`, at most n / 4.

    Raises:
        ValueError: arrays of different lengths, values that are not finite, a block outside 1 ... n.
    """
    # it takes seconds to import, and few lessons bootstrap
    from arch.bootstrap import MovingBlockBootstrap, optimal_block_length

    arrays = [np.asarray(array, dtype="float64") for array in arrays]
    n = len(arrays[0])
    if any(len(array) != n for array in arrays):
        raise ValueError(
            f"Expected arrays of one length. Received: {[len(array) for array in arrays]}"
        )
    for array in arrays:
        _require_finite(array)
    if block is None:
        columns = [c for array in arrays for c in array.reshape(n, -1).T if np.ptp(c)]
        best = [optimal_block_length(column)["circular"].iloc[0] for column in columns]
        block = max(1, min(max([horizon, *np.ceil(best)]), n // 4))
    if not 1 <= block <= n:
        raise ValueError(f"Expected a block of 1 to {n}. Received: {block}")
    bootstrap = MovingBlockBootstrap(int(block), *arrays, seed=seed)
    (low,), (high,) = bootstrap.conf_int(
        lambda *drawn: np.atleast_1d(statistic(*drawn)),
        rounds,
        method="percentile",
        size=confidence,
    )
    return Interval(float(statistic(*arrays)), float(low), float(high))


# -- private -----------------------------------------------------------------------------------------


def _sliding(values, length):
    """(windows, length, ...), every run of `length` rows."""
    view = np.lib.stride_tricks.sliding_window_view(values, length, axis=0)
    return np.moveaxis(view, -1, 1)


def _require_finite(values):
    array = np.asarray(values)
    if not np.issubdtype(array.dtype, np.number):
        raise ValueError(f"Expected numbers. Received values of type {array.dtype}")
    wrong = ~np.isfinite(array)
    if wrong.any():
        place = tuple(int(i) for i in np.argwhere(wrong)[0])
        at = f" ({values.index[place[0]]})" if hasattr(values, "index") else ""
        raise ValueError(f"Expected finite values. Received {array[place]} in row {place[0]}{at}")


def _alike(**arrays):
    arrays = {name: np.asarray(array, dtype="float64") for name, array in arrays.items()}
    shapes = {name: array.shape for name, array in arrays.items()}
    if len(set(shapes.values())) != 1 or not next(iter(arrays.values())).size:
        raise ValueError(f"Expected arrays of one shape, not empty. Received: {shapes}")
    for array in arrays.values():
        _require_finite(array)
    return arrays.values()


def _share(hits, horizon, confidence):
    share, count = float(np.mean(hits)), len(hits) / horizon
    low, high = proportion_confint(share * count, count, 1 - confidence, method="wilson")
    return Interval(share, float(low), float(high))


def _outputs(pipeline, series):
    outputs, origins = (np.asarray(part) for part in pipeline(series))
    if len(outputs) != len(origins) or not len(origins):
        raise ValueError(
            f"Expected one row of outputs for each origin, at least one. "
            f"Received: {len(outputs)} rows and {len(origins)} origins"
        )
    in_order = np.argsort(origins, kind="stable")
    return outputs.reshape(len(outputs), -1)[in_order], origins[in_order]


def _spoiled(series, cut, rng):
    """The series with the rows after `cut` out of order and out of size."""
    order = np.arange(len(series))
    factors = np.ones(len(series))
    after = slice(cut + 1, None)
    order[after] = rng.permutation(order)[after]  # from the whole series: a lone row moves, too
    factors[after] = rng.uniform(2, 5, len(factors[after]))
    values = np.asarray(series)[order]
    values = values * factors.reshape(-1, *[1] * (values.ndim - 1))
    if isinstance(series, pd.Series):
        return pd.Series(values, index=series.index, name=series.name)
    if isinstance(series, pd.DataFrame):
        return pd.DataFrame(values, index=series.index, columns=series.columns)
    return values


def _forecasts(pipeline, inputs, targets):
    forecasts, test = (np.asarray(part) for part in pipeline(inputs, targets))
    if forecasts.shape != test.shape or test.ndim != 1:
        raise ValueError(
            f"Expected one forecast for each index of test, both (windows,). "
            f"Received: {forecasts.shape} and {test.shape}"
        )
    return forecasts, test


def _p_smaller(losses, other_losses, horizon):
    """One-sided p of the Diebold-Mariano test: is the first mean loss smaller?"""
    if not np.ptp(losses - other_losses):
        return 1.0
    result = diebold_mariano(losses, other_losses, horizon=horizon)
    return float(stats.t.cdf(result.statistic, len(losses) - 1))


def _skill_of(pipeline, inputs, targets):
    forecasts, test = _forecasts(pipeline, inputs, targets)
    return float(r2_score(targets[test], forecasts))
