"""Streams in pieces: nothing lost, nothing doubled, and a state that is carried has seen all before."""

from course_lib import recurrent, training
from course_lib.sequence_scores import MaskedCrossEntropy

import keras
import mutants
import numpy as np
import pytest
from keras import ops

SIGNS, BATCH, STEPS, UNITS = 12, 3, 4, 5
RNG = np.random.default_rng(0)
LENGTHS = [9, 2, 17, 5, 4, 8, 12, 3]
STREAMS = [RNG.integers(1, SIGNS, size=length).tolist() for length in LENGTHS]


def stream_batches(streams=STREAMS, **arguments):
    return training.StreamBatches(streams, **{"batch_size": BATCH, "steps": STEPS, **arguments})


def put_together(data):
    """{stream: (its inputs, its targets)} from all batches, in their order."""
    found = {}
    for index in range(len(data)):
        batch = data[index]
        for stream, inputs, targets, weights in zip(data.streams(index), *batch, strict=True):
            real = weights > 0
            assert set(weights) <= {0, 1} and not np.diff(real.astype(int)).max(initial=0) > 0
            assert not inputs[~real].any() and not targets[~real].any()
            if stream < 0:
                assert not real.any()
                continue
            if data.begins(index):
                assert stream not in found
                found[stream] = ([], [])
            found[stream][0].extend(inputs[real].tolist())
            found[stream][1].extend(targets[real].tolist())
    return found


@pytest.mark.parametrize("steps", [1, 4, 40])
@pytest.mark.parametrize("batch_size", [1, 3, 20])
def test_all_batches_give_every_stream_back_once(batch_size, steps):
    found = put_together(stream_batches(batch_size=batch_size, steps=steps))
    assert sorted(found) == list(range(len(STREAMS)))
    for stream, (inputs, targets) in found.items():
        assert inputs == STREAMS[stream][:-1] and targets == STREAMS[stream][1:]


def test_with_a_start_sign_every_token_is_a_target():
    streams = [*STREAMS, [7]]
    found = put_together(stream_batches(streams, start=SIGNS))
    for stream, (inputs, targets) in found.items():
        assert inputs == [SIGNS, *streams[stream][:-1]] and targets == streams[stream]


def test_batches_have_one_shape_and_like_lengths_run_together():
    data = stream_batches()
    for index in range(len(data)):
        assert [array.dtype for array in data[index]] == ["int32", "int32", "float32"]
        assert {array.shape for array in data[index]} == {(BATCH, STEPS)}
    # 17, 12, 9 tokens: 16 targets; 8, 5, 4: 7 targets; 3, 2: 2 targets
    assert [data.begins(i) for i in range(len(data))] == [True, *[False] * 3, True, False, True]
    assert data.streams(0).tolist() == [2, 6, 0] and data.streams(6).tolist() == [7, 1, -1]


# -- the state -------------------------------------------------------------------------------------

CARRIES = pytest.mark.skipif(
    keras.backend.backend() == "jax", reason="fit, evaluate and predict lose states there"
)


def model_of(batch=None, steps=None, **options):
    """Scores of the next token; with a batch size, a model that carries its states."""
    ids = keras.Input(batch_shape=(batch, steps), dtype="int32")
    hidden = keras.layers.Embedding(SIGNS + 1, 6)(ids)
    for layer in (recurrent.GRU, recurrent.LSTM):
        hidden = layer(UNITS, return_sequences=True, stateful=batch is not None, **options)(hidden)
    return keras.Model(ids, keras.layers.Dense(SIGNS + 1)(hidden))


def carrying_and_whole():
    """A model that carries its states, and the same one that reads a sequence at once."""
    carrying, whole = model_of(BATCH, STEPS), model_of()
    rng = np.random.default_rng(3)
    whole.set_weights([rng.normal(size=weight.shape) for weight in whole.get_weights()])
    for mine, other in zip(carrying.layers, whole.layers, strict=True):
        for weight, value in zip(mine.trainable_weights, other.get_weights(), strict=True):
            weight.assign(value)
    return carrying, whole


def outputs_of_streams(data, outputs):
    """What a model put out for each stream: {stream: (length, signs)}."""
    found = {}
    for index, rows in enumerate(np.split(outputs, len(data))):
        for stream, row, weights in zip(data.streams(index), rows, data[index][2], strict=True):
            found.setdefault(stream, []).append(row[weights > 0])
    return {stream: np.concatenate(parts) for stream, parts in found.items() if stream >= 0}


def assert_one_long_pass(data, outputs, whole):
    for stream, received in outputs_of_streams(data, outputs).items():
        expected = ops.convert_to_numpy(whole(np.array([STREAMS[stream][:-1]])))[0]
        np.testing.assert_allclose(received, expected, atol=1e-5)


def test_a_state_that_is_carried_equals_one_long_pass():
    data, (carrying, whole) = stream_batches(), carrying_and_whole()
    outputs = []
    for index in range(len(data)):
        if data.begins(index):
            for layer in training._stateful_layers(carrying):
                layer.reset_state()
        outputs.append(ops.convert_to_numpy(carrying(data[index][0])))
    assert_one_long_pass(data, np.concatenate(outputs), whole)


@CARRIES
def test_predict_resets_where_streams_begin():
    data, (carrying, whole) = stream_batches(), carrying_and_whole()
    outputs = carrying.predict(data, verbose=0, callbacks=[training.ResetStates(data)])
    assert_one_long_pass(data, outputs, whole)


@CARRIES
def test_without_the_reset_a_stream_starts_where_another_ended():
    data, (carrying, whole) = stream_batches(), carrying_and_whole()
    received = outputs_of_streams(data, carrying.predict(data, verbose=0))
    for stream in data.streams(4):
        expected = ops.convert_to_numpy(whole(np.array([STREAMS[stream][:-1]])))[0]
        assert np.abs(received[stream][0] - expected[0]).max() > 0.01


@pytest.mark.skipif(keras.backend.backend() != "jax", reason="the others carry states")
def test_on_jax_where_states_are_lost_it_is_refused():
    data, (carrying, _) = stream_batches(), carrying_and_whole()
    with pytest.raises(RuntimeError, match=r"lose the states of stateful layers.*Received: jax"):
        carrying.predict(data, verbose=0, callbacks=[training.ResetStates(data)])


@CARRIES
def test_fit_and_evaluate_reset_where_streams_begin():
    """The losses that Keras reports are those of the long passes, in training and in validation."""
    data, other = stream_batches(), stream_batches(STREAMS[3:], start=1)
    carrying, whole = carrying_and_whole()

    def loss_by_hand(data):
        """The mean over the batches, as Keras reports it, of the mean over their targets."""
        states, losses = {}, []
        for index in range(len(data)):
            found = []
            for stream, *batch in zip(data.streams(index), *data[index], strict=True):
                inputs, targets, weights = batch
                before = [] if data.begins(index) else states.get(stream, [])
                states[stream] = [*before, *inputs[weights > 0]]
                if weights.any():
                    logits = ops.convert_to_numpy(whole(np.array([states[stream]])))[0]
                    log_p = logits - np.log(np.exp(logits).sum(axis=-1, keepdims=True))
                    now = targets[weights > 0]
                    found += [-p[y] for p, y in zip(log_p[len(before) :], now, strict=True)]
            losses.append(np.mean(found))
        return np.mean(losses)

    carrying.compile(keras.optimizers.SGD(0.0), MaskedCrossEntropy())
    history = carrying.fit(
        data,
        epochs=2,
        shuffle=False,
        validation_data=other,
        callbacks=[training.ResetStates(data, validation=other)],
        verbose=0,
    ).history
    np.testing.assert_allclose(history["loss"], [loss_by_hand(data)] * 2, rtol=1e-4)
    np.testing.assert_allclose(history["val_loss"], [loss_by_hand(other)] * 2, rtol=1e-4)
    for given in (other, data):
        callbacks = [training.ResetStates(given)]
        loss = carrying.evaluate(given, callbacks=callbacks, verbose=0)
        assert loss == pytest.approx(loss_by_hand(given), rel=1e-4)


def test_states_in_a_model_inside_a_model_are_reset():
    inner = model_of(BATCH, STEPS)
    ids = keras.Input(batch_shape=(BATCH, STEPS), dtype="int32")
    outer = keras.Model(ids, inner(ids))
    assert [type(layer).__name__ for layer in training._stateful_layers(outer)] == ["GRU", "LSTM"]


# -- order -----------------------------------------------------------------------------------------


def test_an_epoch_in_another_order_is_refused():
    data = stream_batches()
    _ = data[5], data[1]  # looking is free
    data.on_epoch_begin()
    _ = data[0], data[1]
    with pytest.raises(
        ValueError, match=r"fit\(..., shuffle=False\). Received: batch 3 in the place of 2"
    ):
        data[3]
    data.on_epoch_begin()
    for index in range(len(data)):
        data[index]
    data.on_epoch_end()
    assert data[3] is not None


@CARRIES
def test_fit_that_shuffles_is_refused():
    data = stream_batches(STREAMS * 3)
    model = model_of(BATCH, STEPS)
    model.compile("sgd", MaskedCrossEntropy())
    # TensorFlow raises an error of its own, with this one in its text
    with pytest.raises(Exception, match=r"Expected the batches of an epoch in their order"):
        model.fit(
            data, verbose=0, callbacks=[training.ResetStates(data)]
        )  # shuffle=True is Keras's own


# -- what is refused -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("streams", "arguments", "expected"),
    [
        ([], {}, "at least one stream. Received none"),
        ([[1, 2], [3]], {}, "at least two tokens.*Received one token at index 1"),
        ([[1, 2], []], {"start": 5}, "empty one at index 1"),
        ([[1, 0]], {}, "0 is padding. Received 0 in sequence 0"),
        ([[1, 2.5]], {}, "whole numbers. Received 2.5 in sequence 0"),
        ("ab", {}, "a sequence of streams. Received: str"),
        ([[1, 2]], {"batch_size": 0}, "`batch_size` to be a positive integer"),
        ([[1, 2]], {"steps": 2.0}, "`steps` to be a positive integer"),
        ([[1, 2]], {"start": 0}, "`start` to be a positive integer"),
    ],
)
def test_streams_that_are_none_are_refused(streams, arguments, expected):
    with pytest.raises(ValueError, match=expected):
        stream_batches(streams, **arguments)


@CARRIES
def test_a_model_without_a_state_and_unknown_validation_are_refused():
    data = stream_batches()
    model = model_of()
    model.compile("sgd", MaskedCrossEntropy())
    with pytest.raises(
        ValueError, match=r"a model with a stateful layer.*Received: \['InputLayer'"
    ):
        model.evaluate(data, callbacks=[training.ResetStates(data)], verbose=0)
    model = model_of(BATCH, STEPS)
    model.compile("sgd", MaskedCrossEntropy())
    with pytest.raises(ValueError, match="ResetStates expected `validation`"):
        model.fit(
            data,
            shuffle=False,
            validation_data=stream_batches(),
            callbacks=[training.ResetStates(data)],
            verbose=0,
        )


# -- would these comparisons see a mistake? --------------------------------------------------------

Streams = training.StreamBatches
once = (test_all_batches_give_every_stream_back_once, 3, 4)

# what is wrong with it: (function, piece of its source, what stands there instead, the test that sees it)
MUTATIONS = {
    "a piece without the token after it": (
        Streams.__getitem__,
        "first + self._steps + 1",
        "first + self._steps",
        once,
    ),
    "weights on padding": (
        Streams.__getitem__,
        "weights[row, :length] = 1",
        "weights[row] = 1",
        once,
    ),
    "the last piece dropped": (
        Streams.__init__,
        "range(0, lengths[group[0]], self._steps)",
        "range(0, lengths[group[0]] - self._steps, self._steps)",
        once,
    ),
    "as long as the shortest": (Streams.__init__, "lengths[group[0]]", "lengths[group[-1]]", once),
    "in the order given": (
        Streams.__init__,
        "np.argsort(-lengths, kind='stable')",
        "np.arange(len(lengths))",
        (test_batches_have_one_shape_and_like_lengths_run_together,),
    ),
    "the start sign forgotten": (
        Streams.__init__,
        "np.concatenate([first, stream])",
        "np.concatenate([stream[:1], stream])",
        (test_with_a_start_sign_every_token_is_a_target,),
    ),
    "every batch begins": (
        Streams.begins,
        "self._pieces[index][1] == 0",
        "True",
        (test_a_state_that_is_carried_equals_one_long_pass,),
    ),
    "only the first batch begins": (
        Streams.begins,
        "self._pieces[index][1] == 0",
        "index == 0",
        (test_a_state_that_is_carried_equals_one_long_pass,),
    ),
    "the order not looked at": (
        Streams._require_order,
        "if index != expected:",
        "if False:",
        (test_an_epoch_in_another_order_is_refused,),
    ),
    "one layer reset": (
        training._stateful_layers,
        "yield layer",
        "yield layer; break",
        (test_predict_resets_where_streams_begin,),
    ),
    "validation reset as training": (
        training.ResetStates.on_test_batch_begin,
        "self._validation if self._fits else self._batches",
        "self._batches",
        (test_fit_and_evaluate_reset_where_streams_begin,),
    ),
}


test_a_mistake_is_caught, test_the_source_as_it_stands_passes = mutants.tests_of(MUTATIONS)
