"""Lifting of the annotated codes to Preferred Terms."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path

from models.terminology import Terminology
from training.corpora.reading import ReadingLog
from training.examples import AnnotatedSpan, Example


def lift_codes(
    examples: Iterable[Example], terminology: Terminology, source: Path, log: ReadingLog
) -> list[Example]:
    """Lift LLT codes to their PTs, and name the PTs as the terminology does.

    A span whose code is unknown stays, without a code.

    Raises:
        CorpusError: a code is unknown, and the log is strict.
    """
    return [
        replace(example, spans=tuple(_lifted(span, example, terminology, source, log) for span in spans))
        if (spans := example.spans)
        else example
        for example in examples
    ]


def _lifted(
    span: AnnotatedSpan, example: Example, terminology: Terminology, source: Path, log: ReadingLog
) -> AnnotatedSpan:
    codes = [code for code in (span.ptid, span.llt) if code is not None]
    if not codes:
        return span
    ptid = next((pt for code in codes if (pt := terminology.pt_of(code)) is not None), None)
    if ptid is None:
        detail = f"{' and '.join(codes)} of {example.text[span.start : span.end]!r} in {example.id}"
        log.drop("unknown code", source, None, f"{detail} not in the terminology; the span stays without")
        return AnnotatedSpan(span.start, span.end)
    lifted = span.ptid != ptid
    if lifted:
        log.read("codes lifted to their PT")
    llt = span.ptid if lifted and span.llt is None else span.llt
    return AnnotatedSpan(span.start, span.end, ptid, terminology.pt_names[ptid], llt)
