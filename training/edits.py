"""Edits of a text, and where its spans are afterwards."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

from training.examples import AnnotatedSpan, Example


@dataclass(frozen=True, slots=True, order=True)
class Edit:
    """A replacement of some characters of a text.

    Attributes:
        start: first character, an index into the text before any edit.
        end: one past the last; equal to `start` for an insertion.
        replacement: the new characters.

    Raises:
        ValueError: `start` is negative, or after `end`.
    """

    start: int
    end: int
    replacement: str

    def __post_init__(self) -> None:
        if not 0 <= self.start <= self.end:
            raise ValueError(f"{self.start}-{self.end} is not a range of characters")


def apply_edits(text: str, edits: Sequence[Edit]) -> str:
    """Return the text after edits.

    Args:
        text: the text.
        edits: in order, without overlaps.

    Raises:
        ValueError: edits overlap, are out of order, or reach past the end of the text.
    """
    for left, right in pairwise(edits):
        if right.start < left.end:
            raise ValueError(f"the edits {left} and {right} overlap")
    pieces: list[str] = []
    end = 0
    for edit in edits:
        if edit.end > len(text):
            raise ValueError(f"{edit} reaches past the text of {len(text)} characters")
        pieces += (text[end : edit.start], edit.replacement)
        end = edit.end
    return "".join([*pieces, text[end:]])


def move_span(span: tuple[int, int], edits: Iterable[Edit]) -> tuple[int, int]:
    """Return where a span (start, end) of a text is after edits; an insertion at its border stays outside."""
    start, end = span
    new_start, new_end = start, end
    for edit in edits:
        growth = len(edit.replacement) - (edit.end - edit.start)
        if edit.end <= start:
            new_start += growth
        elif edit.start < start:
            new_start += min(start - edit.start, len(edit.replacement)) - (start - edit.start)
        if edit.start < end and edit.end <= end:
            new_end += growth
        elif edit.start < end:
            new_end += min(end - edit.start, len(edit.replacement)) - (end - edit.start)
    return new_start, new_end


def fits_spans(edit: Edit, spans: Iterable[AnnotatedSpan]) -> bool:
    """Return True if an edit crosses no border of a span, so that the offsets after it are certain."""
    return all(
        edit.end <= span.start
        or edit.start >= span.end
        or (span.start <= edit.start and edit.end <= span.end)
        for span in spans
    )


def without_overlaps(edits: Iterable[Edit]) -> list[Edit]:
    """Return edits in order; of those that overlap, only the first."""
    kept: list[Edit] = []
    for edit in sorted(edits):
        if not kept or kept[-1].end <= edit.start:
            kept.append(edit)
    return kept


def edit_example(example: Example, edits: Iterable[Edit]) -> Example:
    """Return an example with an edited text; each span covers what it covered, in its edited form.

    No edit may insert or delete only. So it is always clear whether an edit lies in a span, and a span never
    becomes empty.

    Args:
        example: the text and its spans.
        edits: in any order, with offsets into the text as it is now.

    Raises:
        ValueError: edits overlap, reach past the end of the text, cross the border of a span, or replace
            nothing or by nothing.
    """
    ordered = sorted(edits)
    for edit in ordered:
        if edit.start == edit.end or not edit.replacement:
            raise ValueError(f"{edit} must replace at least one character, by at least one")
        if not fits_spans(edit, example.spans):
            raise ValueError(f"{edit} crosses the border of a span of {example.spans}")
    text = apply_edits(example.text, ordered)
    places = [move_span((span.start, span.end), ordered) for span in example.spans]
    spans = (
        replace(span, start=start, end=end) for span, (start, end) in zip(example.spans, places, strict=True)
    )
    return replace(example, text=text, spans=tuple(spans))
