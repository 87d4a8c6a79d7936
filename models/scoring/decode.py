"""From the Extractor's probabilities of tokens to words, and from words to spans of the text."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from models.encoder import LongText, TokenizedInput
from models.scoring.readings import ReadWord

_LIKELIER = 0.5  # from here, AE is the likelier of the two tags O and AE
_APOSTROPHES = "'’"


@dataclass(frozen=True)
class ExtractedSpan:
    """An adverse effect in a text: `text[start:end]`, and the mean AE probability of its tokens."""

    start: int
    end: int
    score: float


class _TokensOfWord(NamedTuple):
    """A word of a text, `text[start:end]`, with the indices of its tokens."""

    start: int
    end: int
    tokens: list[int]


def decode_spans(text: str, words: Iterable[ReadWord]) -> list[ExtractedSpan]:
    """Return the spans of adverse effects (subtask 1b).

    A word is inside a span if its score is at least 0.5, so a span never ends within a word. Neighbouring
    words inside form one span, without white space and punctuation at its ends.

    Args:
        text: that was read.
        words: of the text, in order; what no word covers cannot be in a span, except between two words.

    Returns:
        Spans in the order of the text, without empty or overlapping ones.
    """
    spans: list[ExtractedSpan] = []
    inside: list[ReadWord] = []
    for word in [*words, None]:
        if word is not None and word.score >= _LIKELIER:
            inside.append(word)
            continue
        if inside:
            start, end = _trim(text, inside[0].start, _end_of_word(text, inside[-1].end))
            total = sum(word_inside.score * word_inside.tokens for word_inside in inside)
            if start < end:
                spans.append(ExtractedSpan(start, end, total / sum(w.tokens for w in inside)))
            inside = []
    return spans


def read_words(text: str, tokens: TokenizedInput, adverse: Sequence[float]) -> tuple[ReadWord, ...]:
    """Return the words of a text that is read in one window.

    Args:
        text: that was tokenized.
        tokens: of the text; those without a word, special ones and those of a context, are left out.
        adverse: the AE probability of each token.
    """
    return tuple(
        ReadWord(word.start, word.end, _mean(adverse, word.tokens), len(word.tokens))
        for word in _join_tokens(text, tokens.offsets, tokens.word_ids)
    )


def merge_words(text: str, long: LongText, adverse: Sequence[Sequence[float] | None]) -> tuple[ReadWord, ...]:
    """Return the words of a text that is read in several windows.

    The score of a word that is in two windows is that of the window in which the word is further from the
    edge. A word that no window was extracted from has the score 0.

    Args:
        text: that was tokenized.
        long: its tokens and windows.
        adverse: for each window the AE probability of each of its tokens, special ones and those of a context
            included; None where the Extractor did not run.
    """
    read = [
        (part, scores[long.head : long.head + len(part)])
        for part, scores in zip(long.parts, adverse, strict=True)
        if scores is not None
    ]
    words = []
    for word in _join_tokens(text, long.offsets, long.word_ids):
        windows = [window for window in read if _reaches(window[0], word)]
        score = 0.0
        if windows:
            part, scores = max(windows, key=lambda window: _distance_to_edge(window[0], word, long))
            score = _mean(scores, [token - part.start for token in word.tokens if token in part])
        words.append(ReadWord(word.start, word.end, score, len(word.tokens)))
    return tuple(words)


def _reaches(part: range, word: _TokensOfWord) -> bool:
    """Return True if a window has tokens of the word."""
    return any(token in part for token in word.tokens)


def _distance_to_edge(part: range, word: _TokensOfWord, long: LongText) -> int:
    """Return the number of tokens between a word and the edge of a window, less than 0 if it cuts the word.

    At the start and at the end of the text nothing is missing, so they do not count as edges.
    """
    tokens = len(long.offsets)
    before = word.tokens[0] - part.start if part.start else tokens
    after = part.stop - 1 - word.tokens[-1] if part.stop < tokens else tokens
    return min(before, after)


def _mean(values: Sequence[float], indices: Sequence[int]) -> float:
    if len(indices) == 1:
        return values[indices[0]]
    return sum([values[index] for index in indices]) / len(indices)


def _join_tokens(
    text: str, offsets: Sequence[tuple[int, int]], word_ids: Sequence[int | None]
) -> Iterator[_TokensOfWord]:
    """Join the pieces of each word. `can't` is one word, although BERT splits it at the apostrophe."""
    tokens: list[int] = []
    word_start = word_end = 0
    previous_id: int | None = None
    for index, ((start, end), word_id) in enumerate(zip(offsets, word_ids, strict=True)):
        if word_id is None or start >= end:
            continue
        if tokens and (word_id == previous_id or _continues_contraction(text, word_end, start, end)):
            tokens.append(index)
            word_end = max(word_end, end)
        else:
            if tokens:
                yield _TokensOfWord(word_start, word_end, tokens)
            tokens, word_start, word_end = [index], start, end
        previous_id = word_id
    if tokens:
        yield _TokensOfWord(word_start, word_end, tokens)


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
