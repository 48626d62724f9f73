"""Word vectors: made from raw text by skip-gram, and what one does with any of them.

`count_words` makes the vocabulary, `SkipGramPairs` the pairs, `SkipGram` the model; `keyed_vectors` hands
any vectors, GloVe's too, to gensim, whose evaluators `similarity_score` and `analogy_scores` call.
"""

from course_lib.embeddings.evaluation import (
    analogy_scores,
    keyed_vectors,
    nearest,
    similarity_score,
)
from course_lib.embeddings.skipgram import SkipGram, SkipGramPairs, Vocabulary, count_words

__all__ = [
    "SkipGram",
    "SkipGramPairs",
    "Vocabulary",
    "analogy_scores",
    "count_words",
    "keyed_vectors",
    "nearest",
    "similarity_score",
]
