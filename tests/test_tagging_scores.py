"""Entity scores against an extraction of spans written here, which shares no code with nervaluate."""

from course_lib import tagging
from course_lib.datasets.conll2003 import TAGS
from course_lib.tagging import bio_constraints, entity_scores

import numpy as np
import pandas as pd
import pytest


def spans(tags):
    """{(type, first, last)} of one sentence: a name goes on while I- of its type follows."""
    found = set()
    for first, tag in enumerate(tags):
        before = tags[first - 1] if first else "O"
        kind = tag[2:]
        opens = tag.startswith("B-") or (tag.startswith("I-") and before[2:] != kind)
        if opens:
            last = first
            while last + 1 < len(tags) and tags[last + 1] == f"I-{kind}":
                last += 1
            found.add((kind, first, last))
    return found


def by_spans(true, predicted, kind=None):
    pairs = [(spans(t), spans(p)) for t, p in zip(true, predicted, strict=True)]
    if kind:
        pairs = [tuple({s for s in found if s[0] == kind} for found in pair) for pair in pairs]
    correct = sum(len(t & p) for t, p in pairs)
    all_true, all_predicted = (sum(len(pair[side]) for pair in pairs) for side in (0, 1))
    precision = correct / all_predicted if all_predicted else 0.0
    recall = correct / all_true if all_true else 0.0
    total = precision + recall
    return precision, recall, 2 * precision * recall / total if total else 0.0, all_true


def random_tags(seed, noise):
    rng = np.random.default_rng(seed)
    true = [rng.choice(TAGS, size=n).tolist() for n in rng.integers(1, 15, size=200)]
    predicted = [
        [rng.choice(TAGS) if rng.random() < noise else tag for tag in tags] for tags in true
    ]
    return true, predicted


@pytest.mark.parametrize("noise", [0.0, 0.1, 0.5, 1.0])
def test_scores_equal_those_of_spans_extracted_independently(noise):
    true, predicted = random_tags(0, noise)
    scores = entity_scores(true, predicted)
    assert list(scores) == ["overall", "LOC", "MISC", "ORG", "PER"]
    for name, score in scores.items():
        expected = by_spans(true, predicted, None if name == "overall" else name)
        assert tuple(score) == pytest.approx(expected, abs=1e-12)
    assert (scores["overall"].f1 == 1.0) == (noise == 0.0)


def test_spans_are_those_extracted_independently_and_in_order():
    _, at_random = random_tags(1, 1.0)
    for tags in at_random:
        found = tagging.spans(tags)
        assert found == sorted(found, key=lambda span: span[1])
        assert {(kind, first, end - 1) for kind, first, end in found} == spans(tags)
        assert len(found) == len(spans(tags))
    assert tagging.spans([]) == []


def test_only_the_exact_name_of_the_right_type_counts():
    true = [["B-PER", "I-PER", "O", "B-LOC", "O", "B-ORG", "B-ORG"]]
    predicted = [["B-PER", "O", "O", "B-ORG", "O", "B-ORG", "B-ORG"]]
    overall = entity_scores(true, predicted)["overall"]
    assert overall.support == 4
    assert overall.precision == overall.recall == 0.5  # too short; wrong type; two right
    joined = [["B-PER", "I-PER", "O", "B-LOC", "O", "B-ORG", "I-ORG"]]
    assert entity_scores(true, joined)["overall"].recall == 0.5  # two names are not one


def test_sentences_of_any_sequence_type_and_empty_ones_are_read():
    scores = entity_scores([(), ("B-PER",)], [[], np.array(["B-PER"])])
    assert scores["overall"].f1 == scores["PER"].f1 == 1.0


def test_a_text_without_names_scores_zero():
    assert entity_scores([["O", "O"]], [["O", "O"]]) == {"overall": (0.0, 0.0, 0.0, 0)}


@pytest.mark.parametrize(
    ("true", "predicted", "expected"),
    [
        ([], [], "at least one. Received: 0 true and 0 predicted"),
        ([["O"]], [["O"], ["O"]], "Received: 1 true and 2 predicted"),
        ([["O"], ["O", "O"]], [["O"], ["O"]], "in sentence 1: 2 true and 1 predicted"),
        ([["O"]], [["PER"]], "in sentence 0: 'PER'"),
        ([["B-"]], [["O"]], "in sentence 0: 'B-'"),
        ([[0]], [["O"]], "in sentence 0: 0"),
    ],
)
def test_what_cannot_be_scored_is_refused(true, predicted, expected):
    with pytest.raises(ValueError, match=expected):
        entity_scores(true, predicted)


@pytest.mark.parametrize(
    "tag", ["PER", "b-PER", "E-PER", "S-PER", "B_PER", "B-", "", "OO", 3, None]
)
def test_tags_of_another_scheme_are_no_entities(tag):
    with pytest.raises(ValueError, match=rf"'I-<type>'. Received: {tag!r}"):
        tagging.spans(["O", tag, "O"])
    with pytest.raises(ValueError, match=rf"Received in sentence 1: {tag!r}"):
        entity_scores([["O"], [tag]], [["O"], ["O"]])


def test_what_is_no_list_of_tags_is_not_read_letter_by_letter():
    for tags in ("O", {"O"}, {"O": 1}, 3):
        expected = f"the tags of a sentence, a list. Received: {type(tags).__name__}"
        with pytest.raises(ValueError, match=expected):
            tagging.spans(tags)
        with pytest.raises(ValueError, match=expected):
            entity_scores([tags], [tags])


def test_tags_are_read_by_position_whatever_their_index():
    tags = ["O", "B-PER", "I-PER", "B-LOC", "I-PER"]
    expected = [("PER", 1, 3), ("LOC", 3, 4), ("PER", 4, 5)]
    for index in ([3, 2, 1, 0, 4], [10, 11, 12, 13, 14], list("abcde")):
        filtered = pd.Series(tags, index=index)
        assert tagging.spans(filtered) == tagging.spans(np.array(tags)) == expected
        assert entity_scores([filtered], [filtered])["overall"].support == 3


@pytest.mark.parametrize("kind", ["X-Y", "a b", "地名", "O", "I-", "B", "overall "])
def test_types_may_have_any_name(kind):
    true = [["O", f"B-{kind}", f"I-{kind}", "B-PER", f"I-{kind}"]]
    predicted = [["O", f"B-{kind}", f"I-{kind}", f"I-{kind}", "O"]]
    scores = entity_scores(true, predicted)
    for name, score in scores.items():
        expected = by_spans(true, predicted, None if name == "overall" else name)
        assert tuple(score) == pytest.approx(expected)
    assert tagging.spans(true[0])[0] == (kind, 1, 3)
    with pytest.raises(ValueError, match="another type than 'overall'"):
        entity_scores([["B-overall", "B-PER"]], [["O", "B-PER"]])


def test_the_constraints_allow_just_what_spans_reads_as_one_entity_or_a_new_b():
    """The BIO rule is one: a forbidden step is an I- that opens an entity."""
    forbidden, forbidden_start = bio_constraints(TAGS)
    for i, before in enumerate(TAGS):
        for j, tag in enumerate(TAGS):
            opens = (tag != "O") and any(first == 1 for _, first, _ in tagging.spans([before, tag]))
            assert forbidden[i, j] == (opens and tag.startswith("I-"))
        assert forbidden_start[i] == (tagging.spans([before]) != [] and before.startswith("I-"))


# --- intervals ----------------------------------------------------------------------------------------


def test_the_interval_is_about_the_f1_of_all_sentences_and_seeds():
    true, good = random_tags(0, 0.1)
    _, bad = random_tags(0, 0.5)
    found = tagging.f1_interval(true, [good, bad])
    each = [entity_scores(true, said)["overall"].f1 for said in (good, bad)]
    assert found.seeds == pytest.approx(each)
    assert found.f1 == pytest.approx(np.mean(each))
    assert found.low < min(each) + 0.05
    assert found.high > max(each) - 0.05
    alone = tagging.f1_interval(true, [good])
    assert alone.low < alone.f1 < alone.high < alone.low + 0.1


def test_the_lead_is_taken_on_the_same_blocks():
    true, good = random_tags(1, 0.1)
    worse = [list(tags) for tags in good]
    for tags in worse[::10]:
        tags[:] = ["O"] * len(tags)
    lead = tagging.f1_interval(true, [good], [worse])
    one, other = (tagging.f1_interval(true, [said]) for said in (good, worse))
    assert lead.f1 == pytest.approx(one.f1 - other.f1)
    assert 0 < lead.low < lead.f1 < lead.high
    same = tagging.f1_interval(true, [good], [good])
    assert same[:3] == (0, 0, 0)


def test_blocks_that_are_alike_widen_the_interval():
    """Ten sentences of an article that are all right or all wrong tell as much as one."""
    rng = np.random.default_rng(0)
    wrong = np.repeat(rng.random(60) < 0.4, 10)
    true = [["B-PER"]] * 600
    said = [[["O"] if miss else ["B-PER"] for miss in wrong]]
    wide, narrow = (tagging.f1_interval(true, said, block=size) for size in (10, 1))
    ratio = (wide.high - wide.low) / (narrow.high - narrow.low)
    assert ratio == pytest.approx(10**0.5, rel=0.15)


def test_the_f1_of_no_names_is_nought():
    assert tagging.f1_interval([["O"]] * 4, [[["O"]] * 4], block=2) == (0, 0, 0, (0,))


@pytest.mark.parametrize(
    ("arguments", "options", "message"),
    [
        (([["O"]] * 4, []), {"block": 2}, "at least one list"),
        (([["O"]] * 4, [[["O"]] * 4]), {}, "two blocks of 15"),
        (([["O"]] * 4, [[["O"]] * 3]), {"block": 2}, "same 4 sentences"),
        (([["O"]] * 4, [[["O", "O"]] + [["O"]] * 3]), {"block": 2}, "in sentence 0"),
        (([["O"]] * 4, [[["O"]] * 4]), {"block": 0}, "block"),
        (([["O"]] * 4, [[["O"]] * 4]), {"block": 2, "resamples": 0}, "resamples"),
    ],
)
def test_an_interval_refuses(arguments, options, message):
    with pytest.raises(ValueError, match=message):
        tagging.f1_interval(*arguments, **options)
