"""How good forecasts are, each score with an interval.

MAE, RMSE and the pinball loss over all forecasts are `mean_absolute_error`, `root_mean_squared_error` and
`mean_pinball_loss` of scikit-learn.
"""

import math
from dataclasses import dataclass

from course_lib.checks import positive_integer
from course_lib.forecasting.checked import finite, require_same_times

import numpy as np
from scipy import stats
from statsmodels.stats.proportion import proportion_confint


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

    Murphy (1988).

    Args:
        truth, forecast, baseline: numbers, all of one shape.

    Raises:
        ValueError: different shapes or times, values that are not finite, or a baseline without an error.
    """
    truth, forecast, baseline = _alike(truth=truth, forecast=forecast, baseline=baseline)
    error = np.mean((truth - baseline) ** 2)
    if error == 0:
        raise ValueError("Expected a baseline that errs somewhere. Received one without an error")
    return float(1 - np.mean((truth - forecast) ** 2) / error)


def directional_accuracy(change, forecast, *, horizon=1, confidence=0.95):
    """The share of changes whose sign was forecast, with Wilson's interval (1927).

    Changes over several steps overlap when there is one for every step. Then n of them say less than n
    separate ones. They say at least as much as n / horizon separate ones. The interval is that of
    n / horizon observations, so it is rather too wide than too narrow.

    Args:
        change: (n,) true changes; those of exactly 0 are left out.
        forecast: (n,) forecast changes, or anything with their sign; a 0 counts as half a hit.
        horizon: steps that a change spans.
        confidence: of the interval, between 0 and 1.

    Raises:
        ValueError: shapes that differ or are not (n,), different times, values that are not finite, no
            change at all, a horizon that is no positive integer, or another confidence.
    """
    change, forecast = _series(change=change, forecast=forecast)
    moved = change != 0
    if not moved.any():
        raise ValueError("Expected changes. Received only zeros")
    hits = (1 + np.sign(change[moved]) * np.sign(forecast[moved])) / 2
    return _share(hits, horizon, confidence)


def interval_coverage(truth, low, high, *, horizon=1, confidence=0.95):
    """The share of truths with low <= truth <= high, with Wilson's interval.

    Overlapping truths widen the interval: it is that of n / horizon observations.

    Args:
        truth, low, high: (n,), the values and the ends of the intervals that were forecast for them.
        horizon: steps that a truth spans.
        confidence: of the interval, between 0 and 1.

    Raises:
        ValueError: shapes that differ or are not (n,), different times, values that are not finite, low
            above high, a horizon that is no positive integer, or another confidence.
    """
    truth, low, high = _series(truth=truth, low=low, high=high)
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
        truth: (n,).
        quantiles: (n, levels); or (n,) for a single level.
        levels: (levels,), or a single one; between 0 and 1.

    Returns:
        (n,).

    Raises:
        ValueError: other shapes, different times, values that are not finite, or levels that are not
            between 0 and 1.
    """
    require_same_times(truth=truth, quantiles=quantiles)
    truth, quantiles, levels = finite(truth), finite(quantiles), finite(levels)
    expected = (*truth.shape, *levels.shape)
    if truth.ndim != 1 or levels.ndim > 1 or quantiles.shape != expected or not quantiles.size:
        raise ValueError(
            f"Expected quantiles of shape {expected}, (truths, levels), at least one of each. "
            f"Received: {quantiles.shape}"
        )
    if (levels <= 0).any() or (levels >= 1).any():
        raise ValueError(f"Expected levels between 0 and 1. Received: {levels}")
    error = truth[:, None] - quantiles.reshape(len(truth), -1)
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
        ValueError: shapes that differ or are not (n,), different times, values that are not finite,
            losses whose difference is the same everywhere but for rounding, fewer than 2 h of them, or a
            horizon or lags that are no whole numbers of at least 1 or 0.

    Diebold and Mariano (1995); the second root is by Harvey, Leybourne and Newbold (1997).
    """
    losses, other_losses = _series(losses=losses, other_losses=other_losses)
    difference = losses - other_losses
    h = positive_integer("horizon", horizon)
    if lags is not None and lags != 0:
        h = positive_integer("lags", lags) + 1
    elif lags == 0:
        h = 1
    n = len(difference)
    if n < 2 * h or n < 2:
        raise ValueError(
            f"Expected at least {max(2, 2 * h)} losses for {h - 1} lags. Received: {n}"
        )
    if differ_alike(losses, other_losses):
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


@dataclass(frozen=True)
class ClarkWest:
    """`gain` is the adjusted gain in mean squared error: above 0 the forecast beats the baseline."""

    gain: float
    statistic: float
    p_value: float

    def __str__(self):
        return f"gain {self.gain:.3g}, t = {self.statistic:.2f}, p = {self.p_value:.3f} (one-sided)"


def clark_west(truth, forecast, baseline, *, horizon=1):
    """Does a forecast that contains its baseline as a special case beat it? One-sided.

        f_t = (y_t - b_t)^2 - [(y_t - ŷ_t)^2 - (b_t - ŷ_t)^2],     gain = mean(f)

    A model whose weights are estimated, and are all 0 in truth, errs more than the baseline "no change",
    because it forecasts noise; the Diebold-Mariano test then finds too little. The last term gives back
    what that noise cost. The statistic is that of `diebold_mariano`, with horizon - 1 lags, and p the
    chance of a larger one if the model knows nothing.

    Args:
        truth, forecast, baseline: (n,), in the order of time.
        horizon: steps the forecasts look ahead.

    Raises:
        ValueError: shapes that differ or are not (n,), different times, values that are not finite, a
            forecast equal to the baseline, fewer than 2 horizon values, or a horizon that is no positive
            integer.

    Clark and West (2007).
    """
    truth, forecast, baseline = _series(truth=truth, forecast=forecast, baseline=baseline)
    if (forecast == baseline).all():
        raise ValueError("Expected a forecast unlike its baseline. Received the same numbers")
    adjusted = (truth - forecast) ** 2 - (baseline - forecast) ** 2
    result = diebold_mariano((truth - baseline) ** 2, adjusted, horizon=horizon)
    p_value = stats.t.sf(result.statistic, len(truth) - 1)
    return ClarkWest(result.difference, result.statistic, float(p_value))


def differ_alike(losses, other_losses):
    """Whether the difference is the same everywhere, but for rounding."""
    size = max(np.abs(losses).max(), np.abs(other_losses).max())
    return np.ptp(losses - other_losses) <= 8 * np.finfo("float64").eps * size


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
        horizon: steps that a forecast spans.
        confidence: of the interval, between 0 and 1.
        rounds: how often the statistic is computed of redrawn arrays.
        seed: of the draws.

    Raises:
        ValueError: no arrays, or arrays of different lengths or times; values that are not finite, also of
            the statistic; a block, horizon or rounds that are no positive integers; a block above n; or
            another confidence.
    """
    # it takes seconds to import, and few lessons bootstrap
    from arch.bootstrap import MovingBlockBootstrap, optimal_block_length

    require_same_times(**{f"array {i}": array for i, array in enumerate(arrays)})
    arrays = [finite(array) for array in arrays]
    lengths = [len(array) if array.ndim else "none" for array in arrays]
    if len(set(lengths)) != 1 or lengths[0] in (0, "none"):
        raise ValueError(f"Expected arrays of one length, at least 1. Received: {lengths}")
    horizon, rounds = positive_integer("horizon", horizon), positive_integer("rounds", rounds)
    _check_confidence(confidence)
    n = lengths[0]
    if block is None:
        columns = [c for array in arrays for c in array.reshape(n, -1).T if np.ptp(c)]
        best = [optimal_block_length(column)["circular"].iloc[0] for column in columns]
        block = int(max(1, min(max([horizon, *np.ceil(best)]), n // 4)))
    if positive_integer("block", block) > n:
        raise ValueError(f"Expected a block of 1 to {n}. Received: {block}")
    bootstrap = MovingBlockBootstrap(int(block), *arrays, seed=seed)
    (low,), (high,) = bootstrap.conf_int(
        lambda *drawn: np.atleast_1d(statistic(*drawn)),
        rounds,
        method="percentile",
        size=confidence,
    )
    interval = Interval(float(statistic(*arrays)), float(low), float(high))
    if not np.isfinite([interval.estimate, interval.low, interval.high]).all():
        raise ValueError(
            f"Expected a statistic that is finite, of redrawn arrays, too. Received: {interval}"
        )
    return interval


def _alike(**given):
    shapes = {name: np.shape(values) for name, values in given.items()}
    if len(set(shapes.values())) != 1 or 0 in next(iter(shapes.values())):
        raise ValueError(f"Expected arrays of one shape, not empty. Received: {shapes}")
    require_same_times(**given)
    return [finite(values) for values in given.values()]


def _series(**given):
    """`_alike`, each of shape (n,)."""
    arrays = _alike(**given)
    if arrays[0].ndim != 1:
        raise ValueError(f"Expected {', '.join(given)} of shape (n,). Received: {arrays[0].shape}")
    return arrays


def _check_confidence(confidence):
    if not 0 < confidence < 1:
        raise ValueError(f"Expected a confidence between 0 and 1. Received: {confidence}")


def _share(hits, horizon, confidence):
    horizon = positive_integer("horizon", horizon)
    _check_confidence(confidence)
    share, count = float(np.mean(hits)), len(hits) / horizon
    low, high = proportion_confint(share * count, count, 1 - confidence, method="wilson")
    return Interval(share, float(low), float(high))
