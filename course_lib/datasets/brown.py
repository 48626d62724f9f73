"""The Brown Corpus: a million words of American English, printed in 1961, each with its part of speech."""

import tarfile
from dataclasses import dataclass

from course_lib.datasets.archive.errors import DataError
from course_lib.datasets.archive.fetch import require_or_fetch
from course_lib.datasets.archive.store import expect_count

BROWN_GENRES = {
    "a": "press: reportage",
    "b": "press: editorial",
    "c": "press: reviews",
    "d": "religion",
    "e": "skills and hobbies",
    "f": "popular lore",
    "g": "belles lettres",
    "h": "government and house organs",
    "j": "learned",
    "k": "general fiction",
    "l": "mystery",
    "m": "science fiction",
    "n": "adventure",
    "p": "romance",
    "r": "humor",
}
"""The 15 kinds of text, by the letter in a text's name."""


@dataclass(frozen=True, slots=True)
class BrownText:
    """One of the 500 texts, some two thousand words each.

    Attributes:
        name: as in the corpus, "ca01" to "cr09".
        sentences: the words of each sentence, marks of punctuation among them, as they were printed.
        tags: for each sentence as many parts of speech. What comes after a hyphen says where a word
            stands: -tl in a title, -hl in a headline, -nc is quoted as a word.
    """

    name: str
    sentences: tuple[tuple[str, ...], ...]
    tags: tuple[tuple[str, ...], ...]

    @property
    def genre(self) -> str:
        """One of the values of `BROWN_GENRES`."""
        return BROWN_GENRES[self.name[1]]


@dataclass(frozen=True)
class Brown:
    """The course's split of whole texts, in the order of the corpus, in which genres follow each other.

    Attributes:
        train: of every ten texts the first eight, 400.
        validation: the ninth of every ten, 50.
        test: the tenth of every ten, 50.
    """

    train: tuple[BrownText, ...]
    validation: tuple[BrownText, ...]
    test: tuple[BrownText, ...]


def load_brown() -> Brown:
    """500 texts, 57,340 sentences, 1,161,192 words and marks, split by whole texts.

    The archive (3 MB) is fetched the first time.

    Raises:
        DownloadError, ArchiveContentError, MemberHashError, DiskFullError: see `fetch`.
        DamagedDataError: if the file is not the published one.
        DataError: if a line or a count is not as described above.

    Source: Francis and Kucera (1964, revised 1979), A Standard Corpus of Present-Day Edited American
    English, for use with Digital Computers, Brown University.
    """
    source, folder = require_or_fetch("brown")
    with tarfile.open(folder / "brown.tar") as box:
        texts = [
            read_text(entry.name.rpartition("/")[2], box.extractfile(entry).read().decode("ascii"))
            for entry in sorted(box, key=lambda entry: entry.name)
        ]
    expect_count(source, "texts", len(texts))
    expect_count(source, "sentences", sum(len(text.sentences) for text in texts))
    expect_count(source, "words", sum(len(s) for text in texts for s in text.sentences))
    places = {"train": range(8), "validation": (8,), "test": (9,)}
    return Brown(
        **{
            name: tuple(text for i, text in enumerate(texts) if i % 10 in of)
            for name, of in places.items()
        }
    )


def read_text(name: str, content: str) -> BrownText:
    """A text from lines "The/at Fulton/np-tl ...", a sentence a line; empty lines mean nothing.

    A word may hold slashes ("1/2/cd"): the last one parts word and tag.

    Raises:
        DataError: naming the text and the token, if a token has no word or no tag.
    """
    sentences, tags = [], []
    for line in content.splitlines():
        pairs = [token.rpartition("/") for token in line.split()]
        for word, _, tag in pairs:
            if not word or not tag:
                raise DataError(
                    f"brown {name}: expected a word, a slash and its tag, received {word + '/' + tag!r}"
                )
        if pairs:
            sentences.append(tuple(word for word, _, _ in pairs))
            tags.append(tuple(tag for _, _, tag in pairs))
    return BrownText(name, tuple(sentences), tuple(tags))
