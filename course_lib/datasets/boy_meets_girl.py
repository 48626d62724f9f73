"""Who is named first, a man or a woman? Sentences of IMDB reviews that name one of each."""

import re
from collections.abc import Iterable
from dataclasses import dataclass

from course_lib.datasets.archive.errors import DataError
from course_lib.datasets.imdb import load_imdb

import numpy as np

MEN = (
    "he man men boy boys guy guys husband husbands father fathers dad son sons brother brothers "
    "uncle king prince duke groom actor actors boyfriend hero gentleman gentlemen"
)
WOMEN = (
    "she woman women girl girls gal gals wife wives mother mothers mom daughter daughters sister "
    "sisters aunt queen princess duchess bride actress actresses girlfriend heroine lady ladies"
)
MEN, WOMEN = frozenset(MEN.split()), frozenset(WOMEN.split())

_SHORTEST, _LONGEST = 3, 40
_VALIDATION = 3_000  # reviews
_SENTENCES = 3_848

_SENTENCE = re.compile(r'[^.!?;:()\[\]"<>]+')
_WORD = re.compile(r"[a-z]+(?=n't)|n't|[a-z]+|'[a-z]+|,")  # as GloVe cuts: do n't, he 's


@dataclass(frozen=True, slots=True)
class Meeting:
    """A sentence with one word for a man and one for a woman.

    Attributes:
        words: in lower case, cut as GloVe cuts them ("do", "n't"); commas are words.
        man, woman: the positions of the two in `words`.
    """

    words: tuple[str, ...]
    man: int
    woman: int

    @property
    def man_first(self) -> bool:
        return self.man < self.woman

    def swapped(self) -> "Meeting":
        """The same words in another order: the man and the woman change places."""
        words = list(self.words)
        words[self.man], words[self.woman] = words[self.woman], words[self.man]
        return Meeting(tuple(words), self.woman, self.man)


@dataclass(frozen=True)
class BoyMeetsGirl:
    """Sentences as they were written: `train`, `validation` and `test`, each a list of `Meeting`."""

    train: list[Meeting]
    validation: list[Meeting]
    test: list[Meeting]


def load_boy_meets_girl() -> BoyMeetsGirl:
    """Sentences of the IMDB reviews with exactly one word of `MEN` and one of `WOMEN`.

    A sentence and its `swapped()` twin have the same words and opposite answers. A model that only
    counts words gives both the same answer, and is right in exactly one of two cases.

    The sentences have 3 to 40 words; repeats are dropped. They are split as the reviews are:
    the last 3,000 training reviews validate, and no review is on two sides.

    Returns:
        A `BoyMeetsGirl` with `.train`, `.validation` and `.test`.

    Raises:
        MissingDataError: if the reviews have not been fetched (`course data fetch imdb`).
        DamagedDataError: if the file is not the published one.
        DataError: if another number of sentences is found than described above.

    Source: the reviews of Maas et al. (2011).
    """
    reviews = load_imdb(validation=_VALIDATION)
    seen = set()
    parts = [
        find_meetings(part.texts, seen)
        for part in (reviews.train, reviews.validation, reviews.test)
    ]
    if sum(map(len, parts)) != _SENTENCES:
        raise DataError(
            f"imdb: expected {_SENTENCES:,} sentences with one man and one woman, received "
            f"{sum(map(len, parts)):,}"
        )
    return BoyMeetsGirl(*parts)


def with_twins(meetings: Iterable[Meeting]) -> tuple[list[tuple[str, ...]], np.ndarray]:
    """Each sentence and its swapped twin, in turn, and labels: 1 where the man comes first, else 0."""
    both = [twin for meeting in meetings for twin in (meeting, meeting.swapped())]
    return [meeting.words for meeting in both], np.array([int(m.man_first) for m in both])


def find_meetings(texts: Iterable[str], seen: set[tuple[str, ...]] | None = None) -> list[Meeting]:
    """The sentences in `texts` that name one man and one woman, without those in `seen`, which grows."""
    seen = set() if seen is None else seen
    found = []
    for text in texts:
        for sentence in _SENTENCE.findall(text.lower()):
            words = tuple(_WORD.findall(sentence))
            men = [i for i, word in enumerate(words) if word in MEN]
            women = [i for i, word in enumerate(words) if word in WOMEN]
            if len(men) == len(women) == 1 and _SHORTEST <= len(words) <= _LONGEST:
                if words not in seen:
                    found.append(Meeting(words, men[0], women[0]))
                seen.add(words)
    return found
