"""Subjects and the verbs that agree with them in number, found in the sentences of IMDB reviews."""

import functools
import re
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

from course_lib.datasets.imdb import load_imdb

import numpy as np

SINGULAR = ("is", "was", "has", "isn't", "wasn't", "hasn't", "doesn't", "seems")
PLURAL = ("are", "were", "have", "aren't", "weren't", "haven't", "don't", "seem")

_VERBS = {**dict.fromkeys(SINGULAR, False), **dict.fromkeys(PLURAL, True)}
# "the" may start a subject at the beginning of a sentence, or after one of these
_BEFORE = (
    "but however and because since as that so if unless although though while whereas when where"
)
# what may follow a subject that its verb does not follow at once
_AFTER = "of in on at by to from for with about between behind involving that which who whose ,"
_BEFORE, _AFTER = frozenset(_BEFORE.split()), frozenset(_AFTER.split())
_LEAST_COUNT, _LEAST_SHARE = 5, 0.95

_THE = re.compile(r"\bthe\s[^.!?:;()\"<]*")
_WORD = re.compile(r"[a-z]+(?:'[a-z]+)?|,")


@dataclass(frozen=True, slots=True)
class Agreement:
    """The beginning of a sentence, up to the verb.

    Attributes:
        words: from "the" to the last word before the verb, in lower case; commas are words.
        subject: position in `words` of the noun that we take for the subject.
        verb: the first verb after it, one of `SINGULAR` or `PLURAL`.
        plural: whether the verb is plural.
        agrees: whether the noun has that number, too. Where not, the verb belongs to another word ("the
            fact that so many adults are ..."), or the writer slipped.
        attractor: whether a noun of the other number stands between the subject and the verb.
    """

    words: tuple[str, ...]
    subject: int
    verb: str
    plural: bool
    agrees: bool
    attractor: bool

    @property
    def distance(self) -> int:
        """The number of words between the subject and the verb."""
        return len(self.words) - self.subject - 1


@dataclass(frozen=True)
class AgreementSplit:
    """Trained on short ways between subject and verb, tested on long ones.

    Attributes:
        examples: those whose subject and verb agree, at most 25 words apart.
        plural, attractor, distance: of each example, arrays.
        train, short: positions of examples at most 5 words apart; `short` is kept out of training.
        far: positions of examples 6 to 25 words apart.
    """

    examples: list[Agreement]
    plural: np.ndarray
    attractor: np.ndarray
    distance: np.ndarray
    train: np.ndarray
    short: np.ndarray
    far: np.ndarray

    def first_noun(self, which: Iterable[int]) -> np.ndarray:
        """Whether the first noun is plural; a noun is a word that is a subject in any example.

        The rule that needs no network: by rule 2 of `load_agreement` the first noun is the subject.
        """
        return np.array([self._numbers(i)[0] for i in which])

    @property
    def groups(self) -> dict[str, np.ndarray]:
        """Positions of test examples: by the words between, and, of the far ones, with an attractor."""
        return {
            "0-5": self.short,
            "6-25": self.far,
            "attractor": self.far[self.attractor[self.far]],
        }

    def part(self, which: Iterable[int]) -> tuple[list[tuple[str, ...]], np.ndarray]:
        """The words of some examples, and whether each is plural: as `course_lib.rivals` reads them."""
        return [self.examples[i].words for i in which], self.plural[which]

    def half_plural(self, sentences: int, seed) -> np.ndarray:
        """Training sentences drawn with repetition, as many plural as singular: their positions.

        Args:
            sentences: how many, an even number; the plural ones come first.
            seed: a whole number, or a NumPy generator that is to go on.
        """
        rng, plural = np.random.default_rng(seed), self.plural[self.train]
        return np.concatenate(
            [rng.choice(self.train[kind], sentences // 2) for kind in (plural, ~plural)]
        )

    def balanced(self, answers: np.ndarray, group: np.ndarray) -> np.ndarray:
        """The mean of the accuracy on plural and on singular sentences; guessing has 0.5.

        Args:
            answers: True for plural, (..., sentences).
            group: positions of the sentences.
        """
        plural = self.plural[group]
        return (answers[..., plural].mean(axis=-1) + (~answers[..., ~plural]).mean(axis=-1)) / 2

    def interval(self, answers: np.ndarray, group: np.ndarray, *, draws: int = 500) -> np.ndarray:
        """Where 95 % of the mean balanced accuracies lie when networks and sentences are drawn anew.

        Args:
            answers: True for plural, (networks, sentences).
            group: positions of the sentences.
            draws: of the bootstrap.
        """
        rng, drawn = np.random.default_rng(0), []
        kinds = [np.flatnonzero(self.plural[group] == kind) for kind in (False, True)]
        for _ in range(draws):
            says_plural = answers[rng.choice(len(answers), len(answers))].mean(axis=0)
            one, many = (says_plural[rng.choice(kind, len(kind))].mean() for kind in kinds)
            drawn.append((1 - one + many) / 2)
        return np.percentile(drawn, [2.5, 97.5])

    def by_group(self, answer: Callable[[np.ndarray], np.ndarray]) -> dict[str, np.ndarray]:
        """Each of `groups` to what a function of its positions answers."""
        return {name: answer(group) for name, group in self.groups.items()}

    def scored(self, answers: Mapping[str, np.ndarray]) -> dict[str, tuple[float, float, float]]:
        """Each of `groups` to the mean of `balanced` and the two ends of `interval`.

        Args:
            answers: group to True for plural, (sentences,) or (networks, sentences).
        """

        def mean_and_ends(name, group):
            says = np.atleast_2d(answers[name])
            return self.balanced(says, group).mean(), *self.interval(says, group)

        return {
            name: tuple(map(float, mean_and_ends(name, group)))
            for name, group in self.groups.items()
        }

    def _numbers(self, which: int) -> list[bool]:
        return [
            self.noun_is_plural[word]
            for word in self.examples[which].words
            if word in self.noun_is_plural
        ]

    @functools.cached_property
    def noun_is_plural(self) -> dict[str, bool]:
        """The number of every noun that is a subject."""
        return {example.words[example.subject]: example.plural for example in self.examples}


def agreement_split(*, adjacent: int, short: int = 500, seed: int = 5) -> AgreementSplit:
    """The examples of `load_agreement` as lesson 05 uses them.

    Args:
        adjacent: how many of the sentences without a word between subject and verb are used; they are
            three quarters of all.
        short: how many of the sentences at most 5 words apart are kept out of training.
        seed: of both choices.

    Raises:
        ValueError: more sentences are asked for than there are.
        MissingDataError, DamagedDataError: as `load_agreement`.
    """
    return split_agreement(load_agreement(), adjacent=adjacent, short=short, seed=seed)


def split_agreement(
    examples: Iterable[Agreement], *, adjacent: int, short: int, seed: int
) -> AgreementSplit:
    """`agreement_split` of any examples."""
    examples = [e for e in examples if e.agrees and e.distance <= 25]
    distance = np.array([example.distance for example in examples])
    rng = np.random.default_rng(seed)
    next_door = rng.permutation(np.flatnonzero(distance == 0))
    if adjacent > len(next_door):
        raise ValueError(f"Expected adjacent of at most {len(next_door)}. Received {adjacent}")
    between = np.flatnonzero((distance > 0) & (distance <= 5))
    near = rng.permutation(np.concatenate([next_door[:adjacent], between]))
    if short >= len(near):
        raise ValueError(f"Expected short below {len(near)}, to leave some. Received {short}")
    return AgreementSplit(
        examples=examples,
        plural=np.array([example.plural for example in examples]),
        attractor=np.array([example.attractor for example in examples]),
        distance=distance,
        train=near[short:],
        short=near[:short],
        far=np.flatnonzero(distance > 5),
    )


def load_agreement() -> list[Agreement]:
    """Beginnings of sentences in the IMDB reviews, for asking which number the next verb has.

    No parser is at work, but three rules. (1) A noun's number is what it shows where nothing is in the
    way: "the NOUN VERB" at the start of a clause, at least 5 times, 95 % of the verbs of one number.
    (2) A subject is such a noun within three words after a "the" that starts a sentence or follows a
    conjunction, and its verb follows at once, or a preposition, a relative pronoun or a comma. (3) The
    verb is the next of 16 (`SINGULAR`, `PLURAL`). Rule 3 errs when the words between hold a verb of
    their own: see `Agreement.agrees`.

    Returns:
        20,400 examples, in the order of the reviews.

    Raises:
        MissingDataError: if the reviews have not been fetched (`course data fetch imdb`).
        DamagedDataError: if the file is not the published one.

    Source: the reviews of Maas et al. (2011); the question is that of Linzen, Dupoux and Goldberg (2016),
    Assessing the Ability of LSTMs to Learn Syntax-Sensitive Dependencies, TACL 4.
    """
    reviews = load_imdb(clean=False)
    return find_agreement([*reviews.train.texts, *reviews.test.texts])


def find_agreement(texts: Iterable[str]) -> list[Agreement]:
    """The examples of `load_agreement` in any texts, by the same three rules."""
    clauses = [clause for text in texts for clause in _clauses(text)]
    numbers = _noun_numbers(clauses)
    return [example for clause in clauses if (example := _example(clause, numbers)) is not None]


def _noun_numbers(clauses: Iterable[list[str]]) -> dict[str, bool]:
    """Nouns that are nearly always singular (False) or plural (True), by rule 1."""
    counts = defaultdict(Counter)
    for clause in clauses:
        if len(clause) > 2 and clause[2] in _VERBS:
            counts[clause[1]][_VERBS[clause[2]]] += 1
    numbers = {}
    for noun, count in counts.items():
        (plural, most), total = count.most_common(1)[0], sum(count.values())
        if total >= _LEAST_COUNT and most >= _LEAST_SHARE * total:
            numbers[noun] = plural
    return numbers


def _clauses(text: str) -> Iterable[list[str]]:
    """Words from each "the" that may start a subject to the end of its sentence."""
    text = text.lower()
    start = text.find("the")
    while start >= 0:
        before = text[max(0, start - 12) : start].rstrip()
        if not before or before[-1] in '.!?:;()">' or before.split()[-1] in _BEFORE:
            rest = _THE.match(text, start)
            if rest:
                yield _WORD.findall(rest[0])
        start = text.find("the", start + 3)


def _example(clause: list[str], numbers: Mapping[str, bool]) -> Agreement | None:
    subject = next((i for i, word in enumerate(clause[:4]) if word in numbers), None)
    if subject is None or subject + 1 == len(clause):
        return None
    follower = clause[subject + 1]
    if follower not in _AFTER and follower not in _VERBS:
        return None
    verb = next((i for i, word in enumerate(clause) if i > subject and word in _VERBS), None)
    if verb is None:
        return None
    number, plural = numbers[clause[subject]], _VERBS[clause[verb]]
    return Agreement(
        words=tuple(clause[:verb]),
        subject=subject,
        verb=clause[verb],
        plural=plural,
        agrees=plural == number,
        attractor=any(numbers.get(word, number) != number for word in clause[subject + 1 : verb]),
    )
