"""Rivals of a network that sees a moving thing now and then and must say where it is.

`latest_sights` hands a rule without memory the last few sights. `ensemble_filter` knows the law of motion.
"""

from course_lib import checks

import numpy as np


def latest_sights(sights, seen, number, *, step=1.0, periods=()):
    """At every moment the latest sights and how old each is, newest first.

    Sights that have not yet come are 0 and as old as the whole sequence is long.

    Args:
        sights: (sequences, timesteps, features); where nothing is seen the values do not count.
        seen: (sequences, timesteps), true where something is seen.
        number: how many sights.
        step: the time of one step.
        periods: for each period, sine and cosine of the age in such periods stand beside the age, so that
            a smooth rule can learn what swings.

    Returns:
        (sequences, timesteps, number * (features + 1 + 2 * periods)), float32.
    """
    number = checks.positive_integer("number", number)
    sights, seen = np.asarray(sights), np.asarray(seen, bool)
    sequences, timesteps, features = sights.shape
    if seen.shape != (sequences, timesteps):
        raise ValueError(
            f"Expected seen of shape {(sequences, timesteps)}, one for each sight. "
            f"Received shape {seen.shape}"
        )
    latest = np.zeros((sequences, number, features))
    moment = np.full((sequences, number), -np.inf)
    rows = []
    for t in range(timesteps):
        now = seen[:, t]
        latest[now] = np.concatenate([sights[now, t, None], latest[now, :-1]], axis=1)
        moment[now] = np.concatenate([np.full((now.sum(), 1), t), moment[now, :-1]], axis=1)
        age = np.minimum(t - moment, timesteps)[..., None] * step
        waves = [f(2 * np.pi * age / period) for period in periods for f in (np.sin, np.cos)]
        rows.append(np.concatenate([latest, age, *waves], axis=-1).reshape(sequences, -1))
    return np.stack(rows, axis=1).astype("float32")


def ensemble_filter(sights, seen, members, *, step, see, noise, seed=0):
    """An ensemble Kalman filter: many states that move by a known law, corrected by every sight.

    At a sight z each member s moves to s + K (z + e - see(s)), with noise e of its own and

        K = C(s, see(s)) (C(see(s), see(s)) + noise² I)^-1

    where C are covariances over the members.

    Args:
        sights, seen: as in `latest_sights`.
        members: (members, state), states that were possible before the first sight.
        step: function that moves states (..., state) on by one step.
        see: function that turns states (..., state) into sights (..., features).
        noise: standard deviation of a sight's error.
        seed: of the noise.

    Returns:
        (sequences, timesteps, members, state): the members after each step, that is one step later than
        the sight.

    Source: Evensen, G. (1994). Sequential data assimilation with a nonlinear quasi-geostrophic model using
    Monte Carlo methods to forecast error statistics. Journal of Geophysical Research 99(C5), 10143-10162; the
    noise of each member: Burgers, G., van Leeuwen, P. J. and Evensen, G. (1998). Monthly Weather Review 126(6).
    """
    rng = np.random.default_rng(seed)
    states = np.repeat(np.asarray(members, float)[None], len(sights), axis=0)
    count, kept = states.shape[1], []
    for t in range(sights.shape[1]):
        now = np.asarray(seen[:, t], bool)
        if now.any():
            expected = see(states[now])
            moves = states[now] - states[now].mean(axis=1, keepdims=True)
            views = expected - expected.mean(axis=1, keepdims=True)
            spread = views.transpose(0, 2, 1) @ views / (count - 1)
            shared = moves.transpose(0, 2, 1) @ views / (count - 1)
            gain = shared @ np.linalg.inv(spread + noise**2 * np.eye(views.shape[-1]))
            wrong = sights[now, t, None] + noise * rng.normal(size=expected.shape) - expected
            states[now] += wrong @ gain.transpose(0, 2, 1)
        states = step(states)
        kept.append(states)
    return np.stack(kept, axis=1)
