"""Scores of predictions: 1a over texts, 1b and 1c over spans by relaxed, overlapping match."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from models.predictions import Mention, Scorer, TweetPrediction
from training.evaluation.counts import Counts
from training.examples import Example, Span


@dataclass(frozen=True, slots=True)
class Scores:
    """Counts of the three subtasks.

    Attributes:
        classifier: 1a, the texts with an adverse effect.
        extractor: 1b, their spans; a predicted and an annotated span match if they overlap or touch.
        normalizer: 1c, the same, and the PTID must agree; annotated spans without a code are left out,
            and so are predictions that match only such.
    """

    classifier: Counts
    extractor: Counts
    normalizer: Counts

    def to_json(self) -> dict[str, dict[str, float]]:
        """Give the figures by subtask."""
        return {
            "1a": self.classifier.to_json(),
            "1b": self.extractor.to_json(),
            "1c": self.normalizer.to_json(),
        }


def evaluate(scorer: Scorer, examples: Sequence[Example]) -> Scores:
    """Let a scorer judge the texts, and score what it says."""
    return score(scorer.score([example.text for example in examples]), examples)


def score(predictions: Sequence[TweetPrediction], examples: Sequence[Example]) -> Scores:
    """Score predictions against the annotations, in the same order."""
    classifier = extractor = normalizer = Counts()
    for prediction, example in zip(predictions, examples, strict=True):
        positive = prediction.label == "ADE"
        hit = positive and example.label == 1
        classifier += Counts(positive, example.label, hit, hit)
        extractor += _overlaps(prediction.mentions, example.spans)
        normalizer += _agreements(prediction.mentions, example.spans)
    return Scores(classifier, extractor, normalizer)


def _overlaps(mentions: Sequence[Mention], spans: Sequence[Span]) -> Counts:
    return Counts(
        len(mentions),
        len(spans),
        sum(any(_match(mention, span) for span in spans) for mention in mentions),
        sum(any(_match(mention, span) for mention in mentions) for span in spans),
    )


def _agreements(mentions: Sequence[Mention], spans: Sequence[Span]) -> Counts:
    coded = [span for span in spans if span.ptid is not None]
    judged = [
        mention
        for mention in mentions
        if any(_match(mention, span) for span in coded) or not any(_match(mention, span) for span in spans)
    ]
    return Counts(
        len(judged),
        len(coded),
        sum(any(_match(m, span) and m.ptid == span.ptid for span in coded) for m in judged),
        sum(any(_match(m, span) and m.ptid == span.ptid for m in judged) for span in coded),
    )


def _match(mention: Mention, span: Span) -> bool:
    # Ends count as inside, as in the official scorer: spans that touch match.
    return mention.start <= span.end and span.start <= mention.end
