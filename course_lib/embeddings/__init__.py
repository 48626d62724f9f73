"""Words and their vectors: the vocabulary of a text, and what one does with vectors from anywhere.

`count_words` makes the vocabulary; `keyed_vectors` hands any vectors, GloVe's too, to gensim, whose
evaluators `similarity_score` and `analogy_scores` call. Lesson 09 makes vectors, in NumPy.
"""

from course_lib.embeddings.evaluation import (
    analogy_scores,
    keyed_vectors,
    nearest,
    similarity_lead,
    similarity_score,
)
from course_lib.embeddings.vocabulary import Vocabulary, count_words, train_gensim

__all__ = [
    "Vocabulary",
    "analogy_scores",
    "count_words",
    "keyed_vectors",
    "nearest",
    "similarity_lead",
    "similarity_score",
    "train_gensim",
]
