"""Hourly traffic: the rules on rows made for them, then the real file."""

import csv
import io
import zipfile

from course_lib.datasets import data_dir, load_traffic
from course_lib.datasets.archive.errors import DataError
from course_lib.datasets.traffic import COLUMNS, check_hours

import numpy as np
import pandas as pd
import pytest

HOUR = {
    "vehicles_per_hour": 900.0,
    "temperature_kelvin": 280.0,
    "rain_mm": 0.0,
    "snow_mm": 0.0,
    "clouds_percent": 100.0,
    "weather": "Rain",
}
EMPTY = {**dict.fromkeys(HOUR, np.nan), "weather": None}


def three_hours(second):
    hours = pd.date_range("2020-01-02 23:00", periods=3, freq="h", name="hour")
    return pd.DataFrame([HOUR, second, HOUR], index=hours)


@pytest.fixture(scope="module")
def traffic():
    return load_traffic()


@pytest.fixture(scope="module")
def rows():
    with zipfile.ZipFile(data_dir() / "traffic" / "traffic.zip") as box:
        (name,) = box.namelist()
        return list(csv.DictReader(io.StringIO(box.read(name).decode(), newline="")))


def test_full_and_empty_hours_pass():
    check_hours(three_hours(HOUR))
    check_hours(three_hours(EMPTY))


@pytest.mark.parametrize(
    ("broken", "rule"),
    [
        ({"vehicles_per_hour": np.nan}, "full or empty"),
        ({"weather": None}, "full or empty"),
        ({"temperature_kelvin": np.inf}, "finite"),
        ({"rain_mm": -0.1}, "zero or more"),
        ({"clouds_percent": 101.0}, "at most 100 %"),
    ],
)
def test_what_cannot_be_is_refused_with_its_hour(broken, rule):
    with pytest.raises(DataError, match=f"expected .*{rule}.* at 2020-01-03 00:00:00"):
        check_hours(three_hours(HOUR | broken))


@pytest.mark.parametrize("order", [[0, 2], [0, 0, 1], [1, 0]])
def test_hours_missing_repeated_or_out_of_order_are_refused(order):
    with pytest.raises(DataError, match="rows one hour apart"):
        check_hours(three_hours(HOUR).iloc[order])


def test_the_index_is_hourly(traffic):
    assert traffic.shape == (17520, 6)
    expected = pd.date_range("2016-10-01", "2018-09-30 23:00", freq="h")
    assert traffic.index.equals(expected)
    assert (traffic.index.name, traffic.index.freq) == ("hour", expected.freq)


def test_columns_have_their_types(traffic):
    assert list(traffic.columns) == list(HOUR)
    assert set(traffic.dtypes[:-1]) == {np.dtype("float64")}
    assert list(traffic["weather"].cat.categories) == [
        *("Clear", "Clouds", "Drizzle", "Fog", "Haze", "Mist", "Rain", "Smoke", "Snow"),
        "Thunderstorm",
    ]


def test_values_are_those_of_the_file(traffic, rows):
    assert [str(hour) for hour in traffic.index] == [row["datetime"] for row in rows]
    for theirs, ours in COLUMNS.items():
        if ours != "weather":
            expected = [float(row[theirs] or "nan") for row in rows]
            # pandas 2 may be off in the last digit
            np.testing.assert_allclose(traffic[ours], expected, rtol=1e-14)
    assert traffic["weather"].astype(object).fillna("").tolist() == [
        r["weather_main"] for r in rows
    ]


def test_the_empty_hours_stay_in_and_are_empty_throughout(traffic):
    empty = traffic.isna()
    assert empty.any(axis="columns").sum() == empty.all(axis="columns").sum() == 104
    gaps = (empty["weather"] & ~empty["weather"].shift(fill_value=False)).sum()
    runs = empty["weather"].groupby((~empty["weather"]).cumsum()).sum()
    assert (gaps, runs.max()) == (67, 9)


def test_what_the_card_says_of_the_file(traffic):
    vehicles = traffic["vehicles_per_hour"]
    assert (vehicles.min(), vehicles.max(), round(vehicles.mean())) == (113, 7280, 3321)
    errors = {lag: round((vehicles - vehicles.shift(lag)).abs().mean()) for lag in (1, 24, 168)}
    assert errors == {1: 589, 24: 558, 168: 324}
    assert (traffic["snow_mm"].dropna() == 0).all()
    assert (traffic["weather"] == "Snow").sum() == 1221
    wet = traffic["weather"].isin(["Rain", "Drizzle", "Thunderstorm"])
    assert (wet.sum(), (traffic["rain_mm"] > 0).sum()) == (2511, 413)
    assert traffic.loc["2018-03-11 02:00"].isna().all()  # an hour that summer time skips
