"""Canaries: experiments that find out whether a pipeline has read the future."""

import math
from dataclasses import dataclass

from course_lib.checks import positive_integer
from course_lib.forecasting.checked import finite, is_real, numbers, rows
from course_lib.forecasting.scores import diebold_mariano, differ_alike

import numpy as np
import pandas as pd
from scipy import stats
from sklearn.metrics import r2_score


@dataclass(frozen=True)
class Canary:
    """What a canary found. `leaks` is the verdict; `measured` the numbers behind it, by name.

    Raises:
        ValueError: a number behind the verdict is not finite.
    """

    name: str
    leaks: bool
    measured: dict

    def __post_init__(self):
        if not np.isfinite(list(self.measured.values())).all():
            raise ValueError(
                f"{self.name}: no verdict without finite numbers. Received: {self.measured}"
            )

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
            of each origin, counted from 0 in the series (or a mask of its rows). It must compute the same
            twice (fixed seeds). It gets a copy of the series.
        series: the raw series, array, Series or DataFrame, before any preparation. After a cut its rows
            are replaced by rows drawn from the whole series. Numbers are multiplied as well, a row by a
            random factor of 2 to 5, which keeps prices positive and highs above lows; whole numbers stay
            whole. Text, dates, True and False are drawn only. Columns keep their dtypes.
        cuts: origins after which to spoil: the first one and others spread evenly, the last row left out.

    Returns:
        `Canary` that leaks if outputs changed, appeared or disappeared; "changed" is their number over all
        cuts, "of" the number compared.

    Raises:
        ValueError: origins that are no rows of the series, such as labels, or that come twice; outputs
            that are no numbers, or not one row for each origin; or a canary that would see nothing,
            because no origin lies before the last row, the spoiled series is the same, or no output
            compared is a finite number.
    """
    cuts = positive_integer("cuts", cuts)
    rng = np.random.default_rng(seed)
    if not isinstance(series, (pd.Series, pd.DataFrame)):
        series = np.asanyarray(series)
    outputs, origins = _outputs(pipeline, series)
    before_last = origins[origins < len(series) - 1]
    if not len(before_last):
        raise ValueError("Expected an origin before the last row. Received none, and so no future")
    chosen = np.unique(np.linspace(0, len(before_last) - 1, cuts).astype(int))
    changed = compared = seen = moved = 0
    spread = np.ma.filled(np.ma.masked_invalid(outputs).std(axis=0), 0.0)
    tolerance = 1e-6 * spread  # another order of summing, not another input
    for cut in before_last[chosen]:
        other_series = _spoiled(series, cut, rng)
        moved += not _equal(series, other_series)
        spoiled, origins_then = _outputs(pipeline, other_series)
        before, after = origins[origins <= cut], origins_then[origins_then <= cut]
        both = np.intersect1d(before, after)
        old = outputs[np.isin(origins, both)]
        new = spoiled[np.isin(origins_then, both)]
        if old.shape == new.shape:
            differ = ~np.isclose(new, old, 1e-6, tolerance, equal_nan=True).all(axis=1)
        else:  # another number of features was chosen
            differ = np.ones(len(both), bool)
        changed += differ.sum() + len(np.setxor1d(before, after))
        compared += len(np.union1d(before, after))
        seen += np.isfinite(old).any(axis=1).sum()
    if not moved:
        raise ValueError(
            "Expected a series that changes when its rows are drawn anew and multiplied. Received one "
            "that stayed the same after every cut"
        )
    if not changed and not seen:
        raise ValueError(
            f"Expected outputs with finite numbers up to the cuts. Received none in {compared} rows"
        )
    return Canary(
        "corrupt the future", bool(changed), {"changed": int(changed), "of": int(compared)}
    )


def shuffle_targets(pipeline, inputs, targets, *, rounds=5, seed=0):
    """Deal the targets out anew; whoever still forecasts them has read the answers.

    Sees: scores on windows that were trained on; features or settings chosen with the help of the
    test targets. Not: inputs that reach into the future, which no longer belong to their targets.

    Args:
        pipeline: function of (inputs, targets) that trains and returns (forecasts, test): forecasts of the
            targets of the windows `test`, an array of their numbers or a mask of all windows. It must not
            look at the targets elsewhere.
        inputs: (windows, ...).
        targets: (windows,), 0 and 1 if the forecasts are probabilities.
        rounds: shuffles, at least 2; more of them see smaller leaks.

    Returns:
        `Canary`; skill is R2 on the test windows, which without a relation is at most 0 but for chance.
        It leaks if the mean over the rounds is above 0 by a t test at 1 %.

    Raises:
        ValueError: fewer than two test windows, or the same target in all of them, of which R2 says
            nothing; test windows that are not there or come twice; forecasts or targets that are no finite
            numbers, or not one for each window; or fewer than two rounds.
    """
    if positive_integer("rounds", rounds) < 2:
        raise ValueError(f"Expected at least 2 rounds. Received: {rounds}")
    rng = np.random.default_rng(seed)
    targets = _targets(inputs, targets)
    skills = [_skill_of(pipeline, inputs, rng.permutation(targets)) for _ in range(rounds)]
    chance = stats.t.ppf(0.99, rounds - 1) * np.std(skills, ddof=1) / math.sqrt(rounds)
    measured = {
        "skill": _skill_of(pipeline, inputs, targets),
        "shuffled": float(np.mean(skills)),
        "by chance": float(chance),
    }
    return Canary("shuffle the targets", bool(np.mean(skills) > chance), measured)


def shuffle_days(pipeline, prices, *, horizon=1, rounds=5, seed=0):
    """Put the days in another order; who still forecasts their changes has read them.

    The whole pipeline runs on prices whose daily changes are the real ones, dealt out anew. Such a series
    remembers nothing, so forecasts of its changes are not correlated with what comes.

    Sees: whatever gives a target away, because it goes the whole way from the prices to the score: splits
    with overlapping windows on both sides, inputs that reach into the future, tests on training windows. It
    sees them where the forecasts are too noisy for an R2 above 0. Not: a choice made with the test in
    view, such as the best of many rules.

    Args:
        pipeline: function of the prices that returns (forecasts, truths), both (n,): changes such as
            returns, and what they were. Forecasts of prices always look like a leak here.
        prices: Series of closes, or DataFrame with a column "close" and perhaps "open", "high" and "low",
            which move with the close of the day before. Other columns, such as volumes, stay with
            their day.
        horizon: steps that a change spans; overlapping changes say less.
        rounds: orders of the days, at least 2; more of them see smaller leaks.

    Returns:
        `Canary` with the correlation of forecasts and truths on the real prices and, "shuffled", its
        mean over the rounds. It leaks if that mean is larger than chance allows in 1 of 100, both by a t
        test over the rounds and by the normal law for rounds * n / horizon pairs of numbers.

    Raises:
        ValueError: no Series or DataFrame, no column "close", fewer than three days, prices of 0 or less or
            not finite; forecasts or truths that are no finite numbers of one shape (n,), or that do not
            vary; fewer than two rounds; or a horizon that is no positive integer.
    """
    if positive_integer("rounds", rounds) < 2:
        raise ValueError(f"Expected at least 2 rounds. Received: {rounds}")
    horizon = positive_integer("horizon", horizon)
    rng = np.random.default_rng(seed)
    real, count = _correlation_on(pipeline, _reordered(prices, None))
    found = [_correlation_on(pipeline, _reordered(prices, rng))[0] for _ in range(rounds)]
    by_rounds = stats.t.ppf(0.99, rounds - 1) * np.std(found, ddof=1) / math.sqrt(rounds)
    by_size = stats.norm.ppf(0.99) / math.sqrt(rounds * count / horizon)
    chance = float(max(by_rounds, by_size))
    measured = {"correlation": real, "shuffled": float(np.mean(found)), "by chance": chance}
    return Canary("shuffle the days", bool(np.mean(found) > chance), measured)


def shift_by_one(pipeline, inputs, targets, *, horizon=1):
    """Give every target the inputs of one step earlier; older news must be worth less.

    Sees: skill that has nothing to do with the latest values, as of a model tested on windows that lie
    among its training windows, or of targets smoothed together with their inputs. Not: a leak that
    reaches just as far as the target. Without skill there is nothing to see.

    Args:
        pipeline, inputs, targets: those of `shuffle_targets`; windows in the order of time, one step apart.
        horizon: steps that the targets span, for `diebold_mariano`.

    Returns:
        `Canary`; skill is R2 on the targets forecast both times, p that of the rise of their errors.
        It leaks if R2 is above 0 beyond chance and the shift does not raise the mean squared error by
        1 % at least and beyond chance (both one-sided Diebold-Mariano tests at 5 %). On few windows that
        may also be want of data: look at the numbers.

    Raises:
        ValueError: the errors of `shuffle_targets`; or fewer than 2 horizon windows that were tested both
            times.
    """
    horizon = positive_integer("horizon", horizon)
    targets = _targets(inputs, targets)
    forecasts, test = _forecasts(pipeline, inputs, targets)
    older, test_older = _forecasts(pipeline, inputs[:-1], targets[1:])
    _, here, there = np.intersect1d(test, test_older + 1, return_indices=True)
    truth, forecasts, older = targets[test[here]], forecasts[here], older[there]
    _require_varied(truth, at_least=2 * horizon)
    errors, older_errors = (truth - forecasts) ** 2, (truth - older) ** 2
    measured = {"skill": r2_score(truth, forecasts), "shifted": r2_score(truth, older)}
    skilled = _p_smaller(errors, (truth - truth.mean()) ** 2, horizon) < 0.05
    rises = older_errors.mean() > 1.01 * errors.mean()
    p_value = _p_smaller(errors, older_errors, horizon) if rises else 1.0
    return Canary("shift by one", skilled and p_value >= 0.05, {**measured, "p": p_value})


def _reordered(prices, rng):
    """The prices after the same daily changes in a random order; a copy of them if `rng` is None.

    The first day stays, because it has no day before.
    """
    frame = prices.to_frame("close") if isinstance(prices, pd.Series) else prices
    if not isinstance(frame, pd.DataFrame) or "close" not in frame.columns or len(frame) < 3:
        received = list(getattr(frame, "columns", [])) or type(frame).__name__
        raise ValueError(
            'Expected a Series of closes, or a DataFrame with a column "close", of three days or more. '
            f"Received: {received}, {len(frame)} rows"
        )
    moving = [name for name in ("open", "high", "low", "close") if name in frame.columns]
    known = finite(frame[moving])
    if (known <= 0).any():
        raise ValueError(f"Expected prices above 0. Received: {known.min():g}")
    if rng is None:
        return prices.copy()
    before = frame["close"].shift().to_numpy()[1:, None]
    order = 1 + rng.permutation(len(frame) - 1)
    relative = (known[1:] / before)[order - 1]  # to the close of the day before
    close = moving.index("close")
    closes = known[0, close] * np.cumprod(np.concatenate([[1.0], relative[:, close]]))
    mixed = frame.iloc[np.concatenate([[0], order])].set_axis(frame.index)
    for place, name in enumerate(moving):
        mixed[name] = np.concatenate([known[:1, place], relative[:, place] * closes[:-1]])
    return mixed["close"].rename(prices.name) if isinstance(prices, pd.Series) else mixed


def _correlation_on(pipeline, prices):
    """Of forecasts and truths, and their number."""
    forecasts, truths = (finite(values) for values in pipeline(prices))
    if forecasts.ndim != 1 or forecasts.shape != truths.shape:
        raise ValueError(
            f"Expected forecasts and truths of one shape (n,). Received: {forecasts.shape} and "
            f"{truths.shape}"
        )
    for name, values in (("truths", truths), ("forecasts", forecasts)):
        if len(values) < 2 or not np.ptp(values):
            raise ValueError(f"Expected {name} that vary. Received {len(values)}, all the same")
    return float(np.corrcoef(forecasts, truths)[0, 1]), len(truths)


def _outputs(pipeline, series):
    outputs, origins = pipeline(series.copy())
    outputs = numbers(outputs)
    origins = rows("origins", origins, len(series), once=True)
    if not outputs.ndim or len(outputs) != len(origins):
        raise ValueError(
            f"Expected one row of outputs for each origin. "
            f"Received: {len(outputs) if outputs.ndim else 'no'} rows and {len(origins)} origins"
        )
    in_order = np.argsort(origins, kind="stable")
    return outputs.reshape(len(outputs), -1)[in_order], origins[in_order]


def _spoiled(series, cut, rng):
    """The series with the rows after `cut` out of order and, where they are numbers, out of size."""
    order = np.arange(len(series))
    factors = np.ones(len(series))
    after = slice(cut + 1, None)
    order[after] = rng.permutation(order)[after]  # from the whole series: a lone row moves, too
    factors[after] = rng.uniform(2, 5, len(factors[after]))
    if isinstance(series, pd.DataFrame):
        spoiled = series.iloc[order].set_axis(series.index)
        for place, dtype in enumerate(spoiled.dtypes):
            if is_real(dtype):
                spoiled.isetitem(place, _multiplied(spoiled.iloc[:, place], factors))
        return spoiled
    if isinstance(series, pd.Series):
        spoiled = series.iloc[order].set_axis(series.index)
        return _multiplied(spoiled, factors) if is_real(series.dtype) else spoiled
    spoiled = series[order]
    if not is_real(series.dtype):
        return spoiled
    return _multiplied(spoiled, factors.reshape(-1, *[1] * (spoiled.ndim - 1)))


def _multiplied(values, factors):
    """values * factors in the dtype of the values: whole numbers rounded, and not above what it holds."""
    product = values * factors
    if pd.api.types.is_integer_dtype(values.dtype):
        limits = np.iinfo(getattr(values.dtype, "numpy_dtype", values.dtype))
        product = product.round().clip(
            *(np.nextafter(float(end), 0) for end in (limits.min, limits.max))
        )
    return product.astype(values.dtype)


def _equal(series, other):
    if isinstance(series, np.ndarray):
        return np.array_equal(series, other, equal_nan=is_real(series.dtype))
    return series.equals(other)


def _targets(inputs, targets):
    targets = finite(targets)
    if targets.ndim != 1 or len(inputs) != len(targets):
        raise ValueError(
            f"Expected targets of shape (windows,), one for each window of the inputs. "
            f"Received: {targets.shape}, and {len(inputs)} windows"
        )
    return targets


def _forecasts(pipeline, inputs, targets):
    own = inputs.copy() if hasattr(inputs, "copy") else inputs
    forecasts, test = pipeline(own, targets.copy())
    forecasts, test = finite(forecasts), rows("test", test, len(targets), once=True)
    if forecasts.shape != test.shape:
        raise ValueError(
            f"Expected one forecast for each index of test, both (windows,). "
            f"Received: {forecasts.shape} and {test.shape}"
        )
    return forecasts, test


def _require_varied(truth, at_least=2):
    if len(truth) < at_least:
        raise ValueError(f"Expected at least {at_least} test windows. Received: {len(truth)}")
    if not np.ptp(truth):
        raise ValueError(
            f"Expected targets that vary over the test windows. Received {truth[0]} in all "
            f"{len(truth)}: of a constant R2 says nothing"
        )


def _p_smaller(losses, other_losses, horizon):
    """One-sided p of the Diebold-Mariano test: is the first mean loss smaller?"""
    if differ_alike(losses, other_losses):
        return 1.0
    result = diebold_mariano(losses, other_losses, horizon=horizon)
    return float(stats.t.cdf(result.statistic, len(losses) - 1))


def _skill_of(pipeline, inputs, targets):
    forecasts, test = _forecasts(pipeline, inputs, targets)
    _require_varied(targets[test])
    return float(r2_score(targets[test], forecasts))
