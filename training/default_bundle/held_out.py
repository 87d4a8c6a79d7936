"""What the default bundle is worth on what it has neither learned from nor been chosen by."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from models.bundle import Bundle
from models.normalizer import SpanInText
from models.predictions import TweetPrediction
from models.scoring import Pipeline
from training.checklist import ChecklistReport, run_checklist
from training.default_bundle.data import BundleData
from training.evaluation import evaluate, prevalence_weights, score_predictions
from training.evaluation.normalizers import GoldSpan, compare_normalizers
from training.examples import CodedPhrase, Example, coded_phrases
from training.scorer import Counts


def evaluate_held_out(
    bundle: Bundle, data: BundleData, *, prevalence: float
) -> tuple[dict[str, Any], ChecklistReport]:
    """Judge a bundle as it is stored, by the test data and the checklist.

    Args:
        bundle: as it was loaded.
        data: its `test`, `blind`, `sentences` and `label_phrases` are used.
        prevalence: share of positives to which figures of 1a are weighed, beside those as they are.

    Returns:
        The figures, JSON-ready, and the checklist, whose rates are among them.
    """
    pipeline = Pipeline.of(bundle)
    sentences = evaluate(pipeline, data.sentences).to_json()  # their spans have no codes
    checklist = run_checklist(pipeline)
    figures = {
        "test_tweets": _tweets(pipeline, data.test, prevalence),
        "blind_tweets": _tweets(pipeline, data.blind, prevalence),
        "ade_corpus_v2": {task: sentences[task] for task in ("1a", "1b")},
        "coding": {
            "drug_label_spans": _coding(bundle, data.label_phrases),
            "blind_tweet_spans": _coding(bundle, coded_phrases(data.blind, context=True)),
        },
        "checklist": {one.name: round(one.rate, 4) for one in checklist.capabilities},
    }
    return figures, checklist


def _tweets(pipeline: Pipeline, tweets: Sequence[Example], prevalence: float) -> dict[str, Any]:
    said = pipeline.score([tweet.text for tweet in tweets])
    return {
        "tweets": len(tweets),
        "positive": sum(tweet.label for tweet in tweets),
        **score_predictions(said, tweets).to_json(),
        "1a_at_prevalence": _weighed(said, tweets, prevalence).to_json(),
    }


def _weighed(said: Sequence[TweetPrediction], tweets: Sequence[Example], prevalence: float) -> Counts:
    """Count 1a with the negatives weighed so that positives have the wanted share."""
    counts = Counts()
    weights = prevalence_weights([tweet.label for tweet in tweets], prevalence)
    for weight, one, tweet in zip(weights.tolist(), said, tweets, strict=True):
        found = one.label == "ADE"
        counts += Counts(
            weight * (found and tweet.label),
            weight * (found and not tweet.label),
            weight * (tweet.label and not found),
        )
    return counts


def _coding(bundle: Bundle, phrases: Sequence[CodedPhrase]) -> dict[str, Any]:
    spans = [
        GoldSpan(SpanInText(phrase.text, phrase.context or phrase.text), phrase.ptid) for phrase in phrases
    ]
    found = compare_normalizers(bundle, spans, device=next(bundle.network.parameters()).device)
    return {choice: groups["all"].to_json() for choice, groups in found.items() if groups}
