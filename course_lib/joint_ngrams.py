"""Letters and phonemes side by side: the classical way from a spelling to a pronunciation.

A word of letters l_1 ... l_n is cut into n units (l_i, q_i). Each letter says q_i: no phoneme, one, or two.

    m i x e d           m:M  i:IH  x:K S  e:-  d:T           M IH K S T

Nobody writes down who says what. `align` finds it by expectation maximisation from spellings and
pronunciations alone. After that a pronunciation is a sentence over units, and any n-gram model can learn
it: `JointNgram`. The simplest use of the units is a table of letters in their context: `LongestMatch`.
"""

import math
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Sequence

from course_lib.checks import positive_integer

import numpy as np
from rapidfuzz import process
from rapidfuzz.distance import Levenshtein

MOST = 2
"""The most phonemes that one letter says: x says K S."""


def align(spellings: Sequence[str], pronunciations: Sequence[Sequence], *, iterations: int = 6):
    """Which phonemes each letter says, the most probable way to cut every word.

        P(phonemes | letters) = Σ over all cuts Π_i p(q_i | l_i)

    p starts even. Each iteration counts how often a letter says q, every cut weighted by its probability
    (forward and backward sums), and sets p(q | l) to the share. Iterations cannot lower the likelihood.

    >>> words = ["tax", "at", "act", "cat"]
    >>> said = ["T AE K S".split(), "AE T".split(), "AE K T".split(), "K AE T".split()]
    >>> align(words, said)[0]
    [('t', ('T',)), ('a', ('AE',)), ('x', ('K', 'S'))]

    Args:
        spellings: words, sequences of letters.
        pronunciations: for each a sequence of phonemes.
        iterations: rounds of expectation maximisation.

    Returns:
        for each word a list of (letter, tuple of phonemes), one a letter; None for a word with more
        phonemes than its letters can say, which takes no part.

    Raises:
        ValueError: no words, a different number of pronunciations, an empty spelling, no word that can be
            cut, iterations that are no positive integer.

    Sources: Dempster, A. P., Laird, N. M. and Rubin, D. B. (1977). Maximum likelihood from incomplete data
    via the EM algorithm. JRSS B 39. Black, A., Lenzo, K. and Pagel, V. (1998). Issues in building general
    letter to sound rules. ESCA workshop on speech synthesis: letters that say 0, 1 or 2 phonemes.
    """
    iterations = positive_integer("iterations", iterations)
    spellings, pronunciations = list(spellings), [tuple(said) for said in pronunciations]
    if not spellings or len(spellings) != len(pronunciations):
        raise ValueError(
            "Expected as many pronunciations as spellings, at least one. "
            f"Received: {len(spellings)} spellings and {len(pronunciations)} pronunciations"
        )
    if not all(map(len, spellings)):
        raise ValueError("Expected spellings with at least one letter. Received: an empty one")
    fits = [
        number
        for number, (word, said) in enumerate(zip(spellings, pronunciations, strict=True))
        if len(said) <= MOST * len(word)
    ]
    if not fits:
        raise ValueError(f"Expected a word with at most {MOST} phonemes a letter. Received: none")
    letters = sorted({letter for number in fits for letter in spellings[number]})
    phonemes = sorted({phoneme for number in fits for phoneme in pronunciations[number]})
    lattice = _Lattice(len(letters), len(phonemes))
    letter_of = {letter: number for number, letter in enumerate(letters)}
    phoneme_of = {phoneme: number for number, phoneme in enumerate(phonemes)}

    groups = defaultdict(list)  # words of one length together, so that NumPy takes them at once
    for number in fits:
        groups[len(spellings[number])].append(number)
    arrays = []
    for numbers in groups.values():
        lengths = np.array([len(pronunciations[number]) for number in numbers])
        spelt = np.array([[letter_of[sign] for sign in spellings[number]] for number in numbers])
        said = np.zeros((len(numbers), max(lengths.max(), 1)), int)
        for row, number in enumerate(numbers):
            said[row, : lengths[row]] = [phoneme_of[sign] for sign in pronunciations[number]]
        arrays.append((numbers, lattice.units(spelt, said), lengths))

    p = np.full(lattice.size, 1.0)
    for _ in range(iterations):
        counts = sum(lattice.expected(p, units, lengths) for _, units, lengths in arrays)
        by_letter = counts.reshape(len(letters), -1)
        total = by_letter.sum(axis=1, keepdims=True)
        p = (by_letter / np.where(total > 0, total, 1)).ravel()

    found = [None] * len(spellings)
    for numbers, units, lengths in arrays:
        for number, takes in zip(numbers, lattice.best(p, units, lengths), strict=True):
            ends = np.cumsum(takes)
            found[number] = [
                (letter, pronunciations[number][end - take : end])
                for letter, take, end in zip(spellings[number], takes, ends, strict=True)
            ]
    return found


class _Lattice:
    """All cuts of words with n letters: after letter i, j phonemes have been said.

    A unit's number is letter * kinds + 0 for no phoneme, + 1 + q for one, + 1 + P + q * P + q' for two.
    `units` gives three arrays (words, n, phonemes + 1): the unit that letter i would say from j on with
    0, 1 and 2 phonemes, or -1 where it cannot.
    """

    def __init__(self, letters, phonemes):
        self._phonemes, self._kinds = phonemes, 1 + phonemes + phonemes**2
        self.size = letters * self._kinds

    def units(self, spelt, said):
        words, places = said.shape
        base = spelt[:, :, None] * self._kinds
        shape = (words, spelt.shape[1], places + 1)
        none = np.broadcast_to(base, shape)
        one, two = np.full(shape, -1), np.full(shape, -1)
        one[:, :, :places] = base + 1 + said[:, None]
        pairs = said[:, :-1] * self._phonemes + said[:, 1:]
        two[:, :, : places - 1] = base + 1 + self._phonemes + pairs[:, None]
        return none, one, two

    @staticmethod
    def _weights(p, units):
        return [np.where(unit >= 0, p[unit], 0.0) for unit in units]

    def expected(self, p, units, lengths):
        """How often each unit is said, every cut weighted by its probability, (size,)."""
        weights = self._weights(p, units)
        words, n, states = weights[0].shape
        before = np.zeros((n + 1, words, states))
        after = np.zeros((n + 1, words, states))
        before[0, :, 0] = 1
        after[n, np.arange(words), lengths] = 1
        for i in range(n):
            for take, weight in enumerate(weights):
                stop = states - take
                before[i + 1, :, take:] += before[i, :, :stop] * weight[:, i, :stop]
            before[i + 1] /= _positive(before[i + 1].sum(axis=1, keepdims=True))
        for i in reversed(range(n)):
            for take, weight in enumerate(weights):
                stop = states - take
                after[i, :, :stop] += after[i + 1, :, take:] * weight[:, i, :stop]
            after[i] /= _positive(after[i].sum(axis=1, keepdims=True))
        counts = np.zeros(self.size)
        shares = [np.zeros_like(weight) for weight in weights]
        for take, weight in enumerate(weights):
            stop = states - take
            ahead = np.swapaxes(before[:-1, :, :stop], 0, 1), np.swapaxes(after[1:, :, take:], 0, 1)
            shares[take][:, :, :stop] = ahead[0] * weight[:, :, :stop] * ahead[1]
        total = _positive(sum(share.sum(axis=2, keepdims=True) for share in shares))
        for unit, share in zip(units, shares, strict=True):
            real = unit >= 0
            counts += np.bincount(unit[real], (share / total)[real], minlength=self.size)
        return counts

    def best(self, p, units, lengths):
        """How many phonemes each letter says in the most probable cut, (words, n)."""
        with np.errstate(divide="ignore"):
            weights = [np.log(weight) for weight in self._weights(p, units)]
        words, n, states = weights[0].shape
        score = np.full((words, states), -np.inf)
        score[:, 0] = 0
        chosen = np.zeros((n, words, states), int)
        for i in range(n):
            ways = np.full((MOST + 1, words, states), -np.inf)
            for take, weight in enumerate(weights):
                stop = states - take
                ways[take, :, take:] = score[:, :stop] + weight[:, i, :stop]
            chosen[i], score = ways.argmax(axis=0), ways.max(axis=0)
        takes, place, rows = np.zeros((words, n), int), np.array(lengths), np.arange(words)
        for i in reversed(range(n)):
            takes[:, i] = chosen[i, rows, place]
            place = place - takes[:, i]
        return takes


def _positive(total):
    return np.where(total > 0, total, 1)


class JointNgram:
    """Pronounces by an n-gram model over units: the best sentence of units that spells the word.

        argmax over q_1 ... q_n of Σ_i log P((l_i, q_i) | the order - 1 units before)

    The search goes letter by letter. Of beginnings that share their last order - 1 units only the best is
    kept, which loses nothing; of what is left the `beam` best.

    Any model of strings will do. Each unit is one character of them:

        joint = JointNgram(aligned, lambda words: KneserNey(count_ngrams(words, 6), 6))

    Args:
        aligned: what `align` returned. None, a word that could not be cut, is left out.
        fit: makes the model from strings: an object with `.order` and `.probability(context, sign)`, where
            "." stands before a word and behind it.

    Attributes:
        model: what `fit` made.
        units: number of different units.

    Raises:
        ValueError: no word to learn from.

    Source: Bisani, M. and Ney, H. (2008). Joint-sequence models for grapheme-to-phoneme conversion. Speech
    Communication 50. Theirs also merges letters into longer units, and trains both together.
    """

    def __init__(self, aligned: Iterable, fit: Callable):
        words = [word for word in aligned if word is not None]
        if not words:
            raise ValueError("aligned: expected at least one word. Received none")
        kinds = sorted({unit for word in words for unit in word})
        # the private use area holds no full stop, which ends words
        sign_of = {unit: chr(0xE000 + number) for number, unit in enumerate(kinds)}
        self._said = {sign: unit[1] for unit, sign in sign_of.items()}
        self._signs = defaultdict(list)
        for unit, sign in sign_of.items():
            self._signs[unit[0]].append(sign)
        self.units = len(kinds)
        self.model = fit(["".join(sign_of[unit] for unit in word) for word in words])
        self._known = {}

    def _ways(self, context, letter):
        """log P of every unit of a letter after a context."""
        if (context, letter) not in self._known:
            p = ((sign, self.model.probability(context, sign)) for sign in self._signs[letter])
            self._known[context, letter] = [
                (sign, math.log(value)) for sign, value in p if value > 0
            ]
        return self._known[context, letter]

    def pronounce(self, spelling: str, *, beam: int = 8) -> tuple:
        """The phonemes of a word; a letter that no training word had says nothing.

        Raises:
            ValueError: a beam that is no positive integer.
        """
        beam, memory = positive_integer("beam", beam), self.model.order - 1
        hypotheses = {self._context(".", memory): (0.0, "")}
        for letter in spelling:
            if letter not in self._signs:
                continue
            best = {}
            for context, (total, signs) in hypotheses.items():
                for sign, log_p in self._ways(context, letter):
                    longer, score = self._context(context + sign, memory), total + log_p
                    if longer not in best or score > best[longer][0]:
                        best[longer] = score, signs + sign
            ranked = sorted(best.items(), key=lambda item: -item[1][0])
            hypotheses = dict(ranked[:beam])
        ended = [
            (total + math.log(max(self.model.probability(context, "."), 1e-300)), signs)
            for context, (total, signs) in hypotheses.items()
        ]
        return tuple(phoneme for sign in max(ended)[1] for phoneme in self._said[sign])

    @staticmethod
    def _context(signs, memory):
        return signs[-memory:] if memory else ""


class LongestMatch:
    """A table of rules: what a letter says most often in the longest context that was seen.

    The context grows by one letter, now behind, now before: "c", "ce", "ace", "ace.", ... Ends of the word
    are marked. Of equals the first in alphabetical order counts.

    Args:
        aligned: what `align` returned; None is left out.
        widest: the most letters around the letter.

    Raises:
        ValueError: no word to learn from.

    Source: Daelemans, W. and van den Bosch, A. (1997). Language-independent data-oriented
    grapheme-to-phoneme conversion. Progress in Speech Synthesis.
    """

    def __init__(self, aligned: Iterable, *, widest: int = 8):
        self._widest, counts = widest, defaultdict(Counter)
        words = [word for word in aligned if word is not None]
        if not words:
            raise ValueError("aligned: expected at least one word. Received none")
        for word in words:
            spelling = "".join(letter for letter, _ in word)
            for place, (_, said) in enumerate(word):
                for context in self._contexts(spelling, place):
                    counts[context][said] += 1
        self._rules = {
            context: min(of, key=lambda said: (-of[said], said)) for context, of in counts.items()
        }

    def _contexts(self, spelling, place):
        spelling = "." + spelling + "."
        left = right = place + 1
        yield spelling[left], 0
        for more in range(self._widest):
            left, right = (left, right + 1) if more % 2 == 0 else (left - 1, right)
            if right >= len(spelling) or left < 0:
                left, right = max(left, 0), min(right, len(spelling) - 1)
            yield spelling[left : right + 1], place + 1 - left

    def pronounce(self, spelling: str) -> tuple:
        """The phonemes of a word; a letter that no training word had says nothing."""
        found = []
        for place in range(len(spelling)):
            for context in reversed(list(self._contexts(spelling, place))):
                if context in self._rules:
                    found += self._rules[context]
                    break
        return tuple(found)


class NearestSpelling:
    """Says of every word what the word with the most similar spelling says.

    Similar is what few letters must be inserted, deleted or replaced for; of equals the first counts.

    Args:
        spellings, pronunciations: what is known.

    Raises:
        ValueError: no spelling, or a different number of pronunciations.
    """

    def __init__(self, spellings: Sequence[str], pronunciations: Sequence[Sequence]):
        self._spellings, self._said = list(spellings), list(pronunciations)
        if not self._spellings or len(self._spellings) != len(self._said):
            raise ValueError(
                "Expected as many pronunciations as spellings, at least one. "
                f"Received: {len(self._spellings)} spellings and {len(self._said)} pronunciations"
            )

    def pronounce(self, spelling: str) -> tuple:
        """The phonemes of the most similar word."""
        found = process.extractOne(spelling, self._spellings, scorer=Levenshtein.distance)
        return tuple(self._said[found[2]])
