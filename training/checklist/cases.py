"""A case: a text, and what a scorer must make of it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from training.checklist.sentences import Edit, Sentence

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
