"""What a bootstrap over seeds and texts says of a score, or of a lead."""

import numpy as np


def over_seeds(ours, theirs, rng) -> tuple:
    """The lead of one system's seeds over another's, with its 95 % interval.

        lead = mean over ours - mean over theirs, in each resample of the texts and of both lists of seeds

    >>> same = [[0.5, 0.4, 0.6]]                     # one seed: its score, and two resamples of the texts
    >>> over_seeds(same, same, np.random.default_rng(0))
    (0.0, 0.0, 0.0, (0.0,))

    Args:
        ours, theirs: (seeds, 1 + resamples) scores: first on the texts as they are, then on each resample
            of them, the same ones for both systems. Zeros as `theirs` give the score itself.
        rng: NumPy's generator, which draws the seeds.

    Returns:
        the mean lead, the ends of its interval, and the lead of each of our seeds over their mean.

    Raises:
        ValueError: scores of another shape, or of different numbers of resamples.
    """
    ours, theirs = np.asarray(ours), np.asarray(theirs)
    if ours.ndim != 2 or ours.shape[1] < 2 or theirs.ndim != 2 or theirs.shape[1] != ours.shape[1]:
        raise ValueError(
            "Expected scores of shape (seeds, 1 + resamples), with equally many resamples. Received "
            f"shapes {ours.shape} and {theirs.shape}"
        )

    def means(rows):  # of the seeds drawn, (resamples,)
        chosen = rng.integers(len(rows), size=(rows.shape[1] - 1, len(rows)))
        return np.mean([rows[seeds, i] for i, seeds in enumerate(chosen, 1)], axis=1)

    each = ours[:, 0] - theirs[:, 0].mean()
    low, high = np.percentile(means(ours) - means(theirs), [2.5, 97.5])
    return float(each.mean()), float(low), float(high), tuple(map(float, each))
