"""How well the names in a text were found: precision, recall and F1 of whole entities."""

from typing import NamedTuple

from nervaluate import Evaluator


class EntityScores(NamedTuple):
    """Precision and recall of entities, their harmonic mean F1, and how many true entities there are."""

    precision: float
    recall: float
    f1: float
    support: int


def spans(tags):
    """The entities of one sentence, in order: (type, place of the first word, one past the last).

    Read from BIO tags as by `entity_scores`: an I-X that does not continue an X opens an entity.
    """
    found = []
    for place, tag in enumerate(tags):
        if tag.startswith("I-") and place and tags[place - 1][2:] == tag[2:]:
            found[-1][2] = place + 1
        elif tag != "O":
            found.append([tag[2:], place, place + 1])
    return [tuple(span) for span in found]


def entity_scores(true, predicted):
    """Strict scores: an entity counts only with exactly its first word, its last word and its type.

        precision = correct / predicted entities,   recall = correct / true entities
        F1 = 2 precision recall / (precision + recall),   each 0 where it would be 0 / 0

    Entities are read from BIO tags as the CoNLL shared tasks read them: B-X opens one, and so does an I-X
    that does not continue an X.

    Args:
        true, predicted: for each sentence the tags of its words: "O", "B-PER", "I-PER", ...

    Returns:
        dict of `EntityScores`: "overall" first, then every type that occurs in either, by alphabet.

    Raises:
        ValueError: no sentences, different numbers of sentences or of tags in a sentence, or a
            tag that is not "O", "B-<type>" or "I-<type>".

    Source: Tjong Kim Sang, E. and De Meulder, F. (2003). Introduction to the CoNLL-2003 shared task. CoNLL.
    """
    true, predicted = ([list(tags) for tags in sentences] for sentences in (true, predicted))
    if not true or len(true) != len(predicted):
        raise ValueError(
            "Expected tags of the same sentences, at least one. "
            f"Received: {len(true)} true and {len(predicted)} predicted"
        )
    types = set()
    for number, pair in enumerate(zip(true, predicted, strict=True)):
        if len(pair[0]) != len(pair[1]):
            raise ValueError(
                f"Expected as many predicted as true tags. Received in sentence {number}: "
                f"{len(pair[0])} true and {len(pair[1])} predicted"
            )
        for tag in {*pair[0], *pair[1]} - {"O"}:
            if not (isinstance(tag, str) and tag.startswith(("B-", "I-")) and len(tag) > 2):
                raise ValueError(
                    "Expected tags 'O', 'B-<type>' or 'I-<type>'. "
                    f"Received in sentence {number}: {tag!r}"
                )
            types.add(tag[2:])
    results = Evaluator(true, predicted, tags=sorted(types), loader="list").evaluate()
    strict = {"overall": results["overall"]["strict"]}
    strict |= {kind: results["entities"][kind]["strict"] for kind in sorted(types)}
    return {
        name: EntityScores(float(r.precision), float(r.recall), float(r.f1), r.possible)
        for name, r in strict.items()
    }
