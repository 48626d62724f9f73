"""Batching by length: nothing lost, nothing doubled, predictions back in order."""

import ctypes
import os
import random

from course_lib.training import (
    LengthBatches,
    PairBatches,
    answers_of,
    compile_with_xla,
    reproducible,
    same_length_batches,
    trained_from,
)

import keras
import numpy as np
import pandas as pd
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


@pytest.mark.parametrize("targets", [TAGS, list(range(len(SEQUENCES)))])
def test_ids_may_be_looked_up_in_tables(targets):
    table = np.arange(50) ** 2

    plain, looked = batches(targets), batches(targets, lookup=lambda ids: (ids, table[ids]))
    for i in range(len(plain)):
        ids, *rest = plain[i]
        (same, squares), *as_before = looked[i]
        np.testing.assert_array_equal(same, ids)
        np.testing.assert_array_equal(squares, ids**2)
        for one, other in zip(rest, as_before, strict=True):
            np.testing.assert_array_equal(one, other)


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
        # ids
        ([[1.0, 2.5]], [0], "whole numbers. Received 2.5 in sequence 0"),
        ([[1], [2, np.nan]], [0, 1], "whole numbers. Received nan in sequence 1"),
        ([["1", "2"]], [0], "whole numbers. Received values of type <U1 in sequence 0"),
        ([[None]], [0], "type object in sequence 0"),
        ([[True]], [0], "type bool in sequence 0"),
        ([[3, 0]], [0], "from 1 to 2147483647; 0 is padding. Received 0 in sequence 0"),
        ([[-1]], [0], "Received -1 in sequence 0"),
        ([np.array([2**32 + 1])], [0], "Received 4294967297 in sequence 0"),
        ([np.array([2**63], "uint64")], [0], "Received 9223372036854775808 in sequence 0"),
        ([[[1, 2], [3, 4]]], [0], r"shape \(length,\). Received shape \(2, 2\) in sequence 0"),
        ([5, 6], [0, 1], r"Received shape \(\) in sequence 0"),
        ("ab", [0, 1], "a sequence of sequences. Received: str"),
        # targets
        ([[1], [2]], ["1", "0"], "targets that are finite numbers. Received values of type <U1"),
        ([[1], [2]], [1, np.nan], "finite numbers. Received nan at index 1"),
        ([[1], [2]], [1, None], "finite numbers. Received values of type object"),
        ([[1], [2]], [0, 2**24 + 1], "float32 can hold. Received 16777217 at index 1"),
        ([[1, 2]], [["a", "b"]], "finite numbers. Received values of type <U1 at index 0"),
        ([[1, 2]], [[1, np.inf]], "finite numbers. Received inf at index 0"),
        ([[1, 2]], [[1, 2**31]], "int32 can hold. Received 2147483648 at index 0"),
        ([[1, 2]], [[[0, 1], [1, 0]]], r"at index 0: 2 ids and targets of shape \(2, 2\)"),
        ([[1, 2], [3]], [[1, 1], 1], r"at index 1: 1 ids and targets of shape \(\)"),
        ([[1, 2], [3]], [1, [1]], "a number for each sequence, or a list for each"),
        ([[1, 2]], {1: 2}, "a sequence of targets. Received: dict"),
        ({5: [1, 2]}, [1], "a sequence of sequences. Received: dict"),
        ([[1, 2]], pd.DataFrame({0: [1]}), "a sequence of targets. Received: DataFrame"),
    ],
)
def test_what_does_not_fit_together_is_refused(sequences, targets, expected):
    with pytest.raises(ValueError, match=expected):
        LengthBatches(sequences, targets, batch_size=2)


@pytest.mark.parametrize("name", ["batch_size", "multiple_of"])
@pytest.mark.parametrize("value", [0, -1, 2.0, True, "8"])
def test_sizes_are_positive_integers(name, value):
    with pytest.raises(ValueError, match=f"`{name}` to be a positive integer. Received: {name}="):
        batches(**{name: value})


def only_batch(sequences, targets):
    return LengthBatches(sequences, targets, batch_size=9, multiple_of=1)[0]


def test_targets_of_every_step_are_not_cut():
    _, targets, weights = only_batch([[5, 6]], [[0.7, 1.9]])
    np.testing.assert_array_equal(targets, np.array([[0.7, 1.9]], "float32"))
    assert targets.dtype == "float32" and weights.tolist() == [[1, 1]]
    # one row of decimals makes all of them decimals
    _, targets, _ = only_batch([[5, 6], [7]], [[1, 2], [0.5]])
    np.testing.assert_array_equal(targets, np.array([[1, 2], [0.5, 0]], "float32"))
    for tags in (
        [[1, 2]],
        [np.array([1, 2], "uint8")],
        [pd.Series([1, 2], index=[7, 0])],
        [[0, 1]],
    ):
        _, targets, _ = only_batch([[5, 6]], tags)
        assert targets.dtype == "int32" and targets.tolist() == [list(tags[0])]
    assert only_batch([[5, 6]], [[-1, -100]])[1].tolist() == [
        [-1, -100]
    ]  # a mask of the user's own
    assert only_batch([[5, 6]], [[True, False]])[1].tolist() == [[1, 0]]


def test_data_may_come_from_a_table_that_was_filtered():
    table = pd.DataFrame(
        {"ids": [[9], [1, 2], [3]], "label": [7, 0, 1], "tags": [[9], [1, 2], [3]]}
    )
    table = table[table["label"] < 5]
    ids, targets = only_batch(table["ids"], table["label"])
    assert ids.tolist() == [[1, 2], [3, 0]] and targets.tolist() == [[0], [1]]
    assert only_batch(table["ids"], table["tags"])[1].tolist() == [[1, 2], [3, 0]]
    ids, _ = only_batch(
        [np.array([1.0, 2.0])], [0]
    )  # whole numbers, as pandas reads them with gaps
    assert ids.dtype == "int32" and ids.tolist() == [[1, 2]]


def test_predictions_of_another_shape_are_not_cut_to_the_length():
    class Answers:
        def __init__(self, answer):
            self.answer = answer

        def predict_on_batch(self, ids):
            return self.answer(ids)

    for answer, received in [
        (lambda ids: np.zeros((len(ids), 40)), r"\(8, 40\)"),  # one row of classes a sequence
        (lambda ids: np.zeros((len(ids), ids.shape[1] + 1, 5)), r"\(8, \d+, 5\)"),
        (lambda ids: np.zeros((1, ids.shape[1], 5)), r"\(1, \d+, 5\)"),
        (lambda ids: [np.zeros(ids.shape)] * len(ids), "list"),
    ]:
        with pytest.raises(ValueError, match=f"outputs of shape .8, .*Received: {received}"):
            batches(multiple_of=1).predictions(Answers(answer))
    with pytest.raises(ValueError, match=r"outputs of shape \(8, ...\). Received: \(1, 5\)"):
        batches(np.zeros(101)).predictions(Answers(lambda ids: np.zeros((1, 5))))


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
    with pytest.raises(ValueError, match="size"):
        same_length_batches(sequences, 0)


def test_trained_from_a_seed_is_as_if_alone():
    """Momentum, a schedule's steps, weights or dropout left over from the seed before would show."""
    x = np.random.default_rng(0).normal(size=(64, 3)).astype("float32")
    y = x.sum(axis=1, keepdims=True)

    def build():
        dropped = 0 if keras.backend.backend() == "torch" else 0.2  # there a first `fit` draws more
        hidden = [keras.layers.Dense(4), keras.layers.Dropout(dropped)]
        return keras.Sequential([keras.Input((3,)), *hidden, keras.layers.Dense(1)])

    def compiled():
        model = build()
        rate = keras.optimizers.schedules.CosineDecay(0.1, 12)
        model.compile(keras.optimizers.Adam(rate), "mse")
        return model

    shuffle = keras.backend.backend() == "tensorflow"
    fit = {"batch_size": 16, "epochs": 3, "verbose": 0, "shuffle": shuffle}
    several = trained_from([1, 2, 3], build, compiled(), x, y, **fit)
    for seed, model in zip((1, 2, 3), several, strict=True):
        (alone,) = trained_from([seed], build, compiled(), x, y, **fit)
        for ours, its in zip(model.get_weights(), alone.get_weights(), strict=True):
            np.testing.assert_allclose(ours, its, rtol=1e-5, atol=1e-6)
    assert np.abs(several[0].predict(x, verbose=0) - several[1].predict(x, verbose=0)).max() > 1e-4


def test_trained_from_keeps_a_learning_rate_that_is_a_number():
    """A rate without a schedule is a variable of the optimizer, among moments that start anew at 0."""
    x = np.random.default_rng(0).normal(size=(64, 3)).astype("float32")
    y = x.sum(axis=1, keepdims=True)

    def build():
        return keras.Sequential([keras.Input((3,)), keras.layers.Dense(1)])

    model = build()
    model.compile(keras.optimizers.Adam(0.1), "mse")
    trained = trained_from([1, 2], build, model, x, y, batch_size=16, epochs=15, verbose=0)
    errors = [np.mean((network.predict(x, verbose=0) - y) ** 2) for network in trained]
    assert max(errors) < 0.05 < 1 < np.mean(y**2)


@pytest.mark.skipif(
    keras.backend.backend() != "tensorflow", reason="XLA is TensorFlow's choice here"
)
def test_xla_compiles_after_a_first_training_too():
    """Keras warns and falls back; a warning fails a test. TensorFlow stays deterministic."""
    from tensorflow.python.framework import config

    reproducible(0)
    model = keras.Sequential([keras.Input((3,)), keras.layers.Dense(1)])
    compile_with_xla(model, "sgd", "mse")
    assert model.jit_compile is True
    assert config.is_op_determinism_enabled()
    model.fit(np.ones((4, 3), "float32"), np.ones((4, 1), "float32"), verbose=0)


@pytest.mark.parametrize("seed", [None, 4])
def test_pairs_stay_together_and_what_is_read_is_wanted_a_step_earlier(seed):
    rng = np.random.default_rng(0)
    sources = [rng.integers(1, 9, size=rng.integers(1, 12)).tolist() for _ in range(50)]
    targets = [[1, *reversed(source), *source[:2], 2] for source in sources]
    batches = PairBatches(sources, targets, batch_size=8, seed=seed)
    for _ in range(2):
        seen = []
        for index in range(len(batches)):
            (source, read), wanted, weights = batches[index]
            assert read.shape == wanted.shape == weights.shape
            assert source.dtype == read.dtype == wanted.dtype == "int32"
            np.testing.assert_array_equal(weights, wanted != 0)
            for row in range(len(source)):
                seen.append([id for id in source[row].tolist() if id])
                target = [1, *reversed(seen[-1]), *seen[-1][:2], 2]
                padding = [0] * (read.shape[1] - len(target) + 1)
                assert read[row].tolist() == target[:-1] + padding
                assert wanted[row].tolist() == target[1:] + padding
        assert sorted(seen) == sorted(sources)
        batches.on_epoch_end()
    lengths = [len(batches[index][0][0][0]) for index in range(len(batches))]
    assert lengths[0] == max(lengths) and len(batches) == 7


def test_pairs_are_drawn_anew_every_epoch_and_the_same_for_a_seed():
    sources = [[1 + n % 5] * (1 + n % 9) for n in range(80)]
    targets = [[1, n + 3, 2] for n in range(80)]

    def epochs(seed):
        batches, found = PairBatches(sources, targets, batch_size=16, seed=seed), []
        for _ in range(2):
            found.append([batches[i][1][:, 0].tolist() for i in range(len(batches))])
            batches.on_epoch_end()
        return found

    assert epochs(3) == epochs(3)
    assert epochs(3)[0] != epochs(3)[1]
    assert epochs(None)[0] == epochs(None)[1]


@pytest.mark.parametrize(
    ("sources", "targets", "expected"),
    [
        ([], [], "at least one. Received: 0"),
        ([[1]], [], "1 sources and 0 targets"),
        ([[1], [2]], [[1, 2], [1]], "at least two signs, a start and an end. Received at index 1"),
        ([[1], []], [[1, 2], [1, 2]], "empty one at index 1"),
        ([[0]], [[1, 2]], "0 is padding"),
    ],
)
def test_pairs_that_do_not_fit_are_refused(sources, targets, expected):
    with pytest.raises(ValueError, match=expected):
        PairBatches(sources, targets, batch_size=2)


@pytest.mark.parametrize("rows", [2, 5, 1000])
def test_answers_are_a_row_a_model_in_the_order_of_the_rows(rows):
    first, second = keras.Input((3,)), keras.Input((2,))
    joined = keras.ops.concatenate([first, second], axis=-1)
    models = [keras.Model([first, second], keras.layers.Dense(1)(joined)) for _ in range(2)]
    data = np.arange(15.0).reshape(5, 3), np.arange(10.0).reshape(5, 2)
    expected = [model.predict(data, verbose=0)[:, 0] for model in models]
    np.testing.assert_allclose(answers_of(models, *data, rows=rows), expected, rtol=1e-5)


def test_answers_to_one_input():
    model = keras.Sequential([keras.Input((3,)), keras.layers.Dense(1)])
    data = np.arange(15.0).reshape(5, 3)
    expected = model.predict(data, verbose=0).T
    np.testing.assert_allclose(answers_of([model], data, rows=2), expected, rtol=1e-5)


@pytest.mark.parametrize("inputs", [(), (np.zeros((2, 3)), np.zeros((3, 2)))])
def test_answers_need_inputs_of_one_length(inputs):
    with pytest.raises(ValueError, match="equally many rows"):
        answers_of([], *inputs)
