"""Poems of the Tang (618 to 907): all as published, quatrains for models, couplets to answer."""

import json
import re
import tarfile
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from course_lib.datasets.archive.errors import DataError
from course_lib.datasets.archive.fetch import require_or_fetch
from course_lib.datasets.archive.store import expect_count

import numpy as np

UNKNOWN_POETS = frozenset({"不詳", "無名氏"})
"""What the file writes where it does not know the poet: these are not one person."""

# The blocks of Chinese characters, those of rare ones included, and the round zero.
_HAN = "〇\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff"
_NO_HAN = re.compile(f"[^{_HAN}]")
_MARKS = re.compile(r"[，。？！；、：\s]+")


@dataclass(frozen=True, slots=True)
class Poem:
    """One poem as it stands in the file.

    Attributes:
        author, title: of a series the title names the series first, then the poem: "詠史詩 嶓冢".
        verses: couplets with their marks, "空山不見人，但聞人語響。"; some are longer or shorter.
    """

    author: str
    title: str
    verses: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Quatrain:
    """A poem of four lines of five, or four of seven characters, without marks.

    Attributes:
        author, title: as in `Poem`.
        lines: four strings of one length.
    """

    author: str
    title: str
    lines: tuple[str, str, str, str]

    @property
    def characters(self) -> str:
        """The 20 or 28 characters in one string."""
        return "".join(self.lines)

    @property
    def series(self) -> tuple[str, str]:
        """Its poet, and its title up to the first space; poems of a series have this in common."""
        return self.author, self.title.partition(" ")[0]


@dataclass(frozen=True)
class TangQuatrains:
    """The course's split, poems in the order of the file.

    Attributes:
        train: 85 % of the quatrains.
        validation, test: 5 % each, from poets who are in `train`, too, but whole series.
        new_poets: 5 %, everything by poets of whom nothing is in the other parts.
        variants: what was dropped, because it agrees with an earlier poem of any part.
    """

    train: tuple[Quatrain, ...]
    validation: tuple[Quatrain, ...]
    test: tuple[Quatrain, ...]
    new_poets: tuple[Quatrain, ...]
    variants: tuple[Quatrain, ...]


@dataclass(frozen=True, slots=True)
class Couplet:
    """Two lines of one length, the lower answering the upper, without marks.

    Attributes:
        author, title: as in `Poem`.
        upper, lower: five or seven characters each.
    """

    author: str
    title: str
    upper: str
    lower: str

    @property
    def characters(self) -> str:
        """The 10 or 14 characters in one string."""
        return self.upper + self.lower


@dataclass(frozen=True)
class TangCouplets:
    """The course's split of the middle couplets of eight-line poems, in the order of the file.

    Attributes:
        train: the rest, about four fifths.
        validation, test: about a tenth each. A poet's couplets all stand in one part.
        variants: what was dropped, because it agrees with an earlier couplet of any part.
    """

    train: tuple[Couplet, ...]
    validation: tuple[Couplet, ...]
    test: tuple[Couplet, ...]
    variants: tuple[Couplet, ...]


def load_tang_poems() -> tuple[Poem, ...]:
    """57,607 poems of the Complete Tang Poems in traditional characters, in the order of its 58 files.

    The archive (85 MB) is fetched the first time, with a progress bar.

    Raises:
        DownloadError, ArchiveContentError, MemberHashError, DiskFullError: see `fetch`.
        DamagedDataError: if the file is not the published one.
        DataError: if a poem or a count is not as described above.

    Source: 全唐詩, Complete Tang Poems (1705); digital text of the chinese-poetry project.
    """
    source, folder = require_or_fetch("tang_poems")
    poems = []
    with tarfile.open(folder / "poet.tang.tar") as box:
        # poet.tang.0.json, poet.tang.1000.json, ... by their number
        for entry in sorted(box, key=lambda entry: int(entry.name.split(".")[-2])):
            poems += map(_poem, json.load(box.extractfile(entry)))
    expect_count(source, "poems", len(poems))
    return tuple(poems)


def load_tang_quatrains() -> TangQuatrains:
    """13,477 quatrains of five or seven characters a line, split so that what belongs together stays.

    `quatrains` says which poems count, `without_variants` what is dropped as a second version. The split
    is by `numpy.random.default_rng(618)`:

    - Poets in random order, until they have 5 % of the poems together: all of theirs is `new_poets`.
      The unknown (`UNKNOWN_POETS`) are not drawn.
    - Of the other poets' series (`Quatrain.series`) in random order the first 5 % of the poems validate,
      the next 5 % test. Only poets with at least five series are drawn from.

    Raises:
        As `load_tang_poems`.
    """
    source, _ = require_or_fetch("tang_poems")
    found = quatrains(load_tang_poems())
    for length in (5, 7):
        count = sum(len(poem.lines[0]) == length for poem in found)
        expect_count(source, f"quatrains_of_{length}", count)
    different = without_variants(found)
    expect_count(source, "different_quatrains", len(different))
    parts = _split(different)
    for name, part in parts.items():
        expect_count(source, f"{name}_quatrains", len(part))
    kept = set(map(id, different))
    parts["variants"] = [poem for poem in found if id(poem) not in kept]
    return TangQuatrains(**{name: tuple(part) for name, part in parts.items()})


def load_tang_couplets() -> TangCouplets:
    """42,714 middle couplets of eight-line poems, of five or seven characters a line, split by poet.

    `middle_couplets` says which couplets count, `without_variants` what is dropped as a second version. The
    split is by `numpy.random.default_rng(618)`: poets in random order, until they have a tenth of the
    couplets together, are `test`, the next ones `validation`. The unknown (`UNKNOWN_POETS`) are not drawn.

    Raises:
        As `load_tang_poems`.
    """
    source, _ = require_or_fetch("tang_poems")
    found = middle_couplets(load_tang_poems())
    expect_count(source, "middle_couplets", len(found))
    different = without_variants(found)
    expect_count(source, "different_couplets", len(different))

    of_poet = Counter(couplet.author for couplet in different)
    poets = sorted(of_poet.keys() - UNKNOWN_POETS)
    part_of, taken = {}, 0
    for number in np.random.default_rng(618).permutation(len(poets)):
        if taken >= len(different) / 5:
            break
        part_of[poets[number]] = "test" if taken < len(different) / 10 else "validation"
        taken += of_poet[poets[number]]
    parts = {name: [] for name in ("train", "validation", "test")}
    for couplet in different:
        parts[part_of.get(couplet.author, "train")].append(couplet)
    for name, part in parts.items():
        expect_count(source, f"{name}_couplets", len(part))
    kept = set(map(id, different))
    parts["variants"] = [couplet for couplet in found if id(couplet) not in kept]
    return TangCouplets(**{name: tuple(part) for name, part in parts.items()})


def middle_couplets(poems: Iterable[Poem]) -> list[Couplet]:
    """The third with the fourth, and the fifth with the sixth line of poems of eight lines.

    In regulated verse these two couplets are parallel: the lower line answers the upper one character by
    character. The lines have five characters, or seven. A poem with any sign that is neither character nor
    mark is left out. Eight-line poems of the old style, where the rule does not hold, cannot be told apart
    by their form and stay.
    """
    found = []
    for poem in poems:
        lines = _lines(poem)
        if len(lines) == 8 and _regular(lines):
            found += [Couplet(poem.author, poem.title, *lines[i : i + 2]) for i in (2, 4)]
    return found


def quatrains(poems: Iterable[Poem]) -> list[Quatrain]:
    """Those poems that have four lines of five characters, or four of seven, and nothing else.

    Marks part the lines. A poem with any other sign (□ for a lost character, a remark in brackets) is left
    out.
    """
    found = []
    for poem in poems:
        lines = _lines(poem)
        if len(lines) == 4 and _regular(lines):
            found.append(Quatrain(poem.author, poem.title, lines))
    return found


def _lines(poem):
    return tuple(line for line in _MARKS.split("".join(poem.verses)) if line)


def _regular(lines):
    """Whether all have five characters, or all seven, and no other sign."""
    lengths = {len(line) for line in lines}
    return lengths in ({5}, {7}) and not any(_NO_HAN.search(line) for line in lines)


def without_variants(poems: Sequence) -> list:
    """The poems, or the couplets, without those that agree with an earlier one in half of their places.

    The same poem often stands in the file twice, under two poets or with a few other characters. Two poems
    are compared if they have three characters in a row in common at the same place.
    """
    kept = []
    at: dict[tuple[int, int, str], list[int]] = defaultdict(list)
    for poem in poems:
        text = poem.characters
        runs = [(len(text), i, text[i : i + 3]) for i in range(len(text) - 2)]
        rivals = Counter(number for run in runs for number in at[run])
        if any(
            2 * sum(map(str.__eq__, text, kept[number].characters)) >= len(text)
            for number in rivals
        ):
            continue
        for run in runs:
            at[run].append(len(kept))
        kept.append(poem)
    return kept


def _poem(entry) -> Poem:
    try:
        return Poem(entry["author"], entry["title"], tuple(entry["paragraphs"]))
    except (KeyError, TypeError) as error:
        raise DataError(
            f"tang_poems: expected a poem with author, title and paragraphs, received {entry!r}"
        ) from error


def _split(poems: Sequence[Quatrain]) -> dict[str, list[Quatrain]]:
    rng = np.random.default_rng(618)
    twentieth = len(poems) / 20

    of_poet = Counter(poem.author for poem in poems)
    poets = sorted(of_poet.keys() - UNKNOWN_POETS)
    new, taken = set(), 0
    for number in rng.permutation(len(poets)):
        if taken >= twentieth:
            break
        new.add(poets[number])
        taken += of_poet[poets[number]]

    in_series = Counter(poem.series for poem in poems if poem.author not in new)
    several = Counter(author for author, _ in in_series)
    series = sorted(one for one in in_series if several[one[0]] >= 5)
    part_of, taken = {}, 0
    for number in rng.permutation(len(series)):
        if taken >= 2 * twentieth:
            break
        part_of[series[number]] = "validation" if taken < twentieth else "test"
        taken += in_series[series[number]]

    parts = {name: [] for name in ("train", "validation", "test", "new_poets")}
    for poem in poems:
        name = "new_poets" if poem.author in new else part_of.get(poem.series, "train")
        parts[name].append(poem)
    return parts
