"""The course's real data: one registry, one fetcher, one small loader a data set.

`fetch` brings files into `data_dir()` and checks them; `load_...` reads them and never downloads, unless
`load_csi300(fresh=True)` is asked to. A set that is large and for one lesson only (`on_demand` in the
registry) is fetched by its loader the first time.
Whatever goes wrong is a `DataError` whose message says what to do.
"""

from course_lib.datasets import pendulum
from course_lib.datasets.agreement import (
    Agreement,
    AgreementSplit,
    agreement_split,
    load_agreement,
)
from course_lib.datasets.archive.errors import DataError
from course_lib.datasets.archive.fetch import fetch, fetch_all
from course_lib.datasets.archive.registry import Member, Source, get_source, sources
from course_lib.datasets.archive.store import SourceStatus, data_dir, status
from course_lib.datasets.boy_meets_girl import (
    BoyMeetsGirl,
    Meeting,
    load_boy_meets_girl,
    with_twins,
)
from course_lib.datasets.brown import (
    BROWN_GENRES,
    OTHER_NUMBER,
    Brown,
    BrownText,
    VerbAfterNoun,
    load_brown,
    verbs_after_nouns,
)
from course_lib.datasets.chinese_vectors import load_chinese_vectors
from course_lib.datasets.cmudict import (
    Cmudict,
    DictionaryEntry,
    load_cmudict,
    said_alike,
    unstressed,
)
from course_lib.datasets.conll2003 import (
    TAGS,
    Conll2003,
    Mention,
    Sentence,
    load_conll2003,
    numbered,
    places_and_clubs,
)
from course_lib.datasets.csi300 import load_csi300
from course_lib.datasets.glove import EmbeddingMatrix, EncodedSentences, WordVectors, load_glove
from course_lib.datasets.home_strings import (
    HomeString,
    HomeStrings,
    commonest,
    load_home_strings,
    phrases,
)
from course_lib.datasets.imdb import (
    Imdb,
    Reviews,
    drawn_reviews,
    load_imdb,
    load_imdb_in_blocks,
    review_words,
)
from course_lib.datasets.people_daily import CharacterSentence, PeopleDaily, load_people_daily
from course_lib.datasets.power_curves import Curves, PowerCurves, load_power_curves
from course_lib.datasets.rotten_tomatoes import RottenTomatoes, load_rotten_tomatoes
from course_lib.datasets.synthetic import (
    ADDING_NO_SKILL,
    KEYS,
    adding_problem,
    display_of,
    flip_flops,
    lagged_keys,
    memory_keys,
    running_sums,
    switched,
    typed,
)
from course_lib.datasets.tang_glosses import GLOSSES, gloss, glossed
from course_lib.datasets.tang_poems import (
    UNKNOWN_POETS,
    Couplet,
    Poem,
    Quatrain,
    TangCouplets,
    TangQuatrains,
    load_tang_couplets,
    load_tang_poems,
    load_tang_quatrains,
)
from course_lib.datasets.traffic import load_traffic
from course_lib.datasets.word_tests import (
    ASSOCIATION_TESTS,
    association_lists,
    load_analogies,
    load_word_similarity,
)

__all__ = [
    "ADDING_NO_SKILL",
    "ASSOCIATION_TESTS",
    "BROWN_GENRES",
    "GLOSSES",
    "KEYS",
    "OTHER_NUMBER",
    "TAGS",
    "UNKNOWN_POETS",
    "Agreement",
    "AgreementSplit",
    "BoyMeetsGirl",
    "Brown",
    "BrownText",
    "CharacterSentence",
    "Cmudict",
    "Conll2003",
    "Couplet",
    "Curves",
    "DataError",
    "DictionaryEntry",
    "EmbeddingMatrix",
    "EncodedSentences",
    "HomeString",
    "HomeStrings",
    "Imdb",
    "Meeting",
    "Member",
    "Mention",
    "PeopleDaily",
    "Poem",
    "PowerCurves",
    "Quatrain",
    "Reviews",
    "RottenTomatoes",
    "Sentence",
    "Source",
    "SourceStatus",
    "TangCouplets",
    "TangQuatrains",
    "VerbAfterNoun",
    "WordVectors",
    "adding_problem",
    "agreement_split",
    "association_lists",
    "commonest",
    "data_dir",
    "display_of",
    "drawn_reviews",
    "fetch",
    "fetch_all",
    "flip_flops",
    "get_source",
    "gloss",
    "glossed",
    "lagged_keys",
    "load_agreement",
    "load_analogies",
    "load_boy_meets_girl",
    "load_brown",
    "load_chinese_vectors",
    "load_cmudict",
    "load_conll2003",
    "load_csi300",
    "load_glove",
    "load_home_strings",
    "load_imdb",
    "load_imdb_in_blocks",
    "load_people_daily",
    "load_power_curves",
    "load_rotten_tomatoes",
    "load_tang_couplets",
    "load_tang_poems",
    "load_tang_quatrains",
    "load_traffic",
    "load_word_similarity",
    "memory_keys",
    "numbered",
    "pendulum",
    "phrases",
    "places_and_clubs",
    "review_words",
    "running_sums",
    "said_alike",
    "sources",
    "status",
    "switched",
    "typed",
    "unstressed",
    "verbs_after_nouns",
    "with_twins",
]
