"""The audit of a series: it finds what is there, nothing where nothing is, and its canaries see leaks."""

from course_lib import forecasting as fc
from course_lib.forecasting import auditing

import keras  # noqa: F401  -- so that these tests run on every backend
import numpy as np
import pandas as pd
import pytest
from scipy import stats
from sklearn.linear_model import LinearRegression
from sklearn.model_selection import train_test_split
from sklearn.neighbors import KNeighborsRegressor

QUICK = {"horizon": 2, "history": 4, "folds": 2, "seeds": (1, 2), "units": 4, "epochs": 3}


def walk(n, memory=0.0, seed=0):
    """Prices whose returns are AR(1) with this memory, sigma 1 %."""
    noise = np.random.default_rng(seed).normal(size=n)
    returns = np.empty(n)
    returns[0] = noise[0]
    for t in range(1, n):
        returns[t] = memory * returns[t - 1] + noise[t]
    index = pd.bdate_range("2015-01-01", periods=n)
    return pd.Series(1000 * np.exp(0.01 * returns.cumsum()), index, name="close")


# -- a canary that deals the days out anew


def returns_and_windows(prices, history=5, horizon=5):
    close = prices["close"] if isinstance(prices, pd.DataFrame) else prices
    log_close = np.log(close)
    windows = fc.make_windows(log_close, history, horizon, max_gap="9D")
    return windows.inputs[:, :, 0], windows.futures[:, -1] - windows.inputs[:, -1, 0]


def honest(prices):
    inputs, targets = returns_and_windows(prices)
    first = len(inputs) * 2 // 3
    model = LinearRegression().fit(np.diff(inputs[: first - 5]), targets[: first - 5])
    return model.predict(np.diff(inputs[first:])), targets[first:]


def shuffled_split(prices):
    """Overlapping windows on both sides: three nearest neighbours know half of a target."""
    inputs, targets = returns_and_windows(prices)
    train, test = train_test_split(np.arange(len(inputs)), test_size=0.5, random_state=0)
    model = KNeighborsRegressor(3).fit(inputs[train], targets[train])
    return model.predict(inputs[test]), targets[test]


def smoothed(prices):
    close = prices["close"] if isinstance(prices, pd.DataFrame) else prices
    returns = np.log(close).diff().dropna()
    around = returns.rolling(5, center=True, min_periods=1).mean()
    windows = fc.make_windows(around, 5, 5, target=returns, max_gap="9D")
    targets, flat = windows.futures.sum(axis=1), windows.inputs[:, :, 0]
    first = len(flat) * 2 // 3
    model = LinearRegression().fit(flat[: first - 5], targets[: first - 5])
    return model.predict(flat[first:]), targets[first:]


def test_shuffling_the_days_sees_leaks_of_every_kind():
    prices = walk(2500)
    for leaky in (shuffled_split, smoothed):
        canary = fc.shuffle_days(leaky, prices, horizon=5)
        assert canary.leaks, canary
    assert fc.shuffle_days(smoothed, prices).measured["shuffled"] > 0.3


def test_shuffling_the_days_sees_what_r2_and_the_shift_do_not():
    """The case that `shift_by_one` misses: neighbours after a shuffled split, R2 below 0."""
    inputs, targets = returns_and_windows(walk(2500))

    def model(inputs, targets):
        train, test = train_test_split(np.arange(len(inputs)), test_size=0.5, random_state=0)
        knows = KNeighborsRegressor(3).fit(inputs[train], targets[train])
        return knows.predict(inputs[test]), test

    assert not fc.shift_by_one(model, inputs, targets, horizon=5).leaks
    assert fc.shuffle_days(shuffled_split, walk(2500), horizon=5).leaks


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize("memory", [0.0, 0.5])
def test_shuffling_the_days_accuses_no_honest_pipeline(seed, memory):
    canary = fc.shuffle_days(honest, walk(1500, memory, seed), horizon=5, seed=seed)
    assert not canary.leaks, canary


def test_shuffled_days_keep_their_changes():
    frame = pd.DataFrame({"close": walk(300)})
    frame["open"] = frame["close"].shift().fillna(999.0) * 1.001
    frame["high"] = frame[["open", "close"]].max(axis=1) * 1.002
    frame["low"] = frame[["open", "close"]].min(axis=1) * 0.998
    frame["volume"] = np.arange(300)
    seen = []

    def pipeline(prices):
        seen.append(prices)
        return np.arange(3.0), np.array([1.0, 3.0, 2.0])

    before = frame.copy()
    fc.shuffle_days(pipeline, frame, rounds=2)
    pd.testing.assert_frame_equal(frame, before)
    real, mixed, other = seen
    pd.testing.assert_frame_equal(real, frame)
    assert not mixed["close"].equals(other["close"])
    assert mixed.index.equals(frame.index)
    order = mixed["volume"].to_numpy(dtype=int)
    assert sorted(order) == list(range(300))
    for name in ("open", "high", "low", "close"):
        steps = (frame[name] / frame["close"].shift()).to_numpy()[1:]
        then = (mixed[name] / mixed["close"].shift()).to_numpy()[1:]
        np.testing.assert_allclose(then, steps[order[1:] - 1])


@pytest.mark.parametrize(
    ("pipeline", "prices", "arguments", "message"),
    [
        (honest, walk(500), {"rounds": 1}, "at least 2 rounds"),
        (honest, walk(500), {"horizon": 0}, "`horizon` to be a positive integer"),
        (honest, np.ones(9), {}, "Series of closes, or a DataFrame"),
        (honest, walk(2), {}, "three days or more"),
        (honest, walk(500) - 2000, {}, "above 0"),
        (honest, pd.DataFrame({"price": walk(9)}), {}, r"\['price'\]"),
        (lambda p: (np.ones(3), np.ones(4)), walk(9), {}, r"\(3,\) and \(4,\)"),
        (lambda p: (np.ones(3), np.arange(3.0)), walk(9), {}, "forecasts that vary"),
        (lambda p: (np.arange(3.0), np.ones(3)), walk(9), {}, "truths that vary"),
        (lambda p: (np.full(3, np.nan), np.ones(3)), walk(9), {}, "finite"),
    ],
)
def test_shuffling_the_days_refuses(pipeline, prices, arguments, message):
    with pytest.raises(ValueError, match=message):
        fc.shuffle_days(pipeline, prices, **arguments)


# -- Clark and West


def test_clark_west_by_hand():
    truth, forecast = np.array([1.0, -2.0, 3.0, 0.5]), np.array([0.5, 0.1, 1.0, -0.2])
    result = fc.clark_west(truth, forecast, np.zeros(4))
    gains = truth**2 - ((truth - forecast) ** 2 - forecast**2)  # = 2 truth * forecast
    np.testing.assert_allclose(gains, 2 * truth * forecast)
    assert result.gain == pytest.approx(gains.mean())
    t = stats.ttest_1samp(gains, 0, alternative="greater")
    assert (result.statistic, result.p_value) == pytest.approx((t.statistic, t.pvalue))


def test_clark_west_keeps_its_level_where_diebold_mariano_sees_nothing():
    """A noisy forecast of what cannot be forecast: p below 5 % in about 5 of 100; one that knows a little
    and is noisy: seen much oftener than by the Diebold-Mariano test."""
    rng = np.random.default_rng(0)
    found = {"null": 0, "knows": 0, "plain": 0}
    for _ in range(400):
        signal, noise = rng.normal(size=(2, 300))
        truth = 0.25 * signal + rng.normal(size=300)
        nothing = np.zeros(300)
        found["null"] += fc.clark_west(truth, 0.3 * noise, nothing).p_value < 0.05
        forecast = 0.25 * signal + 0.25 * noise
        found["knows"] += fc.clark_west(truth, forecast, nothing).p_value < 0.05
        plain = fc.diebold_mariano((truth - forecast) ** 2, truth**2)
        found["plain"] += plain.p_value / 2 < 0.05 and plain.difference < 0
    assert 8 <= found["null"] <= 34, found
    assert found["knows"] > 300 > 120 > found["plain"], found


def test_clark_west_refuses():
    with pytest.raises(ValueError, match="unlike its baseline"):
        fc.clark_west([1.0, 2.0], [0.0, 0.0], [0.0, 0.0])
    with pytest.raises(ValueError, match="one shape"):
        fc.clark_west([1.0, 2.0], [0.0], [0.0, 0.0])


# -- the audit


@pytest.fixture(scope="module")
def remembers():
    return fc.audit(walk(1200, memory=0.6), **QUICK)


def test_what_can_be_forecast_is_found(remembers):
    assert "Better than 'no change' for the next 2 days" in remembers.verdict
    assert remembers.skills["ridge"].low > 0 and remembers.p_values["ridge"] < 0.05
    assert not any(canary.leaks for canary in remembers.canaries)
    # two steps of an AR(1) with memory m: 1 - Var(error) / Var(sum)
    m, sigma2 = 0.6, 1 / (1 - 0.6**2)
    whole = sigma2 * (2 + 2 * m)
    possible = (m + m**2) ** 2 * sigma2 / whole
    assert remembers.skills["ridge"].estimate == pytest.approx(possible, abs=0.08)


def test_nothing_is_found_where_nothing_is():
    found = fc.audit(walk(1200, seed=3), **QUICK)
    assert "Nothing tried here forecasts the next 2 days" in found.verdict
    assert all(value.low <= 0 for value in found.skills.values())
    assert not any(canary.leaks for canary in found.canaries)


def test_an_audit_says_what_it_did(remembers):
    assert list(remembers.skills) == ["mean so far", "ridge", "boosting", "GRU"]
    assert len(remembers.by_seed) == 2
    assert len(remembers.origins) == len(remembers.truth) == len(remembers.forecasts["GRU"])
    first = remembers.close.index.get_loc(remembers.origins[0])
    change = np.log(remembers.close.iloc[first + 2] / remembers.close.iloc[first])
    assert remembers.truth[0] == pytest.approx(change)
    text = str(remembers)
    assert remembers.verdict in text and "1,200 days" in text and "corrupt the future" in text
    assert list(remembers.table().index) == list(remembers.skills)


def test_holm_makes_no_p_smaller(remembers):
    nothing = np.zeros(len(remembers.truth))
    for name, forecast in remembers.forecasts.items():
        plain = fc.clark_west(remembers.truth, forecast, nothing, horizon=2).p_value
        assert remembers.p_values[name] >= plain


def test_the_same_seeds_say_the_same():
    series = walk(420, seed=5)
    first, second = (fc.audit(series, **QUICK | {"epochs": 1, "folds": 1}) for _ in range(2))
    np.testing.assert_allclose(first.forecasts["GRU"], second.forecasts["GRU"], rtol=1e-5)


def test_a_dead_canary_is_the_verdict(remembers):
    dead = fc.Canary("shuffle the days", True, {"shuffled": 0.5})
    verdict = auditing._verdict(remembers.skills, remembers.p_values, [dead], 2, 100)
    assert verdict.startswith("Do not believe these numbers: shuffle the days found a leak")


@pytest.mark.parametrize(
    ("close", "arguments", "message"),
    [
        (walk(300), {}, "at least 306 days, for 2 test spans of 100. Received: 300"),
        (walk(400), {"seeds": ()}, "at least one seed"),
        (walk(400), {"horizon": 0}, "`horizon` to be a positive integer"),
        (walk(400), {"units": 2.5}, "`units` to be a positive integer"),
        (walk(400).reset_index(drop=True), {"max_gap": 2}, "indexed by day"),
        (walk(400).where(np.arange(400) < 200, walk(400) / 2), {}, "as if one share became 2"),
        (walk(400).iloc[::-1], {}, "sorted by time"),
        (walk(400).to_frame(), {}, "Series of prices. Received: DataFrame"),
    ],
)
def test_a_series_that_cannot_be_audited_is_refused(close, arguments, message):
    with pytest.raises(ValueError, match=message):
        fc.audit(close, **QUICK | arguments)
