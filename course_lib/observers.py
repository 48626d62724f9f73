"""Rivals of a network that sees a moving thing now and then and must say where it is.

`WindowNetwork` is handed all that was seen of late. `ensemble_filter` knows the law of motion.
"""

import warnings

from course_lib import checks

import numpy as np
from sklearn.exceptions import ConvergenceWarning
from sklearn.neural_network import MLPRegressor
from sklearn.preprocessing import StandardScaler


def windows(sights, length):
    """At every step the last so many sights, side by side; zeros before the first.

    Args:
        sights: (sequences, timesteps, features).
        length: how many sights, this step's included.

    Returns:
        (sequences, timesteps, length * features), oldest sight first, of the type of `sights`.

    Raises:
        ValueError: a length that is no positive whole number, or sights of another shape.
    """
    length, sights = checks.positive_integer("length", length), np.asarray(sights)
    if sights.ndim != 3:
        raise ValueError(
            "Expected sights of shape (sequences, timesteps, features). "
            f"Received shape {sights.shape}"
        )
    sequences, timesteps, _ = sights.shape
    padded = np.pad(sights, ((0, 0), (length - 1, 0), (0, 0)))
    views = np.lib.stride_tricks.sliding_window_view(padded, length, axis=1)
    return views.swapaxes(2, 3).reshape(sequences, timesteps, -1)


class WindowNetwork:
    """A network without memory, which answers at each step from the last sights.

    Dense layers with ReLU on standardized `windows`, trained by Adam on batches of 512.

    Args:
        length: how many sights it is handed.
        layers: units of each hidden layer.
        passes: how often it goes through all steps of all sequences.
        seed: of its weights and batches.
    """

    def __init__(self, length, *, layers, passes, seed):
        self._length = checks.positive_integer("length", length)
        self._scale = StandardScaler(copy=False)  # windows are ours, and large
        self._network = MLPRegressor(
            hidden_layer_sizes=tuple(layers),
            batch_size=512,
            learning_rate_init=0.004,
            max_iter=passes,
            random_state=seed,
        )

    def fit(self, sights, targets):
        """Train on sights (sequences, timesteps, features), targets (sequences, timesteps, outputs)."""
        X, targets = windows(sights, self._length), np.asarray(targets)
        wanted = targets.reshape(-1, targets.shape[-1])
        X = self._scale.fit_transform(X.reshape(-1, X.shape[-1]))
        wanted = wanted.astype(X.dtype)  # or each product is carried into the wider type
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", ConvergenceWarning)  # the passes are what was asked for
            self._network.fit(X, wanted[:, 0] if wanted.shape[-1] == 1 else wanted)
        return self

    def last_hidden(self, sights):
        """The last hidden layer, (sequences, timesteps, units), for sights of the same form."""
        X = windows(sights, self._length)
        values = self._scale.transform(X.reshape(-1, X.shape[-1]))
        network = self._network
        for kernel, bias in zip(network.coefs_[:-1], network.intercepts_[:-1], strict=True):
            values = np.maximum(values @ kernel + bias, 0)
        return values.reshape(*X.shape[:2], -1)

    def __call__(self, sights):
        """Answers, (sequences, timesteps, outputs)."""
        return self.last_hidden(sights) @ self._network.coefs_[-1] + self._network.intercepts_[-1]


def ensemble_filter(sights, members, *, step, see, error, seed=0, keep=np.array):
    """An ensemble Kalman filter: many states that move by a known law, corrected by every sight.

    At a sight z each member s moves to s + K (z + e - see(s)), with an error e of its own and

        K = C(s, see(s)) (C(see(s), see(s)) + error² I)^-1

    where C are covariances over the members.

    Args:
        sights: (sequences, timesteps, features + 1); the last feature is 1 where something is seen.
        members: (members, state), states that were possible before the first sight.
        step: function that moves states (..., state) on by one step.
        see: function that turns states (..., state) into sights (..., features).
        error: standard deviation of a sight's error.
        seed: of the members' errors.
        keep: function of the members (sequences, members, state) one step after a sight; what it makes of
            them, (sequences, ...), is returned. By default a copy, which may be large.

    Returns:
        (sequences, timesteps, ...): what was kept one step after each sight; by default the members,
        (sequences, timesteps, members, state).

    Source: Evensen, G. (1994). Sequential data assimilation with a nonlinear quasi-geostrophic model
    using Monte Carlo methods to forecast error statistics. Journal of Geophysical Research 99(C5),
    10143-10162. The error of each member: Burgers, G., van Leeuwen, P. J. and Evensen, G. (1998).
    Analysis scheme in the ensemble Kalman filter. Monthly Weather Review 126(6), 1719-1724.
    """
    rng = np.random.default_rng(seed)
    sights, members = np.asarray(sights), np.asarray(members, float)
    if sights.ndim != 3 or members.ndim != 2 or len(members) < 2:
        raise ValueError(
            "Expected sights of shape (sequences, timesteps, features + 1) and two members or more. "
            f"Received shapes {sights.shape} and {members.shape}"
        )
    states, kept = np.repeat(members[None], len(sights), axis=0), []
    for t in range(sights.shape[1]):
        now = sights[:, t, -1] == 1
        if now.any():
            seen = sights[now, t, None, :-1]
            expected = see(states[now])
            moves = states[now] - states[now].mean(axis=1, keepdims=True)
            views = expected - expected.mean(axis=1, keepdims=True)
            spread = views.swapaxes(1, 2) @ views / (len(members) - 1)
            shared = moves.swapaxes(1, 2) @ views / (len(members) - 1)
            gain = shared @ np.linalg.inv(spread + error**2 * np.eye(views.shape[-1]))
            surprise = seen + error * rng.normal(size=expected.shape) - expected
            states[now] += surprise @ gain.swapaxes(1, 2)
        states = step(states)
        kept.append(keep(states))  # now: the next sight changes the states in place
    return np.stack(kept, axis=1)
