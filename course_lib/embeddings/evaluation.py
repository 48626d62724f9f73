"""What word vectors know: neighbours, analogies, and pairs that people rated, by gensim."""

import tempfile
from pathlib import Path

import gensim
import numpy as np
import pandas as pd


def keyed_vectors(words, vectors):
    """gensim's `KeyedVectors` of words and their vectors, for whatever gensim offers.

    Args:
        words: the words, most frequent first; `Vocabulary.words` and `WordVectors.words` will do.
        vectors: (len(words), dimensions); copied as float32.

    Raises:
        ValueError: vectors are not one row a word, or a word comes twice.
    """
    vectors = np.asarray(vectors)
    if vectors.ndim != 2 or len(vectors) != len(words) or len(set(words)) != len(words):
        raise ValueError(
            f"Expected a vector for each of {len(set(words)):,} different words. "
            f"Received {len(words):,} words and vectors of shape {vectors.shape}"
        )
    keyed = gensim.models.KeyedVectors(vectors.shape[1])
    keyed.add_vectors(list(words), vectors.astype("float32"))
    return keyed


def nearest(keyed, positive, negative=(), *, metric="cosine", count=10):
    """The words nearest to a word, or to a sum and difference of words.

        cosine      x / |x| . t / |t|     t = sum of p / |p| - sum of n / |n|     large is near
        euclidean   |x - t|               t = sum of p - sum of n                 small is near

    for positive words p and negative words n. "man is to king as woman is to ?" is
    `nearest(keyed, ["king", "woman"], ["man"])`. Cosine is gensim's `most_similar`; for vectors of length
    1 and a single word the two metrics agree in order, since then |x - t|^2 = 2 - 2 x . t.

    Args:
        keyed: gensim's KeyedVectors.
        positive, negative: a word, or a list of words. None of them is returned.
        metric: "cosine" or "euclidean".
        count: how many words.

    Returns:
        A frame with the columns word and `metric`, the nearest first.

    Raises:
        ValueError: another metric, no positive word, or a count below 1.
        KeyError: a word without a vector.
    """
    positive = [positive] if isinstance(positive, str) else list(positive)
    negative = [negative] if isinstance(negative, str) else list(negative)
    if metric not in ("cosine", "euclidean") or not positive or count < 1:
        raise ValueError(
            "Expected metric 'cosine' or 'euclidean', a positive word and count >= 1. "
            f"Received: metric={metric!r}, positive={positive}, count={count}"
        )
    if metric == "cosine":
        found = keyed.most_similar(positive=positive, negative=negative, topn=count)
        return pd.DataFrame(found, columns=["word", metric])
    given = [keyed.get_index(word) for word in positive + negative]
    sign = np.repeat([1.0, -1.0], [len(positive), len(negative)]).astype("float32")
    target = sign @ keyed.vectors[given]
    distance = np.linalg.norm(keyed.vectors - target, axis=1)
    distance[given] = np.inf
    rows = np.argsort(distance, kind="stable")[: min(count, len(distance) - len(set(given)))]
    words = [keyed.index_to_key[row] for row in rows]
    return pd.DataFrame({"word": words, metric: distance[rows]})


def similarity_score(keyed, pairs):
    """Spearman's rank correlation of cosines with what people said, by gensim.

    Upper and lower case are one. Pairs with a word that has no vector are left out.

    Args:
        keyed: gensim's KeyedVectors.
        pairs: a frame of columns word1, word2, score, as of `load_word_similarity`.

    Returns:
        A dict: spearman, p_value, used and left_out (numbers of pairs).

    Raises:
        ValueError: fewer than two pairs can be used.
    """
    lines = list(pairs[["word1", "word2", "score"]].itertuples(index=False, name=None))
    known = {word.upper() for word in keyed.index_to_key}
    used = sum(a.upper() in known and b.upper() in known for a, b, _ in lines)
    if used < 2:
        raise ValueError(
            "Expected at least two pairs whose words both have vectors. "
            f"Received {used} such pairs of {len(lines)}"
        )
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "pairs.tsv")
        path.write_text(
            "".join(f"{a}\t{b}\t{score!r}\n" for a, b, score in lines), encoding="utf-8"
        )
        _, spearman, _ = keyed.evaluate_word_pairs(str(path), restrict_vocab=len(keyed))
    return {
        "spearman": float(spearman[0]),
        "p_value": float(spearman[1]),
        "used": used,
        "left_out": len(pairs) - used,
    }


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
        ValueError: no questions, or most_frequent below 1.
    """
    if not len(questions) or most_frequent < 1:
        raise ValueError(
            "Expected at least one question and most_frequent >= 1. Received "
            f"{len(questions)} questions and most_frequent={most_frequent}"
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
