"""Changes that leave a sentence as it is and put something before it, after it or between its words."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice
from random import Random
from typing import Final

from training.checklist.cases import Draft
from training.checklist.changed import Change
from training.checklist.filling import fillings
from training.checklist.sentences import Edit, Sentence
from training.checklist.stated import uncoded
from training.checklist.wordlists import read_list
from training.checklist.writing import drug_names

_FILLER: Final = "{filler}"


def putting(file: str) -> Change:
    """Give a change that puts an entry of a file's `insertions` where the file says: one of `where`."""
    entries, places = read_list(file, "insertions"), read_list(file, "insertions", "where")

    def put(sentence: Sentence, random: Random, turn: int) -> tuple[Edit, ...]:
        entry = entries[turn % len(entries)]
        where = random.choice(places)
        if where == "before":
            return (Edit(0, 0, f"{entry} "),)
        if where == "behind" and (drug := drug_names().search(sentence.text)):
            return (Edit(drug.end(), drug.end(), f" {entry}"),)
        return (Edit(len(sentence.text), len(sentence.text), f" {entry}"),)

    return put


def into_thread(sentence: Sentence, random: Random, turn: int) -> tuple[Edit, ...]:
    """Put two to six sentences of a life around a text."""
    fillers = random.sample(read_list("thread", "fillers"), 2 + turn % 5)
    before = random.randrange(len(fillers) + 1)
    text = sentence.text
    start = "".join(f"{filler} " for filler in fillers[:before])
    end = "".join(f" {filler}" for filler in fillers[before:])
    stop = "" if text.endswith((".", "?", "!")) else "."
    capital = Edit(0, 1, text[0].upper())
    return (Edit(0, 0, start), capital, Edit(len(text), len(text), f"{stop}{end}"))


def threads(random: Random, *, each: int) -> Iterator[Draft]:
    """Make `each` MFT cases of each template of `data/thread.ini`, fillers drawn anew for each."""
    for section in ("ADE", "NoADE"):
        for template in read_list("thread", section, "templates"):
            for _ in range(each):
                fillers = random.sample(read_list("thread", "fillers"), template.count(_FILLER))
                written = template
                for filler in fillers:
                    written = written.replace(_FILLER, filler, 1)
                for sentence in islice(fillings(written, random, reports=section == "ADE"), 1):
                    yield Draft("MFT", uncoded(sentence))
