"""What a network that reads has to beat: linear models on counts, tuned as fairly as the network is.

A feature function takes the words of one sentence and returns a dict from features to numbers:

    linear(runs(2), train, validation, test)    # words and pairs of neighbours
"""

from collections.abc import Callable, Mapping, Sequence
from itertools import combinations

import numpy as np
from sklearn.feature_extraction import DictVectorizer
from sklearn.linear_model import LogisticRegression

STRENGTHS = (0.1, 1.0, 10.0)


def words(sentence: Sequence[str]) -> dict:
    """Which words occur; blind to their order."""
    return dict.fromkeys(sentence, 1)


def runs(longest: int) -> Callable[[Sequence[str]], dict]:
    """Which runs of 1 to `longest` neighbouring words occur; ^ and $ mark the ends of the sentence."""
    if longest < 1:
        raise ValueError(f"Expected runs of at least 1 word. Received {longest}")

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


def linear(features: Callable[[Sequence[str]], Mapping], train, validation, test) -> float:
    """Test accuracy of logistic regression, its regularization chosen on the validation part.

    Args:
        features: a feature function; it may return an array of numbers instead of a dict.
        train, validation, test: pairs (sentences, labels), each sentence a sequence of words. The test
            part is read once.

    Returns:
        the share of test sentences that get the right label.
    """

    def numbers(sentence):
        found = features(sentence)
        return found if isinstance(found, Mapping) else dict(enumerate(found))

    vectorizer = DictVectorizer()
    inputs = vectorizer.fit_transform(map(numbers, train[0]))
    fits = [LogisticRegression(C=C, max_iter=1000).fit(inputs, train[1]) for C in STRENGTHS]
    held_out = vectorizer.transform(map(numbers, validation[0]))
    best = max(fits, key=lambda fit: fit.score(held_out, validation[1]))
    return best.score(vectorizer.transform(map(numbers, test[0])), test[1])
