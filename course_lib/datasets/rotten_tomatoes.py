"""Sentences from film reviews on Rotten Tomatoes with a positive or negative label."""

from dataclasses import dataclass

from course_lib.datasets.archive.store import expect_count
from course_lib.datasets.imdb import Reviews, read_rows

import numpy as np

SPLIT_SEED = 2005  # the year of Pang and Lee


@dataclass(frozen=True)
class RottenTomatoes:
    """The course's split of the sentences: `train` and `test`, each `Reviews` (one sentence a text)."""

    train: Reviews
    test: Reviews


def load_rotten_tomatoes() -> RottenTomatoes:
    """8,530 different sentences of critics, shuffled once and for all, split 7,530 / 1,000.

    They come in the same file as the IMDB reviews (fetch `imdb`), in lower case, words and marks
    separated by spaces, half of them positive. The file is sorted by label;
    `numpy.random.default_rng(2005).permutation(8530)` decides the order, whose last 1,000 test. The file
    is the larger part of the 10,662 sentences of Pang and Lee; the split is ours.

    Returns:
        A `RottenTomatoes` with `.train` and `.test`.

    Raises:
        MissingDataError: if it has not been fetched (`course data fetch imdb`).
        DamagedDataError: if the file is not the published one.
        DataError: if its counts are not as described above.

    Source: Pang and Lee (2005), Seeing Stars: Exploiting Class Relationships for Sentiment
    Categorization with Respect to Rating Scales, ACL.
    """
    source, rows = read_rows("rotten_tomatoes")
    order = np.random.default_rng(SPLIT_SEED).permutation(len(rows))
    texts = rows["text"].to_numpy(dtype=object)
    labels = rows["label"].to_numpy(dtype=np.int8)

    def take(part: np.ndarray) -> Reviews:
        return Reviews(texts=texts[part].tolist(), labels=labels[part])

    border = source.counts["rotten_tomatoes_train"]
    expect_count(source, "rotten_tomatoes_test", len(rows) - border)
    return RottenTomatoes(train=take(order[:border]), test=take(order[border:]))
