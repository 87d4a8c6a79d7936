"""Cases: a text, and what a scorer must predict for it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final, Literal

from models.predictions import TweetLabel
from training.edits import Edit, apply_edits, move_span

Place = tuple[int, int]
"""First character, and one past the last."""

Test = Literal["MFT", "INV", "DIR"]
"""Kind of a test, after Ribeiro et al., "Beyond Accuracy: Behavioral Testing of NLP Models with CheckList".

MFT: minimum functionality, the right prediction is known. INV: invariance, a change must make no difference.
DIR: direction, a change must make a difference of a known sign."""
_LONGEST: Final = 700  # characters of a text that are shown


@dataclass(frozen=True, slots=True)
class Effect:
    """An adverse effect that a text reports.

    Attributes:
        start: first character of the words that a span must overlap.
        end: one past the last.
        names: the Preferred Terms that are right; none if the code is not tested.
    """

    start: int
    end: int
    names: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Sentence:
    """A text and what it reports.

    Attributes:
        text: the text.
        effects: the adverse effects that it reports; none if it is NoADE.
        non_effects: places of other complaints, such as an illness: no span may overlap them.
    """

    text: str
    effects: tuple[Effect, ...] = ()
    non_effects: tuple[Place, ...] = ()

    @property
    def label(self) -> TweetLabel:
        """ADE if there is an effect."""
        return "ADE" if self.effects else "NoADE"


@dataclass(frozen=True, slots=True)
class Draft:
    """A case without an id, as the makers of cases return it.

    Attributes:
        test: the kind of test.
        sentence: the text to score. MFT: the label must be right. Each effect must be overlapped by a span
            and, if it has names, coded as one of them. No span may overlap what is not an effect.
        base: INV, DIR: the text before the change. The case counts only if the scorer is right about it.
        edits: INV: the edits that made `sentence` of `base`. Label, spans (moved) and PTs must be those of
            the base.
    """

    test: Test
    sentence: Sentence
    base: Sentence | None = None
    edits: tuple[Edit, ...] = ()


@dataclass(frozen=True, slots=True)
class Case:
    """A draft with its id.

    Attributes:
        id: the capability and a number, such as `negation-012`; it stays as long as the data files do.
        capability: what the case tests.
        draft: the test.
    """

    id: str
    capability: str
    draft: Draft

    @property
    def texts(self) -> tuple[str, ...]:
        """The texts that must be scored to check it."""
        base = self.draft.base
        return (self.draft.sentence.text,) if base is None else (base.text, self.draft.sentence.text)


def edit_sentence(sentence: Sentence, edits: Sequence[Edit]) -> Sentence:
    """Return a sentence after edits, given in order and without overlaps; its places move along."""
    effects = (
        Effect(*move_span((effect.start, effect.end), edits), effect.names) for effect in sentence.effects
    )
    non_effects = (move_span(place, edits) for place in sentence.non_effects)
    return Sentence(apply_edits(sentence.text, edits), tuple(effects), tuple(non_effects))


def without_codes(sentence: Sentence) -> Sentence:
    """Return a sentence of which only label and places are tested, not the Preferred Terms."""
    return replace(sentence, effects=tuple(replace(effect, names=()) for effect in sentence.effects))


def printable(text: str) -> str:
    """Return a text in characters that any terminal and UTF-8 can hold; a very long one is cut in the middle.

    Characters that cannot be seen (control characters, zero-width ones, lone surrogates) are escaped.
    """
    size = len(text)
    if size > _LONGEST:
        left = _LONGEST // 2
        text = f"{text[:left]} … {size - 2 * left:,} characters … {text[-left:]}"
    return "".join(letter if letter.isprintable() else _escaped(letter) for letter in text)


def _escaped(letter: str) -> str:
    return letter.encode("unicode_escape").decode("ascii")
