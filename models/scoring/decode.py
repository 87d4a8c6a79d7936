"""Step three, decode: probabilities of tokens to spans of the text."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from tokenizers import Encoding

_AE = 0.5  # of the two tags O and AE, the likelier one
_APOSTROPHES = "'’"


@dataclass(frozen=True)
class Span:
    """An adverse effect in a text: `text[start:end]`, and the mean AE probability of its tokens."""

    start: int
    end: int
    score: float


@dataclass(frozen=True)
class _Word:
    start: int
    end: int
    adverse: tuple[float, ...]

    @property
    def is_adverse(self) -> bool:
        return sum(self.adverse) / len(self.adverse) >= _AE


def spans_of(text: str, encoding: Encoding, adverse: Sequence[float]) -> list[Span]:
    """Read the spans of adverse effects off the tags of the tokens (subtask 1b).

    A word is inside where the mean AE probability of its pieces says so: a span never ends within a
    word. Neighbouring words inside make one span, which is then trimmed of white space and punctuation.

    Args:
        text: what was tokenized.
        encoding: its tokens; what lay beyond the cut can't be in a span.
        adverse: the AE probability of each token.

    Returns:
        Spans in the order of the text, none empty, none overlapping.
    """
    spans: list[Span] = []
    run: list[_Word] = []
    for word in [*_words(text, encoding, adverse), None]:
        if word is not None and word.is_adverse:
            run.append(word)
            continue
        if run:
            start, end = _trimmed(text, run[0].start, _end_of_word(text, run[-1].end))
            scores = [score for inside in run for score in inside.adverse]
            if start < end:
                spans.append(Span(start, end, sum(scores) / len(scores)))
            run = []
    return spans


def _words(text: str, encoding: Encoding, adverse: Sequence[float]) -> Iterator[_Word]:
    """Join the pieces of each word; `can't` is one word, although BERT splits at the apostrophe."""
    current: _Word | None = None
    previous: int | None = None
    for (start, end), number, score in zip(encoding.offsets, encoding.word_ids, adverse, strict=True):
        if number is None or start >= end:
            continue
        if current and (number == previous or _in_contraction(text, current.end, start, end)):
            current = _Word(current.start, max(current.end, end), (*current.adverse, score))
        else:
            if current:
                yield current
            current = _Word(start, end, (score,))
        previous = number
    if current:
        yield current


def _in_contraction(text: str, end: int, start: int, piece_end: int) -> bool:
    """Whether the piece goes on with a word after or with the apostrophe inside it."""
    if start != end or start == 0:
        return False
    before, first = text[start - 1], text[start]
    if first in _APOSTROPHES:
        return before.isalpha() and text[piece_end : piece_end + 1].isalpha()
    return before in _APOSTROPHES and first.isalpha() and text[start - 2 : start - 1].isalpha()


def _end_of_word(text: str, end: int) -> int:
    """Go on to the end of a word that the tokenizer cut short, or whose last accent it dropped."""
    while end < len(text) and (
        unicodedata.category(text[end]).startswith("M") or _same_word(text[end - 1], text[end])
    ):
        end += 1
    return end


def _same_word(left: str, right: str) -> bool:
    return left.isalnum() and right.isalnum() and not _is_ideograph(left) and not _is_ideograph(right)


def _is_ideograph(character: str) -> bool:
    """Whether the tokenizer takes the character for a word of its own."""
    return unicodedata.name(character, "").startswith("CJK ")


def _trimmed(text: str, start: int, end: int) -> tuple[int, int]:
    while start < end and _is_margin(text[start]):
        start += 1
    while start < end and _is_margin(text[end - 1]):
        end -= 1
    return start, end


def _is_margin(character: str) -> bool:
    """White space, punctuation, control and unassigned characters; symbols such as emoji are not."""
    return unicodedata.category(character)[0] in "ZPC" or character.isspace()
