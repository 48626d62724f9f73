"""From a model of the next sign to whole sequences: greedy choice, sampling, beam search.

A model is here one function, the step:

    step(last, state) -> (logits, state)

    last      (batch,) int32, the last sign of every row
    logits    (batch, signs), the scores of the next sign; -inf forbids one
    state     what the model remembers: arrays with the batch first, in any nesting of lists, tuples and
              dicts, or None. The step receives NumPy arrays, and may return whatever NumPy can read.

So a Keras model is wrapped in a line or two, and nothing here knows a backend. `cell` and `out` are layers:

    def step(last, state):
        output, state = cell(embedding(last), state)
        return keras.tree.map_structure(keras.ops.convert_to_numpy, (out(output), state))

log P of a sequence y_1 ... y_n is the sum of log softmax(logits_t)[y_t], computed in double precision.
Every function takes a batch of starts and treats each row as if it were alone, leaves a row once its end
sign came, and takes at most `max_length` steps. The number of rows a step receives never changes, so that
compiled steps are compiled once; rows that have ended are fed the end sign, and what comes back is not
looked at.
"""

import math
from collections.abc import Callable
from typing import NamedTuple

from course_lib.checks import positive_integer

import numpy as np

ROUNDING = 1e-12
"""What a sum of probabilities may lack: ten times 0.1, added up, is less than 1."""


class Decoded(NamedTuple):
    """One sequence that was decoded.

    tokens: its signs, without the start and without the end sign. log_probability: natural logarithm of the
    model's P, end sign included. score: what beam search ranks by; elsewhere the log-probability. ended:
    whether the end sign came, and not `max_length`.
    """

    tokens: list[int]
    log_probability: float
    score: float
    ended: bool


def greedy(step: Callable, start, state=None, *, end: int | None, max_length: int) -> list[Decoded]:
    """The most probable sign at every step; of equally probable ones that with the smallest id.

    >>> logits = np.log([[0.1, 0.6, 0.3], [0.1, 0.2, 0.7], [0.5, 0.2, 0.3]])  # row: last sign
    >>> greedy(lambda last, state: (logits[last], state), [1], end=0, max_length=9)[0].tokens
    [2]

    Args:
        step: see the top of this module.
        start: (batch,) whole numbers, the sign before the first one to be chosen: a start sign, or the last
            sign of a beginning whose other signs made the `state`.
        state: the state before the first step.
        end: id of the end sign; None if the model has none.
        max_length: the most steps; the end sign takes one, too.

    Returns:
        one `Decoded` for each row.

    Raises:
        ValueError: starts that are no whole numbers (batch,), a state that has not the batch first, a
            max_length that is no positive integer, an `end` that is no id of a sign, logits of another
            shape than (batch, signs); NaN, infinity, or -inf for every sign, in a row that goes on.
    """
    return _one_by_one(
        step, start, state, end, max_length, lambda log_p, rows: log_p.argmax(axis=1)
    )


def sample(
    step: Callable,
    start,
    state=None,
    *,
    end: int | None,
    max_length: int,
    rng,
    temperature: float = 1.0,
    top_k: int | None = None,
    top_p: float | None = None,
) -> list[Decoded]:
    """Signs drawn at random by their probability, which may be sharpened and cut.

        p = softmax(logits / temperature)
        top_k    only the k most probable signs stay
        top_p    of those only the smallest set of most probable ones whose p, made to add up to 1, adds up
                 to top_p (nucleus sampling)

    What stays is made to add up to 1. Of equally probable signs those with smaller ids stay. A temperature
    below 1 prefers what is probable, one above 1 evens out. `log_probability` is that of the model, without
    temperature and cuts.

    Each row draws from a generator of its own, one number a step: what is drawn does not depend on how long
    other rows go on. Given a list of generators it does not depend on the other rows at all.

    >>> logits = np.log([[0.1, 0.6, 0.3], [0.1, 0.2, 0.7], [0.5, 0.2, 0.3]])  # row: last sign
    >>> rng = np.random.default_rng(0)
    >>> [row.tokens for row in sample(lambda last, state: (logits[last], state), [1, 1], end=0,
    ...                               max_length=5, rng=rng, top_k=2)]
    [[2], [2]]

    Args:
        step, start, state, end, max_length: see `greedy`.
        rng: a NumPy Generator, from which one for each row is spawned, or a list of one Generator a row.
        temperature: a finite number above 0.
        top_k: a positive integer; None keeps all signs.
        top_p: above 0, at most 1; None and 1 keep all signs.

    Returns:
        one `Decoded` for each row.

    Raises:
        ValueError: another temperature, top_k or top_p, an rng that is none, and what `greedy` raises.

    Source: top_p is that of Holtzman, A. et al. (2020). The curious case of neural text degeneration. ICLR.
    """
    _require_number("temperature", temperature, above=0, why="For the limit 0 use greedy. ")
    if top_k is not None:
        top_k = positive_integer("top_k", top_k)
    if top_p is not None:
        _require_number("top_p", top_p, above=0, at_most=1)
    generators = _generators(rng, len(_starts(start)))

    def draw(log_p, rows):
        with np.errstate(over="ignore"):  # a temperature near 0 leaves -inf to all but the best
            heated = (log_p - log_p.max(axis=1, keepdims=True)) / temperature
        p = np.exp(_log_softmax(heated))
        p = np.where(_most_probable(p, top_k, top_p), p, 0.0)
        cumulative = np.cumsum(p, axis=1)
        numbers = np.array([generators[row].random() for row in rows])
        # A number is below 1, so the mark is below the last sum, and a sign without probability, whose sum
        # is that of the sign before it, is never the first above the mark.
        marks = numbers[:, None] * cumulative[:, -1:]
        return (cumulative <= marks).sum(axis=1)

    return _one_by_one(step, start, state, end, max_length, draw)


def beam_search(
    step: Callable,
    start,
    state=None,
    *,
    end: int | None,
    max_length: int,
    width: int,
    alpha: float = 0.0,
) -> list[list[Decoded]]:
    """The best sequences found by following the `width` most probable beginnings at once.

    At every step each beginning is continued by every sign, and of all these the most probable stay. One
    that ends leaves the search and keeps its place: the rest goes on with one beginning less. The search is
    over when every place is taken, or after `max_length` steps; what has not ended by then stays as it is.
    With width 1 this is `greedy`. With a place for every sequence nothing is ever dropped, and the result
    is the list of all of them.

    The result is sorted by

        score = log P / ((5 + n) / 6)^alpha,      n signs, the end sign included

    With alpha = 0 that is log P, which favours short sequences, because every sign costs. A larger alpha
    favours longer ones; with 1 and long sequences it is nearly the mean of log P a sign, times 6.

    Of equals the beginning that was ahead comes first, then the sign with the smaller id.

    >>> logits = np.log([[0.1, 0.6, 0.3], [0.1, 0.4, 0.5], [0.4, 0.3, 0.3]])  # row: last sign
    >>> for found in beam_search(lambda last, state: (logits[last], state), [1], end=0, max_length=9,
    ...                          width=3)[0]:
    ...     print(found.tokens, round(np.exp(found.log_probability), 3))
    [2] 0.2
    [] 0.1
    [1, 2] 0.08

    Args:
        step, start, state, end, max_length: see `greedy`. The step receives batch * width rows.
        width: how many beginnings are followed, a positive integer.
        alpha: a finite number from 0 on.

    Returns:
        for each row a list of at most `width` `Decoded`, the best first.

    Raises:
        ValueError: another width or alpha, and what `greedy` raises.

    Source: the score is that of Wu, Y. et al. (2016). Google's neural machine translation system.
    arXiv:1609.08144, equation 14 without the coverage penalty.
    """
    width = positive_integer("width", width)
    _require_number("alpha", alpha, at_least=0)
    start, max_length = _starts(start), positive_integer("max_length", max_length)
    batch = len(start)
    last = np.repeat(start, width)
    state = _map(lambda array: np.repeat(array, width, axis=0), _checked_state(state, batch))
    # log P of the beginning in each place, -inf where there is none: at first there is one a row
    totals = np.full((batch, width), -np.inf)
    totals[:, 0] = 0.0
    beginnings = [[[]] + [None] * (width - 1) for _ in range(batch)]
    finished = [[] for _ in range(batch)]

    for _ in range(max_length):
        live = np.isfinite(totals)
        if not live.any():
            break
        log_p, state = _stepped(step, last, state, live.ravel(), end)
        continued = totals[:, :, None] + log_p.reshape(batch, width, -1)  # (batch, width, signs)
        signs = continued.shape[2]
        origins = np.arange(batch * width).reshape(batch, width)  # whose state a place goes on with
        last = np.full((batch, width), 0 if end is None else end, "int32")
        totals = np.full((batch, width), -np.inf)
        for row in range(batch):
            here, old, beginnings[row] = continued[row].ravel(), beginnings[row], [None] * width
            place = 0
            for chosen in _best(here, width - len(finished[row])):
                beginning, sign = divmod(int(chosen), signs)
                if sign == end:
                    finished[row].append((old[beginning], float(here[chosen]), True))
                    continue
                beginnings[row][place] = [*old[beginning], sign]
                totals[row, place], last[row, place] = here[chosen], sign
                origins[row, place] = row * width + beginning
                place += 1
        last = last.ravel()
        state = _map(lambda array, origins=origins: array[origins.ravel()], state)

    results = []
    for row in range(batch):
        found = list(finished[row])
        for tokens, total in zip(beginnings[row], totals[row], strict=True):
            if tokens is not None:
                found.append((tokens, float(total), False))
        scored = [
            Decoded(tokens, total, _normalised(total, len(tokens) + ended, alpha), ended)
            for tokens, total, ended in found
        ]
        results.append(sorted(scored, key=lambda one: -one.score))
    return results


# -- what they share -------------------------------------------------------------------------------


def _one_by_one(step, start, state, end, max_length, choose):
    """One sign a row and step; `choose(log_p, rows)` picks one for each of the rows that go on."""
    start, max_length = _starts(start), positive_integer("max_length", max_length)
    batch = len(start)
    last, state = start, _checked_state(state, batch)
    live, totals = np.ones(batch, bool), np.zeros(batch)
    tokens = [[] for _ in range(batch)]
    for _ in range(max_length):
        if not live.any():
            break
        log_p, state = _stepped(step, last, state, live, end)
        rows = np.flatnonzero(live)
        chosen = choose(log_p[rows], rows)
        last = np.full(batch, 0 if end is None else end, "int32")
        for row, sign in zip(rows.tolist(), chosen.tolist(), strict=True):
            totals[row] += log_p[row, sign]
            if sign == end:
                live[row] = False
            else:
                tokens[row].append(sign)
                last[row] = sign
    return [
        Decoded(tokens[row], total, total, not live[row].item())
        for row, total in enumerate(totals.tolist())
    ]


def _stepped(step, last, state, live, end):
    """log softmax of the step's logits, (rows, signs) in float64, even in rows not live; the state."""
    logits, state = step(last, state)
    logits = np.asarray(logits)
    if logits.ndim != 2 or len(logits) != len(last) or not logits.shape[1]:
        raise ValueError(
            f"Expected logits of shape (rows, signs) = ({len(last)}, ...). "
            f"Received shape {logits.shape}"
        )
    signs = logits.shape[1]
    if end is not None and (isinstance(end, bool) or end not in range(signs)):
        raise ValueError(
            f"Expected `end` to be the id of a sign, 0 to {signs - 1}, or None. "
            f"Received: end={end!r}"
        )
    logits = np.where(live[:, None], logits.astype("float64"), 0.0)
    for name, wrong in [
        ("NaN", np.isnan(logits).any(axis=1)),
        ("inf", (logits == np.inf).any(axis=1)),
        ("-inf for every sign", (logits == -np.inf).all(axis=1)),
    ]:
        if wrong.any():
            raise ValueError(
                "Expected logits that are finite, or -inf for a sign that is forbidden. "
                f"Received: {name} in row {int(np.argmax(wrong))} of the batch"
            )
    return _log_softmax(logits), _checked_state(state, len(last))


def _log_softmax(logits):
    logits = logits - logits.max(axis=1, keepdims=True)
    return logits - np.log(np.exp(logits).sum(axis=1, keepdims=True))


def _most_probable(p, top_k, top_p):
    """Which signs stay, boolean like p (rows, signs)."""
    if top_k is None and top_p is None:
        return np.ones(p.shape, bool)
    order = np.argsort(-p, axis=1, kind="stable")  # of equals the smaller id first
    p = np.take_along_axis(p, order, axis=1)
    if top_k is not None:
        p[:, top_k:] = 0.0
    stays = np.ones(p.shape, bool)
    if top_p is not None and top_p < 1:
        share = p / p.sum(axis=1, keepdims=True)
        before = np.cumsum(share, axis=1) - share
        stays = before < top_p - ROUNDING
        stays[:, 0] = True
    if top_k is not None:
        stays[:, top_k:] = False
    allowed = np.empty(p.shape, bool)
    np.put_along_axis(allowed, order, stays, axis=1)
    return allowed


def _best(values, count):
    """Places of the `count` largest values above -inf, the largest first, of equals the earlier first."""
    count = min(count, np.count_nonzero(values > -np.inf))
    if not count:
        return np.array([], int)
    least = np.partition(values, -count)[-count]
    above, equal = np.flatnonzero(values > least), np.flatnonzero(values == least)
    chosen = np.concatenate([above, equal[: count - len(above)]])
    return chosen[np.argsort(-values[chosen], kind="stable")]


def _normalised(log_probability, length, alpha):
    return log_probability / ((5 + length) / 6) ** alpha


def _map(function, state):
    """`function` of every array of a nested state, in the same nesting."""
    if state is None:
        return None
    if isinstance(state, dict):
        return {name: _map(function, part) for name, part in state.items()}
    if isinstance(state, list | tuple):
        parts = [_map(function, part) for part in state]
        named = hasattr(state, "_fields")  # a NamedTuple
        return type(state)(*parts) if named else type(state)(parts)
    return function(state)


def _checked_state(state, rows):
    """The state with NumPy arrays in it."""

    def checked(part):
        array = np.asarray(part)
        if array.dtype == object or not array.ndim or len(array) != rows:
            received = type(part).__name__ if array.dtype == object else f"shape {array.shape}"
            raise ValueError(
                f"Expected every array of the state to have the batch first, {rows} rows. "
                f"Received: {received}"
            )
        return array

    return _map(checked, state)


def _starts(start):
    start = np.asarray(start)
    if start.ndim != 1 or not len(start) or start.dtype.kind not in "iu":
        raise ValueError(
            "Expected `start` to be whole numbers of shape (batch,), one for each row. "
            f"Received: {start.dtype} of shape {start.shape}"
        )
    return start.astype("int32")


def _generators(rng, batch):
    if isinstance(rng, np.random.Generator):
        return rng.spawn(batch)
    if isinstance(rng, list | tuple) and all(isinstance(r, np.random.Generator) for r in rng):
        if len(rng) == batch:
            return rng
        received = f"{len(rng)} of them"
    else:
        received = type(rng).__name__
    raise ValueError(
        "Expected `rng` to be a NumPy Generator (np.random.default_rng(seed)) or a list of one for each "
        f"of {batch} rows. Received: {received}"
    )


def _require_number(name, value, *, above=None, at_least=None, at_most=None, why=""):
    low = f"above {above}" if above is not None else f"from {at_least} on"
    high = "finite" if at_most is None else f"at most {at_most}"
    try:
        right = math.isfinite(value) and not isinstance(value, bool)
    except TypeError:
        right = False
    right = right and (value > above if above is not None else value >= at_least)
    right = right and (at_most is None or value <= at_most)
    if not right:
        raise ValueError(
            f"Expected `{name}` to be a number {low}, {high}. {why}Received: {name}={value!r}"
        )
