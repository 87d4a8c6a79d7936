"""Templates: words are drawn for their slots, and sentences written of both."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from random import Random
from typing import Final

from training.checklist.cases import Effect, Place, Sentence
from training.checklist.vocabulary import FORMS, Complaint, Medicines, medicines, people

_SLOT: Final = re.compile(r"\{([a-z0-9:]+)\}")
_TREATED: Final = "t:"  # before the form of a complaint that the medicine is taken for
_CORE: Final = re.compile(r"\[(.+)\]")
_MOST_TRIES: Final = 10_000


@dataclass(frozen=True, slots=True)
class Words:
    """What stands in a slot.

    Attributes:
        text: the words.
        core: of a complaint: the words in `text` that a span must overlap.
        names: of an effect: its Preferred Terms.
    """

    text: str
    core: Place | None = None
    names: tuple[str, ...] = ()


def draw(templates: Sequence[str], random: Random) -> dict[str, Words]:
    """Draw words for all slots of some templates, so that a slot has the same words in each of them.

    The medicine is of a kind, illnesses are what that kind is taken for, and effects are none of them.

    Raises:
        ValueError: no medicine and no effect have all the forms that the templates name.
    """
    slots = sorted({slot for template in templates for slot in _SLOT.findall(template)})
    own = [slot for slot in slots if slot in FORMS]
    treated = [slot.removeprefix(_TREATED) for slot in slots if slot.startswith(_TREATED)]
    kinds = [kind for kind in medicines() if _with_forms(kind.treats, treated) or not treated]
    if not kinds or not _with_forms(kinds[0].side_effects, own):
        raise ValueError(f"no medicine or effect has all the slots {slots} of {templates}")
    kind = _weighted(kinds, random)
    words = {"drug": Words(random.choice(kind.drugs))}
    if treated:
        illness = random.choice(_with_forms(kind.treats, treated))
        words |= {f"{_TREATED}{form}": _form(illness, form, random) for form in treated}
    effect = random.choice(_with_forms(kind.side_effects, own))
    words |= {form: _form(effect, form, random) for form in own}
    others = random.sample([one for one in _with_forms(kind.side_effects, ["bare"]) if one is not effect], 2)
    words |= {f"bare{number}": _form(one, "bare", random) for number, one in enumerate(others, start=2)}
    someone = random.choice(people())
    condition = random.choice(kind.conditions)
    words["condition"] = Words(condition, (0, len(condition)))
    for slot, text in (("person", someone.name), ("they", someone.they), ("them", someone.them)):
        words[slot] = Words(text)
    words["their"] = Words(someone.their)
    return words


def write(template: str, words: Mapping[str, Words], *, reports: bool) -> Sentence:
    """Put words into a template.

    Args:
        template: text with slots.
        words: as `draw` gives them.
        reports: whether the effects that the template names are reported; illnesses never are.
    """
    pieces: list[str] = []
    effects: list[Effect] = []
    others: list[Place] = []
    end = length = 0
    for slot in _SLOT.finditer(template):
        filled = words[slot[1]]
        pieces += (template[end : slot.start()], filled.text)
        length += slot.start() - end
        if filled.core and reports:
            place = (length + filled.core[0], length + filled.core[1])
            if slot[1] in FORMS:
                effects.append(Effect(*place, filled.names))
            else:
                others.append(place)
        length += len(filled.text)
        end = slot.end()
    return Sentence("".join([*pieces, template[end:]]), tuple(effects), tuple(others))


def fillings(template: str, random: Random, *, reports: bool) -> Iterator[Sentence]:
    """Write sentences of one template, without end, no text twice.

    Raises:
        ValueError: there are no more.
    """
    seen: set[str] = set()
    for _ in range(_MOST_TRIES):
        sentence = write(template, draw([template], random), reports=reports)
        if sentence.text not in seen:
            seen.add(sentence.text)
            yield sentence
    raise ValueError(f"only {len(seen)} different sentences can be made of {template!r}")


def _with_forms(those: Sequence[Complaint], forms: Sequence[str]) -> list[Complaint]:
    return [one for one in those if all(form in one.forms for form in forms)]


def _weighted(kinds: Sequence[Medicines], random: Random) -> Medicines:
    return random.choices(kinds, weights=[len(kind.drugs) for kind in kinds])[0]


def _form(complaint: Complaint, form: str, random: Random) -> Words:
    marked = random.choice(complaint.forms[form])
    core = _CORE.search(marked)
    if core is None:
        return Words(marked, (0, len(marked)), complaint.names)
    text = marked.replace("[", "").replace("]", "")
    return Words(text, (core.start(), core.end() - 2), complaint.names)
