"""Batching by length: nothing lost, nothing doubled, predictions back in order."""

import ctypes
import os
import random

from course_lib.training import LengthBatches, reproducible, same_length_batches

import keras
import numpy as np
import pytest

RNG = np.random.default_rng(0)
SEQUENCES = [RNG.integers(1, 50, size=n).tolist() for n in RNG.integers(1, 40, size=101)]
TAGS = [[word % 5 for word in sequence] for sequence in SEQUENCES]


def batches(targets=TAGS, **arguments):
    return LengthBatches(SEQUENCES, targets, **{"batch_size": 8, **arguments})


@pytest.mark.parametrize("seed", [None, 3])
def test_every_word_and_tag_appears_once_in_its_place(seed):
    data = batches(seed=seed)
    for _epoch in range(2):
        seen = []
        for i in range(len(data)):
            ids, tags, weights = data[i]
            np.testing.assert_array_equal(weights, ids != 0)
            np.testing.assert_array_equal(tags[ids != 0], ids[ids != 0] % 5)
            seen += [tuple(row[row != 0]) for row in ids]
        assert sorted(seen) == sorted(map(tuple, SEQUENCES))
        data.on_epoch_end()


def test_little_padding_and_the_longest_batch_first():
    data = batches(seed=1, multiple_of=1)
    assert data[0][0].shape[1] == max(map(len, SEQUENCES))
    filled = sum(int(data[i][2].sum()) for i in range(len(data)))
    cells = sum(data[i][2].size for i in range(len(data)))
    assert filled / cells > 0.75  # all padded to 39 it would be about a half


def test_the_same_seed_draws_the_same_batches_and_epochs_differ():
    def ids(data):
        return [data[i][0].tolist() for i in range(len(data))]

    one, two = batches(seed=4), batches(seed=4)
    first = ids(one)
    assert first == ids(two)
    one.on_epoch_end()
    assert ids(one) != first


@pytest.mark.parametrize("seed", [None, 5])
def test_predictions_come_back_in_the_order_given(seed):
    class Doubled:
        def predict_on_batch(self, ids):
            return ids * 2

    for sequence, doubled in zip(SEQUENCES, batches(seed=seed).predictions(Doubled()), strict=True):
        np.testing.assert_array_equal(doubled, np.array(sequence) * 2)

    class Length:
        def predict_on_batch(self, ids):
            return (ids != 0).sum(axis=1, keepdims=True)

    lengths = batches(targets=np.zeros(len(SEQUENCES)), seed=seed).predictions(Length())
    np.testing.assert_array_equal(lengths[:, 0], [len(s) for s in SEQUENCES])


def test_keras_fits_on_batches_of_different_lengths():
    ids = keras.Input((None,), dtype="int32")
    model = keras.Model(ids, keras.layers.Dense(5)(keras.layers.Embedding(50, 8)(ids)))
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    model.compile(keras.optimizers.Adam(0.05), loss, weighted_metrics=["accuracy"])
    history = model.fit(batches(seed=0), epochs=6, verbose=0).history
    assert history["accuracy"][-1] > 0.95


@pytest.mark.parametrize(
    ("sequences", "targets", "expected"),
    [
        ([], [], "at least one. Received: 0 sequences"),
        ([[1], [2]], [0], "Received: 2 sequences and 1 targets"),
        ([[1], []], [0, 1], "empty one at index 1"),
        ([[1, 2], [3]], [[1, 1], [1, 1]], "at index 1: 1 ids and 2 targets"),
    ],
)
def test_what_does_not_fit_together_is_refused(sequences, targets, expected):
    with pytest.raises(ValueError, match=expected):
        LengthBatches(sequences, targets, batch_size=2)


def test_a_batch_holds_at_least_one_sequence():
    with pytest.raises(ValueError, match=r"at least 1. Received: 0 and 8"):
        batches(batch_size=0)


def test_reproducible_seeds_whatever_draws():
    def draws():
        reproducible(3)
        c = ctypes.CDLL(None).rand() if os.name == "posix" else None
        numbers = keras.ops.convert_to_numpy(keras.random.uniform((3,)))
        return random.random(), np.random.rand(), numbers.tolist(), c  # noqa: NPY002

    first = draws()
    random.random(), np.random.rand(), keras.random.uniform((5,))  # noqa: NPY002
    if os.name == "posix":
        ctypes.CDLL(None).rand()
    assert draws() == first


def test_batches_hold_one_length_and_each_sequence_once():
    sequences = ["a" * (1 + i % 3) for i in range(20)]
    for rng in (None, np.random.default_rng(0)):
        batches = same_length_batches(sequences, 4, rng)
        assert sorted(np.concatenate(batches)) == list(range(20))
        assert all(len({len(sequences[i]) for i in batch}) == 1 for batch in batches)
        assert max(map(len, batches)) == 4
    with pytest.raises(ValueError, match="size=0"):
        same_length_batches(sequences, 0)
