"""Word vectors from raw text: skip-gram with negative sampling, in Keras.

    maximise   log s(u_c . v_o) + k E_{n ~ P}[ log s(-u_c . v_n) ]     over pairs (c, o) of near words

s is the logistic function, u the word vectors that are kept, v the vectors of words as contexts, k the
number of negatives and P(w) proportional to count(w)^0.75.

Source: Mikolov, Sutskever, Chen, Corrado and Dean (2013), Distributed Representations of Words and
Phrases and their Compositionality, NeurIPS.
"""

from collections import Counter
from dataclasses import dataclass
from functools import cached_property
from numbers import Integral

from course_lib.checks import positive_integer

import keras
import numpy as np
from keras import ops


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


class SkipGramPairs(keras.utils.PyDataset):
    """Pairs of near words, chosen by word2vec's rules, and negatives that a group of pairs shares.

    Every epoch anew:

        1. words outside the vocabulary go; each other one stays with `Vocabulary.keep_probability`
        2. each word left, the centre, draws a reach r uniformly from 1..window
        3. the r words left and right of it, within its text, are its contexts: one pair (c, o) each
        4. centres come in random order, the pairs of one centre together

    A batch is (inputs,), with inputs a dict of int32 arrays of word rows, pairs in groups:

        centers     (groups, group_size)
        contexts    (groups, group_size)
        negatives   (groups, shared)       drawn from P, the same for all pairs of a group

    All batches have one shape: the last of the first epoch is filled up with the epoch's first pairs, and
    later epochs, whose number of pairs is a little different, have as many batches. Kept in memory: 8 bytes
    for each word of the texts that is in the vocabulary, and about 20 more for each that stayed; the pairs
    of a batch are made when it is asked for.

    Args:
        texts: lists of words.
        vocabulary: a `Vocabulary`.
        window: the farthest reach.
        sample: t of the subsampling; 0 for none.
        groups, group_size: pairs in a batch = groups * group_size.
        shared: negatives of a group.
        seed: decides everything drawn: the same seed gives the same batches, epoch by epoch.

    Raises:
        ValueError: a size that is no positive integer, a negative `sample`, texts that are strings or have
            no order, or an epoch without a pair.
        IndexError: a batch that is not there.
    """

    def __init__(
        self,
        texts,
        vocabulary,
        *,
        window=5,
        sample=1e-3,
        groups=64,
        group_size=128,
        shared=32,
        seed=0,
    ):
        super().__init__()
        sizes = {"window": window, "groups": groups, "group_size": group_size, "shared": shared}
        for name, size in sizes.items():
            setattr(self, f"_{name}", positive_integer(name, size))
        self._seed, self._epoch = seed, 0
        self._keep = vocabulary.keep_probability(sample).astype("float32")
        self._noise = np.cumsum(vocabulary.noise())
        self._words, self._text = _encoded(texts, vocabulary.index)
        self._draw()
        self._batches = -(-self.pairs // (groups * group_size))

    @property
    def pairs(self):
        """How many pairs this epoch has."""
        return int(self._ends[-1]) if len(self._ends) else 0

    def __len__(self):
        return self._batches

    def __getitem__(self, index):
        if not -len(self) <= index < len(self):
            raise IndexError(f"Expected a batch below {len(self)}. Received: {index}")
        index %= len(self)
        size = self._groups * self._group_size
        centers, contexts = self._pairs(np.arange(index * size, (index + 1) * size) % self.pairs)
        rng = np.random.default_rng([self._seed, self._epoch, 1, index])
        drawn = rng.random((self._groups, self._shared)) * self._noise[-1]
        negatives = np.searchsorted(self._noise, drawn, side="right")
        shape = self._groups, self._group_size
        return (
            {
                "centers": centers.reshape(shape),
                "contexts": contexts.reshape(shape),
                "negatives": negatives.astype("int32"),
            },
        )

    def on_epoch_end(self):
        self._epoch += 1
        self._draw()

    def _draw(self):
        rng = np.random.default_rng([self._seed, self._epoch, 0])
        stays = rng.random(len(self._words), dtype="float32") < self._keep[self._words]
        self._kept = self._words[stays]
        left, right = _neighbours(self._text[stays])
        reach = rng.integers(1, self._window + 1, len(self._kept), dtype="int32")
        left, right = np.minimum(left, reach), np.minimum(right, reach)
        self._order = rng.permutation(len(self._kept)).astype("int32")
        self._left = left[self._order].astype("int32")
        self._ends = np.cumsum(self._left + right[self._order], dtype="int64")
        if not self.pairs:
            raise ValueError(
                "Expected texts with two words of the vocabulary within the window. Received "
                f"{len(self._words):,} words of the vocabulary and no pair, once subsampling had left "
                f"{len(self._kept):,} of them"
            )

    def _pairs(self, numbers):
        """Centre and context of the pairs with these numbers, (len(numbers),) each.

        Pairs are numbered in the order of their centres: `_ends` says where the next centre's begin.
        """
        place = np.searchsorted(self._ends, numbers, side="right")
        before = np.where(place > 0, self._ends[place - 1], 0)
        offset = numbers - before - self._left[place]  # -left..right-1
        center = self._order[place]
        context = center + offset + (offset >= 0)
        return self._kept[center], self._kept[context]


@keras.saving.register_keras_serializable(package="course_lib")
class SkipGram(keras.Model):
    """Skip-gram with negatives shared by a group of pairs.

    For groups g of pairs (c, o), each group with m negatives n of its own, the loss of a batch is

        L = sum_g sum_{(c, o) in g} [ -log s(u_c . v_o) - k/m sum_{n in g} log s(-u_c . v_n) ]

    binary cross-entropy of logits, label 1 for the context and 0 for the negatives. Drawing m negatives
    for a group and weighing each by k/m has the expectation of drawing k for each pair; the dot
    products of a group become one matrix product, and a batch touches fewer rows. A negative that happens
    to be the context stays, where word2vec takes it out. L is a sum, so that a pair moves its vectors by
    a learning rate as in word2vec, however large the batch; `fit` also shows L divided by the number of
    pairs, as `loss_per_pair`. u starts uniform in +-0.5/dimensions and v at 0: training begins at
    (1 + k) log 2 a pair.

    Adagrad suits it: a word's step shrinks with its own gradients, so that frequent words, of which a large
    batch holds hundreds, do not overshoot. TensorFlow's gradient of a table is sparse: there Keras squares
    each pair's part on its own, the other backends the sum over the batch, so their results differ. Under
    SGD all three agree.

    Inputs: what `SkipGramPairs` yields. Outputs: the logits u_c . v_o, (groups, group_size), and
    u_c . v_n, (groups, group_size, m). There are no targets and no sample weights.

    Args:
        words: rows of the two tables.
        dimensions: length of a vector.
        negatives: k.

    Raises:
        ValueError: sizes that are no positive integers, negatives not above 0, or targets or sample weights
            in training, which would have no effect.

    Source: Mikolov et al. (2013), as above; for shared negatives, Ji, Satish, Li and Dubey (2016),
    Parallelizing Word2Vec in Shared and Distributed Memory.
    """

    def __init__(self, words, dimensions=100, *, negatives=5, **kwargs):
        super().__init__(**kwargs)
        words, dimensions = (
            positive_integer("words", words),
            positive_integer("dimensions", dimensions),
        )
        if not 0 < negatives < np.inf:
            raise ValueError(f"Expected negatives > 0. Received: negatives={negatives}")
        self.words, self.dimensions, self.negatives = words, dimensions, negatives
        start = keras.initializers.RandomUniform(-0.5 / dimensions, 0.5 / dimensions)
        policy = {"dtype": self.dtype_policy}
        self.center = keras.layers.Embedding(words, dimensions, start, name="center", **policy)
        self.context = keras.layers.Embedding(words, dimensions, "zeros", name="context", **policy)
        self.center.build()
        self.context.build()
        self.loss_per_pair = keras.metrics.Mean(name="loss_per_pair")
        self.built = True  # both tables are there: it can be saved before it has seen a batch

    def call(self, inputs):
        u = self.center(inputs["centers"])  # (groups, group_size, dimensions)
        # One look-up for both, so that TensorFlow keeps one sparse gradient for the table.
        size = ops.shape(inputs["contexts"])[1]
        v = self.context(ops.concatenate([inputs["contexts"], inputs["negatives"]], axis=1))
        positive = ops.sum(u * v[:, :size], axis=-1)
        negative = ops.matmul(u, ops.swapaxes(v[:, size:], 1, 2))  # (groups, group_size, m)
        return positive, negative

    def compute_loss(self, x=None, y=None, y_pred=None, sample_weight=None, training=True):
        if y is not None or sample_weight is not None:
            given = "targets" if y is not None else "sample weights"
            raise ValueError(
                f"SkipGram expected neither targets nor sample weights. Received {given}"
            )
        # a sum over thousands of pairs is more than float16 can hold
        positive, negative = (ops.cast(logits, self.variable_dtype) for logits in y_pred)
        weight = self.negatives / ops.cast(ops.shape(negative)[2], negative.dtype)
        # -log s(z) = softplus(-z)
        loss = ops.sum(ops.softplus(-positive)) + weight * ops.sum(ops.softplus(negative))
        pairs = ops.cast(ops.size(positive), loss.dtype)
        self.loss_per_pair.update_state(ops.stop_gradient(loss) / pairs)
        return loss

    @property
    def vectors(self):
        """The table u, float32, (words, dimensions)."""
        return ops.convert_to_numpy(self.center.embeddings)

    def get_config(self):
        sizes = {
            "words": self.words,
            "dimensions": self.dimensions,
            "negatives": self.negatives,
        }
        return {**super().get_config(), **sizes}


def _check_split(text):
    if isinstance(text, str | bytes):
        raise ValueError(
            f"Expected texts as lists of words. Received a string, {text[:30]!r}: split it first"
        )
    if isinstance(text, set | dict):
        raise ValueError(
            f"Expected texts as lists of words, in their order. Received: {type(text).__name__}"
        )


def _encoded(texts, index):
    """Rows of the words that are in `index`, and the number of the text each is from: int32, int32."""
    rows, lengths = [], []
    for text in texts:
        _check_split(text)
        known = [row for row in map(index.get, text) if row is not None]
        rows.append(np.array(known, dtype="int32"))
        lengths.append(len(known))
    texts = np.repeat(np.arange(len(lengths), dtype="int32"), lengths)
    return np.concatenate([*rows, np.zeros(0, dtype="int32")]), texts


def _neighbours(text):
    """How many words stand left and right of each in its own text: int64, int64; `text` is sorted."""
    lengths = np.bincount(text)
    starts = np.cumsum(lengths) - lengths
    left = np.arange(len(text)) - starts[text]
    return left, lengths[text] - 1 - left
