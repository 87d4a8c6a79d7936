"""A tweet in the making: pieces of text that know whether they are an adverse effect.

Offsets are counted when the pieces are joined, after all noise: they cannot go wrong.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from training.examples import Span


@dataclass(frozen=True, slots=True)
class Piece:
    """A part of a tweet.

    Attributes:
        text: its characters.
        ptid: the PT's code where the piece is an adverse effect; empty for an effect without a code.
            None where the piece is no adverse effect.
    """

    text: str
    ptid: str | None = None


def join(pieces: Iterable[Piece]) -> tuple[str, tuple[Span, ...]]:
    """Join pieces by single spaces where words meet, and give the text with the spans of its effects.

    No space is put before a comma or a full stop, and none at either end.
    """
    text = ""
    spans = []
    for piece in pieces:
        words = re.sub(r"\s+", " ", piece.text.strip())
        if not words:
            continue
        if text and not words.startswith((",", ".", "!", "?", ":", "'s ")):
            text += " "
        start = len(text)
        text += words
        if piece.ptid is not None:
            spans.append(Span(start, len(text), piece.ptid or None))
    return text, tuple(spans)
