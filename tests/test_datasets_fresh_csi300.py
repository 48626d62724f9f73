"""Fresh days of the CSI 300, offline: a small server of ours stands where akshare's service would.

akshare itself is not needed. A stand-in asks the server over HTTP and makes of the answer the frame that
akshare makes; wherever akshare is installed, one test holds the stand-in to it.
"""

import http.client
import http.server
import json
import shutil
import sys
import threading
import time
import tomllib
import types
import urllib.parse
from datetime import UTC, datetime
from pathlib import Path

from course_lib.datasets import csi300, data_dir, load_csi300
from course_lib.datasets.archive.errors import DataError

import numpy as np
import pandas as pd
import pytest

ROOT = Path(__file__).resolve().parents[1]
COLUMNS = ["date", "open", "close", "high", "low", "volume", "amount"]
PATH = "/api/qt/stock/kline/get"
NEW_DAYS = pd.bdate_range("2026-01-05", "2026-01-23")
YESTERDAY = pd.Timestamp(2026, 1, 25)  # a Sunday


# ---------------------------------------------------------------------------- the service and akshare


class Service:
    """The remote service, on this computer: it has `lines`, one a day, and answers with those asked for.

    Attributes:
        lines: {day: "day,open,close,high,low,volume,amount,amplitude"}, in the order they are told.
        body: what to answer with instead, if it is not None.
        asked: the query of each request.
        silent: while it is set, the service accepts requests and does not answer.
    """

    def __init__(self):
        service = self
        self.lines, self.body, self.asked = {}, None, []
        self.silent, self.stopped = threading.Event(), threading.Event()

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self):
                address = urllib.parse.urlsplit(self.path)
                service.asked.append(dict(urllib.parse.parse_qsl(address.query)))
                if service.silent.is_set():
                    service.stopped.wait()
                    return
                content = service.answer(service.asked[-1])
                self.send_response(200 if address.path == PATH else 404)
                self.send_header("Content-Length", str(len(content)))
                self.end_headers()
                self.wfile.write(content)

            def log_message(self, *_):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.port = self.server.server_address[1]
        threading.Thread(target=self.server.serve_forever, args=(0.01,), daemon=True).start()

    def answer(self, query):
        if self.body is not None:
            return self.body
        chosen = [
            line
            for day, line in self.lines.items()
            if query["beg"] <= day.replace("-", "")[:8] <= query["end"]
        ]
        data = {"code": "000300", "market": 1, "name": "沪深300", "decimal": 2, "dktotal": 5000}
        return json.dumps({"rc": 0, "rt": 17, "data": {**data, "klines": chosen}}).encode()

    def stop(self):
        self.stopped.set()
        self.server.shutdown()
        self.server.server_close()


def line(day, bar, lot=100):
    """One day as the service writes it: two decimals, volume in lots, money, amplitude."""
    prices = ",".join(f"{bar[name]:.2f}" for name in ("open", "close", "high", "low"))
    return f"{day:%Y-%m-%d},{prices},{bar['volume'] / lot:.0f},{bar['close'] * 1e8:.2f},1.23"


def stand_in(port):
    """A module with akshare's one function, as akshare 1.19 behaves."""
    akshare = types.ModuleType("akshare")
    akshare.__version__ = "stand-in"

    def stock_zh_index_daily_em(symbol, start_date, end_date):
        query = {"secid": symbol.replace("sh", "1."), "klt": "101", "fqt": "0"}
        query |= {"beg": start_date, "end": end_date}
        connection = http.client.HTTPConnection("127.0.0.1", port)
        try:
            connection.request("GET", f"{PATH}?{urllib.parse.urlencode(query)}")
            answer = json.loads(connection.getresponse().read())
        finally:
            connection.close()
        rows = [text.split(",") for text in answer["data"]["klines"]]
        if not rows:
            return pd.DataFrame()
        frame = pd.DataFrame(rows, columns=[*COLUMNS, "_"])[COLUMNS]
        for column in COLUMNS[1:]:
            frame[column] = pd.to_numeric(frame[column], errors="coerce")
        return frame

    akshare.stock_zh_index_daily_em = stock_zh_index_daily_em
    return akshare


@pytest.fixture(scope="module")
def packaged():
    return load_csi300()


@pytest.fixture(scope="module")
def new():
    """Fifteen days that might follow, with two decimals and volumes in whole lots."""
    close = 4630.0 + 12.34 * np.arange(1, len(NEW_DAYS) + 1)
    bars = {"open": close - 3.21, "high": close + 20.5, "low": close - 30.75, "close": close}
    volume = 1.6e10 + 100.0 * np.arange(len(NEW_DAYS))
    frame = pd.DataFrame({**bars, "volume": volume}, index=NEW_DAYS.rename("date"))
    return frame.round(2)


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """A data folder of its own, and every byte in it."""
    folder = tmp_path_factory.mktemp("data")
    shutil.copytree(data_dir() / "csi300", folder / "csi300")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("COURSE_DATA", str(folder))
        load_csi300()  # writes the stamp
    return folder, content(folder)


def content(folder):
    return {path: path.is_file() and path.read_bytes() for path in folder.rglob("*")}


@pytest.fixture(autouse=True)
def packaged_data_stays_untouched(folder, monkeypatch):
    """Every test here, whether the answer is good or bad, leaves each byte of the data folder alone."""
    path, before = folder
    monkeypatch.setenv("COURSE_DATA", str(path))
    yield
    assert len(before) == 3 and content(path) == before


@pytest.fixture
def service(packaged, new, monkeypatch):
    service = Service()
    known = packaged.iloc[-60:]
    for bars in (known, new):
        service.lines |= {f"{day:%Y-%m-%d}": line(day, bar) for day, bar in bars.iterrows()}
    monkeypatch.setitem(sys.modules, "akshare", stand_in(service.port))
    monkeypatch.setattr(csi300, "_last_closed_day", lambda now: YESTERDAY)
    yield service
    service.stop()


def refused(match):
    """The one way in which every fresh day is refused: what was wrong, and what to do."""
    return pytest.raises(DataError, match=rf"(?s)^No fresh days: .*{match}.*turn the switch off")


def change(service, day, column, value):
    parts = service.lines[day].split(",")
    parts[COLUMNS.index(column)] = value
    service.lines[day] = ",".join(parts)


# ---------------------------------------------------------------------------- good answers


def test_fresh_days_follow_the_packaged_ones(service, packaged, new):
    bars = load_csi300(fresh=True)
    pd.testing.assert_frame_equal(bars.iloc[: len(packaged)], packaged, check_exact=True)
    pd.testing.assert_frame_equal(
        bars.iloc[len(packaged) :], new, check_exact=True, check_freq=False, check_index_type=False
    )
    assert bars.index.dtype == packaged.index.dtype and bars.index.name == "date"
    csi300.check_bars(bars)


def test_one_request_for_six_weeks_again_and_all_days_up_to_yesterday(service, packaged):
    load_csi300(fresh=True)
    (query,) = service.asked
    assert query["secid"] == "1.000300"
    assert query["beg"] == f"{packaged.index[-30]:%Y%m%d}" == "20251120"
    assert query["end"] == "20260125"


@pytest.mark.parametrize(
    ("now", "day"),
    [
        (datetime(2026, 1, 6, 15, 59, tzinfo=UTC), "2026-01-05"),
        (datetime(2026, 1, 6, 16, 0, tzinfo=UTC), "2026-01-06"),
        (datetime(2026, 1, 1, 2, 0, tzinfo=UTC), "2025-12-31"),
    ],
)
def test_the_last_day_is_yesterday_in_china(now, day):
    assert csi300._last_closed_day(now) == pd.Timestamp(day)


def test_volumes_in_shares_are_found_to_be_shares(service, packaged, new):
    for bars in (packaged.iloc[-60:], new):
        service.lines |= {f"{day:%Y-%m-%d}": line(day, bar, lot=1) for day, bar in bars.iterrows()}
    bars = load_csi300(fresh=True)
    assert bars["volume"].tolist() == [*packaged["volume"], *new["volume"]]


def test_nothing_new_gives_the_packaged_days(service, packaged):
    for day in NEW_DAYS:
        del service.lines[f"{day:%Y-%m-%d}"]
    pd.testing.assert_frame_equal(load_csi300(fresh=True), packaged, check_exact=True)


def test_a_recorded_answer_is_the_packaged_day_in_lots_and_two_decimals(packaged):
    # As the service told 2025-03-12: open, close, high, low, volume.
    recorded = pd.DataFrame(
        [[3946.86, 3927.23, 3953.61, 3921.47, 156732190.0]],
        columns=["open", "close", "high", "low", "volume"],
        index=pd.DatetimeIndex(["2025-03-12"]).as_unit(packaged.index.unit),
    )
    assert csi300._shares_per_unit(recorded, packaged.loc["2025-03-12":"2025-03-12"]) == 100


def test_without_the_switch_nothing_is_asked_and_akshare_is_not_needed(
    service, packaged, monkeypatch
):
    monkeypatch.setitem(sys.modules, "akshare", None)
    pd.testing.assert_frame_equal(load_csi300(), packaged)
    assert service.asked == []


def test_akshare_is_an_extra_and_not_a_dependency():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    assert not any("akshare" in requirement for requirement in project["dependencies"])
    assert [it.split(">")[0] for it in project["optional-dependencies"]["fresh"]] == ["akshare"]
    assert "akshare" not in (ROOT / "requirements.lock").read_text(encoding="utf-8")


# ---------------------------------------------------------------------------- no answer


def test_akshare_that_is_absent_is_named(service, monkeypatch):
    monkeypatch.setitem(sys.modules, "akshare", None)
    with refused("`pip install akshare`"):
        load_csi300(fresh=True)


def test_akshare_that_cannot_be_imported_is_named(service, tmp_path, monkeypatch):
    (tmp_path / "akshare.py").write_text("raise OSError('no such engine')")
    monkeypatch.delitem(sys.modules, "akshare")
    monkeypatch.syspath_prepend(tmp_path)
    with refused(r"cannot be imported \(OSError: no such engine\)"):
        load_csi300(fresh=True)


def test_akshare_without_the_function_is_refused(service):
    del sys.modules["akshare"].stock_zh_index_daily_em
    with refused(r"akshare failed \(AttributeError: .*stock_zh_index_daily_em"):
        load_csi300(fresh=True)


def test_a_service_that_is_down_is_refused(service):
    service.server.shutdown()
    service.server.server_close()
    with refused(r"akshare failed \(Connection\w*Error"):
        load_csi300(fresh=True)


def test_a_silent_service_is_not_waited_for(service, monkeypatch):
    monkeypatch.setattr(csi300, "_TIMEOUT", 0.2)
    service.silent.set()
    before, start = set(threading.enumerate()), time.monotonic()
    with refused("not answered within 0.2 seconds"):
        load_csi300(fresh=True)
    assert time.monotonic() - start < 4
    left = set(threading.enumerate()) - before
    assert left and all(thread.daemon for thread in left)  # Python can end without it


@pytest.mark.parametrize("body", [b"<html>502</html>", b"", b'{"rc": 102, "data": null}', b"{}"])
def test_an_answer_that_is_no_list_of_days_is_refused(service, body):
    service.body = body
    with refused(r"akshare failed \((JSONDecodeError|TypeError|KeyError): "):
        load_csi300(fresh=True)


def test_an_empty_answer_is_refused(service):
    service.lines.clear()
    with refused("expected the days 2025-11-20 to 2026-01-25 from akshare, received an empty"):
        load_csi300(fresh=True)


def test_no_frame_at_all_is_refused(service):
    sys.modules["akshare"].stock_zh_index_daily_em = lambda **_: None
    with refused("expected a DataFrame from akshare, received NoneType"):
        load_csi300(fresh=True)


# ---------------------------------------------------------------------------- another schema


def reshaped(change_frame):
    """akshare makes a frame of another shape out of the same answer."""
    akshare = sys.modules["akshare"]
    original = akshare.stock_zh_index_daily_em
    akshare.stock_zh_index_daily_em = lambda **asked: change_frame(original(**asked))


@pytest.mark.parametrize(
    ("change_frame", "received"),
    [
        (lambda frame: frame.rename(columns={"volume": "vol"}), r"'low', 'vol', 'amount'\]"),
        (lambda frame: frame.drop(columns="close"), r"\['date', 'open', 'high', 'low'"),
        (lambda frame: frame.assign(turnover=0.5), r"'amount', 'turnover'\]"),
        (lambda frame: frame.set_index("date"), r"received \['open'"),
    ],
    ids=["renamed", "missing", "one more", "days in the index"],
)
def test_other_columns_are_refused_and_both_lists_named(service, change_frame, received):
    reshaped(change_frame)
    with refused(r"expected columns \['date', 'open', 'close', 'high', .*received.*") as caught:
        load_csi300(fresh=True)
    assert caught.match(received)


def test_a_field_more_from_the_service_is_refused(service):
    service.lines = {day: f"{text},0.5" for day, text in service.lines.items()}
    with refused(r"akshare failed \(\w+Error: "):
        load_csi300(fresh=True)


@pytest.mark.parametrize("column", ["open", "high", "low", "close", "volume"])
def test_text_where_a_number_should_be_is_refused(service, column):
    change(service, "2026-01-06", column, "n/a")  # akshare makes NaN of it
    with refused(r"expected finite numbers.* nan.*2026-01-06"):
        load_csi300(fresh=True)


def test_text_that_akshare_lets_through_is_refused(service):
    reshaped(lambda frame: frame.astype({"close": str}).replace({"close": {"4654.68": "n/a"}}))
    with refused("expected numbers from akshare, received text .*'n/a'"):
        load_csi300(fresh=True)


@pytest.mark.parametrize("day", ["20260106", "2026/01/06", "06.01.2026", "2026-01-32", ""])
def test_days_written_otherwise_are_refused(service, day):
    change(service, "2026-01-06", "date", day)
    with refused(f"expected days written like 2026-01-05 from akshare, received '{day}'"):
        load_csi300(fresh=True)


def test_days_that_are_numbers_are_refused(service):
    reshaped(lambda frame: frame.assign(date=frame["date"].str.replace("-", "").astype(int)))
    with refused("expected days written like 2026-01-05 from akshare, received .*20251120"):
        load_csi300(fresh=True)


def test_days_that_are_dates_are_days(service, new):
    reshaped(lambda frame: frame.assign(date=pd.to_datetime(frame["date"]).dt.date))
    assert load_csi300(fresh=True).index[-1] == new.index[-1]


# ---------------------------------------------------------------------------- wrong values


@pytest.mark.parametrize("column", ["open", "high", "low", "close"])
@pytest.mark.parametrize("sign", [-1, 1])
def test_another_price_on_a_packaged_day_is_refused(service, packaged, column, sign):
    day = "2025-12-09"  # open and close lie well between low and high
    price = packaged.loc[day, column]
    change(service, day, column, f"{price + sign * 0.009:.4f}")
    load_csi300(fresh=True)
    change(service, day, column, f"{price + sign * 0.011:.4f}")
    with refused(f"expected the packaged prices .*'{column}': {price}.* on {day}, received"):
        load_csi300(fresh=True)


@pytest.mark.parametrize("factor", [0, 0.01, 10, 1000])
def test_another_unit_of_volume_is_refused(service, factor):
    for day, text in service.lines.items():
        change(service, day, "volume", f"{factor * float(text.split(',')[5]):.0f}")
    with refused("expected the packaged volumes in shares or in lots of 100, received"):
        load_csi300(fresh=True)


def test_another_volume_on_one_packaged_day_is_refused_by_name(service):
    change(service, "2025-12-09", "volume", "184160345")  # one lot more
    with refused("received 184160345 from akshare for 18416034400 shares on 2025-12-09"):
        load_csi300(fresh=True)


@pytest.mark.parametrize("day", ["2025-12-09", "2026-01-06"])
def test_bars_that_contradict_themselves_are_refused(service, day):
    change(service, day, "high", "4000.00")
    with refused(f"expected high at least open, low and close, .*{day}"):
        load_csi300(fresh=True)


@pytest.mark.parametrize("rows", [[1, 0], [0, 1, 1]], ids=["unsorted", "repeated"])
@pytest.mark.parametrize("part", [slice(0, 2), slice(-2, None)], ids=["packaged", "new"])
def test_days_unsorted_or_repeated_are_refused(service, part, rows):
    def shuffled(frame):
        order = np.arange(len(frame))
        chosen = order[part][rows]
        head, tail = ([], order[2:]) if part.start == 0 else (order[:-2], [])
        return frame.iloc[np.concatenate([head, chosen, tail]).astype(int)]

    reshaped(shuffled)
    with refused("expected days that increase without repeats"):
        load_csi300(fresh=True)


def test_new_days_alone_are_refused(service, packaged):
    for day in packaged.index:
        service.lines.pop(f"{day:%Y-%m-%d}", None)
    with refused("expected 30 packaged days again from akshare, received 0; 2025-11-20"):
        load_csi300(fresh=True)


@pytest.mark.parametrize("day", ["2025-11-20", "2025-12-09", "2025-12-31"])
def test_a_packaged_day_that_is_left_out_is_refused_by_name(service, day):
    del service.lines[day]
    with refused(f"expected 30 packaged days again from akshare, received 29; {day}"):
        load_csi300(fresh=True)


def test_a_day_too_many_among_the_packaged_ones_is_refused_by_name(service):
    service.lines["2025-12-06"] = service.lines["2025-12-05"].replace("12-05", "12-06")
    service.lines = dict(sorted(service.lines.items()))
    with refused("expected 30 packaged days again from akshare, received 31; 2025-12-06"):
        load_csi300(fresh=True)


@pytest.mark.parametrize("day", ["2025-11-19", "2026-01-26"])
def test_a_day_that_was_not_asked_for_is_refused(service, day):
    known = next(iter(service.lines.values()))
    service.answer = lambda query: json.dumps(
        {"data": {"klines": [*service.lines.values(), known.replace(known[:10], day)][30:]}}
    ).encode()
    with refused(f"expected the days 2025-11-20 to 2026-01-25 from akshare, received {day} too"):
        load_csi300(fresh=True)


# ---------------------------------------------------------------------------- the stand-in


def test_the_stand_in_answers_as_akshare_does(service, monkeypatch):
    ours = sys.modules["akshare"].stock_zh_index_daily_em
    monkeypatch.delitem(sys.modules, "akshare")
    akshare = pytest.importorskip("akshare")
    theirs = sys.modules[akshare.stock_zh_index_daily_em.__module__]
    ask = theirs.requests.get

    def ask_here(url, **options):
        address = urllib.parse.urlsplit(url)
        return ask(f"http://127.0.0.1:{service.port}{address.path}", **options)

    monkeypatch.setattr(theirs.requests, "get", ask_here)
    asked = {"symbol": "sh000300", "start_date": "20251120", "end_date": "20260125"}

    def both():
        return [call(**asked) for call in (ours, akshare.stock_zh_index_daily_em)]

    pd.testing.assert_frame_equal(*both(), check_exact=True)
    change(service, "2026-01-06", "close", "n/a")
    pd.testing.assert_frame_equal(*both(), check_exact=True)
    service.lines.clear()
    pd.testing.assert_frame_equal(*both())
    for body in (b"<html>502</html>", b'{"data": null}', b"{}", b'{"data": {"klines": ["1,2"]}}'):
        service.body = body
        for call in (ours, akshare.stock_zh_index_daily_em):
            with pytest.raises((ValueError, TypeError, KeyError)):
                call(**asked)
    fields = ("secid", "klt", "fqt", "beg", "end")
    assert len({tuple(query[name] for name in fields) for query in service.asked}) == 1
