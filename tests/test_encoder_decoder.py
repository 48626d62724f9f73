"""A whole encoder-decoder with attention: trained, saved, loaded in a fresh process, and decoding there."""

import json
import os
import subprocess
import sys
from pathlib import Path

from course_lib import attention, cells, decoding, recurrent
from course_lib.sequence_scores import MaskedCrossEntropy, error_rate, token_losses

import keras
import numpy as np
import parity
import pytest
from keras import ops

PADDING, START, END, SIGNS = 0, 1, 2, 8  # the other signs are read, and written backwards
UNITS, LONGEST = 32, 4
KINDS = {
    "GRU, Bahdanau": (recurrent.GRU, lambda: attention.BahdanauAttention(16, name="attention")),
    "LSTM, Luong": (recurrent.LSTM, lambda: attention.LuongAttention(name="attention")),
    "Keras's GRU, dot": (
        keras.layers.GRU,
        lambda: attention.LuongAttention("dot", scaled=True, name="attention"),
    ),
}


def words(count, seed):
    rng = np.random.default_rng(seed)
    return [
        rng.integers(3, SIGNS, size=n).tolist() for n in rng.integers(1, LONGEST + 1, size=count)
    ]


def padded(rows, length):
    return np.array([[*row, *[PADDING] * (length - len(row))] for row in rows], "int32")


def translator(kind):
    """(source, target so far) -> logits of the next sign, masks passed explicitly."""
    rnn, make_attention = KINDS[kind]
    source = keras.Input((None,), dtype="int32", name="source")
    target = keras.Input((None,), dtype="int32", name="target")
    real = ops.not_equal(source, PADDING)
    vectors = keras.layers.Embedding(SIGNS, 16, name="source_vectors")(source)
    encoder = rnn(UNITS, return_sequences=True, return_state=True, name="encoder")
    encoded, *state = encoder(vectors, mask=real)
    decoder = rnn(UNITS, return_sequences=True, return_state=True, name="decoder")
    read = keras.layers.Embedding(SIGNS, 16, name="target_vectors")(target)
    decoded, *_ = decoder(read, initial_state=state)
    context = make_attention()(decoded, encoded, value_mask=real)
    both = keras.layers.Concatenate(name="both")([decoded, context])
    hidden = keras.layers.Dense(UNITS, "tanh", name="hidden")(both)
    return keras.Model([source, target], keras.layers.Dense(SIGNS, name="logits")(hidden))


def step_of(model, source):
    """The model's decoder as a step for `course_lib.decoding`, and its state after reading the source."""
    layers = {layer.name: layer for layer in model.layers}
    real = source != PADDING
    encoded, *state = layers["encoder"](layers["source_vectors"](source), mask=real)

    def step(last, state):
        read = layers["target_vectors"](last[:, None])
        decoded, *inside = layers["decoder"](read, initial_state=state["inside"])
        context = layers["attention"](decoded, state["encoded"], value_mask=state["real"])
        logits = layers["logits"](layers["hidden"](layers["both"]([decoded, context])))
        arrays = keras.tree.map_structure(ops.convert_to_numpy, (logits[:, 0], inside))
        return arrays[0], {**state, "inside": arrays[1]}

    state = {"encoded": encoded, "real": real, "inside": state}
    return step, keras.tree.map_structure(ops.convert_to_numpy, state)


def translations(model, source):
    """By greedy choice, by beam search (all hypotheses) and drawn with a seed."""
    step, state = step_of(model, source)
    given = [START] * len(source), state
    bounds = {"end": END, "max_length": LONGEST + 2}
    rng = np.random.default_rng(5)
    beams = decoding.beam_search(step, *given, width=3, alpha=0.6, **bounds)
    return {
        "greedy": decoding.greedy(step, *given, **bounds),
        "beam": [one for found in beams for one in found],
        "drawn": decoding.sample(step, *given, rng=rng, top_p=0.9, **bounds),
    }


def trained(kind, steps):
    model = translator(kind)
    model.compile(keras.optimizers.Adam(0.01), MaskedCrossEntropy(padding=PADDING))
    sources = words(64 * steps, seed=1)
    inputs = padded(sources, LONGEST)
    targets = padded([[START, *reversed(row), END] for row in sources], LONGEST + 2)
    x, y = [inputs, targets[:, :-1]], targets[:, 1:]
    model.fit(x, y, batch_size=64, epochs=1, shuffle=False, verbose=0)
    return model


@pytest.mark.parametrize("kind", KINDS)
def test_a_saved_model_decodes_the_same_in_a_fresh_process(kind, tmp_path):
    model = trained(kind, steps=10)
    source = padded(words(6, seed=2), LONGEST)
    expected = translations(model, source)
    model.save(tmp_path / "translator.keras")
    np.save(tmp_path / "source.npy", source)
    tests = Path(__file__).resolve().parent
    environment = {**os.environ, "KERAS_BACKEND": keras.backend.backend()}
    environment["PYTHONPATH"] = os.pathsep.join(
        [str(tests.parent), str(tests), os.environ.get("PYTHONPATH", "")]
    )
    subprocess.run(
        [sys.executable, "-c", IN_A_FRESH_PROCESS], cwd=tmp_path, env=environment, check=True
    )
    found = json.loads((tmp_path / "found.json").read_text())
    assert set(found) == set(expected)
    for name, sequences in expected.items():
        for mine, other in zip(found[name], sequences, strict=True):
            assert (mine[0], mine[3]) == (other.tokens, other.ended)
            np.testing.assert_allclose(mine[1:3], other[1:3], atol=1e-4)


IN_A_FRESH_PROCESS = """
import course_lib
import json, keras, numpy as np
from test_encoder_decoder import translations
model = keras.models.load_model("translator.keras")
with open("found.json", "w") as file:
    json.dump(translations(model, np.load("source.npy")), file)
"""


@pytest.mark.parametrize("kind", KINDS)
def test_step_by_step_is_what_the_model_says_at_once(kind):
    """log P of what was decoded, a step at a time, is that of the model reading source and target whole."""
    model = translator(kind)
    parity.set_random_weights(model)
    source = padded(words(5, seed=3), LONGEST)
    step, state = step_of(model, source)
    arguments = {"end": END, "max_length": LONGEST + 2}
    beams = decoding.beam_search(step, [START] * 5, state, width=3, **arguments)
    for row, found in enumerate(beams):
        assert len(found) == 3
        for one in found:
            target = np.array([[START, *one.tokens, END][: len(one.tokens) + 1 + one.ended]])
            logits = model([source[row : row + 1], target[:, :-1]])
            total = -ops.convert_to_numpy(token_losses(target[:, 1:], logits)).sum()
            assert one.log_probability == pytest.approx(total, abs=1e-4)


@pytest.mark.skipif(keras.backend.backend() != "tensorflow", reason="trains; as the others do")
def test_it_learns_to_write_backwards():
    model = trained("GRU, Bahdanau", steps=250)
    sources = words(200, seed=4)
    step, state = step_of(model, padded(sources, LONGEST))
    found = decoding.greedy(step, [START] * 200, state, end=END, max_length=LONGEST + 2)
    score = error_rate([row[::-1] for row in sources], [one.tokens for one in found])
    assert score.rate < 0.05
    assert sum(one.ended for one in found) >= 198


def test_a_cell_is_wrapped_as_the_docstring_of_decoding_says():
    embedding, cell = keras.layers.Embedding(SIGNS, 6), cells.LSTMCell(UNITS)
    out = keras.layers.Dense(SIGNS)

    def step(last, state):
        output, state = cell(embedding(last), state)
        return keras.tree.map_structure(keras.ops.convert_to_numpy, (out(output), state))

    start = np.array([3, 4, 5])
    for layer, shape in [(cell, (None, 6)), (out, (None, UNITS))]:
        layer.build(shape)
        parity.set_random_weights(layer)
    found = decoding.greedy(step, start, cell.get_initial_state(3), end=None, max_length=7)
    read = np.array([[first, *one.tokens] for first, one in zip(start, found, strict=True)])
    logits = out(recurrent.RNN(cell, return_sequences=True)(embedding(read[:, :-1])))
    np.testing.assert_array_equal(ops.convert_to_numpy(logits).argmax(axis=-1), read[:, 1:])
    losses = ops.convert_to_numpy(token_losses(read[:, 1:], logits))
    log_p = [one.log_probability for one in found]
    np.testing.assert_allclose(log_p, -losses.sum(axis=1), atol=1e-5)
