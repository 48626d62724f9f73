"""Rivals of a network that watches: what a window holds, what a filter should reach."""

from course_lib import observers

import numpy as np
import pytest


def test_windows_hold_the_last_sights_oldest_first():
    sights = np.arange(1, 9.0).reshape(1, 4, 2)
    windows = observers.windows(sights, 3)
    assert windows.shape == (1, 4, 6)
    np.testing.assert_array_equal(windows[0, 0], [0, 0, 0, 0, 1, 2])
    np.testing.assert_array_equal(windows[0, 3], [3, 4, 5, 6, 7, 8])


@pytest.mark.parametrize(
    ("sights", "length"),
    [(np.zeros((2, 3)), 2), (np.zeros((2, 3, 1)), 0), (np.zeros((2, 3, 1)), 1.5)],
)
def test_windows_refuse(sights, length):
    with pytest.raises(ValueError, match="Received"):
        observers.windows(sights, length)


def test_a_window_network_answers_from_its_window_and_no_further():
    """The answer is the sight two steps before: a window of three has it, a window of two has not."""
    rng = np.random.default_rng(0)
    sights = rng.normal(size=(200, 20, 1))
    targets = np.pad(sights, ((0, 0), (2, 0), (0, 0)))[:, :-2]
    error = {}
    for length in (2, 3):
        rule = observers.WindowNetwork(length, layers=(16,), passes=20, seed=0).fit(sights, targets)
        error[length] = np.mean((rule(sights[:50]) - targets[:50]) ** 2)
    assert error[3] < 0.02
    assert error[2] > 0.7


def test_a_window_network_computes_in_the_type_of_its_sights():
    """Targets of another type would carry every product of training into the wider one."""
    rng = np.random.default_rng(0)
    sights = rng.normal(size=(120, 5, 2)).astype("float32")
    targets = rng.normal(size=(120, 5, 3))
    wide, narrow = (
        observers.WindowNetwork(4, layers=(7,), passes=30, seed=0).fit(sights, wanted)(sights)
        for wanted in (targets, targets.astype("float32"))
    )
    assert wide.dtype == "float32"
    np.testing.assert_array_equal(wide, narrow)


def test_a_window_network_shows_its_last_hidden_layer():
    """Its own arithmetic, from the layer that is shown on, is what scikit-learn predicts."""
    rng = np.random.default_rng(0)
    sights, targets = rng.normal(2, 3, size=(120, 5, 2)), rng.normal(size=(120, 5, 3))
    rule = observers.WindowNetwork(4, layers=(7, 6), passes=2, seed=0).fit(sights, targets)
    hidden = rule.last_hidden(sights)
    assert hidden.shape == (120, 5, 6)
    assert hidden.min() == 0
    flat = rule._scale.transform(observers.windows(sights, 4).reshape(600, 8))
    np.testing.assert_allclose(rule(sights).reshape(600, 3), rule._network.predict(flat))


def still(states):
    return states


def test_the_filter_of_a_thing_that_rests_is_the_mean_of_its_sights():
    """Prior N(0, 1), n sights with error 1: Bayes's rule gives the sum of the sights over n + 1."""
    rng = np.random.default_rng(1)
    values = rng.normal(size=(40, 9, 1))
    sights = np.concatenate([values, np.ones((40, 9, 1))], axis=-1)
    members = rng.normal(size=(4000, 1))
    kept = observers.ensemble_filter(sights, members, step=still, see=still, error=1.0)
    assert kept.shape == (40, 9, 4000, 1)
    bayes = values[:, :, 0].cumsum(axis=1) / (np.arange(9) + 2)
    assert np.abs(kept.mean(axis=2)[..., 0] - bayes).max() < 0.15
    assert kept[:, -1].var(axis=1).mean() == pytest.approx(0.1, rel=0.1)


def test_the_filter_keeps_what_it_is_asked_for():
    rng = np.random.default_rng(0)
    sights, members = np.ones((3, 5, 2)), rng.normal(size=(50, 1))
    law = {"step": lambda s: 0.9 * s, "see": still, "error": 0.5}
    kept = observers.ensemble_filter(sights, members, **law)
    means = observers.ensemble_filter(sights, members, **law, keep=lambda s: s.mean(axis=1))
    assert means.shape == (3, 5, 1)
    np.testing.assert_allclose(means, kept.mean(axis=2))


def test_the_filter_does_not_look_in_the_dark():
    members = np.random.default_rng(0).normal(size=(50, 1))
    sights = np.full((2, 3, 2), 7.0)
    sights[..., 1] = 0
    kept = observers.ensemble_filter(sights, members, step=lambda s: s + 1, see=still, error=1.0)
    np.testing.assert_allclose(kept[1, 2], members + 3)


def test_the_filter_refuses():
    with pytest.raises(ValueError, match="two members or more"):
        observers.ensemble_filter(
            np.zeros((2, 3, 2)), np.zeros((1, 4)), step=still, see=still, error=1
        )
