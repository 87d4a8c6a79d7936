"""A tweet in the making: pieces of text that know whether they are an adverse effect.

Offsets are counted when the pieces are joined, after all noise: they cannot go wrong.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from training.examples import AnnotatedSpan

_BLANKS = re.compile(r"[ \t\r]+")
_LINE_END = re.compile(r" ?\n[ \n]*")


@dataclass(frozen=True, slots=True)
class Piece:
    """A part of a tweet, with the blanks that stand around it.

    Attributes:
        text: its characters.
        ptid: the PT's code where the piece is an adverse effect; empty for an effect without a code.
            None where the piece is no adverse effect.
    """

    text: str
    ptid: str | None = None


def join(pieces: Iterable[Piece]) -> tuple[str, tuple[AnnotatedSpan, ...]]:
    """Put the pieces together, and give the text with the spans of its effects.

    Runs of blanks become one, also where pieces meet; none is left before a comma or a full stop of a piece
    of its own, at the ends of the text, or at the edges of a span.
    """
    text = ""
    spans = []
    for piece in pieces:
        words = _LINE_END.sub("\n", _BLANKS.sub(" ", piece.text))
        if text == "" or text[-1] in " \n":
            words = words.lstrip(" \n")
        if words.startswith((",", ".", "!", "?", ":", "'s ", "\n")):
            text = text.rstrip(" ")
        marked = words.strip()
        if piece.ptid is not None and marked:
            start = len(text) + words.index(marked)
            spans.append(AnnotatedSpan(start, start + len(marked), piece.ptid or None))
        text += words
    # What is before the first character moves all offsets, so it never is a blank of any kind.
    lead = len(text) - len(text.lstrip())
    moved = tuple(AnnotatedSpan(span.start - lead, span.end - lead, span.ptid) for span in spans)
    return text.strip(), moved
