"""Scores of the default bundle on test data, which neither trained it nor chose its epoch or threshold."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any

from models.bundle import Bundle
from models.network import CLASSIFIER, EXTRACTOR
from models.normalizer import SpanInText
from models.predictions import TweetPrediction
from models.scoring import Pipeline
from training.checklist import ChecklistReport, run_checklist
from training.default_bundle.data import BundleData
from training.evaluation import (
    GoldSpan,
    compare_normalizers,
    evaluate,
    predict_examples,
    prevalence_weights,
    score_predictions,
)
from training.examples import CodedPhrase, Example, coded_phrases
from training.scorer import Counts


def evaluate_held_out(
    bundle: Bundle, data: BundleData, *, prevalence: float
) -> tuple[dict[str, Any], ChecklistReport]:
    """Evaluate a bundle on the test data and the checklist.

    Args:
        bundle: as loaded from disk.
        data: its test texts are used.
        prevalence: 1a is also scored as if this share of the texts were positive.

    Returns:
        The figures, JSON-ready, and the checklist, whose rates are among them.
    """
    pipeline = Pipeline.of(bundle)
    sentences = evaluate(pipeline, data.sentences).to_json()  # their spans have no codes
    checklist = run_checklist(pipeline)
    figures = {
        "test_tweets": _tweet_figures(pipeline, data.test, prevalence),
        "blind_tweets": _tweet_figures(pipeline, data.blind, prevalence),
        "reviews": _tweet_figures(pipeline, data.reviews, prevalence),
        "stream": _tweet_figures(pipeline, data.stream, prevalence),
        "stream_by_kind": _found_by_kind(pipeline, [*data.stream, *data.stream_positives]),
        "ade_corpus_v2": {head.task: sentences[head.task] for head in (CLASSIFIER, EXTRACTOR)},
        "coding": {
            "drug_label_spans": _coding_figures(bundle, data.label_phrases),
            "blind_tweet_spans": _coding_figures(bundle, coded_phrases(data.blind, with_tweets=True)),
        },
        "checklist": {capability.name: round(capability.rate, 4) for capability in checklist.capabilities},
    }
    return figures, checklist


def _tweet_figures(pipeline: Pipeline, tweets: Sequence[Example], prevalence: float) -> dict[str, Any]:
    predictions = predict_examples(pipeline, tweets)
    return {
        "tweets": len(tweets),
        "positive": sum(tweet.label for tweet in tweets),
        **score_predictions(predictions, tweets).to_json(),
        "1a_at_prevalence": _counts_at_prevalence(predictions, tweets, prevalence).to_json(),
    }


def _found_by_kind(pipeline: Pipeline, posts: Sequence[Example]) -> dict[str, dict[str, int]]:
    """Count, for each kind of post, positives and those found, negatives and false alarms."""
    kinds: dict[str, Counter[str]] = {}
    for prediction, post in zip(predict_examples(pipeline, posts), posts, strict=True):
        counts = kinds.setdefault(post.document.partition(":")[2], Counter())
        counts["positive" if post.label else "negative"] += 1
        if prediction.label == "ADE":
            counts["found" if post.label else "false_alarms"] += 1
    names = ("positive", "found", "negative", "false_alarms")
    return {kind: {name: counts[name] for name in names} for kind, counts in sorted(kinds.items())}


def _counts_at_prevalence(
    predictions: Sequence[TweetPrediction], tweets: Sequence[Example], prevalence: float
) -> Counts:
    """Count hits and errors of 1a, weighted so that positives have the given share."""
    counts = Counts()
    weights = prevalence_weights([tweet.label for tweet in tweets], prevalence)
    for weight, prediction, tweet in zip(weights.tolist(), predictions, tweets, strict=True):
        is_positive = prediction.label == "ADE"
        counts += Counts(
            weight * (is_positive and tweet.label),
            weight * (is_positive and not tweet.label),
            weight * (tweet.label and not is_positive),
        )
    return counts


def _coding_figures(bundle: Bundle, phrases: Sequence[CodedPhrase]) -> dict[str, Any]:
    """Compare the Normalizers that the bundle can use on annotated spans."""
    spans = [
        GoldSpan(SpanInText(phrase.text, phrase.tweet or phrase.text), phrase.ptid) for phrase in phrases
    ]
    device = next(bundle.network.parameters()).device
    accuracies = compare_normalizers(bundle, spans, device=device)
    return {choice: groups["all"].to_json() for choice, groups in accuracies.items() if groups}
