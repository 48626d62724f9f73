"""How good predicted sequences are: a loss for every sign, error rates, BLEU and chrF.

The truth comes first everywhere: targets before logits, references before predictions.
"""

from typing import NamedTuple

from course_lib import checks
from course_lib.resampling import over_seeds

import keras
import numpy as np
from keras import ops
from rapidfuzz.distance import Levenshtein
from sacrebleu.metrics import BLEU, CHRF

# -- the loss --------------------------------------------------------------------------------------


def token_losses(targets, logits, mask=None):
    """-log P of every target, in nats: -log softmax(logits)[target].

    Computed in float32, in float64 if the logits are, so that half-precision logits lose nothing more. What
    stands where the mask is False is not looked at, and no gradient goes there.

    >>> logits = np.log([[[0.5, 0.25, 0.25], [0.1, 0.1, 0.8]]])         # (batch, time, signs)
    >>> losses = token_losses([[1, 2]], logits, mask=[[True, False]])
    >>> ops.convert_to_numpy(losses / np.log(2)).round(3)               # in bits
    array([[2., 0.]])

    Args:
        targets: (batch, time) integers.
        logits: (batch, time, signs).
        mask: (batch, time), False on padding; None means that every target counts.

    Returns:
        (batch, time); 0 where the mask is False, NaN where the target is the id of no sign.

    Raises:
        ValueError: logits of another rank or of an integer dtype, targets of another dtype, targets or a
            mask of another shape.
    """
    owner = "token_losses"
    logits, targets = ops.convert_to_tensor(logits), ops.convert_to_tensor(targets)
    checks.shape("logits", logits.shape, (None, None, None), "(batch, time, signs)", owner)
    dtype = keras.backend.standardize_dtype(logits.dtype)
    checks.floating(dtype, owner)
    _require_integers(targets, owner)
    steps = logits.shape[:2]
    checks.shape("targets", targets.shape, steps, "(batch, time)", owner)
    logits = ops.cast(logits, "float64" if dtype == "float64" else "float32")
    exists = ops.logical_and(targets >= 0, targets < ops.cast(ops.shape(logits)[-1], targets.dtype))
    targets = ops.cast(ops.where(exists, targets, 0), "int32")
    if mask is not None:
        mask = ops.cast(ops.convert_to_tensor(mask), "bool")
        checks.shape("a mask", mask.shape, steps, "(batch, time)", owner)
        # a gradient of 0 times NaN is NaN: do not compute with what stands on padding
        logits = ops.where(mask[:, :, None], logits, 0.0)
    log_p = ops.log_softmax(logits, axis=-1)
    losses = -ops.take_along_axis(log_p, targets[:, :, None], axis=-1)[:, :, 0]
    losses = ops.where(exists, losses, float("nan"))
    return losses if mask is None else ops.where(mask, losses, 0.0)


def masked_cross_entropy(targets, logits, mask=None):
    """The mean of `token_losses` over the targets that count: a number, 0 if none does.

    >>> logits = np.log([[[0.5, 0.25, 0.25], [0.1, 0.1, 0.8]]])
    >>> round(float(masked_cross_entropy([[1, 2]], logits, mask=[[True, False]])), 3)       # -log 0.25
    1.386

    Args, Raises: see `token_losses`.
    """
    losses = token_losses(targets, logits, mask)
    weights = (
        ops.ones_like(losses) if mask is None else ops.cast(ops.cast(mask, "bool"), losses.dtype)
    )
    return _mean(losses, weights)


@keras.saving.register_keras_serializable("course_lib")
class MaskedCrossEntropy(keras.losses.Loss):
    """`masked_cross_entropy` for `model.compile`: the mean over real targets, from logits.

        loss = Σ w_t · -log P(y_t) / Σ w_t

    w are the sample weights, (batch, time), which the batches of `course_lib.training` bring along: 1 on a
    real target, 0 on padding. Other weights weigh. Keras's own losses divide by the number of all steps,
    padding included, so that the same prediction costs less in a batch with more padding. A mask that Keras
    attached to the outputs is not looked at.

    >>> loss = MaskedCrossEntropy(padding=0)
    >>> round(float(loss([[2, 1, 0]], np.zeros((1, 3, 4)))), 3)         # log 4
    1.386

    Args:
        padding: an id that is never a real target, whatever the weights say; None: there is none.

    Raises:
        ValueError: see `token_losses`; weights that are not (batch, time).
    """

    def __init__(self, padding=None, *, name="masked_cross_entropy", **kwargs):
        super().__init__(name=name, **kwargs)
        self.padding = padding

    def __call__(self, y_true, y_pred, sample_weight=None):
        targets, logits = ops.convert_to_tensor(y_true), ops.convert_to_tensor(y_pred)
        if sample_weight is None:
            weights = ops.ones_like(targets, dtype="float32")
        else:
            weights = ops.cast(ops.convert_to_tensor(sample_weight), "float32")
            shape = targets.shape
            checks.shape("weights", weights.shape, shape, "(batch, time)", type(self).__name__)
        if self.padding is not None:
            weights = ops.where(ops.equal(targets, self.padding), 0.0, weights)
        losses = token_losses(targets, logits, ops.not_equal(weights, 0))
        return _mean(losses, ops.cast(weights, losses.dtype))

    def get_config(self):
        return {"name": self.name, "padding": self.padding}


def _mean(losses, weights):
    total = ops.sum(weights)
    return ops.sum(losses * weights) / ops.where(ops.equal(total, 0), ops.ones_like(total), total)


def _require_integers(targets, owner):
    dtype = keras.backend.standardize_dtype(targets.dtype)
    if "int" not in dtype:
        raise ValueError(f"{owner} expected targets of an integer dtype. Received: {dtype}")


# -- error rates -----------------------------------------------------------------------------------


class ErrorRate(NamedTuple):
    """rate: edits over reference signs. wrong: share of sequences that are not exactly right.

    edits, lengths: of each sequence, integer arrays; `rate` is the ratio of their sums, and
    `course_lib.language_models.interval` takes both and says how sure it is.
    """

    rate: float
    wrong: float
    edits: np.ndarray
    lengths: np.ndarray


def error_rate(references, predictions, *, alternatives=False):
    """How many signs must be inserted, deleted or replaced to make the predictions the references.

        rate = Σ edits / Σ lengths of the references,      sums over the whole corpus

    What a sign is decides the caller: of lists of words it is the word error rate, of strings the character
    error rate, of lists of phonemes the phoneme error rate. (Where each list is one word's phonemes, what
    work on pronunciation calls the word error rate is `wrong`.) A rate can exceed 1. An empty reference
    adds the length of its prediction to the edits and nothing to the lengths.

    >>> score = error_rate([["K", "AE", "T"], ["D", "AO", "G"]], [["K", "AE", "T"], ["D", "AA", "G", "Z"]])
    >>> round(score.rate, 3), score.wrong, score.edits
    (0.333, 0.5, array([0, 2]))
    >>> error_rate([["color", "colour"]], ["colour"], alternatives=True).rate
    0.0

    Args:
        references, predictions: as many sequences of hashable signs; strings are sequences of characters.
        alternatives: whether each reference is a list of sequences that are all right. The one with the
            fewest edits counts, of several the longest.

    Returns:
        `ErrorRate`.

    Raises:
        ValueError: no sequences, a different number of them, one that is none, no alternative, or
            references without a single sign.
    """
    references, predictions = _paired(references, predictions)
    edits, lengths = [], []
    for number, (reference, prediction) in enumerate(zip(references, predictions, strict=True)):
        right = reference if alternatives else [reference]
        if isinstance(right, str) or not len(right):
            raise ValueError(
                "Expected a list of at least one alternative for each reference. "
                f"Received for reference {number}: {right!r}"
            )
        prediction = _signs("prediction", prediction, number)
        right = [_signs("reference", one, number) for one in right]
        distance, length = min((Levenshtein.distance(one, prediction), -len(one)) for one in right)
        edits.append(distance)
        lengths.append(-length)
    edits, lengths = np.array(edits), np.array(lengths)
    if not lengths.sum():
        raise ValueError("Expected references with at least one sign. Received: empty ones alone")
    return ErrorRate(float(edits.sum() / lengths.sum()), float((edits > 0).mean()), edits, lengths)


def saved_interval(before, after, lengths, *, seed=0):
    """Between which values the error rate saved lies, with 95 % confidence: sequences and models are drawn.

        saved = Σ mean over models of (edits before - edits after) / Σ lengths

    The bootstrap draws models with replacement, and then sequences, a thousand times: what would other
    starts have given, and other words?

    >>> low, high = saved_interval([[2, 1, 1]], [[1, 0, 0]], [4, 4, 4])
    >>> float(low), float(high)
    (0.25, 0.25)

    Args:
        before, after: edits, (models, sequences) each, of as many models, such as one a seed.
        lengths: of the references, (sequences,).
        seed: of the drawing.

    Returns:
        lower and upper end.

    Raises:
        ValueError: edits of different shapes, or not one length for each sequence.
    """
    before, after, lengths = np.asarray(before), np.asarray(after), np.asarray(lengths)
    if before.ndim != 2 or before.shape != after.shape or lengths.shape != before.shape[1:]:
        raise ValueError(
            "Expected edits of shape (models, sequences), twice, and a length for each sequence. "
            f"Received shapes {before.shape}, {after.shape} and {lengths.shape}"
        )
    rng, saved, rates = np.random.default_rng(seed), before - after, []
    for _ in range(1000):
        models = rng.integers(len(saved), size=len(saved))
        sequences = rng.integers(len(lengths), size=len(lengths))
        total = saved[models].mean(axis=0)[sequences].sum()
        rates.append(total / lengths[sequences].sum())
    return tuple(np.percentile(rates, [2.5, 97.5]))


def _signs(what, sequence, number):
    if isinstance(sequence, dict | set) or not hasattr(sequence, "__iter__"):
        raise ValueError(
            f"Expected each {what} to be a sequence. "
            f"Received at index {number}: {type(sequence).__name__}, {sequence!r}"
        )
    return list(sequence)


def _paired(references, predictions):
    for name, given in [("references", references), ("predictions", predictions)]:
        if isinstance(given, str | dict | set):
            raise ValueError(f"Expected a list of {name}. Received: {type(given).__name__}")
    references, predictions = list(references), list(predictions)
    if not references or len(references) != len(predictions):
        raise ValueError(
            "Expected as many predictions as references, at least one. "
            f"Received: {len(references)} references and {len(predictions)} predictions"
        )
    return references, predictions


# -- translations ----------------------------------------------------------------------------------


class TextScore(NamedTuple):
    """score: 0 to 100. low, high: 95 % interval from the bootstrap. signature: sacrebleu's, to be cited."""

    score: float
    low: float
    high: float
    signature: str


def bleu(references, predictions, *, tokenize="13a", resamples=1000):
    """BLEU of a corpus by sacrebleu: how many runs of 1 to 4 words stand in the references, too.

    The interval draws sentences with replacement, the same ones in every run; the seed stands in the
    signature. A single sentence has no BLEU to speak of, and one of fewer than four words may score 0
    against itself.

    >>> score = bleu(["the cat sat on the mat", "it slept all day"],
    ...              ["the cat sat on a mat", "it slept all day"])
    >>> round(score.score, 1), score.low <= score.score <= score.high
    (68.9, True)

    Args:
        references: for each prediction a string, or a list of strings that are all right.
        predictions: strings. Neither is split into words beforehand.
        tokenize: how sacrebleu splits into words: "13a", "intl", "char", "none" (at spaces), and "zh",
            which takes each Chinese character for a word.
        resamples: how often the bootstrap draws, at least 2.

    Returns:
        `TextScore`.

    Raises:
        ValueError: no strings, a different number of them, another `tokenize`, fewer resamples.

    Sources: Papineni, K. et al. (2002). BLEU: a method for automatic evaluation of machine translation.
    ACL. Post, M. (2018). A call for clarity in reporting BLEU scores. WMT. Koehn, P. (2004). Statistical
    significance tests for machine translation evaluation. EMNLP.
    """
    checks.one_of("tokenize", tokenize, ("13a", "intl", "zh", "char", "none"))
    return _scored(BLEU(tokenize=tokenize), references, predictions, resamples)


def chrf(references, predictions, *, word_order=0, resamples=1000):
    """chrF of a corpus by sacrebleu: how many runs of 1 to 6 characters stand in both.

    The mean over the six lengths of precision and of recall, put together as F2, in which recall weighs
    twice as much. It needs no words, and so serves Chinese as it is.

    >>> round(chrf(["天地悠悠"], ["天地悠久"]).score, 1)
    47.9

    Args:
        references, predictions, resamples: see `bleu`.
        word_order: runs of up to so many words count, too; 2 is chrF++.

    Returns, Raises: see `bleu`; a word_order that is no integer from 0 on.

    Source: Popović, M. (2015). chrF: character n-gram F-score for automatic MT evaluation. WMT.
    """
    if word_order != 0:
        word_order = checks.positive_integer("word_order", word_order)
    return _scored(CHRF(word_order=word_order), references, predictions, resamples)


def group_scores(references, answers, groups):
    """chrF and the share of exact translations, for each system, group of texts and seed.

    >>> group_scores(["水位", "漏水"], {"x": [["水位", "水"]]}, {"first": [True, False]})
    {'x': {'first': [(100.0, 1.0)]}}

    Args:
        references: one string a text.
        answers: dict from systems to lists of translations of all texts, one list a seed.
        groups: dict from groups to one truth value a text: whether it belongs to the group.

    Returns:
        dict from systems to dicts from groups to lists of (chrF, exact share), one a seed, as
        `plots.translation_table` takes them.

    Raises:
        ValueError: see `chrf`; a list of another length than the references.
    """

    def scores(given, chosen):
        pairs = zip(*_paired(references, given), strict=True)
        pairs = [pair for pair, take in zip(pairs, chosen, strict=True) if take]
        right, said = map(list, zip(*pairs, strict=True))
        exact = float(np.mean([one == other for one, other in pairs]))
        return chrf(right, said, resamples=2).score, exact

    return {
        name: {
            group: [scores(given, chosen) for given in seeds] for group, chosen in groups.items()
        }
        for name, seeds in answers.items()
    }


class ChrfInterval(NamedTuple):
    """score: mean over seeds. low, high: 95 % interval, seeds and texts drawn. seeds: one score each."""

    score: float
    low: float
    high: float
    seeds: tuple[float, ...]


def chrf_interval(references, predictions, rival=None, *, resamples=1000, seed=0):
    """chrF of a system trained from several seeds, or how far it is ahead of a rival on the same texts.

    The bootstrap draws the seeds of each system with replacement, and texts, the same ones for both.

    >>> same = chrf_interval(["水位", "漏水"], [["水位", "水"]], [["水位", "水"]])
    >>> same.score, float(same.low), float(same.high)
    (0.0, 0.0, 0.0)

    Args:
        references: one string a text.
        predictions, rival: lists of translations of all texts, one list a seed. Without a rival the score
            itself is returned.
        resamples: how often the bootstrap draws.
        seed: of the drawing.

    Returns:
        `ChrfInterval`; its `seeds` are those of `predictions`, less the rival's mean.

    Raises:
        ValueError: no list of translations, or one of another length than the references.
    """
    metric, rng = CHRF(), np.random.default_rng(seed)
    references = list(references)
    drawn = rng.multinomial(len(references), [1 / len(references)] * len(references), resamples)
    weights = np.vstack([np.ones_like(drawn[:1]), drawn])  # the first row: each text once

    def scores(systems):  # (seeds, 1 + resamples)
        if not systems:
            raise ValueError("Expected at least one list of translations. Received: none")
        rows = []
        for given in systems:
            pairs = _paired(references, given)
            counts = np.array(metric._extract_corpus_statistics(pairs[1], [pairs[0]]))
            rows.append([metric._compute_f_score(list(total)) for total in weights @ counts])
        return np.array(rows)

    ours = scores(predictions)
    theirs = np.zeros((1, resamples + 1)) if rival is None else scores(rival)
    return ChrfInterval(*over_seeds(ours, theirs, rng))


def leads(references, answers):
    """`chrf_interval` of each system, and of the last one's lead over each of the others: two dicts.

    >>> own, ahead = leads(["水位", "漏水"], {"a": [["水", "漏"]], "b": [["水位", "漏水"]]})
    >>> own["b"].score, list(ahead)
    (100.0, ['a'])

    Args:
        references: one string a text.
        answers: dict from systems to lists of translations of all texts, one list a seed.

    Raises:
        ValueError: see `chrf_interval`.
    """
    *others, last = answers
    own = {name: chrf_interval(references, said) for name, said in answers.items()}
    return own, {name: chrf_interval(references, answers[last], answers[name]) for name in others}


class OrderGain(NamedTuple):
    """ours, theirs: shares in the right order, one a seed. low, high: 95 % interval of the mean gain."""

    ours: np.ndarray
    theirs: np.ndarray
    low: float
    high: float

    @property
    def gains(self):
        return self.ours - self.theirs


def order_gain(references, predictions, rival):
    """Who has the right order, of the texts for which both have exactly the reference's signs in any order.

    >>> gain = order_gain(["水位", "漏水"], [["水位", "漏水"]], [["位水", "漏水"]])
    >>> gain.ours, gain.theirs
    (array([1.]), array([0.5]))

    Args:
        references: one string a text.
        predictions: lists of translations of all texts, one list a seed.
        rival: one list of translations, in a list.

    Returns:
        `OrderGain`; its interval draws seeds and texts, see `saved_interval`. NaN where both never have
        the signs.

    Raises:
        ValueError: a list of another length than the references.
    """

    def judged(systems):  # the right signs; in the right order
        rows = [list(zip(*_paired(references, given), strict=True)) for given in systems]
        signs = [[sorted(right) == sorted(said) for right, said in row] for row in rows]
        return np.array(signs), np.array([[right == said for right, said in row] for row in rows])

    (signs, ordered), (their_signs, their_ordered) = judged(predictions), judged(rival)
    both = signs & their_signs
    ours, theirs = (1 * (one & both) for one in (ordered, their_ordered))
    low, high = saved_interval(ours, theirs, both.mean(axis=0))
    counts = both.sum(axis=1)
    return OrderGain(ours.sum(axis=1) / counts, theirs.sum(axis=1) / counts, low, high)


def _scored(metric, references, predictions, resamples):
    if checks.positive_integer("resamples", resamples) < 2:
        raise ValueError("Expected `resamples` to be at least 2. Received: resamples=1")
    references, predictions = _paired(references, predictions)
    references = [[one] if isinstance(one, str) else list(one) for one in references]
    for number, (right, prediction) in enumerate(zip(references, predictions, strict=True)):
        strings = [*right, prediction]
        if not right or not all(isinstance(one, str) for one in strings):
            raise ValueError(
                "Expected a string, or a list of strings, for each reference, and a string for each "
                f"prediction. Received at index {number}: {right!r} and {prediction!r}"
            )
    most = max(map(len, references))
    streams = [[right[i] if i < len(right) else None for right in references] for i in range(most)]
    result = metric.corpus_score(predictions, streams, n_bootstrap=resamples)
    # sacrebleu keeps the interval as the middle of the resamples and half its width
    low, high = result._mean - result._ci, result._mean + result._ci
    return TextScore(result.score, low, high, str(metric.get_signature()))
