"""Scores of subtasks 1a, 1b and 1c: micro-averaged over the corpus, as the official scorer computes them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence, Set
from dataclasses import dataclass
from typing import Final, Literal, get_args

from training.scorer.official_files import OfficialSpan, TweetAnnotation
from training.scorer.span_matching import (
    Match,
    count_one_to_one,
    match_relaxed,
    match_strict,
    matching_pairs,
    with_equal_codes,
)

EPSILON: Final = 1e-6
"""Added to denominators (rule 6)."""

Measure = Literal["1a", "1b", "1b strict", "1b one-to-one", "1c", "1c strict", "1c one-to-one", "1c unseen"]
MEASURES: Final[tuple[Measure, ...]] = get_args(Measure)
_OFFICIAL: Final[tuple[Measure, ...]] = ("1a", "1b", "1c")


@dataclass(frozen=True, slots=True)
class Counts:
    """How predictions agree with the annotations (rule 5).

    Attributes:
        hits: matches. In 1b and 1c these are pairs of spans, so a span predicted in three pieces has three.
        extra: predicted, without a match.
        missed: annotated, without a match.
    """

    hits: float = 0
    extra: float = 0
    missed: float = 0

    def __add__(self, other: Counts) -> Counts:
        return Counts(self.hits + other.hits, self.extra + other.extra, self.missed + other.missed)

    @property
    def is_measured(self) -> bool:
        """True if anything is annotated that could be found; without it, the figures below mean nothing."""
        return self.hits + self.missed > 0

    @property
    def precision(self) -> float:
        """hits / (hits + extra + 1e-6) (rule 6)."""
        return self.hits / (self.hits + self.extra + EPSILON)

    @property
    def recall(self) -> float:
        """hits / (hits + missed + 1e-6) (rule 6)."""
        return self.hits / (self.hits + self.missed + EPSILON)

    @property
    def f1(self) -> float:
        """2 P R / (P + R + 1e-6) (rule 6)."""
        return 2 * self.precision * self.recall / (self.precision + self.recall + EPSILON)

    def to_json(self) -> dict[str, float]:
        """Return precision, recall and F1, rounded to four digits."""
        return {
            "precision": round(self.precision, 4),
            "recall": round(self.recall, 4),
            "f1": round(self.f1, 4),
        }


@dataclass(frozen=True)
class Scores:
    """Counts by measure; measures that the annotations do not allow are left out.

    Attributes:
        by_measure: "1a" counts tweets. "1b" and "1c" count relaxed matches, the official main score; "strict"
            counts equal offsets. "one-to-one" counts relaxed matches with each span in one pair only, so that
            cutting a span into pieces gains nothing. "1c unseen" counts PTs that the training data lacks.
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
        """Return the figures by measure, with zeros for what was not measured."""
        return {measure: self.by_measure.get(measure, Counts()).to_json() for measure in measures}


def score_annotations(
    gold: Mapping[str, TweetAnnotation],
    predicted: Mapping[str, TweetAnnotation],
    *,
    seen: Set[str] | None = None,
) -> Scores:
    """Score predictions against annotations; predictions for tweets that `gold` lacks are ignored (rule 4).

    Args:
        gold: annotations by tweet id.
        predicted: predictions by tweet id; a tweet without one counts as NoADE.
        seen: PT codes of the training data; if they are given, "1c unseen" is measured as well.
    """
    measures = measures_of(gold.values(), with_unseen=seen is not None)
    totals = dict.fromkeys(measures, Counts())
    for tweet, annotation in gold.items():
        counts = count_tweet(annotation, predicted.get(tweet, TweetAnnotation()), seen=seen)
        totals = {measure: totals[measure] + counts[measure] for measure in measures}
    return Scores(totals)


def measures_of(gold: Iterable[TweetAnnotation], *, with_unseen: bool) -> tuple[Measure, ...]:
    """Return what the annotations can measure: 1b only if there are spans, 1c only if one has a code."""
    spans = [span for annotation in gold for span in annotation.spans]
    coded = any(span.code is not None for span in spans)
    return tuple(
        measure
        for measure in MEASURES
        if measure == "1a"
        or (measure.startswith("1b") and spans)
        or (measure.startswith("1c") and coded and (with_unseen or measure != "1c unseen"))
    )


def count_tweet(
    gold: TweetAnnotation, predicted: TweetAnnotation, *, seen: Set[str] | None = None
) -> dict[Measure, Counts]:
    """Count the agreements of one tweet (rules 1 to 5).

    In the official files every annotated span has a code. Where one has none, it is left out of 1c, and so
    are predicted spans that match it unless they also match a coded one. A predicted span without a code is
    wrong in 1c.
    """
    coded = [span for span in gold.spans if span.code is not None]
    uncoded = [span for span in gold.spans if span.code is None]
    same_code = with_equal_codes(match_relaxed)
    counted = [
        span
        for span in predicted.spans
        if not any(match_relaxed(span, other) for other in uncoded)
        or any(same_code(span, other) for other in coded)
    ]
    counts: dict[Measure, Counts] = {
        "1a": Counts(
            int(gold.adverse and predicted.adverse),
            int(predicted.adverse and not gold.adverse),
            int(gold.adverse and not predicted.adverse),
        ),
        "1b": _count_pairs(gold.spans, predicted.spans, match_relaxed),
        "1b strict": _count_pairs(gold.spans, predicted.spans, match_strict),
        "1b one-to-one": _count_one_to_one(gold.spans, predicted.spans, match_relaxed),
        "1c": _count_pairs(coded, counted, same_code),
        "1c strict": _count_pairs(coded, counted, with_equal_codes(match_strict)),
        "1c one-to-one": _count_one_to_one(coded, counted, same_code),
    }
    if seen is not None:
        unseen_gold = [span for span in coded if span.code not in seen]
        unseen_predicted = [span for span in counted if span.code is not None and span.code not in seen]
        counts["1c unseen"] = _count_pairs(unseen_gold, unseen_predicted, same_code)
    return counts


def _count_pairs(gold: Sequence[OfficialSpan], predicted: Sequence[OfficialSpan], match: Match) -> Counts:
    pairs = matching_pairs(gold, predicted, match)
    return Counts(
        len(pairs),
        len(predicted) - len({predicted_index for _, predicted_index in pairs}),
        len(gold) - len({gold_index for gold_index, _ in pairs}),
    )


def _count_one_to_one(
    gold: Sequence[OfficialSpan], predicted: Sequence[OfficialSpan], match: Match
) -> Counts:
    hits = count_one_to_one(matching_pairs(gold, predicted, match))
    return Counts(hits, len(predicted) - hits, len(gold) - hits)
