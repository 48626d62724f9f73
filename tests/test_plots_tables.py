"""Tables of scores: every number that a reader needs, in its place."""

from types import SimpleNamespace

from course_lib.plots import (
    error_table,
    f1_table,
    interval_table,
    language_table,
    lead_table,
    rates_table,
    score_table,
    translation_table,
)

import numpy as np


def test_scores():
    assert score_table({"a": 0.5, "long": [0.25, 0.75, 0.8]}) == (
        "a     0.500\nlong  0.600   0.250 to 0.800, 3 seeds"
    )


def test_errors_have_four_places():
    assert error_table({"LSTM": [0.1, 0.3]}) == "LSTM  0.2000   0.1000 to 0.3000, 2 seeds"


def test_intervals_stand_under_their_groups():
    rows = {
        "GRU": {"near": (0.9591, 0.9, 1), "far": (0.5, 0.25, 0.75)},
        "words": {"far": (0, 0, 0.1), "near": (1, 1, 1)},
    }
    table = interval_table(rows).splitlines()
    assert table[0].split() == ["near", "far"]
    assert table[1].split() == ["GRU", ".959", "(.900-1.00)", ".500", "(.250-.750)"]
    assert table[2].split() == ["words", "1.00", "(1.00-1.00)", ".000", "(.000-.100)"]
    far = table[0].index("far")
    assert [line[far : far + 4] for line in table[1:]] == [".500", ".000"]


def test_rates_of_sequences():
    one, two = (SimpleNamespace(rate=rate, wrong=3 * rate) for rate in (0.1, 0.2))
    assert rates_table({"rule": [one], "network": [one, two]}).splitlines() == [
        "         phoneme error   word error",
        "rule             10.0%        30.0%",
        "network          15.0%        45.0%   phonemes 10.0% to 20.0%, 2 seeds",
    ]


def test_language_models_side_by_side():
    bits = {
        "counts": {"test": [np.full(6, 3.0)], "new": [np.full(4, 4.0)]},
        "GRU": {"test": [np.full(6, 2.5), np.full(6, 1.5)], "new": [np.full(4, 3.0)] * 2},
    }
    bits["GRU"]["test"][0][5] = 0.5
    texts = {"test": ["a", "b/c"], "new": ["abc"]}  # line ends at 1, 3 and 5
    stored = {"counts": 1234567, "GRU": 89}
    savings = {"counts": None, "GRU": ([1.0, 1.5], (0.5, 2.0))}
    table = language_table(bits, texts, stored, savings, parts=("test", "new")).splitlines()
    assert len(table) == 4
    assert table[2].split() == ["counts", "1,234,567", "8.0", "16.0", "3.00"]
    # the first seed has 13 bits on six signs, the second 9: a mean of 11 / 6
    gru = ["GRU", "89", "3.6", "8.0", "1.67", "+1.250", "(+0.500", "to", "+2.000)"]
    assert table[3].split() == gru
    assert table[1].index("line end") + 7 == table[3].index("1.67") + 3


def test_translations_have_a_column_a_group_and_the_mean_of_seeds():
    rows = {
        "nearest": {"all": [(12.34, 0.5)], "new": [(5, 0)]},
        "network": {"all": [(20, 0.25), (30, 0.75)], "new": [(7, 0.1), (9, 0.3)]},
    }
    head, nearest, network = translation_table(rows).splitlines()
    assert head.split() == ["all", "new"]
    assert nearest.split() == ["nearest", "12.3", "0.500", "5.0", "0.000"]
    assert network.split() == ["network", "25.0", "0.500", "8.0", "0.200", "2", "seeds"]
    assert head.index("new") + 3 == len(nearest)


def test_a_table_of_intervals_has_seeds_and_gap_where_there_are_some():
    from course_lib.sequence_scores import ChrfInterval

    own = {"a": ChrfInterval(20.0, 18.0, 22.0, (20.0,)), "b": ChrfInterval(30, 25, 35, (29.0, 31))}
    head, first, last = lead_table(own, {"a": ChrfInterval(10, 5, 15, (9, 11))}).splitlines()
    assert first.split() == ["a", "20.0", "18.0", "to", "22.0", "+10.0", "(+5.0", "to", "+15.0)"]
    assert last.split() == ["b", "30.0", "25.0", "to", "35.0", "29.0", "to", "31.0"]
    assert head.index("95 %") == last.index("25.0")


def test_a_table_of_f1_has_illegal_steps_and_the_lead_of_the_one_that_has_none():
    from course_lib.tagging import F1Interval

    own = {
        "alone": F1Interval(0.5, 0.4, 0.6, (0.5,)),
        "CRF": F1Interval(0.8, 0.7, 0.9, (0.79, 0.81)),
    }
    ahead = {"alone": F1Interval(0.3, 0.25, 0.35, (0.3,))}
    head, alone, crf = f1_table(own, ahead, {"alone": [10, 20], "CRF": 0}).splitlines()
    assert head.endswith("CRF is ahead by")
    lead = ["+0.300", "(+0.250", "to", "+0.350)"]
    assert alone.split() == ["alone", "0.500", "0.400", "to", "0.600", "15", *lead]
    assert crf.split() == [
        "CRF",
        "0.800",
        "0.700",
        "to",
        "0.900",
        "0",
        "seeds",
        "0.790",
        "to",
        "0.810",
    ]
    assert head.index("illegal") + 7 == alone.index("15") + 2
    assert head.index("CRF is") == alone.index("+0.300")
