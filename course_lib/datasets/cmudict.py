"""The CMU Pronouncing Dictionary: how English words, names and places are spelt and how they sound."""

import re
from collections.abc import Iterable
from dataclasses import dataclass

from course_lib.datasets.archive.errors import DataError
from course_lib.datasets.archive.store import expect_count, require

import numpy as np

VOWELS = ("AA", "AE", "AH", "AO", "AW", "AY", "EH", "ER", "EY", "IH", "IY", "OW", "OY", "UH", "UW")
"""The 15 vowels of ARPAbet. The dictionary writes each with its stress, 0 none, 1 primary, 2 secondary."""

CONSONANTS = (
    "B", "CH", "D", "DH", "F", "G", "HH", "JH", "K", "L", "M", "N", "NG", "P", "R", "S", "SH", "T", "TH",
    "V", "W", "Y", "Z", "ZH",
)  # fmt: skip
"""The 24 consonants of ARPAbet, which carry no stress."""

PHONEMES = tuple(sorted([*CONSONANTS, *(vowel + stress for vowel in VOWELS for stress in "012")]))
"""The 69 signs that pronunciations are written in: 15 vowels with three stresses, 24 consonants."""

_HEADWORD = re.compile(r"([a-z'.-]+?)(?:\((\d+)\))?")
_KNOWN = frozenset(PHONEMES)


@dataclass(frozen=True, slots=True)
class DictionaryEntry:
    """One spelling and how it is said.

    Attributes:
        spelling: lower case a to z; in 8,559 entries also an apostrophe, a full stop or a hyphen.
        pronunciations: one or more, the dictionary's first choice first; each a tuple of `PHONEMES`.
    """

    spelling: str
    pronunciations: tuple[tuple[str, ...], ...]


@dataclass(frozen=True)
class Cmudict:
    """The course's split, entries in the order of the dictionary.

    Attributes:
        train: the words of nine stems in ten.
        validation: the words of one stem in twenty.
        test: the words of the remaining stems.
    """

    train: tuple[DictionaryEntry, ...]
    validation: tuple[DictionaryEntry, ...]
    test: tuple[DictionaryEntry, ...]


def load_cmudict() -> Cmudict:
    """126,052 spellings with their pronunciations, split so that inflected forms stay together.

    A line of the file is a spelling and its phonemes. `tomato(2)` is a second way to say `tomato`; a
    pronunciation that repeats an earlier one of its word is dropped (two are). Remarks after # are
    dropped, too.

    The split goes by stem (`stems`): *accord*, *accord's* and *accordance* are all in one part.
    The different stems in alphabetical order are permuted by `numpy.random.default_rng(1993)`. The first
    90 % train, the next 5 % validate, the last 5 % test.

    Returns:
        A `Cmudict` with `.train`, `.validation` and `.test`, 113,408 / 6,271 / 6,373 entries.

    Raises:
        MissingDataError: if it has not been fetched (`course data fetch cmudict`).
        DamagedDataError: if the file is not the published one.
        DataError: if a line or a count is not as described above.

    Source: The Carnegie Mellon Pronouncing Dictionary, Carnegie Mellon University Speech Group.
    """
    source, folder = require("cmudict")
    lines = (folder / "cmudict.dict").read_text(encoding="ascii").splitlines()
    expect_count(source, "lines", len(lines))
    entries = read_entries(lines)
    expect_count(source, "spellings", len(entries))

    stem_of = stems(entry.spelling for entry in entries)
    different = sorted(set(stem_of.values()))
    expect_count(source, "stems", len(different))
    order = np.random.default_rng(1993).permutation(len(different))
    names = ("train", "validation", "test")
    part_of = {
        different[number]: names[(20 * rank >= 18 * len(order)) + (20 * rank >= 19 * len(order))]
        for rank, number in enumerate(order)
    }
    parts = {name: [] for name in names}
    for entry in entries:
        parts[part_of[stem_of[entry.spelling]]].append(entry)
    for name, part in parts.items():
        expect_count(source, f"{name}_spellings", len(part))
    return Cmudict(**{name: tuple(part) for name, part in parts.items()})


def unstressed(entries: Iterable[DictionaryEntry]) -> list[tuple[str, list[tuple[str, ...]]]]:
    """(spelling, pronunciations without stress marks) of every entry that is spelt with a to z alone.

    That leaves 39 phonemes, the 24 consonants and 15 vowels, which is how pronunciations are mostly scored.
    Pronunciations that differ in stress alone become one.

    >>> unstressed([DictionaryEntry("it's", (("IH1", "T", "S"),)),
    ...             DictionaryEntry("a", (("AH0",), ("EY1",), ("AH1",)))])
    [('a', [('AH',), ('EY',)])]
    """
    return [
        (
            entry.spelling,
            list(
                dict.fromkeys(tuple(s.rstrip("012") for s in said) for said in entry.pronunciations)
            ),
        )
        for entry in entries
        if entry.spelling.isalpha()
    ]


def read_entries(lines: Iterable[str]) -> list[DictionaryEntry]:
    """Entries from lines "spelling phoneme phoneme ..."; the variants of a spelling become one entry.

    Raises:
        DataError: naming the line, if a spelling has other signs than a to z, apostrophe, full stop and
            hyphen, if a variant is not the next of its spelling, if there is no phoneme, or one that is
            not in `PHONEMES`.
    """
    read: dict[str, list[tuple[str, ...]]] = {}
    variants: dict[str, int] = {}
    for number, line in enumerate(lines, start=1):
        headword, *phonemes = line.partition(" #")[0].split() or [""]
        matched = _HEADWORD.fullmatch(headword)
        if not matched or not phonemes or not _KNOWN.issuperset(phonemes):
            raise DataError(
                f"cmudict line {number}: expected a spelling and its ARPAbet phonemes, received {line!r}"
            )
        spelling, variant = matched[1], int(matched[2] or 1)
        if variant != variants.get(spelling, 0) + 1:
            raise DataError(
                f"cmudict line {number}: expected variant {variants.get(spelling, 0) + 1} of "
                f"{spelling!r}, received variant {variant}"
            )
        variants[spelling] = variant
        said = read.setdefault(spelling, [])
        if tuple(phonemes) not in said:
            said.append(tuple(phonemes))
    return [DictionaryEntry(spelling, tuple(said)) for spelling, said in read.items()]


def stems(spellings: Iterable[str]) -> dict[str, str]:
    """The stem of each spelling: what is left when endings such as -s, -ing, -ation, 's are cut off.

    The Snowball stemmer for English (Porter's second algorithm), on the spelling without its full stops and
    hyphens. It knows no words: *went* is not brought to *go*, and names are cut like words.

    Source: Porter (2001), Snowball: A Language for Stemming Algorithms; as implemented in NLTK.
    """
    from nltk.stem.snowball import EnglishStemmer  # takes a second to import

    stem = EnglishStemmer().stem
    return {spelling: stem(re.sub("[.-]", "", spelling)) for spelling in spellings}


def said_alike(entries: Iterable[DictionaryEntry], words: Iterable[str]) -> dict[str, str]:
    """Of `words` those that sound like exactly one other of them, each with that other one.

    What counts is the first pronunciation. Words with other signs than letters are left out.
    """
    words, alike = {word for word in words if word.isalpha()}, {}
    for entry in entries:
        if entry.spelling in words:
            alike.setdefault(entry.pronunciations[0], []).append(entry.spelling)
    pairs = [pair for pair in alike.values() if len(pair) == 2]
    return {a: b for pair in pairs for a, b in (pair, pair[::-1])}
