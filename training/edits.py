"""Changing a text while its spans stay on their words, which TextAttack does not do."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

from training.examples import AnnotatedSpan, Example


@dataclass(frozen=True, slots=True, order=True)
class Edit:
    """Some characters of a text and what comes in their place.

    An edit neither takes away nothing nor leaves nothing: so a span of which any character is edited is
    never empty afterwards, and it is never in doubt whether an edit lies inside a span.

    Attributes:
        start: first character, an index into the text before any edit.
        end: one past the last.
        replacement: the new characters.

    Raises:
        ValueError: nothing is replaced, or by nothing.
    """

    start: int
    end: int
    replacement: str

    def __post_init__(self) -> None:
        if not 0 <= self.start < self.end:
            raise ValueError(f"an edit of {self.start}-{self.end} replaces no character")
        if not self.replacement:
            raise ValueError(f"the edit of {self.start}-{self.end} leaves no character")


def fits(edit: Edit, spans: Iterable[AnnotatedSpan]) -> bool:
    """Tell whether an edit lies either inside or outside each span: across a border, no offset is right."""
    return all(
        edit.end <= span.start
        or edit.start >= span.end
        or (span.start <= edit.start and edit.end <= span.end)
        for span in spans
    )


def apart(edits: Iterable[Edit]) -> list[Edit]:
    """Sort edits by place; of those that overlap, keep the first."""
    kept: list[Edit] = []
    for edit in sorted(edits):
        if not kept or kept[-1].end <= edit.start:
            kept.append(edit)
    return kept


def edited(example: Example, edits: Iterable[Edit]) -> Example:
    """Apply edits to a text and move its spans along; all other characters stay.

    Args:
        example: the text and its spans.
        edits: in any order, with offsets into the text as it is now.

    Returns:
        The example with the new text; each span covers what it covered, in its edited form.

    Raises:
        ValueError: edits overlap, reach past the end of the text, or lie across the border of a span.
    """
    ordered = sorted(edits)
    _check(example, ordered)
    pieces: list[str] = []
    end = 0
    for edit in ordered:
        pieces += (example.text[end : edit.start], edit.replacement)
        end = edit.end
    pieces.append(example.text[end:])
    spans = tuple(_moved(span, ordered) for span in example.spans)
    return replace(example, text="".join(pieces), spans=spans)


def _moved(span: AnnotatedSpan, edits: Sequence[Edit]) -> AnnotatedSpan:
    before = sum(_growth(edit) for edit in edits if edit.end <= span.start)
    inside = sum(_growth(edit) for edit in edits if span.start <= edit.start < span.end)
    return replace(span, start=span.start + before, end=span.end + before + inside)


def _growth(edit: Edit) -> int:
    return len(edit.replacement) - (edit.end - edit.start)


def _check(example: Example, ordered: Sequence[Edit]) -> None:
    for left, right in pairwise(ordered):
        if right.start < left.end:
            raise ValueError(f"the edits {left} and {right} overlap")
    for edit in ordered:
        if edit.end > len(example.text):
            raise ValueError(f"{edit} reaches past the text of {len(example.text)} characters")
        if not fits(edit, example.spans):
            raise ValueError(f"{edit} lies across the border of a span of {example.spans}")
