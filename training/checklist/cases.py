"""Texts whose right judgement is known, and changing them while what is known moves along.

A case: a text, and what a scorer must make of it.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

from models.predictions import Label

Place = tuple[int, int]
"""First character, and one past the last."""


@dataclass(frozen=True, slots=True)
class Effect:
    """An adverse effect that a text reports.

    Attributes:
        start: first character of the words that a span must overlap.
        end: one past the last.
        names: the Preferred Terms that are right; none where the code is not judged.
    """

    start: int
    end: int
    names: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Sentence:
    """A text and what it reports.

    Attributes:
        text: the text.
        effects: what it reports; none where it is NoADE.
        others: places of complaints that are no effects, such as an illness: no span may overlap them.
    """

    text: str
    effects: tuple[Effect, ...] = ()
    others: tuple[Place, ...] = ()

    @property
    def label(self) -> Label:
        """ADE where there is an effect."""
        return "ADE" if self.effects else "NoADE"


@dataclass(frozen=True, slots=True, order=True)
class Edit:
    """Characters of a text, maybe none, and what comes in their place.

    Attributes:
        start: first character, an index into the text before any edit.
        end: one past the last; `start` where something is put in between.
        replacement: the new characters.
    """

    start: int
    end: int
    replacement: str


def edited(sentence: Sentence, edits: Sequence[Edit]) -> Sentence:
    """Apply edits, given in order and without overlaps, to a text and to what is known of it."""
    pieces: list[str] = []
    end = 0
    for edit in edits:
        pieces += (sentence.text[end : edit.start], edit.replacement)
        end = edit.end
    pieces.append(sentence.text[end:])
    effects = (Effect(*moved((one.start, one.end), edits), one.names) for one in sentence.effects)
    return Sentence("".join(pieces), tuple(effects), tuple(moved(one, edits) for one in sentence.others))


def moved(place: Place, edits: Iterable[Edit]) -> Place:
    """Find a place of a text again after edits; what is put in at its borders stays outside."""
    start, end = place
    new_start, new_end = start, end
    for edit in edits:
        growth = len(edit.replacement) - (edit.end - edit.start)
        if edit.end <= start:
            new_start += growth
        elif edit.start < start:
            new_start += min(start - edit.start, len(edit.replacement)) - (start - edit.start)
        if edit.start < end and edit.end <= end:
            new_end += growth
        elif edit.start < end:
            new_end += min(end - edit.start, len(edit.replacement)) - (end - edit.start)
    return new_start, new_end


# After Ribeiro et al., "Beyond Accuracy: Behavioral Testing of NLP Models with CheckList", ACL 2020.
# MFT: minimum functionality, the right answer is known. INV: invariance, a change makes no difference.
# DIR: direction, a change makes a difference of a known sign.
Test = Literal["MFT", "INV", "DIR"]


@dataclass(frozen=True, slots=True)
class Draft:
    """A case that has no name yet, as the makers of cases give it.

    Attributes:
        test: what kind of test it is.
        item: the text that is judged. MFT: the label must be right, each effect overlapped by a span and,
            where it has names, coded as one of them; no span may overlap what is no effect.
        base: INV, DIR: the text before the change. The case counts only where the scorer is right about it.
        edits: INV: how `base` became `item`. Label, spans and PTs must be those of the base, moved.
    """

    test: Test
    item: Sentence
    base: Sentence | None = None
    edits: tuple[Edit, ...] = ()


@dataclass(frozen=True, slots=True)
class Case:
    """A draft with its name.

    Attributes:
        id: the capability and a number, such as `negation-012`; it stays as long as the data files do.
        capability: what the case is a test of.
        draft: the test.
    """

    id: str
    capability: str
    draft: Draft

    @property
    def texts(self) -> tuple[str, ...]:
        """What must be scored to judge it."""
        base = self.draft.base
        return (self.draft.item.text,) if base is None else (base.text, self.draft.item.text)
