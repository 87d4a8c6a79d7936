"""Changes of how a text is written: misspelt, in capitals, its medicine as a hashtag.

Changes that leave a sentence as it is and put something before it, after it or between its words.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from functools import cache
from itertools import islice
from random import Random
from typing import Final

from training.checklist.case_makers import Change, uncoded
from training.checklist.cases import Draft, Edit, Sentence
from training.checklist.slot_filling import fillings
from training.checklist.vocabulary import medicines
from training.checklist.wordlists import read_list, read_lists

_WORD: Final = re.compile(r"[a-z]+", re.IGNORECASE)
_SHORTEST: Final = 5  # letters of a word that stays readable with a typo in it


def misspelt(sentence: Sentence, random: Random, turn: int) -> tuple[Edit, ...]:
    """Misspell the medicine, a word of a list, or let fingers slip in some word, by turns."""
    lists = read_lists("typos")
    if turn % 3 == 0:
        return _listed(sentence, lists["medicines"], random)
    if turn % 3 == 1:
        return _listed(sentence, lists["words"], random)
    words = [word for word in _WORD.finditer(sentence.text) if len(word[0]) >= _SHORTEST]
    if not words:
        return ()
    word = random.choice(words)
    slipped = random.choice(_SLIPS)(word[0], random.randrange(1, len(word[0]) - 2))
    return (Edit(word.start(), word.end(), slipped),) if slipped != word[0] else ()


def in_capitals(sentence: Sentence, random: Random, turn: int) -> tuple[Edit, ...]:
    """Write all, the effect, the medicine, or the first letter of each word in capitals, by turns."""
    text, effects = sentence.text, sentence.effects
    if turn % 4 == 1 and effects:
        return tuple(Edit(one.start, one.end, text[one.start : one.end].upper()) for one in effects)
    if turn % 4 == 2 and (drug := drug_names().search(text)):
        return (Edit(drug.start(), drug.end(), drug[0].upper()),)
    if turn % 4 == 3:
        return tuple(Edit(word.start(), word.end(), word[0].capitalize()) for word in _WORD.finditer(text))
    return (Edit(0, len(text), text.upper()),)


def tagged(sentence: Sentence, random: Random, turn: int) -> tuple[Edit, ...]:
    """Write the medicine as a hashtag, with a small or a capital letter, by turns."""
    drug = drug_names().search(sentence.text)
    if drug is None:
        return ()
    return (Edit(drug.start(), drug.end(), f"#{drug[0] if turn % 2 else drug[0].capitalize()}"),)


@cache
def drug_names() -> re.Pattern[str]:
    """Match the name of any medicine of the lists."""
    names = sorted({re.escape(drug) for kind in medicines() for drug in kind.drugs}, reverse=True)
    return re.compile(rf"\b(?:{'|'.join(names)})\b", re.IGNORECASE)


def _listed(sentence: Sentence, wrong: Mapping[str, tuple[str, ...]], random: Random) -> tuple[Edit, ...]:
    found = [word for word in _WORD.finditer(sentence.text) if word[0].lower() in wrong]
    if not found:
        return ()
    word = random.choice(found)
    return (Edit(word.start(), word.end(), random.choice(wrong[word[0].lower()])),)


def _swapped(word: str, at: int) -> str:
    return f"{word[:at]}{word[at + 1]}{word[at]}{word[at + 2 :]}"


def _dropped(word: str, at: int) -> str:
    return word[:at] + word[at + 1 :]


def _doubled(word: str, at: int) -> str:
    return word[:at] + word[at] + word[at:]


_SLIPS: Final[tuple[Callable[[str, int], str], ...]] = (_swapped, _dropped, _doubled)


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
