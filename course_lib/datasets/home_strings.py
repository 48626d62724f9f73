"""What a smart home says, in English and in Chinese: the interface strings of Home Assistant."""

import json
import re
import tarfile
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from course_lib.datasets.archive.errors import DataError
from course_lib.datasets.archive.fetch import require_or_fetch
from course_lib.datasets.archive.store import expect_count

import numpy as np

_PLAIN_ENGLISH = re.compile(r"[a-z',:/() -]+")
_PLAIN_CHINESE = re.compile(r"[\u4e00-\u9fff，、：]+")
_WORD = re.compile(r"[a-z]+(?:'[a-z]+)?")


@dataclass(frozen=True, slots=True)
class HomeString:
    """One string of the interface in both languages.

    Attributes:
        component: the part of the software that shows it, most often one maker's devices, "tuya".
        english, chinese: as published; Chinese is in simplified characters. Both may hold names in
            braces, which the software fills in, and markup.
    """

    component: str
    english: str
    chinese: str


@dataclass(frozen=True)
class HomeStrings:
    """The course's split by whole components, each part in the order of their names.

    Attributes:
        train: the strings of three components in four.
        validation, test: the strings of one component in twenty, and of one in five. Some stand in train,
            too, because every component says "Failed to connect".
    """

    train: tuple[HomeString, ...]
    validation: tuple[HomeString, ...]
    test: tuple[HomeString, ...]


def load_home_strings() -> HomeStrings:
    """44,422 strings of 946 components that exist in English and in simplified Chinese.

    The components in alphabetical order are permuted by `numpy.random.default_rng(2026)`. The first 75 %
    train, the next 5 % validate, the last 20 % test. The archive (51 MB) is fetched the first time, with a
    progress bar.

    Raises:
        DownloadError, ArchiveContentError, MemberHashError, DiskFullError: see `fetch`.
        DamagedDataError: if a file is not the published one.
        DataError: if a file or a count is not as described above.

    Source: Home Assistant 2026.2.3, translated by its community.
    """
    source, folder = require_or_fetch("home_strings")
    with tarfile.open(folder / "zh-Hans.tar") as box:
        chinese = {_component(entry.name): box.extractfile(entry).read() for entry in box}
    with tarfile.open(folder / "en.tar") as box:
        names = [entry.name for entry in box if _component(entry.name) in chinese]
        english = {_component(name): box.extractfile(name).read() for name in names}
    components = sorted(english)
    expect_count(source, "components", len(components))
    strings = {name: read_strings(name, english[name], chinese[name]) for name in components}
    expect_count(source, "strings", sum(map(len, strings.values())))
    parts = {"train": [], "validation": [], "test": []}
    order = np.random.default_rng(2026).permutation(len(components))
    for rank, number in enumerate(order):
        place = 20 * rank // len(order)
        part = "train" if place < 15 else "validation" if place == 15 else "test"
        parts[part].append(components[number])
    split = {
        part: tuple(string for name in sorted(chosen) for string in strings[name])
        for part, chosen in parts.items()
    }
    for part, chosen in split.items():
        expect_count(source, f"{part}_strings", len(chosen))
    return HomeStrings(**split)


def read_strings(component: str, english: bytes, chinese: bytes) -> list[HomeString]:
    """The strings that stand at the same place of two JSON files, in the order of the English one.

    Raises:
        DataError: naming the component, if a file is not an object of objects and strings.
    """
    try:
        both = [dict(_leaves(json.loads(content))) for content in (english, chinese)]
    except (ValueError, TypeError) as error:
        raise DataError(
            f"home_strings {component}: expected JSON objects of objects and strings: {error}"
        ) from error
    return [
        HomeString(component, text, both[1][place])
        for place, text in both[0].items()
        if place in both[1]
    ]


def phrases(
    strings: Iterable[HomeString], *, most_words: int = 8, most_characters: int = 14
) -> list[tuple[tuple[str, ...], str]]:
    """(English words, Chinese characters) of the short strings that are plain language on both sides.

    English is put in lower case and loses its marks. A string is left out if its English has any sign but
    letters, blanks and , : / ( ) - ', if its Chinese has any but characters and ， 、 ：, or if either is
    longer than asked for. What comes several times comes several times.

    >>> phrases([HomeString("lock", "Name of the lock.", "门锁的名称。"),
    ...          HomeString("lock", "Lock {name}", "锁定 {name}")])
    [(('name', 'of', 'the', 'lock'), '门锁的名称')]
    """
    found = []
    for string in strings:
        english = string.english.strip().rstrip(".!").lower().replace("’", "'")
        chinese = string.chinese.strip().rstrip("。！").replace(" ", "")
        chinese = chinese.replace(",", "，").replace(":", "：")
        words = tuple(_WORD.findall(english))
        if (
            _PLAIN_ENGLISH.fullmatch(english)
            and _PLAIN_CHINESE.fullmatch(chinese)
            and 0 < len(words) <= most_words
            and len(chinese) <= most_characters
        ):
            found.append((words, chinese))
    return found


def commonest(
    pairs: Iterable[tuple[tuple[str, ...], str]],
) -> dict[tuple[str, ...], str]:
    """Each English phrase once, with its commonest Chinese; of equals the one that came first.

    >>> commonest([(("clear",), "晴"), (("clear",), "清除"), (("clear",), "清除")])
    {('clear',): '清除'}
    """
    said = defaultdict(Counter)
    for words, chinese in pairs:
        said[words][chinese] += 1
    return {words: counts.most_common(1)[0][0] for words, counts in said.items()}


def _component(path: str) -> str:
    """ "tuya" of "homeassistant/components/tuya/translations/en.json"."""
    return path.split("/")[-3]


def _leaves(tree, place=()) -> Iterator[tuple[tuple[str, ...], str]]:
    """(keys from the top, text) of every text in nested dictionaries."""
    if not isinstance(tree, dict):
        raise TypeError(f"at the top is a {type(tree).__name__}")
    for key, below in tree.items():
        if isinstance(below, dict):
            yield from _leaves(below, (*place, key))
        elif isinstance(below, str):
            yield (*place, key), below
        else:
            raise TypeError(f"{'.'.join((*place, key))} is a {type(below).__name__}")
