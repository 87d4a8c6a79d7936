"""Scores of subtasks 1a, 1b and 1c: corpus-level micro counts, as the official scorer has them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence, Set
from dataclasses import dataclass
from typing import Final, Literal, get_args

from training.scorer.annotations import Judgement, Mark
from training.scorer.matching import Match, agree, coincide, most_partners, pairs, touch

EPSILON: Final = 1e-6

Measure = Literal["1a", "1b", "1b strict", "1b one-to-one", "1c", "1c strict", "1c one-to-one", "1c unseen"]
MEASURES: Final[tuple[Measure, ...]] = get_args(Measure)
_OFFICIAL: Final[tuple[Measure, ...]] = ("1a", "1b", "1c")


@dataclass(frozen=True, slots=True)
class Counts:
    """How predictions agree with the annotations.

    Attributes:
        hits: matches; in 1b and 1c pairs of spans that match, so that three pieces of one span are three.
        extra: predicted, but without any match.
        missed: annotated, but without any match.
    """

    hits: float = 0
    extra: float = 0
    missed: float = 0

    def __add__(self, other: Counts) -> Counts:
        return Counts(self.hits + other.hits, self.extra + other.extra, self.missed + other.missed)

    @property
    def precision(self) -> float:
        """hits / (hits + extra + 1e-6), as in the official scorer."""
        return self.hits / (self.hits + self.extra + EPSILON)

    @property
    def recall(self) -> float:
        """hits / (hits + missed + 1e-6)."""
        return self.hits / (self.hits + self.missed + EPSILON)

    @property
    def f1(self) -> float:
        """2 P R / (P + R + 1e-6)."""
        return 2 * self.precision * self.recall / (self.precision + self.recall + EPSILON)

    def to_json(self) -> dict[str, float]:
        """Give the three figures, rounded to four digits."""
        return {
            "precision": round(self.precision, 4),
            "recall": round(self.recall, 4),
            "f1": round(self.f1, 4),
        }


@dataclass(frozen=True)
class Scores:
    """Counts by measure; what the annotations cannot measure is left out.

    Attributes:
        by_measure: "1a" over tweets; "1b" and "1c" by relaxed match, which is the official main score;
            "strict" by equal offsets; "one-to-one" by relaxed match, each span in one pair only, so that
            cutting a span in pieces earns nothing; "1c unseen" on PTs that training did not have.
    """

    by_measure: Mapping[Measure, Counts]

    @property
    def classifier(self) -> Counts:
        """1a."""
        return self.by_measure.get("1a", Counts())

    @property
    def extractor(self) -> Counts:
        """1b, relaxed."""
        return self.by_measure.get("1b", Counts())

    @property
    def normalizer(self) -> Counts:
        """1c, relaxed."""
        return self.by_measure.get("1c", Counts())

    def to_json(self, measures: Iterable[Measure] = _OFFICIAL) -> dict[str, dict[str, float]]:
        """Give the figures by measure; zeros for what was not measured."""
        return {measure: self.by_measure.get(measure, Counts()).to_json() for measure in measures}


def score(
    gold: Mapping[str, Judgement], predicted: Mapping[str, Judgement], *, seen: Set[str] | None = None
) -> Scores:
    """Score predictions by tweet; predictions for tweets that `gold` does not have are ignored.

    Args:
        gold: what was annotated.
        predicted: a tweet without an entry was judged NoADE.
        seen: PT codes of the training data; with them, "1c unseen" is measured too.
    """
    measures = measured(gold.values(), with_unseen=seen is not None)
    totals = dict.fromkeys(measures, Counts())
    for tweet, annotated in gold.items():
        counted = count(annotated, predicted.get(tweet, Judgement()), seen=seen)
        totals = {measure: totals[measure] + counted[measure] for measure in measures}
    return Scores(totals)


def measured(gold: Iterable[Judgement], *, with_unseen: bool) -> tuple[Measure, ...]:
    """Give what the annotations can measure: 1b only where there are spans, 1c where one has a code."""
    marks = [mark for judgement in gold for mark in judgement.marks]
    coded = any(mark.code is not None for mark in marks)
    return tuple(
        measure
        for measure in MEASURES
        if measure == "1a"
        or (measure.startswith("1b") and marks)
        or (measure.startswith("1c") and coded and (with_unseen or measure != "1c unseen"))
    )


def count(gold: Judgement, predicted: Judgement, *, seen: Set[str] | None = None) -> dict[Measure, Counts]:
    """Count the agreements of one tweet.

    Annotated spans without a code are left out of 1c, and so are predictions that match one of them and no
    code; in the official files every span has one. A predicted span without a code is a wrong one.
    """
    coded = [mark for mark in gold.marks if mark.code is not None]
    uncoded = [mark for mark in gold.marks if mark.code is None]
    same = agree(touch)
    judged = [
        mark
        for mark in predicted.marks
        if not any(touch(mark, other) for other in uncoded) or any(same(mark, other) for other in coded)
    ]
    counted: dict[Measure, Counts] = {
        "1a": Counts(
            int(gold.adverse and predicted.adverse),
            int(predicted.adverse and not gold.adverse),
            int(gold.adverse and not predicted.adverse),
        ),
        "1b": _pairwise(gold.marks, predicted.marks, touch),
        "1b strict": _pairwise(gold.marks, predicted.marks, coincide),
        "1b one-to-one": _one_to_one(gold.marks, predicted.marks, touch),
        "1c": _pairwise(coded, judged, same),
        "1c strict": _pairwise(coded, judged, agree(coincide)),
        "1c one-to-one": _one_to_one(coded, judged, same),
    }
    if seen is not None:
        new = [mark for mark in judged if mark.code is not None and mark.code not in seen]
        counted["1c unseen"] = _pairwise([mark for mark in coded if mark.code not in seen], new, same)
    return counted


def _pairwise(gold: Sequence[Mark], predicted: Sequence[Mark], match: Match) -> Counts:
    found = pairs(gold, predicted, match)
    return Counts(
        len(found),
        len(predicted) - len({number for _, number in found}),
        len(gold) - len({position for position, _ in found}),
    )


def _one_to_one(gold: Sequence[Mark], predicted: Sequence[Mark], match: Match) -> Counts:
    hits = most_partners(pairs(gold, predicted, match))
    return Counts(hits, len(predicted) - hits, len(gold) - hits)
