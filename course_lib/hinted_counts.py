"""A teacher of poetry who counts: n-grams of quatrains, times what hints say of each character.

A hint is a small table that knows one thing: which characters stand at this place, which rhyme with that
one. It is the strongest rival of a network that writes quatrains, and shows what the network had to find
out by itself.
"""

import math
from collections import Counter, defaultdict
from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence

import numpy as np

Hint = Callable[[Sequence[str], int | None], Hashable]
"""(the lines so far, the last one unfinished; their length or None) -> what the table is asked with."""

ENDS = "/."
"""The signs that end a line; the last of them ends a text."""

DISCOUNT = 0.75


def _place(lines, length):
    return length, len(lines), len(lines[-1])


def _pair_at_place(lines, length):
    return length, len(lines[-1]), lines[-1][-1:]


def _rhyme(lines, length):
    if length and len(lines) in (2, 4) and len(lines[-1]) == length - 1:
        return lines[len(lines) // 2 - 1][-1]
    return None


def _above(lines, length):
    return (len(lines) % 2, lines[-2][len(lines[-1])]) if len(lines) > 1 else None


def _two_back(lines, length):
    return lines[-1][-2] if len(lines[-1]) > 1 else None


HINTS: dict[str, Hint] = {
    "place": _place,
    "pair at its place": _pair_at_place,
    "rhyme": _rhyme,
    "above": _above,
    "two back": _two_back,
}
"""Place in line and poem; the character before, at this place; the character that the end of line 2 or 4
has to rhyme with; the one above it in the line before; the one before the last."""


class HintedCounts:
    """Counts of strings, multiplied by tables that know quatrains, in proportions fitted to other poems.

        P(w | u) = P_n(w | u)^a0 * P(w)^b * prod_f r_f(w | u)^af / Z(u),    w: characters

        r_f(w | u) = 1 + max(c_f(k, w) - D, 0) / (g c_f(k, .) Q_f(w)),    k = f(u),  D = 0.75

    P_n is the n-gram model. c_f(k, w) counts, over the training poems, how often w stood where hint f
    answered k, and g is D times the number of different w, over c_f(k, .): so g Q_f(w) r_f(w | u) is an
    absolutely discounted estimate of P(w | k) that falls back on Q_f. It falls back on P(w), and the hints
    in `longer` on P_n(w | u). A hint without an answer (None) has r = 1. The exponents are those that
    lose fewest bits on poems that were not counted, found by L-BFGS.

    Line ends are certain once the length is known: see `language_models.bits_with_ruler`. Until then, in
    the first five places, every hint is given None as length, so that nothing is known before it is read.

    Args:
        model: with `signs` and `distribution(context)`, such as `language_models.KneserNey`.
        train: poems to count, four lines of five or seven characters parted by "/".
        fit: poems to fit the exponents on.
        hints: name -> hint.
        longer: names of hints that fall back on the n-grams, because they know what those know.
        mutual: names of hints that are counted both ways round: what rhymes with that rhymes with this.
        places: so many places, drawn at random from `fit`, serve the fit.
        seed: of that drawing.

    Attributes:
        weights: name -> exponent; "strings" for a0, "single" for b.
        numbers: how many numbers are stored beside those of `model`.

    Raises:
        ValueError: a poem is no quatrain; a name in `longer` or `mutual` is no hint; a hint in `mutual`
            answers with something else than a character.

    Source: Klakow (1998), Log-Linear Interpolation of Language Models, ICSLP.
    """

    def __init__(
        self,
        model,
        train: Iterable[str],
        fit: Iterable[str],
        hints: Mapping[str, Hint] = HINTS,
        *,
        longer: Iterable[str] = ("pair at its place",),
        mutual: Iterable[str] = ("rhyme",),
        places: int = 1500,
        seed: int = 0,
    ):
        self._model, self._hints = model, dict(hints)
        self._longer, self._mutual = set(longer), set(mutual)
        strangers = (self._longer | self._mutual) - self._hints.keys()
        if strangers:
            raise ValueError(
                f"longer, mutual: expected some of {list(hints)}. Received: {sorted(strangers)}"
            )
        train = list(train)
        self._number = {sign: i for i, sign in enumerate(model.signs)}
        self._characters = np.array([sign not in ENDS for sign in model.signs])
        self._share = np.mean([text.index("/") == 5 for text in train])
        self._count(train)
        self._fit(list(fit), places, seed)

    def _count(self, train):
        single = np.zeros(len(self._number))
        counted = {name: defaultdict(Counter) for name in self._hints}
        for text in train:
            for lines, length, sign in _places(text):
                single[self._number[sign]] += 1
                for name, hint in self._hints.items():
                    key = hint(lines, length)
                    if key is not None:
                        counted[name][key][sign] += 1
                        if name in self._mutual:
                            if key not in self._number:
                                raise ValueError(
                                    "mutual: expected a hint that answers with a character. "
                                    f"Received from {name!r}: {key!r}"
                                )
                            counted[name][sign][key] += 1
        self._single = np.maximum(single, 1e-6) / single.sum()
        self._tables = {
            name: {key: self._table(of, name) for key, of in keys.items()}
            for name, keys in counted.items()
        }
        stored = (len(at) for keys in self._tables.values() for at, _ in keys.values())
        self.numbers = sum(stored) + int(self._characters.sum()) + len(self._hints) + 2

    def _table(self, counts, name):
        """(numbers of the characters seen, the second term of r times Q) of one answer of a hint."""
        at = np.array([self._number[sign] for sign in counts])
        c = np.array([*counts.values()], dtype=float)
        second = (c - DISCOUNT) / (DISCOUNT * len(c))
        return at, second if name in self._longer else second / self._single[at]

    def _factors(self, lines, length):
        """Logarithms of all factors at one place, (2 + hints, signs)."""
        so_far = "." + "/".join(lines)
        strings = np.asarray(self._model.distribution(so_far))
        strings = np.maximum(np.where(self._characters, strings, 0), 1e-12)
        factors = np.zeros((2 + len(self._hints), len(strings)), "float32")
        factors[0], factors[1] = np.log(strings), np.log(self._single)
        for row, (name, hint) in enumerate(self._hints.items(), 2):
            at, second = self._tables[name].get(hint(lines, length), ((), ()))
            if len(at):
                factors[row, at] = np.log1p(
                    second / strings[at] if name in self._longer else second
                )
        return factors

    def _log_p(self, factors, weights):
        """ln P of the characters from factors (..., 2 + hints, signs)."""
        scores = np.einsum("...fs,f->...s", factors, np.asarray(weights, "float32"))
        scores = np.where(self._characters, scores, -np.inf)
        scores -= scores.max(axis=-1, keepdims=True)
        return scores - np.log(np.exp(scores).sum(axis=-1, keepdims=True))

    def _fit(self, texts, places, seed):
        from scipy.optimize import minimize  # not needed by those who only count

        every = [place for text in texts for place in _places(text)]
        drawn = np.random.default_rng(seed).permutation(len(every))[:places]
        factors = np.stack([self._factors(*every[i][:2]) for i in drawn])
        right = [self._number[every[i][2]] for i in drawn]
        rows = np.arange(len(right))

        def loss(weights):
            log_p = self._log_p(factors, weights)
            expected = np.einsum("nfs,ns->nf", factors, np.exp(log_p), optimize=True)
            slope = (expected - factors[rows, :, right]).mean(axis=0)
            return float(-log_p[rows, right].mean()), slope.astype(float)

        start = np.zeros(factors.shape[1])
        start[0] = 1  # the n-grams alone
        found = minimize(loss, start, jac=True, method="L-BFGS-B", options={"maxiter": 30})
        names = ["strings", "single", *self._hints]
        self.weights = dict(zip(names, map(float, found.x), strict=True))

    def bits(self, text: str) -> list[float]:
        """-log2 P of each sign of a quatrain, its line ends and its end included.

        Raises:
            ValueError: not four lines, all of five or all of seven signs.
        """
        bits, weights = [], list(self.weights.values())
        for lines, length, sign in _places(text):
            log_p = self._log_p(self._factors(lines, length), weights)
            bits.append(-log_p[self._number[sign]] / math.log(2))
            if len(lines[-1]) == len(text.split("/")[0]) - 1:
                bits.append(0.0)  # the end of a line is certain,
        five = text.index("/") == 5
        bits[5] -= math.log2(self._share if five else 1 - self._share)  # but for the first
        return bits


def _places(text):
    """(lines so far, their length once it is known, the character that comes) of each character."""
    whole = text.split("/")
    if [len(line) for line in whole] not in ([5] * 4, [7] * 4):
        raise ValueError(f"Expected four lines of five or of seven signs. Received: {text!r}")
    for j, line in enumerate(whole):
        for k, sign in enumerate(line):
            known = j > 0 or k > 4
            yield [*whole[:j], line[:k]], len(line) if known else None, sign
