"""The double pendulum: its law by energy, its method by halving, its sights by what they hide."""

from itertools import pairwise

from course_lib.datasets import pendulum

import numpy as np
import pytest

REGULAR, CHAOTIC = (0.2, 0.6), (2.0, 2.6)


def at_rest(regime, number, seed=0):
    rng = np.random.default_rng(seed)
    angles = rng.uniform(*regime, (number, 2)) * rng.choice([-1, 1], (number, 2))
    return np.concatenate([angles, np.zeros((number, 2))], axis=1)


def after(states, seconds, length):
    for _ in range(round(seconds / length)):
        states = pendulum.runge_kutta(states, length)
    return states


@pytest.mark.parametrize("regime", [REGULAR, CHAOTIC])
def test_energy_stays(regime):
    states = pendulum.swing(at_rest(regime, 20), 100)
    energy = pendulum.energy(states)
    assert np.abs(energy - energy[:, :1]).max() < 0.05
    assert np.ptp(energy[:, 0]) > 0.5, "an energy that is always the same would prove nothing"


def test_small_swings_have_the_frequencies_of_theory():
    """(2 ∓ √2) g / l are the squares; the first mode has θ2 = √2 θ1, the second θ2 = -√2 θ1."""
    for sign in (1, -1):
        frequency = np.sqrt((2 - sign * np.sqrt(2)) * pendulum.GRAVITY)
        start = 1e-4 * np.array([[1.0, sign * np.sqrt(2), 0, 0]])
        states = pendulum.swing(start, 40)[0]
        seconds = pendulum.BETWEEN_SIGHTS * np.arange(41)
        expected = start[0, :2] * np.cos(frequency * seconds)[:, None]
        assert np.abs(states[:, :2] - expected).max() < 1e-8


def test_halving_the_step_divides_the_error_by_sixteen():
    """A method of the fourth order; a slip in one slope leaves 2 or 4, a wrong weight as well."""
    start = at_rest(REGULAR, 20)
    ends = [after(start, 2, length) for length in (0.02, 0.01, 0.005)]
    errors = [np.abs(a - b).max() for a, b in pairwise(ends)]
    assert 14.2 < errors[0] / errors[1] < 17


def test_swings_go_on_from_one_another():
    states = pendulum.swings(5, 10, seed=1)
    assert states.shape == (5, 11, 4)
    np.testing.assert_allclose(pendulum.step(states[:, 3]), states[:, 4])
    np.testing.assert_array_equal(states, pendulum.swings(5, 10, seed=1))
    assert np.abs(pendulum.swings(5, 10, seed=2) - states).max() > 0.1


def test_swings_begin_at_rest_within_the_largest_angle():
    states = pendulum.swings(200, 3, seed=1, largest=0.3, before=0)
    assert np.all(states[:, 0, 2:] == 0)
    assert 0.28 < np.abs(states[:, 0, :2]).max() <= 0.3


def test_balls_hang_on_rods_of_one_metre():
    hanging = pendulum.balls([0, 0, 5, 5])
    np.testing.assert_allclose(hanging, [0, -1, 0, -2])
    np.testing.assert_allclose(pendulum.balls([np.pi / 2, 0, 0, 0]), [1, 0, 1, -1], atol=1e-12)


def test_sights_are_the_upper_ball_while_there_is_light():
    states = pendulum.swings(400, 50, seed=3)
    upper = pendulum.balls(states)[..., :2]
    exact = pendulum.sights(states, 4, error=0)
    np.testing.assert_array_equal(exact[..., :2], upper)
    assert np.all(exact[..., 2] == 1)
    seen = pendulum.sights(states, 4, chance=0.3, error=0.05, dark=30)
    lit = seen[..., 2] == 1
    assert np.all(seen[~lit] == 0)
    assert not lit[:, 30:].any()
    assert lit[:, 0].all()
    assert lit[:, 1:30].mean() == pytest.approx(0.3, abs=0.02)
    assert (seen[..., :2] - upper)[lit].std() == pytest.approx(0.05, rel=0.03)


def test_each_pendulum_has_its_own_dark():
    dark = np.array([1, 5, 9])
    seen = pendulum.sights(pendulum.swings(3, 9, seed=0), 0, dark=dark)
    np.testing.assert_array_equal(seen[..., 2].sum(axis=1), dark)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: pendulum.swing(np.zeros(4), 3), r"\(pendulums, 4\).*Received shape \(4,\)"),
        (lambda: pendulum.sights(np.zeros((2, 4)), 0), r"\(pendulums, timesteps, 4\)"),
        (lambda: pendulum.sights(np.zeros((2, 3, 4)), 0, chance=30), "chance=30"),
        (lambda: pendulum.sights(np.zeros((2, 3, 4)), 0, chance=np.nan), "chance=nan"),
        (lambda: pendulum.sights(np.zeros((2, 3, 4)), 0, error=-1), "error=-1"),
        (lambda: pendulum.sights(np.zeros((2, 3, 4)), 0, error=np.nan), "error=nan"),
    ],
)
def test_refuses(call, message):
    with pytest.raises(ValueError, match=message):
        call()


def test_a_single_ball_swings_as_a_pendulum_does_and_is_seen_with_its_error():
    """Place and speed solve p'' = -g p: one step turns (p, q) by sqrt(g) * 0.05."""
    states, seen, flash = pendulum.single_ball(400, 100, 0, error=0.05)
    turn = np.sqrt(pendulum.GRAVITY) * pendulum.BETWEEN_SIGHTS
    p, q = states[:, :-1, 0], states[:, :-1, 1]
    np.testing.assert_allclose(states[:, 1:, 0], p * np.cos(turn) + q * np.sin(turn), atol=1e-12)
    np.testing.assert_allclose(states[:, 1:, 1], q * np.cos(turn) - p * np.sin(turn), atol=1e-12)
    assert np.std(seen - states[..., 0]) == pytest.approx(0.05, rel=0.02)
    assert flash.mean() == pytest.approx(0.3, abs=0.01)
