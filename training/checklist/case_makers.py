"""Makers of cases: from the templates in `data`, and by changing plain sentences."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import count, islice
from random import Random
from typing import Final, Protocol

from training.checklist.cases import Draft, Sentence, edit_sentence, without_codes
from training.checklist.slot_filling import draw_words, generate_sentences, write_sentence
from training.checklist.vocabulary import FORMS, read_effects, read_list
from training.edits import Edit

_ARROW: Final = " -> "
_FILLER: Final = "{filler}"
_ESCAPE: Final = re.compile(r"\\(?:x([0-9a-f]{2})|u([0-9a-f]{4})|U([0-9a-f]{8})|([nrt]))")
_CONTROLS: Final = {"n": "\n", "r": "\r", "t": "\t"}


class Change(Protocol):
    """A way to change a text."""

    def __call__(self, sentence: Sentence, random: Random, turn: int) -> tuple[Edit, ...]:
        """Return edits in order and without overlaps; none if the sentence has nothing to change.

        Args:
            sentence: the sentence to change.
            random: the random number generator.
            turn: counts the cases of a capability, for changes of several kinds that take turns.
        """
        ...


def stated_cases(file: str, random: Random, *, each: int) -> Iterator[Draft]:
    """Yield `each` MFT cases of each template of the sections ADE and NoADE; codes are not tested."""
    for section in ("ADE", "NoADE"):
        for template in read_list(file, section, "templates"):
            for sentence in islice(generate_sentences(template, random, reports=section == "ADE"), each):
                yield Draft("MFT", without_codes(sentence))


def direction_cases(file: str, random: Random, *, each: int) -> Iterator[Draft]:
    """Yield `each` DIR cases of each pair: from a report to a similar sentence that is not one."""
    for pair in read_list(file, "pairs", "templates"):
        report, other = pair.split(_ARROW)
        seen: set[str] = set()
        while len(seen) < each:
            words = draw_words([report, other], random)
            base = write_sentence(report, words, reports=True)
            sentence = write_sentence(other, words, reports=False)
            if base.text not in seen:
                seen.add(base.text)
                yield Draft("DIR", sentence, without_codes(base))


def coding_cases(random: Random) -> Iterator[Draft]:
    """Yield an MFT case of each effect in each of its forms: it must get one of its Preferred Terms."""
    for template in read_list("coding", "ADE", "templates"):
        [form] = (form for form in FORMS if f"{{{form}}}" in template)
        left = {effect.names for effect in read_effects().values() if form in effect.forms}
        for sentence in generate_sentences(template, random, reports=True):
            [effect] = sentence.effects
            if effect.names in left:
                left.remove(effect.names)
                yield Draft("MFT", sentence)
            if not left:
                break


def thread_cases(random: Random, *, each: int) -> Iterator[Draft]:
    """Yield `each` MFT cases of each template of `data/thread.ini`, with fillers drawn for each."""
    for section in ("ADE", "NoADE"):
        for template in read_list("thread", section, "templates"):
            for _ in range(each):
                thread = template
                for filler in random.sample(read_list("thread", "fillers"), template.count(_FILLER)):
                    thread = thread.replace(_FILLER, filler, 1)
                sentence = next(generate_sentences(thread, random, reports=section == "ADE"))
                yield Draft("MFT", without_codes(sentence))


def odd_text_cases() -> Iterator[Draft]:
    """Yield an MFT case of each text of `data/unicode.ini`; all are NoADE."""
    for section in ("nothing", "chatter", "endless"):
        for entry in read_list("unicode", section):
            times, _, text = entry.partition(" x ")
            yield Draft("MFT", Sentence(int(times) * _ESCAPE.sub(_unescape, text)))


def changed_cases(change: Change, random: Random, *, stated: int, unchanged: int) -> Iterator[Draft]:
    """Yield cases of plain sentences after a change, alternately reports and others.

    Args:
        change: what is done to them.
        random: the random number generator.
        stated: number of MFT cases: the prediction for the changed sentence must be right.
        unchanged: number of INV cases: the prediction must be the same as before the change.
    """
    yield from islice(_changes(change, random, "MFT"), stated)
    yield from islice(_changes(change, random, "INV"), unchanged)


def _changes(change: Change, random: Random, test: str) -> Iterator[Draft]:
    turns = {"ADE": count(), "NoADE": count()}
    for base in _plain_sentences(random):
        edits = change(base, random, next(turns[base.label]))
        if edits:
            sentence = edit_sentence(base, edits)
            yield Draft("MFT", sentence) if test == "MFT" else Draft("INV", sentence, base, edits)


def _plain_sentences(random: Random) -> Iterator[Sentence]:
    """Yield plain sentences without end, alternately reports and others, from all templates alike."""
    sources = [
        [
            generate_sentences(template, random, reports=section == "ADE")
            for template in read_list("plain", section, "templates")
        ]
        for section in ("ADE", "NoADE")
    ]
    for number in count():
        for templates in sources:
            if number % len(templates) == 0:
                random.shuffle(templates)
            yield without_codes(next(templates[number % len(templates)]))


def _unescape(escape: re.Match[str]) -> str:
    code = escape[1] or escape[2] or escape[3]
    return chr(int(code, 16)) if code else _CONTROLS[escape[4]]
