"""Spans that share characters: of those the longest is kept."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path

from training.corpora.reading import ReadingLog
from training.examples import AnnotatedSpan, Example


def without_overlaps(examples: Iterable[Example], source: Path, log: ReadingLog) -> list[Example]:
    """Keep the longest of overlapping spans in each text, and take down the others."""
    kept = []
    for example in examples:
        spans = longest_apart(example.spans)
        for span in set(example.spans) - set(spans):
            detail = f"{example.text[span.start : span.end]!r} at {span.start}-{span.end} in {example.id}"
            log.note("overlap: a longer span is kept", source, None, detail)
        kept.append(example if spans == example.spans else replace(example, spans=spans))
    return kept


def longest_apart(spans: tuple[AnnotatedSpan, ...]) -> tuple[AnnotatedSpan, ...]:
    """Keep the longest of spans that overlap, of equally long ones the first; in the order of the text."""
    kept: list[AnnotatedSpan] = []
    for span in sorted(spans, key=lambda s: (s.start - s.end, s.start)):
        if all(span.end <= other.start or other.end <= span.start for other in kept):
            kept.append(span)
    return tuple(sorted(kept, key=lambda s: s.start))
