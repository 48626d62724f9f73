"""Decoding against the list of all sequences, a beam written out once more, and the softmax."""

import itertools
import math
from typing import NamedTuple

from course_lib import decoding

import mutants
import numpy as np
import pytest
from scipy import stats

SIGNS, UNITS, END = 4, 5, 2
RNG = np.random.default_rng(0)
KERNEL = RNG.normal(scale=1.5, size=(UNITS, UNITS))
VECTORS = RNG.normal(scale=1.5, size=(SIGNS, UNITS))
OUT = RNG.normal(scale=1.5, size=(UNITS, SIGNS))


class Inside(NamedTuple):
    h: np.ndarray
    seen: list


def step(last, state):
    """A small recurrent network; every row is summed by itself, so that no batch changes a digit."""
    inside = state["inside"]
    h = np.tanh((inside.h[:, :, None] * KERNEL).sum(axis=1) + VECTORS[last])
    seen = np.concatenate([inside.seen[0][:, 1:], last[:, None]], axis=1)
    logits = (h[:, :, None] * OUT).sum(axis=1).astype("float32")
    return logits, {"inside": Inside(h, [seen]), "nothing": None}


def starts(batch, seed=1):
    """Start signs and states, all different."""
    rng = np.random.default_rng(seed)
    inside = Inside(rng.normal(size=(batch, UNITS)), [np.zeros((batch, 3), int)])
    return rng.integers(SIGNS, size=batch), {"inside": inside, "nothing": None}


def rows_of(start, state, rows):
    return start[rows], decoding._map(lambda array: array[rows], state)


def log_p_after(start, state, tokens):
    """log P of every next sign after these tokens, of the one row there is."""
    last = start
    for token in tokens:
        _, state = step(last, state)
        last = np.array([token])
    logits, _ = step(last, state)
    logits = logits[0].astype("float64")
    return logits - math.log(sum(math.exp(one) for one in logits))


def all_sequences(start, state, max_length, alpha):
    """Every sequence that can come out, by score: [(tokens, log P, score, ended)]."""
    found = []
    others = [sign for sign in range(SIGNS) if sign != END]
    for length in range(max_length + 1):
        for tokens in itertools.product(others, repeat=length):
            total = sum(
                log_p_after(start, state, tokens[:t])[sign] for t, sign in enumerate(tokens)
            )
            ended = length < max_length
            if ended:
                total += log_p_after(start, state, tokens)[END]
            score = total / ((5 + length + ended) / 6) ** alpha
            found.append((list(tokens), total, score, ended))
    return sorted(found, key=lambda one: -one[2])


def agree(mine, expected):
    assert [(one.tokens, one.ended) for one in mine] == [(one[0], one[3]) for one in expected]
    numbers = [(one.log_probability, one.score) for one in mine]
    np.testing.assert_allclose(numbers, [one[1:3] for one in expected], rtol=0, atol=1e-9)


# -- beam search -----------------------------------------------------------------------------------


@pytest.mark.parametrize("alpha", [0.0, 0.6, 1.0, 3.0])
def test_a_beam_with_room_for_all_lists_every_sequence(alpha):
    start, state = starts(2)
    room = sum(3**length for length in range(5))  # 3 signs besides the end, up to 4 of them
    found = decoding.beam_search(step, start, state, end=END, max_length=4, width=room, alpha=alpha)
    for row in range(2):
        expected = all_sequences(*rows_of(start, state, [row]), 4, alpha)
        assert len(expected) == room
        agree(found[row], expected)
        assert sum(math.exp(one.log_probability) for one in found[row]) == pytest.approx(1)


def slow_beam(start, state, max_length, width, alpha):
    """Beam search of one row, a beginning at a time."""
    live, finished = [([], 0.0)], []
    for _ in range(max_length):
        continued = [
            ([*tokens, sign], total + log_p)
            for tokens, total in live
            for sign, log_p in enumerate(log_p_after(start, state, tokens))
        ]
        continued.sort(key=lambda one: -one[1])
        best = continued[: width - len(finished)]
        finished += [(tokens[:-1], total, True) for tokens, total in best if tokens[-1] == END]
        live = [one for one in best if one[0][-1] != END]
    found = []
    for tokens, total, ended in [*finished, *((*one, False) for one in live)]:
        score = total / ((5 + len(tokens) + ended) / 6) ** alpha
        found.append((tokens, total, score, ended))
    return sorted(found, key=lambda one: -one[2])


@pytest.mark.parametrize("alpha", [0.0, 0.7])
@pytest.mark.parametrize("width", [1, 2, 3, 7])
def test_a_beam_is_what_it_is_beginning_by_beginning(width, alpha):
    start, state = starts(6)
    found = decoding.beam_search(
        step, start, state, end=END, max_length=6, width=width, alpha=alpha
    )
    for row in range(6):
        agree(found[row], slow_beam(*rows_of(start, state, [row]), 6, width, alpha))


@pytest.mark.parametrize("alpha", [0.0, 1.0])
def test_a_beam_of_width_1_is_greedy(alpha):
    start, state = starts(40)
    chosen = decoding.greedy(step, start, state, end=END, max_length=4)
    found = decoding.beam_search(step, start, state, end=END, max_length=4, width=1, alpha=alpha)
    assert {one.ended for one in chosen} == {True, False}
    for mine, (other,) in zip(chosen, found, strict=True):
        assert (mine.tokens, mine.ended) == (other.tokens, other.ended)
        assert mine.log_probability == pytest.approx(other.log_probability, abs=1e-9)


def test_a_wide_beam_finds_what_greedy_misses():
    # from 3 the sign 1 looks best, but what follows it is uncertain
    logits = np.log([[1 / 3] * 3, [1 / 3] * 3, [0.9, 0.05, 0.05], [0.1, 0.5, 0.4]])

    def table(last, state):
        return logits[last], state

    arguments = {"end": 0, "max_length": 3}
    assert decoding.greedy(table, [3], **arguments)[0].tokens == [1]
    ((best, *_),) = decoding.beam_search(table, [3], width=2, **arguments)
    assert best.tokens == [2] and best.log_probability == pytest.approx(math.log(0.36))


def test_length_counts_with_the_end_sign_and_alpha_favours_the_longer_one():
    logits = np.log([[1, 1], [0.6, 0.4]])  # end sign 0; 1 goes on
    arguments = {"end": 0, "max_length": 2, "width": 3}
    for alpha, first in [(0.0, []), (30.0, [1])]:
        (found,) = decoding.beam_search(
            lambda last, s: (logits[last], s), [1], alpha=alpha, **arguments
        )
        assert [one.ended for one in found] == [one.tokens != [1, 1] for one in found]
        assert found[0].tokens == first
        for one in found:
            length = len(one.tokens) + one.ended
            assert one.score == pytest.approx(one.log_probability / ((5 + length) / 6) ** alpha)


# -- one sign at a time ----------------------------------------------------------------------------


def test_greedy_takes_the_most_probable_sign_until_the_end_sign():
    start, state = starts(20)
    for row, mine in enumerate(decoding.greedy(step, start, state, end=END, max_length=8)):
        tokens, total = [], 0.0
        for _ in range(8):
            log_p = log_p_after(*rows_of(start, state, [row]), tokens)
            total += log_p.max()
            if log_p.argmax() == END:
                break
            tokens.append(int(log_p.argmax()))
        assert mine.tokens == tokens and mine.ended == (len(tokens) < 8)
        assert mine.log_probability == mine.score == pytest.approx(total, abs=1e-9)


def test_without_an_end_sign_every_row_goes_on_to_the_last_step():
    start, state = starts(3)
    for one in decoding.greedy(step, start, state, end=None, max_length=9):
        assert len(one.tokens) == 9 and not one.ended
    for (one,) in decoding.beam_search(step, start, state, end=None, max_length=9, width=1):
        assert len(one.tokens) == 9 and not one.ended
    rng = np.random.default_rng(0)
    for one in decoding.sample(step, start, state, end=None, max_length=9, rng=rng):
        assert len(one.tokens) == 9 and not one.ended


def fixed(logits):
    """A model that always gives these logits."""
    logits = np.asarray(logits, "float64")
    return lambda last, state: (np.tile(logits, (len(last), 1)), state)


def drawn(logits, count=20_000, seed=3, **arguments):
    """How often each sign is drawn in `count` independent rows of one step."""
    found = decoding.sample(
        fixed(logits),
        np.zeros(count, int),
        end=None,
        max_length=1,
        rng=np.random.default_rng(seed),
        **arguments,
    )
    return np.bincount([one.tokens[0] for one in found], minlength=len(logits))


PROBABILITIES = np.array([0.05, 0.4, 0.1, 0.25, 0.2])


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        ({}, PROBABILITIES),
        ({"temperature": 0.5}, PROBABILITIES**2),
        ({"temperature": 2.0}, PROBABILITIES**0.5),
        ({"top_k": 3}, [0, 0.4, 0, 0.25, 0.2]),
        ({"top_k": 9}, PROBABILITIES),
        ({"top_p": 0.6}, [0, 0.4, 0, 0.25, 0]),
        ({"top_p": 0.66}, [0, 0.4, 0, 0.25, 0.2]),
        ({"top_p": 1.0}, PROBABILITIES),
        ({"temperature": 0.5, "top_p": 0.7}, [0, 0.4**2, 0, 0.25**2, 0]),  # 0.16 of 0.275 is 0.58
        # of 0.4, 0.25 and 0.2 the first is 0.47, the first two 0.76
        ({"top_k": 3, "top_p": 0.7}, [0, 0.4, 0, 0.25, 0]),
    ],
)
def test_signs_are_drawn_as_often_as_the_softmax_says(arguments, expected):
    expected = np.array(expected) / np.sum(expected)
    counts = drawn(np.log(PROBABILITIES) + 7.0, **arguments)
    assert not counts[expected == 0].any()
    possible = expected > 0
    test = stats.chisquare(counts[possible], counts.sum() * expected[possible])
    assert test.pvalue > 0.01


def test_the_second_sign_depends_on_the_first():
    logits = np.log([[0.5, 0.5], [0.1, 0.9]])
    found = decoding.sample(
        lambda last, state: (logits[last], state),
        np.zeros(20_000, int),
        end=None,
        max_length=2,
        rng=np.random.default_rng(4),
    )
    pairs = np.bincount([2 * one.tokens[0] + one.tokens[1] for one in found], minlength=4)
    assert stats.chisquare(pairs, 20_000 * np.array([0.25, 0.25, 0.05, 0.45])).pvalue > 0.01
    both = dict.fromkeys([(0, 0), (0, 1)], 0.25) | {(1, 0): 0.05, (1, 1): 0.45}
    for one in found[:50]:
        assert math.exp(one.log_probability) == pytest.approx(both[tuple(one.tokens)])


def test_the_log_probability_is_the_models_whatever_was_cut():
    (one,) = decoding.sample(
        fixed(np.log(PROBABILITIES)),
        [0],
        end=None,
        max_length=3,
        rng=np.random.default_rng(0),
        temperature=0.1,
        top_k=1,
    )
    assert one.tokens == [1, 1, 1] and one.log_probability == pytest.approx(3 * math.log(0.4))


def kept(p, **arguments):
    return decoding._most_probable(
        np.array([p], float), arguments.get("top_k"), arguments.get("top_p")
    )[0].tolist()


def test_top_p_keeps_the_smallest_set():
    rng = np.random.default_rng(5)
    for p, top_p in zip(rng.dirichlet(np.ones(6), size=300), rng.uniform(size=300), strict=True):
        stays = np.array(kept(p, top_p=top_p))
        assert p[stays].sum() >= top_p  # it is enough,
        assert p[stays].sum() - p[stays].min() < top_p  # one less is not,
        assert stays.all() or p[stays].min() >= p[~stays].max()  # and none outside is more probable
    assert kept([0.2, 0.5, 0.3], top_p=1e-300) == [False, True, False]
    assert kept([0.1] * 10, top_p=0.8) == [True] * 8 + [False] * 2  # 8 times 0.1 is less than 0.8
    assert kept([0.5, 0.0, 0.5], top_p=0.9) == [True, False, True]


def test_of_equals_the_smaller_id_stays_and_is_taken():
    assert kept([0.1, 0.3, 0.3, 0.3], top_k=2) == [False, True, True, False]
    assert kept([0.25, 0.25, 0.25, 0.25], top_p=0.5) == [True, True, False, False]
    even = fixed([1.0, 2.0, 2.0, 2.0])
    assert decoding.greedy(even, [0], end=None, max_length=1)[0].tokens == [1]
    (found,) = decoding.beam_search(even, [0], end=None, max_length=2, width=4)
    assert [one.tokens for one in found] == [[1, 1], [1, 2], [1, 3], [2, 1]]
    assert decoding._best(np.array([1.0, 3.0, 2.0, 3.0, 2.0]), 3).tolist() == [1, 3, 2]


def test_a_temperature_near_0_is_greedy_and_a_large_one_even():
    logits = [1.0, 3.0, -np.inf, 2.0]
    assert drawn(logits, 100, temperature=1e-310).tolist() == [0, 100, 0, 0]
    counts = drawn(logits, temperature=1e300)
    assert counts[2] == 0 and stats.chisquare(counts[[0, 1, 3]]).pvalue > 0.01


def test_a_forbidden_sign_never_comes():
    logits = [0.0, -np.inf, 1.0]
    assert drawn(logits, top_k=3)[1] == 0
    (found,) = decoding.beam_search(fixed(logits), [0], end=None, max_length=2, width=9)
    assert len(found) == 4 and not any(1 in one.tokens for one in found)
    first = decoding.sample(fixed([-np.inf, 0.0]), [0], end=None, max_length=1, rng=[Zero(0)])
    assert first[0].tokens == [1]


class Zero(np.random.Generator):
    """A generator whose every number is 0, the smallest there is."""

    def __init__(self, seed):
        super().__init__(np.random.PCG64(seed))

    def random(self, *arguments):
        return 0.0


# -- batches ---------------------------------------------------------------------------------------


def generators(batch):
    return [np.random.default_rng(100 + row) for row in range(batch)]


METHODS = {
    "greedy": lambda *given, rng: decoding.greedy(step, *given, end=END, max_length=9),
    "sampling": lambda *given, rng: decoding.sample(
        step, *given, end=END, max_length=9, rng=rng, temperature=1.3, top_k=3, top_p=0.95
    ),
    "beam": lambda *given, rng: decoding.beam_search(step, *given, end=END, max_length=9, width=3),
}


@pytest.mark.parametrize("name", METHODS)
def test_a_batch_equals_one_by_one_in_any_order(name):
    decode, batch = METHODS[name], 12
    start, state = starts(batch)
    together = decode(start, state, rng=generators(batch))
    alone = [
        decode(*rows_of(start, state, [row]), rng=[generators(batch)[row]])[0]
        for row in range(batch)
    ]
    assert together == alone
    order = np.random.default_rng(9).permutation(batch)
    mixed = decode(*rows_of(start, state, order), rng=[generators(batch)[row] for row in order])
    assert mixed == [together[row] for row in order]


def test_one_generator_gives_every_row_its_own_and_the_same_again():
    start, state = (np.repeat(part, 30, axis=0) for part in (np.array([0]), np.zeros((1, 1))))

    def once(seed, rows=30):
        rng = np.random.default_rng(seed)
        model = fixed(np.zeros(8))
        return [
            one.tokens
            for one in decoding.sample(
                model, start[:rows], state[:rows], end=7, max_length=20, rng=rng
            )
        ]

    assert once(1) == once(1) != once(2)
    assert len({tuple(tokens) for tokens in once(1)}) > 20
    assert once(1, rows=10) == once(1)[:10]
    rng = np.random.default_rng(1)
    model, arguments = fixed(np.zeros(8)), {"end": None, "max_length": 9, "rng": rng}
    assert decoding.sample(model, [0], **arguments) != decoding.sample(model, [0], **arguments)


def test_a_row_that_ended_is_not_looked_at_and_the_batch_keeps_its_size():
    """A model may fail on what follows an end sign."""
    seen = []

    def fails_after_the_end(last, state):
        seen.append(last.tolist())
        logits, state = step(last, state)
        return np.where((last == END)[:, None], np.nan, logits), state

    start, state = starts(8)
    start = np.where(start == END, 0, start)
    arguments = {"end": END, "max_length": 9}
    expected = decoding.greedy(step, start, state, **arguments)
    assert decoding.greedy(fails_after_the_end, start, state, **arguments) == expected
    assert {len(last) for last in seen} == {8}
    for row, one in enumerate(expected):
        after = [last[row] for last in seen[len(one.tokens) + 1 :]]
        assert set(after) <= {END}
    seen.clear()
    wide = decoding.beam_search(step, start, state, width=3, **arguments)
    assert decoding.beam_search(fails_after_the_end, start, state, width=3, **arguments) == wide
    assert {len(last) for last in seen} == {24}


def test_it_stops_when_every_row_has_ended():
    calls = []

    def model(last, state):
        calls.append(len(last))
        return fixed([0.0, 5.0])(last, state)

    assert decoding.greedy(model, [0, 0], end=1, max_length=10**9)[1].tokens == []
    assert len(calls) == 1
    decoding.beam_search(model, [0], end=0, max_length=3, width=1)
    assert len(calls) == 4


def test_log_probabilities_are_computed_in_double_precision_from_half():
    logits = np.array([60000.0, -60000.0, 59968.0], "float16")
    model = lambda last, state: (np.tile(logits, (len(last), 1)), state)  # noqa: E731
    (one,) = decoding.greedy(model, [0], end=None, max_length=1)
    assert one.log_probability == pytest.approx(-math.log1p(math.exp(-32)), abs=1e-15)


# -- what is refused -------------------------------------------------------------------------------


def decodings(model, start=(0, 0), state=None, end=0, max_length=3):
    given = {"end": end, "max_length": max_length}
    return [
        lambda: decoding.greedy(model, start, state, **given),
        lambda: decoding.sample(model, start, state, rng=np.random.default_rng(0), **given),
        lambda: decoding.beam_search(model, start, state, width=2, **given),
    ]


@pytest.mark.parametrize(
    ("logits", "expected"),
    [
        ([[0.0, 1.0], [0.0, np.nan]], "Received: NaN in row"),
        ([[0.0, 1.0], [0.0, np.inf]], "Received: inf in row"),
        ([[0.0, 1.0], [-np.inf, -np.inf]], "Received: -inf for every sign in row"),
        ([[0.0, 1.0]], r"shape \(rows, signs\) = \(\d, ...\). Received shape \(1, 2\)"),
        ([0.0, 1.0], r"Received shape \(2,\)"),
        (np.zeros((2, 0)), r"Received shape \(2, 0\)"),
    ],
)
def test_logits_that_are_none_are_refused(logits, expected):
    def model(last, state):
        if len(last) == 4 and np.shape(logits) == (2, 2):  # a beam of two
            return np.repeat(logits, 2, axis=0), state
        return logits, state

    for decode in decodings(model):
        with pytest.raises(ValueError, match=expected):
            decode()


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ({"start": []}, r"`start` to be whole numbers of shape \(batch,\)"),
        ({"start": 3}, r"Received: int64 of shape \(\)"),
        ({"start": [[1]]}, r"of shape \(1, 1\)"),
        ({"start": [0.0, 1.0]}, "Received: float64"),
        ({"start": [True, False]}, "Received: bool"),
        ({"max_length": 0}, "`max_length` to be a positive integer"),
        ({"max_length": 2.0}, "`max_length` to be a positive integer"),
        ({"end": 2}, "`end` to be the id of a sign, 0 to 1, or None. Received: end=2"),
        ({"end": -1}, "Received: end=-1"),
        ({"end": "."}, "Received: end='.'"),
        ({"end": True}, "Received: end=True"),
        ({"state": [np.zeros((3, 2))]}, r"batch first, 2 rows. Received: shape \(3, 2\)"),
        ({"state": {"h": 0.0}}, r"Received: shape \(\)"),
        ({"state": object()}, "Received: object"),
    ],
)
def test_what_no_decoding_can_start_from_is_refused(given, expected):
    for decode in decodings(fixed([0.0, 1.0]), **given):
        with pytest.raises(ValueError, match=expected):
            decode()


def test_a_state_that_comes_back_without_the_batch_is_refused():
    for decode in decodings(lambda last, state: (np.zeros((len(last), 2)), np.zeros(1))):
        with pytest.raises(ValueError, match=r"the batch first, \d rows. Received: shape \(1,\)"):
            decode()


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (
            {"temperature": 0},
            "above 0, finite. For the limit 0 use greedy. Received: temperature=0",
        ),
        ({"temperature": -1.0}, "Received: temperature=-1.0"),
        ({"temperature": np.inf}, "Received: temperature=inf"),
        ({"temperature": np.nan}, "Received: temperature=nan"),
        ({"temperature": "1"}, "Received: temperature='1'"),
        ({"temperature": True}, "Received: temperature=True"),
        ({"top_k": 0}, "`top_k` to be a positive integer"),
        ({"top_p": 0.0}, "`top_p` to be a number above 0, at most 1"),
        ({"top_p": 1.5}, "Received: top_p=1.5"),
        ({"rng": 7}, "a list of one for each of 2 rows. Received: int"),
        ({"rng": np.random}, "Received: module"),
        ({"rng": [np.random.default_rng(0)]}, "Received: 1 of them"),
    ],
)
def test_sampling_refuses(arguments, expected):
    given = {"rng": np.random.default_rng(0), "end": 0, "max_length": 3, **arguments}
    with pytest.raises(ValueError, match=expected):
        decoding.sample(fixed([0.0, 1.0]), [0, 0], **given)


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        ({"width": 0}, "`width` to be a positive integer"),
        ({"alpha": -0.1}, "`alpha` to be a number from 0 on, finite. Received: alpha=-0.1"),
        ({"alpha": np.inf}, "Received: alpha=inf"),
    ],
)
def test_beam_search_refuses(arguments, expected):
    with pytest.raises(ValueError, match=expected):
        decoding.beam_search(
            fixed([0.0, 1.0]), [0], end=0, max_length=3, **{"width": 2, **arguments}
        )


# -- would these comparisons see a mistake? --------------------------------------------------------

everything_listed = (test_a_beam_with_room_for_all_lists_every_sequence, 0.6)
by_hand = (test_a_beam_is_what_it_is_beginning_by_beginning, 3, 0.7)
equals = test_of_equals_the_smaller_id_stays_and_is_taken
softmax = test_signs_are_drawn_as_often_as_the_softmax_says

# what is wrong with it: (function, piece of its source, what stands there instead, the test that sees it)
MUTATIONS = {
    "ended sequences give their place away": (
        decoding.beam_search,
        "width - len(finished[row])",
        "width",
        by_hand,
    ),
    "the state of another beginning": (
        decoding.beam_search,
        "row * width + beginning",
        "row * width",
        by_hand,
    ),
    "the state of another row": (
        decoding.beam_search,
        "row * width + beginning",
        "beginning",
        by_hand,
    ),
    "the end sign kept": (
        decoding.beam_search,
        "(old[beginning], float",
        "([*old[beginning], sign], float",
        everything_listed,
    ),
    "what did not end dropped": (
        decoding.beam_search,
        "if tokens is not None:",
        "if False:",
        everything_listed,
    ),
    "the end sign not counted": (
        decoding.beam_search,
        "len(tokens) + ended",
        "len(tokens)",
        everything_listed,
    ),
    "sorted by log P": (
        decoding.beam_search,
        "-one.score",
        "-one.log_probability",
        everything_listed,
    ),
    "another penalty": (decoding._normalised, "(5 + length) / 6", "length", everything_listed),
    "the best last": (
        decoding._best,
        "-values[chosen]",
        "values[chosen]",
        (equals,),
    ),
    "no softmax": (
        decoding._log_softmax,
        "logits - np.log(np.exp(logits).sum(axis=1, keepdims=True))",
        "logits",
        by_hand,
    ),
    "temperature multiplies": (
        decoding.sample,
        "/ temperature",
        "* temperature",
        (softmax, {"temperature": 0.5}, PROBABILITIES**2),
    ),
    "cuts forgotten": (
        decoding.sample,
        "np.where(_most_probable(p, top_k, top_p), p, 0.0)",
        "p",
        (softmax, {"top_k": 3}, [0, 0.4, 0, 0.25, 0.2]),
    ),
    "the number below the first sum": (
        decoding.sample,
        "cumulative <= marks",
        "cumulative < marks",
        (test_a_forbidden_sign_never_comes,),
    ),
    "one generator for all rows": (
        decoding.sample,
        "generators[row].random()",
        "generators[0].random()",
        (test_a_batch_equals_one_by_one_in_any_order, "sampling"),
    ),
    "one sign too few": (
        decoding._most_probable,
        "before < top_p",
        "before + share < top_p",
        (test_top_p_keeps_the_smallest_set,),
    ),
    "no room for rounding": (
        decoding._most_probable,
        "- ROUNDING",
        "",
        (test_top_p_keeps_the_smallest_set,),
    ),
    "top_p of all, not of the top_k": (
        decoding._most_probable,
        "p[:, top_k:] = 0.0",
        "pass",
        (softmax, {"top_k": 3, "top_p": 0.7}, [0, 0.4, 0, 0.25, 0]),
    ),
    "the end sign's probability forgotten": (
        decoding._one_by_one,
        "totals[row] += log_p[row, sign]",
        "totals[row] += log_p[row, sign] * (sign != end)",
        (test_greedy_takes_the_most_probable_sign_until_the_end_sign,),
    ),
    "the last sign not told": (
        decoding._one_by_one,
        "last[row] = sign",
        "pass",
        (test_greedy_takes_the_most_probable_sign_until_the_end_sign,),
    ),
}


test_a_mistake_is_caught, test_the_source_as_it_stands_passes = mutants.tests_of(MUTATIONS)
