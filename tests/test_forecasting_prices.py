"""Prices out of anybody's CSV: what is understood, and what is refused with a word about why."""

from course_lib import forecasting as fc

import numpy as np
import pandas as pd
import pytest

DAYS = pd.DatetimeIndex(["2024-03-01", "2024-03-14"], name="date")
WANTED = pd.Series([3456.78, 3540.5], DAYS, name="close")


def file(days, prices, header="Date,Close", between=","):
    rows = [f"{day}{between}{price}" for day, price in zip(days, prices, strict=True)]
    return "\n".join([header.replace(",", between), *rows, ""]).encode()


@pytest.mark.parametrize(
    "days",
    [
        ("2024-03-01", "2024-03-14"),
        ("2024/3/1", "2024/3/14"),
        ("2024.03.01", "2024.03.14"),
        ("20240301", "20240314"),
        ("2024年3月1日", "2024年03月14日"),
        ("01/03/2024", "14/03/2024"),
        ("3/1/2024", "3/14/2024"),
        ("01.03.2024", "14.03.2024"),
        ("01-Mar-2024", "14-Mar-2024"),
        ("1-Mar-24", "14-Mar-24"),
        ("1 March 2024", "14 March 2024"),
        ('"Mar 1, 2024"', '"Mar 14, 2024"'),
        ("2024-03-01 15:00:00", "2024-03-14 15:00:00"),
        ("2024-03-01T00:00:00+08:00", "2024-03-14T00:00:00+08:00"),
        ("２０２４-03-01", "2024-03-14"),
    ],
)
def test_days_in_many_hands(days):
    pd.testing.assert_series_equal(fc.read_prices(file(days, ["3456.78", "3540.5"])), WANTED)


@pytest.mark.parametrize(
    "prices",
    [
        ("3456.78", "3540.5"),
        ('"3,456.78"', '"3,540.50"'),
        ('"3.456,78"', '"3.540,5"'),
        ('"3456,78"', '"3540,5"'),
        ("3 456.78", "3\u00a0540.50"),
        ("3'456.78", "3’540.50"),
        ("¥3456.78", "¥3540.50"),
        ("３４５６．７８", "3540.5"),
    ],
)
def test_numbers_in_many_hands(prices):
    pd.testing.assert_series_equal(
        fc.read_prices(file(["2024-03-01", "2024-03-14"], prices)), WANTED
    )


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gbk", "gb18030", "utf-16"])
def test_encodings(encoding):
    text = '日期,开盘,收盘\n2024-03-14,1,"3,540.5"\n2024-03-01,1,"3,456.78"\n'
    pd.testing.assert_series_equal(fc.read_prices(text.encode(encoding)), WANTED)


@pytest.mark.parametrize("between", [",", ";", "\t", "|"])
def test_separators(between):
    days, prices = ["2024-03-01", "2024-03-14"], ["3456.78", "3540.5"]
    pd.testing.assert_series_equal(fc.read_prices(file(days, prices, between=between)), WANTED)


@pytest.mark.parametrize(
    "close",
    ["Close", "Close/Last", "close", "Price", "收盘价", "收盘", "Adj Close", "closing_price"],
)
@pytest.mark.parametrize("date", ["Date", "trade_date", "日期", "交易日期", "Timestamp"])
def test_usual_names(date, close):
    content = file(DAYS.strftime("%Y-%m-%d"), WANTED, header=f"{date},{close}")
    pd.testing.assert_series_equal(fc.read_prices(content), WANTED)


def test_adjusted_prices_come_first():
    content = b"Date,Close,Adj Close\n2024-03-01,7,3456.78\n2024-03-14,7,3540.5\n"
    pd.testing.assert_series_equal(fc.read_prices(content), WANTED)
    assert (fc.read_prices(content, close="Close") == 7).all()


def test_a_path_is_read(tmp_path):
    path = tmp_path / "指数.csv"
    path.write_bytes(file(DAYS.strftime("%Y-%m-%d"), WANTED))
    pd.testing.assert_series_equal(fc.read_prices(path), WANTED)
    pd.testing.assert_series_equal(fc.read_prices(str(path)), WANTED)
    with pytest.raises(FileNotFoundError):
        fc.read_prices(tmp_path / "none.csv")


def test_the_same_day_with_the_same_price_counts_once():
    content = file(["2024-03-14", "2024-03-01", "2024-03-14"], ["3540.5", "3456.78", "3540.5"])
    pd.testing.assert_series_equal(fc.read_prices(content), WANTED)


def test_rows_without_a_price_can_be_dropped_and_a_blank_line_is_none():
    content = b"Date,Close\n2024-03-01,3456.78\n\n2024-03-05,null\n2024-03-14,3540.5\n"
    pd.testing.assert_series_equal(fc.read_prices(content, missing="drop"), WANTED)
    with pytest.raises(ValueError, match=r"none in 1 of 3, first on '2024-03-05' in line 4"):
        fc.read_prices(content)


def test_what_is_left_after_dropping_must_be_a_series():
    with pytest.raises(ValueError, match=r"at least two rows with a price\. Received: 0"):
        fc.read_prices(b"Date,Close\n2024-03-01,-\n", missing="drop")


def test_one_who_knows_can_say_what_a_file_does_not_tell():
    days = ["01/03/2024", "02/03/2024"]
    assert fc.read_prices(file(days, [1, 2]), day_first=True).index[1].day == 2
    assert fc.read_prices(file(days, [1, 2]), day_first=False).index[1].month == 2
    prices = file(["2024-03-01", "2024-03-02"], ["3,456", "3,457"], between=";")
    assert fc.read_prices(prices, decimal=",").iloc[0] == 3.456
    assert fc.read_prices(prices, decimal=".").iloc[0] == 3456


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "empty"),
        (b"\n \n", "empty"),
        (b"PK\x03\x04rest", "workbook"),
        (b"Date,Close\n", "a header alone"),
        (b"Date Close\n2024-03-01 3\n", "'Date Close'"),
        (b"Date,Close\n2024-03-01,3\n2024-03-02,\xff\xff\n", "none of them in line 3"),
        (b"Date,Close\n2024-03-01,3,456\n", "3 in line 2: '2024-03-01,3,456'"),
        (b"Tag,Kurs\n2024-03-01,3\n", r'column "date".*\[.Tag., .Kurs.\]'),
        (b"Date,Kurs\n2024-03-01,3\n", 'column "close"'),
        (b"Date,Close,Close\n2024-03-01,3,3\n", "Received 2 of that name"),
        (b"Date,Close\n2024-03-01,3\nMonday,4\n", "'Monday' in line 3"),
        (b"Date,Close\n2024-02-30,3\n2024-03-01,3\n", "'2024-02-30' in line 2"),
        (b"Date,Close\n13/01/2024,3\n01/13/2024,4\n", "'13/01/2024' and '01/13/2024'"),
        (b"Date,Close\n01/02/2024,3\n02/02/2024,4\n", "day_first=True or day_first=False"),
        (b"Date,Close\n2024-03-01,3\n2024-03-02,x\n", "'x' in line 3"),
        (b"Date;Close\n2024-03-01;3,456\n2024-03-02;3,457\n", "'3,456' and others"),
        (b"Date,Close\n2024-03-01,3\n2024-03-01,4\n", "2024-03-01 3 and 4"),
        (b"Date,Close\n2024-03-01,3\n2024-03-02,-\n", "none in 1 of 2"),
        (b"Date,Close\n2024-03-01,3\n", "at least two rows with a price. Received: 1"),
    ],
)
def test_what_cannot_be_read_is_named(content, message):
    with pytest.raises(ValueError, match=message):
        fc.read_prices(content)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"close": "Kurs"}, "`close` to name one column. Received: 'Kurs'"),
        ({"date": "Tag"}, "`date` to name one column"),
        ({"missing": "fill"}, "`missing` to be one of 'refuse', 'drop'"),
        ({"decimal": "·"}, "`decimal` to be one of"),
        ({"day_first": "yes"}, "`day_first` to be one of None, True, False"),
    ],
)
def test_wrong_arguments_are_named(arguments, message):
    with pytest.raises(ValueError, match=message):
        fc.read_prices(file(["2024-03-01", "2024-03-14"], [1, 2]), **arguments)


def test_an_order_that_the_days_contradict_is_refused():
    with pytest.raises(ValueError, match="'14/03/2024', which has no such month"):
        fc.read_prices(file(["01/03/2024", "14/03/2024"], [1, 2]), day_first=False)


# -- prices of which returns would be wrong


def prices(values):
    return pd.Series(values, pd.date_range("2024-01-01", periods=len(values)), dtype=float)


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ([10, 11, 5.4, 5.5], "2024-01-03, multiplies the price by 0.491, as if one share became 2"),
        ([10, 11, 7.4, 7.5], "0.673, as if two shares became three"),
        ([1, 1, 10.2, 10], "10.200, as if 10 shares became one"),
        ([10, 10, 6.0, 6.0], r"multiplies the price by 0.600\. Take"),
        ([1e300, 1e-300, 1, 1], "largest, on 2024-01-02"),
        ([10, 0, 10, 10], "above 0. Received 0 on 2024-01-02"),
        ([10, np.nan, 10, 10], "finite"),
    ],
)
def test_a_split_is_no_crash(values, message):
    with pytest.raises(ValueError, match=message):
        fc.check_prices(prices(values))


def test_ordinary_prices_pass_and_a_real_crash_can_be_allowed():
    fc.check_prices(prices([10, 12, 9.5, 10]))
    fc.check_prices(prices([10, 5, 5, 5]), largest_move=None)
    fc.check_prices(prices([10, 5, 5, 5]), largest_move=0.7)


def test_long_gaps_and_other_things_than_series_are_refused():
    gap = pd.Series([1.0, 1, 1], pd.DatetimeIndex(["2024-01-01", "2024-01-02", "2024-02-02"]))
    with pytest.raises(ValueError, match="31 days"):
        fc.check_prices(gap)
    fc.check_prices(gap, max_gap="40D")
    with pytest.raises(ValueError, match=r"Series of prices\. Received: list"):
        fc.check_prices([1.0, 2.0])
