"""Making formal corpora fit to learn from: which sentences, which spans."""

from __future__ import annotations

import re
from collections.abc import Iterable

from training.corpora.overlaps import longest_apart
from training.examples import Example

# Sentences of drug labels are torn from lists and tables: what remains of those is no sentence.
_MIN_LETTERS = 25
_MAX_CHARACTERS = 400
_SECTION = re.compile(r"^\W*\d+(\.\d+)*\s+[A-Z][A-Z \W]+$")


def clean_sentences(examples: Iterable[Example]) -> list[Example]:
    """Leave out headings, fragments and endless lists; of overlapping spans keep the longest."""
    return [
        Example(example.id, example.text, example.label, longest_apart(example.spans))
        for example in examples
        if _is_sentence(example.text)
    ]


def _is_sentence(text: str) -> bool:
    letters = sum(character.isalpha() for character in text)
    return letters >= _MIN_LETTERS and len(text) <= _MAX_CHARACTERS and not _SECTION.match(text)
