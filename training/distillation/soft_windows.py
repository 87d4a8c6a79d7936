"""What a teacher thinks of a text, as the student reads it: by its windows, its tokens and its classes."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np

from models.encoder import TokenizedInput, TweetTokenizer
from models.normalizer import Labels
from models.predictions import Candidate
from training.distillation.soft_labels import SoftLabel, SoftLabels, mean_score
from training.loop import Distribution, InputRelations, window_examples

# A word at least this probable is an adverse effect, as in `models.scoring.decode`.
_LIKELIER: Final = 0.5
# At least this much of a teacher's probability must be for PTs that the student knows.
_COMMON_MASS: Final = 0.5
_SMALLEST: Final = 1e-6


@dataclass(frozen=True)
class SoftWindow:
    """A window of a text, or a whole short text, as the student reads it.

    Attributes:
        text: the text's index.
        tokens: of the window.
        log_odds: the soft target of 1a; None where the teacher's opinion of the text says nothing about
            this window.
        is_whole: true if it is the whole text.
    """

    text: int
    tokens: TokenizedInput
    log_odds: float | None
    is_whole: bool = True


def soft_windows(soft: SoftLabels, tokenizer: TweetTokenizer, *, contexts: bool) -> Iterator[SoftWindow]:
    """Yield the windows of all texts, as the student reads them."""
    windowed = window_examples(soft.examples, tokenizer, reads_context=contexts)
    for text, label in enumerate(soft.labels):
        rows = windowed.rows(text)
        for row in rows:
            tokens = windowed.inputs[row]
            whole = len(rows) == 1
            yield SoftWindow(text, tokens, _window_log_odds(label, tokens, whole=whole), whole)


def _window_log_odds(label: SoftLabel, tokens: TokenizedInput, *, whole: bool) -> float | None:
    """Return what the teacher thinks of a window, given what it thinks of the text.

    If a long text is improbable, so are all its windows. If not, only the windows count that have words of
    an adverse effect: nobody knows what the teacher would think of the others.
    """
    if whole or label.log_odds < 0:
        return label.log_odds
    places = [place for place, word in zip(tokens.offsets, tokens.word_ids, strict=True) if word is not None]
    if not places:
        return None
    start, end = places[0][0], places[-1][1]
    has_effect = any(
        word.score >= _LIKELIER and word.start < end and start < word.end for word in label.words
    )
    return label.log_odds if has_effect else None


def token_distributions(tokens: TokenizedInput, label: SoftLabel) -> list[Distribution]:
    """Return for each token the mean of the words that it overlaps; nothing for special tokens.

    Args:
        tokens: of the text or a window of it, with offsets in the text.
        label: the text's.
    """
    distributions: list[Distribution] = []
    first = 0
    for (start, end), word in zip(tokens.offsets, tokens.word_ids, strict=True):
        if word is None or start >= end:
            distributions.append({})
            continue
        # Words and tokens are both in the order of the text.
        while first < len(label.words) and label.words[first].end <= start:
            first += 1
        score = mean_score(label.words[first : first + end - start], start, end)
        distributions.append({} if score is None else _binary(score))
    return distributions


def window_relations(window: SoftWindow, soft: SoftLabels) -> InputRelations:
    """Return the relations of the words of a window; none unless it is a whole text that has them."""
    relations = soft.relations.get(window.text) if window.is_whole else None
    if relations is None:
        return InputRelations()
    words = [(word.start, word.end) for word in soft.labels[window.text].words]
    return InputRelations.of(window.tokens, words, relations)


def class_distribution(candidates: Iterable[Candidate], class_of: Mapping[str, int]) -> Distribution:
    """Return a teacher's candidates as a distribution over the student's classes.

    Args:
        candidates: of one span.
        class_of: the student's classes by PTID.

    Returns:
        Log-probabilities of the PTs that both know; empty if most of the teacher's probability is elsewhere.
    """
    ranked = list(candidates)
    total = sum(candidate.score for candidate in ranked)
    common = {class_of[candidate.ptid]: candidate.score for candidate in ranked if candidate.ptid in class_of}
    mass = sum(common.values())
    if not mass or mass < _COMMON_MASS * total:
        return {}
    return {number: float(np.log(max(score, _SMALLEST) / mass)) for number, score in common.items()}


def class_numbers(labels: Labels) -> dict[str, int]:
    """Return the class of each PTID."""
    return {label.ptid: number for number, label in enumerate(labels.classes)}


def _binary(probability: float) -> Distribution:
    clipped = min(max(probability, _SMALLEST), 1 - _SMALLEST)
    return {0: float(np.log1p(-clipped)), 1: float(np.log(clipped))}
