"""What a network that reads has to beat: linear models on counts, tuned as fairly as the network is.

A feature function takes the words of one sentence and returns a dict from features to numbers:

    linear(runs(2), train, validation, test)    # words and pairs of neighbours
"""

from collections import Counter, defaultdict
from collections.abc import Callable, Mapping, Sequence
from itertools import combinations

from course_lib.checks import positive_integer

import numpy as np
from rapidfuzz.distance import Levenshtein
from scipy.optimize import minimize
from scipy.special import log_softmax
from sklearn.cluster import MiniBatchKMeans
from sklearn.feature_extraction import DictVectorizer
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import accuracy_score, balanced_accuracy_score

STRENGTHS = (0.1, 1.0, 10.0)


def words(sentence: Sequence[str]) -> dict:
    """Which words occur; blind to their order."""
    return dict.fromkeys(sentence, 1)


def runs(longest: int) -> Callable[[Sequence[str]], dict]:
    """Which runs of 1 to `longest` neighbouring words occur; ^ and $ mark the ends of the sentence."""
    longest = positive_integer("longest", longest)

    def features(sentence):
        marked = ("^", *sentence, "$")
        return {
            marked[start : start + n]: 1
            for n in range(1, longest + 1)
            for start in range(len(marked) - n + 1)
        }

    return features


def ordered_pairs(sentence: Sequence[str]) -> dict:
    """Which word stands before which, at any distance."""
    return dict.fromkeys(combinations(sentence, 2), 1)


def places(sentence: Sequence[str]) -> dict:
    """Where each word stands, from -1/2 (the beginning) towards 1/2; added up if it stands there twice.

    One number a word is enough to tell which of two words comes first: a linear model subtracts.
    """
    found = dict.fromkeys(sentence, 0.0)
    for place, word in enumerate(sentence):
        found[word] += place / len(sentence) - 0.5
    return found


def shape(word: str) -> str:
    """What kinds of signs a word begins with: "Xxxxx" for "Paris", "0000" for "1996"; at most six signs."""
    kinds = ((str.isupper, "X"), (str.islower, "x"), (str.isdigit, "0"))
    return "".join(next((sign for is_, sign in kinds if is_(c)), c) for c in word[:6])


def name_features(sentence: Sequence[str], groups: Mapping[str, Sequence[str]]) -> list[list[str]]:
    """What may tell whether each word belongs to a name: the word, its letters, shape and neighbours.

    Of the word its first three letters, its last two, three and four, and whether it is the first; of the
    word and two neighbours on each side the word in lower case, its shape, and its groups.

    Args:
        sentence: the words.
        groups: a word in lower case -> names of groups of similar words it belongs to; some may be missing.

    Returns:
        a list of features for each word, as `sklearn_crfsuite.CRF` takes them.
    """
    rows = []
    for place, word in enumerate(sentence):
        row = [f"starts {word[:3]}", f"first {place == 0}"]
        row += [f"ends {word[-n:]}" for n in (2, 3, 4)]
        for offset in range(max(-2, -place), min(3, len(sentence) - place)):
            near = sentence[place + offset]
            row += [f"word {offset} {near.lower()}", f"shape {offset} {shape(near)}"]
            row += [f"group {offset} {group}" for group in groups.get(near.lower(), ())]
        rows.append(row)
    return rows


def word_groups(
    words: Sequence[str], vectors: np.ndarray, sizes: Sequence[int] = (64, 256, 1024)
) -> dict[str, list[str]]:
    """Groups of words whose vectors point in similar directions: by k-means, once for each size.

    Args:
        words: one a row of the vectors.
        vectors: (words, dimensions), none of them 0.
        sizes: into how many groups the words are cut.

    Returns:
        word -> the names of its groups, one for each size.

    Raises:
        ValueError: another number of vectors than of words, or a vector that is 0.

    Source: Turian, J., Ratinov, L. and Bengio, Y. (2010). Word representations: a simple and general method
    for semi-supervised learning. ACL.
    """
    if len(words) != len(vectors):
        raise ValueError(
            f"Expected a vector for each of {len(words)} words. Received: {len(vectors)}"
        )
    lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
    if not lengths.all():
        raise ValueError(f"Expected no vector of 0. Received: {words[int(lengths.argmin())]!r}")
    groups: dict[str, list[str]] = {word: [] for word in words}
    for size in sizes:
        cut = MiniBatchKMeans(size, random_state=0, n_init=1, batch_size=4096, max_iter=30)
        for word, group in zip(words, cut.fit_predict(vectors / lengths), strict=True):
            groups[word].append(f"{size}: {group}")
    return groups


def halving(sentence: Sequence[str]) -> dict:
    """Which words occur: the first weighs 1, each later place half as much as the one before it.

    A word that stands there twice weighs what it does at its first place.
    """
    found = {}
    for place, word in enumerate(sentence):
        found.setdefault(word, 0.5**place)
    return found


def linear(features: Callable[[Sequence[str]], Mapping], train, validation, test) -> float:
    """Test accuracy of logistic regression, its regularization chosen on the validation part.

    Args:
        features: a feature function; it may return an array of numbers instead of a dict.
        train, validation, test: pairs (sentences, labels), each sentence a sequence of words. The test
            part is read once.

    Returns:
        the share of test sentences that get the right label.
    """

    answers = fit(features, train, validation)
    return accuracy_score(test[1], answers(test[0]))


def fit(
    features: Callable[[Sequence[str]], Mapping],
    train,
    validation,
    *,
    balanced: bool = False,
    strengths: Sequence[float] = STRENGTHS,
) -> Callable[[Sequence], np.ndarray]:
    """Logistic regression, its regularization chosen on the validation part.

    Args:
        features, train, validation: as in `linear`.
        balanced: whether every label counts as much as every other, however rare it is, in training and
            in the choice.
        strengths: the values of scikit-learn's C to choose from; larger is less regularized.

    Returns:
        a function from sentences to their labels.
    """

    def numbers(sentence):
        found = features(sentence)
        return found if isinstance(found, Mapping) else dict(enumerate(found))

    weight, score = ("balanced", balanced_accuracy_score) if balanced else (None, accuracy_score)
    vectorizer = DictVectorizer()
    inputs = vectorizer.fit_transform(map(numbers, train[0]))
    fits = [
        LogisticRegression(C=C, class_weight=weight, max_iter=1000).fit(inputs, train[1])
        for C in strengths
    ]
    held_out = vectorizer.transform(map(numbers, validation[0]))
    best = max(fits, key=lambda model: score(validation[1], model.predict(held_out)))
    return lambda sentences: best.predict(vectorizer.transform(map(numbers, sentences)))


def two_way_interval(marks) -> tuple[float, float, float]:
    """The mean of marks, and its 95 % interval over other draws of labels and other test examples.

    A bootstrap of both ways at once: rows are drawn anew with replacement, and columns too, 1,000 times.

    Args:
        marks: (draws, examples): for each draw of labels, or each seed, whether each example was right, or
            what one system is ahead of another there. With one row only the examples vary.

    Returns:
        mean, and the lower and the upper end.

    Raises:
        ValueError: not a table of finite numbers with at least one row and two columns.
    """
    marks = np.asarray(marks, dtype=float)
    if marks.ndim != 2 or len(marks) < 1 or marks.shape[1] < 2 or not np.isfinite(marks).all():
        raise ValueError(
            "Expected finite marks of shape (draws, examples), one row and two columns or more. "
            f"Received: {marks.shape}"
        )
    rng = np.random.default_rng(0)
    draws, examples = (rng.multinomial(n, np.ones(n) / n, 1000) / n for n in marks.shape)
    means = np.sum(draws @ marks * examples, axis=1)
    return marks.mean(), *np.percentile(means, [2.5, 97.5])


def out_of_fold(
    values: Callable[[np.ndarray, np.ndarray], np.ndarray], positions: np.ndarray, fold: np.ndarray
) -> np.ndarray:
    """Out-of-fold values: what is known of each training example from the other folds alone.

    Args:
        values: function of (asked, counted), positions of examples; it returns one row for each that is
            asked, from what it learns of those that are counted.
        positions: of the training examples, (examples,).
        fold: which fold each of them belongs to, (examples,).

    Returns:
        array (examples, ...): the rows of `values`, each counted in the folds that it is not in.

    Raises:
        ValueError: not one fold for each position, or fewer than two folds.
    """
    positions, fold = np.asarray(positions), np.asarray(fold)
    parts = np.unique(fold)
    if positions.shape != fold.shape or len(parts) < 2:
        raise ValueError(
            f"Expected a fold for each of {positions.shape} positions, two folds or more. "
            f"Received: {fold.shape} in {len(parts)} folds"
        )
    found = None
    for part in parts:
        rows = np.asarray(values(positions[fold == part], positions[fold != part]))
        if found is None:
            found = np.zeros((len(positions), *rows.shape[1:]), rows.dtype)
        found[fold == part] = rows
    return found


class NeighbourCounts:
    """A tagger that counts: which tag does a word have, beside this left and this right neighbour?

    For a word w, its neighbours a and c and a tag y, with neighbours independent given w and y,

        P(y | a, w, c)  is proportional to  P(y | a, w) P(y | w, c) / P(y | w).

    Each factor is a share of counts, mixed with the share behind it, because many pairs are rare:

        P(y | w)    = (n(w, y) + 0.1 P(y)) / (n(w) + 0.1)
        P(y | a, w) = (n(a, w, y) + P(y | w)) / (n(a, w) + 1)

    and so for (w, c). Sentences begin and end with a neighbour of their own.

    Args:
        sentences: sequences of words.
        tags: for each sentence as many tags.

    Attributes:
        tags: the different tags, sorted; the columns of `log_shares`.
        words: for each word how often it has each tag.

    Raises:
        ValueError: no word, or another number of tags than of words in a sentence.

    >>> counts = NeighbourCounts([["to", "run"], ["a", "run"]], [["O", "VERB"], ["O", "NOUN"]])
    >>> counts.answers([["a", "run"]])
    ['O', 'NOUN']
    """

    SIDES = ("none", "left", "right", "both")

    def __init__(self, sentences: Sequence[Sequence], tags: Sequence[Sequence]):
        self.words, self._left, self._right = (defaultdict(Counter) for _ in range(3))
        everywhere = Counter()
        for number, (sentence, answers) in enumerate(zip(sentences, tags, strict=True)):
            if len(sentence) != len(answers):
                raise ValueError(
                    f"Expected one tag a word. Sentence {number} has {len(sentence)} words, "
                    f"{len(answers)} tags"
                )
            for (left, word, right), tag in zip(_with_neighbours(sentence), answers, strict=True):
                everywhere[tag] += 1
                self.words[word][tag] += 1
                self._left[left, word][tag] += 1
                self._right[word, right][tag] += 1
        if not everywhere:
            raise ValueError("Expected sentences with at least one word. Received none")
        self.words = dict(self.words)  # asking for a new word must not add it
        self.tags = sorted(everywhere)
        counts = self._numbers(everywhere)
        self._everywhere = counts / counts.sum()

    def log_shares(self, sentences: Sequence[Sequence], sides: str = "both") -> np.ndarray:
        """The logarithm of each tag's share, up to a constant a word: (words of all sentences, tags).

        Args:
            sentences: sequences of words.
            sides: which neighbours count: "none", "left", "right" or "both".

        Raises:
            ValueError: other `sides`.
        """
        if sides not in self.SIDES:
            raise ValueError(f"Expected sides to be one of {self.SIDES}. Received {sides!r}")
        rows = []
        for sentence in sentences:
            for left, word, right in _with_neighbours(sentence):
                alone = self._share(self.words, word, self._everywhere, 0.1)
                total = np.log(alone)
                if sides in ("left", "both"):
                    total = total + np.log(self._share(self._left, (left, word), alone, 1) / alone)
                if sides in ("right", "both"):
                    total = total + np.log(
                        self._share(self._right, (word, right), alone, 1) / alone
                    )
                rows.append(total)
        return np.array(rows)

    def answers(self, sentences: Sequence[Sequence], sides: str = "both") -> list:
        """The most probable tag of each word, sentence after sentence."""
        return [self.tags[best] for best in self.log_shares(sentences, sides).argmax(axis=-1)]

    def _numbers(self, counter):
        return np.array([counter[tag] for tag in self.tags], dtype=float)

    def _share(self, table, key, behind, strength):
        if key not in table:
            return behind
        counts = self._numbers(table[key])
        return (counts + strength * behind) / (counts.sum() + strength)


def _with_neighbours(sentence):
    marked = (None, *sentence, None)
    return zip(marked, marked[1:], marked[2:], strict=False)


def nearest(learned: Mapping[Sequence[str], str], asked: Sequence[Sequence[str]]) -> list[str]:
    """For each text what the most similar learned text has: a translation, an answer.

    Similar is the cosine of TF-IDF vectors: many words in common, and rare ones. Of equals the first wins,
    also where no word is in common.

    >>> nearest({("room", "name"): "房间名称", ("fan", "speed"): "风扇速度"}, [("speed", "of", "it")])
    ['风扇速度']

    Args:
        learned: from texts, tuples of words, to what belongs to them.
        asked: texts.

    Raises:
        ValueError: nothing learned, or nothing asked.
    """
    if not learned or not asked:
        raise ValueError(
            f"Expected texts to learn from and to ask about. Received {len(learned)} and {len(asked)}"
        )
    texts, weigh = list(learned), TfidfVectorizer(analyzer=list)
    alike = weigh.fit_transform(texts) @ weigh.transform(asked).T  # (learned, asked)
    return [learned[texts[best]] for best in np.asarray(alike.argmax(axis=0)).ravel()]


def mended(
    learned: Mapping[Sequence[str], str],
    asked: Sequence[Sequence[str]],
    entry: Mapping[str, str],
    owners: Callable[[Sequence[str], str], Sequence[str]],
) -> list[str]:
    """Translations by the learned text with the fewest words to edit, its words then exchanged.

    Translators know this as the repair of a fuzzy match from a translation memory.

    The edits that make the learned text the one asked are done to its translation, too: the signs of a
    word that is replaced become the new word's entry, those of one left out go, and the entry of one put
    in stands before the signs of the word that follows, or last. Edits are counted as a share of the
    longer text; of equals the first wins.

    >>> owners = lambda words, signs: [{"名": "name"}.get(sign, words[-1]) for sign in signs]
    >>> mended({("name", "of", "lock"): "锁的名"}, [("name", "of", "fan")], {"fan": "扇"}, owners)
    ['扇名']

    Args:
        learned: from texts, tuples of words, to their translations.
        asked: texts.
        entry: each word's translation when it stands alone; a word without one adds nothing.
        owners: from a text and its translation to the word that each sign of it belongs to.

    Raises:
        ValueError: nothing learned, or nothing asked.
    """
    if not learned or not asked:
        raise ValueError(
            f"Expected texts to learn from and to ask about. Received {len(learned)} and {len(asked)}"
        )

    def share(text, words):
        return Levenshtein.distance(text, words) / max(len(text), len(words), 1)

    found = []
    for words in map(tuple, asked):
        old = min(learned, key=lambda text: share(text, words))
        pieces = []  # [place of the word in the old text, its signs]
        for sign, owner in zip(learned[old], owners(old, learned[old]), strict=True):
            place = old.index(owner)
            if pieces and pieces[-1][0] == place:
                pieces[-1][1] += sign
            else:
                pieces.append([place, sign])
        for edit in Levenshtein.editops(old, words):
            new = entry.get(words[edit.dest_pos], "") if edit.tag != "delete" else ""
            if edit.tag == "insert":
                at = (i for i, piece in enumerate(pieces) if piece[0] == edit.src_pos)
                pieces.insert(next(at, len(pieces)), [None, new])
            else:
                for piece in pieces:
                    if piece[0] == edit.src_pos:
                        piece[1], new = new, ""
        found.append("".join(signs for _, signs in pieces))
    return found


def looked_up(learned, tested) -> list[tuple[list[str], list[str]]]:
    """What `nearest` says to all test texts, and to those that are new, each of these once.

    >>> seen, new = (("fan", "speed"), "风扇速度"), (("fan", "mode"), "风扇模式")
    >>> looked_up([seen], [seen, new])
    [(['风扇速度', '风扇模式'], ['风扇速度', '风扇速度']), (['风扇模式'], ['风扇速度'])]

    Args:
        learned, tested: lists of (text, translation), the text a tuple of words; of a text learned twice
            the last translation counts, of a new one tested twice the first.

    Returns:
        (right translations, those found), twice.

    Raises:
        ValueError: nothing learned, nothing tested, or nothing new.
    """
    learned = dict(learned)
    new = {text: said for text, said in reversed(tested) if text not in learned}
    return [
        ([said for _, said in asked], nearest(learned, [text for text, _ in asked]))
        for asked in (tested, list(new.items()))
    ]


def opinion_weights(opinions, targets, forbidden) -> np.ndarray:
    """How much to trust each of several counted opinions: the weights under which `targets` are likeliest.

        P(sign) = exp(Σ_k w_k · opinions[..., sign, k]) / Σ over the signs that are not forbidden

    A log-linear mixture, fitted by L-BFGS from equal weights; it has one optimum.

    >>> opinions = np.log([[[[0.8, 0.5], [0.2, 0.5]]]] * 4)              # the first knows something
    >>> targets = [[0], [0], [0], [1]]
    >>> opinion_weights(opinions, targets, np.zeros((4, 1, 2), bool)).round(2)
    array([0.79, 1.  ])

    Args:
        opinions: (lines, places, signs, opinions) log-probabilities, or what is added to them.
        targets: (lines, places) the signs that are right.
        forbidden: (lines, places, signs), True where a sign cannot stand.

    Returns:
        (opinions,) weights.

    Raises:
        ValueError: shapes that do not fit; a target that is forbidden.
    """
    opinions, targets, forbidden = map(np.asarray, (opinions, targets, forbidden))
    if (
        opinions.ndim != 4
        or opinions.shape[:3] != forbidden.shape
        or opinions.shape[:2] != targets.shape
    ):
        raise ValueError(
            "Expected opinions (lines, places, signs, opinions), targets (lines, places) and forbidden "
            f"(lines, places, signs). Received shapes {opinions.shape}, {targets.shape}, {forbidden.shape}"
        )
    if np.take_along_axis(forbidden, targets[..., None], axis=2).any():
        raise ValueError("Expected targets that may stand where they do. Received: a forbidden one")
    right = np.take_along_axis(opinions, targets[..., None, None], axis=2)[:, :, 0]

    def loss(weights):
        scores = np.where(forbidden, -np.inf, opinions @ weights.astype(opinions.dtype))
        log_p = log_softmax(scores, axis=-1)
        expected = np.einsum("lps,lpsk->lpk", np.exp(log_p), opinions)
        found = np.take_along_axis(log_p, targets[..., None], axis=2)
        return -float(found.mean()), (expected - right).mean(axis=(0, 1)).astype("float64")

    start = np.ones(opinions.shape[-1])
    return minimize(loss, start, jac=True, method="L-BFGS-B", options={"maxiter": 50}).x
