"""From the Extractor's probabilities of tokens to spans of the text."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from tokenizers import Encoding

_LIKELIER = 0.5  # from here, AE is the likelier of the two tags O and AE
_APOSTROPHES = "'’"


@dataclass(frozen=True)
class ExtractedSpan:
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
        return sum(self.adverse) / len(self.adverse) >= _LIKELIER


def decode_spans(text: str, encoding: Encoding, adverse: Sequence[float]) -> list[ExtractedSpan]:
    """Return the spans of adverse effects (subtask 1b).

    A word is inside a span if the mean AE probability of its pieces is at least 0.5, so a span never ends
    within a word. Neighbouring words inside form one span, without white space and punctuation at its ends.

    Args:
        text: that was tokenized.
        encoding: its tokens; text after the cut cannot be in a span.
        adverse: the AE probability of each token.

    Returns:
        Spans in the order of the text, without empty or overlapping ones.
    """
    spans: list[ExtractedSpan] = []
    inside: list[_Word] = []
    for word in [*_words(text, encoding, adverse), None]:
        if word is not None and word.is_adverse:
            inside.append(word)
            continue
        if inside:
            start, end = _trim(text, inside[0].start, _end_of_word(text, inside[-1].end))
            scores = [score for word_inside in inside for score in word_inside.adverse]
            if start < end:
                spans.append(ExtractedSpan(start, end, sum(scores) / len(scores)))
            inside = []
    return spans


def _words(text: str, encoding: Encoding, adverse: Sequence[float]) -> Iterator[_Word]:
    """Join the pieces of each word. `can't` is one word, although BERT splits it at the apostrophe."""
    current: _Word | None = None
    previous_id: int | None = None
    for (start, end), word_id, score in zip(encoding.offsets, encoding.word_ids, adverse, strict=True):
        if word_id is None or start >= end:
            continue
        if current and (word_id == previous_id or _continues_contraction(text, current.end, start, end)):
            current = _Word(current.start, max(current.end, end), (*current.adverse, score))
        else:
            if current:
                yield current
            current = _Word(start, end, (score,))
        previous_id = word_id
    if current:
        yield current


def _continues_contraction(text: str, word_end: int, start: int, end: int) -> bool:
    """Return True if the piece `text[start:end]` continues the contraction that the word before begins.

    The piece is the apostrophe between two letters, or the letters after such an apostrophe.
    """
    if start != word_end:
        return False
    before, first = text[start - 1], text[start]
    if first in _APOSTROPHES:
        return before.isalpha() and text[end : end + 1].isalpha()
    return before in _APOSTROPHES and first.isalpha() and text[start - 2 : start - 1].isalpha()


def _end_of_word(text: str, end: int) -> int:
    """Return where a word really ends: the tokenizer may have cut it short, or dropped its last accent."""
    while end < len(text) and (
        unicodedata.category(text[end]).startswith("M") or _same_word(text[end - 1], text[end])
    ):
        end += 1
    return end


def _same_word(left: str, right: str) -> bool:
    return left.isalnum() and right.isalnum() and not _is_ideograph(left) and not _is_ideograph(right)


def _is_ideograph(character: str) -> bool:
    """Return True if the tokenizer makes a word of the character alone."""
    return unicodedata.name(character, "").startswith("CJK ")


def _trim(text: str, start: int, end: int) -> tuple[int, int]:
    while start < end and _is_margin(text[start]):
        start += 1
    while start < end and _is_margin(text[end - 1]):
        end -= 1
    return start, end


def _is_margin(character: str) -> bool:
    """Return True for white space, punctuation, control and unassigned characters, but not for emoji."""
    return unicodedata.category(character)[0] in "ZPC" or character.isspace()
