"""Chinese word vectors, learned by others from the Chinese Wikipedia."""

from course_lib.datasets.archive.fetch import require_or_fetch
from course_lib.datasets.archive.store import expect_count
from course_lib.datasets.glove import WordVectors


def load_chinese_vectors() -> WordVectors:
    """Vectors of 100 numbers for 125,796 Chinese words and marks, 5,051 single characters among them.

    Learned by word2vec from the Chinese Wikipedia, cut into words beforehand, in simplified characters.
    The words are as the file has them, most frequent first, with some remains of the wiki's markup.
    The archive (54 MB) is fetched the first time.

    Returns:
        A `WordVectors` with `.words`, `.vectors` (125796, 100) float32, read-only, and `.index`.

    Raises:
        DownloadError, ArchiveContentError, MemberHashError, DiskFullError: see `fetch`.
        DamagedDataError: if the file is not the published one.
        DataError: if a count is not as described above.

    Source: Wang and Hu (2017), Synonyms, a Chinese synonym toolkit.
    """
    # gensim takes seconds to import, and no other loader needs it
    from gensim.models import KeyedVectors

    source, folder = require_or_fetch("chinese_vectors")
    read = KeyedVectors.load_word2vec_format(folder / "words.vector", binary=True)
    expect_count(source, "words", len(read.key_to_index))
    expect_count(source, "dimensions", read.vector_size)
    vectors = read.vectors
    vectors.flags.writeable = False
    return WordVectors(words=read.index_to_key, vectors=vectors, index=read.key_to_index)
