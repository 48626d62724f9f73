"""Subjects and the verbs that agree with them in number, found in the sentences of IMDB reviews."""

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from course_lib.datasets.imdb import load_imdb

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
