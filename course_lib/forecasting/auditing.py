"""The whole honest pipeline on one series of prices, in one call."""

from dataclasses import dataclass

from course_lib.checks import positive_integer
from course_lib.forecasting.canaries import Canary, corrupt_future, shuffle_days
from course_lib.forecasting.prices import check_prices
from course_lib.forecasting.scores import (
    block_bootstrap,
    clark_west,
    directional_accuracy,
)
from course_lib.forecasting.windows import TrainingScaler, make_windows, walk_forward

import numpy as np
import pandas as pd

FEWEST_TESTED = 100  # windows in one test span: below, no interval says anything


@dataclass(frozen=True, eq=False)
class Audit:
    """What `audit` found.

    Attributes:
        close: the prices.
        horizon: days forecast.
        origins: (n,) days on which the tested forecasts were made, of all folds.
        truth: (n,) log returns of the `horizon` days after each origin.
        forecasts: name -> (n,) forecast log returns.
        skills: name -> `Interval` of the skill against "no change", 95 %, by moving blocks.
        p_values: name -> p of the Clark-West test, after Holm's correction for the number of names.
        directions: name -> `Interval` of the share of right directions.
        up: the share of spans in which the price rose, which whoever always says "up" gets right.
        by_seed: skill of the GRU from each start.
        canaries: what the canaries found in the GRU's pipeline.
        verdict: all of this in words.
    """

    close: pd.Series
    horizon: int
    origins: pd.DatetimeIndex
    truth: np.ndarray
    forecasts: dict
    skills: dict
    p_values: dict
    directions: dict
    up: float
    by_seed: list
    canaries: list[Canary]
    verdict: str

    def table(self):
        """One row a forecaster, as a DataFrame of text."""
        return pd.DataFrame(
            {
                "skill [95 %]": [str(value) for value in self.skills.values()],
                "p (Holm)": [f"{p:.3f}" for p in self.p_values.values()],
                "direction right [95 %]": [str(value) for value in self.directions.values()],
            },
            index=pd.Index(self.skills, name="forecaster"),
        )

    def __str__(self):
        days = self.close.index
        lines = [
            f"{len(days):,} days, {days[0]:%Y-%m-%d} to {days[-1]:%Y-%m-%d}; {self.horizon} days ahead",
            f"tested on {len(self.truth):,} from {self.origins[0]:%Y-%m-%d}, {self.up:.1%} of them up",
            self.table().to_string(),
            "GRU from each start: " + "  ".join(f"{skill:.3f}" for skill in self.by_seed),
            *map(str, self.canaries),
            self.verdict,
        ]
        return "\n".join(lines)


def audit(
    close,
    *,
    horizon=5,
    history=20,
    folds=4,
    seeds=(1, 2, 3),
    units=16,
    epochs=5,
    max_gap="15D",
    largest_move=0.25,
):
    """Can the returns of this series be forecast from its own past?

    Read are the log returns of the last `history` days and their sizes; forecast is the log return of the
    next `horizon` days. Four forecasters stand against "no change": the mean return so far, ridge
    regression (its penalty chosen by leave-one-out on the training span), gradient boosting, and a GRU
    (mean of its starts). Each fold trains on all that lies before its test span, with an embargo of
    `horizon` windows. 5,000 days take half a minute on two cores.

    Args:
        close: Series of closing prices by day, as `read_prices` gives it.
        horizon, history, folds: days forecast, days read, test spans.
        seeds: starts of the GRU.
        units, epochs: of the GRU.
        max_gap, largest_move: those of `check_prices`, which looks at the series first.

    Returns:
        `Audit`. Print it, or its `verdict`; `plots.audit_figure` draws it.

    Raises:
        ValueError: what `check_prices` refuses; days that are no dates; no seeds; sizes that are no
            positive integers; or a series too short for test spans of 100 windows.

    The canaries are `corrupt_future` and `shuffle_days`. Keras's random numbers start from `seeds`.
    """
    # both take seconds to import, and only this function needs them
    import keras
    from statsmodels.stats.multitest import multipletests

    sizes = {
        "horizon": horizon,
        "history": history,
        "folds": folds,
        "units": units,
        "epochs": epochs,
    }
    for name, value in sizes.items():
        positive_integer(name, value)
    seeds = list(seeds)
    if not seeds:
        raise ValueError("Expected at least one seed. Received none")
    check_prices(close, max_gap=max_gap, largest_move=largest_move)
    if not isinstance(close.index, pd.DatetimeIndex):
        raise ValueError(
            f"Expected prices indexed by day (DatetimeIndex). Received: {close.index.dtype}"
        )
    needed = (folds + 1) * FEWEST_TESTED + history + horizon
    if len(close) < needed:
        raise ValueError(
            f"Expected at least {needed} days, for {folds} test spans of {FEWEST_TESTED}. Received: "
            f"{len(close)}"
        )
    network = _network(history, units)
    windows, target, days = _windows(close, history, horizon, max_gap)
    splits = walk_forward(windows, folds=folds)
    tested = np.concatenate([test for _, test in splits])
    said = {name: np.zeros(len(windows)) for name in ("mean so far", "ridge", "boosting")}
    by_seed = np.zeros((len(seeds), len(windows)))
    for train, test in splits:
        scaled = TrainingScaler(windows, train).transform(windows.inputs)
        for name, forecast in _without_network(scaled, target, train, test).items():
            said[name][test] = forecast
        for row, seed in enumerate(seeds):
            by_seed[row, test] = _trained(network, scaled, target, train, test, seed, epochs)
    said["GRU"] = by_seed.mean(axis=0)
    truth, nothing = target[tested], np.zeros(len(tested))
    forecasts = {name: values[tested] for name, values in said.items()}
    skills = {
        name: block_bootstrap(_skill, (truth - values) ** 2, truth**2, horizon=horizon)
        for name, values in forecasts.items()
    }
    tests = [clark_west(truth, v, nothing, horizon=horizon).p_value for v in forecasts.values()]
    p_values = dict(zip(forecasts, multipletests(tests, method="holm")[1].tolist(), strict=True))

    def last_fold(prices):
        """Forecasts, truths and the rows of their origins, on the last test span, from the first start."""
        windows, target, _ = _windows(prices, history, horizon, max_gap)
        train, test = splits[-1]
        scaled = TrainingScaler(windows, train).transform(windows.inputs)
        forecast = _trained(network, scaled, target, train, test, seeds[0], epochs)
        return forecast, target[test], windows.origins[test] + 1

    canaries = [
        corrupt_future(lambda prices: last_fold(prices)[::2], close, cuts=2),
        shuffle_days(lambda prices: last_fold(prices)[:2], close, horizon=horizon, rounds=4),
    ]
    keras.utils.clear_session(free_memory=False)
    return Audit(
        close=close,
        horizon=horizon,
        origins=days[tested],
        truth=truth,
        forecasts=forecasts,
        skills=skills,
        p_values=p_values,
        directions={
            name: directional_accuracy(truth, values, horizon=horizon)
            for name, values in forecasts.items()
        },
        up=float(np.mean(truth > 0)),
        by_seed=[_skill((truth - row[tested]) ** 2, truth**2) for row in by_seed],
        canaries=canaries,
        verdict=_verdict(skills, p_values, canaries, horizon, len(tested)),
    )


def _skill(losses, baseline):
    return float(1 - np.mean(losses) / np.mean(baseline))


def _windows(close, history, horizon, max_gap):
    """Windows of returns and their sizes, (windows,) returns of the horizon, and the day of each origin."""
    returns = np.log(close).diff().iloc[1:]
    table = pd.DataFrame({"return": returns, "size": returns.abs()})
    windows = make_windows(table, history, horizon, target="return", max_gap=max_gap)
    return windows, windows.futures.sum(axis=1), table.index[windows.origins]


def _without_network(scaled, target, train, test):
    from sklearn.ensemble import HistGradientBoostingRegressor
    from sklearn.linear_model import RidgeCV

    flat = scaled.reshape(len(scaled), -1)
    trees = HistGradientBoostingRegressor(
        max_iter=50, max_leaf_nodes=8, learning_rate=0.05, early_stopping=False, random_state=0
    )
    models = {"ridge": RidgeCV(np.logspace(1, 6, 11)), "boosting": trees}
    return {
        "mean so far": np.full(len(test), target[train].mean()),
        **{
            name: model.fit(flat[train], target[train]).predict(flat[test])
            for name, model in models.items()
        },
    }


def _network(history, units):
    from course_lib import recurrent

    import keras

    inputs = keras.Input((history, 2))  # (batch, time, features)
    network = keras.Model(inputs, keras.layers.Dense(1)(recurrent.GRU(units)(inputs)))
    # XLA would take longer to compile than the training takes
    network.compile(keras.optimizers.Adam(0.003), "mse", jit_compile=False)
    network.optimizer.build(network.trainable_variables)
    return network


def _trained(network, scaled, target, train, test, seed, epochs):
    """Forecasts of the windows `test` after training on `train`, from new weights and a new optimizer."""
    import keras

    keras.utils.set_random_seed(seed)
    network.set_weights(keras.models.clone_model(network).get_weights())
    for variable in network.optimizer.variables:
        if variable.name != "learning_rate":
            variable.assign(np.zeros(variable.shape, dtype=variable.dtype))
    size = target[train].std()
    network.fit(scaled[train], target[train] / size, batch_size=256, epochs=epochs, verbose=0)
    return size * network.predict(scaled[test], batch_size=1024, verbose=0)[:, 0]


def _verdict(skills, p_values, canaries, horizon, tested):
    dead = [canary.name for canary in canaries if canary.leaks]
    if dead:
        return (
            f"Do not believe these numbers: {' and '.join(dead)} found a leak. Mend it before you look at "
            "a skill."
        )
    ahead = "the next day" if horizon == 1 else f"the next {horizon} days"
    better = [name for name in skills if skills[name].low > 0 and p_values[name] < 0.05]
    if better:
        best = max(better, key=lambda name: skills[name].estimate)
        saved = skills[best]
        return (
            f"Better than 'no change' for {ahead}, beyond chance on {tested:,} days: {', '.join(better)}. "
            f"The best, {best}, takes {100 * saved.estimate:.1f} % off the squared error (95 % interval "
            f"{100 * saved.low:.1f} to {100 * saved.high:.1f}). Before you believe it, count the costs of "
            "trading on it, and test it once on days that were not in this file."
        )
    highest = max(value.high for value in skills.values())
    missed = (
        f"no interval ends above a skill of {highest:.3f}"
        if highest > 0
        else "no interval reaches above 0"
    )
    return (
        f"Nothing tried here forecasts {ahead} better than 'no change' beyond chance: on {tested:,} days "
        f"{missed}."
    )
