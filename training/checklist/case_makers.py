"""Cases whose answer is stated with their templates: minimum functionality and direction.

Cases of the Normalizer: plain reports whose effect must get one of its Preferred Terms.

Cases made by changing plain sentences in ways that change nothing of what they say.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from itertools import count, islice
from random import Random
from typing import Final, Protocol

from training.checklist.cases import Draft, Edit, Sentence, edited
from training.checklist.slot_filling import draw, fillings, write
from training.checklist.vocabulary import FORMS, complaints
from training.checklist.wordlists import read_list

_ARROW: Final = " -> "


def stated(file: str, random: Random, *, each: int) -> Iterator[Draft]:
    """Make `each` MFT cases of each template of the sections ADE and NoADE; codes are not judged."""
    for section in ("ADE", "NoADE"):
        for template in read_list(file, section, "templates"):
            for sentence in islice(fillings(template, random, reports=section == "ADE"), each):
                yield Draft("MFT", uncoded(sentence))


def directed(file: str, random: Random, *, each: int) -> Iterator[Draft]:
    """Make `each` DIR cases of each pair: from a report to a sentence like it that is none."""
    for pair in read_list(file, "pairs", "templates"):
        report, other = pair.split(_ARROW)
        made: set[str] = set()
        while len(made) < each:
            words = draw([report, other], random)
            base, item = write(report, words, reports=True), write(other, words, reports=False)
            if base.text not in made:
                made.add(base.text)
                yield Draft("DIR", item, uncoded(base))


def uncoded(sentence: Sentence) -> Sentence:
    """Forget the Preferred Terms, where only label and place are judged."""
    return replace(sentence, effects=tuple(replace(effect, names=()) for effect in sentence.effects))


def coded(random: Random) -> Iterator[Draft]:
    """Make an MFT case of each effect in each of its forms, with the templates that need that form."""
    for template in read_list("coding", "ADE", "templates"):
        [form] = (form for form in FORMS if f"{{{form}}}" in template)
        left = {one.names for one in complaints().values() if form in one.forms}
        for sentence in fillings(template, random, reports=True):
            [effect] = sentence.effects
            if effect.names in left:
                left.remove(effect.names)
                yield Draft("MFT", sentence)
            if not left:
                break


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
