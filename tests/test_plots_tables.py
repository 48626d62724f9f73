"""Tables of scores: every number that a reader needs, in its place."""

from types import SimpleNamespace

from course_lib.plots import error_table, interval_table, rates_table, score_table


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
