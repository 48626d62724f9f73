"""Names as wholes: the list of them, tagging by it, what is found of them, and the best path's tags."""

from course_lib.tagging import CRF, Tagger, best_tags, names_in, share_found, tag_by_list
from course_lib.training import LengthBatches

import keras
import numpy as np
import pytest

SENTENCES = ["江泽民在上海", "江上海", "上海人"]
TAGS = [
    ["B-PER", "I-PER", "I-PER", "O", "B-LOC", "I-LOC"],
    ["B-PER", "B-LOC", "I-LOC"],
    ["B-ORG", "I-ORG", "I-ORG"],
]


def test_each_name_has_the_kind_it_most_often_has():
    assert names_in(SENTENCES, TAGS) == {
        tuple("江泽民"): "PER",
        tuple("上海"): "LOC",
        ("江",): "PER",
        tuple("上海人"): "ORG",
    }
    twice = [["a"], ["a"], ["a"]], [["B-X"], ["B-Y"], ["B-Y"]]
    assert names_in(*twice) == {("a",): "Y"}
    assert names_in([["New", "York"]], [["B-LOC", "I-LOC"]]) == {("New", "York"): "LOC"}


def test_the_list_marks_the_longest_name_from_the_left():
    names = {tuple("ab"): "X", tuple("abc"): "Y", tuple("cd"): "X", ("d",): "Z"}
    assert tag_by_list("abcd", names) == ["B-Y", "I-Y", "I-Y", "B-Z"]
    assert tag_by_list("cdab", names) == ["B-X", "I-X", "B-X", "I-X"]
    assert tag_by_list("bca", names) == ["O", "O", "O"]
    assert tag_by_list("", names) == [] and tag_by_list("ab", {}) == ["O", "O"]


def test_the_list_finds_all_names_of_its_own_sentences():
    names = names_in(SENTENCES, TAGS)
    assert [tag_by_list(sentence, names) for sentence in SENTENCES] == TAGS


def test_share_found_counts_each_different_name_once():
    true = [["B-PER", "O"], ["B-PER", "O"], ["O", "B-PER"], ["B-LOC", "I-LOC"]]
    said = [["B-PER", "O"], ["B-LOC", "O"], ["O", "B-PER"], ["B-LOC", "O"]]
    sentences = ["ax", "ax", "xb", "cd"]
    assert share_found(sentences, true, said, "PER") == {("a",): 0.5, ("b",): 1.0}
    assert share_found(sentences, true, said, "PER", {("a",): "PER"}) == {("b",): 1.0}
    assert share_found(sentences, true, said, "LOC") == {("c", "d"): 0.0}  # another border
    # the same name at the same place of another sentence does not count
    assert share_found(["a", "b"], [["B-X"], ["O"]], [["O"], ["B-X"]], "X") == {("a",): 0.0}


@pytest.mark.parametrize(
    ("sentences", "tags", "message"),
    [
        (["ab"], [], "tags of the same 1 sentences"),
        (["ab", "c"], [["O", "O"], ["O", "O"]], "in sentence 1: 1 words and 2 tags"),
        (["a"], [["PER"]], "Expected tags"),
    ],
)
def test_tags_of_other_sentences_are_refused(sentences, tags, message):
    with pytest.raises(ValueError, match=message):
        names_in(sentences, tags)
    with pytest.raises(ValueError, match=message):
        share_found(sentences, tags, tags, "PER")


def test_best_tags_are_those_of_each_sentence_alone():
    keras.utils.set_random_seed(3)
    ids = keras.Input((None,), dtype="int32")
    model = Tagger(ids, CRF(3)(keras.layers.Embedding(9, 3)(ids)))
    model.crf.transitions.assign(np.random.default_rng(0).normal(size=(3, 3)))
    sentences = [[1, 2, 3, 4, 5, 6, 7], [8], [3, 1, 4], [1, 5]]
    batches = LengthBatches(sentences, sentences, batch_size=3)
    names = ["O", "B-X", "I-X"]
    together = best_tags(model, batches, names)
    assert [len(tags) for tags in together] == [7, 1, 3, 2]
    for sentence, tags in zip(sentences, together, strict=True):
        alone = model.crf.viterbi(model(np.array([sentence])))[0]
        assert tags == [names[tag] for tag in np.array(alone)[0]]
