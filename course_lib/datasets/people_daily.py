"""People's Daily, January 1998: Chinese news with the names in it marked character by character."""

import functools
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import chain, pairwise

from course_lib.datasets import conll2003
from course_lib.datasets.archive.errors import DataError
from course_lib.datasets.archive.store import expect_count, require

TAGS = conll2003.TAGS[:7]
"""The seven tags, numbered as the same tags of CoNLL-2003: `TAGS.index("O") == 0`."""

_KINDS = {"nt": "ORG", "ns": "LOC"}  # and nr, of which several may make one name
_END, _CLOSING = frozenset("。！？"), frozenset("”’』）》")
# those of two characters that the file holds
_SURNAMES = frozenset({"欧阳", "司徒", "诸葛", "司马", "南宫", "令狐"})


@dataclass(frozen=True, slots=True)
class CharacterSentence:
    """One sentence: `characters` and BIO2 `tags`, two tuples of one length."""

    characters: tuple[str, ...]
    tags: tuple[str, ...]

    def __len__(self) -> int:
        return len(self.characters)


@dataclass(frozen=True)
class PeopleDaily:
    """The course's split, sentences in the order of the newspaper.

    Attributes:
        train: from the first 80 % of the paragraphs (datelines up to 24 January).
        validation: from the next 10 % (24 to 26 January).
        test: from the last 10 % (26 to 30 January).
        tags: the seven BIO2 tags in a fixed order, `TAGS`.
    """

    train: tuple[CharacterSentence, ...]
    validation: tuple[CharacterSentence, ...]
    test: tuple[CharacterSentence, ...]
    tags: tuple[str, ...] = TAGS


def load_people_daily() -> PeopleDaily:
    """People, organizations and places in a month of a Chinese newspaper, in BIO2.

    The file is one paragraph a line, "word/part-of-speech" after "word/part-of-speech". A sentence ends
    after 。！ or ？, closing quotes and brackets included, and with its paragraph. A name's first
    character is B-, its others I-: PER from words marked nr, LOC from ns, ORG from nt. The file marks
    surname and given name as two words; they become one name (`read_sentences` says how).

    Organizations of several words are bracketed in the corpus as its makers describe it. This file has
    lost the brackets, so ORG are those of one word only (新华社, 国务院): of 中国 国际 广播 电台 only the
    first word is marked, as a place.

    Of a sentence that comes more than once, the first one stays, so no sentence is in two splits.

    Returns:
        A `PeopleDaily` with `.train`, `.validation` and `.test`, 35,447 / 4,211 / 4,127 sentences.

    Raises:
        MissingDataError: if it has not been fetched (`course data fetch people_daily`).
        DamagedDataError: if the file is not the published one.
        DataError: if a word or a count is not as described above.

    Source: Yu, Duan, Zhu and Sun (2002), The Basic Processing of Contemporary Chinese Corpus at Peking
    University, Journal of Chinese Information Processing 16(5); the text is that of People's Daily.
    """
    source, folder = require("people_daily")
    paragraphs = (folder / "199801.txt").read_text(encoding="utf-8").splitlines()
    paragraphs = [paragraph for paragraph in paragraphs if paragraph.strip()]
    expect_count(source, "paragraphs", len(paragraphs))

    borders = [len(paragraphs) * tenths // 10 for tenths in (0, 8, 9, 10)]
    seen: set[tuple[str, ...]] = set()
    splits, read = {}, 0
    for split, (start, end) in zip(("train", "validation", "test"), pairwise(borders), strict=True):
        sentences = list(read_sentences(paragraphs[start:end]))
        read += len(sentences)
        splits[split] = tuple(without_repeats(sentences, seen))
        expect_count(source, f"{split}_sentences", len(splits[split]))
    expect_count(source, "sentences", read)
    return PeopleDaily(**splits)


def read_sentences(paragraphs: Iterable[str]) -> Iterator[CharacterSentence]:
    """Sentences from lines of "word/part-of-speech" parted by spaces.

    Where several nr stand side by side, a word of one character, or one of six surnames of two, is a
    surname and takes the next nr with it (李/nr 鹏/nr 乔/nr 石/nr are two people); any other nr is a name
    by itself (叶利钦/nr). Three alone, of one, one and two characters (陈/nr 方/nr 安生/nr), are one person
    with two surnames. Places and organizations side by side stay apart (河北省/ns 张家口/ns).

    Raises:
        DataError: naming the line, if a word has no part of speech.
    """
    for number, paragraph in enumerate(paragraphs, start=1):
        words = [_word(item, number) for item in paragraph.split()]
        for sentence in _split(words):
            texts, kinds = zip(*_joined(sentence), strict=True)
            tags = chain.from_iterable(map(_tags, kinds, map(len, texts)))
            yield CharacterSentence(tuple("".join(texts)), tuple(tags))


def without_repeats(
    sentences: Iterable[CharacterSentence], seen: set[tuple[str, ...]]
) -> Iterator[CharacterSentence]:
    """Those of `sentences` whose characters are not in `seen`, to which they are added."""
    for sentence in sentences:
        if sentence.characters not in seen:
            seen.add(sentence.characters)
            yield sentence


def _word(item: str, number: int) -> tuple[str, str]:
    word, _, part = item.rpartition("/")
    # refuses the ]nt of a bracketed organization, too: the file has none, and we would misread it
    if not word or not (part.isascii() and part.isalpha()):
        raise DataError(
            f"people_daily line {number}: expected word/part-of-speech, received {item!r}"
        )
    return word, part


def _split(words: Iterable[tuple[str, str]]) -> Iterator[list[tuple[str, str]]]:
    sentence, ended = [], False
    for word, part in words:
        if ended and word not in _CLOSING:
            yield sentence
            sentence, ended = [], False
        sentence.append((word, part))
        ended = ended or word in _END
    if sentence:
        yield sentence


def _joined(words: Iterable[tuple[str, str]]) -> Iterator[tuple[str, str | None]]:
    """Words with the kind of name they are, if any; surname and given name as one."""
    people: list[str] = []
    for word, part in [*words, ("", "")]:
        if part == "nr":
            people.append(word)
            continue
        if people:
            yield from ((person, "PER") for person in _people(people))
            people = []
        if word:
            yield word, _KINDS.get(part)


@functools.cache
def _tags(kind: str | None, length: int) -> tuple[str, ...]:
    return (f"B-{kind}", *[f"I-{kind}"] * (length - 1)) if kind else ("O",) * length


def _people(words: Sequence[str]) -> Iterator[str]:
    if [len(word) for word in words] == [1, 1, 2]:
        yield "".join(words)
        return
    words = iter(words)
    for word in words:
        surname = len(word) == 1 or word in _SURNAMES
        yield word + next(words, "") if surname else word
