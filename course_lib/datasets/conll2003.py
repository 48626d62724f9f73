"""CoNLL-2003: English news sentences with the names in them marked word by word."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from course_lib.datasets.archive.errors import DataError
from course_lib.datasets.archive.store import expect_count, require

import numpy as np

TAGS = (
    "O",
    "B-PER",
    "I-PER",
    "B-ORG",
    "I-ORG",
    "B-LOC",
    "I-LOC",
    "B-MISC",
    "I-MISC",
)
"""The nine tags, in the order the course numbers them: `TAGS.index("O") == 0`."""


@dataclass(frozen=True, slots=True)
class Sentence:
    """One sentence: `words`, Penn Treebank `pos` and BIO2 `tags`, three tuples of one length."""

    words: tuple[str, ...]
    pos: tuple[str, ...]
    tags: tuple[str, ...]

    def __len__(self) -> int:
        return len(self.words)


@dataclass(frozen=True)
class Conll2003:
    """The three official splits, sentences in their published order.

    Attributes:
        train: 14,041 sentences (August 1996).
        validation: 3,250 sentences, the shared task's "testa".
        test: 3,453 sentences, "testb" (December 1996: a later time, hence harder).
        tags: the nine BIO2 tags in a fixed order, `TAGS`.
    """

    train: tuple[Sentence, ...]
    validation: tuple[Sentence, ...]
    test: tuple[Sentence, ...]
    tags: tuple[str, ...] = TAGS


def load_conll2003() -> Conll2003:
    """The English CoNLL-2003 named-entity data in BIO2.

    A name's first word is B-, its others I-, everything else O; PER, ORG, LOC and MISC. The
    published files open each news article with a `-DOCSTART-` line; it is no sentence and is
    dropped, so article borders are not kept. The chunk column is not kept either. Words keep their
    case.

    The text is Reuters news, for research and teaching only: do not redistribute it and do not
    print long passages into saved outputs.

    Returns:
        A `Conll2003` with `.train`, `.validation` and `.test`, 14,041 / 3,250 / 3,453 sentences.

    Raises:
        MissingDataError: if it has not been fetched (`course data fetch conll2003`).
        DamagedDataError: if a file is not the published one.
        DataError: if a line or a tag sequence is not as described above.

    Source: Tjong Kim Sang and De Meulder (2003), Introduction to the CoNLL-2003 Shared Task.
    """
    source, folder = require("conll2003")
    splits = {}
    for split, file in (("train", "train.txt"), ("validation", "valid.txt"), ("test", "test.txt")):
        splits[split] = _read_split(folder / file)
        expect_count(source, f"{split}_sentences", len(splits[split]))
        expect_count(source, f"{split}_tokens", sum(map(len, splits[split])))
    return Conll2003(**splits)


def _read_split(path: Path) -> tuple[Sentence, ...]:
    with path.open(encoding="utf-8") as lines:
        return tuple(read_sentences(lines))


def read_sentences(lines: Iterable[str]) -> Iterable[Sentence]:
    """Sentences from lines of "word pos chunk tag", a blank line after each sentence.

    Raises:
        DataError: naming the line, if it has other than four columns or breaks BIO2.
    """
    rows: list[tuple[str, str, str]] = []
    previous = "O"
    for number, line in enumerate(lines, start=1):
        columns = line.split()
        if not columns or columns[0] == "-DOCSTART-":
            if rows:
                yield Sentence(*zip(*rows, strict=True))
            rows, previous = [], "O"
            continue
        if len(columns) != 4:
            raise DataError(f"conll2003 line {number}: expected 4 columns, received {len(columns)}")
        word, pos, _, tag = columns
        if tag not in TAGS:
            raise DataError(f"conll2003 line {number}: expected one of {TAGS}, received {tag!r}")
        if tag.startswith("I-") and previous[1:] != tag[1:]:
            raise DataError(
                f"conll2003 line {number}: expected B-{tag[2:]} or I-{tag[2:]} before {tag}, "
                f"received {previous}"
            )
        rows.append((word, pos, tag))
        previous = tag
    if rows:
        yield Sentence(*zip(*rows, strict=True))


class Mention(NamedTuple):
    """One place where a word stands that names now a place and now a club: see `places_and_clubs`.

    Attributes:
        word: the word, in lower case.
        left, right: its neighbours on both sides, in lower case and in the order of the text.
        is_club: whether here it is, or opens, the name of an organisation; else that of a place.
        weight: how much it counts; see `places_and_clubs`.
    """

    word: str
    left: tuple[str, ...]
    right: tuple[str, ...]
    is_club: bool
    weight: float


def places_and_clubs(sentences: Sequence[Sentence], reach: int) -> list[Mention]:
    """Where words stand that are the first word both of a place's and of an organisation's name.

    *Chicago* is a city and a team. Words that name only one of the two in these sentences are left out,
    and so are sentences of fewer than four words, most of them datelines. Weighted, each word is a place
    as often as a club: whoever knows the word and nothing else is right half of the time.

    Args:
        sentences: one split of CoNLL-2003.
        reach: how many neighbours are kept on each side, at most.

    Returns:
        the mentions, words in alphabetical order, places before clubs. The rarer use of a word has the
        weight 1 a mention; the commoner one has the same weight in all.
    """
    kinds = {"B-LOC": False, "B-ORG": True}
    found = []
    for sentence in sentences:
        words = tuple(word.lower() for word in sentence.words)
        for place, tag in enumerate(sentence.tags):
            if tag in kinds and len(words) >= 4:
                left, right = words[max(0, place - reach) : place], words[place + 1 :][:reach]
                found.append((words[place], kinds[tag], left, right))
    uses = Counter((word, is_club) for word, is_club, *_ in found)
    mentions = []
    for word, is_club, left, right in sorted(found, key=lambda row: row[:2]):
        rarer = min(uses[word, False], uses[word, True])
        if rarer:
            mentions.append(Mention(word, left, right, is_club, rarer / uses[word, is_club]))
    return mentions


def numbered(
    mentions: Sequence[Mention], word_id: Mapping[str, int], reach: int
) -> tuple[np.ndarray, np.ndarray]:
    """Mentions as numbers: the words (mentions, 1) and their neighbours (mentions, 2 * reach).

    The nearest neighbours stand in the middle, at `reach - 1` and `reach`; 0 is where there is none.

    Args:
        mentions: from `places_and_clubs`, with at most `reach` neighbours on each side.
        word_id: numbers of the words, from 1.
        reach: columns for each side.
    """
    words = np.array([[word_id[mention.word]] for mention in mentions])
    around = np.zeros((len(mentions), 2 * reach), int)
    for row, mention in zip(around, mentions, strict=True):
        row[reach - len(mention.left) : reach] = [word_id[word] for word in mention.left]
        row[reach : reach + len(mention.right)] = [word_id[word] for word in mention.right]
    return words, around
