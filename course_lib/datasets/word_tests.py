"""What people say of words: analogies, and how alike two words are. For testing word vectors."""

from collections.abc import Iterable

from course_lib.datasets.archive.errors import DataError
from course_lib.datasets.archive.store import expect_count, require

import pandas as pd

SIMILARITY = {"wordsim353": "wordsim353.tsv", "simlex999": "simlex999.txt"}
"""The two lists of rated pairs, and the file of each."""


ASSOCIATIONS = {
    "flowers": "aster clover hyacinth marigold poppy azalea crocus iris",
    "insects": "ant caterpillar flea locust spider bedbug centipede fly",
    "pleasant": "caress freedom health love peace cheer friend heaven loyal pleasure diamond gentle honest "
    "lucky rainbow diploma gift honor miracle sunrise family happy laughter paradise",
    "unpleasant": "abuse crash filth murder sickness accident death grief poison stink assault pollute "
    "disaster hatred tragedy divorce jail poverty ugly cancer kill rotten vomit agony",
    "math": "math algebra geometry calculus equations computation numbers addition",
    "science": "science technology physics chemistry einstein nasa experiment astronomy",
    "arts": "poetry art shakespeare dance literature novel symphony drama",
    "his": "male man boy brother he him his son",
    "hers": "female woman girl sister she her hers daughter",
    "men's names": "john paul mike kevin steve greg jeff bill",
    "women's names": "amy joan lisa sarah diana kate ann donna",
    "career": "executive management professional corporation salary office business career",
    "family": "home parents children family cousins marriage wedding relatives",
}

ASSOCIATION_TESTS = (
    ("flowers", "insects", "pleasant", "unpleasant"),
    ("men's names", "women's names", "career", "family"),
    ("science", "arts", "his", "hers"),
    ("math", "science", "his", "hers"),
)
"""Two lists that are compared, and the two that they may lean to; the last is a control of our own."""


def association_lists() -> dict[str, list[str]]:
    """Lists of words for the word embedding association test, in lower case; nothing is fetched.

    Those that are compared have eight words each: flowers and insects, men's and women's names, math,
    science and arts. The others are what they may lean to. The words are those of the source with small
    changes: of flowers and insects the first eight, one list of arts, and one of words for men and women.

    Source: Caliskan, Bryson and Narayanan (2017), Semantics derived automatically from language corpora
    contain human-like biases, Science 356(6334).
    """
    return {name: words.split() for name, words in ASSOCIATIONS.items()}


def load_analogies() -> pd.DataFrame:
    """19,544 questions "a is to b as c is to what?", in 14 sections.

    Five sections ask for facts (capital-common-countries, capital-world, currency, city-in-state, family),
    nine, whose names begin with "gram", for forms of words. Words keep their case (Athens); for vectors
    of a lower-cased vocabulary use `.str.lower()`.

    Returns:
        A frame of 19,544 rows in the file's order, with columns section, a, b, c, d: strings; d answers.

    Raises:
        MissingDataError: if it has not been fetched (`course data fetch word_tests`).
        DamagedDataError: if a file is not the published one.
        DataError: if a line is not as described above.

    Source: Mikolov, Chen, Corrado and Dean (2013), Efficient Estimation of Word Representations in
    Vector Space, ICLR workshop.
    """
    source, folder = require("word_tests")
    with (folder / "questions-words.txt").open(encoding="utf-8") as lines:
        questions = read_analogies(lines)
    expect_count(source, "analogies", len(questions))
    expect_count(source, "analogy_sections", questions["section"].nunique())
    return questions


def load_word_similarity(name: str) -> pd.DataFrame:
    """Pairs of English words with the mean of what people answered, 0 (nothing alike) to 10.

    Args:
        name: "wordsim353", 353 pairs rated for how much they have to do with each other (clothes and
            closet: 8.00), or "simlex999", 999 pairs rated for how similar they are (clothes and closet:
            3.27; shore and coast: 8.83).

    Returns:
        A frame in the file's order with columns word1, word2 (strings, case kept) and score (float64).
        A model is held against it by Spearman's rank correlation.

    Raises:
        ValueError: if `name` is neither.
        MissingDataError: if it has not been fetched (`course data fetch word_tests`).
        DamagedDataError: if a file is not the published one.
        DataError: if a line is not as described above.

    Source: wordsim353, Finkelstein et al. (2002), Placing Search in Context: The Concept Revisited, ACM
    Transactions on Information Systems 20(1); simlex999, Hill, Reichart and Korhonen (2015), SimLex-999:
    Evaluating Semantic Models with (Genuine) Similarity Estimation, Computational Linguistics 41(4).
    """
    if name not in SIMILARITY:
        raise ValueError(f"Expected one of {[*SIMILARITY]}; received {name!r}")
    source, folder = require("word_tests")
    with (folder / SIMILARITY[name]).open(encoding="utf-8") as lines:
        pairs = read_pairs(lines)
    expect_count(source, f"{name}_pairs", len(pairs))
    return pairs


def read_analogies(lines: Iterable[str]) -> pd.DataFrame:
    """Questions of four words a line; a line ": name" opens a section.

    Raises:
        DataError: naming the line, if it is neither, or comes before the first section.
    """
    section, rows = None, []
    for number, line in enumerate(lines, start=1):
        words = line.split()
        if len(words) == 2 and words[0] == ":":
            section = words[1]
        elif len(words) == 4 and section is not None:
            rows.append((section, *words))
        else:
            raise DataError(
                f"word_tests line {number}: expected four words in a section, or ': section'; "
                f"received {line.strip()!r}"
            )
    return pd.DataFrame(rows, columns=["section", "a", "b", "c", "d"])


def read_pairs(lines: Iterable[str]) -> pd.DataFrame:
    """Pairs from lines of two words and a score, parted by tabs; lines that start with # are comments.

    Raises:
        DataError: naming the line, if it is not that or the score is outside 0..10.
    """
    rows = []
    for number, line in enumerate(lines, start=1):
        if line.startswith("#"):
            continue
        try:
            first, second, score = line.rstrip("\n").split("\t")
            rows.append((first, second, float(score)))
            sound = 0 <= rows[-1][2] <= 10
        except ValueError:
            sound = False
        if not sound:
            raise DataError(
                f"word_tests line {number}: expected two words and a score of 0..10, parted by tabs; "
                f"received {line.strip()!r}"
            )
    return pd.DataFrame(rows, columns=["word1", "word2", "score"])
