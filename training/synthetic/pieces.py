"""Pieces of a tweet that know whether they are an adverse effect.

Offsets are counted only when the pieces are joined, after all noise, so that they cannot be wrong.
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
    """A part of a tweet, with the blanks around it.

    Attributes:
        text: its characters.
        ptid: code of the PT if the piece is an adverse effect; empty for an effect without a code. None if
            the piece is not an adverse effect.
    """

    text: str
    ptid: str | None = None


def join_pieces(pieces: Iterable[Piece]) -> tuple[str, tuple[AnnotatedSpan, ...]]:
    """Return the text of the pieces, and the spans of its effects.

    Runs of blanks become one, also where pieces meet. None is left before a comma or full stop that begins a
    piece, at the ends of the text, or at the edges of a span.
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
    # Any white space before the first character is removed, which moves all offsets.
    lead = len(text) - len(text.lstrip())
    moved = tuple(AnnotatedSpan(span.start - lead, span.end - lead, span.ptid) for span in spans)
    return text.strip(), moved
