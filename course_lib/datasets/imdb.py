"""IMDB film reviews with a positive or negative label."""

import re
from dataclasses import dataclass

from course_lib.datasets.archive.errors import DataError
from course_lib.datasets.archive.registry import Source
from course_lib.datasets.archive.store import expect_count, require

import numpy as np
import pandas as pd

SPLIT_SEED = 2011  # the year of Maas et al.


_WORD = re.compile(r"n't|'(?:s|re|ve|ll|d|m)\b|[a-z]+(?=n't)|[a-z]+|[!?]")


@dataclass(frozen=True)
class Reviews:
    """Reviews and their labels.

    Attributes:
        texts: one string a review.
        labels: int8 array of shape (len(texts),); 1 is positive (7-10 stars), 0 negative (1-4).
    """

    texts: list[str]
    labels: np.ndarray

    def __len__(self) -> int:
        return len(self.texts)


@dataclass(frozen=True)
class Imdb:
    """The course's split of the IMDB reviews: `train`, `validation` and `test`, each `Reviews`."""

    train: Reviews
    validation: Reviews
    test: Reviews


def load_imdb(*, validation: int = 0, clean: bool = True) -> Imdb:
    """24,904 different IMDB reviews, shuffled once and for all, split 20,000 / 4,904.

    The published file holds the 25,000 training reviews of Maas et al. sorted by label, 96 of them
    repeats of an earlier text (no repeat carries another label than the first). Repeats are
    dropped, the first kept, and `numpy.random.default_rng(2011).permutation(24904)` decides the
    order: its first 20,000 train, the rest test. This test split is therefore NOT the published
    test set, and reviews of one film may fall on both sides: do not hold scores on it against the
    literature's.

    Args:
        validation: how many reviews, from the end of the 20,000, become `.validation` instead of
            `.train`. With 0 `.validation` is empty.
        clean: replace each `<br />` by a space; False leaves the HTML line breaks in.

    Returns:
        An `Imdb` with `.train`, `.validation` and `.test`.

    Raises:
        ValueError: if `validation` is not within 0..20,000.
        MissingDataError: if it has not been fetched (`course data fetch imdb`).
        DamagedDataError: if the file is not the published one.
        DataError: if its counts or labels are not as described above.

    Source: Maas et al. (2011), Learning Word Vectors for Sentiment Analysis, ACL.
    """
    source, rows = read_rows("imdb")
    train_size = source.counts["train_reviews"]
    if not 0 <= validation <= train_size:
        raise ValueError(f"Expected validation within 0..{train_size:,}; received {validation!r}")

    rows = without_repeats(rows)
    expect_count(source, "unique_reviews", len(rows))

    order = np.random.default_rng(SPLIT_SEED).permutation(len(rows))
    expect_count(source, "test_reviews", len(order) - train_size)
    border = train_size - validation
    return _parts(rows, order[:border], order[border:train_size], order[train_size:], clean)


def load_imdb_in_blocks(*, clean: bool = True) -> Imdb:
    """The same 24,904 reviews, split into contiguous stretches of the published file.

    Reviews of one film stand beside each other in the file. A shuffled split has them on both sides,
    and a model may know the film instead of the opinion. Here each half of the file, the negative and
    the positive one, is cut twice: three fifths train, one fifth validates, one fifth tests. At most the
    films at these cuts are on two sides.

    Args:
        clean: replace each `<br />` by a space; False leaves the HTML line breaks in.

    Returns:
        An `Imdb` with `.train`, `.validation` and `.test`, each in the order of the file.

    Raises:
        MissingDataError: if it has not been fetched (`course data fetch imdb`).
        DamagedDataError: if the file is not the published one.
        DataError: if its counts or labels are not as described above.

    Source: Maas et al. (2011), Learning Word Vectors for Sentiment Analysis, ACL.
    """
    source, rows = read_rows("imdb")
    rows = without_repeats(rows)
    expect_count(source, "unique_reviews", len(rows))
    stretches = [[], [], []]
    for label in (0, 1):
        places = np.flatnonzero(rows["label"] == label)
        borders = [len(places) * 3 // 5, len(places) * 4 // 5]
        for stretch, part in zip(stretches, np.split(places, borders), strict=True):
            stretch.append(part)
    return _parts(rows, *map(np.concatenate, stretches), clean)


def _parts(rows, train, validation, test, clean):
    """An `Imdb` of the rows at these places."""
    texts, labels = rows["text"], rows["label"].to_numpy(dtype=np.int8)
    if clean:
        texts = texts.str.replace("<br />", " ", regex=False)
    texts = texts.to_numpy(dtype=object)
    return Imdb(
        *(Reviews(texts[part].tolist(), labels[part]) for part in (train, validation, test))
    )


def read_rows(origin: str) -> tuple[Source, pd.DataFrame]:
    """The registry's entry, and the rows (columns text, label) of its file that came from `origin`.

    The file holds two data sets: "imdb", whole reviews, and "rotten_tomatoes", single sentences.
    """
    source, folder = require("imdb")
    rows = pd.read_csv(folder / "reviews.csv")
    expect_count(source, "rows", len(rows))
    rows = rows[rows["source"] == origin]
    expect_count(source, f"{origin}_rows", len(rows))
    return source, rows


def without_repeats(rows: pd.DataFrame) -> pd.DataFrame:
    """`rows` (columns text, label) without those whose text came before, in the same order.

    Raises:
        DataError: if a text carries two labels, since no choice between them would be right.
    """
    different = rows.drop_duplicates(["text", "label"])
    contested = different["text"].duplicated()
    if contested.any():
        raise DataError(
            f"imdb: expected one label a text, received two for {contested.sum()} texts, the first "
            f"at row {different.index[contested][0]}"
        )
    return different


def review_words(text: str) -> list[str]:
    """The words of a review in lower case, cut as GloVe does, with ! and ? and no other marks.

    >>> review_words("I didn't like it!")
    ['i', 'did', "n't", 'like', 'it', '!']
    """
    return _WORD.findall(text.lower())


def drawn_reviews(reviews, how_many, *, longest=200):
    """Words and labels of reviews drawn at random, each drawn once, the same ones every time.

    Args:
        reviews: a `Reviews`, such as `load_imdb_in_blocks().train`.
        how_many: reviews to draw.
        longest: of a review with more words than this, the first and the last half of so many are kept.

    Returns:
        (words, labels): a list of `how_many` lists of words, cut by `review_words`, and a float32 array
        of shape (how_many,).

    Raises:
        ValueError: more reviews than there are, or an odd `longest`.
    """
    if not 0 < how_many <= len(reviews):
        raise ValueError(f"Expected 1 to {len(reviews):,} reviews to draw. Received: {how_many!r}")
    if longest < 2 or longest % 2:
        raise ValueError(f"Expected an even number of words as `longest`. Received: {longest!r}")
    chosen = np.random.default_rng(0).permutation(len(reviews))[:how_many]
    words, half = [review_words(reviews.texts[i]) for i in chosen], longest // 2
    kept = [w if len(w) <= longest else w[:half] + w[-half:] for w in words]
    return kept, np.asarray(reviews.labels)[chosen].astype("float32")
