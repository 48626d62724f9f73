"""The figures of word vectors: where points, bars and lines stand, and what is refused."""

from course_lib.plots import deals_figure, labels_figure, parallelogram_figure

import matplotlib.pyplot as plt
import numpy as np
import pytest

MAN, WOMAN, KING = np.array([1.0, 0, 0]), np.array([1.0, 2, 0]), np.array([4.0, 0, 5])
ANALOGY = {"man": MAN, "woman": WOMAN, "king": KING}


@pytest.fixture(autouse=True)
def closed():
    yield
    plt.close("all")


def test_the_target_is_one_step_from_c_and_the_plane_keeps_lengths():
    (axes,) = parallelogram_figure(ANALOGY, {"queen": WOMAN - MAN + KING}).axes
    crosses = [line for line in axes.lines if line.get_marker() == "x"]
    dots = [line for line in axes.lines if line.get_marker() == "o"]
    man, woman, king, queen = (np.ravel(line.get_data()) for line in dots)
    np.testing.assert_allclose(np.ravel(crosses[0].get_data()), queen, atol=1e-12)
    np.testing.assert_allclose(man, [0, 0], atol=1e-12)
    np.testing.assert_allclose(woman, [2, 0], atol=1e-12)  # the step is 2 long
    np.testing.assert_allclose(king, [0, np.hypot(3, 5)], atol=1e-12)
    assert {text.get_text() for text in axes.texts} >= {"man", "woman", "king", "queen", "target"}


@pytest.mark.parametrize(
    "analogy",
    [
        {"man": MAN, "woman": WOMAN},
        {"man": MAN, "woman": MAN, "king": KING},
        {"man": MAN, "woman": WOMAN, "king": 3 * (WOMAN - MAN) + MAN},
    ],
)
def test_words_that_span_no_plane_are_refused(analogy):
    with pytest.raises(ValueError, match=r"plane|three words"):
        parallelogram_figure(analogy, {})


def test_a_bar_reaches_from_low_to_high():
    rows = {"bag": {100: (0.6, 0.55, 0.66), 1000: (0.7, 0.69, 0.72)}}
    (axes,) = labels_figure(rows, marked=["bag"]).axes
    ((_, _, (bars,)),) = axes.containers
    ends = [segment[:, 1].tolist() for segment in bars.get_segments()]
    np.testing.assert_allclose(ends, [[0.55, 0.66], [0.69, 0.72]])
    assert [label.get_text() for label in axes.get_xticklabels()] == ["100", "1,000"]
    for wrong, marked in (({}, []), (rows, ["vectors"])):
        with pytest.raises(ValueError, match="marked names"):
            labels_figure(wrong, marked=marked)


def test_the_true_deal_is_marked():
    (axes,) = deals_figure({"names": (0.3, np.linspace(-0.3, 0.3, 70))}).axes
    assert axes.lines[0].get_xdata()[0] == 0.3
    assert sum(bar.get_height() for bar in axes.patches) == 70
    with pytest.raises(ValueError, match="at least one"):
        deals_figure({})
