"""The sentences of a section."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

LONGEST: Final = 1_000
"""Characters of a sentence; longer ones, such as whole tables in one line, are cut at a space."""

_ABBREVIATIONS: Final = ("e.g.", "i.e.", "vs.", "dr.", "no.", "approx.", "incl.", "fig.", "etc.")
_END: Final = re.compile(r"(?<=[.!?])[)\]\"”]?\s+(?=[A-Z0-9(\[\"“•])")
_BULLET: Final = re.compile(r"\s*[•·▪◦●]\s*")


def sentences_of(text: str) -> Iterator[str]:
    """Yield the sentences of a text, without white space around them, and without empty ones.

    A line never goes on in the next one: paragraphs, items of lists and cells of tables are lines.
    """
    for line in text.splitlines():
        for item in _BULLET.split(line):
            for sentence in _split(item):
                yield from _cut(" ".join(sentence.split()))


def _split(text: str) -> Iterator[str]:
    start = 0
    for end in _END.finditer(text):
        if not text[start : end.start()].lower().endswith(_ABBREVIATIONS):
            yield text[start : end.end()]
            start = end.end()
    yield text[start:]


def _cut(sentence: str) -> Iterator[str]:
    while len(sentence) > LONGEST:
        space = sentence.rfind(" ", 0, LONGEST)
        end = space if space > 0 else LONGEST
        yield sentence[:end]
        sentence = sentence[end:].lstrip()
    if sentence:
        yield sentence
