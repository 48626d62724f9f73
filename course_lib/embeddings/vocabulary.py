"""The words of a text, how often each occurs, and the chances that word2vec makes of it.

    keep(w)  = min(1, sqrt(t / f) + t / f)      f = count(w) / sum of all counts
    noise(w) = count(w)^0.75 / sum over all words

Source: Mikolov, Sutskever, Chen, Corrado and Dean (2013), Distributed Representations of Words and
Phrases and their Compositionality, NeurIPS.
"""

from collections import Counter
from dataclasses import dataclass
from functools import cached_property
from numbers import Integral

from course_lib.checks import positive_integer
from course_lib.embeddings.evaluation import keyed_vectors

import numpy as np
from gensim.models import Word2Vec


@dataclass(frozen=True)
class Vocabulary:
    """The words of a text that are frequent enough.

    Attributes:
        words: the words, most frequent first; words of the same count in the order of the alphabet.
        counts: int64, (len(words),): how often each occurs.

    Raises:
        ValueError: no words, a word twice, or not a count of at least 1 for each.
    """

    words: tuple[str, ...]
    counts: np.ndarray

    def __post_init__(self):
        counts = np.asarray(self.counts)
        whole = np.issubdtype(counts.dtype, np.integer) and counts.shape == (len(self.words),)
        if (
            not self.words
            or len(set(self.words)) < len(self.words)
            or not whole
            or counts.min() < 1
        ):
            raise ValueError(
                f"Expected different words and a count of at least 1 for each. Received {len(self.words)} "
                f"words, {len(set(self.words))} different, and counts {counts}"
            )
        object.__setattr__(self, "counts", counts.astype("int64"))

    def __len__(self):
        return len(self.words)

    @cached_property
    def index(self):
        """word -> row."""
        return {word: row for row, word in enumerate(self.words)}

    def keep_probability(self, sample):
        """min(1, sqrt(t / f) + t / f) for each word, f its share of the running words.

        t is `sample`; 0 keeps everything. It is the rule of the word2vec program and of gensim; the
        paper prints sqrt(t / f).

        Raises:
            ValueError: `sample` is below 0 or not finite.
        """
        if not 0 <= sample < np.inf:
            raise ValueError(f"Expected sample >= 0. Received: sample={sample}")
        if not sample:
            return np.ones(len(self))
        ratio = sample * self.counts.sum() / self.counts
        return np.minimum(1.0, np.sqrt(ratio) + ratio)

    def noise(self):
        """P(w) = count(w)^0.75 / sum over all words, (len(words),): what negatives are drawn from."""
        weights = self.counts.astype("float64") ** 0.75
        return weights / weights.sum()


def count_words(texts, *, min_count=5):
    """The `Vocabulary` of texts: every word that occurs at least `min_count` times.

    Args:
        texts: lists of words. A word is a string, or in all texts a whole number.
        min_count: rarer words are left out.

    Raises:
        ValueError: no word is frequent enough; texts are strings, whose letters would be counted, or have
            no order; or a word is something else, such as a missing value.
    """
    counts = Counter()
    for text in texts:
        _check_split(text)
        counts.update(text)
    kind = Integral if counts and isinstance(next(iter(counts)), Integral) else str
    strange = [word for word in counts if not isinstance(word, kind)]
    if strange:
        raise ValueError(
            f"Expected words, all strings or all whole numbers. Received: {strange[0]!r}"
        )
    kept = sorted((-count, word) for word, count in counts.items() if count >= min_count)
    if not kept:
        raise ValueError(
            f"Expected a word that occurs at least min_count={min_count} times. Received texts with "
            f"{len(counts)} different words, none of them that frequent"
        )
    return Vocabulary(tuple(word for _, word in kept), np.array([-count for count, _ in kept]))


def train_gensim(
    texts, vocabulary, *, dimensions, window, negatives, sample, rate, passes=1, seed=1
):
    """Skip-gram with negative sampling by gensim's `Word2Vec`, as gensim's KeyedVectors.

    On one core, so that a seed decides the result. The rate falls in a straight line to a fiftieth.

    Args:
        texts: lists of words.
        vocabulary: their `Vocabulary`; gensim takes its words and counts, and makes none of its own.
        dimensions, window, negatives, sample: as of `Word2Vec`: vector_size, window, negative, sample.
        rate: the learning rate at the start.
        passes: over the texts.
        seed: of everything drawn.

    Raises:
        ValueError: a size that is no positive integer, or a rate that is not above 0.
    """
    sizes = {"dimensions": dimensions, "window": window, "negatives": negatives, "passes": passes}
    for name, size in sizes.items():
        positive_integer(name, size)
    if not 0 < rate < np.inf:
        raise ValueError(f"Expected rate > 0. Received: rate={rate}")
    model = Word2Vec(
        sg=1,
        vector_size=dimensions,
        window=window,
        negative=negatives,
        sample=sample,
        min_count=1,
        alpha=rate,
        min_alpha=rate / 50,
        workers=1,
        seed=seed,
    )
    model.build_vocab_from_freq(
        dict(zip(vocabulary.words, vocabulary.counts.tolist(), strict=True))
    )
    model.train(texts, total_examples=len(texts), epochs=passes)
    return keyed_vectors(vocabulary.words, model.wv[list(vocabulary.words)])


def _check_split(text):
    if isinstance(text, str | bytes):
        raise ValueError(
            f"Expected texts as lists of words. Received a string, {text[:30]!r}: split it first"
        )
    if isinstance(text, set | dict):
        raise ValueError(
            f"Expected texts as lists of words, in their order. Received: {type(text).__name__}"
        )
