"""Cases whose answer is stated with their templates: minimum functionality and direction."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from itertools import islice
from random import Random
from typing import Final

from training.checklist.cases import Draft
from training.checklist.filling import draw, fillings, write
from training.checklist.sentences import Sentence
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
