"""Words replaced by their synonyms."""

from __future__ import annotations

from random import Random
from typing import Protocol

from training.augmentation.edits import Edit
from training.augmentation.words import in_case_of, is_content, words

_SHORTEST = 3


class Synonyms(Protocol):
    """Knows which words mean the same."""

    def of(self, word: str) -> tuple[str, ...]:
        """Give the synonyms of a word in lower case, in its own inflection; none where none is known."""


def synonym_swaps(text: str, random: Random, synonyms: Synonyms) -> list[Edit]:
    """Propose a synonym for each word that has one; negations and the grammar's words stay."""
    edits = []
    for word in words(text):
        if len(word.text) < _SHORTEST or not is_content(word.text):
            continue
        found = synonyms.of(word.text.lower())
        if found:
            edits.append(Edit(word.start, word.end, in_case_of(word.text, random.choice(found))))
    return edits
