"""Templates with slots: drawing words for the slots, and writing sentences."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from random import Random
from typing import Final

from training.checklist.cases import Effect, Place, Sentence
from training.checklist.vocabulary import (
    FORMS,
    EffectWords,
    MedicineKind,
    read_medicine_kinds,
    read_people,
)

_SLOT: Final = re.compile(r"\{([a-z0-9:]+)\}")
_TREATED: Final = "t:"  # before the form of an effect that the medicine is taken for
_CORE: Final = re.compile(r"\[(.+)\]")
_MOST_ATTEMPTS: Final = 10_000


@dataclass(frozen=True, slots=True)
class SlotWords:
    """The words for a slot.

    Attributes:
        text: the words.
        core: of a complaint: the part of `text` that a span must overlap.
        names: of an effect: its Preferred Terms.
    """

    text: str
    core: Place | None = None
    names: tuple[str, ...] = ()


def generate_sentences(template: str, random: Random, *, reports: bool) -> Iterator[Sentence]:
    """Yield sentences of one template without end, no text twice.

    Raises:
        ValueError: there are no more.
    """
    seen: set[str] = set()
    for _ in range(_MOST_ATTEMPTS):
        sentence = write_sentence(template, draw_words([template], random), reports=reports)
        if sentence.text not in seen:
            seen.add(sentence.text)
            yield sentence
    raise ValueError(f"only {len(seen)} different sentences can be made of {template!r}")


def draw_words(templates: Sequence[str], random: Random) -> dict[str, SlotWords]:
    """Draw words for all slots of some templates; a slot gets the same words in each of them.

    All medicines are of one kind. Illnesses are what that kind is taken for; effects are none of those.

    Raises:
        ValueError: no medicine and no effect have all the forms that the templates name.
    """
    slots = sorted({slot for template in templates for slot in _SLOT.findall(template)})
    effect_forms = [slot for slot in slots if slot in FORMS]
    illness_forms = [slot.removeprefix(_TREATED) for slot in slots if slot.startswith(_TREATED)]
    kinds = [
        kind for kind in read_medicine_kinds() if _with_forms(kind.treats, illness_forms) or not illness_forms
    ]
    if not kinds or not _with_forms(kinds[0].side_effects, effect_forms):
        raise ValueError(f"no medicine or effect has all the slots {slots} of {templates}")
    kind = _draw_kind(kinds, random)
    words = {"drug": SlotWords(random.choice(kind.drugs))}
    if illness_forms:
        illness = random.choice(_with_forms(kind.treats, illness_forms))
        words |= {f"{_TREATED}{form}": _draw_phrase(illness, form, random) for form in illness_forms}
    effect = random.choice(_with_forms(kind.side_effects, effect_forms))
    words |= {form: _draw_phrase(effect, form, random) for form in effect_forms}
    others = random.sample(
        [other for other in _with_forms(kind.side_effects, ["bare"]) if other is not effect], 2
    )
    words |= {
        f"bare{number}": _draw_phrase(other, "bare", random) for number, other in enumerate(others, start=2)
    }
    person = random.choice(read_people())
    condition = random.choice(kind.conditions)
    words["condition"] = SlotWords(condition, (0, len(condition)))
    words["person"] = SlotWords(person.name)
    words["they"] = SlotWords(person.they)
    words["them"] = SlotWords(person.them)
    words["their"] = SlotWords(person.their)
    return words


def write_sentence(template: str, words: Mapping[str, SlotWords], *, reports: bool) -> Sentence:
    """Put words into a template.

    Args:
        template: text with slots.
        words: the words for each slot, see `draw_words`.
        reports: whether the effects that the template names are reported; illnesses never are.
    """
    pieces: list[str] = []
    effects: list[Effect] = []
    non_effects: list[Place] = []
    end = length = 0
    for slot in _SLOT.finditer(template):
        slot_words = words[slot[1]]
        pieces += (template[end : slot.start()], slot_words.text)
        length += slot.start() - end
        if slot_words.core and reports:
            place = (length + slot_words.core[0], length + slot_words.core[1])
            if slot[1] in FORMS:
                effects.append(Effect(*place, slot_words.names))
            else:
                non_effects.append(place)
        length += len(slot_words.text)
        end = slot.end()
    return Sentence("".join([*pieces, template[end:]]), tuple(effects), tuple(non_effects))


def _with_forms(effects: Sequence[EffectWords], forms: Sequence[str]) -> list[EffectWords]:
    return [effect for effect in effects if all(form in effect.forms for form in forms)]


def _draw_kind(kinds: Sequence[MedicineKind], random: Random) -> MedicineKind:
    return random.choices(kinds, weights=[len(kind.drugs) for kind in kinds])[0]


def _draw_phrase(effect: EffectWords, form: str, random: Random) -> SlotWords:
    phrase = random.choice(effect.forms[form])
    core = _CORE.search(phrase)
    if core is None:
        return SlotWords(phrase, (0, len(phrase)), effect.names)
    text = phrase.replace("[", "").replace("]", "")
    return SlotWords(text, (core.start(), core.end() - 2), effect.names)
