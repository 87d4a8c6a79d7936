"""Filling templates: rules, alternatives, medicines and effects, down to pieces of text."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from random import Random

from training.tweets.lexicon import EffectPhrase, Lexicon, Medicine, Template
from training.tweets.pieces import Piece
from training.tweets.wordlists import read_wordlist, split_alternatives

_SLOT = re.compile(r"\{(-?)(\w+)\}")
_RULE = re.compile(r"<(\w+)>")
_CHOICE = re.compile(r"\(([^()]*)\)")
# What the span leaves out of a clause: annotators mark "head is pounding" in "my head is pounding".
_OWNER = re.compile(r"^(my|the|these|this|that) ")
# Intensifiers and articles of the phrase that take no further one before them.
_QUALIFIED = re.compile(
    r"^(a|an|the|so|no|zero|some|more|most|all|like|too|wide|as|my|\d|super|crazy|really|that|constant)\b"
)


class NoPhraseError(LookupError):
    """No phrase fits a slot of the template; another template or medicine may do."""


@dataclass(frozen=True)
class Scene:
    """What all sentences of one tweet share: its medicine, and another one to compare with."""

    medicine: Medicine
    other: Medicine


def expand(text: str, rng: Random) -> str:
    """Replace rules `<name>` and alternatives `(a|b)`, until none is left."""
    rules = read_wordlist("grammar")["rules"]
    while True:
        if rule := _RULE.search(text):
            text = text[: rule.start()] + rng.choice(rules[rule[1]]) + text[rule.end() :]
        elif choice := _CHOICE.search(text):
            text = text[: choice.start()] + rng.choice(split_alternatives(choice[1])) + text[choice.end() :]
        else:
            return text


def fill(
    template: Template, scene: Scene, lexicon: Lexicon, rng: Random, *, desired: bool = False
) -> list[Piece]:
    """Make the pieces of one sentence.

    Effects become pieces with a PT; the caller drops the marks where the sentence reports none.

    Args:
        template: what to fill.
        scene: the medicines.
        lexicon: where effects are drawn from.
        rng: the source of chance.
        desired: draw the wanted effects of the medicine, instead of any but those.

    Raises:
        NoPhraseError: there is no phrase for one of the slots.
    """
    text = expand(template.text, rng)
    pieces: list[Piece] = []
    used: set[str] = set()
    at = 0
    for slot in _SLOT.finditer(text):
        pieces.append(Piece(text[at : slot.start()]))
        at = slot.end()
        name = slot[2]
        if name in ("drug", "other"):
            pieces.append(Piece((scene.medicine if name == "drug" else scene.other).name))
        elif name == "cond":
            pieces.append(Piece(rng.choice(scene.medicine.conditions).removeprefix("my ")))
        elif name == "mg":
            pieces.append(Piece(expand("<mg>", rng)))
        elif name == "day":
            pieces.append(Piece(expand("<day>", rng)))
        else:
            phrase = _draw(lexicon.effects.get(name, ()), scene, used, rng, desired=desired)
            used.add(phrase.pt_name or phrase.text)
            added = _effect(phrase, pieces, rng)
            pieces += [Piece(piece.text) for piece in added] if slot[1] else added
    pieces.append(Piece(text[at:]))
    return pieces


def draw_scene(lexicon: Lexicon, rng: Random, *, with_desired: bool = False) -> Scene:
    """Draw two medicines; the first has wanted effects among our phrases if `with_desired`."""
    medicines = [m for m in lexicon.medicines if m.desired] if with_desired else lexicon.medicines
    return Scene(rng.choice(medicines), rng.choice(lexicon.medicines))


def _draw(
    phrases: Sequence[EffectPhrase], scene: Scene, used: set[str], rng: Random, *, desired: bool
) -> EffectPhrase:
    """Draw a phrase whose PT the sentence has not used yet, wanted or unwanted as asked."""
    fitting = [
        phrase
        for phrase in phrases
        if (phrase.pt_name in scene.medicine.desired) == desired
        and (phrase.pt_name or phrase.text) not in used
    ]
    if not fitting:
        raise NoPhraseError
    return rng.choices(fitting, [phrase.weight for phrase in fitting])[0]


def _effect(phrase: EffectPhrase, before: list[Piece], rng: Random) -> list[Piece]:
    """Give the pieces of an effect, and fit the words before it: "i am tired" to "i'm tired"."""
    text = phrase.text
    lead = ""
    if phrase.form == "clause" and (owner := _OWNER.match(text)):
        lead, text = owner[0] if rng.random() < 0.75 else "", text[owner.end() :]
    elif phrase.form == "verb" and before and re.search(r"(^| )i $", before[-1].text):
        if text.startswith("am "):
            before[-1] = Piece(before[-1].text.rstrip()[:-1] + "i'm")
            text = text.removeprefix("am ")
        elif rng.random() < 0.2:
            before[-1] = Piece(before[-1].text.rstrip()[:-1])
    elif phrase.form == "noun" and not _QUALIFIED.match(text) and rng.random() < 0.2:
        lead = expand("<worst>", rng)
    elif phrase.form in ("adj", "make") and not _QUALIFIED.match(text) and rng.random() < 0.15:
        lead = expand("<very>", rng) if phrase.form == "adj" else ""
    return [Piece(lead), Piece(text, phrase.ptid)]
