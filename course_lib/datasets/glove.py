"""GloVe: word vectors learned by others from six billion words."""

import json
import mmap
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from course_lib import machine
from course_lib.datasets.archive.errors import DataError
from course_lib.datasets.archive.fetch import require_or_fetch
from course_lib.datasets.archive.store import expect_count, require

import numpy as np
import pyarrow.parquet

PADDING = ""
"""Keras's padding token, as `TextVectorization.get_vocabulary()` spells it."""


@dataclass(frozen=True)
class EmbeddingMatrix:
    """Start weights for an embedding layer.

    Attributes:
        weights: float32, (len(vocabulary), dimensions); row i belongs to vocabulary[i].
        found: how many words have a pretrained vector.
        unknown: the words that have none, in vocabulary order; their rows are random.
    """

    weights: np.ndarray
    found: int
    unknown: tuple[str, ...]

    @property
    def coverage(self) -> float:
        """Share of the words, padding aside, that have a pretrained vector; 0 if there are none."""
        return self.found / max(1, self.found + len(self.unknown))


@dataclass(frozen=True)
class EncodedSentences:
    """Sentences as numbers that an embedding layer reads.

    Attributes:
        ids: for each sentence the list of its words' ids; 0 stands for padding and is no word's.
        vectors: float32, (words + 1, dimensions), row i for id i; row 0 is 0, and all others together have
            the standard deviation 1.
        word_id: word -> id, in alphabetical order from 1.
    """

    ids: list[list[int]]
    vectors: np.ndarray
    word_id: dict[str, int]

    def padded(self, which: Iterable[int], length: int) -> np.ndarray:
        """Some sentences as vectors, (sentences, length, dimensions), with zeros before the first word.

        Raises:
            ValueError: a sentence is longer than `length`.
        """
        chosen = [self.ids[i] for i in which]
        longest = max(map(len, chosen), default=0)
        if longest > length:
            raise ValueError(f"Expected a length of at least {longest} words. Received: {length}")
        rows = [[0] * (length - len(ids)) + ids for ids in chosen]
        return self.vectors[np.array(rows, dtype=int).reshape(-1, length)].astype("float64")


@dataclass(frozen=True, repr=False)
class WordVectors:
    """A vector for each of many words.

    `"king" in vectors` asks for a word, `vectors["king"]` gives its vector, shape (dimensions,).
    The vocabulary is lower-cased: look up `word.lower()`.

    Attributes:
        words: the words, most frequent first.
        vectors: float32, (len(words), dimensions), read-only and memory-mapped: rows are read from
            the disk when they are used.
        index: word -> row.
    """

    words: list[str]
    vectors: np.ndarray
    index: dict[str, int]

    def __repr__(self) -> str:
        return "WordVectors({:,} words, {} dimensions)".format(*self.vectors.shape)

    def __len__(self) -> int:
        return len(self.words)

    def __contains__(self, word: object) -> bool:
        return word in self.index

    def __getitem__(self, word: str) -> np.ndarray:
        """The vector of one word, shape (dimensions,).

        Raises:
            KeyError: if the word has none; it says so if the lower-cased word has one.
        """
        if word not in self.index:
            lower = str(word).lower()
            hint = f"; {lower!r} is there (the vocabulary is lower-cased)"
            raise KeyError(f"no vector for {word!r}" + (hint if lower in self.index else ""))
        return self.vectors[self.index[word]]

    def matrix(self, vocabulary: Sequence[str], *, seed: int) -> EmbeddingMatrix:
        """Embedding weights for `vocabulary`, one row a word, in its order.

        A word with a vector gets that vector; the padding token "" gets zeros; any other word gets
        uniform random numbers in [-0.05, 0.05), as Keras's Embedding starts. Words are looked up as
        they stand: pass `[word.lower() for word in vocabulary]` for a vocabulary with capitals.

        Args:
            vocabulary: the words, row by row; `TextVectorization.get_vocabulary()` will do.
            seed: decides the random rows, and nothing else.

        Returns:
            An `EmbeddingMatrix`: `.weights` (len(vocabulary), dimensions), `.found`, `.unknown`,
            `.coverage`.
        """
        shape = len(vocabulary), self.vectors.shape[1]
        # Drawn for every row first, so that a word's random row does not hang on the other words.
        weights = np.random.default_rng(seed).uniform(-0.05, 0.05, shape).astype(np.float32)
        rows = [row for row, word in enumerate(vocabulary) if word in self.index]
        weights[rows] = self.vectors[[self.index[vocabulary[row]] for row in rows]]
        weights[[row for row, word in enumerate(vocabulary) if word == PADDING]] = 0.0
        unknown = tuple(w for w in vocabulary if w not in self.index and w != PADDING)
        return EmbeddingMatrix(weights=weights, found=len(rows), unknown=unknown)

    def encode(self, sentences: Iterable[Sequence[str]], *, seed: int) -> EncodedSentences:
        """Ids for the words of sentences, and the vectors that belong to the ids.

        Args:
            sentences: each a sequence of words, looked up as they stand.
            seed: decides the vectors of words that have none, as in `matrix`.

        Raises:
            ValueError: no word at all.
        """
        sentences = [list(sentence) for sentence in sentences]
        vocabulary = sorted({word for sentence in sentences for word in sentence})
        if not vocabulary:
            raise ValueError("Expected sentences with at least one word. Received none")
        weights = self.matrix(vocabulary, seed=seed).weights
        padding = np.zeros((1, weights.shape[1]), weights.dtype)
        word_id = {word: number for number, word in enumerate(vocabulary, start=1)}
        return EncodedSentences(
            ids=[[word_id[word] for word in sentence] for sentence in sentences],
            vectors=np.concatenate([padding, weights / weights.std()]),
            word_id=word_id,
        )


def load_glove(dimensions: int = 50) -> WordVectors:
    """GloVe 6B: 400,000 lower-cased words and marks with 50 numbers each, or 341,479 with 100.

    Learned from Wikipedia 2014 and Gigaword 5. The vectors are memory-mapped, so loading costs the
    reading of the word list and no more. Those of 100 numbers are fetched the first time (118 MB), and
    rewritten once, which takes about half a minute.

    Args:
        dimensions: 50 or 100.

    Returns:
        A `WordVectors` with `.words`, `.vectors` (words, dimensions) float32 and `.index`.

    Raises:
        ValueError: for other `dimensions`.
        MissingDataError: if those of 50 have not been fetched (`course data fetch glove`).
        DownloadError, ArchiveContentError, MemberHashError, DiskFullError: of those of 100; see `fetch`.
        DamagedDataError: if a file is not the published one.
        DataError: if its shape or words are not as described above.

    Source: Pennington, Socher and Manning (2014), GloVe: Global Vectors for Word Representation.
    """
    if dimensions == 50:
        source, folder = require("glove")
        words = pyarrow.parquet.read_table(folder / "words.parquet").column("index").to_pylist()
    elif dimensions == 100:
        source, folder = require_or_fetch("glove_100d")
        words = _rewritten(folder)
    else:
        raise ValueError(f"Expected vectors of 50 or 100 dimensions. Received: {dimensions!r}")
    vectors = np.load(folder / "vectors.npy", mmap_mode="r")
    index = {word: row for row, word in enumerate(words)}
    expect_count(source, "words", len(index))
    expected = len(words), source.counts["dimensions"]
    if vectors.shape != expected or vectors.dtype != np.float32:
        raise DataError(
            f"{source.name}: expected float32 vectors of shape {expected}, "
            f"received {vectors.dtype} of shape {vectors.shape}"
        )
    return WordVectors(words=words, vectors=vectors, index=index)


_HEAD_ENDS = b'],"vectors":{'
_ROW = re.compile(rb'":\[([-+.,eE\d]+)\]')  # "word":[its numbers, their length, its place]


def _rewritten(folder) -> list[str]:
    """The words of vectors.json; vectors.npy is written beside it if it is not there or is older.

    The file is {..., "words": [...], "vectors": {word: numbers}, "unkVector": [...]}, 34 million numbers in
    text. As Python's objects they would take gigabytes, so they are read row by row.

    Raises:
        DataError: if the file is not like that.
    """
    source, binary = folder / "vectors.json", folder / "vectors.npy"
    with source.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as text:
        end = text.find(_HEAD_ENDS)
        if end < 0:
            raise DataError(f"{source.name}: expected words and then vectors, received neither")
        head = json.loads(text[:end] + b"]}")
        words, dimensions = head["words"], head["dimensions"]
        if binary.exists() and binary.stat().st_mtime_ns >= source.stat().st_mtime_ns:
            return words
        vectors = np.full((len(words), dimensions), np.nan, np.float32)
        for row in _ROW.finditer(text, end + len(_HEAD_ENDS)):
            numbers = np.array(row[1].split(b","), float)
            place = int(numbers[-1])
            if place >= 0:  # -1 is that of the unknown word, all 0
                vectors[place] = numbers[:dimensions]
    if np.isnan(vectors).any():
        lacking = int(np.isnan(vectors).any(axis=1).sum())
        raise DataError(f"{source.name}: expected numbers for every word, {lacking} lack them")
    with machine.replacing(binary) as partial, partial.open("wb") as file:
        np.save(file, vectors)
    return words
