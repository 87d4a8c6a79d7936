"""The three Normalizers of a bundle, compared on the same annotated spans."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence, Set
from dataclasses import dataclass
from typing import Final, get_args

import torch

from models.bundle import Bundle
from models.normalizer import ClassifierNormalizer, Normalizer, SpanInText, lift_labels
from models.options import NormalizerChoice
from models.scoring import make_normalizer, make_span_reader
from models.terminology import Terminology
from training.evaluation.code_accuracy import CodeAccuracy, CodedSpan, measure_groups
from training.evaluation.gold import Gold

_CHUNK: Final = 256  # spans between two calls of `advance`


@dataclass(frozen=True, slots=True)
class GoldSpan:
    """An annotated span in its text, with its PT."""

    span: SpanInText
    ptid: str


def gold_spans(gold: Gold) -> list[GoldSpan]:
    """Return the annotated spans that have a code and whose text is known."""
    return [
        GoldSpan(SpanInText(text[span.start : span.end], text), span.code)
        for tweet, annotation in gold.by_tweet.items()
        if (text := gold.texts.get(tweet)) is not None
        for span in annotation.spans
        if span.code is not None
    ]


def compare_normalizers(
    bundle: Bundle,
    spans: Sequence[GoldSpan],
    *,
    device: torch.device,
    seen: Set[str] | None = None,
    terminology: Terminology | None = None,
    advance: Callable[[int], None] = lambda spans: None,
) -> dict[NormalizerChoice, dict[str, CodeAccuracy]]:
    """Code the same spans with each Normalizer of a bundle, and measure the codes.

    Args:
        bundle: if it has no retriever, only its classifier is compared.
        spans: as annotated; neither Classifier nor Extractor runs.
        device: where the network runs.
        seen: PT codes of the training data; with them, spans of other PTs are a group of their own.
        terminology: its hierarchy shows which wrong PTs are near misses.
        advance: called with the number of further spans that a Normalizer has coded.

    Returns:
        For each Normalizer the figures by group: "all", and "unseen" if there are such spans.
    """
    results: dict[NormalizerChoice, dict[str, CodeAccuracy]] = {}
    for choice, normalizer in _normalizers(bundle, device):
        config = bundle.config.with_normalizer(choice, bundle.path)
        threshold = config.effective_thresholds.normalizer
        coded = list(_code(normalizer, spans, threshold, advance))
        results[choice] = measure_groups(coded, "all", seen=seen, terminology=terminology)
    return results


def _normalizers(bundle: Bundle, device: torch.device) -> Iterator[tuple[NormalizerChoice, Normalizer]]:
    classes = lift_labels(bundle.labels, bundle.dictionary.terminology if bundle.dictionary else None)
    for choice in get_args(NormalizerChoice):
        if choice == "classifier":
            yield choice, ClassifierNormalizer(make_span_reader(bundle, device), classes)
        elif bundle.dictionary is not None:
            config = bundle.config.with_normalizer(choice, bundle.path)
            yield choice, make_normalizer(bundle, device, config)


def _code(
    normalizer: Normalizer, spans: Sequence[GoldSpan], threshold: float, advance: Callable[[int], None]
) -> Iterator[CodedSpan]:
    for start in range(0, len(spans), _CHUNK):
        chunk = spans[start : start + _CHUNK]
        rankings = normalizer.rank([gold.span for gold in chunk])
        for gold, ranking in zip(chunk, rankings, strict=True):
            sure = ranking and ranking[0].score >= threshold
            candidates = tuple(candidate.ptid for candidate in ranking)
            yield CodedSpan(gold.ptid, candidates[0] if sure else None, candidates)
        advance(len(chunk))
