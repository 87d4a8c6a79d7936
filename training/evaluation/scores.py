"""Official scores of a scorer on annotated texts, for validation while a model is made."""

from __future__ import annotations

from collections.abc import Sequence

from models.predictions import Scorer, TweetPrediction
from training.evaluation.judgements import annotated, predicted
from training.examples import Example
from training.scorer import Scores
from training.scorer import score as official_score


def evaluate(scorer: Scorer, examples: Sequence[Example]) -> Scores:
    """Let a scorer judge the texts, and score what it says."""
    return score(scorer.score([example.text for example in examples]), examples)


def score(predictions: Sequence[TweetPrediction], examples: Sequence[Example]) -> Scores:
    """Score predictions against the annotations, in the same order; ids need not be unique."""
    pairs = enumerate(zip(predictions, examples, strict=True))
    judged = {str(row): (annotated(example), predicted(said)) for row, (said, example) in pairs}
    return official_score(
        {row: gold for row, (gold, _) in judged.items()}, {row: said for row, (_, said) in judged.items()}
    )
