"""Windows and splits that do not leak, canaries that see leaks, scores whose intervals are honest."""

from course_lib import forecasting as fc

import numpy as np
import pandas as pd
import pytest
from scipy import stats
from sklearn.linear_model import LinearRegression
from sklearn.metrics import mean_pinball_loss
from sklearn.model_selection import TimeSeriesSplit, train_test_split
from sklearn.neighbors import KNeighborsRegressor
from statsmodels.regression.linear_model import OLS
from statsmodels.stats.proportion import proportion_confint


def ar1(rng, n, memory, rows=1):
    """(rows, n), x_t = memory x_{t-1} + noise, started where it settles."""
    noise = rng.normal(size=(n, rows))
    x = np.empty((n, rows))
    x[0] = noise[0] / np.sqrt(1 - memory**2)
    for t in range(1, n):
        x[t] = memory * x[t - 1] + noise[t]
    return x.T


def dated(values, freq="D"):
    index = pd.date_range("2020-01-01", periods=len(values), freq=freq)
    return (pd.DataFrame if np.ndim(values) > 1 else pd.Series)(values, index=index)


# -- windows


@pytest.mark.parametrize(
    ("n", "history", "horizon"), [(50, 20, 5), (9, 1, 1), (12, 3, 9), (7, 4, 2)]
)
def test_n_values_give_n_minus_history_minus_horizon_plus_1_windows(n, history, horizon):
    windows = fc.make_windows(np.arange(n), history, horizon)
    assert len(windows) == n - history - horizon + 1
    assert windows.inputs.shape == (len(windows), history, 1)
    assert windows.futures.shape == (len(windows), horizon)
    assert windows.origins.shape == (len(windows),)


def test_inputs_end_at_the_origin_and_futures_begin_after_it():
    values = np.column_stack([np.arange(30), np.arange(30) ** 2])
    target = -np.arange(30)
    windows = fc.make_windows(values, 4, 3, target=target)
    for i, t in enumerate(windows.origins):
        np.testing.assert_array_equal(windows.inputs[i], values[t - 3 : t + 1])
        np.testing.assert_array_equal(windows.futures[i], target[t + 1 : t + 4])
    assert windows.origins[0] == 3
    assert windows.futures[-1, -1] == target[-1]


def test_all_columns_are_forecast_by_default_and_one_by_its_name():
    frame = dated(np.arange(40.0).reshape(20, 2)).set_axis(["a", "b"], axis="columns")
    assert fc.make_windows(frame, 4, 3).futures.shape == (14, 3, 2)
    futures = fc.make_windows(frame, 4, 3, target="b").futures
    np.testing.assert_array_equal(futures[0], frame["b"].iloc[4:7])


def test_windows_are_not_changed_through_the_series_nor_by_a_write():
    values = np.zeros(10)
    windows = fc.make_windows(values, 3, 2)
    values[:] = 1
    assert not windows.inputs.any()
    with pytest.raises(ValueError, match="read-only"):
        windows.inputs[0, 0] = 1


def broken_series():
    good = dated(np.arange(10.0))
    yield good.iloc[[0, 2, 1, 3]], r"sorted by time. Received 2020-01-02.* after 2020-01-03"
    yield good.iloc[[0, 1, 1, 2]], r"every time once. Received 2020-01-02.* twice"
    yield good.drop(good.index[4]), r"equal steps of 1 days.*step of 2 days.* after 2020-01-04"
    yield good.where(good != 3), r"finite values. Received nan in row 3 \(2020-01-04"
    yield good.replace(3, np.inf), "Received inf in row 3"
    yield good.astype(str), "Expected numbers"
    yield good.set_axis(list("abcdefghij")), "index of dates or numbers"
    yield good.set_axis([pd.NaT, *good.index[1:]]), "time for every row. Received none in row 0"
    yield good.reset_index(drop=True).drop(4), "equal steps of 1,.*a step of 2 after 3"
    frame = pd.DataFrame({"a": good, "b": good.where(good != 5)})
    yield frame, r"Received nan in row 5 \(2020-01-06"


def test_broken_series_are_refused_by_name_and_place():
    for series, message in broken_series():
        with pytest.raises(ValueError, match=message):
            fc.make_windows(series, 2, 1)
        with pytest.raises(ValueError, match=message):
            fc.check_series(series)
        with pytest.raises(ValueError, match=message):
            target = pd.Series(0.0, index=series.index)
            fc.make_windows(target, 2, 1, target=series)


def test_gaps_are_allowed_up_to_what_was_said():
    series = dated(np.arange(10.0)).drop(pd.to_datetime(["2020-01-04", "2020-01-05"]))
    fc.check_series(series, max_gap="3D")
    assert len(fc.make_windows(series, 2, 1, max_gap="3D")) == 6
    with pytest.raises(ValueError, match=r"at most 2 days.*3 days.* after 2020-01-03"):
        fc.check_series(series, max_gap="2D")
    fc.check_series(series.reset_index(drop=True).drop(3), max_gap=2)


def test_windows_that_cannot_be_are_refused():
    for arguments, message in [
        ((np.zeros(9), 7, 3), "at least history \\+ horizon = 10 rows. Received: 9"),
        ((np.zeros(9), 0, 3), "at least 1. Received: 0 and 3"),
        ((np.zeros(9), 3, 0), "at least 1. Received: 3 and 0"),
        ((np.zeros((9, 2, 2)), 3, 2), r"\(time, features\). Received: \(9, 2, 2\)"),
        ((np.array([1, 2, np.nan, 4]), 1, 1), "Received nan in row 2"),
    ]:
        with pytest.raises(ValueError, match=message):
            fc.make_windows(*arguments)
    series = dated(np.arange(9.0))
    for target in (series.iloc[1:], series.set_axis(series.index + pd.Timedelta("1D"))):
        with pytest.raises(ValueError, match="with the times of the series"):
            fc.make_windows(series, 2, 2, target=target)


def test_the_scaler_reads_the_rows_of_the_training_windows_once_each_and_no_other():
    values = np.random.default_rng(0).normal(5, 3, size=(60, 2))
    windows = fc.make_windows(values, 8, 3)
    train = np.arange(2, 20)
    scaler = fc.TrainingScaler(windows, train)
    read = values[2 : windows.origins[19] + 1]
    scaled = scaler.transform(windows.inputs)
    np.testing.assert_allclose(scaled, (windows.inputs - read.mean(axis=0)) / read.std(axis=0))
    np.testing.assert_allclose(scaler.inverse_transform(scaled), windows.inputs)

    later = values.copy()
    later[windows.origins[19] + 1 :] += 100
    again = fc.TrainingScaler(fc.make_windows(later, 8, 3), train)
    np.testing.assert_array_equal(again.transform(values), scaler.transform(values))


# -- splits


@pytest.mark.parametrize("train_size", [None, 30])
@pytest.mark.parametrize("horizon", [1, 5])
def test_whatever_training_saw_lies_before_the_first_test_origin(horizon, train_size):
    windows = fc.make_windows(np.arange(120.0), 10, horizon)  # the value tells the row
    splits = fc.walk_forward(windows, folds=3, test_size=15, train_size=train_size)
    assert len(splits) == 3
    for train, test in splits:
        assert windows.futures[train].max() < windows.origins[test].min()
        assert test[0] - train[-1] == horizon + 1
        np.testing.assert_array_equal(np.diff(train), 1)
        assert len(test) == 15
        if train_size:
            assert len(train) == train_size
        else:
            assert train[0] == 0
    tested = np.concatenate([test for _, test in splits])
    np.testing.assert_array_equal(tested, np.arange(len(windows) - 45, len(windows)))


def test_by_default_the_spans_are_about_equal():
    windows = fc.make_windows(np.arange(120.0), 10, 2)
    splits = fc.walk_forward(windows, folds=4)
    assert [len(test) for _, test in splits] == [len(windows) // 5] * 4
    assert len(splits[0][0]) == len(windows) - 4 * (len(windows) // 5) - 2


def test_windows_held_out_of_training_have_an_embargo_before_them():
    windows = fc.make_windows(np.arange(60.0), 5, 4)
    train = np.arange(3, 40)
    fit, validation = fc.hold_out(train, 10, windows.horizon)
    np.testing.assert_array_equal(validation, np.arange(30, 40))
    assert fit[0] == 3
    assert windows.futures[fit].max() < windows.origins[validation].min()
    assert validation[0] - fit[-1] == 5


@pytest.mark.parametrize("folds", [2, 3, 6])
@pytest.mark.parametrize("test_size", [None, 7])
@pytest.mark.parametrize("train_size", [None, 11])
def test_the_splits_are_those_of_scikit_learn(folds, test_size, train_size):
    windows = fc.make_windows(np.arange(150.0), 10, 4)
    sizes = {"test_size": test_size, "max_train_size": train_size}
    expected = TimeSeriesSplit(folds, gap=4, **sizes).split(np.arange(len(windows)))
    ours = fc.walk_forward(windows, folds=folds, test_size=test_size, train_size=train_size)
    for (train, test), (their_train, their_test) in zip(ours, expected, strict=True):
        np.testing.assert_array_equal(train, their_train)
        np.testing.assert_array_equal(test, their_test)


def test_splits_without_room_are_refused():
    windows = fc.make_windows(np.arange(40.0), 5, 5)  # 31 windows
    with pytest.raises(ValueError, match=r"at least 1 training windows.*Received: 0"):
        fc.walk_forward(windows, folds=2, test_size=13)
    with pytest.raises(ValueError, match=r"at least 20 training windows.*Received: 6"):
        fc.walk_forward(windows, folds=2, test_size=10, train_size=20)
    assert len(fc.walk_forward(windows, folds=2, test_size=10, train_size=6)[0][0]) == 6
    with pytest.raises(
        ValueError, match=r"folds, test_size and train_size of at least 1. Received: 0"
    ):
        fc.walk_forward(windows, folds=0)
    for size in (0, 5):
        with pytest.raises(ValueError, match=f"1 to 4 windows.*Received: {size}"):
            fc.hold_out(np.arange(10), size, 5)
    assert len(fc.hold_out(np.arange(10), 4, 5)[0]) == 1


# -- baselines


def test_persistence_repeats_and_drift_goes_on():
    line = 3 + 2 * np.arange(20.0)
    windows = fc.make_windows(line, 4, 3)
    np.testing.assert_allclose(fc.drift(line, windows.origins, 3), windows.futures)
    expected = np.column_stack([line[windows.origins]] * 3)
    np.testing.assert_array_equal(fc.persistence(line, windows.origins, 3), expected)


def test_the_baselines_read_nothing_after_their_origin():
    series = np.random.default_rng(0).normal(size=50)
    spoiled = np.where(np.arange(50) > 20, 1e6, series)
    for baseline in (fc.persistence, fc.drift):
        for_20 = baseline(series, np.array([20]), 4)
        np.testing.assert_array_equal(baseline(spoiled, np.array([20]), 4), for_20)
        assert not np.array_equal(baseline(spoiled, np.array([21]), 4), for_20)
    with pytest.raises(ValueError, match=r"at least 1. Received: 0"):
        fc.drift(series, np.array([0, 1]), 2)


# -- canaries: an honest pipeline passes each, a leaky one is caught

HISTORY, HORIZON = 6, 2


def honest_inputs(series):
    """Windows scaled by their training span, as a model gets them on its test span."""
    windows = fc.make_windows(series, HISTORY, HORIZON)
    ((train, test),) = fc.walk_forward(windows, folds=1, test_size=60)
    scaled = fc.TrainingScaler(windows, train).transform(windows.inputs[test])
    return scaled, windows.origins[test]


def inputs_with_scaler_of_everything(series):
    values = np.asarray(series, dtype="float64")
    windows = fc.make_windows((values - values.mean()) / values.std(), HISTORY, HORIZON)
    return windows.inputs, windows.origins


def inputs_smoothed_around_each_value(series):
    values = np.convolve(np.asarray(series), np.ones(3) / 3, mode="same")
    windows = fc.make_windows(values, HISTORY, HORIZON)
    return windows.inputs, windows.origins


def inputs_one_step_too_late(series):
    windows = fc.make_windows(series, HISTORY, HORIZON)
    return windows.inputs[1:], windows.origins[:-1]


def inputs_that_know_the_next_sign(series):
    windows = fc.make_windows(series, HISTORY, HORIZON)
    return np.sign(windows.futures[:, :1]), windows.origins


def inputs_without_days_that_look_odd(series):
    windows = fc.make_windows(series, HISTORY, HORIZON)
    ordinary = np.abs(windows.futures).max(axis=1) < 2
    return windows.inputs[ordinary], windows.origins[ordinary]


def forecasts(series, embargo=HORIZON, test_size=60):
    windows = fc.make_windows(series, HISTORY, HORIZON)
    train = np.arange(len(windows) - test_size - embargo)
    test = np.arange(len(windows) - test_size, len(windows))
    model = LinearRegression().fit(windows.inputs[train, :, 0], windows.futures[train, -1])
    return model.predict(windows.inputs[test, :, 0]), windows.origins[test]


def forecasts_without_embargo(series):
    return forecasts(series, embargo=0)


def forecasts_trained_on_everything(series):
    return forecasts(series, embargo=-60)


FUTURE_LEAKS = [
    inputs_with_scaler_of_everything,
    inputs_smoothed_around_each_value,
    inputs_one_step_too_late,
    inputs_that_know_the_next_sign,
    inputs_without_days_that_look_odd,
    forecasts_without_embargo,
    forecasts_trained_on_everything,
]


@pytest.mark.parametrize("pipeline", [honest_inputs, forecasts])
@pytest.mark.parametrize("kind", [np.asarray, dated])
def test_corrupting_the_future_leaves_an_honest_pipeline_alone(pipeline, kind):
    series = kind(ar1(np.random.default_rng(0), 300, 0.9)[0])
    canary = fc.corrupt_future(pipeline, series)
    assert not canary.leaks
    assert canary.measured == {"changed": 0, "of": 1 + 15 + 30 + 45 + 60}


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("pipeline", FUTURE_LEAKS)
def test_corrupting_the_future_catches(pipeline, seed):
    series = ar1(np.random.default_rng(seed), 300, 0.9)[0]
    canary = fc.corrupt_future(pipeline, series, seed=seed)
    assert canary.leaks
    assert 0 < canary.measured["changed"] <= canary.measured["of"]
    assert "LEAK" in str(canary)


def test_without_its_last_step_of_embargo_only_the_shared_price_remains():
    # no target reaches past the first test origin, so nothing can leak; one step less and it does
    series = ar1(np.random.default_rng(0), 300, 0.9)[0]
    assert not fc.corrupt_future(lambda s: forecasts(s, embargo=HORIZON - 1), series).leaks
    assert fc.corrupt_future(lambda s: forecasts(s, embargo=HORIZON - 2), series).leaks


def test_corrupted_bars_still_pass_for_bars():
    rng = np.random.default_rng(0)
    low = rng.uniform(1, 2, 80)
    bars = dated(np.column_stack([low, low + rng.uniform(0, 1, 80)]))
    seen = []

    def pipeline(series):
        seen.append(series)
        return series.to_numpy()[:-1], np.arange(len(series) - 1)

    assert not fc.corrupt_future(pipeline, bars).leaks
    original, *spoiled = seen
    assert original is bars and len(spoiled) == 5
    for series in spoiled:
        assert series.index.equals(bars.index) and (series > 0).all(axis=None)
        assert (series[1] >= series[0]).all()
        same = (series == bars).all(axis="columns").to_numpy()
        assert not same[np.argmin(same) :].any()  # from the cut on, every row differs
    first_spoiled = [int(np.argmin((s == bars)[0].to_numpy())) for s in spoiled]
    assert first_spoiled == [1, 20, 40, 59, 79]


def test_outputs_that_begin_with_nan_are_compared_as_closely_as_others():
    series = ar1(np.random.default_rng(0), 300, 0.9)[0]
    rng = np.random.default_rng(1)

    def pipeline(series):
        means = pd.Series(np.asarray(series)).rolling(5).mean().to_numpy()
        return means * (1 + 1e-12 * rng.normal(size=len(means))), np.arange(len(means))

    assert not fc.corrupt_future(pipeline, series).leaks


def test_canaries_that_would_look_nowhere_are_refused():
    series = np.arange(50.0)
    with pytest.raises(ValueError, match=r"at least 1 cut\. Received: 0"):
        fc.corrupt_future(lambda s: (s, np.arange(len(s))), series, cuts=0)
    with pytest.raises(ValueError, match=r"at least 2 rounds\. Received: 1"):
        fc.shuffle_targets(lambda i, t: (t, np.arange(len(t))), series, series, rounds=1)


def test_outputs_may_come_in_any_order():
    series = ar1(np.random.default_rng(0), 300, 0.9)[0]

    def backwards(pipeline):
        return lambda s: tuple(part[::-1] for part in pipeline(s))

    for pipeline in (honest_inputs, forecasts, inputs_one_step_too_late):
        expected = fc.corrupt_future(pipeline, series)
        assert fc.corrupt_future(backwards(pipeline), series) == expected


def test_outputs_without_origins_are_refused():
    with pytest.raises(ValueError, match="3 rows and 2 origins"):
        fc.corrupt_future(lambda series: (np.zeros(3), np.arange(2)), np.zeros(9))


def split_at(inputs, share=0.6, embargo=HORIZON):
    first = int(share * len(inputs))
    return np.arange(first - embargo), np.arange(first, len(inputs))


def honest_pipeline(inputs, targets):
    train, test = split_at(inputs)
    return LinearRegression().fit(inputs[train], targets[train]).predict(inputs[test]), test


def scored_on_training_windows(inputs, targets):
    everything = np.arange(len(inputs))
    return KNeighborsRegressor(3).fit(inputs, targets).predict(inputs), everything


def inputs_chosen_by_all_targets(inputs, targets):
    noise = np.random.default_rng(0).normal(size=(len(inputs), 2000))
    best = np.argsort(np.abs(noise.T @ (targets - targets.mean())))[-10:]
    return honest_pipeline(noise[:, best], targets)


def scored_among_its_training_windows(inputs, targets):
    train, test = train_test_split(np.arange(len(inputs)), test_size=0.3, random_state=0)
    clock = np.arange(len(inputs))[:, None]  # says when, and nothing about the series
    return KNeighborsRegressor(2).fit(clock[train], targets[train]).predict(clock[test]), test


def targets_smoothed_with_what_comes(inputs, targets):
    train, test = split_at(inputs)
    smooth = np.convolve(targets, np.ones(9) / 9, mode="same")[:, None]
    return LinearRegression().fit(smooth[train], targets[train]).predict(smooth[test]), test


def data(seed, n=600, memory=0.9):
    windows = fc.make_windows(ar1(np.random.default_rng(seed), n, memory)[0], HISTORY, HORIZON)
    return windows.inputs[:, :, 0], windows.futures[:, -1]


def test_shuffled_targets_take_the_skill_of_an_honest_pipeline():
    canary = fc.shuffle_targets(honest_pipeline, *data(0))
    assert not canary.leaks
    assert canary.measured["skill"] > 0.4
    assert canary.measured["shuffled"] < 0.02


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("pipeline", [scored_on_training_windows, inputs_chosen_by_all_targets])
def test_shuffled_targets_catch(pipeline, seed):
    canary = fc.shuffle_targets(pipeline, *data(seed), seed=seed)
    assert canary.leaks
    assert canary.measured["shuffled"] > canary.measured["by chance"] >= 0


def test_shuffled_targets_raise_few_false_alarms():
    inputs, targets = data(0)

    def untrained(inputs, targets):  # so that chance gives skill as often as it takes it
        return targets.mean() + 0.01 * inputs[:, -1], np.arange(len(targets))

    canaries = [fc.shuffle_targets(untrained, inputs, targets, seed=seed) for seed in range(200)]
    assert 0.2 < np.mean([canary.measured["shuffled"] > 0 for canary in canaries]) < 0.6
    assert np.mean([canary.leaks for canary in canaries]) <= 0.03  # 1 % by construction


def test_older_news_is_worth_less_to_an_honest_pipeline():
    canary = fc.shift_by_one(honest_pipeline, *data(0), horizon=HORIZON)
    assert not canary.leaks
    assert canary.measured["skill"] > canary.measured["shifted"] > 0
    assert canary.measured["p"] < 0.05


def test_the_shift_pairs_forecasts_of_the_same_target():
    # the forecast is the latest input: on a line, shifted by one, it is one step further off
    inputs = np.arange(100.0)[:, None]
    bent = inputs[:, 0] + 2 + 0.01 * np.sin(np.arange(100))

    def latest(inputs, targets):
        return inputs[50:, 0], np.arange(50, len(inputs))

    canary = fc.shift_by_one(latest, inputs, bent)
    truth = bent[51:]
    for name, off in (("skill", 2), ("shifted", 3)):
        expected = 1 - np.mean((truth - (np.arange(51, 100) + 2 - off)) ** 2) / truth.var()
        assert canary.measured[name] == pytest.approx(expected)


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize(
    "pipeline", [scored_among_its_training_windows, targets_smoothed_with_what_comes]
)
def test_a_shift_by_one_catches(pipeline, seed):
    canary = fc.shift_by_one(pipeline, *data(seed), horizon=HORIZON)
    assert canary.leaks
    assert canary.measured["skill"] > 0.3


def test_without_skill_or_where_nothing_changes_the_shift_stays_calm_or_warns():
    def constant(inputs, targets):
        train, test = split_at(inputs)
        return np.full(len(test), targets[train].mean()), test

    def lucky(inputs, targets):  # an R2 above 0 by chance, that does not fall either
        noise = np.random.default_rng(1).normal(size=len(targets))
        return targets.mean() + 0.05 * noise, np.arange(len(targets))

    def clairvoyant(inputs, targets):
        return targets, np.arange(len(targets))

    assert not fc.shift_by_one(constant, *data(0)).leaks
    canary = fc.shift_by_one(lucky, *data(0), horizon=HORIZON)
    assert canary.measured["skill"] > 0
    assert not canary.leaks
    assert fc.shift_by_one(clairvoyant, *data(0)).leaks


@pytest.mark.parametrize("canary", [fc.shuffle_targets, fc.shift_by_one])
def test_forecasts_of_another_shape_than_their_windows_are_refused(canary):
    def column(inputs, targets):
        forecasts, test = honest_pipeline(inputs, targets)
        return forecasts[:, None], test

    with pytest.raises(ValueError, match=r"Received: \(238, 1\) and \(238,\)"):
        canary(column, *data(0))


# -- scores


def test_skill_is_1_when_perfect_0_like_the_baseline_and_below_when_worse():
    truth, baseline = np.array([1.0, 2, 4]), np.array([1.0, 1, 2])
    assert fc.skill(truth, truth, baseline) == 1
    assert fc.skill(truth, baseline, baseline) == 0
    assert fc.skill(truth, np.array([1.0, 2, 3]), baseline) == pytest.approx(1 - 1 / 5)
    assert fc.skill(truth, baseline + 3, baseline) < 0
    with pytest.raises(ValueError, match="without an error"):
        fc.skill(truth, baseline, truth)
    with pytest.raises(ValueError, match="one shape"):
        fc.skill(truth, baseline[:, None], baseline)
    with pytest.raises(ValueError, match="nan in row 0"):
        fc.skill(truth, np.array([np.nan, 1, 1]), baseline)


def test_directions_are_counted_and_no_change_is_left_out():
    change = np.array([1.0, -2, 3, 0, -1, 5])
    forecast = np.array([0.1, -9, -1, 7, 2, 0])
    accuracy = fc.directional_accuracy(change, forecast)
    assert accuracy.estimate == pytest.approx(2.5 / 5)
    low, high = proportion_confint(2.5, 5, method="wilson")
    assert (accuracy.low, accuracy.high) == pytest.approx((low, high))
    with pytest.raises(ValueError, match="only zeros"):
        fc.directional_accuracy(np.zeros(3), np.ones(3))


@pytest.mark.parametrize(("horizon", "forecast_is"), [(1, "drawn"), (5, "drawn"), (5, "always up")])
def test_the_interval_of_the_direction_covers_also_when_changes_overlap(horizon, forecast_is):
    rng = np.random.default_rng(0)
    inside = []
    for _ in range(400):
        steps = rng.normal(size=(2, 300 + horizon - 1))
        change, forecast = np.lib.stride_tricks.sliding_window_view(steps, horizon, axis=1).sum(-1)
        if forecast_is == "always up":
            forecast = np.ones(300)
        inside.append(0.5 in fc.directional_accuracy(change, forecast, horizon=horizon))
    at_most = 1 if forecast_is == "drawn" and horizon > 1 else 0.99  # drawn ones overlap less
    assert 0.92 <= np.mean(inside) <= at_most


def test_without_allowing_for_the_overlap_the_interval_is_too_narrow():
    rng = np.random.default_rng(0)
    changes = np.lib.stride_tricks.sliding_window_view(rng.normal(size=(400, 304)), 5, axis=1)
    inside = [0.5 in fc.directional_accuracy(c, np.ones(300)) for c in changes.sum(-1)]
    assert np.mean(inside) < 0.8


def test_coverage_counts_what_lies_between_bounds_included():
    truth, low, high = np.arange(5.0), np.array([0.0, 2, 1, 1, 5]), np.array([1.0, 3, 2, 3, 6])
    coverage = fc.interval_coverage(truth, low, high, horizon=2, confidence=0.9)
    assert coverage.estimate == pytest.approx(3 / 5)
    expected = proportion_confint(1.5, 2.5, 0.1, method="wilson")
    assert (coverage.low, coverage.high) == pytest.approx(expected)
    assert 0.6 in coverage and 0 not in coverage
    assert str(coverage) == f"0.600 [{expected[0]:.3f}, {expected[1]:.3f}]"
    with pytest.raises(ValueError, match="Received at 1 a low above"):
        fc.interval_coverage(truth, truth, np.array([1.0, 0, 3, 4, 5]))


def test_pinball_losses_average_to_those_of_scikit_learn():
    rng = np.random.default_rng(0)
    truth, quantiles, levels = rng.normal(size=50), rng.normal(size=(50, 3)), [0.05, 0.5, 0.9]
    losses = fc.pinball_losses(truth, quantiles, levels)
    expected = [mean_pinball_loss(truth, quantiles[:, k], alpha=q) for k, q in enumerate(levels)]
    assert losses.shape == (50,)
    assert losses.mean() == pytest.approx(np.mean(expected))
    with pytest.raises(ValueError, match=r"shape \(50, 2\).*Received: \(50, 3\)"):
        fc.pinball_losses(truth, quantiles, levels[:2])
    with pytest.raises(ValueError, match="between 0 and 1"):
        fc.pinball_losses(truth, quantiles, [0.05, 0.5, 95])


# -- Diebold-Mariano


def test_one_step_ahead_it_is_the_paired_t_test_of_scipy():
    # HLN's factor sqrt((n - 1) / n) turns the variance over n into that over n - 1
    a, b = np.random.default_rng(0).gamma(1, size=(2, 40))
    ours, theirs = fc.diebold_mariano(a, b), stats.ttest_rel(a, b)
    assert ours.statistic == pytest.approx(theirs.statistic)
    assert ours.p_value == pytest.approx(theirs.pvalue)
    assert ours.difference == pytest.approx(a.mean() - b.mean())


@pytest.mark.parametrize("horizon", [2, 5])
def test_its_variance_is_the_robust_one_of_statsmodels(horizon):
    a, b = ar1(np.random.default_rng(1), 80, 0.5, rows=2) ** 2
    n, h = 80, horizon
    settings = {"maxlags": h - 1, "kernel": "uniform", "use_correction": False}
    ols = OLS(a - b, np.ones(n)).fit(cov_type="HAC", cov_kwds=settings)
    factor = np.sqrt((n + 1 - 2 * h + h * (h - 1) / n) / n)
    by_horizon = fc.diebold_mariano(a, b, horizon=h)
    assert by_horizon.statistic == pytest.approx(ols.tvalues[0] * factor)
    assert fc.diebold_mariano(a, b, lags=h - 1) == by_horizon


def test_a_variance_that_came_out_negative_is_weighted_as_newey_and_west_do():
    difference = np.tile([1.0, -1, 0.5, -1], 10)
    settings = {"maxlags": 1, "kernel": "uniform", "use_correction": False}
    ones = np.ones(40)
    uniform = OLS(difference, ones).fit(cov_type="HAC", cov_kwds=settings).cov_params()
    assert uniform < 0
    bartlett = OLS(difference, ones).fit(
        cov_type="HAC", cov_kwds={**settings, "kernel": "bartlett"}
    )
    factor = np.sqrt((40 + 1 - 4 + 2 / 40) / 40)
    ours = fc.diebold_mariano(difference, np.zeros(40), horizon=2)
    assert ours.statistic == pytest.approx(bartlett.tvalues[0] * factor)


def losses_of_two(rng, horizon, n, worse=1.0):
    """Squared errors of two forecasters, errors correlated up to lag horizon - 1; one `worse`-fold."""
    steps = rng.normal(size=(2, n + horizon - 1))
    errors = np.lib.stride_tricks.sliding_window_view(steps, horizon, axis=1).sum(-1)
    return errors[0] ** 2, (worse * errors[1]) ** 2


@pytest.mark.parametrize(("horizon", "n"), [(1, 40), (1, 200), (5, 200)])
def test_of_equal_forecasters_about_one_in_twenty_is_found_unequal(horizon, n):
    rng = np.random.default_rng(horizon)
    p = [
        fc.diebold_mariano(*losses_of_two(rng, horizon, n), horizon=horizon).p_value
        for _ in range(2000)
    ]
    # one standard error of the share is 0.005; HAC with few blocks is known to reject a little often
    assert 0.035 <= np.mean(np.array(p) < 0.05) <= (0.065 if horizon == 1 else 0.08)


def test_who_forgets_the_overlap_finds_differences_that_are_not_there():
    rng = np.random.default_rng(5)
    p = [fc.diebold_mariano(*losses_of_two(rng, 5, 200)).p_value for _ in range(500)]
    assert np.mean(np.array(p) < 0.05) > 0.2


@pytest.mark.parametrize("horizon", [1, 5])
def test_a_forecaster_with_a_third_more_error_is_found(horizon):
    rng = np.random.default_rng(2)
    results = [
        fc.diebold_mariano(*losses_of_two(rng, horizon, 100 + 200 * horizon, 1.33), horizon=horizon)
        for _ in range(200)
    ]
    assert np.mean([result.p_value < 0.05 for result in results]) > 0.8
    assert np.mean([result.difference < 0 for result in results]) > 0.97


def test_losses_it_cannot_judge_are_refused():
    for arguments, message in [
        ((np.ones(9), np.ones(8)), "one shape"),
        ((np.arange(9.0), np.arange(9.0) + 1), "difference varies"),
        ((np.arange(9.0), np.zeros(9), 5), "at least 10 losses for 4 lags. Received: 9"),
        ((np.array([1, np.inf, 2]), np.zeros(3)), "Received inf in row 1"),
    ]:
        with pytest.raises(ValueError, match=message):
            fc.diebold_mariano(*arguments[:2], horizon=(*arguments, 1)[2])


# -- bootstrap


def test_blocks_keep_the_memory_that_single_draws_lose():
    """Of 95 % intervals for the mean of an AR(1) series about so many hold the true mean, 0."""
    series = ar1(np.random.default_rng(0), 1000, 0.6, rows=150)

    def coverage(**arguments):
        return np.mean(
            [0 in fc.block_bootstrap(np.mean, s, rounds=200, **arguments) for s in series]
        )

    assert 0.87 <= coverage() <= 0.98
    assert coverage(block=1) < 0.75


def test_the_interval_of_a_mean_of_independent_values_is_the_textbook_one():
    values = np.random.default_rng(0).normal(2, 3, size=500)
    interval = fc.block_bootstrap(np.mean, values, block=1, rounds=4000, confidence=0.9)
    half = stats.norm.ppf(0.95) * values.std() / np.sqrt(500)
    expected = values.mean() + half * np.array([0, -1, 1])
    actual = (interval.estimate, interval.low, interval.high)
    np.testing.assert_allclose(actual, expected, atol=0.03)


def test_arrays_are_redrawn_together_and_the_same_seed_draws_the_same():
    losses = np.random.default_rng(0).gamma(1, size=100)

    def skill(a, b):
        return 1 - a.mean() / b.mean()

    halved = fc.block_bootstrap(skill, losses / 2, losses, rounds=50)
    assert (halved.estimate, halved.low, halved.high) == pytest.approx((0.5, 0.5, 0.5))
    one, two = (fc.block_bootstrap(np.mean, losses, rounds=50, seed=3) for _ in range(2))
    assert one == two
    assert one != fc.block_bootstrap(np.mean, losses, rounds=50, seed=4)


def test_a_block_is_at_least_the_horizon():
    values = np.random.default_rng(0).normal(size=200)
    by_horizon = fc.block_bootstrap(np.mean, values, horizon=20, rounds=50)
    assert by_horizon == fc.block_bootstrap(np.mean, values, block=20, rounds=50)


def test_what_cannot_be_redrawn_is_refused():
    for arguments, block, message in [
        ((np.ones(9), np.ones(8)), None, r"one length. Received: \[9, 8\]"),
        ((np.arange(9.0),), 10, "1 to 9. Received: 10"),
        ((np.arange(9.0),), 0, "1 to 9. Received: 0"),
        ((np.array([1, np.nan]),), 1, "Received nan in row 1"),
    ]:
        with pytest.raises(ValueError, match=message):
            fc.block_bootstrap(lambda *arrays: 0.0, *arguments, block=block)
