"""Feeding sequences of different lengths to a network, and getting its predictions back in order."""

import ctypes
import os

import keras
import numpy as np


class LengthBatches(keras.utils.PyDataset):
    """Batches of sequences of about the same length, so that little is computed on padding.

    Give it to `model.fit` or `model.evaluate`. Each batch is (ids, targets), or (ids, targets, weights)
    when every time step has its own target: ids (batch, time) int32, padded on the right with 0;
    targets (batch,) or (batch, time); weights (batch, time), 1 on a word and 0 on padding. `time` is the
    longest length in the batch, rounded up to a multiple of `multiple_of`.

    With a seed every epoch draws new batches (sequences of nearly the same length change places) and a
    new order of them; the longest batch stays first, so that a shortage of memory shows at once.

    Args:
        sequences: lists of word ids >= 1; 0 is padding.
        targets: a number for each sequence, or a list as long as it.
        batch_size: sequences in a batch; the last one may be smaller.
        seed: seed of the shuffling; None keeps the order by length.
        multiple_of: lengths are rounded up to it, so that compiled backends meet few shapes.

    Raises:
        ValueError: no sequences, a different number of targets, an empty sequence, or a list of
            targets that is not as long as its sequence.
    """

    def __init__(self, sequences, targets, *, batch_size, seed=None, multiple_of=8):
        super().__init__()
        if batch_size < 1 or multiple_of < 1:
            raise ValueError(
                f"Expected batch_size and multiple_of of at least 1. "
                f"Received: {batch_size} and {multiple_of}"
            )
        if not len(sequences) or len(sequences) != len(targets):
            raise ValueError(
                f"Expected as many targets as sequences, at least one. "
                f"Received: {len(sequences)} sequences and {len(targets)} targets"
            )
        self._sequences = [np.asarray(sequence, dtype="int32") for sequence in sequences]
        self._lengths = np.array([len(sequence) for sequence in self._sequences])
        if not self._lengths.all():
            raise ValueError(
                f"Expected at least one id in every sequence. Received an empty one at index "
                f"{int(np.argmin(self._lengths))}"
            )
        self._each_step = np.ndim(targets[0]) > 0
        if self._each_step:
            self._targets = [np.asarray(target, dtype="int32") for target in targets]
            for index, target in enumerate(self._targets):
                if len(target) != self._lengths[index]:
                    raise ValueError(
                        f"Expected one target for each id. Received at index {index}: "
                        f"{self._lengths[index]} ids and {len(target)} targets"
                    )
        else:
            self._targets = np.asarray(targets, dtype="float32")
        self._batch_size = batch_size
        self._multiple_of = multiple_of
        self._rng = None if seed is None else np.random.default_rng(seed)
        self._draw()

    def __len__(self):
        return len(self._batches)

    def __getitem__(self, index):
        chosen = self._batches[index]
        ids = self._padded(self._sequences, chosen)
        if not self._each_step:
            return ids, self._targets[chosen][:, None]
        weights = (ids != 0).astype("float32")
        return ids, self._padded(self._targets, chosen), weights

    def on_epoch_end(self):
        if self._rng is not None:
            self._draw()

    def predictions(self, model):
        """The model's outputs, one for each sequence, in the order the sequences were given.

        An array when there is one output a sequence; a list of arrays (length, ...), without the
        padding, when there is one a time step.
        """
        results = [None] * len(self._sequences)
        for index, chosen in enumerate(self._batches):
            outputs = model.predict_on_batch(self[index][0])
            for row, output in zip(chosen, outputs, strict=True):
                results[row] = output[: self._lengths[row]] if self._each_step else output
        return results if self._each_step else np.stack(results)

    def _padded(self, rows, chosen):
        longest = self._lengths[chosen].max()
        time = -(-longest // self._multiple_of) * self._multiple_of
        padded = np.zeros((len(chosen), time), dtype="int32")
        for place, row in enumerate(chosen):
            padded[place, : self._lengths[row]] = rows[row]
        return padded

    def _draw(self):
        """Sort by length, give or take a tenth when shuffling, and cut into batches."""
        keys = self._lengths
        if self._rng is not None:
            keys = keys * self._rng.uniform(0.9, 1.1, len(keys))
        order = np.argsort(keys, kind="stable")[::-1]  # the longest first
        batches = [order[i : i + self._batch_size] for i in range(0, len(order), self._batch_size)]
        if self._rng is not None and len(batches) > 2:
            # Keras's TensorFlow trainer takes the shapes of the first two batches for those of all:
            # the longest and the shortest leave the time axis open.
            middle = [batches[1 + i] for i in self._rng.permutation(len(batches) - 2)]
            batches = [batches[0], batches[-1], *middle]
        self._batches = batches


def reproducible(seed):
    """Seed Python, NumPy, Keras, on Linux and macOS C too; TensorFlow computes the same bits every run.

    crfsuite shuffles with C's `rand`. Seed right before training: other libraries draw from `rand` too,
    not always equally often.
    """
    keras.utils.set_random_seed(seed)
    if os.name == "posix":
        ctypes.CDLL(None).srand(seed)
    if keras.backend.backend() == "tensorflow":
        import tensorflow as tf

        tf.config.experimental.enable_op_determinism()


def same_length_batches(sequences, size, rng=None):
    """Positions of sequences, in batches of one length each, so that nothing has to be padded.

    Args:
        sequences: anything with a length.
        size: the most positions in a batch.
        rng: NumPy generator that draws the batches and their order anew; without it they are in order.

    Returns:
        list of integer arrays; each position stands in exactly one of them.
    """
    if size < 1:
        raise ValueError(f"Expected batches of at least 1 sequence. Received size={size}")
    lengths, batches = np.array([len(sequence) for sequence in sequences]), []
    for length in np.unique(lengths):
        same = np.flatnonzero(lengths == length)
        same = same if rng is None else rng.permutation(same)
        batches += [same[start : start + size] for start in range(0, len(same), size)]
    return batches if rng is None else [batches[i] for i in rng.permutation(len(batches))]
