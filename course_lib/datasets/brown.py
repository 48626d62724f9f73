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

    @property
    def plain(self) -> tuple[tuple[str, ...], ...]:
        """The sentences in lower case; a word of digits and no letter is "N"."""
        return tuple(tuple(map(_plain, sentence)) for sentence in self.sentences)


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


def _plain(word):
    digits = any(map(str.isdigit, word)) and not any(map(str.isalpha, word))
    return "N" if digits else word.lower()


OTHER_NUMBER = {
    "was": "were",
    "is": "are",
    "has": "have",
    "were": "was",
    "are": "is",
    "have": "has",
}
"""Verbs whose form says whether their subject is one or many, each with its other form."""


@dataclass(frozen=True, slots=True)
class VerbAfterNoun:
    """A verb of `OTHER_NUMBER` that stands right after a noun.

    Attributes:
        words: the sentence as in `BrownText.plain`, up to the word before the verb.
        verb: in lower case.
        plural: whether the verb is.
        misleads: whether the noun is of the other number: "the cats at the window were".
    """

    words: tuple[str, ...]
    verb: str
    plural: bool
    misleads: bool


def verbs_after_nouns(texts) -> list[VerbAfterNoun]:
    """All such places of the texts (`BrownText`), in their order; the verb is the third word or later.

    Nouns are the words tagged nn, nns, np or nps. There is no parse: the subject may be that noun,
    another one or a pronoun.
    """
    found = []
    for text in texts:
        for words, tags in zip(text.plain, text.tags, strict=True):
            for i, verb in enumerate(words[2:], 2):
                noun, plural = tags[i - 1].partition("-")[0], verb in ("were", "are", "have")
                if verb in OTHER_NUMBER and noun in ("nn", "nns", "np", "nps"):
                    misleads = plural != noun.endswith("s")
                    found.append(VerbAfterNoun(words[:i], verb, plural, misleads))
    return found
