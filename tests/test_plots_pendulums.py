"""Pictures of pendulums, by what they show."""

from io import BytesIO

from course_lib.plots import (
    dream_figure,
    film,
    filmstrip,
    pair_figure,
    push_figure,
    wrong_figure,
)
from course_lib.plots.pendulums import _PIXELS

import numpy as np
import pytest
from PIL import Image

HANGING = np.array([0.0, -1, 0, -2])


def test_pair_shows_both_at_each_moment():
    pair = np.stack([np.tile(HANGING, (5, 1)), np.tile([1.0, 0, 1, -1], (5, 1))])
    figure = pair_figure({"now": pair[:, :1], "later": pair})
    assert [axes.get_title() for axes in figure.axes] == ["now", "later"]
    for axes in figure.axes:
        rods = [line for line in axes.lines if len(line.get_xdata()) == 3]
        np.testing.assert_allclose(rods[0].get_ydata(), [0, -1, -2])
        np.testing.assert_allclose(rods[1].get_xdata(), [0, 1, 1])
    names = [text.get_text() for text in figure.legends[0].get_texts()]
    assert names == ["one pendulum", "another one", "path of a lower ball"]


def test_dream_is_grey_from_the_last_sight_on():
    truth = np.stack([np.arange(6.0), -np.arange(6.0)], axis=1)
    sights = np.array([[0, 1], [0, 0], [2.1, 1], [0, 0], [0, 0], [0, 0]])
    figure = dream_figure(truth, {"it": truth + 1}, sights, names=("p", "q"), step=0.5)
    above, below = figure.axes
    assert (above.get_ylabel(), below.get_ylabel()) == ("p", "q")
    lines = {line.get_label(): line for line in above.lines}
    np.testing.assert_allclose(lines["what was"].get_ydata(), truth[:, 0])
    np.testing.assert_allclose(lines["it"].get_ydata(), truth[:, 0] + 1)
    np.testing.assert_allclose(lines["seen"].get_xdata(), [0, 1])
    np.testing.assert_allclose(lines["seen"].get_ydata(), [0, 2.1])
    (grey,) = above.patches
    assert grey.get_x() == 1.5
    assert "seen" not in [line.get_label() for line in below.lines]


def test_wrong_is_in_centimetres_and_a_mean_of_networks():
    truth = np.zeros((7, 4, 4))
    off = truth + np.array([0.03, 0.04, 0, 0.02])
    figure = wrong_figure({"it": [off, truth]}, truth, dark=2, step=0.5)
    upper, lower = figure.axes
    assert (upper.get_title(), lower.get_title()) == ("upper ball", "lower ball")
    for axes, centimetres in ((upper, 5), (lower, 2)):
        (line,) = axes.lines
        np.testing.assert_allclose(line.get_ydata(), centimetres / 2)
        np.testing.assert_allclose(line.get_xdata(), [-0.5, 0, 0.5, 1])


def test_push_shows_the_lower_balls_mistake_and_how_far_the_upper_one_moves():
    truth = np.zeros((7, 5, 4))
    wrong = truth + np.array([0, 0, 0.03, 0.04])
    moved = wrong + np.array([0.1, 0, 9, 9]) * (np.arange(5) > 2)[:, None]
    figure = push_figure({"it": [wrong, wrong]}, {"it": [moved, wrong]}, truth, dark=3, step=0.5)
    left, right = figure.axes
    assert len(left.lines) == len(right.lines) == 2, "a line for each network"
    np.testing.assert_allclose(left.lines[0].get_ydata(), 5)
    np.testing.assert_allclose(left.lines[0].get_xdata(), [0.5, 1, 1.5])
    np.testing.assert_allclose(right.lines[0].get_ydata(), [0, 10, 10], atol=1e-12)
    np.testing.assert_allclose(right.lines[1].get_ydata(), 0)
    assert [text.get_text() for text in figure.legends[0].get_texts()] == ["it"]


def test_filmstrip_shows_places_beside_the_sight_of_the_same_moment():
    """Row t of the places is one step after row t of the sights."""
    truth = np.stack([np.tile([x, -1.0, x, -2.0], 1) for x in (0, 0.1, 0.2, 0.3)])
    sights = np.zeros((4, 3))
    sights[0], sights[2] = [0, -1, 1], [0.1, -0.9, 1]
    figure = filmstrip(truth, sights, said=truth + 1, at=(1.0, 1.5), step=0.5)
    lit, dark = figure.axes
    rods = [line.get_xdata() for line in lit.lines if len(line.get_xdata()) == 3]
    np.testing.assert_allclose(rods, [[0, 0.1, 0.1], [0, 1.1, 1.1]])
    rings = [line for line in lit.lines if line.get_markersize() == 16]
    np.testing.assert_allclose(rings[0].get_xydata(), [[0.1, -0.9]])
    assert not [line for line in dark.lines if line.get_markersize() == 16]
    assert lit.get_facecolor() != dark.get_facecolor()
    assert (
        len(filmstrip(truth, sights, at=(1.0,), step=0.5).axes[0].lines) == len(lit.lines) // 2 + 1
    )


def frames(data):
    picture = Image.open(BytesIO(data))
    for number in range(picture.n_frames):
        picture.seek(number)
        yield np.asarray(picture.convert("RGB")).astype(int)


def test_film_shows_truth_network_flash_and_dark():
    truth = np.tile(HANGING, (5, 1))
    said = np.tile([-1.0, 0, -2, 0], (5, 1))
    sights = np.zeros((5, 3))
    sights[0] = [1, 0, 1]
    sights[1] = [1, 0, 1]
    sights[3] = [0, -1, 1]
    pictures = list(frames(film(truth, said, sights, step=0.05)))
    assert len(pictures) == 4, "the first sight comes before the first place"
    corner = [tuple(picture[2, 2]) for picture in pictures]
    assert corner[0] == corner[2] == (255, 255, 255)
    assert corner[3] < (230, 230, 230), "the light is out"

    def pixel(picture, x, y):
        return picture[round(_PIXELS * (0.6 - y)), round(_PIXELS * (x + 2.15))]

    grey, orange = pixel(pictures[1], 0, -1), pixel(pictures[1], -1, 0)
    assert np.ptp(grey) < 20
    assert orange[0] > orange[2] + 50
    ring = pictures[0] - pictures[1]
    assert np.abs(ring).sum() > 0
    assert np.abs(ring[:, : round(_PIXELS * 2.9)]).max() < 60, "only round the sight"


def test_film_refuses_answers_for_other_steps():
    with pytest.raises(ValueError, match=r"Received shapes \(4, 4\), \(3, 4\)"):
        film(np.zeros((4, 4)), np.zeros((3, 4)), np.ones((4, 3)), step=0.05)
