"""The bootstrap over seeds: what varies is in the interval, what does not is not."""

from course_lib.resampling import over_seeds

import numpy as np
import pytest


def test_the_interval_holds_what_varies_between_texts_and_between_seeds():
    rng = np.random.default_rng(1)
    texts = rng.normal(scale=0.1, size=2001)
    texts[0] = 0
    _, low, high, _ = over_seeds([0.5 + texts], np.zeros((1, 2001)), rng)
    assert high - low == pytest.approx(2 * 1.96 * 0.1, rel=0.1)
    seeds = np.array([[0.2], [0.8], [0.2], [0.8]]) + np.zeros((4, 2001))
    mean, low, high, each = over_seeds(seeds, np.zeros((1, 2001)), rng)
    assert mean == pytest.approx(0.5) and each == pytest.approx((0.2, 0.8, 0.2, 0.8))
    assert high - low == pytest.approx(2 * 1.96 * 0.3 / 2, rel=0.2)
    mean, low, high, _ = over_seeds([0.6 + texts], [0.5 + texts], rng)  # the same texts for both
    assert (mean, low, high) == pytest.approx((0.1, 0.1, 0.1))


@pytest.mark.parametrize("theirs", [[0.1, 0.2], [[0.1]], np.zeros((1, 4))])
def test_other_shapes_are_refused(theirs):
    with pytest.raises(ValueError, match="equally many resamples"):
        over_seeds(np.zeros((2, 3)), theirs, np.random.default_rng(0))
