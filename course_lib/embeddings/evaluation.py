"""What word vectors know: neighbours, analogies, and pairs that people rated, by gensim."""

import tempfile
import warnings
from pathlib import Path

from course_lib.checks import positive_integer

import gensim
import numpy as np
import pandas as pd
from scipy import stats


def keyed_vectors(words, vectors):
    """gensim's `KeyedVectors` of words and their vectors, for whatever gensim offers.

    Args:
        words: the words, most frequent first; `Vocabulary.words` and `WordVectors.words` will do.
        vectors: (len(words), dimensions); copied as float32. The rows of a DataFrame must be in the order
            of the words, if it is indexed by words.

    Raises:
        ValueError: no words, or words in a string; vectors that are not one row a word, or rows of other
            words; a word that comes twice; or values that are no finite numbers in float32.
    """
    labels = vectors.index if isinstance(vectors, pd.DataFrame) else None
    vectors, words = np.asarray(vectors), [words] if isinstance(words, str) else list(words)
    different = len(set(words))
    if vectors.ndim != 2 or not vectors.size or not len(vectors) == len(words) == different:
        raise ValueError(
            f"Expected a vector for each of {different:,} different words, at least one. "
            f"Received {len(words):,} words and vectors of shape {vectors.shape}"
        )
    if labels is not None and not pd.api.types.is_numeric_dtype(labels) and list(labels) != words:
        row = next(
            row for row, pair in enumerate(zip(labels, words, strict=True)) if len({*pair}) > 1
        )
        raise ValueError(
            f"Expected the rows of the vectors in the order of the words. Received in row {row} the "
            f"vector of {labels[row]!r} for {words[row]!r}"
        )
    if vectors.dtype.kind not in "biuf":
        raise ValueError(f"Expected vectors of numbers. Received values of type {vectors.dtype}")
    with np.errstate(over="ignore"):
        vectors = vectors.astype("float32")
    finite = np.isfinite(vectors).all(axis=1)
    if not finite.all():
        raise ValueError(
            "Expected vectors of numbers that are finite in float32. Received others for "
            f"{words[int(np.argmin(finite))]!r}"
        )
    keyed = gensim.models.KeyedVectors(vectors.shape[1])
    keyed.add_vectors(words, vectors)
    return keyed


def nearest(keyed, positive, negative=(), *, metric="cosine", count=10):
    """The words nearest to a word, or to a sum and difference of words.

        cosine      x / |x| . t / |t|     t = sum of p / |p| - sum of n / |n|     large is near
        euclidean   |x - t|               t = sum of p - sum of n                 small is near

    for positive words p and negative words n. "man is to king as woman is to ?" is
    `nearest(keyed, ["king", "woman"], ["man"])`. Cosine is gensim's `most_similar`. For vectors of length
    1 and a single word the two metrics agree in order, since then |x - t|^2 = 2 - 2 x . t. A vector of
    zeros has no direction: by cosine its word is never near.

    Args:
        keyed: gensim's KeyedVectors.
        positive, negative: a word, or a list of words. None of them is returned.
        metric: "cosine" or "euclidean".
        count: how many words.

    Returns:
        A frame with the columns word and `metric`, the nearest first.

    Raises:
        ValueError: another metric, no positive word, a count that is no positive integer, or, for the
            cosine, words whose sum has no direction.
        KeyError: a word without a vector; the number of a row is no word.
    """
    positive = [positive] if isinstance(positive, str) else list(positive)
    negative = [negative] if isinstance(negative, str) else list(negative)
    if metric not in ("cosine", "euclidean") or not positive:
        raise ValueError(
            "Expected metric 'cosine' or 'euclidean' and a positive word. "
            f"Received: metric={metric!r}, positive={positive}"
        )
    count = positive_integer("count", count)
    for word in positive + negative:
        if word not in keyed.key_to_index:
            raise KeyError(f"{word!r} has no vector")
    given = [keyed.get_index(word) for word in positive + negative]
    if metric == "cosine":
        return _most_similar(keyed, positive, negative, given, count)
    sign = np.repeat([1.0, -1.0], [len(positive), len(negative)]).astype("float32")
    target = sign @ keyed.vectors[given]
    distance = np.linalg.norm(keyed.vectors - target, axis=1)
    distance[given] = np.inf
    rows = np.argsort(distance, kind="stable")[: min(count, len(distance) - len(set(given)))]
    words = [keyed.index_to_key[row] for row in rows]
    return pd.DataFrame({"word": words, metric: distance[rows]})


def _most_similar(keyed, positive, negative, given, count):
    lengths = np.linalg.norm(keyed.vectors, axis=1)
    if not lengths[given].all():
        word = (positive + negative)[int(np.argmin(lengths[given]))]
        raise ValueError(
            f"Expected words whose vectors have a direction. Received zeros for {word!r}"
        )
    units = keyed.vectors[given] / lengths[given, None]
    aim = units[: len(positive)].sum(axis=0) - units[len(positive) :].sum(axis=0)
    if np.linalg.norm(aim) < 1e-6 * len(given):
        raise ValueError(
            "Expected words whose sum and difference has a direction. Received "
            f"{' + '.join(map(str, positive))} - {' - '.join(map(str, negative))}, which is 0"
        )
    with np.errstate(invalid="ignore"):  # 0 / 0 for vectors of zeros, which sort behind all others
        found = keyed.most_similar(positive=positive, negative=negative, topn=count)
    return pd.DataFrame(found, columns=["word", "cosine"]).dropna(ignore_index=True)


def similarity_score(keyed, pairs):
    """Spearman's rank correlation of cosines with what people said, by gensim.

    Upper and lower case are one. Pairs with a word that has no vector are left out.

    Args:
        keyed: gensim's KeyedVectors.
        pairs: a frame of columns word1, word2, score, as of `load_word_similarity`.

    Returns:
        A dict: spearman, p_value, used and left_out (numbers of pairs).

    Raises:
        ValueError: fewer than three pairs can be used, or all of them have one score or one cosine;
            scores that are no finite numbers; or words that are no text or have a tab or a line break.
    """
    words = pairs[["word1", "word2"]].to_numpy().tolist()
    for pair in words:
        if not all(isinstance(word, str) and word.strip() for word in pair) or any(
            sign in word for word in pair for sign in "\t\n\r"
        ):
            raise ValueError(
                f"Expected pairs of words without tabs or line breaks. Received: {pair}"
            )
    if not pd.api.types.is_numeric_dtype(pairs["score"]) or pairs["score"].isna().any():
        raise ValueError(
            "Expected a number as the score of every pair. Received values of type "
            f"{pairs['score'].dtype}, {pairs['score'].isna().sum()} of them missing"
        )
    # gensim reads them from a file, in which a line that begins with # is a comment
    words = [pair[::-1] if pair[0].startswith("#") else pair for pair in words]
    if any(pair[0].startswith("#") for pair in words):
        raise ValueError("Expected no pair of two words that begin with #. Received one")
    lines = [(*pair, float(s)) for pair, s in zip(words, pairs["score"], strict=True)]
    known = {word.upper() for word in keyed.index_to_key}
    used = sum(a.upper() in known and b.upper() in known for a, b, _ in lines)
    if used < 3:
        raise ValueError(
            "Expected at least three pairs whose words both have vectors. "
            f"Received {used} such pairs of {len(lines)}"
        )
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "pairs.tsv")
        path.write_text(
            "".join(f"{a}\t{b}\t{score!r}\n" for a, b, score in lines), encoding="utf-8"
        )
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", stats.ConstantInputWarning)
            _, spearman, _ = keyed.evaluate_word_pairs(str(path), restrict_vocab=len(keyed))
    if not np.isfinite(spearman[0]):
        raise ValueError(
            f"Expected scores and cosines that vary. Received {used} pairs of one score or one cosine"
        )
    return {
        "spearman": float(spearman[0]),
        "p_value": float(spearman[1]),
        "used": used,
        "left_out": len(pairs) - used,
    }


def similarity_lead(first, second, pairs, *, draws=1000, seed=0):
    """How far the first vectors' rank correlation with people lies above the second's, with an interval.

    The pairs are drawn anew with replacement (a bootstrap), the same for both.

    Args:
        first, second: gensim's KeyedVectors, of the same words.
        pairs: a frame of columns word1, word2, score, as for `similarity_score`, which leaves out the same.
        draws, seed: of the bootstrap.

    Returns:
        (lead, low, high), low and high the borders of the middle 95 % of the draws.

    Raises:
        ValueError: vectors of other words, draws no positive integer, or fewer than three pairs of known
            words.
    """
    draws = positive_integer("draws", draws)
    if {*first.index_to_key} != {*second.index_to_key}:
        raise ValueError(
            "Expected vectors of the same words. Received "
            f"{len({*first.index_to_key} ^ {*second.index_to_key}):,} that only one of them has"
        )
    by_upper = {word.upper(): word for word in reversed(first.index_to_key)}
    known = [
        (by_upper[a.upper()], by_upper[b.upper()], score)
        for a, b, score in pairs[["word1", "word2", "score"]].itertuples(index=False)
        if a.upper() in by_upper and b.upper() in by_upper
    ]
    if len(known) < 3:
        raise ValueError(
            "Expected at least three pairs whose words both have vectors. "
            f"Received {len(known)} such pairs of {len(pairs)}"
        )
    people = np.array([score for *_, score in known])
    cosines = [np.array([keyed.similarity(a, b) for a, b, _ in known]) for keyed in (first, second)]

    def lead(chosen):
        one, other = (stats.spearmanr(each[chosen], people[chosen])[0] for each in cosines)
        return one - other

    rng = np.random.default_rng(seed)
    drawn = [lead(rng.integers(0, len(known), len(known))) for _ in range(draws)]
    low, high = np.percentile(drawn, [2.5, 97.5])
    return float(lead(slice(None))), float(low), float(high)


def analogy_scores(keyed, questions, *, most_frequent=30_000):
    """The share of questions "a is to b as c is to ?" that the vectors answer, by section, by gensim.

    The answer is the word whose vector has the largest cosine with b - a + c, each of length 1, other than
    a, b and c. Upper and lower case are one.

    Args:
        keyed: gensim's KeyedVectors.
        questions: a frame of columns section, a, b, c, d, as of `load_analogies`.
        most_frequent: only the first so many words may be asked for or answered; the time taken grows
            with it.

    Returns:
        A frame with one row a section, in order, and a last one, "all". Columns: correct, asked
        (questions whose four words are all among those `most_frequent`), left_out, accuracy (NaN where
        nothing was asked).

    Raises:
        ValueError: no questions; a question of something else than four words without spaces, or without
            a section; a section "all"; or most_frequent no positive integer.
    """
    most_frequent = positive_integer("most_frequent", most_frequent)
    if not len(questions):
        raise ValueError("Expected at least one question. Received 0 questions")
    for row in questions[list("abcd")].to_numpy().tolist():
        # gensim reads them from a file, in which spaces part words and a colon begins a section
        if (
            not all(isinstance(word, str) and len(word.split()) == 1 for word in row)
            or row[0] == ":"
        ):
            raise ValueError(f"Expected questions of four words without spaces. Received: {row}")
    if questions["section"].isna().any() or (questions["section"] == "all").any():
        raise ValueError(
            "Expected a section for every question, other than 'all'. Received "
            f"{questions['section'].unique().tolist()}"
        )
    sections = questions.groupby("section", sort=False)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "questions.txt")
        with path.open("w", encoding="utf-8") as file:
            for section, rows in sections:
                file.write(f": {section}\n")
                file.writelines(" ".join(row) + "\n" for row in rows[list("abcd")].to_numpy())
        _, results = keyed.evaluate_word_analogies(str(path), restrict_vocab=most_frequent)
    correct = [len(result["correct"]) for result in results]
    asked = [len(result["correct"]) + len(result["incorrect"]) for result in results]
    frame = pd.DataFrame(
        {"correct": correct, "asked": asked},
        index=pd.Index([*sections.groups, "all"], name="section"),
    )
    frame["left_out"] = [*sections.size(), len(questions)] - frame["asked"]
    frame["accuracy"] = frame["correct"] / frame["asked"]
    return frame
