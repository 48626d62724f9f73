"""Canaries: experiments that find out whether a pipeline has read the future."""

import math
from dataclasses import dataclass

from course_lib.forecasting.scores import diebold_mariano

import numpy as np
import pandas as pd
from scipy import stats
from sklearn.metrics import r2_score


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
