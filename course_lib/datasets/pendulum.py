"""A double pendulum: its law of motion, as many swings as one asks for, and where its two balls are.

Two rods of 1 m without mass, two balls of 1 kg, no friction. A state is θ1, θ2, the angles of the rods
from hanging straight in radians, and ω1, ω2, their speeds in radians a second. With δ = θ1 - θ2 Newton's
law says

    2 ω1' + cos(δ) ω2' = -ω2² sin(δ) - 2 g sin(θ1)
    cos(δ) ω1' + ω2'   =  ω1² sin(δ) -   g sin(θ2)

two linear equations for the two accelerations.

Source: Landau, L. D. and Lifshitz, E. M., Mechanics, section 5, problem 1, has the Lagrangian, for any
masses and lengths.
"""

import numpy as np

GRAVITY = 9.81
"""Metres a second squared."""

BETWEEN_SIGHTS = 0.05
"""Seconds from one state of `swing` to the next."""

SUBSTEPS = 5
"""Runge-Kutta steps from one state of `swing` to the next."""


def slope(states):
    """The change per second of states (..., 4)."""
    upper, lower, upper_speed, lower_speed = np.moveaxis(np.asarray(states, float), -1, 0)
    cosine, sine = np.cos(upper - lower), np.sin(upper - lower)
    first = -sine * lower_speed**2 - 2 * GRAVITY * np.sin(upper)
    second = sine * upper_speed**2 - GRAVITY * np.sin(lower)
    determinant = 2 - cosine**2
    return np.stack(
        [
            upper_speed,
            lower_speed,
            (first - cosine * second) / determinant,
            (2 * second - cosine * first) / determinant,
        ],
        axis=-1,
    )


def runge_kutta(states, seconds):
    """States (..., 4) so many seconds later, by one step of the classic method of the fourth order."""
    k1 = slope(states)
    k2 = slope(states + seconds / 2 * k1)
    k3 = slope(states + seconds / 2 * k2)
    k4 = slope(states + seconds * k3)
    return states + seconds / 6 * (k1 + 2 * k2 + 2 * k3 + k4)


def step(states, *, substeps=SUBSTEPS):
    """States (..., 4) `BETWEEN_SIGHTS` later."""
    for _ in range(substeps):
        states = runge_kutta(states, BETWEEN_SIGHTS / substeps)
    return states


def swing(states, steps, *, substeps=SUBSTEPS):
    """Let pendulums swing.

    Args:
        states: (pendulums, 4), where they start.
        steps: how many times `BETWEEN_SIGHTS` to go on.
        substeps: Runge-Kutta steps in each.

    Returns:
        (pendulums, steps + 1, 4), the start first.

    Raises:
        ValueError: states of another shape.
    """
    states = np.asarray(states, float)
    if states.ndim != 2 or states.shape[1] != 4:
        raise ValueError(
            f"Expected states of shape (pendulums, 4): θ1, θ2, ω1, ω2. Received shape {states.shape}"
        )
    kept = [states]
    for _ in range(steps):
        states = step(states, substeps=substeps)
        kept.append(states)
    return np.stack(kept, axis=1)


def swings(pendulums, steps, seed, *, largest=1.0, before=100):
    """Pendulums let go from rest at random angles, and watched from a random moment on.

    Args:
        pendulums: how many.
        steps: how many times `BETWEEN_SIGHTS` they are watched.
        seed: a whole number, or a NumPy generator that is to go on.
        largest: both angles are uniform between plus and minus this, in radians.
        before: they are watched from 0 to so many steps after the start.

    Returns:
        states, (pendulums, steps + 1, 4).
    """
    rng = np.random.default_rng(seed)
    angles = rng.uniform(-largest, largest, size=(pendulums, 2))
    states = swing(np.concatenate([angles, np.zeros((pendulums, 2))], axis=1), before + steps)
    first = rng.integers(0, before + 1, size=(pendulums, 1))
    return states[np.arange(pendulums)[:, None], first + np.arange(steps + 1)]


def sights(states, seed, *, chance=1.0, error=0.05, dark=None):
    """What somebody sees who sees the upper ball alone, and only while there is light.

    Args:
        states: (pendulums, timesteps, 4).
        seed: a whole number, or a NumPy generator that is to go on.
        chance: the probability that there is light, at each step on its own. The first step has light.
        error: standard deviation of what is wrong with x, and with y, in metres.
        dark: the step from which there is no light any more, one number or one for each pendulum; never by
            default.

    Returns:
        (pendulums, timesteps, 3): x and y of the upper ball, and 1 where there is light. Without light
        all three are 0.

    Raises:
        ValueError: a chance that is no probability, a negative error, or states of another shape.
    """
    states = np.asarray(states, float)
    if states.ndim != 3 or states.shape[-1] != 4:
        raise ValueError(
            f"Expected states of shape (pendulums, timesteps, 4). Received shape {states.shape}"
        )
    if not 0 <= chance <= 1:
        raise ValueError(f"Expected a chance from 0 to 1. Received chance={chance}")
    if not error >= 0:
        raise ValueError(f"Expected an error of 0 m or more. Received error={error}")
    rng = np.random.default_rng(seed)
    pendulums, timesteps, _ = states.shape
    seen = balls(states)[..., :2] + error * rng.normal(size=(pendulums, timesteps, 2))
    light = rng.random((pendulums, timesteps)) < chance
    light[:, 0] = True
    if dark is not None:
        light &= np.arange(timesteps) < np.reshape(dark, (-1, 1))
    return np.concatenate([seen, np.ones((pendulums, timesteps, 1))], axis=-1) * light[..., None]


def single_ball(number, steps, seed, *, error, chance=0.3):
    """Small swings of one ball on one rod of a metre, and what a camera sees of them.

    Args:
        number: how many.
        steps: how many moments, `BETWEEN_SIGHTS` apart.
        seed: a whole number, or a NumPy generator that is to go on.
        error: standard deviation of what is wrong with the place as seen, in metres.
        chance: the probability of a flash, at each step on its own.

    Returns:
        states (number, steps, 2), the sideways place and the speed divided by sqrt(g / l), both in metres;
        the place as seen (number, steps); and whether there is a flash (number, steps).
    """
    rng = np.random.default_rng(seed)
    turn = np.sqrt(GRAVITY) * BETWEEN_SIGHTS
    phi = rng.uniform(0, 2 * np.pi, (number, 1)) + turn * np.arange(steps)
    widest = rng.uniform(0.1, 0.5, (number, 1, 1))
    states = widest * np.stack([np.cos(phi), -np.sin(phi)], axis=-1)
    return (
        states,
        states[..., 0] + error * rng.normal(size=phi.shape),
        rng.random(phi.shape) < chance,
    )


def balls(states):
    """Where the two balls are: x and y of the upper, x and y of the lower, (..., 4), in metres.

    The upper rod hangs from the origin.
    """
    upper, lower = np.moveaxis(np.asarray(states, float)[..., :2], -1, 0)
    x, y = np.sin(upper), -np.cos(upper)
    return np.stack([x, y, x + np.sin(lower), y - np.cos(lower)], axis=-1)


def energy(states):
    """Kinetic and potential energy of states (..., 4) in joules; the motion leaves it as it is."""
    upper, lower, upper_speed, lower_speed = np.moveaxis(np.asarray(states, float), -1, 0)
    moving = upper_speed**2 + lower_speed**2 / 2
    moving = moving + upper_speed * lower_speed * np.cos(upper - lower)
    return moving - GRAVITY * (2 * np.cos(upper) + np.cos(lower))
