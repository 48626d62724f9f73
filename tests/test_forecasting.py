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
        ((np.zeros(9), 0, 3), "`history` to be a positive integer. Received: history=0"),
        ((np.zeros(9), 2.5, 3), "Received: history=2.5"),
        ((np.zeros(9), 3, 0), "`horizon` to be a positive integer. Received: horizon=0"),
        ((np.zeros(9), 3, True), "Received: horizon=True"),
        ((np.float64(9), 3, 2), r"\(time, features\). Received: \(\)"),
        ((np.zeros((9, 0)), 3, 2), r"one feature. Received: \(9, 0\)"),
        ((np.zeros(0), 3, 2), r"at least one row.*Received: \(0,\)"),
        ((["1", "2", "3"], 1, 1), "Expected numbers. Received values of type <U1"),
        ((np.arange(4) * 1j, 1, 1), "type complex128"),
        ((np.zeros((9, 2, 2)), 3, 2), r"\(time, features\). Received: \(9, 2, 2\)"),
        ((np.array([1, 2, np.nan, 4]), 1, 1), "Received nan in row 2"),
    ]:
        with pytest.raises(ValueError, match=message):
            fc.make_windows(*arguments)
    series = dated(np.arange(9.0))
    for target, message in [
        (series.iloc[1:], "9 rows, and 8 of the target"),
        (np.zeros(8), "9 rows, and 8 of the target"),
        (
            series.set_axis(series.index + pd.Timedelta("1D")),
            "2020-01-01.* beside 2020-01-02.*row 0",
        ),
        ("close", r"a column, one of \[\]. Received: 'close'"),
    ]:
        with pytest.raises(ValueError, match=message):
            fc.make_windows(series, 2, 2, target=target)
    with pytest.raises(ValueError, match=r"one of \['a'\]. Received: 'b'"):
        fc.make_windows(series.to_frame("a"), 2, 2, target="b")


def good_series():
    """Values 0 ... 9 in the forms people have them in."""
    dates = pd.date_range("2020-01-01", periods=10)
    for dtype in ("Int64", "Float32", "int8", "uint8", "float32"):
        yield pd.Series(range(10), dtype=dtype, index=dates)
        yield pd.DataFrame({"a": pd.Series(range(10), dtype=dtype), "b": np.arange(10) > 4})
    values = np.arange(10.0)
    for index in (
        pd.period_range("2020-01", periods=10, freq="M"),
        pd.timedelta_range("0s", periods=10, freq="15min"),
        pd.date_range("2020-03-28", periods=10, freq="h", tz="Europe/Berlin"),
        pd.Index(np.arange(10) * 0.1),
        pd.Index(np.arange(10) * 0.1, dtype="Float64"),
        pd.Index(np.arange(10) * 0.1, dtype="float32"),
        pd.Index(1.7e9 + np.arange(10) * 0.1),  # seconds since 1970
        pd.Index(np.arange(10), dtype="uint64"),
        pd.Index(np.arange(10), dtype="Int64"),
        pd.Index(np.arange(-100, 100, 20), dtype="int8"),
        pd.RangeIndex(5, 25, 2),
    ):
        yield pd.Series(values, index=index)


def test_good_series_are_taken_whatever_holds_them():
    for series in good_series():
        windows = fc.make_windows(series, 2, 1)
        np.testing.assert_array_equal(windows.inputs[:, -1, 0], range(1, 9))
        assert windows.inputs.dtype == windows.futures.dtype == "float64"
    frame = pd.DataFrame({"a": range(10), "b": range(10, 20)}, dtype="Int64")
    expected = np.arange(12, 20)[:, None]
    for target in ("b", frame["b"], list(range(10, 20)), frame["b"].to_numpy(dtype=int)):
        np.testing.assert_array_equal(fc.make_windows(frame, 2, 1, target=target).futures, expected)
        np.testing.assert_array_equal(
            fc.make_windows(frame["a"], 2, 1, target=frame["b"]).futures, expected
        )
    by_number = fc.make_windows(frame.set_axis([0, 1], axis="columns"), 2, 1, target=1)
    np.testing.assert_array_equal(by_number.futures, expected)


def odd_series():
    """Series of which windows would be wrong, for reasons of dtype."""
    down = np.arange(9, -1, -1)
    values = np.arange(10.0)
    for dtype in ("uint64", "uint8", "int8", "UInt16", "float32"):
        yield pd.Series(values, index=pd.Index(down, dtype=dtype)), "Received 8(.0)? after 9"
    yield pd.Series(values, index=pd.RangeIndex(10, 0, -1)), "Received 9 after 10"
    twice = np.array([0, 1, 1, *range(2, 9)])
    yield pd.Series(values, index=pd.Index(twice, dtype="uint64")), "Received 1 twice"
    back = pd.period_range("2020-01", periods=10, freq="M")[::-1]
    yield pd.Series(values, index=back), "Received 2020-09 after 2020-10"
    yield pd.Series([1.0, 2.0], index=[False, True]), "dates or numbers. Received: bool"
    yield pd.Series([1.0, 2.0], index=[1j, 2j]), "dates or numbers. Received: complex128"
    dates = pd.date_range("2020-01-01", periods=10)
    yield pd.Series(values, index=dates.date), "Received: object. pd.to_datetime"
    yield pd.Series(values, index=[np.nan, *range(1, 10)]), "every row. Received none in row 0"
    yield pd.Series(values, index=[*range(9), np.inf]), "Received inf in row 9"
    nullable = pd.Index([0, None, *range(2, 10)], dtype="Int64")
    yield pd.Series(values, index=nullable), "Received none in row 1"
    missing = pd.Series([0, None, *range(2, 10)], dtype="Int64", index=dates)
    yield missing, r"Received nan in row 1 \(2020-01-02"
    text = pd.DataFrame({"a": values, "b": ["x"] * 10}, index=dates)
    yield text, "type (str|object) in column 'b'"
    yield pd.DataFrame({"a": values, "when": dates}), r"datetime64\[\w+\] in column 'when'"
    yield pd.Series([], dtype="float64"), "at least one row. Received: one without rows"


def test_series_of_odd_types_are_refused_where_they_are_wrong():
    for series, message in odd_series():
        for look in (fc.check_series, lambda s: fc.make_windows(s, 1, 1)):
            with pytest.raises(ValueError, match=message):
                look(series)
    for one in ([1.0, 2.0], np.zeros(3)):
        with pytest.raises(
            ValueError, match=r"pandas Series or DataFrame.*Received: (list|ndarray)"
        ):
            fc.check_series(one)


def test_what_is_masked_is_missing():
    masked = np.ma.masked_equal([1.0, -999, 3, 4], -999)
    with pytest.raises(ValueError, match=r"finite values. Received nan in row 1"):
        fc.make_windows(masked, 1, 1)
    with pytest.raises(ValueError, match=r"finite values. Received nan in row 1"):
        fc.skill(masked, np.zeros(4), np.ones(4))


def test_a_longest_step_that_allows_nothing_or_everything_is_refused():
    series = dated(np.arange(10.0))
    for max_gap in (2, float("nan"), "NaT", pd.NaT, "0D", "-1D", "often", True):
        with pytest.raises(ValueError, match=r"max_gap a time, such as '12D', above 0. Received"):
            fc.check_series(series, max_gap=max_gap)
    for max_gap in ("12D", float("nan"), 0, -1, True):
        with pytest.raises(ValueError, match=r"max_gap a number above 0. Received"):
            fc.check_series(series.reset_index(drop=True), max_gap=max_gap)
    small = pd.Series([1.0, 2.0], index=pd.Index([-100, 100], dtype="int8"))
    with pytest.raises(ValueError, match="a step of 200 after -100"):
        fc.check_series(small, max_gap=5)
    tenths = pd.Series(np.arange(10.0), index=np.arange(10) * 0.1)
    fc.check_series(tenths, max_gap=0.1)
    with pytest.raises(ValueError, match=r"a step of 0.2"):
        fc.check_series(tenths.drop(tenths.index[4]))
    months = pd.Series(np.arange(10.0), index=pd.period_range("2020-01", periods=10, freq="M"))
    fc.check_series(months.drop(months.index[4]), max_gap=2)
    with pytest.raises(ValueError, match="a step of 2 after 2020-04"):
        fc.check_series(months.drop(months.index[4]))


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


def test_the_scaler_takes_windows_in_any_form_but_only_those_that_are_there():
    windows = fc.make_windows(np.random.default_rng(0).normal(size=(40, 3)), 4, 2)
    expected = fc.TrainingScaler(windows, np.arange(20)).scaler
    for train in (range(20), slice(20), np.arange(len(windows)) < 20, np.arange(20, dtype="uint8")):
        scaler = fc.TrainingScaler(windows, train).scaler
        np.testing.assert_array_equal(scaler.mean_, expected.mean_)
    for train, message in [
        ([0, -1], "from 0 to 34. Received: -1"),
        ([35], "Received: 35"),
        (np.arange(20.0), "Received: float64"),
        (np.ones(20, bool), r"a mask of 35 booleans. Received: bool of shape \(20,\)"),
        ([], "Received: float64 of shape"),
        (slice(0), "at least one row in `train`"),
    ]:
        with pytest.raises(ValueError, match=message):
            fc.TrainingScaler(windows, train)


def test_the_scaler_does_not_stretch_what_has_other_features():
    scaler = fc.TrainingScaler(fc.make_windows(np.random.normal(size=(40, 3)), 4, 2), range(9))  # noqa: NPY002
    assert scaler.transform(np.zeros(3)).shape == (3,)
    for change in (scaler.transform, scaler.inverse_transform):
        for shape in ((5, 1), (5,), (), (3, 5)):
            with pytest.raises(ValueError, match=r"shape \(..., 3\). Received"):
                change(np.zeros(shape))
    alone = fc.TrainingScaler(fc.make_windows(np.arange(40.0), 4, 2), range(9))
    assert alone.transform(np.zeros((5, 7))).shape == (5, 7)


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
    for sizes, message in [
        ({"folds": 0}, "`folds` to be a positive integer. Received: folds=0"),
        ({"folds": 1.5}, "folds=1.5"),
        ({"folds": 1, "test_size": 0}, "test_size=0"),
        ({"folds": 1, "test_size": 5.0}, "test_size=5.0"),
        ({"folds": 1, "test_size": 5, "train_size": 4.5}, "train_size=4.5"),
        ({"folds": 1, "test_size": 5, "train_size": 0}, "train_size=0"),
        ({"folds": 40}, "test_size=0"),
    ]:
        with pytest.raises(ValueError, match=message):
            fc.walk_forward(windows, **sizes)
    with pytest.raises(ValueError, match=r"1 to 4 windows.*Received: 5"):
        fc.hold_out(np.arange(10), 5, 5)
    for train, size, horizon, message in [
        (np.arange(10), 0, 5, "size=0"),
        (np.arange(10), 2, -3, "horizon=-3"),
        (np.arange(10), 2, 0, "horizon=0"),
        (np.ones(10, bool), 2, 2, "ascending. Received: bool"),
        (np.arange(10)[::-1], 2, 2, "ascending. Received: int64"),
        ([0, 1, 1, 2, 3, 4], 2, 2, "ascending"),
    ]:
        with pytest.raises(ValueError, match=message):
            fc.hold_out(train, size, horizon)
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


def test_the_baselines_take_rows_and_nothing_that_looks_like_them():
    line = pd.Series([1.0, 3, 5, 7], index=[10, 20, 30, 40])
    for origins in ([1, 3], np.array([1, 3], "uint8"), [False, True, False, True]):
        assert fc.persistence(line, origins, 2).tolist() == [[3, 3], [7, 7]]
        assert fc.drift(line, origins, 2).tolist() == [[5, 7], [9, 11]]
    for baseline in (fc.persistence, fc.drift):
        for series, origins, horizon, message in [
            (line, [-1], 2, "from 0 to 3. Received: -1"),
            (line, [10, 20], 2, "Received: 10. Of labels"),
            (line, [1.0], 2, "Received: float64"),
            (line, pd.to_datetime(["2020-01-01"]), 2, "Of labels, such as dates"),
            (line, [1], 0, "horizon=0"),
            (np.ones((4, 2)), [1, 2], 2, r"shape \(time,\). Received: \(4, 2\)"),
            (["1", "2"], [1], 2, "Expected numbers"),
        ]:
            with pytest.raises(ValueError, match=message):
                baseline(series, origins, horizon)


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
    assert original.equals(bars) and len(spoiled) == 5
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
    with pytest.raises(ValueError, match=r"`cuts` to be a positive integer\. Received: cuts=0"):
        fc.corrupt_future(lambda s: (s, np.arange(len(s))), series, cuts=0)
    with pytest.raises(ValueError, match=r"at least 2 rounds\. Received: 1"):
        fc.shuffle_targets(lambda i, t: (t, np.arange(len(t))), series, series, rounds=1)
    nothing = np.zeros(50)
    for values, outputs, origins, message in [
        (series, series[-1:], [49], "an origin before the last row. Received none"),
        (
            series,
            np.full(50, np.nan),
            np.arange(50),
            "finite numbers up to the cuts. Received none in",
        ),
        (nothing, nothing, np.arange(50), "Received one that stayed the same"),
        (np.array(["a"] * 50), nothing, np.arange(50), "Received one that stayed the same"),
    ]:
        with pytest.raises(ValueError, match=message):
            fc.corrupt_future(lambda s, out=(outputs, origins): out, values)
    with pytest.raises(ValueError, match="no verdict without finite numbers"):
        fc.Canary("of nothing", False, {"skill": float("nan")})


def years():
    return pd.Series(ar1(np.random.default_rng(0), 60, 0.9)[0], index=range(1950, 2010))


def scaled_by_everything(series):
    scaled = (series - series.mean()) / series.std()
    return scaled.to_numpy()[:-HORIZON, None], np.arange(len(series) - HORIZON)


def test_origins_are_rows_and_nothing_that_looks_like_them():
    series = years()
    found = fc.corrupt_future(scaled_by_everything, series)
    assert found.leaks and found.measured["changed"] > 100

    def with_origins(change):
        def pipeline(series):
            outputs, origins = scaled_by_everything(series)
            return outputs, change(series, origins)

        return pipeline

    mask = with_origins(lambda s, o: np.arange(len(s)) < len(s) - HORIZON)
    assert fc.corrupt_future(mask, series) == found
    for change, message in [
        (lambda s, o: s.index[o], "from 0 to 59. Received: 1950. Of labels, such as years"),
        (lambda s, o: o - len(s), "Received: -60"),
        (lambda s, o: pd.to_datetime(s.index[o].astype(str)), r"Received: datetime64\[\w+\]"),
        (lambda s, o: o.astype(float), "Received: float64"),
        (lambda s, o: o > 5, r"a mask of 60 booleans. Received: bool of shape \(58,\)"),
        (lambda s, o: o // 2, "every row once in `origins`. Received 0 2 times"),
        (lambda s, o: o[:, None], r"Received: int64 of shape \(58, 1\)"),
    ]:
        with pytest.raises(ValueError, match=message):
            fc.corrupt_future(with_origins(change), series)


def test_another_number_of_features_is_a_change():
    def features_chosen_on_everything(series):
        values = np.asarray(series)
        many = 1 if values.max() == 1 else 4
        return np.ones((len(values) - 1, many)), np.arange(len(values) - 1)

    canary = fc.corrupt_future(features_chosen_on_everything, np.ones(50))
    assert canary.leaks and canary.measured["changed"] == canary.measured["of"]


def pipeline_of_rows(seen):
    return lambda series: (seen.append(series), (series, np.arange(len(series))))[1]


def test_a_spoiled_frame_keeps_its_dtypes():
    rng = np.random.default_rng(0)
    frame = pd.DataFrame(
        {
            "price": rng.uniform(1, 2, 80),
            "small": rng.uniform(1, 2, 80).astype("float32"),
            "count": rng.integers(1, 255, 80).astype("uint8"),
            "stamp": 1_700_000_000_000_000_000 + rng.integers(0, 9, 80),
            "maybe": pd.array([None, *rng.integers(1, 9, 79)], dtype="Int64"),
            "word": rng.choice(["Rain", "Snow", "Fog"], 80),
            "kind": pd.Categorical(rng.choice(["a", "b"], 80)),
            "holiday": rng.random(80) < 0.3,
            "when": pd.date_range("2020-01-01", periods=80),
        },
        index=pd.date_range("2021-01-01", periods=80),
    )
    frame = pd.concat([frame, frame[["price"]]], axis=1)  # a name twice
    seen = []

    def pipeline(frame):
        seen.append(frame)
        wet = frame["word"].isin(["Rain", "Snow"]) & ~frame["holiday"]
        week = frame["when"].dt.day_of_week
        return np.column_stack([frame["price"], frame["count"], wet, week]), np.arange(len(frame))

    canary = fc.corrupt_future(pipeline, frame)
    assert not canary.leaks
    assert canary.measured["of"] == 1 + 20 + 40 + 59 + 79
    for spoiled in seen[1:]:
        assert spoiled.dtypes.tolist() == frame.dtypes.tolist()
        assert spoiled.index.equals(frame.index) and spoiled.columns.equals(frame.columns)
        assert set(spoiled["word"]) <= set(frame["word"])
        assert set(spoiled["when"]) <= set(frame["when"])
    late = seen[1].iloc[1:]
    grown = late["price"].iloc[:, 0].to_numpy() / late["small"].to_numpy()
    assert grown.min() > 0.4 and late["price"].iloc[:, 0].max() > 2
    assert late["count"].max() > 250 and late["stamp"].min() > 1e18
    for column in ("word", "holiday", "when", "count"):
        assert (late[column] != frame[column].iloc[1:]).mean() > 0.2
    for values in (
        np.arange(60),
        np.arange(60, dtype="uint8"),
        pd.Series(range(60), dtype="Int64"),
    ):
        seen = []
        fc.corrupt_future(pipeline_of_rows(seen), values)
        assert {series.dtype for series in seen} == {values.dtype}


def test_a_pipeline_that_works_in_place_is_judged_by_what_it_says():
    def in_place(series):
        series -= series[:20].mean()
        return series[20:-1], np.arange(20, len(series) - 1)

    series = ar1(np.random.default_rng(0), 100, 0.9)[0] + 7
    before = series.copy()
    assert not fc.corrupt_future(in_place, series).leaks
    np.testing.assert_array_equal(series, before)

    def centred(inputs, targets):
        truth = targets.copy()
        targets -= targets.mean()
        train, test = split_at(inputs)
        fitted = LinearRegression().fit(inputs[train], targets[train])
        return fitted.predict(inputs[test]) + truth[train].mean(), test

    assert fc.shuffle_targets(centred, *data(0)).measured["skill"] > 0.4


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
def test_test_windows_are_numbers_or_a_mask_and_nothing_that_looks_like_them(canary):
    def with_test(change):
        def pipeline(inputs, targets):
            forecasts, test = honest_pipeline(inputs, targets)
            return change(forecasts, test, len(targets))

        return pipeline

    expected = canary(honest_pipeline, *data(0))
    mask = with_test(lambda said, test, n: (said, np.isin(np.arange(n), test)))
    assert canary(mask, *data(0)) == expected
    for change, message in [
        (lambda said, test, n: (said, test - n), "from 0 to 59[23]. Received: -238|-237"),
        (lambda said, test, n: (said, test + 1), "Received: 59[23]"),
        (lambda said, test, n: (said, test.astype(float)), "Received: float64"),
        (lambda said, test, n: (said, test // 2 * 2), "every row once in `test`"),
        (lambda said, test, n: (said * np.nan, test), "finite values. Received nan in row 0"),
        (lambda said, test, n: (said[:1], test[:1]), "at least 2 test windows. Received: 1|0"),
        (lambda said, test, n: (said[:0], test[:0]), "at least one row in `test`"),
    ]:
        with pytest.raises(ValueError, match=message):
            canary(with_test(change), *data(0))


@pytest.mark.parametrize("canary", [fc.shuffle_targets, fc.shift_by_one])
def test_canaries_that_could_see_nothing_in_the_targets_are_refused(canary):
    inputs, targets = data(0)
    rare = np.zeros(len(targets))
    rare[0] = 1

    def never(inputs, targets):
        _, test = split_at(inputs)
        return np.zeros(len(test)), test

    for wrong, message in [
        (rare, "vary over the test windows. Received 0.0 in all"),
        (targets[1:], r"Received: \(592,\), and 593 windows"),
        (targets[:, None], r"Received: \(593, 1\), and 593 windows"),
        (np.where(np.arange(593) == 5, np.nan, targets), "Received nan in row 5"),
        (targets.astype(str), "Expected numbers"),
    ]:
        with pytest.raises(ValueError, match=message):
            canary(never, inputs, wrong)


def test_a_shift_on_windows_too_few_for_the_horizon_is_refused():
    def three(inputs, targets):
        return targets[-3:] * 0.9, np.arange(len(targets) - 3, len(targets))

    with pytest.raises(ValueError, match=r"at least 4 test windows. Received: 3"):
        fc.shift_by_one(three, *data(0), horizon=HORIZON)
    with pytest.raises(ValueError, match="horizon=0"):
        fc.shift_by_one(honest_pipeline, *data(0), horizon=0)


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


def test_pinball_losses_of_one_level_are_those_of_each_forecast():
    y = np.array([1, 2, 3])
    assert fc.pinball_losses(y, y, 0.5).tolist() == [0, 0, 0]
    assert fc.pinball_losses(y, [2, 2, 1], 0.25).tolist() == [0.75, 0, 0.5]
    small = np.array([1, 2, 3], "uint8")
    assert fc.pinball_losses(small, small[::-1], 0.5).tolist() == [1, 0, 1]
    for arguments, message in [
        ((y, y, [0.5]), r"shape \(3, 1\).*Received: \(3,\)"),
        ((y, y[:, None], 0.5), r"shape \(3,\).*Received: \(3, 1\)"),
        ((y[:, None], y[:, None], 0.5), r"Received: \(3, 1\)"),
        ((y, np.ones((3, 2, 2)), np.full((2, 2), 0.5)), r"Received: \(3, 2, 2\)"),
        ((y, np.ones((3, 0)), []), "at least one of each"),
        ((y, y, np.nan), "finite values. Received nan"),
        ((y, [1, np.nan, 2], 0.5), "Received nan in row 1"),
    ]:
        with pytest.raises(ValueError, match=message):
            fc.pinball_losses(*arguments)


def of_two_series(score):
    return {
        "skill": lambda a, b: fc.skill(a, b, b + 1),
        "baseline": lambda a, b: fc.skill(a, a, b),
        "direction": fc.directional_accuracy,
        "coverage": lambda a, b: fc.interval_coverage(a, b - 1, b),
        "pinball": lambda a, b: fc.pinball_losses(a, b, 0.5),
        "Diebold-Mariano": fc.diebold_mariano,
        "bootstrap": lambda a, b: fc.block_bootstrap(lambda *x: 0.0, a, b, rounds=3),
    }[score]


SCORES = ["skill", "baseline", "direction", "coverage", "pinball", "Diebold-Mariano", "bootstrap"]


@pytest.mark.parametrize("score", SCORES)
def test_values_of_different_times_do_not_meet(score):
    """As after a filter, or where a forecast is dated by its origin and the truth by its day."""
    call = of_two_series(score)
    a, b = (dated(x) for x in np.random.default_rng(0).normal(size=(2, 40)))
    assert str(call(a, b)) == str(call(a.to_numpy(), b.to_numpy())) == str(call(a, b.to_numpy()))
    for other in (b.shift(freq="D"), b.iloc[::-1], b.reset_index(drop=True)):
        with pytest.raises(
            ValueError, match=r"the same times. Received different indices.* in row 0"
        ):
            call(a, other)


@pytest.mark.parametrize("score", SCORES)
def test_no_score_stretches_or_guesses(score):
    call = of_two_series(score)
    a, b = np.random.default_rng(0).normal(size=(2, 40))
    for other in (b[:1], b[:39], np.float64(1.0), b[None]):
        with pytest.raises(ValueError, match=r"Expected .*Received"):
            call(a, other)
    if score != "bootstrap":  # its arrays may be of any width
        with pytest.raises(ValueError, match=r"Expected .*Received"):
            call(a, b[:, None])
    for other in (b.astype(object), b * 1j, np.where(b == b.max(), np.nan, b)):
        with pytest.raises(ValueError, match=r"Expected (finite|numbers)"):
            call(a, other)
    with pytest.raises(ValueError, match=r"Expected .*Received"):
        call(a[:0], b[:0])


def test_scores_of_series_take_no_table():
    table = np.random.default_rng(0).normal(size=(40, 2))
    for call in (
        lambda: fc.directional_accuracy(table, table),
        lambda: fc.interval_coverage(table, table, table),
        lambda: fc.diebold_mariano(table, table + 1),
    ):
        with pytest.raises(ValueError, match=r"of shape \(n,\). Received: \(40, 2\)"):
            call()


@pytest.mark.parametrize(
    ("setting", "message"),
    [
        ({"horizon": 0}, "horizon=0"),
        ({"horizon": -5}, "horizon=-5"),
        ({"horizon": 0.5}, "horizon=0.5"),
        ({"confidence": 95}, "between 0 and 1. Received: 95"),
        ({"confidence": 0}, "between 0 and 1. Received: 0"),
        ({"confidence": float("nan")}, "between 0 and 1. Received: nan"),
        ({"rounds": 0}, "rounds=0"),
        ({"block": 2.7}, "block=2.7"),
        ({"lags": -1}, "lags=-1"),
        ({"lags": 1.5}, "lags=1.5"),
    ],
)
def test_settings_that_would_give_another_interval_are_refused(setting, message):
    a, b = np.random.default_rng(0).normal(size=(2, 40))
    (name,) = setting
    calls = {
        "direction": lambda: fc.directional_accuracy(a, b, **setting),
        "coverage": lambda: fc.interval_coverage(a, b, b + 1, **setting),
        "bootstrap": lambda: fc.block_bootstrap(np.mean, a, **setting),
        "Diebold-Mariano": lambda: fc.diebold_mariano(a, b, **setting),
    }
    takes = {
        "horizon": list(calls),
        "confidence": ["direction", "coverage", "bootstrap"],
        "rounds": ["bootstrap"],
        "block": ["bootstrap"],
        "lags": ["Diebold-Mariano"],
    }[name]
    for call in takes:
        with pytest.raises(ValueError, match=message):
            calls[call]()


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
        ((np.arange(90) * 0.1, np.arange(90) * 0.1 + 0.3), "difference varies"),  # but for rounding
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
        ((), None, r"one length, at least 1. Received: \[\]"),
        ((np.zeros(0),), None, r"at least 1. Received: \[0\]"),
        ((np.ones(9), np.ones(8)), None, r"one length, at least 1. Received: \[9, 8\]"),
        ((np.arange(9.0),), 10, "1 to 9. Received: 10"),
        ((np.arange(9.0),), 0, "block=0"),
        ((np.array([1, np.nan]),), 1, "Received nan in row 1"),
    ]:
        with pytest.raises(ValueError, match=message):
            fc.block_bootstrap(lambda *arrays: 0.0, *arguments, block=block)


def test_a_statistic_without_a_value_has_no_interval():
    losses = np.array([1.0, *[0.0] * 30])
    with pytest.raises(ValueError, match=r"finite, of redrawn arrays, too. Received: .*nan"):
        fc.block_bootstrap(lambda x: 1.0 if x.any() else np.nan, losses, block=1, rounds=50)
