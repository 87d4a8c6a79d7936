"""Where predictions and annotations differ, tweet by tweet."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, Literal, get_args

from training.evaluation.gold import Gold
from training.evaluation.prediction_files import Predictions
from training.scorer import Judgement
from training.scorer.matching import agree, touch

Kind = Literal["false alarm", "missed tweet", "missed span", "extra span", "other code"]
KINDS: Final[tuple[Kind, ...]] = get_args(Kind)


@dataclass(frozen=True)
class Mistake:
    """A tweet that was not judged as annotated.

    Attributes:
        id: of the tweet.
        kinds: what is wrong, in the order of `KINDS`; a span is missed or extra only in a tweet that both
            sides take for an adverse effect, and has another code only where a span matches.
        text: of the tweet.
        gold: its annotations.
        predicted: what was predicted.
        probability: of ADE, None where it is not known.
    """

    id: str
    kinds: tuple[Kind, ...]
    text: str
    gold: Judgement
    predicted: Judgement
    probability: float | None


def find_mistakes(gold: Gold, predictions: Predictions) -> list[Mistake]:
    """Find the tweets at fault: by kind, in each the ones first of which the Classifier was surest."""
    found = []
    for id_, annotated in gold.judgements.items():
        predicted = predictions.judgements.get(id_, Judgement())
        if kinds := _kinds(annotated, predicted):
            probability = predictions.probabilities.get(id_)
            text = gold.texts.get(id_, "")
            found.append(Mistake(id_, kinds, text, annotated, predicted, probability))
    return sorted(found, key=_order)


def count_kinds(mistakes: list[Mistake]) -> dict[Kind, int]:
    """Count the tweets with each kind of mistake; one with two kinds counts for both."""
    counts = Counter(kind for mistake in mistakes for kind in mistake.kinds)
    return {kind: counts[kind] for kind in KINDS}


def first_of_each_kind(mistakes: list[Mistake], most: int) -> dict[Kind, list[Mistake]]:
    """Group mistakes by their first kind, and give at most so many of each; no mistake is there twice."""
    groups: Mapping[Kind, list[Mistake]] = {kind: [] for kind in KINDS}
    for mistake in mistakes:
        groups[mistake.kinds[0]].append(mistake)
    return {kind: group[:most] for kind, group in groups.items() if group}


def _kinds(gold: Judgement, predicted: Judgement) -> tuple[Kind, ...]:
    if gold.adverse != predicted.adverse:
        return ("false alarm",) if predicted.adverse else ("missed tweet",)
    same = agree(touch)
    kinds: list[Kind] = []
    if any(not any(touch(mark, other) for other in predicted.marks) for mark in gold.marks):
        kinds.append("missed span")
    if any(not any(touch(mark, other) for other in gold.marks) for mark in predicted.marks):
        kinds.append("extra span")
    if any(
        mark.code is not None
        and any(touch(mark, other) for other in predicted.marks)
        and not any(same(mark, other) for other in predicted.marks)
        for mark in gold.marks
    ):
        kinds.append("other code")
    return tuple(kinds)


def _order(mistake: Mistake) -> tuple[int, float, str]:
    sureness = mistake.probability if mistake.probability is not None else 0.5
    wrong_way = mistake.kinds[0] == "missed tweet"
    return KINDS.index(mistake.kinds[0]), sureness if wrong_way else -sureness, mistake.id
