"""Cases made by changing plain sentences in ways that change nothing of what they say."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import count, islice
from random import Random
from typing import Protocol

from training.checklist.cases import Draft
from training.checklist.filling import fillings
from training.checklist.sentences import Edit, Sentence, edited
from training.checklist.stated import uncoded
from training.checklist.wordlists import read_list


class Change(Protocol):
    """A way to change a text."""

    def __call__(self, sentence: Sentence, random: Random, turn: int) -> tuple[Edit, ...]:
        """Give edits in order and without overlaps; none where the sentence has nothing to change.

        Args:
            sentence: what is changed.
            random: for what is drawn.
            turn: counts the cases of a capability, for changes of several kinds that take turns.
        """
        ...


def changed(change: Change, random: Random, *, stated: int, unchanged: int) -> Iterator[Draft]:
    """Change plain sentences, reports and others in turn.

    Args:
        change: what is done to them.
        random: for the sentences, and the change.
        stated: number of MFT cases: the changed sentence must be judged right.
        unchanged: number of INV cases: it must be judged as the sentence was before the change.
    """
    yield from islice(_changes(change, random, "MFT"), stated)
    yield from islice(_changes(change, random, "INV"), unchanged)


def _changes(change: Change, random: Random, test: str) -> Iterator[Draft]:
    turns = {"ADE": count(), "NoADE": count()}
    for base in _plain(random):
        edits = change(base, random, next(turns[base.label]))
        if edits:
            item = edited(base, edits)
            yield Draft("MFT", item) if test == "MFT" else Draft("INV", item, base, edits)


def _plain(random: Random) -> Iterator[Sentence]:
    """Give plain sentences without end, by turns a report and none, from all templates alike."""
    sources = [
        [
            fillings(template, random, reports=section == "ADE")
            for template in read_list("plain", section, "templates")
        ]
        for section in ("ADE", "NoADE")
    ]
    for number in count():
        for templates in sources:
            if number % len(templates) == 0:
                random.shuffle(templates)
            yield uncoded(next(templates[number % len(templates)]))
