"""Making formal corpora fit to learn from: which sentences, which spans, which side of the split."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Iterable

from training.examples import Example, Span

# Sentences of drug labels are torn from lists and tables: what remains of those is no sentence.
_MIN_LETTERS = 25
_MAX_CHARACTERS = 400
_SECTION = re.compile(r"^\W*\d+(\.\d+)*\s+[A-Z][A-Z \W]+$")


def clean_sentences(examples: Iterable[Example]) -> list[Example]:
    """Leave out headings, fragments and endless lists; of overlapping spans keep the longest."""
    return [
        Example(example.id, example.text, example.label, _apart(example.spans))
        for example in examples
        if _is_sentence(example.text)
    ]


def documents_apart(
    examples: Iterable[Example], document_of: Callable[[Example], str], *, share: float, salt: str
) -> tuple[list[Example], list[Example]]:
    """Split into (training, validation) so that a document's sentences stay on one side.

    Which side depends on the document's name and `salt` alone, so it does not move when others are added.

    Args:
        examples: the sentences.
        document_of: names the document of a sentence.
        share: of the documents, how many go to validation, in [0, 1].
        salt: another salt gives another split.
    """
    training: list[Example] = []
    validation: list[Example] = []
    for example in examples:
        side = validation if is_held_back(document_of(example), share=share, salt=salt) else training
        side.append(example)
    return training, validation


def is_held_back(name: str, *, share: float, salt: str) -> bool:
    """Decide by hash whether `name` belongs to the `share` that is kept for validation."""
    digest = hashlib.blake2b(f"{salt}\0{name}".encode(), digest_size=8).digest()
    return int.from_bytes(digest, "big") < share * 2**64


def _is_sentence(text: str) -> bool:
    letters = sum(character.isalpha() for character in text)
    return letters >= _MIN_LETTERS and len(text) <= _MAX_CHARACTERS and not _SECTION.match(text)


def _apart(spans: tuple[Span, ...]) -> tuple[Span, ...]:
    kept: list[Span] = []
    for span in sorted(spans, key=lambda s: (s.start - s.end, s.start)):
        if all(span.end <= other.start or other.end <= span.start for other in kept):
            kept.append(span)
    return tuple(sorted(kept, key=lambda s: s.start))
