"""Feeding sequences of different lengths to a network, and getting its predictions back in order."""

import ctypes
import os

from course_lib.checks import positive_integer

import keras
import numpy as np


class LengthBatches(keras.utils.PyDataset):
    """Batches of sequences of about the same length, so that little is computed on padding.

    Give it to `model.fit` or `model.evaluate`. Each batch is (ids, targets), or (ids, targets, weights)
    when every time step has its own target:

        ids         (batch, time) int32, padded on the right with 0
        targets     (batch, 1) float32, or (batch, time), padded with 0: int32 where all targets are whole
                    numbers by their dtype, else float32
        weights     (batch, time) float32, 1 on a word and 0 on padding

    `time` is the longest length in the batch, rounded up to a multiple of `multiple_of`.

    With a seed every epoch draws new batches (sequences of nearly the same length change places) and a
    new order of them; the longest batch stays first, so that a shortage of memory shows at once.

    Args:
        sequences: lists of word ids >= 1; 0 is padding. A pandas Series of lists will do, whatever its
            index.
        targets: a number for each sequence, or a list of numbers as long as it.
        batch_size: sequences in a batch; the last one may be smaller.
        seed: seed of the shuffling; None keeps the order by length.
        multiple_of: lengths are rounded up to it, so that compiled backends meet few shapes.
        lookup: function from a batch's ids to what the network reads in their place, such as a tuple of
            several arrays; the ids themselves by default.

    Raises:
        ValueError: no sequences, a different number of targets, an empty sequence, ids that are no whole
            numbers from 1 on, targets that are no finite numbers or that float32 (a number a sequence) or
            int32 cannot hold, or a list of targets that is not as long as its sequence.
    """

    def __init__(self, sequences, targets, *, batch_size, seed=None, multiple_of=8, lookup=None):
        super().__init__()
        self._lookup = (lambda ids: ids) if lookup is None else lookup
        self._batch_size = positive_integer("batch_size", batch_size)
        self._multiple_of = positive_integer("multiple_of", multiple_of)
        sequences, targets = _pairs(sequences=sequences, targets=targets)
        self._sequences = [_ids(sequence, index) for index, sequence in enumerate(sequences)]
        self._lengths = np.array([len(sequence) for sequence in self._sequences])
        self._each_step = np.ndim(targets[0]) > 0
        if self._each_step:
            self._targets = _targets_of_steps(targets, self._lengths)
        else:
            self._targets = _targets_of_sequences(targets)
        self._rng = None if seed is None else np.random.default_rng(seed)
        self._draw()

    def __len__(self):
        return len(self._batches)

    def __getitem__(self, index):
        chosen = self._batches[index]
        ids = self._padded(self._sequences, chosen)
        read = self._lookup(ids)
        if not self._each_step:
            return read, self._targets[chosen][:, None]
        weights = (ids != 0).astype("float32")
        return read, self._padded(self._targets, chosen), weights

    def on_epoch_end(self):
        if self._rng is not None:
            self._draw()

    def predictions(self, model):
        """The model's outputs, one for each sequence, in the order the sequences were given.

        An array when there is one output a sequence; a list of arrays (length, ...), without the
        padding, when there is one a time step.

        Raises:
            ValueError: outputs that are not one array with a row for each sequence and, where every time
                step has its own target, a second axis of time steps.
        """
        results = [None] * len(self._sequences)
        for index, chosen in enumerate(self._batches):
            outputs = model.predict_on_batch(self[index][0])
            expected = (len(chosen), self._time(chosen))[: 1 + self._each_step]
            received = getattr(outputs, "shape", None)
            if received is None or tuple(received[: len(expected)]) != expected:
                raise ValueError(
                    f"Expected outputs of shape ({', '.join(map(str, expected))}, ...). "
                    f"Received: {type(outputs).__name__ if received is None else received}"
                )
            for row, output in zip(chosen, outputs, strict=True):
                results[row] = output[: self._lengths[row]] if self._each_step else output
        return results if self._each_step else np.stack(results)

    def _time(self, chosen):
        longest = int(self._lengths[chosen].max())
        return -(-longest // self._multiple_of) * self._multiple_of

    def _padded(self, rows, chosen):
        return _padded([rows[i] for i in chosen], self._time(chosen))

    def _draw(self):
        """Sort by length, give or take a tenth when shuffling, and cut into batches."""
        self._batches = _batches_by_length(self._lengths, self._batch_size, self._rng)


class PairBatches(keras.utils.PyDataset):
    """Batches for an encoder and a decoder that reads what it should have written (teacher forcing).

    Each batch is ((sources, read), wanted, weights):

        sources     (batch, time) int32, padded on the right with 0
        read        (batch, steps) int32: the target without its last sign, padded with 0
        wanted      (batch, steps) int32: the target without its first sign, padded with 0
        weights     (batch, steps) float32, 1 on a wanted sign and 0 on padding

    Sources of about the same length are together, as in `LengthBatches`, and with a seed every epoch draws
    new batches.

    >>> batches = PairBatches([[5, 6], [7]], [[1, 8, 2], [1, 9, 9, 2]], batch_size=2)
    >>> (sources, read), wanted, weights = batches[0]
    >>> read, wanted
    (array([[1, 8, 0],
           [1, 9, 9]], dtype=int32), array([[8, 2, 0],
           [9, 9, 2]], dtype=int32))

    Args:
        sources: lists of ids >= 1; 0 is padding.
        targets: for each source a list of ids >= 1, the start sign first and the end sign last.
        batch_size: pairs in a batch; the last one may be smaller.
        seed: seed of the shuffling; None keeps the order by length.

    Raises:
        ValueError: no sources, a different number of targets, an empty source, a target of fewer than two
            signs, ids that are no whole numbers from 1 on.
    """

    def __init__(self, sources, targets, *, batch_size, seed=None):
        super().__init__()
        self._batch_size = positive_integer("batch_size", batch_size)
        sources, targets = _pairs(sources=sources, targets=targets)
        self._sources = [_ids(source, index) for index, source in enumerate(sources)]
        self._targets = [_ids(target, index) for index, target in enumerate(targets)]
        for index, target in enumerate(self._targets):
            if len(target) < 2:
                raise ValueError(
                    "Expected targets of at least two signs, a start and an end. "
                    f"Received at index {index}: {target.tolist()}"
                )
        self._lengths = np.array([len(source) for source in self._sources])
        self._rng = None if seed is None else np.random.default_rng(seed)
        self.on_epoch_end()

    def __len__(self):
        return len(self._batches)

    def __getitem__(self, index):
        sources, targets = (
            [rows[i] for i in self._batches[index]] for rows in (self._sources, self._targets)
        )
        read, wanted = (
            _padded([row[part] for row in targets]) for part in (slice(-1), slice(1, None))
        )
        return (_padded(sources), read), wanted, (wanted != 0).astype("float32")

    def on_epoch_end(self):
        self._batches = _batches_by_length(self._lengths, self._batch_size, self._rng)


def _batches_by_length(lengths, size, rng):
    """Positions in batches of about equal length, give or take a tenth when shuffling."""
    keys = lengths if rng is None else lengths * rng.uniform(0.9, 1.1, len(lengths))
    order = np.argsort(keys, kind="stable")[::-1]  # the longest first
    batches = [order[i : i + size] for i in range(0, len(order), size)]
    if rng is not None and len(batches) > 2:
        # Keras's TensorFlow trainer takes the shapes of the first two batches for those of all:
        # the longest and the shortest leave the time axis open.
        middle = [batches[1 + i] for i in rng.permutation(len(batches) - 2)]
        batches = [batches[0], batches[-1], *middle]
    return batches


class StreamBatches(keras.utils.PyDataset):
    """Long sequences in pieces that follow each other, for layers that carry their state (`stateful`).

    `batch_size` streams run side by side. Row r of a batch goes on where row r of the batch before it
    stopped, so that a state that is kept from batch to batch has seen the stream from its first token on,
    while gradients flow back through one piece alone (truncated backpropagation through time). When all
    have ended, the next ones begin. Streams of about the same length run together, the longest first.

    Each batch is (inputs, targets, weights), every one of shape (batch_size, steps):

        inputs      int32, padded on the right with 0
        targets     int32, the token after each input; padded with 0
        weights     float32, 1 on a target and 0 on padding

    Every token of a stream is a target once; the first one only with `start`. A stream that ends before the
    others of its batch, and a row without a stream, are padded to the end.

        batches = StreamBatches(streams, batch_size=32, steps=20)
        model.fit(batches, shuffle=False, callbacks=[ResetStates(batches)])

    The order of the batches is what carries the state, and `fit` shuffles them unless told not to: a batch
    out of its order is refused while an epoch runs. One long text becomes streams by
    `np.array_split(ids, batch_size)`.

    Args:
        streams: lists of token ids >= 1; 0 is padding.
        batch_size: streams that run side by side.
        steps: tokens of each stream in a batch: how far gradients flow back.
        start: an id that is read before the first token of every stream, to predict that one, too. None:
            the first token is read and not predicted.

    Raises:
        ValueError: no streams, one with fewer than two tokens (with `start`: than one), ids that are no
            whole numbers from 1 on, sizes that are no positive integers; while an epoch runs, a batch that
            is not the next one.
    """

    def __init__(self, streams, *, batch_size, steps, start=None):
        super().__init__()
        self._batch_size = positive_integer("batch_size", batch_size)
        self._steps = positive_integer("steps", steps)
        streams = _rows("streams", streams)
        if not streams:
            raise ValueError("Expected at least one stream. Received none")
        self._streams = [_ids(stream, index) for index, stream in enumerate(streams)]
        if start is not None:
            first = np.array([positive_integer("start", start)], "int32")
            self._streams = [np.concatenate([first, stream]) for stream in self._streams]
        lengths = np.array(
            [len(stream) - 1 for stream in self._streams]
        )  # of inputs and of targets
        if not lengths.all():
            raise ValueError(
                "Expected streams of at least two tokens, of which the second is the first target, or a "
                f"`start` before them. Received one token at index {int(np.argmin(lengths))}"
            )
        order = np.argsort(-lengths, kind="stable")
        groups = [order[i : i + batch_size] for i in range(0, len(order), batch_size)]
        self._pieces = [
            (group, first) for group in groups for first in range(0, lengths[group[0]], self._steps)
        ]
        self._next = None  # the only batch that may come; None outside an epoch

    def __len__(self):
        return len(self._pieces)

    def __getitem__(self, index):
        self._require_order(index)
        group, first = self._pieces[index]
        batch = np.zeros((3, self._batch_size, self._steps), "int32")
        inputs, targets, weights = batch
        for row, stream in enumerate(group):
            piece = self._streams[stream][first : first + self._steps + 1]
            length = max(len(piece) - 1, 0)
            inputs[row, :length], targets[row, :length] = piece[:length], piece[1:]
            weights[row, :length] = 1
        return inputs, targets, weights.astype("float32")

    def begins(self, index):
        """Whether streams begin in this batch, in all its rows: states must be zero before it."""
        return self._pieces[index][1] == 0

    def streams(self, index):
        """The position of the stream in each row of this batch, (batch_size,); -1 where there is none."""
        group, _ = self._pieces[index]
        return np.pad(group, (0, self._batch_size - len(group)), constant_values=-1)

    def on_epoch_begin(self):
        self._next = 0

    def on_epoch_end(self):
        self._next = None

    def _require_order(self, index):
        if self._next is None:
            return
        expected, self._next = self._next, None
        if index != expected:
            raise ValueError(
                f"Expected the batches of an epoch in their order, which is what carries the state: "
                f"model.fit(..., shuffle=False). Received: batch {index} in the place of {expected}"
            )
        self._next = index + 1


class ResetStates(keras.callbacks.Callback):
    """Sets the states of a model's stateful layers to zero wherever new streams of `StreamBatches` begin.

    Args:
        batches: the `StreamBatches` given to `fit`, or else to `evaluate` or `predict`.
        validation: those given to `fit` as `validation_data`.

    Raises:
        ValueError: a model without a stateful layer, or `fit` with validation data that are not given here.
        RuntimeError: on the JAX backend, where Keras 3.15 does not carry states in `fit`, `evaluate` and
            `predict` at all; what a stateful layer saw is lost there after every batch.
    """

    def __init__(self, batches, validation=None):
        super().__init__()
        self._batches, self._validation = batches, validation
        self._fits = False

    def on_train_begin(self, logs=None):
        self._fits = True

    def on_train_end(self, logs=None):
        self._fits = False

    def on_train_batch_begin(self, batch, logs=None):
        self._reset(self._batches, batch)

    def on_test_batch_begin(self, batch, logs=None):
        if self._fits and self._validation is None:
            raise ValueError(
                "ResetStates expected `validation`, the StreamBatches given as validation_data, to know "
                "where their streams begin. Received: None"
            )
        self._reset(self._validation if self._fits else self._batches, batch)

    def on_predict_batch_begin(self, batch, logs=None):
        self._reset(self._batches, batch)

    def _reset(self, batches, batch):
        if not batches.begins(batch):
            return
        if keras.backend.backend() == "jax":  # tests/contracts pins it
            raise RuntimeError(
                "On JAX, Keras's fit, evaluate and predict lose the states of stateful layers from one "
                "batch to the next. Expected another backend (KERAS_BACKEND=tensorflow or torch), or a "
                "loop that calls the model and passes the states itself. Received: jax"
            )
        layers = list(_stateful_layers(self.model))
        if not layers:
            raise ValueError(
                "ResetStates expected a model with a stateful layer: keras.layers.GRU(..., stateful=True). "
                f"Received: {[type(layer).__name__ for layer in self.model.layers]}"
            )
        for layer in layers:
            layer.reset_state()


def _stateful_layers(model):
    for layer in model.layers:
        if isinstance(layer, keras.Model):
            yield from _stateful_layers(layer)
        elif getattr(layer, "stateful", False):
            yield layer


def _rows(argument, given):
    """The rows as a list: by position, as a Series of pandas after a filter would not give them."""
    if isinstance(given, (dict, set, str)) or hasattr(given, "columns"):
        raise ValueError(f"Expected a sequence of {argument}. Received: {type(given).__name__}")
    return list(given)


def _pairs(**columns):
    """Two arguments, by name, as lists of equal length."""
    (first, rows), (second, others) = (
        (name, _rows(name, given)) for name, given in columns.items()
    )
    if not rows or len(rows) != len(others):
        raise ValueError(
            f"Expected as many {second} as {first}, at least one. "
            f"Received: {len(rows)} {first} and {len(others)} {second}"
        )
    return rows, others


def _padded(rows, width=None):
    """Arrays below each other, padded on the right with 0, to the longest if no width is given."""
    padded = np.zeros((len(rows), width or max(map(len, rows))), dtype=rows[0].dtype)
    for place, row in enumerate(rows):
        padded[place, : len(row)] = row
    return padded


def _ids(sequence, index):
    ids, where = np.asarray(sequence), f"in sequence {index}"
    if ids.ndim != 1:
        raise ValueError(
            f"Expected sequences of shape (length,). Received shape {ids.shape} {where}"
        )
    if not ids.size:
        raise ValueError(
            f"Expected at least one id in every sequence. Received an empty one at index {index}"
        )
    if not np.issubdtype(ids.dtype, np.number):
        raise ValueError(
            f"Expected ids that are whole numbers. Received values of type {ids.dtype} {where}"
        )
    cut = ids != np.floor(ids)
    if cut.any():
        raise ValueError(f"Expected ids that are whole numbers. Received {ids[cut][0]} {where}")
    largest = np.iinfo("int32").max
    wrong = (ids < 1) | (ids > largest)
    if wrong.any():
        raise ValueError(
            f"Expected ids from 1 to {largest}; 0 is padding. Received {ids[wrong][0]} {where}"
        )
    return ids.astype("int32")


def _targets_of_sequences(targets):
    if any(np.ndim(target) for target in targets):
        raise ValueError(
            "Expected a number for each sequence, or a list for each. Received some of both"
        )
    targets = np.asarray(targets)
    _require_finite(targets)
    return _cast(targets, "float32", "")


def _targets_of_steps(targets, lengths):
    targets = [np.asarray(target) for target in targets]
    for index, (target, length) in enumerate(zip(targets, lengths, strict=True)):
        if target.shape != (length,):
            received = (
                f"{len(target)} targets" if target.ndim == 1 else f"targets of shape {target.shape}"
            )
            raise ValueError(
                f"Expected one target for each id. Received at index {index}: "
                f"{length} ids and {received}"
            )
        _require_finite(target, f" at index {index}")
    decimals = any(np.issubdtype(target.dtype, np.floating) for target in targets)
    dtype = "float32" if decimals else "int32"
    return [_cast(target, dtype, f" at index {index}") for index, target in enumerate(targets)]


def _require_finite(targets, where=""):
    if targets.dtype.kind not in "biuf":
        raise ValueError(
            f"Expected targets that are finite numbers. Received values of type {targets.dtype}{where}"
        )
    wrong = ~np.isfinite(targets)
    if wrong.any():
        where = where or f" at index {int(np.argmax(wrong))}"
        raise ValueError(
            f"Expected targets that are finite numbers. Received {targets[wrong][0]}{where}"
        )


def _cast(targets, dtype, where):
    """The targets in this dtype; whole numbers must stay the same, decimals finite."""
    with np.errstate(over="ignore"):
        cast = targets.astype(dtype)
    wrong = ~np.isfinite(cast) if targets.dtype.kind == "f" else cast != targets
    if wrong.any():
        where = where or f" at index {int(np.argmax(wrong))}"
        raise ValueError(
            f"Expected targets that {dtype} can hold. Received {targets[wrong][0]}{where}"
        )
    return cast


def same_length_batches(sequences, size, rng=None):
    """Positions of sequences, in batches of one length each, so that nothing has to be padded.

    Args:
        sequences: anything with a length.
        size: the most positions in a batch.
        rng: NumPy generator that draws the batches and their order anew; without it they are in order.

    Returns:
        list of integer arrays; each position stands in exactly one of them.

    Raises:
        ValueError: a size that is no positive integer.
    """
    size = positive_integer("size", size)
    lengths, batches = np.array([len(sequence) for sequence in sequences]), []
    for length in np.unique(lengths):
        same = np.flatnonzero(lengths == length)
        same = same if rng is None else rng.permutation(same)
        batches += [same[start : start + size] for start in range(0, len(same), size)]
    return batches if rng is None else [batches[i] for i in rng.permutation(len(batches))]


def trained_from(seeds, build, model, *data, **fit):
    """Train a model from several random starts, and compile its step of training only once.

    Args:
        seeds: one start each.
        build: function that makes the model anew, uncompiled, with weights of its own.
        model: one that `build` made, compiled. It is left with the weights of the last seed.
        *data, **fit: what `model.fit` is given.

    Returns:
        list of trained models from `build`, one a seed; each is what a model compiled and trained from
        that seed alone would be. On JAX and torch this holds with `shuffle=False` only: there the order
        in which `fit` shuffles also depends on the seeds before.
    """
    trained = []
    for seed in seeds:
        reproducible(seed)
        start = build()
        model.set_weights(start.get_weights())
        for mine, new in zip(_draws(model), _draws(start), strict=True):  # of dropout
            mine.assign(keras.ops.convert_to_numpy(new))  # a copy: JAX gives up what it trains on
        for variable in model.optimizer.variables:  # moments and steps of the seed before
            if variable.name != "learning_rate":
                variable.assign(keras.ops.zeros(variable.shape, variable.dtype))
        model.fit(*data, **fit)
        start.set_weights(model.get_weights())
        trained.append(start)
    return trained


def answers_of(models, *inputs, rows=1000):
    """What each model answers to the same rows, without compiling a step for each of them first.

    Args:
        models: with one output a row, such as `trained_from` returns.
        *inputs: arrays with one row a sequence each, one array an input of the models.
        rows: so many are answered at a time.

    Returns:
        array (models, rows) of the outputs, in the order of the rows.

    Raises:
        ValueError: no input, or inputs with different numbers of rows.
    """
    lengths = {len(part) for part in inputs}
    if len(lengths) != 1:
        raise ValueError(f"Expected inputs with equally many rows. Received: {sorted(lengths)}")
    (length,) = lengths
    found = []
    for model in models:
        pieces = [[part[i : i + rows] for part in inputs] for i in range(0, length, rows)]
        outputs = [model(piece if len(piece) > 1 else piece[0]) for piece in pieces]
        found.append(np.concatenate([keras.ops.convert_to_numpy(out)[:, 0] for out in outputs]))
    return np.array(found)


def _draws(model):
    """The states of the generators that layers such as dropout draw from; they are no weights.

    On PyTorch, Keras's dropout draws from the one generator of the whole program instead.
    """
    return [variable for variable in model.variables if "seed_generator_state" in variable.path]


def compile_with_xla(model, *settings, **named):
    """`model.compile` that lets XLA compile the step of training on TensorFlow, also after `reproducible`.

    Keras refuses XLA while TensorFlow is told to be deterministic, as not all operations can be both; an
    operation that cannot still raises its own error in training. Other backends choose for themselves.
    """
    if keras.backend.backend() != "tensorflow":
        model.compile(*settings, **named)
        return
    from tensorflow.python.framework import config  # where Keras asks, too

    deterministic = config.is_op_determinism_enabled()
    config.disable_op_determinism()
    try:
        model.compile(*settings, jit_compile=True, **named)
    finally:
        if deterministic:
            config.enable_op_determinism()


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
