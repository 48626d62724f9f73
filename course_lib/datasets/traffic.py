"""Hourly road traffic and weather: two years of one counting station."""

from course_lib.datasets.archive.errors import DataError
from course_lib.datasets.archive.store import expect_count, expect_rows, require

import numpy as np
import pandas as pd

COLUMNS = {
    "traffic_volume": "vehicles_per_hour",
    "temp": "temperature_kelvin",
    "rain_1h": "rain_mm",
    "snow_1h": "snow_mm",
    "clouds_all": "clouds_percent",
    "weather_main": "weather",
}
"""The file's names for its columns, and ours, in our order."""


def load_traffic() -> pd.DataFrame:
    """Westbound vehicles on a motorway between Minneapolis and St Paul, hour by hour, and the weather.

    Interstate 94, station 301 of the Minnesota Department of Transportation, 2016-10-01 to 2018-09-30.
    Of 104 hours nothing is known: those rows hold NaN in every column. They stay in, so that row i is
    always i hours by the clock after the first one; 67 gaps, the longest of nine hours.

    Returns:
        A frame of 17,520 rows, indexed by the hour's local time (`DatetimeIndex` named "hour", of
        frequency one hour, without a time zone) with columns
        vehicles_per_hour: float64, vehicles in that hour;
        temperature_kelvin: float64, of the air;
        rain_mm: float64, fallen in that hour;
        snow_mm: float64, 0 throughout, even where `weather` is "Snow";
        clouds_percent: float64, of the sky covered;
        weather: one of ten words, a categorical.

    Raises:
        MissingDataError: if it has not been fetched (`course data fetch traffic`).
        DamagedDataError: if the file is not the published one.
        DataError: if hours are missing, repeated or half empty, or the numbers cannot be.

    Source: Hogue (2019), Metro Interstate Traffic Volume, UCI Machine Learning Repository; the two
    years, made hourly, that come with autots 1.0.4.
    """
    source, folder = require("traffic")
    # a zip in the wheel, kept as it came: pandas reads the one file inside
    traffic = pd.read_csv(folder / "traffic.zip", index_col="datetime", parse_dates=["datetime"])
    if set(traffic.columns) != set(COLUMNS):
        raise DataError(f"traffic: expected columns {[*COLUMNS]}, received {[*traffic.columns]}")
    traffic = traffic.rename(columns=COLUMNS)[[*COLUMNS.values()]].rename_axis("hour")
    traffic = traffic.astype(
        dict.fromkeys(traffic.columns[:-1], "float64") | {"weather": "category"}
    )
    expect_count(source, "rows", len(traffic))
    expect_count(source, "empty_rows", int(traffic.isna().all(axis="columns").sum()))
    check_hours(traffic)
    return traffic.asfreq("h")


def check_hours(traffic: pd.DataFrame) -> None:
    """Refuse rows that are not one an hour, or that no counter and no weather could have produced.

    Args:
        traffic: the columns of `load_traffic`, indexed by hour.

    Raises:
        DataError: naming the rule that is broken and the first hour that breaks it.
    """
    numbers = traffic.drop(columns="weather")
    empty = traffic.isna()
    steps = traffic.index.to_series().diff()
    rules = {
        "rows one hour apart": steps.isna() | (steps == pd.Timedelta(hours=1)),
        "rows that are full or empty": empty.all(axis="columns") | ~empty.any(axis="columns"),
        "finite numbers": ~np.isinf(numbers).any(axis="columns"),
        "numbers of zero or more": ~(numbers < 0).any(axis="columns"),
        "clouds of at most 100 %": ~(traffic["clouds_percent"] > 100),
    }
    expect_rows("traffic", traffic, rules)
