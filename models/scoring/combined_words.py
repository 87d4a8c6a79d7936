"""The words of two readers put together by their characters: the two tokenizers cut words differently."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Final

from models.bundle import SpanChoice
from models.scoring.combination import log_odds_of, probability_of
from models.scoring.readings import ReadWord

_CERTAIN: Final = 1e-6  # so that a reader that is sure can be outvoted by another that is sure


def combine_words(
    first: Sequence[ReadWord], second: Sequence[ReadWord], how: SpanChoice
) -> tuple[ReadWord, ...]:
    """Return the words of a text that two readers have read.

    Words of both that overlap become one word, so that a span ends within no word of either.

    Args:
        first: words of the first reader, in order, without overlaps.
        second: words of the second reader, in the same way.
        how: `first` and `second` return the words of that reader; `mean` scores a word by the mean of both
            readers' log-odds; `union` takes the higher score. A word that only one reader has, such as an
            emoji that the other's tokenizer drops, keeps its score.

    Returns:
        Words in the order of the text, without overlaps.
    """
    if how == "first":
        return tuple(first)
    if how == "second":
        return tuple(second)
    return tuple(_merge(of_first, of_second, how) for of_first, of_second in _overlapping(first, second))


def _overlapping(
    first: Iterable[ReadWord], second: Iterable[ReadWord]
) -> Iterator[tuple[list[ReadWord], list[ReadWord]]]:
    """Yield the words of both readers in groups; a chain of overlaps joins the words of a group."""
    owned = [(word, 0) for word in first] + [(word, 1) for word in second]
    group: tuple[list[ReadWord], list[ReadWord]] = ([], [])
    end = 0
    for word, owner in sorted(owned, key=lambda pair: pair[0].start):
        if word.start >= end and (group[0] or group[1]):
            yield group
            group = ([], [])
        group[owner].append(word)
        end = max(end, word.end)
    if group[0] or group[1]:
        yield group


def _merge(first: Sequence[ReadWord], second: Sequence[ReadWord], how: SpanChoice) -> ReadWord:
    both = [*first, *second]
    scores = [_mean_log_odds(words) for words in (first, second) if words]
    log_odds = max(scores) if how == "union" else sum(scores) / len(scores)
    return ReadWord(
        min(word.start for word in both),
        max(word.end for word in both),
        probability_of(log_odds),
        max(sum(word.tokens for word in words) for words in (first, second)),
    )


def _mean_log_odds(words: Sequence[ReadWord]) -> float:
    """Return the mean log-odds of a reader's words in a group, weighted by their tokens."""
    total = sum(log_odds_of(min(max(w.score, _CERTAIN), 1 - _CERTAIN)) * w.tokens for w in words)
    return total / sum(word.tokens for word in words)
