"""The three Normalizers of a bundle side by side, on annotated spans: what each makes of one and the same."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence, Set
from dataclasses import dataclass
from typing import Final, get_args

import torch

from models.bundle import Bundle
from models.normalizer.classes import lifted
from models.normalizer.ranking import ClassifierNormalizer, Normalizer
from models.normalizer.reading import SpanInText
from models.options import Choice
from models.scoring.assembly import normalizer_of, span_reader
from models.terminology import Terminology
from training.evaluation.coding import CodedSpan, Coding, measure_coding
from training.evaluation.gold import Gold

_AT_ONCE: Final = 256  # spans between two signs of progress


@dataclass(frozen=True, slots=True)
class GoldSpan:
    """An annotated span with its PT, in its text."""

    span: SpanInText
    ptid: str


def gold_spans(gold: Gold) -> list[GoldSpan]:
    """Take the annotated spans that have a code and whose text is known."""
    return [
        GoldSpan(SpanInText(text[mark.start : mark.end], text), mark.code)
        for id_, judgement in gold.judgements.items()
        if (text := gold.texts.get(id_)) is not None
        for mark in judgement.marks
        if mark.code is not None
    ]


def compare_normalizers(
    bundle: Bundle,
    spans: Sequence[GoldSpan],
    *,
    device: torch.device,
    seen: Set[str] | None = None,
    terminology: Terminology | None = None,
    advance: Callable[[int], None] = lambda done: None,
) -> dict[Choice, dict[str, Coding]]:
    """Let each Normalizer of a bundle code the same spans.

    Args:
        bundle: without a retriever, the classifier stands alone.
        spans: as they were annotated; neither Classifier nor Extractor is asked.
        device: where the network runs.
        seen: PT codes of the training data; with them, spans of other PTs are a group of their own.
        terminology: its hierarchy tells near misses.
        advance: told of each Normalizer's progress, in spans.

    Returns:
        For each Normalizer the figures by group: "all", and "unseen" where there are such spans.
    """
    found: dict[Choice, dict[str, Coding]] = {}
    for choice, normalizer in _normalizers(bundle, device):
        threshold = bundle.config.choosing(choice).believed_from.normalizer
        coded = list(_coded(normalizer, spans, threshold, advance))
        groups = {"all": coded}
        if seen is not None:
            groups["unseen"] = [span for span in coded if span.gold not in seen]
        measured = {name: measure_coding(own, terminology) for name, own in groups.items()}
        found[choice] = {name: coding for name, coding in measured.items() if coding is not None}
    return found


def _normalizers(bundle: Bundle, device: torch.device) -> Iterator[tuple[Choice, Normalizer]]:
    classes = lifted(bundle.labels, bundle.dictionary.terminology if bundle.dictionary else None)
    for choice in get_args(Choice):
        if choice == "classifier":
            yield choice, ClassifierNormalizer(span_reader(bundle, device), classes)
        elif bundle.dictionary is not None:
            yield choice, normalizer_of(bundle, device, bundle.config.choosing(choice))


def _coded(
    normalizer: Normalizer, spans: Sequence[GoldSpan], threshold: float, advance: Callable[[int], None]
) -> Iterator[CodedSpan]:
    for start in range(0, len(spans), _AT_ONCE):
        some = spans[start : start + _AT_ONCE]
        for one, ranking in zip(some, normalizer.rank([one.span for one in some]), strict=True):
            believed = ranking and ranking[0].score >= threshold
            candidates = tuple(candidate.ptid for candidate in ranking)
            yield CodedSpan(one.ptid, candidates[0] if believed else None, candidates)
        advance(len(some))
