"""Prices of one's own, from a CSV file as brokers and web pages write it, in Chinese or Western style."""

import csv
import io
import re
import unicodedata
from pathlib import Path

from course_lib.checks import one_of
from course_lib.forecasting.windows import check_series

import numpy as np
import pandas as pd

# In this order: adjusted prices have no splits and dividends in them, so they come first.
_CLOSES = (
    *("adjclose", "adjustedclose", "closeadj", "后复权收盘价", "前复权收盘价", "复权收盘价"),
    *("close", "closelast", "closeprice", "closingprice", "last", "price"),
    *("收盘", "收盘价", "收盘指数", "收盘点位"),
)
_DATES = (
    *("date", "datetime", "day", "tradedate", "tradingday", "tradingdate", "timestamp", "time"),
    *("日期", "交易日期", "交易日", "日期时间", "时间"),
)
_MISSING = {"", "-", "--", "na", "n/a", "nan", "null", "none", "#n/a", "停牌"}
_SHOWN = 5  # columns or rows named in an error

# What the parts of a date stand in, once a year of four digits is first, last, or written in one.
_YEAR_FIRST = re.compile(r"(\d{4})[-/.年](\d{1,2})[-/.月](\d{1,2})日?")
_YEAR_LAST = re.compile(r"(\d{1,2})[-/.](\d{1,2})[-/.](\d{4})")
_IN_ONE = re.compile(r"(\d{4})(\d{2})(\d{2})")
_WITH_NAMES = ("%b %d, %Y", "%d %b %Y", "%d-%b-%Y", "%d-%b-%y", "%B %d, %Y", "%d %B %Y")
_CLOCK = re.compile(r"[T ]\d{1,2}:\d{2}(:\d{2}(\.\d+)?)?\s*(Z|[-+]\d{2}:?\d{2})?$")

_PLAIN = re.compile(r"[-+]?\d+")
_POINT = re.compile(r"[-+]?(\d+|\d{1,3}(,\d{3})+)(\.\d*)?")  # 3456.78 or 3,456.78
_COMMA = re.compile(r"[-+]?(\d+|\d{1,3}(\.\d{3})+)(,\d*)?")  # 3456,78 or 3.456,78

# p_t / p_{t-1} after a split or a bonus issue, and how they are called
_SPLITS = {
    **{1 / n: f"one share became {n}" for n in (2, 3, 4, 5, 10, 20)},
    **{float(n): f"{n} shares became one" for n in (2, 3, 4, 5, 10, 20)},
    2 / 3: "two shares became three",
    3 / 4: "three shares became four",
}


def read_prices(path, *, date=None, close=None, day_first=None, decimal=None, missing="refuse"):
    """Closing prices by trading day, out of a CSV file.

    Understood without being told: UTF-8 with or without its mark, UTF-16 with it, and GB 18030 (which
    contains GBK); commas, semicolons, tabs; the usual English and Chinese column names, adjusted closes
    before plain ones; days like 2024-03-01, 2024/3/1, 20240301, 2024年3月1日, 31/03/2024, 03/31/2024,
    Mar 1, 2024, 1-Mar-24, a time of day behind them (dropped, with its zone); numbers like 3456.78,
    3,456.78, 3.456,78, 3 456,78, also in full-width digits; the newest day first or last. The same day
    twice with the same price counts once.

    Args:
        path: the file, or its bytes.
        date, close: names of the two columns, where they are not the usual ones.
        day_first: whether 3/4/2024 is 3 April; needed only if no day of the file tells.
        decimal: "." or ","; needed only if no price of the file tells, as in 3,456.
        missing: what to do with a row without a price: "refuse", or "drop" the row.

    Returns:
        float64 Series named "close", indexed by day (`DatetimeIndex` named "date", increasing, no repeats).

    Raises:
        FileNotFoundError: no such file.
        ValueError: an empty file, a workbook, an unknown encoding, lines of different lengths, no column
            of that name or several, days or prices that cannot be read or can be read in two ways, a day
            with two prices, a row without a price, fewer than two rows. The message names what came and
            the line where it stands.

    >>> lines = ["日期,收盘", '2024年3月4日,"3,540.87"', '2024年3月1日,"3,537.80"']
    >>> read_prices("\\n".join(lines).encode("gbk"))
    date
    2024-03-01    3537.80
    2024-03-04    3540.87
    Name: close, dtype: float64
    """
    missing = one_of("missing", missing, ("refuse", "drop"))
    decimal = one_of("decimal", decimal, (None, ".", ","))
    day_first = one_of("day_first", day_first, (None, True, False))
    rows, lines = _rows(_text(path if isinstance(path, bytes) else Path(path).read_bytes()))
    header, rows = rows[0], rows[1:]
    day_column = _column(header, date, _DATES, "date")
    close_column = _column(header, close, _CLOSES, "close")
    days = [row[day_column] for row in rows]
    prices = [row[close_column] for row in rows]
    absent = [price.casefold() in _MISSING for price in prices]
    if any(absent) and missing == "refuse":
        first = absent.index(True)
        raise ValueError(
            f"Expected a price in every row. Received none in {sum(absent)} of {len(rows)}, first on "
            f'{days[first]!r} in line {lines[first + 1]}. missing="drop" leaves these rows out'
        )
    kept = [i for i, gone in enumerate(absent) if not gone]
    if len(kept) < 2:
        raise ValueError(f"Expected at least two rows with a price. Received: {len(kept)}")
    at = [lines[i + 1] for i in kept]
    values = _numbers([prices[i] for i in kept], at, decimal)
    index = _days([days[i] for i in kept], at, day_first)
    series = pd.Series(values, pd.DatetimeIndex(index, name="date"), name="close")
    return _once(series.sort_index(kind="stable"))


def check_prices(close, *, max_gap="15D", largest_move=0.25):
    """Refuse closing prices of which returns would be wrong.

    Args:
        close: Series of prices, one row a trading day, as `read_prices` gives it.
        max_gap: the longest step between two days, as in `check_series`.
        largest_move: the largest change of the logarithm from one day to the next that is believed. A
            split, a bonus issue or a large dividend that the prices are not adjusted for looks like a
            crash, and a model would learn it. None believes all.

    Raises:
        ValueError: what `check_series` refuses; no Series; a price of 0 or less; a larger move. Where it is
            near the ratio of a usual split, the message names that.
    """
    if not isinstance(close, pd.Series):
        raise ValueError(f"Expected a pandas Series of prices. Received: {type(close).__name__}")
    check_series(close, max_gap=max_gap)
    wrong = close <= 0
    if wrong.any():
        day = close.index[int(np.argmax(wrong))]
        raise ValueError(f"Expected prices above 0. Received {close[day]:g} on {_shown(day)}")
    moves = np.log(close).diff().iloc[1:].abs()
    if largest_move is None or not len(moves) or moves.max() <= largest_move:
        return
    count, row = int((moves > largest_move).sum()), int(moves.to_numpy().argmax())
    ratio, day = float(close.iloc[row + 1] / close.iloc[row]), close.index[row + 1]
    near = min(_SPLITS, key=lambda split: abs(ratio / split - 1))
    split = f", as if {_SPLITS[near]}" if abs(ratio / near - 1) < 0.08 else ""
    raise ValueError(
        f"Expected moves of at most {largest_move:g} (in logarithms) from one day to the next. Received "
        f"{count}; the largest, on {_shown(day)}, multiplies the price by {ratio:.3f}{split}. Take prices "
        "adjusted for splits and dividends; if the move was real, allow it by largest_move=None"
    )


def _shown(day):
    return f"{day:%Y-%m-%d}" if isinstance(day, pd.Timestamp) else str(day)


def _text(content):
    if not content.strip(b"\x00 \r\n\t"):
        raise ValueError("Expected a CSV file with a header and rows. Received an empty one")
    if content.startswith((b"PK\x03\x04", b"\xd0\xcf\x11\xe0")):
        raise ValueError(
            "Expected a CSV file. Received a workbook of a spreadsheet: save it as CSV there"
        )
    marked = content.startswith((b"\xff\xfe", b"\xfe\xff"))
    for encoding in ("utf-16",) if marked else ("utf-8-sig", "gb18030"):
        try:
            return content.decode(encoding)
        except UnicodeDecodeError as error:
            place = error.start
    line = content[:place].count(b"\n") + 1
    raise ValueError(
        f"Expected text in UTF-8, UTF-16 with a mark, or GB 18030. Received bytes that are none of them in "
        f"line {line}"
    )


def _rows(text):
    """Cells of all rows that are not blank, and the line on which each begins."""
    first = next(line for line in text.splitlines() if line.strip())
    delimiter = max(",;\t|", key=first.count)
    if not first.count(delimiter):
        raise ValueError(
            "Expected columns separated by commas, semicolons, tabs or bars. Received as the first line "
            f"{first[:80]!r}"
        )
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, skipinitialspace=True)
    rows, lines, begins = [], [], 1
    for row in reader:
        cells = [unicodedata.normalize("NFKC", cell).strip() for cell in row]
        if any(cells):
            if rows and len(cells) != len(rows[0]):
                raise ValueError(
                    f"Expected {len(rows[0])} columns in every line, as in the first. Received "
                    f"{len(cells)} in line {begins}: {delimiter.join(row)[:80]!r}"
                )
            rows.append(cells)
            lines.append(begins)
        begins = reader.line_num + 1
    if len(rows) < 2:
        raise ValueError("Expected a header and rows. Received a header alone")
    return rows, lines


def _column(header, wanted, usual, argument):
    """Place of the column named `wanted`, or of the first of the `usual` names."""
    if wanted is not None:
        places = [i for i, name in enumerate(header) if name == wanted]
        if len(places) != 1:
            raise ValueError(
                f"Expected `{argument}` to name one column. Received: {wanted!r}, which is the name of "
                f"{len(places)} of {header}"
            )
        return places[0]
    plain = [re.sub(r"[\W_]", "", name).casefold() for name in header]
    for name in usual:
        places = [i for i, other in enumerate(plain) if other == name]
        if len(places) > 1:
            raise ValueError(
                f"Expected one column {header[places[0]]!r}. Received {len(places)} of that name"
            )
        if places:
            return places[0]
    raise ValueError(
        f'Expected a column "{argument}" or with another usual name, or {argument}="its name". Received '
        f"the columns {header}"
    )


def _days(texts, lines, day_first):
    """Timestamps of days that are all written in one way."""
    bare = [_CLOCK.sub("", text) for text in texts]
    for pattern in (_YEAR_FIRST, _IN_ONE, _YEAR_LAST):
        found = [pattern.fullmatch(text) for text in bare]
        if not all(found):
            continue
        parts = np.array([match.groups() for match in found], dtype=int)
        if pattern is _YEAR_LAST:
            parts = parts[:, [2, 1, 0] if _day_is_first(parts, texts, day_first) else [2, 0, 1]]
        days = pd.to_datetime(
            pd.DataFrame(parts, columns=["year", "month", "day"]), errors="coerce"
        ).to_numpy()
        return _all_read(days, texts, lines)
    read = [
        pd.to_datetime(pd.Series(bare, dtype=str), format=style, errors="coerce").to_numpy()
        for style in _WITH_NAMES
    ]
    days = min(read, key=lambda style: np.isnat(style).sum())
    if np.isnat(days).all():  # the file has no names of months: say which text is unlike the others
        patterns = (_YEAR_FIRST, _IN_ONE, _YEAR_LAST)
        known = [[pattern.fullmatch(text) is not None for text in bare] for pattern in patterns]
        _refuse(~np.array(max(known, key=sum)), texts, lines)
    return _all_read(days, texts, lines)


def _day_is_first(parts, texts, day_first):
    first, second = parts[:, 0].max() > 12, parts[:, 1].max() > 12
    if first and second:
        a, b = texts[int(parts[:, 0].argmax())], texts[int(parts[:, 1].argmax())]
        raise ValueError(
            f"Expected days all written in one order. Received {a!r} and {b!r}, of which one has the day "
            "first and one the month"
        )
    if first or second:
        if day_first is not None and day_first != first:
            text = texts[int(parts[:, 0 if first else 1].argmax())]
            raise ValueError(
                f"Expected days as day_first={day_first} says. Received {text!r}, which has no such month"
            )
        return first
    if day_first is None:
        raise ValueError(
            f"Expected days that tell their order. Received {texts[0]!r} and others that can be read both "
            "ways: say day_first=True or day_first=False"
        )
    return day_first


def _all_read(days, texts, lines):
    if np.isnat(days).any():
        _refuse(np.isnat(days), texts, lines)
    return days


def _refuse(unread, texts, lines):
    row = int(np.argmax(unread))
    raise ValueError(
        f"Expected days all written in one way, such as 2024-03-01. Received {texts[row]!r} in line "
        f"{lines[row]}"
    )


def _numbers(texts, lines, decimal):
    """Prices as numbers, all with the same sign for the decimals."""
    bare = [re.sub(r"[\s'’]", "", text).lstrip("¥$€£") for text in texts]
    if decimal is None:
        decimal = _decimal_sign(bare, texts)
    pattern, thousands = (_POINT, ",") if decimal == "." else (_COMMA, ".")
    for text, original, line in zip(bare, texts, lines, strict=True):
        if not pattern.fullmatch(text):
            raise ValueError(
                f'Expected prices with "{decimal}" before the decimals. Received {original!r} in line '
                f"{line}"
            )
    return np.array([float(text.replace(thousands, "").replace(",", ".")) for text in bare])


def _decimal_sign(bare, texts):
    """The sign that all prices allow; a point where both are possible and no comma is seen."""
    point, comma = ([p.fullmatch(t) is not None for t in bare] for p in (_POINT, _COMMA))
    if all(point) and all(comma) and any("," in text for text in bare):
        shown = texts[next(i for i, text in enumerate(bare) if "," in text)]
        raise ValueError(
            f"Expected prices that tell what a comma means. Received {shown!r} and others that can be read "
            'both ways: say decimal="." or decimal=","'
        )
    return "." if sum(point) >= sum(comma) else ","


def _once(series):
    """Every day once: repeats of the same price are one, of another price an error."""
    repeated = series.index.duplicated(keep=False)
    for day, prices in series[repeated].groupby(level=0):
        if prices.nunique() > 1:
            received = " and ".join(f"{price:g}" for price in prices.iloc[:_SHOWN])
            raise ValueError(f"Expected one price a day. Received on {_shown(day)} {received}")
    return series[~series.index.duplicated()]
