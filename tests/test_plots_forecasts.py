"""Figures of forecasts, by what is drawn."""

from course_lib import forecasting as fc
from course_lib.plots import audit_figure, walk_forward_figure, window_figure

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest

SERIES = pd.Series(np.arange(100.0) + 7, pd.bdate_range("2020-01-01", periods=100), name="close")


@pytest.fixture(autouse=True)
def closed():
    yield
    plt.close("all")


def test_a_window_shows_what_is_read_and_what_is_forecast():
    (axes,) = window_figure(SERIES, 50, history=6, horizon=3).axes
    _, read, ahead, today = axes.lines
    np.testing.assert_array_equal(read.get_ydata(), SERIES.iloc[45:51])
    np.testing.assert_array_equal(ahead.get_ydata(), SERIES.iloc[51:54])
    assert today.get_xdata()[0] == SERIES.index[50]
    assert [text.get_text() for text in axes.texts] == ["6 days read", "T", "3 forecast"]


@pytest.mark.parametrize("origin", [4, 97])
def test_a_window_must_lie_in_the_series(origin):
    with pytest.raises(ValueError, match=r"inside rows 0 to 99\. Received: rows"):
        window_figure(SERIES, origin, history=6, horizon=3)


def test_every_fold_has_its_training_and_its_test_span():
    windows = fc.make_windows(SERIES, 5, 2, max_gap="5D")
    days = SERIES.index[windows.origins]
    splits = fc.walk_forward(windows, folds=3)
    (axes,) = walk_forward_figure(days, splits).axes
    assert [label.get_text() for label in axes.get_yticklabels()] == ["fold 1", "fold 2", "fold 3"]
    assert len(axes.patches) == 6
    assert [bool(bar.get_hatch()) for bar in axes.patches] == [False, True] * 3
    for (train, test), bars in zip(splits, np.reshape(axes.patches, (3, 2)), strict=True):
        for rows, bar in zip((train, test), bars, strict=True):
            width = (days[rows[-1]] - days[rows[0]]) / pd.Timedelta("1D")
            assert bar.get_width() == pytest.approx(width)
    assert [text.get_text() for text in axes.texts] == ["train", "test"]


def test_an_audit_is_drawn_with_unbroken_intervals():
    days = SERIES.index
    audit = fc.Audit(
        close=SERIES,
        horizon=1,
        origins=days[50:],
        truth=np.ones(50),
        forecasts={},
        skills={"ridge": fc.Interval(0.1, 0.0, 0.2), "GRU": fc.Interval(-0.1, -0.3, 0.1)},
        p_values={},
        directions={"ridge": fc.Interval(0.5, 0.4, 0.6), "GRU": fc.Interval(0.55, 0.5, 0.6)},
        up=0.52,
        by_seed=[],
        canaries=[],
        verdict="",
    )
    plt.rcParams["axes.prop_cycle"] = plt.cycler(linestyle=["-", "--"])
    figure = audit_figure(audit)
    plt.rcdefaults()
    series, left, right = (axes for part in figure.subfigs for axes in part.axes)
    np.testing.assert_array_equal(series.lines[0].get_ydata(), SERIES)
    assert [label.get_text() for label in left.get_yticklabels()] == ["ridge", "GRU"]
    intervals = [line for line in left.lines if len(line.get_xdata()) == 2][:2]
    assert [tuple(line.get_xdata()) for line in intervals] == [(0.0, 0.2), (-0.3, 0.1)]
    assert {line.get_linestyle() for line in intervals} == {"-"}
    assert right.lines[-1].get_xdata()[0] == 0.52
