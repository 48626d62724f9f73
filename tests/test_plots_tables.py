"""Tables of scores: every number that a reader needs, in its place."""

from course_lib.plots import error_table, score_table


def test_scores():
    assert score_table({"a": 0.5, "long": [0.25, 0.75, 0.8]}) == (
        "a     0.500\nlong  0.600   0.250 to 0.800, 3 seeds"
    )


def test_errors_have_four_places():
    assert error_table({"LSTM": [0.1, 0.3]}) == "LSTM  0.2000   0.1000 to 0.3000, 2 seeds"
