"""Language models to hold a network against: n-grams of signs, and a network without memory.

A language model gives every next sign a probability. Its quality on a word w of signs w_1 ... w_m, the end
sign included, is measured in bits a sign, -(1/m) sum_t log2 P(w_t | w_1 ... w_{t-1}); less is better.
"""

import math
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence

import numpy as np

END = "."
"""The sign after the last letter of a word. It stands before the first letter, too."""


def count_ngrams(words: Iterable[str], longest: int) -> list[Counter]:
    """How often each string of 1, 2, ..., `longest` signs occurs in the words.

    A word is read as END + word + END. The first END only starts it: it is never counted as a single sign,
    because no model has to predict it.

    Returns:
        `counts`, where `counts[k]` counts the strings of k signs; `counts[0]` is empty.

    Raises:
        ValueError: for a `longest` below 1, or a word that holds END.
    """
    if longest < 1:
        raise ValueError(f"longest: expected at least 1. Received: {longest}")
    counts = [Counter() for _ in range(longest + 1)]
    for word in words:
        signs = _signs(word)
        counts[1].update(signs[1:])
        for k in range(2, longest + 1):
            counts[k].update([signs[i : i + k] for i in range(len(signs) - k + 1)])
    return counts


class _StringModel:
    """What a model of strings can say once it has `signs` and `probability(context, sign)`."""

    def distribution(self, context: str) -> list[float]:
        """P(sign | context) for each of `signs`."""
        return [self.probability(context, sign) for sign in self.signs]

    def predict(self, beginnings: Iterable[str]) -> np.ndarray:
        """P(next sign) for each beginning of a word, (beginnings, signs); "" is before the first letter."""
        return np.array([self.distribution(END + beginning) for beginning in beginnings])

    def ends(self, words: Iterable[str]) -> np.ndarray:
        """P(end) at every sign of the words, one word after the other: `END` itself included."""
        found = [
            self.probability(END + word[:t], END) for word in words for t in range(len(word) + 1)
        ]
        return np.array(found)

    def bits(self, word: str) -> list[float]:
        """-log2 P of each letter of the word and of its end; `math.inf` for a sign never seen."""
        signs = _signs(word)
        found = (self.probability(signs[:t], signs[t]) for t in range(1, len(signs)))
        return [-math.log2(p) if p > 0 else math.inf for p in found]

    def bits_per_sign(self, words: Iterable[str]) -> float:
        """The mean of `bits` over all signs of the words, ends included.

        Raises:
            ValueError: there is no word.
        """
        every = [bits for word in words for bits in self.bits(word)]
        if not every:
            raise ValueError("words: expected at least one. Received none")
        return sum(every) / len(every)


class KneserNey(_StringModel):
    """An n-gram model: the last n - 1 signs, the context u, tell what comes next.

        P(w | u) = max(c(uw) - D, 0) / c(u.) + g(u) P(w | u'),    u' = u without its oldest sign

    c(u.) is the sum of c(uw) over w, and g(u) what the discounts D took away, so that probabilities add up
    to one. The recursion ends with P(w) = c(w) / c(.), not discounted. For the longest contexts, and for
    contexts that begin a word, c counts occurrences. For all others c(uw) is the number of different signs
    that uw was seen after: "qu" ends few kinds of strings, however frequent it is.

    Each length of string has three discounts, for c = 1, c = 2 and c >= 3. They come from the numbers n_i
    of strings that were counted i times: with Y = n_1 / (n_1 + 2 n_2) they are i - (i + 1) Y n_{i+1} / n_i.
    Where that cannot be computed or is not between 0 and i, they are i / 2.

    Args:
        counts: those of `count_ngrams`, as long as `order` at least.
        order: n; 1 uses no context.

    Attributes:
        signs: the different signs, in alphabetical order; END is the first.
        numbers: how many probabilities the model stores, one a string. (g follows from them.)

    Raises:
        ValueError: for an order below 1 or above what was counted, or if nothing was.

    Source: Kneser and Ney (1995), Improved Backing-Off for M-gram Language Modeling, ICASSP; interpolated
    and with three discounts as in Chen and Goodman (1999), An Empirical Study of Smoothing Techniques for
    Language Modeling, Computer Speech and Language 13.
    """

    def __init__(self, counts: Sequence[Counter], order: int):
        if not 1 <= order < len(counts):
            raise ValueError(
                f"order: expected 1 to {len(counts) - 1}, the longest strings that were counted. "
                f"Received: {order}"
            )
        if not counts[1]:
            raise ValueError("counts: expected those of at least one word. Received none")
        self.order = order
        self.signs = "".join(sorted(counts[1]))
        self._occurrences = counts
        # stored[context][sign]: the first term of the equation; kept[context]: its second factor, g
        self._stored: dict[str, dict[str, float]] = {}
        for k in range(1, order + 1):
            self._store(counts[k] if k == order else _different_left_neighbours(counts, k), k)
        self._weigh()

    def _store(self, counts, k):
        discounts = _discounts(counts) if k > 1 else (0, 0, 0, 0)
        totals = Counter()
        for string, count in counts.items():
            totals[string[:-1]] += count
        for string, count in counts.items():
            context, sign = string[:-1], string[-1]
            share = (count - discounts[min(count, 3)]) / totals[context]
            self._stored.setdefault(context, {})[sign] = share

    def _weigh(self):
        self._kept = {context: 1 - sum(of.values()) for context, of in self._stored.items()}
        self._place = {sign: i for i, sign in enumerate(self.signs)}
        self._arrays = {}  # of those contexts that `distribution` has met

    @property
    def numbers(self) -> int:
        return sum(map(len, self._stored.values()))

    @property
    def strings(self) -> list[str]:
        """The strings whose probability is stored: a context and the sign after it."""
        return [context + sign for context, of in self._stored.items() for sign in of]

    def probability(self, context: str, sign: str) -> float:
        """P(sign | context); of the context only the last `order` - 1 signs count."""
        p = self._stored[""].get(sign, 0.0)
        for k in range(1, min(self.order - 1, len(context)) + 1):
            recent = context[-k:]
            if recent in self._stored:
                p = self._stored[recent].get(sign, 0.0) + self._kept[recent] * p
        return p

    def distribution(self, context: str) -> list[float]:
        """P(sign | context) for each of `signs`; some fifty times as quick as one sign after the other."""
        p = np.zeros(len(self.signs))
        for k in range(min(self.order - 1, len(context)) + 1):
            recent = context[len(context) - k :]
            if recent in self._stored:
                at, shares = self._as_arrays(recent)
                p *= self._kept[recent]
                p[at] += shares
        return p.tolist()

    def _as_arrays(self, context):
        """Where the signs stored for a context stand in `signs`, and their shares."""
        if context not in self._arrays:
            of = self._stored[context]
            at = np.array([self._place[sign] for sign in of])
            self._arrays[context] = at, np.array([*of.values()])
        return self._arrays[context]

    def pruned(self, numbers: int) -> "KneserNey":
        """A model that stores the `numbers` probabilities that matter most.

        What a string matters is how often it occurred times the bits that each occurrence loses when its
        probability is taken from the shorter context. Single signs all stay.

        Raises:
            ValueError: for fewer numbers than there are signs.

        Source: Seymore and Rosenfeld (1996), Scalable Backoff Language Models, ICSLP.
        """
        if numbers < len(self._stored[""]):
            raise ValueError(
                f"numbers: expected at least {len(self._stored[''])}, one for each sign. "
                f"Received: {numbers}"
            )
        losses = []
        for context, of in self._stored.items():
            for sign, share in of.items() if context else ():
                shorter, kept = self.probability(context[1:], sign), self._kept[context]
                ratio = (share + kept * shorter) / ((kept + share) * shorter)
                occurrences = self._occurrences[len(context) + 1][context + sign]
                losses.append((occurrences * math.log2(ratio), context, sign))
        losses.sort(reverse=True)
        smaller = object.__new__(KneserNey)
        smaller.order, smaller.signs = self.order, self.signs
        smaller._occurrences = self._occurrences
        smaller._stored = {"": self._stored[""]}
        for _, context, sign in losses[: numbers - len(self._stored[""])]:
            smaller._stored.setdefault(context, {})[sign] = self._stored[context][sign]
        smaller._weigh()
        return smaller


class LogLinear(_StringModel):
    """One weight a string, all fitted together: a softmax over sums of weights.

        score(w | u) = sum of the weights of all stored strings that uw ends with
        P(w | u) = exp(score(w | u)) / Z(u),    Z(u) = sum_v exp(score(v | u))

    `KneserNey` fills the same memory by counting, each string by itself. Here a string's weight only says
    what the others do not say already. The weights are those that make

        penalty / 2 |weights|^2 - ln P(all signs that were counted)

    smallest. It has one minimum, and L-BFGS finds it.

    Nothing but the counts is needed, and Z is never summed over all signs: against a shorter context a
    longer one changes the scores of few of them, so that

        Z(u) = Z(u') + sum_v (exp(score(v | u)) - exp(score(v | u'))),    v: the strings uv are stored

    with u' the longest end of u that is a context of stored strings. So a step costs what the strings cost,
    however many signs there are: some 3 ms for 40,000 strings, of letters or of Chinese characters. A fit
    takes some hundreds of steps.

    Args:
        counts: those of `count_ngrams`, as long as the longest string at least.
        strings: those that get a weight, such as `KneserNey.strings`. Single signs always get one.
        penalty: keeps the weights of rare strings small. Without it some would grow without end. Choose it
            on validation data: 1 was best for the letters of a dictionary, 0.3 for the characters of poems.
        start: string -> weight to start from, such as those of a larger model.
        steps: of L-BFGS, at most.

    Attributes:
        signs: the different signs, in alphabetical order.
        weights: string -> its weight.
        numbers: how many weights the model stores, one a string. (Z follows from them.)

    Raises:
        ValueError: a string is empty, longer than what was counted, or ends with a sign never seen; the
            penalty is not positive; nothing was counted.

    Source: Berger, Della Pietra and Della Pietra (1996), A Maximum Entropy Approach to Natural Language
    Processing, Computational Linguistics 22.
    """

    def __init__(
        self,
        counts: Sequence[Counter],
        strings: Iterable[str],
        *,
        penalty: float = 1.0,
        start: Mapping[str, float] | None = None,
        steps: int = 500,
    ):
        if not penalty > 0:
            raise ValueError(f"penalty: expected more than 0. Received: {penalty}")
        if not counts[1]:
            raise ValueError("counts: expected those of at least one word. Received none")
        strings = sorted({*counts[1], *strings}, key=lambda s: (len(s), s))
        for string in strings:
            if not 0 < len(string) < len(counts) or string[-1] not in counts[1]:
                raise ValueError(
                    f"strings: expected 1 to {len(counts) - 1} signs, the last of them counted. "
                    f"Received: {string!r}"
                )
        self.order, self.signs = len(strings[-1]), "".join(sorted(counts[1]))
        self._occurrences = counts
        self._of_string = {string: i for i, string in enumerate(strings)}
        contexts = sorted({string[:-1] for string in strings}, key=lambda s: (len(s), s))
        self._of_context = {context: i for i, context in enumerate(contexts)}
        self._lay_out()
        self._fit(penalty, start, steps)

    def _lay_out(self):
        from scipy.sparse import csr_array  # not needed by those who only count

        def ones_at(places, height, width):
            rows, columns = np.array(places, dtype=int).reshape(-1, 2).T
            return csr_array((np.ones(len(rows)), (rows, columns)), (height, width))

        n, m = len(self._of_string), len(self._of_context)
        # the stored ends of every string and of every context, the longest, itself, first
        ends = [_stored_ends(string, self._of_string) for string in self._of_string]
        nested = [_stored_ends(context, self._of_context) for context in self._of_context]
        owner = [self._of_context[string[:-1]] for string in self._of_string]
        replaced = [(owner[i], end[1]) for i, end in enumerate(ends) if end[1:]]
        # weights -> scores; exp(scores) -> what each context adds to Z; that -> Z
        self._sum = ones_at([(i, j) for i, end in enumerate(ends) for j in end], n, n)
        self._add = ones_at(list(zip(owner, range(n), strict=True)), m, n) - ones_at(replaced, m, n)
        self._nest = ones_at([(i, j) for i, end in enumerate(nested) for j in end], m, m)
        # how often each string was seen, and how often each context was the longest that is stored
        self._seen = np.array([self._occurrences[len(s)][s] for s in self._of_string], dtype=float)
        totals = Counter()
        for of_length in self._occurrences[1 : self.order + 1]:
            for string, count in of_length.items():
                totals[string[:-1]] += count
        times = np.array([totals[context] for context in self._of_context], dtype=float)
        shorter = np.array([end[1] for end in nested[1:]], dtype=int)
        self._times = times - np.bincount(shorter, times[1:], minlength=m)

    def _fit(self, penalty, start, steps):
        from scipy.optimize import minimize

        signs = self._times.sum()
        if start is None:
            first = np.zeros(self.numbers)
            first[: len(self.signs)] = np.log(self._seen[: len(self.signs)] / signs)
        else:
            first = np.array([start.get(string, 0.0) for string in self._of_string])

        def loss(weights):
            self._spread(weights)
            fit = self._times @ self._log_z - self._seen @ weights
            slope = self._expected() - self._seen + penalty * weights
            return (fit + penalty / 2 * weights @ weights) / signs, slope / signs

        options = {"maxiter": steps, "maxfun": 2 * steps, "maxcor": 20, "ftol": 1e-9}
        best = minimize(loss, first, jac=True, method="L-BFGS-B", options=options).x
        self._spread(best)
        self.weights = dict(zip(self._of_string, map(float, best), strict=True))

    def _spread(self, weights):
        self._scores = self._sum @ weights
        self._largest = self._scores.max()
        self._exp = np.exp(self._scores - self._largest)
        self._z = self._nest @ (self._add @ self._exp)
        self._log_z = np.log(self._z) + self._largest

    def _expected(self, power=1):
        """For every string the sum of P^power over the places where it could come."""
        places = self._add.T @ (self._nest.T @ (self._times / self._z**power))
        return self._sum.T @ (self._exp**power * places)

    @property
    def numbers(self) -> int:
        return len(self._of_string)

    @property
    def strings(self) -> list[str]:
        """The strings that have a weight, the shortest first."""
        return list(self._of_string)

    def probability(self, context: str, sign: str) -> float:
        """P(sign | context); of the context only the last `order` - 1 signs count."""
        recent = context[max(0, len(context) - self.order + 1) :]
        scored = _stored_ends(recent + sign, self._of_string)
        if not scored:
            return 0.0
        known = _stored_ends(recent, self._of_context)
        return math.exp(self._scores[scored[0]] - self._log_z[known[0]])

    def pruned(self, numbers: int, *, penalty: float = 1.0, steps: int = 500) -> "LogLinear":
        """A model of the `numbers` strings whose weights matter most, fitted anew from these weights.

        What a weight matters is what the loss, to second order, would gain by it alone: its square times
        the sum of P (1 - P) over the places where its string could come. Single signs all stay.

        Raises:
            ValueError: for fewer numbers than there are signs.

        Source: Le Cun, Denker and Solla (1990), Optimal Brain Damage, NIPS 2.
        """
        singles = len(self.signs)
        if numbers < singles:
            raise ValueError(
                f"numbers: expected at least {singles}, one for each sign. Received: {numbers}"
            )
        weights = np.array(list(self.weights.values()))
        matters = weights**2 * (self._expected() - self._expected(power=2))
        matters[:singles] = np.inf
        strings = self.strings
        kept = [strings[i] for i in np.argsort(-matters, kind="stable")[:numbers]]
        return LogLinear(self._occurrences, kept, penalty=penalty, start=self.weights, steps=steps)


def fitted_strings(
    counts: Sequence[Counter],
    order: int,
    numbers: int,
    *,
    candidates: int | None = None,
    penalty: float = 1.0,
) -> LogLinear:
    """A `LogLinear` model of a given size, with strings chosen for it.

    All strings of `KneserNey(counts, order)`, or the `candidates` of them that matter most there, are
    fitted. Then those whose weights matter least are dropped in two halves of the way, each followed by
    another fit.

    Args:
        counts: those of `count_ngrams`, as long as `order` at least.
        order: the longest strings' length.
        numbers: how many weights the model may store.
        candidates: four times as many as `numbers` if none are given.
        penalty: as in `LogLinear`.
    """
    table = KneserNey(counts, order)
    candidates = min(table.numbers, candidates or 4 * numbers)
    model = LogLinear(counts, table.pruned(candidates).strings, penalty=penalty)
    for size in (int((model.numbers * numbers) ** 0.5), numbers):
        if size < model.numbers:
            model = model.pruned(size, penalty=penalty)
    return model


def _stored_ends(text: str, stored: Mapping[str, int]) -> list[int]:
    """The numbers of those ends of the text that are stored, the longest first."""
    return [stored[text[i:]] for i in range(len(text) + 1) if text[i:] in stored]


def _signs(word):
    if END in word:
        raise ValueError(
            f"Expected a word without {END!r}, which marks its end. Received: {word!r}"
        )
    return END + word + END


def _different_left_neighbours(counts: Sequence[Counter], k: int) -> Mapping[str, int]:
    """How many different signs each string of k signs follows; occurrences where it begins a word."""
    different = Counter(string[1:] for string in counts[k + 1])
    if k > 1:
        different.update({s: n for s, n in counts[k].items() if s[0] == END})
    return different


def _discounts(counts: Mapping[str, int]) -> tuple[float, float, float, float]:
    """D for c = 0, 1, 2, and 3 or more."""
    frequencies = Counter(counts.values())
    n = [frequencies[i] for i in range(5)]
    discounts = [0.0]
    for i in (1, 2, 3):
        known = n[1] and n[i]
        d = i - (i + 1) * n[1] / (n[1] + 2 * n[2]) * n[i + 1] / n[i] if known else i / 2
        discounts.append(d if 0 < d < i else i / 2)
    return tuple(discounts)


def longest_runs_in(known: Iterable[str], texts: Iterable[str], *, without: str = "") -> list[int]:
    """How much of each text is copied: the length of its longest string that is in a `known` text, too.

    Of a text that stands in `known` it is the text's length, of one without a common sign 0. What a network
    wrote is to be compared with what people wrote and the network never read: they share strings, too.
    Signs in `without`, such as line ends, are taken out first.
    """
    drop = str.maketrans("", "", without)
    known = [text.translate(drop) for text in known]
    longest = max(map(len, known), default=0)
    pieces = {0: {""}}

    def is_known(piece):
        n = len(piece)
        if n not in pieces:
            pieces[n] = {text[i : i + n] for text in known for i in range(len(text) - n + 1)}
        return n <= longest and piece in pieces[n]

    found = []
    for text in (text.translate(drop) for text in texts):
        best = 0
        for end in range(1, len(text) + 1):
            # a run that ends here is longer than the best so far by one sign at most
            if is_known(text[end - best - 1 : end]):
                best += 1
        found.append(best)
    return found


def interval(differences, lengths, *, together=None, seed=0):
    """Between which values a mean difference a sign lies, with 95 % confidence, by the bootstrap.

    Args:
        differences: for each word the sum over its signs of what is compared, (words,) or (models, words);
            the models' mean is taken.
        lengths: the number of signs of each word.
        together: a label for each word; words with the same label, such as poems of one series, are drawn
            together. Words that are alike and drawn singly would make the interval too narrow.
        seed: of the 1,000 drawings of words, or labels, with replacement.

    Returns:
        lower and upper end.

    Raises:
        ValueError: not one length for each word, or not one label.
    """
    differences, lengths = np.atleast_2d(differences).mean(axis=0), np.asarray(lengths)
    if differences.shape != lengths.shape:
        raise ValueError(
            f"lengths: expected one for each of {len(differences)} words. Received: {lengths.shape}"
        )
    if together is not None:
        if len(together) != len(lengths):
            raise ValueError(
                f"together: expected one label for each of {len(lengths)} words. "
                f"Received: {len(together)}"
            )
        numbers = {label: i for i, label in enumerate(dict.fromkeys(together))}
        group = [numbers[label] for label in together]
        differences, lengths = np.bincount(group, differences), np.bincount(group, lengths)
    drawn = np.random.default_rng(seed).integers(len(lengths), size=(1000, len(lengths)))
    means = differences[drawn].sum(axis=1) / lengths[drawn].sum(axis=1)
    return tuple(np.percentile(means, [2.5, 97.5]))


def saved(bits, rival, texts, *, together=None):
    """Bits a sign that one model saves against another on the same texts.

    Args:
        bits, rival: -log2 P of every sign, the texts one after the other, each with its end: (signs,) or
            (seeds, signs).
        texts: strings, without the sign of the end.
        together: a label for each text; texts with the same label are drawn together.

    Returns:
        the mean saving of each seed, (seeds,); and the two ends of `interval`, which draws texts.

    Raises:
        ValueError: the texts do not have as many signs.
    """
    difference = np.atleast_2d(np.asarray(rival) - np.asarray(bits))
    lengths = np.array([len(text) + 1 for text in texts])
    if difference.shape[1] != lengths.sum():
        raise ValueError(
            f"texts: expected {difference.shape[1]} signs in all, ends included. "
            f"Received: {lengths.sum()}"
        )
    of_text = np.add.reduceat(difference, np.cumsum(lengths) - lengths, axis=1)
    return difference.mean(axis=1), interval(of_text, lengths, together=together)


def mixed(bits, rival, parts=("test", "validation")):
    """Bits of P = a P_model + (1 - a) P_rival, with the a that is best on the second part.

    Args:
        bits: part -> one array a seed, -log2 P of every sign; `math.inf` where P is 0.
        rival: the same for the other model, with as many seeds, or with one that serves all.
        parts: the part that is scored, and the part on which a is chosen, from 0.05 to 0.95.

    Returns:
        part -> one array a seed, as `bits`.

    Raises:
        ValueError: neither one seed of the rival nor as many as of the model.
    """
    seeds, others = len(bits[parts[1]]), len(rival[parts[1]])
    if others not in (1, seeds):
        raise ValueError(f"rival: expected 1 or {seeds} seeds. Received: {others}")

    def at(a, part, i):
        p, q = 2.0 ** -bits[part][i], 2.0 ** -rival[part][i % others]
        return -np.log2(a * p + (1 - a) * q)

    grid = np.arange(0.05, 0.96, 0.05)
    best = [min(grid, key=lambda a, i=i: at(a, parts[1], i).mean()) for i in range(seeds)]
    return {part: [at(a, part, i) for i, a in enumerate(best)] for part in parts}


def end_or_not(p_end, words, push=(0.0,)):
    """Bits that the question *does the word end here?* costs at every sign.

        z = ln(P(end) / (1 - P(end))) + push[letters before],    bits = -log2 sigmoid(z or -z)

    The bits of a sign are these and, where the word goes on, those of the letter.

    Args:
        p_end: what a model gives the end at every sign, one word after the other, (signs,).
        words: strings, without the sign of the end.
        push: what is added at each place in a word: with no letter before, one, two, and so on. The last
            entry stands for all later places.

    Returns:
        (signs,)

    Raises:
        ValueError: not one probability for each sign of the words, ends included.
    """
    from scipy.special import logit  # not needed by those who only count

    lengths = [len(word) for word in words]
    if np.shape(p_end) != (sum(lengths) + len(lengths),):
        raise ValueError(
            f"p_end: expected {sum(lengths) + len(lengths)} probabilities, one a sign, ends included. "
            f"Received: {np.shape(p_end)}"
        )
    places = np.concatenate([np.arange(n + 1) for n in lengths])
    ended = np.concatenate([np.arange(n + 1) == n for n in lengths])
    z = logit(p_end) + np.asarray(push)[places.clip(max=len(push) - 1)]
    return (np.logaddexp(0, z) - ended * z) / np.log(2)


def bits_with_ruler(model: KneserNey, text: str, share: float) -> list[float]:
    """-log2 P of each sign of a quatrain, by counts that are told where lines end.

    The text has four lines parted by "/", of five or of seven signs, and all as long as the first, which
    ends after five with the probability `share`. So all other line ends are certain, and elsewhere a
    character has the probability that the model gives it, divided by what it gives to all characters.

    Raises:
        ValueError: the lines are not four, or not all five or all seven long.
    """
    lines = text.split("/")
    length = len(lines[0])
    if [len(line) for line in lines] not in ([5] * 4, [7] * 4):
        raise ValueError(f"Expected four lines of five or of seven signs. Received: {text!r}")
    signs, bits = _signs(text), []
    for t in range(1, len(signs)):
        before, p = signs[:t], 1.0
        if (t - 1) % (length + 1) < length:
            ends = model.probability(before, "/") + model.probability(before, END)
            p = model.probability(before, signs[t]) / (1 - ends)
        if t == 6:
            p *= share if length == 5 else 1 - share
        bits.append(-math.log2(p) if p > 0 else math.inf)
    return bits


def share_explained(values, groups):
    """How much of each column's variance the groups explain: 0 for nothing, 1 for all of it.

    The variance of the groups' means, each weighted by the group's size, over the whole variance: the
    squared correlation ratio. Where the groups are places in a line, a unit that does nothing but count
    has 1.

    Args:
        values: (cases, columns), such as states.
        groups: one label a case.

    Returns:
        (columns,)

    Raises:
        ValueError: not one label for each case.

    Source: Fisher (1925), Statistical Methods for Research Workers.
    """
    values, groups = np.asarray(values, dtype=float), np.asarray(groups)
    if groups.shape != values.shape[:1]:
        raise ValueError(f"groups: expected {len(values)} labels. Received: {groups.shape}")
    mean, between = values.mean(axis=0), 0.0
    for group in np.unique(groups):
        of = values[groups == group]
        between = between + len(of) / len(values) * (of.mean(axis=0) - mean) ** 2
    return between / values.var(axis=0)


def surprises(scores, answers):
    """-log2 P of every right answer, one text after the other, from a network's scores.

    Args:
        scores: for each text an array (signs of the text, all signs), before the softmax.
        answers: for each text the numbers of the signs that came.

    Raises:
        ValueError: another number of answers than of scores, for a text or in all.
    """
    from scipy.special import log_softmax  # not needed by those who count

    found = []
    for z, right in zip(scores, answers, strict=True):
        if len(z) != len(right):
            raise ValueError(f"Expected {len(z)} answers, one a sign. Received: {len(right)}")
        found.append(-log_softmax(z, axis=1)[range(len(z)), right])
    return np.concatenate(found) / np.log(2)
