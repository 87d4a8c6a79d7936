"""Whose words become spans, and what codes them: each choice is scored on the validation texts.

Each choice gets the threshold that suits it. A choice is as good as the mean of its F1 in 1b and in 1c, by
relaxed match, over the kinds of texts; the negatives are weighted to the prevalence of the stream.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np

from models.bundle import CodeChoice, Options, SecondReader, SpanChoice
from models.scoring import Combination, probability_of
from training.errors import RunError
from training.evaluation import CommonThreshold, ScoredTexts, choose_common_threshold
from training.evaluation.example_scores import annotation_of_example
from training.scorer import Counts, Measure, TweetAnnotation, count_tweet, measures_of
from training.two_readers.kinds_of_text import Kind
from training.two_readers.span_coding import SPAN_CHOICES, CodedSpans, Place

MEASURED: Final[tuple[Measure, ...]] = ("1a", "1b", "1b strict", "1c")
_CHOSEN_BY: Final[tuple[Measure, ...]] = ("1b", "1c")
_WORTH: Final = 0.005  # F1 that two Normalizers must gain, since both networks then read every span


@dataclass(frozen=True)
class ChoiceScores:
    """The scores of one choice.

    Attributes:
        spans: whose words become spans.
        codes: what codes them.
        common: the threshold, and what it gives for 1a.
        f1: by measure, the mean over the kinds that can measure it, in [0, 1].
        by_kind: the same for each kind.
    """

    spans: SpanChoice
    codes: CodeChoice
    common: CommonThreshold
    f1: Mapping[Measure, float]
    by_kind: Mapping[str, Mapping[Measure, float]]

    @property
    def quality(self) -> float:
        """What the choice is made by; 1a where no kind has spans."""
        figures = [self.f1[measure] for measure in _CHOSEN_BY if measure in self.f1]
        return sum(figures) / len(figures) if figures else self.f1["1a"]

    def to_json(self) -> dict[str, Any]:
        """Return the figures as a JSON document."""
        return {
            "spans": self.spans,
            "codes": self.codes,
            "threshold": self.common.threshold,
            "f1": {measure: round(value, 4) for measure, value in self.f1.items()},
            "by_kind": {
                kind: {measure: round(value, 4) for measure, value in figures.items()}
                for kind, figures in self.by_kind.items()
            },
        }


def score_choices(
    kinds: Sequence[Kind],
    section: SecondReader,
    codings: Mapping[CodeChoice, CodedSpans],
    options: Options,
    *,
    prevalence: float | None,
    tolerance: float = 0.0,
) -> list[ChoiceScores]:
    """Score each choice of spans with each coding.

    Args:
        kinds: the validation texts, as both readers have read them.
        section: with the fitted weights.
        codings: the spans with their codes, by what codes them.
        options: of Algorithm 2.
        prevalence: share of positives in the stream; None is the share in the texts of each kind.
        tolerance: of the threshold, see `choose_common_threshold`.
    """
    probabilities = {kind.name: combined_probabilities(kind, section) for kind in kinds}
    return [
        _score(kinds, probabilities, how, by, coding, options, prevalence, tolerance)
        for by, coding in codings.items()
        for how in SPAN_CHOICES
    ]


def best_choice(choices: Sequence[ChoiceScores]) -> ChoiceScores:
    """Return the best choice; two Normalizers must gain half a point to be worth their time."""
    return max(choices, key=lambda choice: choice.quality - (_WORTH if choice.codes == "mean" else 0.0))


def score_first_alone(kinds: Sequence[Kind], *, feedback: bool, prevalence: float | None) -> CommonThreshold:
    """Return the threshold that suits the first reader alone, and what it gives for 1a.

    Args:
        kinds: the validation texts.
        feedback: whether a text without a span is NoADE.
        prevalence: share of positives in the stream; None is the share in the texts of each kind.
    """
    scored = [
        ScoredTexts(
            kind.name,
            [reading.probability for reading in kind.first],
            kind.labels,
            [_has_word(reading.words or ()) or not feedback for reading in kind.first],
        )
        for kind in kinds
    ]
    return _common(scored, prevalence)


def _has_word(words: Sequence[Any]) -> bool:
    return any(word.score >= 0.5 for word in words)


def combined_probabilities(kind: Kind, section: SecondReader) -> list[float]:
    """Return the probabilities of both readers together; those of texts that one reads are not bounded."""
    combination = Combination(section)
    return [
        combination.probability(reading.probability, kind.second[row].probability)
        if row in kind.second
        else probability_of(combination.log_odds_alone(reading.probability))
        for row, reading in enumerate(kind.first)
    ]


def _score(
    kinds: Sequence[Kind],
    probabilities: Mapping[str, Sequence[float]],
    how: SpanChoice,
    by: CodeChoice,
    coding: CodedSpans,
    options: Options,
    prevalence: float | None,
    tolerance: float,
) -> ChoiceScores:
    spans = {
        (kind.name, row): coding.at((kind.name, row), how, drop_uncoded=options.drop_uncoded)
        for kind in kinds
        for row in kind.second
    }

    def can_be_positive(place: Place) -> bool:
        return place in spans and bool(spans[place] or not options.feedback)

    scored = [
        ScoredTexts(
            kind.name,
            probabilities[kind.name],
            kind.labels,
            [can_be_positive((kind.name, row)) for row in range(len(kind.examples))],
        )
        for kind in kinds
    ]
    common = _common(scored, prevalence, tolerance)
    by_kind: dict[str, dict[Measure, float]] = {}
    for kind, texts in zip(kinds, scored, strict=True):
        predicted = [
            TweetAnnotation(True, spans[kind.name, row])
            if probability >= common.threshold and can_be_positive((kind.name, row))
            else TweetAnnotation()
            for row, probability in enumerate(texts.probabilities)
        ]
        by_kind[kind.name] = _weighted_f1(kind, predicted, prevalence)
    measures = [measure for measure in MEASURED if any(measure in figures for figures in by_kind.values())]
    means = {
        measure: float(np.mean([figures[measure] for figures in by_kind.values() if measure in figures]))
        for measure in measures
    }
    return ChoiceScores(how, by, common, means, by_kind)


def _weighted_f1(
    kind: Kind, predicted: Sequence[TweetAnnotation], prevalence: float | None
) -> dict[Measure, float]:
    gold = [annotation_of_example(example) for example in kind.examples]
    measures = [measure for measure in measures_of(gold, with_unseen=False) if measure in MEASURED]
    totals = dict.fromkeys(measures, Counts())
    for annotation, prediction, weight in zip(gold, predicted, kind.weights(prevalence), strict=True):
        counts = count_tweet(annotation, prediction)
        for measure in measures:
            count = counts[measure]
            totals[measure] += Counts(weight * count.hits, weight * count.extra, weight * count.missed)
    return {measure: float(total.f1) for measure, total in totals.items()}


def _common(
    scored: Sequence[ScoredTexts], prevalence: float | None, tolerance: float = 0.0
) -> CommonThreshold:
    common = choose_common_threshold(scored, prevalence=prevalence, tolerance=tolerance)
    if common is None:
        raise RunError("no threshold makes any text positive: train the readers longer")
    return common
