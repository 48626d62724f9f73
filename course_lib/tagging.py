"""Tagging: the BIO scheme, a conditional random field over a sequence of tags, scores of whole entities.

A linear-chain conditional random field (CRF) scores all tags of a sentence at once.
For a sentence of T words, emission scores e_t[k] of every tag k at every word, and tags y_1 ... y_T:

    s(y) = a[y_1] + Σ_t e_t[y_t] + Σ_{t>1} A[y_{t-1}, y_t] + b[y_T]
    p(y) = exp(s(y)) / Z,    Z = Σ over all paths y' of exp(s(y'))

A `transitions` (tags, tags), a `start` (tags,) and b `end` (tags,) are learned; the emissions come from the
network below. With A = a = b = 0, as the layer starts, p(y) is a softmax at each word by itself.

Source: Lafferty, J., McCallum, A. and Pereira, F. (2001). Conditional random fields: probabilistic models
for segmenting and labeling sequence data. ICML.
"""

from typing import NamedTuple

from course_lib import checks
from course_lib.resampling import over_seeds

import keras
import numpy as np
from keras import ops
from nervaluate import Evaluator

IMPOSSIBLE = -1e30
"""The score of a forbidden step. No emissions make up for it. It is finite, and so are its gradients."""


# -- the BIO2 scheme -------------------------------------------------------------------------------

OUTSIDE = ("O", "")


def _parsed(tag, where=""):
    """A tag's letter and type: ("B", "PER") of "B-PER", `OUTSIDE` of "O"."""
    if isinstance(tag, str):
        tag = str(tag)
        if tag == "O":
            return OUTSIDE
        if tag.startswith(("B-", "I-")) and len(tag) > 2:
            return tag[0], tag[2:]
    raise ValueError(f"Expected tags 'O', 'B-<type>' or 'I-<type>'. Received{where}: {tag!r}")


def _continues(tag, before):
    """The rule: I-X goes on with the entity of the tag before it if that is B-X or I-X. No other does."""
    return tag[0] == "I" and before[0] != "O" and tag[1] == before[1]


def _sentence(tags):
    """The tags of one sentence as a list; a Series is read by position, whatever its index."""
    if isinstance(tags, str | set | dict) or not hasattr(tags, "__iter__"):
        raise ValueError(
            f"Expected the tags of a sentence, a list. Received: {type(tags).__name__}, {tags!r}"
        )
    return list(tags)


def bio_constraints(tags):
    """Which steps the BIO2 scheme forbids: I-X follows only B-X or I-X, and no sentence starts with I-X.

    Args:
        tags: names of the tags in the order of their numbers: "O", "B-PER", "I-PER", ...

    Returns:
        (forbidden, forbidden_start): boolean (tags, tags), [from, to], and (tags,); what `CRF` takes.

    Raises:
        ValueError: a name other than "O", "B-..." and "I-...", or one that occurs twice; no names, or names
            without an order.
    """
    names = [] if isinstance(tags, str | set | dict) else list(tags)
    if not names:
        received = tags if isinstance(tags, list | tuple) else type(tags).__name__
        raise ValueError(
            f"Expected tags in the order of their numbers, at least one. Received: {received}"
        )
    tags = [_parsed(tag) for tag in names]
    if len(set(tags)) != len(tags):
        raise ValueError(f"Expected different tags. Received: {names}")

    def forbids(before):
        return [tag[0] == "I" and not _continues(tag, before) for tag in tags]

    return np.array([forbids(before) for before in tags]), np.array(forbids(OUTSIDE))


def illegal_steps(sentences, tags):
    """How often BIO2 is broken: a tag follows another, or opens a sentence, that it must not.

    Args:
        sentences: for each sentence the tags of its words.
        tags: all tags there are; what `bio_constraints` takes.

    Returns:
        the number of such places in all sentences together.

    Raises:
        ValueError: a tag that is none of `tags`, or what `bio_constraints` refuses.
    """
    forbidden, forbidden_start = bio_constraints(tags)
    number = {tag: place for place, tag in enumerate(tags)}
    count = 0
    for place, said in enumerate(map(_sentence, sentences)):
        strange = [tag for tag in said if tag not in number]
        if strange:
            raise ValueError(
                f"Expected tags out of {list(tags)}. Received in sentence {place}: {strange[0]!r}"
            )
        ids = [number[tag] for tag in said]
        count += sum(forbidden_start[ids[:1]]) + forbidden[ids[:-1], ids[1:]].sum()
    return int(count)


class WordReader:
    """Words as a tagger reads them: each word's row in a table of vectors, and its letters.

        rows, letters = WordReader(vocabulary, alphabet)(["Shares", "in", "Apple"])

    rows (words,) int32: where the word, in lower case, stands in the vocabulary; 1 where it does not.
    letters (words, longest) int32: where each letter stands in the alphabet, counted from 2; 1 for a letter
    that does not, 0 behind a word's end. Of a longer word, its beginning and its end are kept.

    Args:
        vocabulary: words in lower case after "" (padding) and "[UNK]".
        alphabet: letters; their order, and how often they come, do not matter.
        longest: letters kept of a word; an even number.

    Raises:
        ValueError: a vocabulary that begins in another way, no alphabet, or an odd number of letters.
    """

    def __init__(self, vocabulary, alphabet, longest=10):
        self.longest = checks.positive_integer("longest", longest)
        if self.longest % 2:
            raise ValueError(f"Expected an even number of letters. Received: longest={longest}")
        vocabulary = list(vocabulary)
        if vocabulary[:2] != ["", "[UNK]"]:
            raise ValueError(
                f"Expected a vocabulary that begins with '' and '[UNK]'. Received: {vocabulary[:2]}"
            )
        self._row = {word: row for row, word in enumerate(vocabulary)}
        self._letter = {letter: place for place, letter in enumerate(sorted(set(alphabet)), 2)}
        if not self._letter:
            raise ValueError("Expected an alphabet of letters. Received none")
        self.signs = len(self._letter) + 2

    def __call__(self, words):
        half = self.longest // 2
        letters = np.zeros((len(words), self.longest), "int32")
        for row, word in zip(letters, words, strict=True):
            kept = word if len(word) <= self.longest else word[:half] + word[-half:]
            row[: len(kept)] = [self._letter.get(letter, 1) for letter in kept]
        rows = [self._row.get(word.lower(), 1) for word in words]
        return np.array(rows, "int32"), letters


# -- the conditional random field ------------------------------------------------------------------


@keras.saving.register_keras_serializable("course_lib")
class CRF(keras.layers.Layer):
    """Linear-chain CRF: its call returns the emissions unchanged, its methods use A, a and b.

        forward    α_t[j] = e_t[j] + log Σ_i exp(α_{t-1}[i] + A[i, j]),   log Z = log Σ_j exp(α_T[j] + b[j])
        Viterbi    the same with the maximum for log Σ exp, and the best i kept for the way back
        backward   β_{t-1}[i] = log Σ_j exp(A[i, j] + e_t[j] + β_t[j]),   β_T = b
        marginals  p(y_t = j) = exp(α_t[j] + β_t[j]) / Z

    The start is one more tag, from which the first word comes and to which no word goes: α_0 is 0 there and
    `IMPOSSIBLE` elsewhere, and a is one more row of A.

    Put it last in a `Tagger`, or use the methods in a training loop of your own. Every method takes
    emissions (batch, time, tags) and a mask (batch, time), True on words; None means all are words. They
    compute in float32 (float64 if the layer's variables are), also under a half-precision policy.

    Masks: where the mask is False there is no word, wherever in the sentence that is. The words before and
    after it are neighbours. What the emissions and tags hold there is not looked at; it may be NaN, or -1.
    Padding on the right is the usual case; padding on the left and holes are the sentence without them. A
    row with no word at all has one path, the empty one, of score 0.

    Tags on words: a tag outside 0 ... num_tags - 1 is refused in a NumPy array or list. The values of a
    tensor cannot be looked at in a compiled graph: there the score of its sentence is NaN.

    Args:
        num_tags: how many tags, at least 1.
        forbidden: boolean (tags, tags), True where tag j may never follow tag i; those entries of A are
            `IMPOSSIBLE` and not trained. `bio_constraints` makes it for BIO tags.
        forbidden_start: boolean (tags,), True for tags no sentence may start with.

    Raises:
        ValueError: num_tags not a positive integer, constraints of another shape, every start forbidden,
            emissions that are not (batch, time, num_tags) with at least one step, a mask or tags that are
            not (batch, time), or tags that are no whole numbers, or out of range in an array or list.
    """

    def __init__(self, num_tags, forbidden=None, forbidden_start=None, **kwargs):
        num_tags = checks.positive_integer("num_tags", num_tags)
        super().__init__(**kwargs)
        self.num_tags = num_tags
        self.forbidden = _boolean("forbidden", forbidden, (self.num_tags, self.num_tags))
        self.forbidden_start = _boolean("forbidden_start", forbidden_start, (self.num_tags,))
        if self.forbidden_start.all():
            raise ValueError("Expected a tag that may start. Received: every start forbidden")
        self.supports_masking = True
        double = keras.backend.standardize_dtype(self.variable_dtype) == "float64"
        self._precision = "float64" if double else "float32"

    def build(self, input_shape):
        _require_tags(input_shape, self.num_tags)
        shape = (self.num_tags, self.num_tags)
        self.transitions = self.add_weight(name="transitions", shape=shape, initializer="zeros")
        self.start = self.add_weight(name="start", shape=shape[:1], initializer="zeros")
        self.end = self.add_weight(name="end", shape=shape[:1], initializer="zeros")

    def call(self, emissions):
        return emissions

    # -- what training needs -------------------------------------------------------------------------

    def log_partition(self, emissions, mask=None):
        """log Z by the forward algorithm: (batch,)."""
        emissions, mask = self._checked(emissions, mask)
        last = self._forward(emissions, mask, ops.logsumexp)[-1]
        return ops.logsumexp(last + self._last_step(), axis=-1)

    def path_score(self, emissions, tags, mask=None):
        """s(y) of one path for each sentence, tags (batch, time): (batch,)."""
        emissions, mask, tags, exist = self._checked(emissions, mask, tags)
        words = ops.sum(ops.cast(mask, "int32"), axis=1, keepdims=True)  # (batch, 1)
        at_word = ops.take_along_axis(emissions, tags[:, :, None], axis=2)[:, :, 0]

        # The tags of the words side by side, in their order, so that neighbours are neighbours.
        time = ops.arange(ops.shape(mask)[1], dtype="int32")
        order = ops.argsort(ops.where(mask, time, time + ops.shape(mask)[1]), axis=1)
        tags = ops.take_along_axis(tags, order, axis=1)
        path = ops.concatenate([ops.full_like(words, self.num_tags), tags], axis=1)  # start first
        steps = ops.take(ops.reshape(self._steps(), [-1]), path[:, :-1] * self.num_tags + tags)
        steps = ops.where(time < words, steps, 0.0)
        last = ops.take_along_axis(path, words, axis=1)[:, 0]
        score = (
            ops.sum(ops.where(mask, at_word, 0.0), axis=1)
            + ops.sum(steps, axis=1)
            + ops.take(self._last_step(), last)
        )
        return ops.where(exist, score, float("nan"))

    def negative_log_likelihood(self, emissions, tags, mask=None):
        """-log p(y) = log Z - s(y), one for each sentence: (batch,). Of a forbidden path, about 1e30."""
        return self.log_partition(emissions, mask) - self.path_score(emissions, tags, mask)

    # -- what reading a trained model needs ----------------------------------------------------------

    def viterbi(self, emissions, mask=None):
        """The path with the highest score, and that score.

        Returns:
            (paths, scores): paths (batch, time) int32, 0 where the mask is False; scores (batch,).
        """
        emissions, mask = self._checked(emissions, mask)
        alphas = self._forward(emissions, mask, ops.max)  # (time, batch, tags + 1)
        last = alphas[-1]
        before = ops.concatenate([self._alpha_0(emissions)[None], alphas[:-1]], axis=0)
        pointers = ops.argmax(before[..., None] + self._steps(), axis=2)  # (time, batch, tags)
        # the best tag before a word; before the first it is the start, and nothing asks for it
        pointers = ops.cast(ops.minimum(pointers, self.num_tags - 1), "int32")
        ending = (last + self._last_step())[:, : self.num_tags]

        def back(tag, step):
            pointer, is_word = step[:, :-1], step[:, -1] > 0
            tag_before = ops.take_along_axis(pointer, tag[:, None], axis=1)[:, 0]
            return ops.where(is_word, tag_before, tag)

        last_tag = ops.cast(ops.argmax(ending, axis=1), "int32")
        steps = _by_time(ops.transpose(pointers, (1, 0, 2)), mask)
        tags_before = _scan(back, last_tag, steps, reverse=True)  # (time, batch)
        path = ops.transpose(ops.concatenate([tags_before[1:], last_tag[None]], axis=0))
        return ops.where(mask, path, 0), ops.max(last + self._last_step(), axis=1)

    def marginals(self, emissions, mask=None):
        """p(y_t = j) over all paths: (batch, time, tags); 0 where the mask is False."""
        emissions, mask = self._checked(emissions, mask)
        alphas = self._forward(emissions, mask, ops.logsumexp)
        steps, end = self._steps(), self._last_step()

        def back(beta, step):
            emission, is_word = step[:, :-1], step[:, -1:] > 0
            onward = (emission + beta[:, : self.num_tags])[:, None, :]
            before = ops.logsumexp(steps + onward, axis=2)  # (batch, tags + 1)
            return ops.where(is_word, before, beta)

        last_beta = ops.zeros_like(alphas[-1]) + end
        betas_before = _scan(back, last_beta, _by_time(emissions, mask), reverse=True)
        betas = ops.concatenate([betas_before[1:], last_beta[None]], axis=0)
        # Z is the sum over j at every word. Dividing by that one, and not by the Z at the end, removes the
        # rounding that all tags of a word share: the probabilities add up to 1 in long sentences, too.
        log_p = ops.transpose((alphas + betas)[:, :, : self.num_tags], (1, 0, 2))
        shares = ops.exp(log_p - ops.max(log_p, axis=-1, keepdims=True))
        shares = shares / ops.sum(shares, axis=-1, keepdims=True)
        return ops.where(mask[:, :, None], shares, 0.0)

    # -- inside --------------------------------------------------------------------------------------

    def _forward(self, emissions, mask, reduce):
        """α after every step: (time, batch, tags + 1)."""
        steps = self._steps()

        def forward(alpha, step):
            emission, is_word = step[:, :-1], step[:, -1:] > 0
            new = emission + reduce(alpha[:, :, None] + steps, axis=1)  # (batch, tags)
            never_start = ops.full_like(new[:, :1], IMPOSSIBLE)
            new = ops.concatenate([new, never_start], axis=1)
            return ops.where(is_word, new, alpha)

        return _scan(forward, self._alpha_0(emissions), _by_time(emissions, mask))

    def _alpha_0(self, emissions):
        tags = ops.full_like(emissions[:, 0], IMPOSSIBLE)
        return ops.concatenate([tags, ops.zeros_like(tags[:, :1])], axis=1)  # (batch, tags + 1)

    def _steps(self):
        """A with a below it, forbidden steps `IMPOSSIBLE`: (tags + 1, tags)."""
        steps = ops.concatenate([self.transitions, ops.expand_dims(self.start, 0)], axis=0)
        forbidden = np.concatenate([self.forbidden, self.forbidden_start[None]])
        return ops.where(forbidden, IMPOSSIBLE, ops.cast(steps, self._precision))

    def _last_step(self):
        """b, and 0 for the start, where a sentence without words ends: (tags + 1,)."""
        return ops.pad(ops.cast(self.end, self._precision), [[0, 1]])

    def _checked(self, emissions, mask, tags=None):
        emissions = ops.convert_to_tensor(emissions)
        _require_tags(emissions.shape, self.num_tags)
        if not self.built:
            self.build(emissions.shape)
        emissions = ops.cast(emissions, self._precision)
        if mask is None:
            mask = ops.ones_like(emissions[:, :, 0])
        mask = ops.cast(ops.convert_to_tensor(mask), "bool")
        _require_steps("a mask", mask.shape, emissions.shape)
        # a gradient of 0 times NaN is NaN: do not compute with what stands where no word is
        emissions = ops.where(mask[:, :, None], emissions, 0.0)
        if tags is None:
            return emissions, mask
        if isinstance(tags, np.ndarray | list | tuple):
            tags = self._whole(np.asarray(tags), mask)
        tags = ops.convert_to_tensor(tags)
        dtype = keras.backend.standardize_dtype(tags.dtype)
        if "int" not in dtype and dtype != "bool":
            raise ValueError(f"CRF expected tags of an integer dtype. Received: {dtype}")
        _require_steps("tags", tags.shape, emissions.shape)
        tags = ops.cast(tags, "int64" if dtype.endswith("64") else "int32")
        right = ops.logical_and(tags >= 0, tags < self.num_tags)
        exist = ops.all(ops.logical_or(right, ops.logical_not(mask)), axis=1)  # (batch,)
        tags = ops.where(ops.logical_and(mask, right), tags, 0)
        return emissions, mask, ops.cast(tags, "int32"), exist

    def _whole(self, tags, mask):
        """The tags of an array as integers, 0 where the mask is False."""
        _require_steps("tags", tags.shape, mask.shape)
        mask = ops.convert_to_numpy(mask)
        numbers = (
            np.where(mask, tags, 0) if tags.dtype.kind in "biuf" else np.full(tags.shape, np.nan)
        )
        cut = numbers != np.floor(numbers)
        if cut.any():
            raise ValueError(
                f"Expected tags that are whole numbers on every word. Received: {tags[cut][0]}"
            )
        wrong = (numbers < 0) | (numbers >= self.num_tags)
        if wrong.any():
            raise ValueError(
                f"Expected tags from 0 to {self.num_tags - 1} on every word. "
                f"Received: {np.unique(numbers[wrong]).tolist()}"
            )
        return numbers.astype("int32")

    def get_config(self):
        return {
            **super().get_config(),
            "num_tags": self.num_tags,
            "forbidden": self.forbidden.tolist(),
            "forbidden_start": self.forbidden_start.tolist(),
        }


@keras.saving.register_keras_serializable("course_lib")
class Tagger(keras.Model):
    """A functional model that ends in a `CRF` and learns by its negative log-likelihood.

        Tagger(inputs, CRF(9)(emissions)),  compile(optimizer),  fit(batches of (ids, tags, weights))

    The loss is the sum of -log p(y) over the sentences of a batch divided by its words, plus the layers'
    own losses: with A, a and b held at 0 it would be the cross-entropy a word. Its outputs are emissions;
    `model.crf.viterbi` turns them into tags.

    The sample weights, 1 on a word and 0 elsewhere, are the mask; `LengthBatches` gives them. Without them
    every step is a word. Other weights have no meaning here, and the loss is NaN. So it is of tags outside
    0 ... num_tags - 1 on a word.

    Raises:
        ValueError: when it is trained or asked for its `crf` and does not end in one, or when it is
            trained on tags that are no integers.
    """

    @property
    def crf(self):
        """The CRF this model ends in."""
        last = self.layers[-1] if self.layers else None
        if not isinstance(last, CRF):
            raise ValueError(
                f"Tagger expected a CRF as its last layer. Received: {type(last).__name__}"
            )
        return last

    def compute_loss(self, x=None, y=None, y_pred=None, sample_weight=None, training=True):
        emissions, crf = y_pred, self.crf
        y = ops.convert_to_tensor(y)  # torch's trainer leaves arrays as they are
        weights = (
            ops.ones_like(y) if sample_weight is None else ops.convert_to_tensor(sample_weight)
        )
        mask = ops.cast(weights, "bool")
        losses = crf.negative_log_likelihood(emissions, y, mask)  # (batch,)
        words = ops.sum(ops.cast(mask, losses.dtype))
        loss = ops.sum(losses) / ops.maximum(words, 1.0) + sum(self.losses)
        is_mask = ops.all(ops.equal(weights, ops.cast(mask, weights.dtype)))
        return ops.where(is_mask, loss, float("nan"))


def _scan(step, first, sequences, *, reverse=False):
    """The carry after every step, (time, batch, ...), where step(carry, sequences[t]) is the next one.

    XLA compiles the gradient of a loop only if it knows how many steps there can be at most. On TensorFlow
    keras.ops.scan does not say so, and tf.scan does.
    """
    if keras.backend.backend() == "tensorflow":
        import tensorflow as tf

        return tf.scan(step, sequences, first, reverse=reverse)

    def carry_twice(carry, at_step):
        carry = step(carry, at_step)
        return carry, carry

    return ops.scan(carry_twice, first, sequences, reverse=reverse)[1]


def _by_time(sequences, mask):
    """(time, batch, features + 1), the mask last."""
    mask = ops.cast(mask, sequences.dtype)[:, :, None]
    return ops.transpose(ops.concatenate([sequences, mask], axis=-1), (1, 0, 2))


def _boolean(argument, matrix, shape):
    matrix = np.zeros(shape, dtype=bool) if matrix is None else np.asarray(matrix)
    if matrix.shape != shape or matrix.dtype != bool:
        raise ValueError(
            f"Expected `{argument}` to be boolean of shape {shape}. "
            f"Received: {matrix.dtype} of shape {matrix.shape}"
        )
    return matrix


def _require_tags(shape, num_tags):
    if len(shape) != 3 or shape[-1] != num_tags or shape[1] == 0:
        raise ValueError(
            f"CRF expected emissions (batch, time, {num_tags}) with at least one step. "
            f"Received shape {tuple(shape)}"
        )


def _require_steps(what, received, like):
    checks.shape(what, received, like[:2], "(batch, time)", "CRF")


# -- scores of whole entities ----------------------------------------------------------------------


class EntityScores(NamedTuple):
    """Precision and recall of entities, their harmonic mean F1, and how many true entities there are."""

    precision: float
    recall: float
    f1: float
    support: int


def spans(tags):
    """The entities of one sentence, in order: (type, place of the first word, one past the last).

    B-X opens an entity of type X. So does an I-X that does not continue an X.

    Raises:
        ValueError: no list of tags, or a tag that is not "O", "B-<type>" or "I-<type>".
    """
    found, before = [], OUTSIDE
    for place, tag in enumerate(map(_parsed, _sentence(tags))):
        if _continues(tag, before):
            found[-1][2] = place + 1
        elif tag != OUTSIDE:
            found.append([tag[1], place, place + 1])
        before = tag
    return [tuple(span) for span in found]


def entity_scores(true, predicted):
    """Strict scores: an entity counts only with exactly its first word, its last word and its type.

        precision = correct / predicted entities,   recall = correct / true entities
        F1 = 2 precision recall / (precision + recall),   each 0 where it would be 0 / 0

    Entities are read from BIO tags as the CoNLL shared tasks read them: B-X opens one, and so does an I-X
    that does not continue an X.

    Args:
        true, predicted: for each sentence the tags of its words: "O", "B-PER", "I-PER", ...

    Returns:
        dict of `EntityScores`: "overall" first, then every type that occurs in either, by alphabet.

    Raises:
        ValueError: no sentences, different numbers of sentences or of tags in a sentence, a sentence that
            is no list of tags, a tag that is not "O", "B-<type>" or "I-<type>", or a type "overall".

    Source: Tjong Kim Sang, E. and De Meulder, F. (2003). Introduction to the CoNLL-2003 shared task. CoNLL.
    """
    true, predicted = ([_sentence(tags) for tags in given] for given in (true, predicted))
    if not true or len(true) != len(predicted):
        raise ValueError(
            "Expected tags of the same sentences, at least one. "
            f"Received: {len(true)} true and {len(predicted)} predicted"
        )
    types = set()
    for number, pair in enumerate(zip(true, predicted, strict=True)):
        if len(pair[0]) != len(pair[1]):
            raise ValueError(
                f"Expected as many predicted as true tags. Received in sentence {number}: "
                f"{len(pair[0])} true and {len(pair[1])} predicted"
            )
        tags = {_parsed(tag, f" in sentence {number}") for tags in pair for tag in tags}
        types |= {kind for _, kind in tags - {OUTSIDE}}
    if "overall" in types:
        raise ValueError(
            "Expected another type than 'overall', the name of the scores of all types"
        )
    results = Evaluator(true, predicted, tags=sorted(types), loader="list").evaluate()
    strict = {"overall": results["overall"]["strict"]}
    strict |= {kind: results["entities"][kind]["strict"] for kind in sorted(types)}
    return {
        name: EntityScores(float(r.precision), float(r.recall), float(r.f1), r.possible)
        for name, r in strict.items()
    }


class F1Interval(NamedTuple):
    """f1: mean over seeds. low, high: 95 % interval, seeds and blocks drawn. seeds: one F1 each."""

    f1: float
    low: float
    high: float
    seeds: tuple[float, ...]


def f1_interval(true, predictions, rival=None, *, block=15, resamples=1000, seed=0):
    """F1 of a tagger trained from several seeds, or how far it is ahead of a rival on the same sentences.

    The bootstrap draws the seeds of each system with replacement, and blocks of neighbouring sentences, the
    same ones for both: sentences of one article repeat its names, and so tell less than separate ones.

    Args:
        true: for each sentence the tags of its words, in the order of the text.
        predictions, rival: lists of such answers to all sentences, one list a seed. Without a rival the F1
            itself is returned.
        block: sentences in a block; about an article of CoNLL-2003 by default.
        resamples: how often the bootstrap draws.
        seed: of the drawing.

    Returns:
        `F1Interval`; its `seeds` are those of `predictions`, less the rival's mean.

    Raises:
        ValueError: no answers, fewer than two blocks, a block or resamples below 1, or tags that
            `entity_scores` refuses.
    """
    block = checks.positive_integer("block", block)
    resamples = checks.positive_integer("resamples", resamples)
    starts = np.arange(0, len(true), block)
    if len(starts) < 2:
        raise ValueError(
            f"Expected sentences for two blocks of {block} at least. Received: {len(true)} sentences"
        )
    rng = np.random.default_rng(seed)
    drawn = rng.multinomial(len(starts), [1 / len(starts)] * len(starts), resamples)
    weights = np.vstack([np.ones_like(drawn[:1]), drawn])  # the first row: each block once

    def scores(systems):  # (seeds, 1 + resamples)
        if not len(systems):
            raise ValueError("Expected at least one list of answers. Received: none")
        counts = [np.add.reduceat(_span_counts(true, given), starts) for given in systems]
        right, named = np.moveaxis(weights @ np.array(counts), -1, 0)
        return 2 * right / np.maximum(named, 1)

    ours = scores(predictions)
    theirs = np.zeros((1, resamples + 1)) if rival is None else scores(rival)
    return F1Interval(*over_seeds(ours, theirs, rng))


def f1_leads(true, answers, best):
    """`f1_interval` of each system, and of the lead of `best` over each of the others: two dicts.

    Args:
        true: for each sentence the tags of its words, in the order of the text.
        answers: dict from systems to lists of answers to all sentences, one list a seed.
        best: one of the systems.

    Raises:
        ValueError: `best` is none of the systems, or see `f1_interval`.
    """
    if best not in answers:
        raise ValueError(f"Expected one of {list(answers)}. Received: {best!r}")
    own = {name: f1_interval(true, said) for name, said in answers.items()}
    others = [name for name in answers if name != best]
    return own, {name: f1_interval(true, answers[best], answers[name]) for name in others}


def _span_counts(true, predicted):
    """A row a sentence: its right entities, and its true and predicted ones together."""
    if len(true) != len(predicted):
        raise ValueError(
            f"Expected answers to the same {len(true)} sentences. Received: {len(predicted)}"
        )
    counts = []
    for number, (tags, said) in enumerate(zip(true, predicted, strict=True)):
        if len(tags) != len(said):
            raise ValueError(
                f"Expected as many predicted as true tags. Received in sentence {number}: "
                f"{len(tags)} true and {len(said)} predicted"
            )
        tags, said = spans(tags), spans(said)
        counts.append((len(set(tags) & set(said)), len(tags) + len(said)))
    return np.array(counts)


# -- names as wholes -------------------------------------------------------------------------------


def names_in(sentences, tags):
    """The names of some sentences: {name: the kind that it most often has}.

    Args:
        sentences: the words of each, or its characters.
        tags: their BIO tags.

    Returns:
        a dict whose keys are tuples of words, in the order in which they first occur.

    Raises:
        ValueError: another number of tags than of words, or a tag that `spans` refuses.
    """
    kinds = {}
    for name, _, kind, *_ in _mentions(sentences, tags):
        kinds.setdefault(name, []).append(kind)
    return {name: max(found, key=found.count) for name, found in kinds.items()}


def tag_by_list(words, names):
    """Tag one sentence by a list: from the left, wherever a name of it begins, the longest one.

    Args:
        words: the words of the sentence, or its characters.
        names: {tuple of words: kind}, as `names_in` gives it.

    Returns:
        the BIO tags, one a word.
    """
    words = tuple(words)
    longest = max(map(len, names), default=0)
    tags, t = [], 0
    while t < len(words):
        ends = range(min(len(words), t + longest), t, -1)
        end = next((end for end in ends if words[t:end] in names), None)
        if end is None:
            tags, t = [*tags, "O"], t + 1
        else:
            kind = names[words[t:end]]
            tags, t = [*tags, f"B-{kind}", *[f"I-{kind}"] * (end - t - 1)], end
    return tags


def share_found(sentences, true, predicted, kind, known=()):
    """Of each different name of a kind that is not known, the share of its mentions that are found.

    A mention is found with exactly its first word, its last word and its kind.

    Args:
        sentences: the words of each, or its characters.
        true, predicted: their BIO tags.
        kind: such as "PER".
        known: names to leave out, tuples of words: anything with `in`.

    Returns:
        {name: share}, in the order in which the names first occur.

    Raises:
        ValueError: another number of tags than of words, or a tag that `spans` refuses.
    """
    said = {mention[1:] for mention in _mentions(sentences, predicted)}
    found = {}
    for name, *mention in _mentions(sentences, true):
        if mention[1] == kind and name not in known:
            found.setdefault(name, []).append(tuple(mention) in said)
    return {name: float(np.mean(hits)) for name, hits in found.items()}


def best_tags(model, batches, names):
    """The tags of the best path through each sentence, in the order in which the sentences were given.

    Args:
        model: a trained `Tagger`.
        batches: of the sentences, with a method `predictions(model)`, as `LengthBatches` has it.
        names: the tags in the order of their numbers.
    """
    rows = batches.predictions(model)
    mask = np.arange(max(map(len, rows))) < np.array([len(row) for row in rows])[:, None]
    emissions = np.zeros((*mask.shape, len(names)), dtype="float32")
    emissions[mask] = np.concatenate(rows)
    paths = ops.convert_to_numpy(model.crf.viterbi(emissions, mask)[0])
    return [[names[tag] for tag in path[: len(row)]] for path, row in zip(paths, rows, strict=True)]


def _mentions(sentences, tags):
    """Every name there is: (its words, number of the sentence, kind, first word, one past the last)."""
    if len(sentences) != len(tags):
        raise ValueError(
            f"Expected tags of the same {len(sentences)} sentences. Received: {len(tags)}"
        )
    for number, (words, of_words) in enumerate(zip(sentences, tags, strict=True)):
        if len(words) != len(of_words):
            raise ValueError(
                f"Expected as many tags as words. Received in sentence {number}: {len(words)} words and "
                f"{len(of_words)} tags"
            )
        for kind, first, end in spans(of_words):
            yield tuple(words[first:end]), number, kind, first, end
